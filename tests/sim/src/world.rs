//! The harness: sites with their users, one graph, and drivers over them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use kalends::{NewAccount, add_account, find};
use kalends_core::cursor::Verdict;
use kalends_core::graph::{Calendar, CalendarRole, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId, EdgeId, GraphId, RunId};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Job;
use kalends_core::ports::Clock;
use kalends_core::slice::{Config, ReadSet};
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::time::Timestamp;
use kalends_core::watch::Upkeep;
use kalends_driver::{
    Driver, DriverError, First, Hooks, NoHooks, NoTimer, Options, Parts, Preview, Report,
};
use kalends_oracle::{Edge, Level, Place};
use kalends_testkit::block_on::block_on;
use kalends_testkit::clock::{SeededEntropy, VirtualClock};

use crate::caldav::CaldavSite;
use crate::check::Check;
use crate::edge::{core_level, seen};
use crate::http::SimHttp;
use crate::judged::Judged;
use crate::keep::Keep;
use crate::leaks::Leaks;
use crate::logins::Logins;
use crate::network::Network;
use crate::portions::Portions;
use crate::said::{Said, Telling};
use crate::site::Site;

/// When a world begins: the first of June 2026, 08:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_780_300_800);

/// Where notices come in, in worlds that listen.
pub const NOTICES: &str = "https://push.example/notices";

/// How many requests a sync may send where nothing changed, for each account and each calendar.
pub(crate) const QUIET_EACH: u64 = 2;
const HOUR_MS: i64 = 3_600_000;
pub(crate) const USERS: [&str; 2] = ["alice", "bob"];
/// Those of worlds with an account more.
pub(crate) const PEOPLE: [&str; 3] = ["alice", "bob", "carol"];

/// The ports of a world.
pub type WorldPorts<S> =
    Parts<S, SimHttp, VirtualClock, SeededEntropy, Logins, NoTimer, Arc<dyn Hooks>>;
/// The driver of a world.
pub type Driving<S> = Driver<WorldPorts<S>>;

/// Someone with an account: at which site, and as which user.
pub type Member = (Arc<dyn Site>, &'static str);

/// Sites, one graph.
#[derive(Debug)]
pub struct World<S> {
    /// The graph's keys.
    pub keys: GraphKeys,
    /// The sites behind their network.
    pub http: SimHttp,
    /// The time of everything.
    pub clock: VirtualClock,
    /// Who signs in.
    pub logins: Logins,
    /// The graph.
    pub store: S,
    /// Who has an account.
    pub members: Vec<Member>,
    /// The accounts of all members, once they are added.
    pub accounts: Vec<AccountId>,
    /// The calendars by place: whose, and what their site calls them. Overlays come after them,
    /// one an account.
    pub calendars: Vec<(usize, String)>,
    /// What it is watched by.
    pub judged: Judged,
    /// What is said of it, where that is kept.
    pub(crate) telling: Telling,
    /// What was looked at of what was sent.
    pub(crate) leaks: Mutex<Leaks>,
    /// Whether servers fail in all ways that end by themselves, and not in the usual ones alone.
    pub all_faults: bool,
    /// Whether notices of providers can come in.
    pub listens: bool,
    /// Whether the servers make calendars: where not, there are no overlays.
    pub(crate) makes_calendars: bool,
    /// How much workers read at once.
    pub(crate) portions: Portions,
    seed: u64,
    drivers: AtomicU64,
}

impl<S: Keep> World<S> {
    /// A world of a CalDAV server and other sites, whose calendars belong to these members.
    #[must_use]
    pub fn of(
        caldav: CaldavSite,
        others: Vec<Arc<dyn Site>>,
        members: Vec<Member>,
        seed: u64,
        owners: &[usize],
    ) -> Self {
        let clock = VirtualClock::at(START);
        for (site, user) in &members {
            site.add_user(user);
        }
        let calendar = |(n, owner): (usize, &usize)| {
            let (site, user) = &members[*owner];
            (*owner, site.add_calendar(user, &format!("cal{n}")))
        };
        let calendars = owners.iter().enumerate().map(calendar).collect();
        let judged = Judged::default();
        let keys = GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [9; 32] };
        let mut world = Self {
            store: S::fresh(keys.graph),
            keys,
            http: SimHttp::new(caldav, others, clock.clone()).watched(judged.clone()),
            logins: Logins::watched(judged.clone(), clock.clone()),
            clock,
            judged,
            telling: Telling::default(),
            leaks: Mutex::default(),
            members,
            accounts: Vec::new(),
            calendars,
            all_faults: false,
            listens: false,
            makes_calendars: true,
            portions: Portions::Small,
            seed,
            drivers: AtomicU64::new(0),
        };
        world.sign_in();
        world
    }

    /// The same, over this network from now on.
    #[must_use]
    pub(crate) fn over(mut self, network: Network) -> Self {
        self.http = self.http.over(network);
        if network == Network::Slow {
            self.http.sites().for_each(Site::limit_calls);
        }
        self
    }

    /// Adds the accounts of all members, as after the first sign-in.
    pub fn sign_in(&mut self) {
        self.accounts = (0..self.members.len()).map(|member| self.sign_in_as(member)).collect();
    }

    /// Adds the account of one member, as after a sign-in; the same account has the same id.
    pub fn sign_in_as(&self, member: usize) -> AccountId {
        let (site, user) = &self.members[member];
        let driver = self.driver();
        // Whoever is asked for calendars first has no account yet.
        let nobody = AccountId::from_bytes([0; 16]);
        self.logins.add(nobody, Arc::clone(site), user, String::new());
        let found = block_on(find(driver.ports(), &site.open(user, ""))).unwrap();
        let (provider, name) = (site.provider().to_owned(), (*user).to_owned());
        let new = NewAccount { provider, name };
        let id = block_on(add_account(&driver, &self.keys, &new, &found)).unwrap();
        self.logins.add(id, Arc::clone(site), user, found.remember);
        id
    }

    /// Loses the store, keeps the keys, and signs in anew.
    pub fn wipe(&mut self) {
        self.tell(|| Said::Wipe);
        self.judged.befell();
        self.store = S::fresh(self.keys.graph);
        self.sign_in();
    }

    /// A driver of its own: another process over the same store.
    #[must_use]
    pub fn driver(&self) -> Driving<S> {
        self.driver_by(self.clock.clone(), Arc::new(NoHooks))
    }

    /// A driver that is killed where the hooks say.
    #[must_use]
    pub fn driver_failing(&self, hooks: Arc<dyn Hooks>) -> Driving<S> {
        self.judged.befell();
        self.judged.may_leave(self.clock.now().as_millis());
        self.driver_by(self.clock.clone(), hooks)
    }

    /// A driver that goes by a clock of its own.
    pub(crate) fn driver_by(&self, clock: VirtualClock, hooks: Arc<dyn Hooks>) -> Driving<S> {
        let nth = self.drivers.fetch_add(1, Ordering::Relaxed);
        let parts = Parts {
            store: self.store.clone(),
            http: self.http.clone().asked_by(nth),
            clock,
            entropy: SeededEntropy::new(self.seed.wrapping_mul(1_000_003).wrapping_add(nth)),
            accounts: self.logins.clone(),
            timer: NoTimer,
            hooks: self.judged.watching(hooks),
        };
        Driver::new(parts, self.portions.limits())
    }

    /// One sync by a new driver, as it ends.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn try_sync(&self) -> Result<Report, DriverError> {
        let ended = block_on(self.driver().sync(&self.keys, &self.options()));
        if let Ok(report) = &ended {
            self.judged.failed(&report.failures);
        }
        ended
    }

    /// What a sync of this world may do.
    #[must_use]
    pub fn options(&self) -> Options {
        let notices_at = self.listens.then(|| NOTICES.to_owned());
        Options { notices_at, ..options() }
    }

    /// What waits in the queue, as a worker does it after a notice.
    pub fn work(&self) -> Report {
        self.tell(|| Said::Work);
        let options = Options { first: First::Queue, ..self.options() };
        block_on(self.driver().sync(&self.keys, &options)).unwrap()
    }

    /// How a place is kept up to date.
    pub fn upkeep(&self, place: Place) -> Upkeep {
        let calendar = self.set_up().calendars[&self.calendar(place)].clone();
        let mut want = ReadSet::default();
        want.health.insert(calendar.account);
        want.cursors.insert(calendar.scope());
        want.watches.insert(calendar.scope());
        let slice = block_on(self.store.load(self.keys.graph, &want)).unwrap();
        slice.upkeep(&calendar, self.clock.now()).unwrap()
    }

    /// One sync.
    ///
    /// # Panics
    /// Where it leaves something undone that nothing kept it from.
    pub fn sync(&self) -> Report {
        self.tell(|| Said::Sync);
        // What became due since it began is the next one's.
        let now = self.clock.now();
        let report = self.try_sync().unwrap();
        let next = block_on(self.store.next_due(self.keys.graph)).unwrap();
        let is_free = report.failures.is_empty() && !self.judged.may_be_held(now.as_millis());
        let left = next.filter(|(at, _)| is_free && *at <= now);
        self.judged.add(Check::Settled, 1);
        Check::Settled.all_right(left.map(|left| format!("{left:?} is left")).as_slice());
        report
    }

    /// What a sync would write, by a new driver.
    pub fn plan(&self) -> Preview {
        block_on(self.driver().preview(&self.keys, &self.options())).unwrap()
    }

    /// The jobs that are due.
    pub fn jobs_due(&self) -> Vec<Job> {
        let (graph, now) = (self.keys.graph, self.clock.now());
        block_on(self.store.peek(graph, now, None, usize::MAX >> 1)).unwrap()
    }

    /// Carries out an edit, and gives the run that it is put down to.
    pub fn author(&self, edit: UserEdit) -> RunId {
        self.judged.befell();
        block_on(self.driver().author(&self.keys, &[edit])).unwrap().0
    }

    /// Syncs until nothing is left to do, over all backoffs, and says yes to what is held. The
    /// writes that it took.
    pub fn settle(&self) -> u64 {
        self.told(Said::Settle, || self.come_to_rest())
    }

    fn come_to_rest(&self) -> u64 {
        let (mut writes, mut was_quiet) = (0, false);
        for _ in 0..60 {
            let believed = self.is_clock_believed();
            let report = self.sync();
            let wrote = report.created + report.updated + report.deleted;
            writes += wrote;
            let quiet = report.settled && wrote == 0 && report.failures.is_empty();
            if report.held > 0 {
                self.approve();
            } else if quiet && (believed || was_quiet) {
                return writes;
            }
            was_quiet = quiet;
            let next = block_on(self.store.next_due(self.keys.graph)).unwrap();
            let now = self.clock.now();
            let later = next.map_or(now, |(at, _)| at).max(now.saturating_add_millis(60_000));
            self.clock.set(later.min(now.saturating_add_millis(7 * HOUR_MS)));
        }
        Check::Settled.all_right(&[format!("it never ends: {:?}", self.sync())]);
        writes
    }

    /// Whether every account answered within the last day: else what destroys waits for the answer
    /// after the next, where no server says what time it is.
    fn is_clock_believed(&self) -> bool {
        let want =
            ReadSet { health: self.accounts.iter().copied().collect(), ..ReadSet::default() };
        let slice = block_on(self.store.load(self.keys.graph, &want)).unwrap();
        let now = self.clock.now();
        let mut seen = slice.health.values().flatten().filter_map(|health| health.seen_at);
        seen.all(|at| (0..=24 * HOUR_MS).contains(&now.millis_since(at)))
    }

    /// Nothing is left to be written.
    ///
    /// # Panics
    /// Where the next sync writes.
    pub fn is_at_rest(&self) {
        let report = self.told(Said::Rest, || self.sync());
        let most = QUIET_EACH * (self.accounts.len() + self.places()) as u64;
        let wrote = report.created + report.updated + report.deleted;
        let wrong = (wrote > 0 || report.requests > most).then(|| {
            format!("{wrote} writes and {} requests where nothing changed", report.requests)
        });
        self.judged.add(Check::Rest, 1);
        Check::Rest.all_right(wrong.as_slice());
    }

    /// Says of all held deletions that they are right.
    pub fn approve(&self) {
        for (calendar, review) in &self.set_up().reviews {
            for (question, asked) in review.questions() {
                if asked.verdict == Verdict::Waiting {
                    self.author(UserEdit::Judge {
                        calendar: *calendar,
                        question,
                        approve: true,
                        shown: None,
                    });
                }
            }
        }
    }

    /// A copy of the graph's set-up.
    #[must_use]
    pub fn config(&self) -> Config {
        (*self.set_up()).clone()
    }

    /// The graph's set-up as the store holds it.
    pub(crate) fn set_up(&self) -> Arc<Config> {
        block_on(self.store.load(self.keys.graph, &ReadSet::default())).unwrap().config
    }

    /// The site that a place is at.
    #[must_use]
    pub fn site(&self, place: Place) -> &dyn Site {
        self.members[self.owner(place)].0.as_ref()
    }

    /// Whose account a place is in.
    #[must_use]
    pub fn owner(&self, place: Place) -> usize {
        let overlay = || place - self.calendars.len();
        self.calendars.get(place).map_or_else(overlay, |(owner, _)| *owner)
    }

    /// Whether programs can carry objects from one place to the other: both are at one site.
    #[must_use]
    pub fn are_neighbours(&self, one: Place, other: Place) -> bool {
        let [one, other] = [one, other].map(|place| &self.members[self.owner(place)].0);
        one.hosts() == other.hosts()
    }

    /// Whether an event that the one place holds keeps its UID out of the other: of the same place, and
    /// where the server holds a UID once among all calendars of a person.
    #[must_use]
    pub(crate) fn bars_uid(&self, held: Place, to: Place) -> bool {
        held == to || (self.owner(held) == self.owner(to) && self.site(to).holds_uids_once())
    }

    /// What a place is called at its site; `None` for an overlay that is not made.
    #[must_use]
    pub fn path(&self, place: Place) -> Option<String> {
        if let Some((_, path)) = self.calendars.get(place) {
            return Some(path.clone());
        }
        self.overlay(place)?.provider_id.map(|id| id.0)
    }

    /// The place of this name at its site.
    pub(crate) fn place(&self, path: &str) -> Option<Place> {
        (0..self.places()).find(|place| self.path(*place).as_deref() == Some(path))
    }

    /// The id of a place.
    #[must_use]
    pub fn calendar(&self, place: Place) -> CalendarId {
        match self.calendars.get(place) {
            Some((owner, path)) => self.keys.calendar(self.accounts[*owner], path),
            None => self.overlay(place).expect("an edge asked for the overlay").id,
        }
    }

    fn overlay(&self, place: Place) -> Option<Calendar> {
        let account = self.accounts[place - self.calendars.len()];
        let overlay = |c: &&Calendar| matches!(c.role, CalendarRole::Overlay(_));
        self.set_up().calendars.values().filter(overlay).find(|c| c.account == account).cloned()
    }

    /// Adds an edge, and gives it as the oracle sees it. A place after the calendars is the
    /// overlay of that account.
    pub fn edge(&self, from: Place, to: Place, level: Level) -> Edge {
        let options = EdgeOptions { level: core_level(level), ..EdgeOptions::default() };
        self.edge_with(from, to, options)
    }

    /// Adds an edge with all its options.
    pub fn edge_with(&self, from: Place, to: Place, options: EdgeOptions) -> Edge {
        self.draw(from, to, options).1
    }

    /// The same; the run of it, too.
    pub(crate) fn draw(&self, from: Place, to: Place, options: EdgeOptions) -> (RunId, Edge) {
        let run = self.add_edge(from, to, options, false);
        let edge = self.as_seen(from, to);
        self.tell(|| Said::edge(&edge, false));
        (run, edge)
    }

    /// Adds a two-way pair between calendars.
    pub fn pair_with(&self, from: Place, to: Place, options: EdgeOptions) -> [Edge; 2] {
        self.add_edge(from, to, options, true);
        let edges = [self.as_seen(from, to), self.as_seen(to, from)];
        self.tell(|| Said::edge(&edges[0], true));
        edges
    }

    /// How many workers there were so far, each for one sync or one edit.
    pub(crate) fn workers(&self) -> u64 {
        self.drivers.load(Ordering::Relaxed)
    }

    fn add_edge(&self, from: Place, to: Place, options: EdgeOptions, two_way: bool) -> RunId {
        let target = match to.checked_sub(self.calendars.len()) {
            Some(account) => EdgeTarget::Overlay(self.accounts[account]),
            None => EdgeTarget::Calendar(self.calendar(to)),
        };
        let (start, options) = (self.calendar(from), Box::new(options));
        self.author(UserEdit::AddEdge { from: start, to: target, options, two_way })
    }

    fn as_seen(&self, from: Place, to: Place) -> Edge {
        let (start, end) = (self.calendar(from), self.calendar(to));
        let config = self.set_up();
        let edge = config.edges.values().find(|edge| edge.from == start && edge.to == end).unwrap();
        seen(&edge.options, *edge.id.as_bytes(), (from, to))
    }

    /// Takes an edge away; its mirrors are retracted.
    pub fn remove_edge(&self, edge: &Edge) -> RunId {
        self.tell(|| Said::Remove(edge.from, edge.to));
        self.author(UserEdit::RemoveEdge { edge: EdgeId::from_bytes(edge.rank), abandon: false })
    }

    /// Gives an edge other options; the run of it.
    pub fn change_edge(&self, edge: &Edge, options: EdgeOptions) -> RunId {
        self.tell(|| Said::Change(Box::new(seen(&options, [0; 16], (edge.from, edge.to)))));
        let edge = EdgeId::from_bytes(edge.rank);
        self.author(UserEdit::ChangeEdge { edge, base: None, options: Box::new(options) })
    }

    /// Whether instances of what a place holds stay between their neighbours.
    pub(crate) fn stays(&self, place: Place) -> bool {
        !self.site(place).lets_instances_pass()
    }

    /// Whether some listing may leave out the last change.
    pub(crate) fn lags(&self) -> bool {
        self.all_faults || self.members.iter().any(|(site, _)| site.lags())
    }

    /// How many places there are, overlays among them.
    #[must_use]
    pub fn places(&self) -> usize {
        self.calendars.len() + if self.makes_calendars { self.accounts.len() } else { 0 }
    }
}

/// What a sync may do in a world that does not listen.
#[must_use]
pub fn options() -> Options {
    Options::default()
}
