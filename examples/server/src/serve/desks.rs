//! Where each user's graph hears of what happens outside of its own loop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::ids::GraphId;
use kalends_tokio::Desk;

use crate::data::Data;

/// The desk of each graph that is kept in step. Clones are the same ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desks(Arc<Mutex<BTreeMap<GraphId, Open>>>);

#[derive(Debug)]
struct Open {
    desk: Desk,
    /// The entry of the journal up to which the loop was told to look.
    heard: u64,
}

impl Desks {
    /// Opens a graph's desk.
    pub(crate) fn open(&self, graph: GraphId, desk: Desk) {
        self.all().insert(graph, Open { desk, heard: 0 });
    }

    /// Closes a graph's desk: nobody is there any more.
    pub(crate) fn close(&self, graph: GraphId) {
        self.all().remove(&graph);
    }

    /// A graph's desk, once it is open.
    pub(crate) fn of(&self, graph: GraphId) -> Option<Desk> {
        self.all().get(&graph).map(|open| open.desk.clone())
    }

    /// The entry up to which a graph's loop was told to look.
    pub(crate) fn heard(&self, graph: GraphId) -> u64 {
        self.all().get(&graph).map_or(0, |open| open.heard)
    }

    /// After a change: the graph's loop looks at once at what follows.
    pub(crate) async fn wake(&self, data: &Data) {
        // Where the journal cannot be read, the loop is woken once more for what is in it.
        let slice = data.store.load(data.keys.graph, &ReadSet::default()).await;
        self.wake_at(data.keys.graph, slice.map_or(0, |slice| slice.head.seq));
    }

    /// The same, for what lies up to an entry.
    pub(crate) fn wake_at(&self, graph: GraphId, seq: u64) {
        if let Some(open) = self.all().get_mut(&graph) {
            open.heard = open.heard.max(seq);
            open.desk.wake();
        }
    }

    /// Where other graphs said something, up to an entry: the loop looks at what is to be written.
    pub(crate) fn look_at(&self, graph: GraphId, seq: u64) {
        if let Some(open) = self.all().get_mut(&graph) {
            open.heard = open.heard.max(seq);
            open.desk.look();
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<GraphId, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
