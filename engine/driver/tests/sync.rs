//! Whole syncs over a provider in memory.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use common::records::App;
use common::{Wire, block_on, keys};
use kalends_core::graph::{Account, CalendarKind, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId, GraphId, ProviderId};
use kalends_core::plan::Plan;
use kalends_core::ports::{Clock as _, GraphStore as _, RecordsCall};
use kalends_core::provider::{Done, Failure, Output, ProviderOp};
use kalends_core::slice::ReadSet;
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::tick::due_at;
use kalends_core::time::Timestamp;
use kalends_driver::{
    Accounts, Driver, DriverError, FailAt, Hooks, Limits, NoHooks, NoTimer, Opened, Options, Parts,
    Progress, Report,
};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::records::{World, event};

type TestDriver<K, A = App> =
    Driver<Parts<MemoryStore, Wire, VirtualClock, SeededEntropy, A, NoTimer, K>>;

const DAY_MS: i64 = 24 * 3_600_000;

struct Scene {
    world: World,
    store: MemoryStore,
    clock: VirtualClock,
}

impl Scene {
    /// Two calendars of one account, with an edge between them, and some events.
    fn new(events: u8) -> Self {
        let world = World::default();
        for calendar in ["work", "home"] {
            world.state().calendars.entry(calendar.to_owned()).or_default();
        }
        for n in 0..events {
            world.put(
                "work",
                &format!("e{n:03}"),
                event(&format!("Talk {n}"), 6 + n / 28, 1 + n % 28),
            );
        }
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let store = MemoryStore::new();
        store.create(keys().graph);
        let scene = Self { world, store, clock: VirtualClock::at(now) };
        let add = UserEdit::AddAccount {
            id: account(),
            provider: "records".to_owned(),
            name: "me".to_owned(),
            subject: "me".to_owned(),
        };
        let driver = scene.driver(NoHooks);
        block_on(driver.author(&keys(), &[add])).unwrap();
        assert!(scene.sync().settled);
        scene
    }

    fn join(&self, to: EdgeTarget) -> Result<(), DriverError> {
        let options =
            Box::new(EdgeOptions { kind: CalendarKind::TrueMirror, ..EdgeOptions::default() });
        let add = UserEdit::AddEdge { from: calendar("work"), to, options, two_way: false };
        block_on(self.driver(NoHooks).author(&keys(), &[add])).map(drop)
    }

    fn driver<K: Hooks>(&self, hooks: K) -> TestDriver<K> {
        let limits = Limits { range_ids: 7, batch_items: 5, ..Limits::default() };
        self.driver_over(App { world: self.world.clone(), post: None }, hooks, limits)
    }

    fn driver_over<A: Accounts, K: Hooks>(
        &self,
        accounts: A,
        hooks: K,
        limits: Limits,
    ) -> TestDriver<K, A> {
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: SeededEntropy::new(7),
            accounts,
            timer: NoTimer,
            hooks,
        };
        Driver::new(parts, limits)
    }

    fn sync(&self) -> Report {
        self.clock.advance_millis(60_000);
        block_on(self.driver(NoHooks).sync(&keys(), &Options::default())).unwrap()
    }
}

fn account() -> AccountId {
    keys().account("records", "me")
}

fn calendar(name: &str) -> CalendarId {
    keys().calendar(account(), name)
}

fn to_home() -> EdgeTarget {
    EdgeTarget::Calendar(calendar("home"))
}

fn written(report: &Report) -> (u64, u64, u64) {
    (report.created, report.updated, report.deleted)
}

#[test]
fn mirrors_are_made_read_back_together_and_then_left_alone() {
    let scene = Scene::new(60);
    scene.join(to_home()).unwrap();
    drop(scene.world.take_log());
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((60, 0, 0), true), "{report:?}");
    assert_eq!(scene.world.titles("home"), vec!["Busy"; 60]);
    let log = scene.world.take_log();
    let count = |name: &str| log.iter().filter(|op| *op == name).count();
    assert_eq!((count("Create"), count("Fetch")), (60, 2), "{log:?}");

    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((0, 0, 0), true), "{report:?}");
    let log = scene.world.take_log();
    assert_eq!(log, ["Discover", "List"], "our own writes are seen once, and nothing is fetched");
    scene.sync();
    assert_eq!(scene.world.take_log(), ["Discover"], "one request where nothing changed");
}

/// Catches an edge that nobody wakes up for, and a wake-up for nothing at all.
#[test]
fn what_time_and_set_up_ask_for_is_due_at_once_and_then_a_day_later() {
    let scene = Scene::new(1);
    let due = || {
        let slice = block_on(scene.store.load(keys().graph, &ReadSet::default())).unwrap();
        let now = scene.clock.now();
        due_at(&slice.config, now).map(|at| at.millis_since(now))
    };
    assert_eq!(due(), None);
    scene.join(to_home()).unwrap();
    assert_eq!(due(), Some(0));
    let began = scene.clock.now().saturating_add_millis(60_000);
    assert!(scene.sync().settled);
    let worked_through = scene.clock.now().millis_since(began);
    assert_eq!(due(), Some(DAY_MS - worked_through));
    scene.clock.advance_millis(2 * DAY_MS);
    assert_eq!(due(), Some(0));
    assert!(scene.sync().settled);
    let slice = block_on(scene.store.load(keys().graph, &ReadSet::default())).unwrap();
    let edge = *slice.config.edges.keys().next().unwrap();
    let remove = UserEdit::RemoveEdge { edge, abandon: false };
    block_on(scene.driver(NoHooks).author(&keys(), &[remove])).unwrap();
    assert_eq!(due(), Some(0), "its mirrors are to go");
    assert!(scene.sync().settled);
    assert_eq!(due(), None);
}

#[test]
fn one_changed_event_costs_one_listing_one_fetch_one_write_and_one_multiget() {
    let scene = Scene::new(3);
    scene.join(to_home()).unwrap();
    scene.sync();
    scene.sync();
    scene.world.put("work", "e001", event("Moved", 7, 3));
    drop(scene.world.take_log());
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((0, 1, 0), true), "{report:?}");
    let log = scene.world.take_log();
    assert_eq!(log, ["Discover", "List", "Fetch", "Replace", "Fetch"]);
    assert_eq!(report.requests, 5);
}

#[test]
fn a_deleted_event_takes_its_mirror_with_it() {
    let scene = Scene::new(5);
    scene.join(to_home()).unwrap();
    scene.sync();
    scene.world.delete("work", "e002");
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((0, 0, 1), true), "{report:?}");
    assert_eq!(scene.world.titles("home").len(), 4);
    assert!(report.passes <= 2);
}

#[test]
fn a_lost_token_costs_a_comparison_and_changes_nothing() {
    let scene = Scene::new(20);
    scene.join(to_home()).unwrap();
    scene.sync();
    scene.sync();
    scene.world.put("work", "e004", event("Changed", 6, 9));
    scene.world.delete("work", "e005");
    scene.world.state().forgets = true;
    drop(scene.world.take_log());
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((0, 1, 1), true), "{report:?}");
    assert_eq!(scene.world.titles("home").len(), 19);
}

#[test]
fn an_overlay_is_made_and_filled_in_one_sync() {
    let scene = Scene::new(4);
    scene.join(EdgeTarget::Overlay(account())).unwrap();
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((4, 0, 0), true), "{report:?}");
    let overlay = scene.world.state().calendars.keys().find(|name| name.len() == 26).cloned();
    assert_eq!(scene.world.titles(&overlay.unwrap()), vec!["Busy"; 4]);
    let report = scene.sync();
    assert_eq!((written(&report), report.settled), ((0, 0, 0), true), "{report:?}");
}

#[test]
fn a_calendar_that_fails_stops_no_other_and_is_reported() {
    let scene = Scene::new(2);
    scene.join(to_home()).unwrap();
    scene.sync();
    scene.world.put("home", "x", event("At home", 6, 3));
    scene.world.put("work", "y", event("At work", 6, 3));
    scene.world.state().down.insert("home".to_owned());
    let report = scene.sync();
    assert_eq!(written(&report), (1, 0, 0), "{report:?}");
    assert!(!report.settled);
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.failures[0].1, Some(calendar("home").into()));
    scene.world.state().down.clear();
    assert!(scene.sync().settled);
}

#[test]
fn an_edit_that_is_refused_says_why() {
    let scene = Scene::new(0);
    let own = EdgeTarget::Calendar(calendar("work"));
    assert!(matches!(scene.join(own), Err(DriverError::Edit(_))));
}

/// Ends the run at every fail-point in turn; the rerun ends as if nothing had happened.
#[test]
fn a_run_that_dies_anywhere_is_made_good_by_the_next() {
    let make = || {
        let scene = Scene::new(6);
        scene.join(to_home()).unwrap();
        scene.sync();
        scene.world.put("work", "e001", event("Moved", 7, 3));
        scene.world.put("work", "new", event("New", 7, 4));
        scene.world.delete("work", "e003");
        scene
    };
    let counting = Arc::new(FailAt::new(None));
    let scene = make();
    block_on(scene.driver(Arc::clone(&counting)).sync(&keys(), &Options::default())).unwrap();
    let expected = scene.world.titles("home").len();
    assert!(counting.reached() > 20);
    for number in 1..=counting.reached() {
        let scene = make();
        let dying = scene.driver(FailAt::new(Some(number)));
        let ended = block_on(dying.sync(&keys(), &Options::default()));
        assert_eq!(ended, Err(DriverError::Killed), "at {number}");
        scene.clock.advance_millis(Limits::default().lease_ms);
        let report = scene.sync();
        assert!(report.settled, "at {number}: {report:?}");
        assert_eq!(scene.world.titles("home").len(), expected, "at {number}");
        assert_eq!(written(&scene.sync()), (0, 0, 0), "at {number}");
    }
}

/// What was sent, as far as both a preview and a sync can show it.
fn preview(scene: &Scene) -> (usize, Vec<String>) {
    let before = scene.store.jobs(keys().graph);
    drop(scene.world.take_log());
    let preview = block_on(scene.driver(NoHooks).preview(&keys(), &Options::default())).unwrap();
    assert_eq!(before, scene.store.jobs(keys().graph), "nothing is queued");
    let wrote = |op: &String| !["Discover", "List", "Fetch"].contains(&op.as_str());
    assert!(!scene.world.take_log().iter().any(wrote), "nothing is written");
    let named = preview.operations.iter().map(|operation| format!("{:?}", operation.op));
    let names = named.map(|name| name.split([' ', '(', '{']).next().unwrap().to_owned());
    (preview.operations.len(), names.collect())
}

/// Another worker that changes the graph while a preview decides, so many times.
struct Meddler {
    store: MemoryStore,
    left: AtomicU32,
}

impl Hooks for Meddler {
    fn progress(&self, progress: Progress) {
        let writes = matches!(progress, Progress::Writing(_));
        let once = |n: u32| n.checked_sub(1);
        if writes && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, once).is_ok() {
            let graph = keys().graph;
            let at = block_on(self.store.load(graph, &ReadSet::default())).unwrap().version;
            block_on(self.store.commit(graph, at, &Plan::default())).unwrap();
        }
    }
}

/// Catches a preview that fails, or tells half, because a sync of another worker came between.
#[test]
fn a_preview_begins_again_when_the_graph_changes_under_it() {
    for (changes, planned) in [(0, Some(30)), (3, Some(30)), (1_000, None)] {
        let scene = Scene::new(30);
        scene.join(to_home()).unwrap();
        let meddler = Meddler { store: scene.store.clone(), left: AtomicU32::new(changes) };
        let preview = block_on(scene.driver(meddler).preview(&keys(), &Options::default()));
        assert_eq!(preview.ok().map(|seen| seen.operations.len()), planned, "{changes} changes");
    }
}

#[test]
fn a_preview_names_what_the_next_sync_then_writes_and_queues_nothing() {
    let scene = Scene::new(30);
    scene.join(EdgeTarget::Overlay(account())).unwrap();
    scene.join(to_home()).unwrap();
    let compare = |scene: &Scene, expected: usize| {
        let (count, mut planned) = preview(scene);
        assert_eq!(count, expected, "{planned:?}");
        drop(scene.world.take_log());
        scene.sync();
        let mut sent = scene.world.take_log();
        sent.retain(|op| !["Discover", "List", "Fetch"].contains(&op.as_str()));
        planned.sort();
        sent.sort();
        assert_eq!(planned, sent);
    };
    compare(&scene, 61);
    compare(&scene, 0);
    scene.world.put("work", "e001", event("Moved", 7, 3));
    scene.world.put("work", "new", event("New", 7, 4));
    scene.world.delete("work", "e003");
    compare(&scene, 6);
    scene.world.state().forgets = true;
    scene.world.delete("work", "e004");
    compare(&scene, 2);
}

/// Records whose writes take several turns, and count themselves meanwhile.
#[derive(Clone, Default)]
struct Slow {
    app: App,
    under_way: Arc<Mutex<BTreeSet<ProviderId>>>,
    most: Arc<AtomicUsize>,
}

impl Accounts for Slow {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        self.app.open(graph, account).await
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        let ProviderOp::Create { calendar, .. } = call.op.clone() else {
            return self.app.records(account, call).await;
        };
        {
            let mut under_way = self.under_way.lock().unwrap();
            assert!(under_way.insert(calendar.clone()), "two at once in {calendar:?}");
            self.most.fetch_max(under_way.len(), Ordering::Relaxed);
        }
        turns(9).await;
        let answer = self.app.records(account, call).await;
        self.under_way.lock().unwrap().remove(&calendar);
        answer
    }
}

/// Lets everything else have so many turns.
async fn turns(mut left: u32) {
    let rest = |context: &mut std::task::Context<'_>| match left {
        0 => Poll::Ready(()),
        _ => {
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    };
    poll_fn(rest).await;
}

/// Catches more writes at once than the host has lanes, fewer than it has, and two in one calendar.
#[test]
fn as_many_calendars_are_written_to_at_once_as_there_are_lanes() {
    let default = Limits::default();
    assert_eq!(default.lanes, 4);
    for lanes in [1, default.lanes, 6] {
        let scene = Scene::new(3);
        let names = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
        for name in names {
            scene.world.state().calendars.entry(name.to_owned()).or_default();
        }
        scene.sync();
        for name in names {
            scene.join(EdgeTarget::Calendar(calendar(name))).unwrap();
        }
        let app = App { world: scene.world.clone(), post: None };
        let slow = Slow { app, ..Slow::default() };
        let driver = scene.driver_over(slow.clone(), NoHooks, Limits { lanes, ..default });
        let report = block_on(driver.sync(&keys(), &Options::default())).unwrap();
        assert_eq!((written(&report), report.settled), ((24, 0, 0), true), "{report:?}");
        assert_eq!(slow.most.load(Ordering::Relaxed), lanes);
    }
}
