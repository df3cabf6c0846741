//! A host without providers: the real driver over a store.

use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId, MeetingId, RunId};
use kalends_core::meeting::{Meeting, Message};
use kalends_core::plan::Note;
use kalends_core::ports::{
    GraphStore, Http, HttpBody, HttpFailure, HttpHead, HttpRequest, JobQueue, Outbox,
};
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::scratch::Scratch;
use kalends_core::slice::{Bundle, Config, ReadSet, TimePage};
use kalends_core::step::UserEdit;
use kalends_core::tick::tick;
use kalends_core::time::{Gap, Timestamp, Zone};
use kalends_driver::{
    Accounts, Decider, Deliver, Driver, DriverError, HandedOn, Limits, NoHooks, NoTimer, Opened,
    Parts, SameStore, hand_on, take_in,
};
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::contract::rows::AT;

use crate::crash::{Fate, Mortal};
use crate::story::Weather;
use crate::town::keys;

type Ports<'a, S> =
    Parts<Mortal<'a, S>, NoHttp, VirtualClock, SeededEntropy, NoAccounts, NoTimer, NoHooks>;

/// One life of a process that hosts all graphs of a store.
pub(crate) struct Host<'a, S> {
    driver: Driver<Ports<'a, S>>,
    ports: Ports<'a, S>,
    fate: &'a Fate,
}

impl<'a, S: GraphStore + JobQueue + Outbox + Scratch> Host<'a, S> {
    pub(crate) fn new(store: &'a S, fate: &'a Fate) -> Self {
        Self::with(store, fate, (AT, 7))
    }

    /// One that lives at another time.
    pub(crate) fn at(store: &'a S, fate: &'a Fate, now: Timestamp) -> Self {
        Self::with(store, fate, (now, 7))
    }

    /// One whose dice fall otherwise.
    pub(crate) fn seeded(store: &'a S, fate: &'a Fate, seed: u64) -> Self {
        Self::with(store, fate, (AT, seed))
    }

    fn with(store: &'a S, fate: &'a Fate, (now, seed): (Timestamp, u64)) -> Self {
        let ports = || Parts {
            store: Mortal { inner: store, fate },
            http: NoHttp,
            clock: VirtualClock::at(now),
            entropy: SeededEntropy::new(seed),
            accounts: NoAccounts,
            timer: NoTimer,
            hooks: NoHooks,
        };
        Self { driver: Driver::new(ports(), Limits::default()), ports: ports(), fate }
    }

    pub(crate) fn edit(&self, graph: GraphId, edit: UserEdit) -> Result<(), DriverError> {
        block_on(self.driver.author(&keys(graph), &[edit])).map(drop)
    }

    /// The same, and the run it is put down to.
    pub(crate) fn run(&self, graph: GraphId, edit: UserEdit) -> Result<RunId, DriverError> {
        block_on(self.driver.author(&keys(graph), &[edit])).map(|(run, _)| run)
    }

    /// The same, and what was remarked.
    pub(crate) fn noted(&self, graph: GraphId, edit: UserEdit) -> Result<Vec<Note>, DriverError> {
        block_on(self.driver.author(&keys(graph), &[edit])).map(|(_, notes)| notes)
    }

    /// Does what time asks for.
    pub(crate) fn tick(&self, graph: GraphId) -> Result<(), DriverError> {
        let (keys, run) = (keys(graph), RunId::from_bytes([9; 16]));
        let decider = Decider::new(&self.ports, &keys, run);
        loop {
            let plan = block_on(decider.decide("tick", ReadSet::default(), tick))?;
            if plan.is_empty() {
                return Ok(());
            }
        }
    }

    pub(crate) fn take_in(&self, graph: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        let (keys, run) = (keys(graph), RunId::from_bytes([9; 16]));
        block_on(take_in(&Decider::new(&self.ports, &keys, run), messages))
    }

    pub(crate) fn config(&self, graph: GraphId) -> Result<Arc<Config>, DriverError> {
        Ok(block_on(self.ports.store.load(graph, &ReadSet::default()))?.config)
    }

    /// Whether anything takes place in a graph from this time on for a moment.
    pub(crate) fn has_at(&self, graph: GraphId, from: Timestamp) -> Result<bool, DriverError> {
        let page = TimePage { from, to: from.saturating_add_millis(1) };
        let want = ReadSet { times: [page].into(), ..ReadSet::default() };
        let slice = block_on(self.ports.store.load(graph, &want))?;
        let is_then = |bundle: &Bundle| {
            let starts = bundle
                .presences
                .values()
                .map(|one| one.body.content.span.start.instant(&Zone::utc(), Gap::Shift));
            starts.into_iter().any(|start| start == from)
        };
        Ok(slice.events.values().flatten().any(is_then))
    }

    pub(crate) fn meeting(
        &self,
        graph: GraphId,
        id: MeetingId,
    ) -> Result<Option<Meeting>, DriverError> {
        let want = ReadSet { meetings: [id].into(), ..ReadSet::default() };
        Ok(block_on(self.ports.store.load(graph, &want))?.meetings[&id].clone())
    }

    /// Hands on what waits in the outbox of a graph, once.
    pub(crate) fn hand_on(
        &self,
        graph: GraphId,
        weather: &Weather<'_>,
    ) -> Result<HandedOn, DriverError> {
        let post = Post {
            to: SameStore::new(&self.ports, |graph| Some(keys(graph))),
            weather,
            fate: self.fate,
        };
        block_on(hand_on(&self.ports.store, graph, &post))
    }
}

/// Brings messages in whatever weather there is.
struct Post<'a, D> {
    to: D,
    weather: &'a Weather<'a>,
    fate: &'a Fate,
}

impl<D: Deliver> Deliver for Post<'_, D> {
    async fn deliver(&self, to: GraphId, messages: &[Message]) -> Result<(), DriverError> {
        let kill = |_| DriverError::Killed;
        self.fate.point().map_err(kill)?;
        let brought = self.weather.on(messages);
        for batch in &brought.batches {
            self.to.deliver(to, batch).await?;
        }
        self.fate.point().map_err(kill)?;
        if brought.lost { Err(lost()) } else { Ok(()) }
    }
}

fn lost() -> DriverError {
    kalends_core::ports::StoreError::Failed("no answer came".to_owned()).into()
}

struct NoHttp;

impl Http for NoHttp {
    type Body = NoBody;

    async fn send(&self, _: HttpRequest) -> Result<(HttpHead, NoBody), HttpFailure> {
        Err(HttpFailure::Refused)
    }
}

struct NoBody;

impl HttpBody for NoBody {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        Ok(None)
    }
}

struct NoAccounts;

impl Accounts for NoAccounts {
    async fn open(&self, _: GraphId, _: &Account) -> Result<Opened, Failure> {
        Err(Failure {
            class: FailureClass::Unsupported,
            code: "none".to_owned(),
            detail: "no account here".to_owned(),
            retry_at: None,
        })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }
}
