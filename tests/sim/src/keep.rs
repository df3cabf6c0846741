//! The stores a world can stand on.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::ids::GraphId;
use kalends_core::journal::{CauseKind, Entry, Payload};
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::{GraphStore, JobQueue};
use kalends_core::scratch::Scratch;
use kalends_sqlite::{KeyVault, Settings, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::hostile::Hostile;
use kalends_testkit::lint;
use kalends_testkit::memory::MemoryStore;

/// A store that a world can make and look into. A store is looked into by its own port, so that
/// there is none that the judges of a world pass over; one that fails then ends the history.
pub trait Keep: GraphStore + JobQueue + Scratch + Clone {
    /// A store that holds an empty graph.
    fn fresh(graph: GraphId) -> Self;

    /// Looks at all rows of a graph that something leads to, by key.
    ///
    /// # Panics
    /// Where the store cannot be read.
    fn look<T>(&self, graph: GraphId, look: impl FnOnce(&BTreeMap<RowKey, Row>) -> T) -> T {
        look(&block_on(lint::rows(self, graph)).expect("a store that is judged can be read"))
    }

    /// The whole journal of a graph.
    ///
    /// # Panics
    /// Where the store cannot be read.
    fn journal(&self, graph: GraphId) -> Vec<(Entry, Option<Payload>)> {
        block_on(lint::journal(self, graph)).expect("a store that is judged can be read")
    }

    /// Why rows of a graph changed, entry by entry.
    fn causes(&self, graph: GraphId) -> Vec<CauseKind> {
        self.journal(graph).iter().map(|(entry, _)| entry.cause.what).collect()
    }
}

impl Keep for MemoryStore {
    fn fresh(graph: GraphId) -> Self {
        let store = Self::new();
        store.create(graph);
        store
    }

    /// Where they are, without a copy of them.
    fn look<T>(&self, graph: GraphId, look: impl FnOnce(&BTreeMap<RowKey, Row>) -> T) -> T {
        Self::look(self, graph, look).expect("the graph is there")
    }

    fn journal(&self, graph: GraphId) -> Vec<(Entry, Option<Payload>)> {
        Self::journal(self, graph)
    }

    fn causes(&self, graph: GraphId) -> Vec<CauseKind> {
        Self::causes(self, graph)
    }
}

impl Keep for Hostile<MemoryStore> {
    fn fresh(graph: GraphId) -> Self {
        Self::new(MemoryStore::fresh(graph), 8)
    }

    /// What it wraps: of itself it refuses and leaves out.
    fn look<T>(&self, graph: GraphId, look: impl FnOnce(&BTreeMap<RowKey, Row>) -> T) -> T {
        Keep::look(self.inner(), graph, look)
    }

    fn journal(&self, graph: GraphId) -> Vec<(Entry, Option<Payload>)> {
        self.inner().journal(graph)
    }

    fn causes(&self, graph: GraphId) -> Vec<CauseKind> {
        self.inner().causes(graph)
    }
}

impl Keep for SqliteStore {
    fn fresh(graph: GraphId) -> Self {
        let vault = Arc::new(KeyVault::new([42; 32], &[]));
        let store = Self::in_memory(vault, Settings::default()).unwrap();
        block_on(store.create(graph)).unwrap();
        store
    }
}
