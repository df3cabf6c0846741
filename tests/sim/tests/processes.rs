//! Killed, doubled and wiped: what a process does, another finishes, once.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::common::{at_rest, everything, origin, small};
use futures_util::future::join;
use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::ids::{CalendarId, RunId};
use kalends_core::ports::Clock as _;
use kalends_core::scratch::{Pad, Piece};
use kalends_core::step::UserEdit;
use kalends_driver::FailAt;
use kalends_oracle::Level;
use kalends_sim_tests::{History, Keep, World, options};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::hostile::Hostile;
use kalends_testkit::memory::MemoryStore;

type Small = (World<MemoryStore>, History);

#[test]
fn mirrors_appear_once_whatever_the_store() {
    fn appear<S: Keep>() {
        let (world, history) = small::<S>(Profile::plain());
        assert_eq!(world.settle(), 6);
        at_rest(&world, &history);
    }
    appear::<MemoryStore>();
    appear::<Hostile<MemoryStore>>();
    appear::<SqliteStore>();
}

/// Of any calendar, one that is removed too, and without another long listing. Catches waste that waits
/// for one, and a sync that throws away what another still reads.
#[test]
fn what_a_listing_that_was_dropped_left_is_thrown_away_a_day_later() {
    fn left<S: Keep>() {
        let (world, _) = small::<S>(Profile::plain());
        let of =
            |n| Pad { calendar: CalendarId::from_bytes([n; 16]), run: RunId::from_bytes([n; 16]) };
        let put_down = |pad| {
            let piece = Piece { number: 0, at: world.clock.now(), bytes: b"left".to_vec() };
            block_on(world.store.put_down(world.keys.graph, pad, piece)).unwrap();
        };
        let lies = |pad| block_on(world.store.pick_up(world.keys.graph, pad, 0)).unwrap().is_some();
        put_down(of(7));
        world.clock.advance_millis(20 * 3_600_000);
        put_down(of(8));
        world.sync();
        assert_eq!([of(7), of(8)].map(lies), [true, true]);
        world.clock.advance_millis(5 * 3_600_000);
        world.sync();
        assert_eq!([of(7), of(8)].map(lies), [false, true]);
    }
    left::<MemoryStore>();
    left::<SqliteStore>();
}

fn first_sync() -> Small {
    small(Profile::plain())
}

fn changes() -> Small {
    let (world, mut history) = first_sync();
    world.settle();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist again", 20));
    history.delete(&world, 0, "person-b.ics");
    history.carry(&world, 1, "person-c.ics", 0);
    (world, history)
}

fn tampered() -> Small {
    let (world, history) = first_sync();
    world.settle();
    let ours: Vec<(String, String)> = history.ours(&world, 1).into_iter().collect();
    let path = world.path(1).unwrap_or_default();
    let mut sim = world.http.sim();
    let mut person = sim.person(kalends_sim_tests::START.as_millis());
    let text = ours[0].1.replacen("SUMMARY:", "SUMMARY:Tampered ", 1);
    assert_eq!(person.put(&path, &ours[0].0, &text), Ok(()));
    assert_eq!(person.delete(&path, &ours[1].0), Ok(()));
    drop(sim);
    (world, history)
}

/// Runs a scenario killed at every place, and compares with it undisturbed.
fn kill_everywhere(scenario: fn() -> Small) {
    let count = Arc::new(FailAt::new(None));
    let (world, history) = scenario();
    let whole = block_on(world.driver_failing(count.clone()).sync(&world.keys, &options()));
    assert!(whole.is_ok());
    at_rest(&world, &history);
    let wanted = everything(&world);
    assert!(count.reached() > 10, "the scenario does something");
    for n in 1..=count.reached() {
        let (world, history) = scenario();
        let hooks = Arc::new(FailAt::new(Some(n)));
        let killed = block_on(world.driver_failing(hooks).sync(&world.keys, &options()));
        assert!(killed.is_err(), "place {n} is reached");
        // The lease of what was under way has to pass.
        world.clock.advance_millis(600_000);
        at_rest(&world, &history);
        assert_eq!(everything(&world), wanted, "killed at {n}");
    }
}

#[test]
fn a_first_sync_killed_anywhere_ends_the_same() {
    kill_everywhere(first_sync);
}

#[test]
fn changes_killed_anywhere_end_the_same() {
    kill_everywhere(changes);
}

#[test]
fn reverts_killed_anywhere_end_the_same() {
    kill_everywhere(tampered);
}

#[test]
fn two_workers_on_one_store_end_as_one() {
    for scenario in [first_sync, changes, tampered] {
        let (alone, history) = scenario();
        at_rest(&alone, &history);
        let (world, history) = scenario();
        let (one, two) = (world.driver(), world.driver());
        let options = options();
        let (one, two) =
            block_on(join(one.sync(&world.keys, &options), two.sync(&world.keys, &options)));
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        world.clock.advance_millis(600_000);
        at_rest(&world, &history);
        assert_eq!(everything(&world), everything(&alone));
    }
}

#[test]
fn a_wiped_store_finds_the_same_mirrors_without_a_write() {
    let (mut world, history) = first_sync();
    at_rest(&world, &history);
    let before = everything(&world);
    world.wipe();
    for edge in &history.edges {
        assert_eq!(&world.edge(edge.from, edge.to, edge.level), edge);
    }
    assert_eq!(world.settle(), 0);
    assert_eq!(everything(&world), before);
    history.check(&world);
}

/// Catches a calendar that is not read since its scope is off, though mirrors are written to it.
#[test]
fn a_wiped_store_writes_nothing_before_it_has_read_though_the_scope_is_off() {
    let (mut world, history) = first_sync();
    at_rest(&world, &history);
    let before = everything(&world);
    world.wipe();
    world.http.sim().clear_log();
    let off = world.calendar(1);
    world.author(UserEdit::SetScope { calendar: off, on: false });
    for edge in history.edges.iter().filter(|edge| edge.from == 0) {
        assert_eq!(&world.edge(edge.from, edge.to, edge.level), edge);
    }
    world.settle();
    let puts = world.http.sim().log().iter().filter(|l| l.request.method == "PUT").count();
    assert_eq!((puts, everything(&world)), (0, before));
    let mut history = history;
    history.edges.retain(|edge| edge.from == 0);
    history.put(&world, "person-e.ics", origin(0, "e", "Later", 15));
    let mine = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    let path = world.path(1).unwrap_or_default();
    let now = kalends_core::ports::Clock::now(&world.clock).as_millis();
    assert_eq!(world.http.sim().person(now).delete(&path, &mine), Ok(()));
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 3, "it is looked after though its scope is off");
    world.author(UserEdit::SetScope { calendar: off, on: true });
    world.sync();
    history.edges.push(world.edge(1, 0, Level::Title));
    at_rest(&world, &history);
}

#[test]
fn two_stores_of_one_graph_keep_one_mirror_an_event() {
    let (mut world, mut history) = first_sync();
    at_rest(&world, &history);
    let first = world.store.clone();
    world.wipe();
    for edge in &history.edges {
        let _same = world.edge(edge.from, edge.to, edge.level);
    }
    let second = world.store.clone();
    for round in 0..6u8 {
        // What the other store wrote is an edit here: three of them in a day would be contended.
        world.clock.advance_millis(86_400_000);
        let title = format!("Round {round}");
        history.put(&world, "person-a.ics", origin(0, "a", &title, 14 + round));
        let name = format!("person-new{round}.ics");
        history.put(&world, &name, origin(1, &format!("new{round}"), "New", 14 + round));
        world.store = if round % 2 == 0 { second.clone() } else { first.clone() };
        world.settle();
        history.check(&world);
    }
}

/// Another device of the same person: a store of its own for the same graph, with the same edges.
fn second_device(world: &mut World<MemoryStore>, history: &History) -> MemoryStore {
    let first = world.store.clone();
    world.wipe();
    for edge in &history.edges {
        assert_eq!(&world.edge(edge.from, edge.to, edge.level), edge);
    }
    std::mem::replace(&mut world.store, first)
}

/// Both devices sync at once, the second whole while the first is at any place of its own sync, and
/// then in turns. Catches two mirrors of one event that stay, where a mirror was gone: one device puts
/// it back under a new name, and the other, which never knew it, makes it under the old one.
#[test]
fn two_stores_of_one_graph_that_sync_at_once_keep_one_mirror_an_event() {
    let mut met = 0;
    for scenario in [first_sync, changes, tampered] {
        for polls in (0..).step_by(5) {
            let (mut world, history) = scenario();
            let second = second_device(&mut world, &history);
            let (one, options) = (world.driver(), options());
            let mut one = pin!(one.sync(&world.keys, &options));
            let mut context = Context::from_waker(Waker::noop());
            if (0..polls).any(|_| one.as_mut().poll(&mut context).is_ready()) {
                break;
            }
            met += 1;
            let first = std::mem::replace(&mut world.store, second.clone());
            let two = world.driver();
            let (one, two) = block_on(join(one, two.sync(&world.keys, &options)));
            assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
            for store in [&first, &second] {
                world.clock.advance_millis(600_000);
                world.store = store.clone();
                world.settle();
            }
            for store in [first, second] {
                world.store = store;
                at_rest(&world, &history);
            }
        }
    }
    assert!(met > 10, "they met at {met} places");
}

#[test]
fn what_waits_to_be_sent_is_cleared_when_the_level_is_lowered() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 1, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Geheimnis", 10));
    let mut edge = world.edge(0, 1, Level::Full);
    let refused =
        world.http.sim().plan("PUT", "*", kalends_testkit::caldav_sim::When::Always, "X1");
    assert!(refused);
    let report = world.sync();
    assert!(!report.settled && report.created == 0, "the write waits");
    let mut sim = world.http.sim();
    sim.faults_mut().clear();
    sim.clear_log();
    drop(sim);
    let options = Box::new(EdgeOptions {
        level: DetailLevel::Busy,
        kind: kalends_core::graph::CalendarKind::TrueMirror,
        ..EdgeOptions::default()
    });
    let id = *world.config().edges.keys().next().unwrap_or_else(|| panic!("there is an edge"));
    world.author(UserEdit::ChangeEdge { edge: id, base: None, options });
    edge.level = Level::Busy;
    history.edges.push(edge);
    at_rest(&world, &history);
    for logged in world.http.sim().log() {
        let sent = String::from_utf8_lossy(&logged.request.body).into_owned();
        assert!(!sent.contains("Geheimnis"), "{sent}");
    }
}

/// A listing of changes may leave out what was made and deleted since (RFC 6578 section 3.5.2).
#[test]
fn a_mirror_deleted_before_a_listing_showed_it_comes_back() {
    let (world, history) = first_sync();
    world.sync();
    let path = world.path(1).unwrap_or_default();
    let now = kalends_core::ports::Clock::now(&world.clock).as_millis();
    for name in history.ours(&world, 1).into_keys() {
        assert_eq!(world.http.sim().person(now).delete(&path, &name), Ok(()));
    }
    at_rest(&world, &history);
}
