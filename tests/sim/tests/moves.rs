//! Events that move between calendars of one account while not all of them can be read.

mod common;

use common::{at_rest, origin};
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Catches a release of deletions before the account's other calendars were read: a move is then
/// taken for a deletion, and its mirror goes.
#[test]
fn a_move_whose_other_end_cannot_be_read_deletes_nothing() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.put(&world, "person-b.ics", origin(1, "b", "Lunch", 11));
    for from in [0, 1] {
        history.edges.push(world.edge(from, 2, Level::Title));
    }
    at_rest(&world, &history);

    history.carry(&world, 0, "person-a.ics", 1);
    world.http.sim().clear_log();
    assert!(world.http.sim().plan("REPORT", "*/cal1/*", When::Always, "C40-503"));
    for _ in 0..2 {
        let report = world.sync();
        assert_eq!((report.deleted, report.settled), (0, false));
        world.clock.advance_millis(3_600_000);
    }
    assert_eq!(history.mirrors(&world, 2).len(), 2);

    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
    assert_eq!(history.mirrors(&world, 2).len(), 2);
}
