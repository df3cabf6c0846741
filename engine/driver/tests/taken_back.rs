//! A calendar that is read again: until it was, its mirrors stay.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Wire, block_on, keys};
use kalends_core::cursor::Question;
use kalends_core::event::{Body, Content, Privacy, Span};
use kalends_core::graph::{
    Account, CalendarKind, Capabilities, DetailLevel, EdgeOptions, Policy, PolicyOwner, Sweep,
};
use kalends_core::ids::{AccountId, CalendarId, EdgeId, GraphId, RunId};
use kalends_core::journal::CauseKind;
use kalends_core::ports::{Credential, GraphStore as _, RecordsCall};
use kalends_core::provider::{Done, Failure, FailureClass, Output};
use kalends_core::slice::{Config, ReadSet};
use kalends_core::step::{EdgeTarget, EventEdit, UserEdit};
use kalends_core::time::{Civil, Date, Length, Timestamp, When, Zone};
use kalends_driver::{
    Accounts, Driver, First, Limits, NoHooks, NoTimer, Opened, Options, Parts, Report,
};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::values::{Laid, Server, Shown, User};

/// Users, of whom one may not be reached.
#[derive(Clone)]
struct People {
    users: Arc<BTreeMap<AccountId, User>>,
    is_down: Arc<AtomicBool>,
}

impl People {
    fn reach(&self, account: AccountId) -> Result<User, Failure> {
        if account == of("old") && self.is_down.load(Ordering::Relaxed) {
            return Err(Failure {
                class: FailureClass::Transient,
                code: "http.503".to_owned(),
                detail: "503 Service Unavailable".to_owned(),
                retry_at: None,
            });
        }
        Ok(self.users[&account].clone())
    }
}

impl Accounts for People {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let user = self.reach(account.id)?;
        Ok(Opened { provider: Arc::new(user), credential: Credential::None })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        self.users[&account].carry(&call.op)
    }
}

type Ports = Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, People, NoTimer, NoHooks>;

/// Two accounts that hold the same events, of which the first is mirrored into a third.
struct Scene {
    people: People,
    store: MemoryStore,
    clock: VirtualClock,
    entropy: SeededEntropy,
}

fn of(name: &str) -> AccountId {
    keys().account("values", name)
}

fn calendar(name: &str) -> CalendarId {
    keys().calendar(of(name), name)
}

fn held(n: i64) -> Body {
    let first = Civil::from(Date::new(2026, 6, 2).unwrap());
    let start = When::Zoned(first.add_seconds(n * 7_200), Zone::utc());
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Body::single(Content { title: format!("E{n}"), ..Content::at(span) })
}

fn lay(user: &User, name: &str, n: i64) {
    let laid = Laid { uid: format!("{n}@team"), mark: None, body: held(n) };
    user.lay(name, &format!("{name}-{n}"), laid);
}

impl Scene {
    fn new() -> Self {
        Self::of(5)
    }

    fn of(events: i64) -> Self {
        let server = Server::default();
        let user = |name: &str| {
            let user = server.user(name, Capabilities::default());
            user.make_calendar(name, Capabilities::default());
            (of(name), user)
        };
        let users = ["old", "new", "desk"].map(user);
        for name in ["old", "new"] {
            let user = &users.iter().find(|(id, _)| *id == of(name)).unwrap().1;
            (1..=events).for_each(|n| lay(user, name, n));
        }
        let people = People { users: Arc::new(users.into()), is_down: Arc::default() };
        let store = MemoryStore::new();
        store.create(keys().graph);
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let (clock, entropy) = (VirtualClock::at(now), SeededEntropy::new(7));
        let scene = Self { people, store, clock, entropy };
        for name in ["old", "new", "desk"] {
            let (provider, subject) = ("values".to_owned(), name.to_owned());
            let (id, name) = (of(name), name.to_owned());
            scene.author(UserEdit::AddAccount { id, provider, name, subject });
        }
        scene.turn(First::Reading);
        let (level, kind) = (DetailLevel::Title, CalendarKind::TrueMirror);
        let options = Box::new(EdgeOptions { level, kind, ..EdgeOptions::default() });
        let to = EdgeTarget::Calendar(calendar("desk"));
        scene.author(UserEdit::AddEdge { from: calendar("old"), to, options, two_way: false });
        assert_eq!(scene.writes(First::Reading), (events.unsigned_abs(), 0, 0));
        scene
    }

    fn driver(&self) -> Driver<Ports> {
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            accounts: self.people.clone(),
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, Limits::default())
    }

    fn author(&self, edit: UserEdit) -> RunId {
        block_on(self.driver().author(&keys(), &[edit])).unwrap().0
    }

    fn turn(&self, first: First) -> Report {
        self.clock.advance_millis(3_600_000);
        let options = Options { first, ..Options::default() };
        block_on(self.driver().sync(&keys(), &options)).unwrap()
    }

    /// What a turn creates, updates and deletes.
    fn writes(&self, first: First) -> (u64, u64, u64) {
        let report = self.turn(first);
        (report.created, report.updated, report.deleted)
    }

    fn user(&self, name: &str) -> &User {
        &self.people.users[&of(name)]
    }

    fn mirrors(&self) -> Vec<Shown> {
        self.user("desk").shows("desk")
    }

    fn reachable(&self, is: bool) {
        self.people.is_down.store(!is, Ordering::Relaxed);
    }

    /// The other calendar has taken the place of the first, of which nothing is recorded any more.
    fn replaced() -> (Self, RunId) {
        Self::new().replace()
    }

    fn replace(self) -> (Self, RunId) {
        let scene = self;
        let (calendar, by) = (calendar("old"), calendar("new"));
        let run = scene.author(UserEdit::Replace { calendar, by });
        assert_eq!(scene.writes(First::Reading), (0, 0, 0));
        (scene, run)
    }

    /// The first calendar is read again, and shows none of its events.
    fn emptied(events: i64) -> Self {
        let (scene, run) = Self::of(events).replace();
        (1..=events).for_each(|n| scene.user("old").delete("old", &format!("old-{n}")));
        scene.author(UserEdit::Undo { run });
        scene
    }

    /// Neither is anything written, nor does it end the question about so many mirrors.
    fn asks_about(&self, mirrors: u64) {
        for _ in 0..3 {
            let report = self.turn(First::Reading);
            assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
            assert_eq!(report.held, mirrors);
        }
    }

    fn judge(&self, approve: bool) {
        let (calendar, question) = (calendar("old"), Question::Unseen);
        self.author(UserEdit::Judge { calendar, question, approve, shown: None });
    }

    fn config(&self) -> Arc<Config> {
        block_on(self.store.load(keys().graph, &ReadSet::default())).unwrap().config
    }

    /// How many entries the journal has.
    fn entries(&self) -> usize {
        let want = ReadSet { entries: (1..5_000).collect(), ..ReadSet::default() };
        let slice = block_on(self.store.load(keys().graph, &want)).unwrap();
        slice.entries.values().flatten().count()
    }

    fn edge(&self) -> EdgeId {
        *self.config().edges.keys().next().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut EdgeOptions)) {
        let edge = self.edge();
        let mut options = Box::new(self.config().edges[&edge].options.clone());
        change(&mut options);
        self.author(UserEdit::ChangeEdge { edge, base: None, options });
    }
}

/// Catches mirrors that all go, without a question, when a calendar is read again that cannot be
/// reached: nothing is recorded of it, and nothing was read.
#[test]
fn what_is_read_again_keeps_its_mirrors_while_it_cannot_be_read() {
    let (scene, run) = Scene::replaced();
    let mirrors = scene.mirrors();
    scene.reachable(false);
    scene.author(UserEdit::Undo { run });
    assert_eq!([(); 3].map(|()| scene.writes(First::Reading)), [(0, 0, 0); 3]);
    // Neither a change at the calendar that had the place nor a day takes any of it away.
    scene.user("new").edit("new", "new-1", |content| content.title = "Other".to_owned());
    scene.clock.advance_millis(30 * 3_600_000);
    assert_eq!([(); 2].map(|()| scene.writes(First::Reading)), [(0, 0, 0); 2]);
    assert_eq!(scene.mirrors(), mirrors);
    scene.reachable(true);
    scene.user("old").edit("old", "old-2", |content| content.title = "Mine".to_owned());
    scene.user("old").delete("old", "old-3");
    assert_eq!(scene.writes(First::Reading), (0, 1, 1));
    assert_eq!(scene.writes(First::Reading), (0, 0, 0));
}

/// Catches a turn that has read before the calendar was switched on, and takes away what it did not
/// see.
#[test]
fn what_is_read_again_keeps_its_mirrors_until_it_is_read() {
    let (scene, run) = Scene::replaced();
    let mirrors = scene.mirrors();
    scene.author(UserEdit::Undo { run });
    assert_eq!([(); 2].map(|()| scene.writes(First::Queue)), [(0, 0, 0); 2]);
    assert_eq!(scene.mirrors(), mirrors);
    assert_eq!([(); 2].map(|()| scene.writes(First::Reading)), [(0, 0, 0); 2]);
    assert_eq!(scene.mirrors(), mirrors);
}

/// Catches a wait for a listing that holds up what a person asks for.
#[test]
fn an_edge_that_waits_is_removed_all_the_same() {
    let scene = Scene::new();
    scene.reachable(false);
    let run = scene.author(UserEdit::SetScope { calendar: calendar("old"), on: false });
    scene.author(UserEdit::Undo { run });
    assert_eq!([(); 2].map(|()| scene.writes(First::Reading)), [(0, 0, 0); 2]);
    scene.author(UserEdit::RemoveEdge { edge: scene.edge(), abandon: false });
    assert_eq!(scene.writes(First::Reading), (0, 0, 5), "a person's word holds");
}

/// Catches an empty answer after which all mirrors of a calendar that is read again are deleted.
#[test]
fn what_is_read_again_and_shows_too_little_is_asked_about() {
    let scene = Scene::emptied(250);
    scene.asks_about(250);
    scene.judge(true);
    assert_eq!(scene.writes(First::Reading), (0, 0, 250));
    scene.asks_about(0);
    assert!(scene.config().reviews.is_empty(), "what comes later is judged anew");
}

/// Catches a few events that went meanwhile, and about which somebody is asked.
#[test]
fn what_is_read_again_and_shows_a_little_less_goes_on() {
    let scene = Scene::emptied(10);
    assert_eq!(scene.writes(First::Reading), (0, 0, 10));
    scene.asks_about(0);
}

/// Catches a question that outlives what it is about, and an answer that is held against what comes
/// later.
#[test]
fn what_comes_back_is_asked_about_no_more() {
    let scene = Scene::emptied(12);
    let mirrors = scene.mirrors();
    scene.asks_about(12);
    (1..=12).for_each(|n| lay(scene.user("old"), "old", n));
    scene.asks_about(0);
    assert_eq!(scene.mirrors(), mirrors);
    scene.user("old").edit("old", "old-2", |content| content.title = "Mine".to_owned());
    assert_eq!(scene.writes(First::Reading), (0, 1, 0));
}

/// Catches a rejection after which the mirrors go all the same, or the calendar is not read again.
#[test]
fn what_is_said_to_be_there_is_looked_for_again() {
    let scene = Scene::emptied(12);
    let mirrors = scene.mirrors();
    scene.asks_about(12);
    scene.judge(false);
    assert_eq!(scene.writes(First::Reading), (0, 0, 0));
    scene.asks_about(12);
    assert_eq!(scene.mirrors(), mirrors);
    scene.judge(false);
    (1..=12).for_each(|n| lay(scene.user("old"), "old", n));
    scene.asks_about(0);
    assert_eq!(scene.mirrors(), mirrors);
}

/// Catches one question that is taken for the other, so that each is asked anew in each turn.
#[test]
fn a_deletion_beside_the_question_leaves_it_alone() {
    let scene = Scene::emptied(250);
    scene.asks_about(250);
    (251..=253).for_each(|n| lay(scene.user("old"), "old", n));
    assert_eq!(scene.writes(First::Reading), (3, 0, 0));
    scene.user("old").delete("old", "old-251");
    scene.turn(First::Reading);
    let before = scene.entries();
    scene.asks_about(250);
    assert_eq!(scene.entries(), before, "nothing is asked anew");
    let review = scene.config().reviews[&calendar("old")].clone();
    assert_eq!(review.questions().map(|(of, _)| of).collect::<Vec<_>>(), [Question::Unseen]);
}

/// Catches an answer to the one question that lets deletions go that nobody has seen, and a rejection
/// that forgets them.
#[test]
fn two_questions_of_a_calendar_have_an_answer_each() {
    let scene = Scene::emptied(20);
    (21..=80).for_each(|n| lay(scene.user("old"), "old", n));
    assert_eq!(scene.writes(First::Reading), (60, 0, 0));
    scene.asks_about(20);
    scene.reachable(false);
    scene.judge(true);
    (61..=80).for_each(|n| scene.user("old").delete("old", &format!("old-{n}")));
    scene.reachable(true);
    assert_eq!(scene.writes(First::Reading), (0, 0, 20), "the mirrors whose events are not seen");
    scene.asks_about(20);
    let review = scene.config().reviews[&calendar("old")].clone();
    assert_eq!(review.questions().map(|(of, _)| of).collect::<Vec<_>>(), [Question::Deleted]);
    let none = UserEdit::Judge {
        calendar: calendar("old"),
        question: Question::Unseen,
        approve: true,
        shown: None,
    };
    assert!(block_on(scene.driver().author(&keys(), &[none])).is_err(), "that is not asked");
    assert_eq!(scene.mirrors().len(), 60);
}

/// Catches a rejection that one edge takes in, and after which the other asks the same at once.
#[test]
fn a_rejection_holds_for_all_edges_of_the_calendar() {
    let scene = Scene::of(12);
    scene.user("new").make_calendar("more", Capabilities::default());
    scene.turn(First::Reading);
    let find = |config: &Config| {
        let calendars = config.calendars.values();
        calendars.filter(|one| one.name == "more").map(|one| one.id).next().unwrap()
    };
    let (level, to) = (DetailLevel::Title, EdgeTarget::Calendar(find(&scene.config())));
    let options =
        Box::new(EdgeOptions { level, kind: CalendarKind::TrueMirror, ..EdgeOptions::default() });
    scene.author(UserEdit::AddEdge { from: calendar("old"), to, options, two_way: false });
    assert_eq!(scene.writes(First::Reading), (12, 0, 0));
    let (scene, run) = scene.replace();
    scene.author(UserEdit::Undo { run });
    (1..=12).for_each(|n| scene.user("old").delete("old", &format!("old-{n}")));
    scene.asks_about(12);
    scene.judge(false);
    scene.reachable(false);
    for _ in 0..2 {
        let report = scene.turn(First::Reading);
        assert_eq!((report.held, report.deleted), (0, 0), "nothing is asked before it was read");
    }
    let waits = |sweep: &Sweep| *sweep == Sweep::Waiting;
    assert!(scene.config().sweeps.values().all(waits), "{:?}", scene.config().sweeps);
    scene.reachable(true);
    scene.asks_about(12);
}

/// Catches a change of an edge, or of a policy, after which its mirrors go since nothing is known of
/// their events.
#[test]
fn an_edge_that_waits_is_changed_and_waits_on() {
    let scene = Scene::emptied(12);
    let mirrors = scene.mirrors();
    scene.reachable(false);
    scene.change(|options| options.window.past_days += 1);
    scene.author(UserEdit::SetPolicy {
        owner: PolicyOwner::Person,
        base: None,
        policy: Policy::default(),
    });
    assert_eq!([(); 2].map(|()| scene.writes(First::Reading)), [(0, 0, 0); 2]);
    scene.reachable(true);
    scene.asks_about(12);
    scene.change(|options| options.level = DetailLevel::Full);
    scene.asks_about(12);
    assert_eq!(scene.mirrors(), mirrors);
    scene.change(|options| options.level = DetailLevel::Busy);
    assert_eq!(scene.writes(First::Reading), (0, 0, 12), "what may be shown no more goes");
}

/// Catches a mirror that is kept as it was though another calendar has its event private by now.
#[test]
fn what_became_private_is_not_kept() {
    let (scene, run) = Scene::replaced();
    scene.reachable(false);
    scene.author(UserEdit::Undo { run });
    assert_eq!(scene.writes(First::Reading), (0, 0, 0));
    scene.user("new").edit("new", "new-1", |content| content.privacy = Privacy::Private);
    assert_eq!(scene.writes(First::Reading), (0, 0, 1));
    assert_eq!(scene.mirrors().len(), 4);
    assert!(scene.mirrors().iter().all(|mirror| mirror.title != "E1"));
}

/// Catches a change that waits to be written to a calendar that is read no more, and is dropped.
#[test]
fn a_change_that_waits_can_be_brought_back() {
    let scene = Scene::new();
    scene.reachable(false);
    let (event, calendar) = (keys().event("1@team", "", 0), calendar("old"));
    let mut want = held(1);
    want.content.title = "Waiting".to_owned();
    let (base, want) = (None, Some(Box::new(want)));
    let edit = EventEdit { event, calendar, base, want, may_notify: false };
    scene.author(UserEdit::ChangeEvent(edit));
    scene.author(UserEdit::SetScope { calendar, on: false });
    scene.turn(First::Reading);
    let want = ReadSet { entries: (1..500).collect(), ..ReadSet::default() };
    let slice = block_on(scene.store.load(keys().graph, &want)).unwrap();
    let forgotten =
        slice.entries.values().flatten().filter(|(entry, _)| {
            entry.event == Some(event) && entry.cause.what == CauseKind::Released
        });
    let kept = forgotten.filter_map(|(_, payload)| payload.as_ref());
    // What was there before, and what is kept beside it.
    let said = kept.map(|kept| String::from_utf8_lossy(&kept.0).matches("Waiting").count());
    assert_eq!(said.collect::<Vec<_>>(), [2]);
}
