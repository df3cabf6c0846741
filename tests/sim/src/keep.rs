//! The stores a world can stand on.

use std::sync::Arc;

use kalends_core::ids::GraphId;
use kalends_core::ports::{GraphStore, JobQueue};
use kalends_core::scratch::Scratch;
use kalends_sqlite::{KeyVault, Settings, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::hostile::Hostile;
use kalends_testkit::memory::MemoryStore;

/// A store that a world can make, and look into where that is possible.
pub trait Keep: GraphStore + JobQueue + Scratch + Clone {
    /// A store that holds an empty graph.
    fn fresh(graph: GraphId) -> Self;

    /// The memory behind it, where there is one.
    fn memory(&self) -> Option<&MemoryStore>;
}

impl Keep for MemoryStore {
    fn fresh(graph: GraphId) -> Self {
        let store = Self::new();
        store.create(graph);
        store
    }

    fn memory(&self) -> Option<&MemoryStore> {
        Some(self)
    }
}

impl Keep for Hostile<MemoryStore> {
    fn fresh(graph: GraphId) -> Self {
        Self::new(MemoryStore::fresh(graph), 8)
    }

    fn memory(&self) -> Option<&MemoryStore> {
        Some(self.inner())
    }
}

impl Keep for SqliteStore {
    fn fresh(graph: GraphId) -> Self {
        let vault = Arc::new(KeyVault::new([42; 32], &[]));
        let store = Self::in_memory(vault, Settings::default()).unwrap();
        block_on(store.create(graph)).unwrap();
        store
    }

    fn memory(&self) -> Option<&MemoryStore> {
        None
    }
}
