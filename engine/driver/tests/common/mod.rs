//! Fakes for the loops: a store that loads only what was asked, a scripted exchange and network.

#![allow(dead_code, reason = "each test binary uses a part of the fakes")]
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

pub(crate) mod records;
pub(crate) mod values;
pub(crate) mod watched;

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId, ScopeId, StepSeed};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::{Change, Job, JobKey, Plan, Row};
use kalends_core::ports::{
    Claim, Clock, Credential, Entropy, Exchange, GraphStore, Http, HttpBody, HttpFailure, HttpHead,
    HttpRequest, Input, JobQueue, Provider, StoreError, Turn,
};
use kalends_core::provider::{Failure, ProviderOp};
use kalends_core::scratch::{self, Pad, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_driver::{Accounts, Hooks, Opened, Parts, Timer};

/// Runs a future whose waits are all over at once, or never.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("the future waits for ever");
}

pub(crate) fn keys() -> GraphKeys {
    GraphKeys { graph: GraphId::from_bytes([1; 16]), secret: [2; 32] }
}

/// Keeps cursors only, and loads exactly what was asked.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) version: AtomicU32,
    pub(crate) cursors: Mutex<BTreeMap<ScopeId, kalends_core::cursor::Cursor>>,
    pub(crate) loads: AtomicU32,
    pub(crate) commits: AtomicU32,
    /// So many of the next commits are refused.
    pub(crate) refuse: AtomicU32,
    /// Another writer comes in before each load, so many times.
    pub(crate) intrude: AtomicU32,
}

impl GraphStore for Rows {
    async fn load(&self, _: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        if take_one(&self.intrude) {
            self.version.fetch_add(1, Ordering::Relaxed);
        }
        let cursors = self.cursors.lock().unwrap();
        Ok(Slice {
            version: GraphVersion(self.version.load(Ordering::Relaxed).into()),
            cursors: want.cursors.iter().map(|id| (*id, cursors.get(id).cloned())).collect(),
            runs: want.runs.iter().map(|id| (*id, None)).collect(),
            health: want.health.iter().map(|id| (*id, None)).collect(),
            watches: want.watches.iter().map(|id| (*id, None)).collect(),
            ..Slice::default()
        })
    }

    async fn commit(
        &self,
        _: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        let version = self.version.load(Ordering::Relaxed);
        if take_one(&self.refuse) || base != GraphVersion(version.into()) {
            return Err(StoreError::Conflict);
        }
        for change in &plan.changes {
            if let Change::Put(Row::Cursor(scope, cursor), _) = change {
                self.cursors.lock().unwrap().insert(*scope, cursor.clone());
            }
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        Ok(GraphVersion(u64::from(version) + 1))
    }
}

impl JobQueue for Rows {
    async fn claim(
        &self,
        _: GraphId,
        _: Timestamp,
        _: usize,
        _: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        Ok(Vec::new())
    }

    async fn finish(&self, _: GraphId, _: &Claim, _: Option<Timestamp>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn next_due(&self, _: GraphId) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        Ok(None)
    }

    async fn peek(
        &self,
        _: GraphId,
        _: Timestamp,
        _: Option<JobKey>,
        _: usize,
    ) -> Result<Vec<Job>, StoreError> {
        Ok(Vec::new())
    }
}

/// No listing of these tests is long.
impl Scratch for Rows {
    async fn put_down(&self, _: GraphId, _: Pad, _: scratch::Piece) -> Result<(), StoreError> {
        unreachable!("a listing of a few names is held in memory")
    }

    async fn pick_up(&self, _: GraphId, _: Pad, _: u32) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    async fn throw_away(&self, _: GraphId, _: Waste) -> Result<(), StoreError> {
        Ok(())
    }
}

fn take_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
}

/// The status and the body, or why there is none.
pub(crate) type Answer = Result<(u16, Vec<Piece>), HttpFailure>;

/// What the network does, in order; each request takes the next answer.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) answers: Mutex<VecDeque<Answer>>,
    pub(crate) sent: Mutex<Vec<String>>,
}

/// A piece of a scripted body.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Bytes(&'static str),
    Broken(HttpFailure),
    Silence,
}

impl Http for Wire {
    type Body = Pieces;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Self::Body), HttpFailure> {
        self.sent.lock().unwrap().push(request.url);
        let answer = self.answers.lock().unwrap().pop_front();
        let (status, pieces) = answer.unwrap_or(Err(HttpFailure::Refused))?;
        let head = HttpHead { status, headers: Vec::new() };
        Ok((head, Pieces(pieces.into())))
    }
}

/// A scripted body.
pub(crate) struct Pieces(VecDeque<Piece>);

impl HttpBody for Pieces {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        match self.0.pop_front() {
            Some(Piece::Bytes(text)) => Ok(Some(text.as_bytes().to_vec())),
            Some(Piece::Broken(failure)) => Err(failure),
            Some(Piece::Silence) => std::future::pending().await,
            None => Ok(None),
        }
    }
}

/// A clock that only tests move, and a timer that is over when the clock says so.
#[derive(Clone, Default)]
pub(crate) struct Hand {
    pub(crate) now: Arc<AtomicI64>,
    /// Waiting moves the clock.
    pub(crate) jumps: Arc<AtomicBool>,
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }
}

impl Timer for Hand {
    async fn until(&self, at: Timestamp) {
        if !self.jumps.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.now.store(at.as_millis(), Ordering::Relaxed);
    }
}

/// Seeds that differ.
#[derive(Default)]
pub(crate) struct Count(AtomicU32);

impl Entropy for Count {
    fn seed(&self) -> StepSeed {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        StepSeed(seed)
    }
}

/// Accounts that nobody opens.
pub(crate) struct NoAccounts;

impl Accounts for NoAccounts {
    async fn open(&self, _: GraphId, _: &Account) -> Result<Opened, Failure> {
        unreachable!("no account is there")
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }
}

pub(crate) type TestPorts<K> = Parts<Rows, Wire, Hand, Count, NoAccounts, Hand, K>;

pub(crate) fn ports<K: Hooks>(hooks: K) -> TestPorts<K> {
    let hand = Hand::default();
    Parts {
        store: Rows::default(),
        http: Wire::default(),
        clock: hand.clone(),
        entropy: Count::default(),
        accounts: NoAccounts,
        timer: hand,
        hooks,
    }
}

/// A provider whose conversation is a function of its inputs.
pub(crate) struct Scripted<F>(pub(crate) F);

impl<F: Fn(usize, &Input) -> Turn + Clone + Send + Sync + 'static> Provider for Scripted<F> {
    fn start(&self, _: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Conversation { script: self.0.clone(), inputs: 0 }))
    }
}

struct Conversation<F> {
    script: F,
    inputs: usize,
}

impl<F: Fn(usize, &Input) -> Turn + Send> Exchange for Conversation<F> {
    fn resume(&mut self, input: Input, _: Timestamp) -> Turn {
        self.inputs += 1;
        (self.script)(self.inputs - 1, &input)
    }
}

pub(crate) fn opened(
    script: impl Fn(usize, &Input) -> Turn + Clone + Send + Sync + 'static,
) -> Opened {
    Opened { provider: Arc::new(Scripted(script)), credential: Credential::None }
}
