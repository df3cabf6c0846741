//! A store in a folder of its own, and commits that work.

use std::path::PathBuf;
use std::sync::Arc;

use kalends_core::journal::{Cause, CauseKind, Entry, Payload};
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::ports::GraphStore as _;
use kalends_core::slice::{ReadSet, Slice};
use kalends_core::wire;
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::rows::{AT, GRAPH, RUN};
use tempfile::TempDir;

pub(super) struct Disk {
    folder: TempDir,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("kalends.db")
    }

    pub(super) fn open(&self) -> SqliteStore {
        let store = SqliteStore::open(&self.path(), vault()).unwrap();
        block_on(store.create(GRAPH)).unwrap();
        store
    }
}

pub(super) fn vault() -> Arc<KeyVault> {
    Arc::new(KeyVault::new([1; 32], &[]))
}

pub(super) fn plan(rows: impl IntoIterator<Item = Row>) -> Plan {
    let put = |row: Row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    };
    Plan { changes: rows.into_iter().map(put).collect(), ..Plan::default() }
}

pub(super) fn load(store: &SqliteStore, want: &ReadSet) -> Slice {
    block_on(store.load(GRAPH, want)).unwrap()
}

pub(super) fn commit(store: &SqliteStore, plan: &Plan) {
    let base = load(store, &ReadSet::default()).version;
    block_on(store.commit(GRAPH, base, plan)).unwrap();
}

/// Commits one journal entry for each payload.
pub(super) fn journal(store: &SqliteStore, payloads: &[&str]) -> Vec<Entry> {
    let mut head = load(store, &ReadSet::default()).head;
    let mut entries = Vec::new();
    for text in payloads {
        let payload = Payload(text.as_bytes().to_vec());
        let cause = Cause::of(CauseKind::Seen);
        let entry = Entry::after(head, (AT, RUN), cause, None, &payload);
        head = entry.head();
        entries.push((entry, payload));
    }
    commit(store, &Plan { entries: entries.clone(), ..Plan::default() });
    entries.into_iter().map(|(entry, _)| entry).collect()
}
