//! Pitfalls of the window: series that began long ago, and what comes to its edges day by day.

use std::collections::BTreeMap;

use crate::common::{at_rest, origin};
use kalends_core::graph::{DetailLevel, EdgeOptions, Window};
use kalends_core::time::Timestamp;
use kalends_oracle::Origin;
use kalends_sim_tests::{History, START, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

fn titles(window: Window) -> EdgeOptions {
    EdgeOptions { level: DetailLevel::Title, window, ..EdgeOptions::default() }
}

/// Catches taking the first instance for the series, and leaving out a series that began before the
/// window.
#[test]
fn pitfall_09_a_series_that_began_years_ago_takes_time_and_is_mirrored_whole() {
    let world: World<SqliteStore> = World::new(Profile::plain(), 1, &[0, 1]);
    let mut history = History::default();
    let start = "20230605T090000Z".to_owned();
    let mondays = Origin { start, rule: "FREQ=WEEKLY".to_owned(), ..origin(0, "a", "Rounds", 1) };
    history.put(&world, "person-a.ics", mondays);
    let window = Window { past_days: 0, future_days: 30 };
    history.edges.push(world.edge_with(0, 1, titles(window)));
    at_rest(&world, &history);
    let mirror = history.ours(&world, 1).into_values().next().unwrap();
    assert!(mirror.contains("DTSTART:20230605T090000Z"), "{mirror}");
    assert!(mirror.contains("RRULE:FREQ=WEEKLY"), "{mirror}");
    let range = START..START.saturating_add_millis(30 * DAY_MS);
    let taken = block_on(kalends::free_busy(&world.store, world.keys.graph, &range)).unwrap();
    let nine = |week: i64| START.saturating_add_millis(week * 7 * DAY_MS + HOUR_MS);
    let mondays: Vec<_> =
        (0..5).map(|week| nine(week)..nine(week).saturating_add_millis(HOUR_MS)).collect();
    assert_eq!(taken, mondays);
}

/// The day so many days after the world began, in the form of iCalendar.
fn day(days: i64) -> String {
    let at: Timestamp = START.saturating_add_millis(days * DAY_MS);
    at.to_string().chars().filter(char::is_ascii_digit).take(8).collect()
}

/// Catches mirrors that are made and deleted in turn while they pass an edge of the window.
#[test]
fn pitfall_16_days_that_pass_make_each_mirror_once_and_take_none_away() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 1, &[0, 1]);
    let mut history = History::default();
    for (n, from) in (-20..420).step_by(20).enumerate() {
        let start = format!("{}T090000Z", day(from));
        let rule = if n % 3 == 0 { "FREQ=DAILY;COUNT=9" } else { "" }.to_owned();
        let one = Origin { start, rule, ..origin(0, &format!("e{n}"), "Passing", 1) };
        history.put(&world, &format!("person-{n}.ics"), one);
    }
    let window = Window { past_days: 10, future_days: 60 };
    let _edge = world.edge_with(0, 1, titles(window));
    let mut writes: BTreeMap<(String, String), usize> = BTreeMap::new();
    for _ in 0..400 {
        world.sync();
        let sim = world.http.sim();
        let writing = sim.log().iter().map(|logged| &logged.request);
        for request in writing.filter(|request| ["PUT", "DELETE"].contains(&&*request.method)) {
            *writes.entry((request.method.clone(), request.path())).or_default() += 1;
        }
        drop(sim);
        world.http.sim().clear_log();
        world.clock.advance_millis(DAY_MS);
    }
    let made = writes.keys().filter(|(method, _)| method == "PUT").count();
    // All but the series of twenty days ago, which lay behind the window from the beginning.
    assert_eq!(made, 21, "{writes:?}");
    assert!(writes.values().all(|times| *times == 1), "{writes:?}");
    assert!(writes.keys().all(|(method, _)| method == "PUT"), "{writes:?}");
}
