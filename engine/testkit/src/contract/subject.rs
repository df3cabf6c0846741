//! What is tested, and how cases talk to it.

use kalends_core::ids::GraphId;
use kalends_core::journal::{Cause, CauseKind, Entry, Payload};
use kalends_core::plan::{Change, Job, Plan, Row, RowKey};
use kalends_core::ports::{GraphStore, JobQueue, Outbox, StoreError};
use kalends_core::scratch::Scratch;
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::wire;

use super::rows::{AT, GRAPH, RUN};
use crate::block_on::block_on;

/// How often a commit is tried again: a store may refuse any of them.
const TRIES: usize = 20;

/// A store under test, with graphs made on request.
pub trait Subject {
    /// The store, which is a queue, an outbox and scratch paper too.
    type Store: GraphStore + JobQueue + Outbox + Scratch;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// Makes a graph.
    fn create(&self, graph: GraphId);

    /// A subject with the graph that most cases use.
    fn ready(self) -> Self
    where
        Self: Sized,
    {
        self.create(GRAPH);
        self
    }

    /// Loads, and expects it to work.
    fn load(&self, graph: GraphId, want: &ReadSet) -> Slice {
        match block_on(self.store().load(graph, want)) {
            Ok(slice) => slice,
            Err(error) => unreachable!("a load of a graph that exists works: {error}"),
        }
    }

    /// Commits on the present version, again where the store refuses.
    fn commit(&self, graph: GraphId, plan: &Plan) -> GraphVersion {
        for _ in 0..TRIES {
            let base = self.load(graph, &ReadSet::default()).version;
            match block_on(self.store().commit(graph, base, plan)) {
                Ok(version) => return version,
                Err(StoreError::Conflict) => {}
                Err(error) => unreachable!("a commit of a good plan works: {error}"),
            }
        }
        unreachable!("a store takes one of {TRIES} commits")
    }

    /// Commits rows.
    fn put(&self, graph: GraphId, rows: &[Row]) {
        let changes = rows.iter().cloned().map(put).collect();
        self.commit(graph, &Plan { changes, ..Plan::default() });
    }

    /// Commits deletions.
    fn delete(&self, graph: GraphId, keys: &[RowKey]) {
        let changes = keys.iter().cloned().map(Change::Delete).collect();
        self.commit(graph, &Plan { changes, ..Plan::default() });
    }

    /// Commits jobs.
    fn queue(&self, graph: GraphId, jobs: &[Job]) {
        self.commit(graph, &Plan { jobs: jobs.to_vec(), ..Plan::default() });
    }
}

/// The change that puts a row.
#[must_use]
pub(super) fn put(row: Row) -> Change {
    let form = wire::encode(&row);
    Change::Put(row, form)
}

/// Entries after the graph's last, one for each payload.
#[must_use]
pub(super) fn entries(slice: &Slice, payloads: &[&str]) -> Vec<(Entry, Payload)> {
    let mut head = slice.head;
    let entry = |payload: &&str| {
        let payload = Payload(payload.as_bytes().to_vec());
        let entry = Entry::after(head, (AT, RUN), Cause::of(CauseKind::Seen), None, &payload);
        head = entry.head();
        (entry, payload)
    };
    payloads.iter().map(entry).collect()
}
