//! Privacy over all calendars that hold an event.
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use kalends_core::graph::{DetailLevel, EdgeOptions};
use kalends_core::ports::Clock;
use kalends_sim_tests::World;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

/// A daily series whose second day has a title of its own.
fn series(class: &str, range: &str) -> String {
    let event = |lines: &str| {
        let head = "BEGIN:VEVENT\r\nUID:a@person\r\nDTSTAMP:20260601T000000Z\r\nDURATION:PT1H\r\n";
        format!("{head}{lines}END:VEVENT\r\n")
    };
    let master =
        event("DTSTART:20260610T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nSUMMARY:Standup\r\n");
    let second = event(&format!(
        "RECURRENCE-ID{range}:20260611T090000Z\r\nDTSTART:20260611T100000Z\r\nSUMMARY:Offer\r\n{class}"
    ));
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//EN\r\n{master}{second}END:VCALENDAR\r\n"
    )
}

/// What a third calendar shows of a series that two calendars hold, one of them with a private
/// second day.
fn shown(open: &str, private: &str) -> String {
    let world: World<MemoryStore> = World::new(Profile::plain(), 5, &[0, 1, 1]);
    let now = world.clock.now().as_millis();
    for (place, text) in [(0, open), (1, private)] {
        let path = world.path(place).unwrap();
        assert_eq!(world.http.sim().person(now).put(&path, "person-a.ics", text), Ok(()));
    }
    let full = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let _edge = world.edge_with(0, 2, full);
    world.settle();
    let held = world.http.sim().resources(&world.path(2).unwrap());
    held.into_values().next().unwrap()
}

/// Catches an instance shown in full that a person marked as private where they see it too.
#[test]
fn an_instance_is_as_private_as_the_strictest_calendar_has_it() {
    let (open, private) = (series("", ""), series("CLASS:PRIVATE\r\n", ""));
    let text = shown(&open, &private);
    assert!(text.contains("SUMMARY:Standup") && text.contains("SUMMARY:Busy"), "{text}");
    assert!(!text.contains("Offer"), "{text}");

    let plain = open.split_inclusive("END:VEVENT\r\n").next().unwrap().to_owned();
    let text = shown(&format!("{plain}END:VCALENDAR\r\n"), &private);
    assert!(text.contains("RECURRENCE-ID") && text.contains("SUMMARY:Busy"), "{text}");

    let later = series("CLASS:PRIVATE\r\n", ";RANGE=THISANDFUTURE");
    let text = shown(&open, &later);
    assert!(!text.contains("Offer") && !text.contains("Standup"), "{text}");
    assert!(shown(&open, &open).contains("SUMMARY:Offer"));
}
