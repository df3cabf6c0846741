//! Where each user's graph hears of what happens outside of its own loop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kalends::ids::GraphId;
use kalends_tokio::Desk;

/// The desk of each graph that is kept in step. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desks(Arc<Mutex<BTreeMap<GraphId, Desk>>>);

impl Desks {
    /// Opens a graph's desk.
    pub(crate) fn open(&self, graph: GraphId, desk: Desk) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(graph, desk);
    }

    /// A graph's desk, once it is open.
    pub(crate) fn of(&self, graph: GraphId) -> Option<Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&graph).cloned()
    }
}
