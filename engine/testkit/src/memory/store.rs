//! The store over many graphs.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ids::{GraphId, MessageId};
use kalends_core::journal::{CauseKind, Entry, Payload};
use kalends_core::meeting::Message;
use kalends_core::plan::{Job, JobKey, Plan, Row, RowKey};
use kalends_core::ports::{Claim, SendGraphStore, SendJobQueue, SendOutbox, StoreError};
use kalends_core::scratch::{Pad, Piece, SendScratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;

use super::graph::Graph;

/// Graphs and their queues in memory. Clones share what they hold.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    graphs: Arc<Mutex<BTreeMap<GraphId, Graph>>>,
}

impl MemoryStore {
    /// A store without graphs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a graph, where there is none yet.
    pub fn create(&self, graph: GraphId) {
        self.lock().entry(graph).or_default();
    }

    /// A store of its own with the same content: what is done to it stays there.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { graphs: Arc::new(Mutex::new(self.lock().clone())) }
    }

    /// Reads what is wanted, at once.
    ///
    /// # Errors
    /// [`StoreError::NoGraph`].
    pub fn load_now(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.with(graph, |graph| Ok(graph.load(want)))
    }

    /// Commits a plan, at once.
    ///
    /// # Errors
    /// [`StoreError::NoGraph`], [`StoreError::Conflict`], and [`StoreError::Failed`] where the
    /// plan's entries do not follow the journal.
    pub fn commit_now(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        self.with(graph, |graph| {
            graph.commit(base, plan)?;
            Ok(graph.version)
        })
    }

    /// Looks at all rows of a graph, by key, where they are; `None` where there is no such graph.
    pub fn look<T>(
        &self,
        graph: GraphId,
        look: impl FnOnce(&BTreeMap<RowKey, Row>) -> T,
    ) -> Option<T> {
        self.lock().get(&graph).map(|graph| look(&graph.rows))
    }

    /// A copy of all rows of a graph, by key; none where there is no such graph.
    #[must_use]
    pub fn rows(&self, graph: GraphId) -> BTreeMap<RowKey, Row> {
        self.lock().get(&graph).map(|graph| graph.rows.clone()).unwrap_or_default()
    }

    /// The whole journal of a graph.
    #[must_use]
    pub fn journal(&self, graph: GraphId) -> Vec<(Entry, Option<Payload>)> {
        let graphs = self.lock();
        graphs
            .get(&graph)
            .map(|graph| graph.entries.values().cloned().collect())
            .unwrap_or_default()
    }

    /// Why rows of a graph changed, entry by entry.
    #[must_use]
    pub fn causes(&self, graph: GraphId) -> Vec<CauseKind> {
        let graphs = self.lock();
        let entries = graphs.get(&graph).into_iter().flat_map(|graph| graph.entries.values());
        entries.map(|(entry, _)| entry.cause.what).collect()
    }

    /// All jobs of a graph, leased ones too.
    #[must_use]
    pub fn jobs(&self, graph: GraphId) -> Vec<Job> {
        let graphs = self.lock();
        let jobs = graphs.get(&graph).map(|graph| graph.queue.jobs.values());
        jobs.into_iter().flatten().map(|queued| queued.job).collect()
    }

    fn with<T>(
        &self,
        graph: GraphId,
        work: impl FnOnce(&mut Graph) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        work(self.lock().get_mut(&graph).ok_or(StoreError::NoGraph)?)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<GraphId, Graph>> {
        self.graphs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SendGraphStore for MemoryStore {
    fn load(
        &self,
        graph: GraphId,
        want: &ReadSet,
    ) -> impl Future<Output = Result<Slice, StoreError>> + Send {
        ready(self.load_now(graph, want))
    }

    fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> impl Future<Output = Result<GraphVersion, StoreError>> + Send {
        ready(self.commit_now(graph, base, plan))
    }
}

impl SendOutbox for MemoryStore {
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> + Send {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        ready(self.with(graph, |graph| {
            let waiting = graph.outbox.range((from, Bound::Unbounded)).take(max);
            Ok(waiting.map(|(_, message)| message.clone()).collect())
        }))
    }

    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.with(graph, |graph| {
            graph.outbox.retain(|id, _| !messages.contains(id));
            Ok(())
        }))
    }
}

impl SendJobQueue for MemoryStore {
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>> + Send {
        let until = now.saturating_add_millis(lease_ms);
        ready(self.with(graph, |graph| Ok(graph.queue.claim(now, max, until))))
    }

    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.with(graph, |graph| {
            graph.queue.finish(claim, again);
            Ok(())
        }))
    }

    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>> + Send {
        ready(self.with(graph, |graph| Ok(graph.queue.next_due())))
    }

    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>> + Send {
        ready(self.with(graph, |graph| Ok(graph.queue.peek(now, after, limit))))
    }
}

impl SendScratch for MemoryStore {
    fn put_down(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: Piece,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.with(graph, |graph| {
            graph.scratch.insert((pad, piece.number), (piece.at, piece.bytes));
            Ok(())
        }))
    }

    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        ready(self.with(graph, |graph| {
            Ok(graph.scratch.get(&(pad, piece)).map(|(_, bytes)| bytes.clone()))
        }))
    }

    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        ready(self.with(graph, |graph| {
            graph.scratch.retain(|(kept, _), (at, _)| match waste {
                Waste::Pad(pad) => *kept != pad,
                Waste::Before(before) => *at >= before,
            });
            Ok(())
        }))
    }
}
