//! A listing that shows nothing new.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../benches/first_sync/sync.rs"]
mod sync;

use std::sync::Arc;

use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::plan::{Change, Plan, RowKey};
use kalends_core::ports::GraphStore as _;
use kalends_core::slice::{GraphVersion, ReadSet};
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::bulk;
use tempfile::TempDir;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);

#[test]
fn the_same_listing_again_writes_no_recorded_row() {
    let folder = TempDir::new().unwrap();
    let vault = Arc::new(KeyVault::new([1; 32], &[]));
    let store = SqliteStore::open(&folder.path().join("kalends.db"), vault).unwrap();
    block_on(store.create(GRAPH)).unwrap();
    block_on(store.commit(GRAPH, GraphVersion(0), &bulk::set_up())).unwrap();

    let first = take_in(&store, 1);
    assert_eq!(recorded(&first), 300 * 7, "event, presence, object, two mirrors with a part");
    let head = block_on(store.load(GRAPH, &ReadSet::default())).unwrap().head;

    let again = take_in(&store, 2);
    assert_eq!(recorded(&again), 0);
    assert_eq!(again.iter().map(|plan| plan.jobs.len()).sum::<usize>(), 0);
    let after = block_on(store.load(GRAPH, &ReadSet::default())).unwrap().head;
    assert_eq!(after, head, "the journal stands where it stood");
}

fn take_in(store: &SqliteStore, run: u8) -> Vec<Plan> {
    let keys = GraphKeys { graph: GRAPH, secret: [7; 32] };
    let mut plans = Vec::new();
    let batches = bulk::listing(300, 100);
    sync::take_in(store, GRAPH, &sync::env(&keys, run), batches, |plan| plans.push(plan));
    plans
}

/// How many rows were written that are not just how far a listing came.
fn recorded(plans: &[Plan]) -> usize {
    let key = |change: &Change| match change {
        Change::Put(row, _) => row.key(),
        Change::Delete(key) => key.clone(),
    };
    let progress = |key: &RowKey| matches!(key, RowKey::Cursor(_) | RowKey::Run(_));
    plans.iter().flat_map(|plan| &plan.changes).map(key).filter(|key| !progress(key)).count()
}
