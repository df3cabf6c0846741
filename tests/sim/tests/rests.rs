//! What waits goes on as soon as it can, and what cannot go on rests without a wake-up.

use crate::common::{at_rest, origin, small};
use kalends_core::graph::{DetailLevel, EdgeOptions, Lifecycle, OnEdit, PauseReason};
use kalends_core::ports::{Clock, JobQueue};
use kalends_driver::{Options, Rests};
use kalends_oracle::Level;
use kalends_sim_tests::{History, World, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Catches jobs that rest for hours after their account answers again.
#[test]
fn what_rested_while_an_account_was_away_is_written_when_it_is_back() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    history.put(&world, "person-e.ics", origin(0, "e", "Later", 15));
    assert!(world.http.sim().plan("*", "*bob*", When::Always, "C7-basic"));
    let report = world.sync();
    assert_eq!((report.created, report.settled), (0, false), "{report:?}");
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(60_000);
    let report = world.sync();
    assert_eq!((report.created, report.settled), (2, true), "{report:?}");
    at_rest(&world, &history);
}

/// Catches a write that failed and of which the report says nothing, a sync that wears a failing
/// server out unasked, and one that lets it rest though somebody asks for a try.
#[test]
fn what_failed_rests_until_its_time_or_until_somebody_asks() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    history.put(&world, "person-e.ics", origin(0, "e", "Later", 15));
    assert!(world.http.sim().plan("PUT", "*bob*", When::Always, "C40-504"));
    let report = world.sync();
    assert_eq!((report.created, report.settled), (0, false), "{report:?}");
    let told: Vec<&str> = report.failures.iter().map(|(_, _, why)| &*why.code).collect();
    assert_eq!(told, ["http.504"; 2], "once for each of the two calendars");
    world.http.sim().faults_mut().clear();
    let report = world.sync();
    assert_eq!((report.created, report.settled), (0, false), "it rests: {report:?}");
    let asked = Options { rests: Rests::Ended, ..options() };
    let report = block_on(world.driver().sync(&world.keys, &asked));
    assert!(report.as_ref().is_ok_and(|r| r.settled && r.created == 2), "{report:?}");
    at_rest(&world, &history);
}

/// The same for a change that goes to an origin.
#[test]
fn a_change_of_an_origin_that_failed_goes_on_when_somebody_asks() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 14, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    let _edge = world.edge_with(0, 1, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
    world.settle();
    let mirror = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    let (path, now) = (world.path(1).unwrap_or_default(), world.clock.now().as_millis());
    let retitled = |text: String| text.replace("SUMMARY:", "SUMMARY:My ");
    assert_eq!(world.http.sim().person(now).edit(&path, &mirror, retitled), Ok(()));
    assert!(world.http.sim().plan("PUT", "*/cal0/*", When::Always, "C40-504"));
    for _ in 0..3 {
        world.clock.advance_millis(240_000);
        assert!(!world.sync().settled);
    }
    world.http.sim().faults_mut().clear();
    let asked = Options { rests: Rests::Ended, ..options() };
    let report = block_on(world.driver().sync(&world.keys, &asked));
    assert!(report.as_ref().is_ok_and(|r| r.settled), "{report:?}");
    let origins = world.http.sim().resources(&world.path(0).unwrap_or_default());
    assert!(origins["person-a.ics"].contains("SUMMARY:My Dentist"), "{origins:?}");
}

/// Catches a calendar or an account that failed so often that it is left alone, though somebody
/// asks for a try.
#[test]
fn an_account_that_failed_often_is_read_at_once_when_somebody_asks() {
    for failing in ["*", "REPORT"] {
        let (world, mut history) = small::<MemoryStore>(Profile::plain());
        at_rest(&world, &history);
        assert!(world.http.sim().plan(failing, "*bob*", When::Always, "C40-504"));
        for n in 0..6 {
            let uid = format!("e{n}");
            history.put(&world, &format!("person-{uid}.ics"), origin(1, &uid, "Later", 15));
            assert!(!world.sync().settled);
        }
        world.http.sim().faults_mut().clear();
        assert!(!world.sync().settled, "it is left alone");
        let asked = Options { rests: Rests::Ended, ..options() };
        let report = block_on(world.driver().sync(&world.keys, &asked));
        assert!(report.as_ref().is_ok_and(|r| r.settled), "{failing}: {report:?}");
        at_rest(&world, &history);
    }
}

/// Catches jobs that wake for ever for an overlay that a server does not make.
#[test]
fn a_server_that_makes_no_calendars_comes_to_rest() {
    let world: World<MemoryStore> = World::new(Profile::bare(), 14, &[0]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let _edge = world.edge(0, 2, Level::Busy);
    world.sync();
    let report = world.sync();
    assert!(report.settled, "{report:?}");
    assert_eq!(block_on(world.store.next_due(world.keys.graph)), Ok(None));
    let states: Vec<Lifecycle> = world.config().edges.values().map(|edge| edge.state).collect();
    assert_eq!(states, [Lifecycle::Paused(PauseReason::NoCalendar)]);
    world.http.sim().profile_mut().writes.make_calendar = Profile::plain().writes.make_calendar;
    let edge = world.config().edges.into_values().next();
    let edge = edge.unwrap_or_else(|| panic!("there is an edge"));
    let options = Box::new(edge.options);
    world.author(kalends_core::step::UserEdit::ChangeEdge { edge: edge.id, base: None, options });
    world.settle();
    assert_eq!(history.ours(&world, 2).len(), 1);
}
