//! One user's graph in a Durable Object: the driver that every host has, a bounded slice of work at
//! a time.

use std::cell::Cell;
use std::rc::Rc;

use kalends_core::ids::{GraphId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::meeting::Message;
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::ports::{Clock as _, Entropy as _, Provider, StoreError, Vault};
use kalends_core::time::Timestamp;
use kalends_driver::{
    Decider, Deliver, Driver, DriverError, HandedOn, Limits, NoHooks, Options, Parts, Preview,
    Report, Rests, Rhythm, WatchOptions, hand_on, take_in,
};

use crate::{
    Catalog, FetchHttp, FetchOptions, ObjectAccounts, ObjectStore, WebEntropy, WorkerClock,
};

/// The ports of a graph in an object.
pub type ObjectHost<C> =
    Parts<ObjectStore, FetchHttp, WorkerClock, WebEntropy, ObjectAccounts<C>, WorkerClock, NoHooks>;

/// How an object works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectOptions {
    /// How often its graph is looked at.
    pub pace: WatchOptions,
    /// A slice of work ends once its commits have changed so many rows: with what the batch that
    /// is under way then may add, no more than 1,000 of them with the limits below.
    pub rows: u64,
    /// What bounds a slice otherwise.
    pub limits: Limits,
    /// How requests are sent.
    pub fetch: FetchOptions,
    /// The public address, https, below which notices for this graph come in; see
    /// [`Options::notices_at`].
    pub public: Option<String>,
}

impl Default for ObjectOptions {
    /// For what Cloudflare allows one invocation: its time, six connections, 128 MB.
    fn default() -> Self {
        Self {
            pace: WatchOptions { longest_ms: 300_000, ..WatchOptions::default() },
            rows: 500,
            limits: Limits {
                accounts: 2,
                lanes: 2,
                batch_items: 25,
                batch_bytes: 256 * 1024,
                ..Limits::default()
            },
            fetch: FetchOptions::default(),
            public: None,
        }
    }
}

/// What a slice of work came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// How its sync went.
    pub report: Report,
    /// Rows that commits have changed meanwhile.
    pub rows: u64,
    /// Whether it ended before all was done, because they were many: the alarm goes on at once.
    pub cut: bool,
}

/// A graph, and when it is looked at next. Make one in the object's constructor, or when it is first
/// asked for, and keep it; answer the object's alarm by [`GraphObject::work`].
#[derive(Debug)]
pub struct GraphObject<C> {
    driver: Driver<ObjectHost<C>>,
    keys: GraphKeys,
    options: ObjectOptions,
    rhythm: Cell<Rhythm>,
    /// When the last slice ended.
    ended: Cell<Timestamp>,
    /// Whether a slice is under way, and whether something changed here since it began.
    works: Cell<bool>,
    woken: Cell<bool>,
}

impl<C: Catalog> GraphObject<C> {
    /// The graph that lies in the object; `None`: none was made yet. It ends the leases of the
    /// object before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(
        storage: &worker::Storage,
        vault: Rc<dyn Vault>,
        catalog: C,
        options: ObjectOptions,
    ) -> Result<Option<Self>, StoreError> {
        let store = ObjectStore::open(storage, vault)?;
        let Some(keys) = store.keys()? else { return Ok(None) };
        store.end_leases(keys.graph)?;
        let looked_at = store.wakes_at(keys.graph)?.unwrap_or(WorkerClock.now());
        let http = FetchHttp::new(options.fetch.clone());
        let ports = ObjectHost {
            accounts: ObjectAccounts::new(store.clone(), http.clone(), catalog),
            store,
            http,
            clock: WorkerClock,
            entropy: WebEntropy,
            timer: WorkerClock,
            hooks: NoHooks,
        };
        Ok(Some(Self {
            driver: Driver::new(ports, options.limits),
            keys,
            options,
            rhythm: Cell::new(Rhythm::new(looked_at)),
            ended: Cell::new(Timestamp::from_millis(0)),
            works: Cell::new(false),
            woken: Cell::new(false),
        }))
    }

    /// Makes a graph in the object, with a secret of its own, unless one is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(
        storage: &worker::Storage,
        vault: Rc<dyn Vault>,
        graph: GraphId,
    ) -> Result<(), StoreError> {
        let store = ObjectStore::open(storage, vault)?;
        store.create_with(&GraphKeys { graph, secret: WebEntropy.seed().0 })
    }

    /// The driver.
    pub const fn driver(&self) -> &Driver<ObjectHost<C>> {
        &self.driver
    }

    /// The graph's id and secret.
    pub const fn keys(&self) -> &GraphKeys {
        &self.keys
    }

    fn store(&self) -> &ObjectStore {
        &self.driver.ports().store
    }

    /// A slice of work: a sync that is bounded in rows and time, then what waits in the outbox is
    /// handed on. The alarm stands afterwards at what is to be done next, however it ended, before
    /// sign-ins end whose account is gone: their providers may be slow. `None`: a slice is under way
    /// already, whose end sets it.
    ///
    /// # Errors
    /// As [`Driver::sync`]; the alarm comes again all the same, so answer it as done.
    pub async fn work(&self, post: &impl Deliver) -> Result<Option<Worked>, DriverError> {
        if self.works.replace(true) {
            return Ok(None);
        }
        let _end = AtEnd(&self.works);
        self.woken.set(false);
        let public = self.options.public.as_deref();
        let sync = self.rhythm.get().next(&self.options.pace, WorkerClock.now(), public);
        let before = self.store().changed();
        self.store().bound(self.options.rows, &sync.stop);
        let ended = self.driver.sync(&self.keys, &sync).await;
        let handed = self.hand_on(post).await;
        self.set_alarm(&sync).await?;
        let forgotten = self.driver.ports().accounts.forget_removed(self.keys.graph).await;
        (handed?, forgotten?);
        let (report, rows) = (ended?, self.store().changed() - before);
        Ok(Some(Worked { report, rows, cut: sync.stop.asked() }))
    }

    /// What a sync would write, looked at for as long as a slice of work takes, and with as many rows; and
    /// whether that was enough for all of it.
    ///
    /// # Errors
    /// As [`Driver::preview`].
    pub async fn preview(&self) -> Result<(Preview, bool), DriverError> {
        let deadline = WorkerClock.now().saturating_add_millis(self.options.pace.longest_ms);
        let sync = Options { deadline: Some(deadline), rests: Rests::Ended, ..Options::default() };
        // A slice that is under way keeps its bound, which counts these rows too.
        if !self.works.get() {
            self.store().bound(self.options.rows, &sync.stop);
        }
        let preview = self.driver.preview(&self.keys, &sync).await?;
        let is_whole = !sync.stop.asked() && WorkerClock.now() < deadline;
        Ok((preview, is_whole))
    }

    /// What follows a slice: when the next one is.
    async fn set_alarm(&self, sync: &Options) -> Result<(), DriverError> {
        let (store, pace, now) = (self.store(), &self.options.pace, WorkerClock.now());
        let mut rhythm = self.rhythm.get();
        rhythm.ended(store, &self.keys, (pace, sync), now).await;
        let cut = sync.stop.asked();
        if cut || self.woken.get() {
            rhythm.wake(now);
        }
        self.rhythm.set(rhythm);
        self.ended.set(now);
        // A slice that was cut goes on at once, in an invocation of its own.
        let rest = if cut { now } else { pace.rest(now, self.woken.get()) };
        store.rest_until(rest);
        store.wake_at(self.keys.graph, Some(rhythm.latest()))?;
        Ok(())
    }

    /// Hands on what waits in the outbox: after each commit that may have put something there.
    ///
    /// # Errors
    /// As [`hand_on`].
    pub async fn hand_on(&self, post: &impl Deliver) -> Result<HandedOn, DriverError> {
        hand_on(self.store(), self.keys.graph, post).await
    }

    /// Something changed here: all that is due is looked at anew, after a short rest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wake(&self) -> Result<(), StoreError> {
        self.woken.set(true);
        let mut rhythm = self.rhythm.get();
        rhythm.wake(WorkerClock.now());
        self.rhythm.set(rhythm);
        self.soon(Some(rhythm.latest()))
    }

    /// Takes in a request from outside that claims to be a notice for accounts of a kind: what it
    /// says is committed as scopes to be read, and the alarm reads them.
    ///
    /// # Errors
    /// As [`Driver::notice`]: do not answer it as heard.
    pub async fn notice(
        &self,
        (kind, provider): (&str, &dyn Provider),
        request: &InboundRequest,
    ) -> Result<Notice, DriverError> {
        let notice = self.driver.notice(&self.keys, (kind, provider), request).await?;
        if matches!(notice, Notice::Heard(_)) {
            let wakes_at = self.store().wakes_at(self.keys.graph)?;
            let now = notice.asks_for_upkeep().then(|| WorkerClock.now());
            self.soon(now.or(wakes_at))?;
        }
        Ok(notice)
    }

    /// Takes messages of other graphs in, each once. The next slice looks at what they brought, after
    /// the rest: others cannot make a graph read its accounts.
    ///
    /// # Errors
    /// As [`take_in`]: they come again.
    pub async fn take_in(&self, messages: &[Message]) -> Result<(), DriverError> {
        let ports = self.driver.ports();
        let run = RunId::draw(&ports.entropy.seed(), ports.clock.now(), 0);
        take_in(&Decider::new(ports, &self.keys, run), messages).await?;
        Ok(self.store().wake_at(self.keys.graph, Some(ports.clock.now()))?)
    }

    /// Shortens the rest behind the last slice, and sets the alarm anew.
    fn soon(&self, asked: Option<Timestamp>) -> Result<(), StoreError> {
        self.store().rest_until(self.options.pace.rest(self.ended.get(), true));
        self.store().wake_at(self.keys.graph, asked)
    }
}

/// Says that a slice ended, also where its future was dropped.
struct AtEnd<'a>(&'a Cell<bool>);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
