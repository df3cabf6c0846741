//! What waits goes on as soon as it can, and what cannot go on rests without a wake-up.

mod common;

use common::{at_rest, origin, small};
use kalends_core::graph::{Lifecycle, PauseReason};
use kalends_core::ports::JobQueue;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
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
    world.author(kalends_core::step::UserEdit::ChangeEdge { edge: edge.id, options });
    world.settle();
    assert_eq!(history.ours(&world, 2).len(), 1);
}
