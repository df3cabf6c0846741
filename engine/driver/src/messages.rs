//! Messages from one graph to another: handed on from an outbox, taken in once.

use std::collections::BTreeMap;
use std::future::Future;

use kalends_core::ids::{GraphId, MessageId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::meeting::Message;
use kalends_core::ports::{Clock as _, Entropy as _, Outbox, StoreError};
use kalends_core::receive::looked_up;
use kalends_core::slice::Slice;
use kalends_core::step::Env;

use crate::decide::Decider;
use crate::error::DriverError;
use crate::ports::Ports;
use crate::steps;

/// How many messages are read from an outbox at a time.
const PAGE: usize = 100;

/// Brings messages to their graph, wherever it is kept.
pub trait Deliver {
    /// Brings messages that are all for `to`. Once it says so, they are committed there; where it
    /// fails, any of them may be, and all come again.
    fn deliver(
        &self,
        to: GraphId,
        messages: &[Message],
    ) -> impl Future<Output = Result<(), DriverError>>;
}

/// What became of the messages of an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandedOn {
    /// So many reached their graphs.
    pub sent: usize,
    /// So many wait for the next time.
    pub kept: usize,
    /// The graphs that could not be reached, and why.
    pub failed: BTreeMap<GraphId, DriverError>,
}

/// Hands on all that waits in a graph's outbox, each message at least once. A graph that cannot be
/// reached holds up no other; what was meant for it waits, and the next call sends it again. Call
/// it after each commit, and at times for what is left.
///
/// # Errors
/// [`DriverError::Store`] where the outbox cannot be read or marked, [`DriverError::Killed`].
pub async fn hand_on<S: Outbox, D: Deliver>(
    outbox: &S,
    graph: GraphId,
    post: &D,
) -> Result<HandedOn, DriverError> {
    let (mut all, mut after) = (HandedOn::default(), None);
    loop {
        let page = outbox.waiting(graph, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = Some(last.id);
        let mut by_graph: BTreeMap<GraphId, Vec<Message>> = BTreeMap::new();
        for message in page {
            by_graph.entry(message.to).or_default().push(message);
        }
        for (to, messages) in by_graph {
            match post.deliver(to, &messages).await {
                Ok(()) => {
                    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
                    outbox.sent(graph, &ids).await?;
                    all.sent += messages.len();
                }
                Err(DriverError::Killed) => return Err(DriverError::Killed),
                Err(error) => {
                    all.kept += messages.len();
                    all.failed.insert(to, error);
                }
            }
        }
    }
}

/// Takes messages into the decider's graph, and commits them.
///
/// # Errors
/// As [`Decider::decide`].
pub async fn take_in<P: Ports>(
    decider: &Decider<'_, P>,
    messages: &[Message],
) -> Result<(), DriverError> {
    let mut rest = messages;
    while !rest.is_empty() {
        let want = looked_up(decider.keys(), rest);
        let step = |slice: &Slice, env: &Env| steps::receive(slice, rest, env);
        let plan = decider.decide("receive", want, step).await?;
        if plan.taken == 0 {
            return Err(DriverError::Stuck { step: "receive" });
        }
        rest = rest.get(plan.taken..).unwrap_or_default();
    }
    Ok(())
}

/// Delivers between graphs of one store.
#[derive(Debug, Clone, Copy)]
pub struct SameStore<'a, P, K> {
    ports: &'a P,
    keys: K,
}

impl<'a, P: Ports, K: Fn(GraphId) -> Option<GraphKeys>> SameStore<'a, P, K> {
    /// Delivers over `ports`; `keys` knows the graphs of the store.
    #[must_use]
    pub fn new(ports: &'a P, keys: K) -> Self {
        Self { ports, keys }
    }
}

impl<P: Ports, K: Fn(GraphId) -> Option<GraphKeys>> Deliver for SameStore<'_, P, K> {
    async fn deliver(&self, to: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        let keys = (self.keys)(to).ok_or(StoreError::NoGraph)?;
        let run = RunId::draw(&self.ports.entropy().seed(), self.ports.clock().now(), 0);
        take_in(&Decider::new(self.ports, &keys, run), messages).await
    }
}
