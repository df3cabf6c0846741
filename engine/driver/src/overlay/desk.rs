//! Where a run keeps what it decides.

use kalends_core::ids::GraphId;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, StoreError};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;

use super::Overlay;

/// The store, or a layer over it. One type for both: a run that is only tried is no second copy of
/// all that is generic over the ports of a host. What is asked of a layer is boxed, so that it makes
/// no future of a run larger.
#[derive(Debug)]
pub(crate) enum Desk<'a, S> {
    Store(&'a S),
    Layer(&'a Overlay<'a, S>),
}

impl<S> Clone for Desk<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Desk<'_, S> {}

impl<S: GraphStore + JobQueue> Desk<'_, S> {
    pub(crate) async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        match self {
            Self::Store(store) => store.load(graph, want).await,
            Self::Layer(layer) => Box::pin(layer.load(graph, want)).await,
        }
    }

    pub(crate) async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        match self {
            Self::Store(store) => store.commit(graph, base, plan).await,
            Self::Layer(layer) => layer.commit(graph, base, plan).await,
        }
    }

    pub(crate) async fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        match self {
            Self::Store(store) => store.claim(graph, now, max, lease_ms).await,
            Self::Layer(layer) => Ok(layer.claim(now, max)),
        }
    }

    pub(crate) async fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Store(store) => store.finish(graph, claim, again).await,
            Self::Layer(layer) => {
                layer.finish(claim, again);
                Ok(())
            }
        }
    }

    pub(crate) async fn next_due(
        &self,
        graph: GraphId,
    ) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        match self {
            Self::Store(store) => store.next_due(graph).await,
            Self::Layer(layer) => Ok(layer.next_due()),
        }
    }

    pub(crate) async fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        match self {
            Self::Store(store) => store.peek(graph, now, after, limit).await,
            Self::Layer(layer) => Ok(layer.peek(now, after, limit)),
        }
    }
}
