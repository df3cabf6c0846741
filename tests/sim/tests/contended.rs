//! Objects that are never as they were read just before.

use crate::common::{origin, parked};
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::mirror::ParkReason;
use kalends_core::ports::Clock;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// An origin mirrored whole, from where edits go back, and the mirror's name.
fn mirrored() -> (Memory, History, String) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    let _edge = world.edge_with(0, 1, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
    world.settle();
    let mirror = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    (world, history, mirror)
}

/// How many PUTs a day of watching sends to a path, a sync every ten minutes.
fn puts_of_a_day(world: &Memory, path: &str) -> usize {
    world.http.sim().clear_log();
    for _ in 0..150 {
        let _report = world.sync();
        world.clock.advance_millis(600_000);
    }
    let sim = world.http.sim();
    sim.log()
        .iter()
        .filter(|one| one.request.method == "PUT" && one.request.path().starts_with(path))
        .count()
}

/// Catches a write that is refused, read and sent again for ever: what a person's program wrote
/// cannot be read, so the version that is known is never the one there.
#[test]
fn a_mirror_that_cannot_be_read_any_more_is_given_up() {
    let (world, mut history, mirror) = mirrored();
    let path = world.path(1).unwrap_or_default();
    let bad = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x@y\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n";
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).put(&path, &mirror, bad), Ok(()));
    history.put(&world, "person-a.ics", origin(0, "a", "Doctor", 10));
    let puts = puts_of_a_day(&world, &path);
    assert!((1..=10).contains(&puts), "{puts}");
    assert_eq!(parked(&world), [ParkReason::Contended]);
    let held = world.http.sim().resources(&path);
    assert_eq!(held.get(&mirror).map(String::as_str), Some(bad), "nothing was written over it");
}

/// The same where the server says so every time.
#[test]
fn writes_that_are_stale_every_time_are_given_up() {
    for place in [0, 1] {
        let (world, mut history, mirror) = mirrored();
        assert!(world.http.sim().plan("PUT", &format!("*/cal{place}/*"), When::Always, "C34"));
        if place == 0 {
            let path = world.path(1).unwrap_or_default();
            let now = world.clock.now().as_millis();
            let edit = |text: String| text.replace("SUMMARY:", "SUMMARY:My ");
            assert_eq!(world.http.sim().person(now).edit(&path, &mirror, edit), Ok(()));
        } else {
            history.put(&world, "person-a.ics", origin(0, "a", "Doctor", 10));
        }
        let puts = puts_of_a_day(&world, &world.path(place).unwrap_or_default());
        assert!((2..=12).contains(&puts), "{place}: {puts}");
    }
}
