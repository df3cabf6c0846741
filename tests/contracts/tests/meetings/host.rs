//! A host without providers: the real driver over a store.

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId, MeetingId};
use kalends_core::meeting::{Meeting, Message};
use kalends_core::ports::{
    GraphStore, Http, HttpBody, HttpFailure, HttpHead, HttpRequest, JobQueue, Outbox,
};
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::slice::ReadSet;
use kalends_core::step::UserEdit;
use kalends_driver::{
    Accounts, Deliver, Driver, DriverError, HandedOn, Limits, NoHooks, NoTimer, Opened, Parts,
    SameStore, hand_on,
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

impl<'a, S: GraphStore + JobQueue + Outbox> Host<'a, S> {
    pub(crate) fn new(store: &'a S, fate: &'a Fate) -> Self {
        let ports = || Parts {
            store: Mortal { inner: store, fate },
            http: NoHttp,
            clock: VirtualClock::at(AT),
            entropy: SeededEntropy::new(7),
            accounts: NoAccounts,
            timer: NoTimer,
            hooks: NoHooks,
        };
        Self { driver: Driver::new(ports(), Limits::default()), ports: ports(), fate }
    }

    pub(crate) fn edit(&self, graph: GraphId, edit: UserEdit) -> Result<(), DriverError> {
        block_on(self.driver.author(&keys(graph), &[edit])).map(drop)
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
        weather: &Weather,
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
    weather: &'a Weather,
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
