//! The ports that hosts and providers implement.

mod conversation;

use std::future::Future;

use crate::ids::{GraphId, MessageId, StepSeed};
use crate::meeting::Message;
use crate::plan::{Job, JobKey, Plan};
use crate::provider::{Done, Output, ProviderOp};
use crate::slice::{GraphVersion, ReadSet, Slice};
use crate::time::Timestamp;

pub use conversation::{Exchange, Provider};

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another commit came first: load and decide again.
    #[error("the graph has changed since it was loaded")]
    Conflict,
    /// There is no such graph.
    #[error("no such graph: open it first")]
    NoGraph,
    /// The store is busy; try again.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The stored data cannot be read.
    #[error("the store holds what this version cannot read: {0}")]
    Corrupt(String),
    /// The medium failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// Where graphs are kept: two verbs.
pub trait GraphStore {
    /// Reads what is wanted, as of one version. A superset may be given, never less.
    fn load(
        &self,
        graph: GraphId,
        want: &ReadSet,
    ) -> impl Future<Output = Result<Slice, StoreError>>;

    /// Writes a plan whole, or not at all; [`StoreError::Conflict`] where the graph is not at
    /// `base`.
    fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> impl Future<Output = Result<GraphVersion, StoreError>>;
}

/// [`GraphStore`] for hosts with threads: the same verbs, with futures that may move.
pub trait SendGraphStore: Send + Sync {
    /// As [`GraphStore::load`].
    fn load(
        &self,
        graph: GraphId,
        want: &ReadSet,
    ) -> impl Future<Output = Result<Slice, StoreError>> + Send;

    /// As [`GraphStore::commit`].
    fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> impl Future<Output = Result<GraphVersion, StoreError>> + Send;
}

impl<T: SendGraphStore> GraphStore for T {
    fn load(
        &self,
        graph: GraphId,
        want: &ReadSet,
    ) -> impl Future<Output = Result<Slice, StoreError>> {
        SendGraphStore::load(self, graph, want)
    }

    fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> impl Future<Output = Result<GraphVersion, StoreError>> {
        SendGraphStore::commit(self, graph, base, plan)
    }
}

/// A job handed to one worker for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The job.
    pub job: Job,
    /// Counts the claims of this job: a worker that lost its lease cannot settle it.
    pub fence: u64,
}

/// The queue that the jobs of a commit end up in. At least once, in any order.
pub trait JobQueue {
    /// Up to `max` jobs that are due, no two of one lane, leased until `now + lease_ms`.
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>>;

    /// Ends a claim: the job is done, or is due again at `again`. A job that was queued anew since
    /// the claim stays queued.
    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// The earliest time at which a job is due, if any is queued.
    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>>;

    /// Jobs that are due and that nobody works on, for whoever only looks: none is leased. Up to
    /// `limit` after `after`, in an order of the store's own that stays.
    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>>;
}

/// [`JobQueue`] for hosts with threads: the same verbs, with futures that may move.
pub trait SendJobQueue: Send + Sync {
    /// As [`JobQueue::claim`].
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>> + Send;

    /// As [`JobQueue::finish`].
    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// As [`JobQueue::next_due`].
    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>> + Send;

    /// As [`JobQueue::peek`].
    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>> + Send;
}

impl<T: SendJobQueue> JobQueue for T {
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>> {
        SendJobQueue::claim(self, graph, now, max, lease_ms)
    }

    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> {
        SendJobQueue::finish(self, graph, claim, again)
    }

    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>> {
        SendJobQueue::next_due(self, graph)
    }

    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>> {
        SendJobQueue::peek(self, graph, now, after, limit)
    }
}

/// The messages of commits that were not handed on yet.
pub trait Outbox {
    /// Up to `max` messages with an id after `after`, in the order of their ids.
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>>;

    /// Takes messages out that reached their graphs; ids that do not wait change nothing.
    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>>;
}

/// [`Outbox`] for hosts with threads: the same verbs, with futures that may move.
pub trait SendOutbox: Send + Sync {
    /// As [`Outbox::waiting`].
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> + Send;

    /// As [`Outbox::sent`].
    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<T: SendOutbox> Outbox for T {
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> {
        SendOutbox::waiting(self, graph, after, max)
    }

    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>> {
        SendOutbox::sent(self, graph, messages)
    }
}

/// Seals and opens bytes at rest.
pub trait Vault {
    /// Seals `plain` for a place named by `context` (AAD).
    ///
    /// # Errors
    /// [`VaultError`] where no key is at hand.
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError>;

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// [`VaultError`] where the bytes were changed, moved or sealed under a lost key.
    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError>;
}

/// Why bytes could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// There is no key with the id that sealed them.
    #[error("sealed under a key that is not here: give the sealing key this data was made with")]
    NoKey,
    /// They were changed, or belong to another place.
    #[error("the sealed bytes do not open: they were changed or moved")]
    Broken,
}

/// What a provider is talked to with. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer`.
    Bearer(String),
    /// User and password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// User and password that are only ever proven, never sent (RFC 7616).
    Digest {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// None is needed.
    None,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(..)",
            Self::Basic { .. } => "Basic(..)",
            Self::Digest { .. } => "Digest(..)",
            Self::None => "None",
        })
    }
}

/// A request to be sent as it is. Redirects are not followed by the host.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method, WebDAV's too.
    pub method: &'static str,
    /// The absolute address.
    pub url: String,
    /// Header fields, credentials among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The most bytes of body the answer may have.
    pub answer_bytes_max: u64,
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpHead {
    /// The status code.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl HttpHead {
    /// The first value of a header field; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why an answer did not come, or did not come whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpFailure {
    /// The name did not resolve.
    Dns,
    /// The connection was refused: nothing was sent.
    Refused,
    /// TLS failed: nothing was sent.
    Tls,
    /// The connection broke before the answer's head: it may have been acted on.
    Reset,
    /// The body broke off.
    Cut,
    /// The deadline passed.
    Deadline,
    /// The body is larger than was allowed.
    TooLarge,
    /// The address is not allowed or not an address.
    BadAddress,
}

/// A call of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Over HTTP.
    Http(HttpRequest),
    /// To an app's own records.
    Records(RecordsCall),
}

/// A call to an app's own records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsCall {
    /// The operation, for the app to carry out.
    pub op: ProviderOp,
}

/// What an exchange is resumed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Begin, or go on after an output.
    Start,
    /// The answer's head.
    Head(HttpHead),
    /// A piece of the answer's body.
    Chunk(Vec<u8>),
    /// The answer's body is whole.
    End,
    /// The answer did not come, or not whole.
    Failed(HttpFailure),
    /// What the app's records said.
    Records(Vec<Output>, Box<Done>),
    /// What the host drew.
    Drawn(StepSeed),
}

/// What an exchange wants next.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// Send this and resume with what comes back.
    Send(Call),
    /// Resume with the next piece.
    More,
    /// Draw from the host's randomness, and resume with [`Input::Drawn`].
    Draw,
    /// Take this, and resume with [`Input::Start`].
    Item(Output),
    /// It is over.
    Done(Done),
}

/// Sends requests. Bodies come in chunks.
pub trait Http {
    /// A body under way.
    type Body: HttpBody;

    /// Sends a request and gives the answer's head and body.
    fn send(
        &self,
        request: HttpRequest,
    ) -> impl Future<Output = Result<(HttpHead, Self::Body), HttpFailure>>;
}

/// A body under way.
pub trait HttpBody {
    /// The next piece; `None` at the end.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, HttpFailure>>;
}

/// The wall clock.
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Randomness.
pub trait Entropy {
    /// A seed for one step attempt.
    fn seed(&self) -> StepSeed;
}
