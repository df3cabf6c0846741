//! A process that dies before or after a commit, a delivery or a mark.

use std::cell::Cell;

use kalends_core::ids::{GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, Outbox, StoreError};
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;

/// Counts the points of a life, and ends it at one of them.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    at: Option<u64>,
    passed: Cell<u64>,
}

impl Fate {
    /// Nothing happens.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Death at the point with this number, from one.
    pub(crate) fn at(point: u64) -> Self {
        Self { at: Some(point), passed: Cell::new(0) }
    }

    /// Whether it came to pass.
    pub(crate) fn met(&self) -> bool {
        self.at.is_some_and(|at| self.passed.get() >= at)
    }

    /// A point. Who is dead does nothing more.
    pub(crate) fn point(&self) -> Result<(), StoreError> {
        self.passed.set(self.passed.get() + 1);
        self.alive()
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.met() {
            Err(StoreError::Failed("the process was killed".to_owned()))
        } else {
            Ok(())
        }
    }
}

/// A store as a process sees it that may die.
#[derive(Debug)]
pub(crate) struct Mortal<'a, S> {
    pub(crate) inner: &'a S,
    pub(crate) fate: &'a Fate,
}

impl<S: GraphStore> GraphStore for Mortal<'_, S> {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.fate.alive()?;
        self.inner.load(graph, want).await
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        self.fate.point()?;
        let version = self.inner.commit(graph, base, plan).await?;
        self.fate.point()?;
        Ok(version)
    }
}

impl<S: Outbox> Outbox for Mortal<'_, S> {
    async fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<Message>, StoreError> {
        self.fate.alive()?;
        self.inner.waiting(graph, after, max).await
    }

    async fn sent(&self, graph: GraphId, messages: &[MessageId]) -> Result<(), StoreError> {
        self.fate.point()?;
        self.inner.sent(graph, messages).await?;
        self.fate.point()
    }
}

/// Nothing is listed in these stories.
impl<S: Scratch> Scratch for Mortal<'_, S> {
    async fn put_down(&self, graph: GraphId, pad: Pad, piece: Piece) -> Result<(), StoreError> {
        self.inner.put_down(graph, pad, piece).await
    }

    async fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.pick_up(graph, pad, number).await
    }

    async fn throw_away(&self, graph: GraphId, waste: Waste) -> Result<(), StoreError> {
        self.inner.throw_away(graph, waste).await
    }
}

/// No job runs in these stories.
impl<S: JobQueue> JobQueue for Mortal<'_, S> {
    async fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        self.inner.claim(graph, now, max, lease_ms).await
    }

    async fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.inner.finish(graph, claim, again).await
    }

    async fn next_due(&self, graph: GraphId) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        self.inner.next_due(graph).await
    }

    async fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        self.inner.peek(graph, now, after, limit).await
    }
}
