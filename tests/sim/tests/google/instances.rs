//! Changed and cancelled instances of a series that one of both sides does not take.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnConflict, OnDelete, OnEdit};
use kalends_core::ports::Clock as _;
use kalends_testkit::caldav_sim::When;

use serde_json::json;

use super::rig::{BOB, CY, DAN, Rig};

/// 2026-06-02T08:00:00Z: the first start of the series.
const FIRST: i64 = 1_780_387_200;
const DAY: i64 = 86_400;

/// A daily series with a changed instance on a day that its rule does not give.
fn with_stray(count: u8) -> String {
    let event = |title: &str, day: u8, more: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:s@dan\r\nDTSTAMP:20260601T000000Z\r\n\
             DTSTART:202606{day:02}T080000Z\r\nDTEND:202606{day:02}T090000Z\r\n\
             SUMMARY:{title}\r\n{more}END:VEVENT\r\n"
        )
    };
    let series = event("Daily", 2, &format!("RRULE:FREQ=DAILY;COUNT={count}\r\n"));
    let stray = event("Extra", 20, "RECURRENCE-ID:20260620T080000Z\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//p//q//EN\r\n{series}{stray}END:VCALENDAR\r\n"
    )
}

/// Catches a changed instance on a day that its rule does not give, which Google has no place for:
/// asked for again and again and given up, or there twice once the rule gives it.
#[test]
fn an_instance_that_its_rule_does_not_give_stands_beside_its_series_until_it_does() {
    let rig = Rig::of(&[BOB, DAN]);
    rig.edge(DAN, BOB, DetailLevel::Full);
    for count in [8, 30, 8] {
        let (now, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
        rig.dav().person(now).put(&calendar, "s.ics", &with_stray(count)).unwrap();
        rig.settle();
        assert_eq!(rig.parked(), [], "{count}");
        let shown = rig.shows(BOB, &rig.overlay(BOB));
        assert_eq!(shown.iter().filter(|(title, _)| title == "Extra").count(), 1, "{shown:?}");
        assert_eq!(shown.len(), usize::from(count.max(9)), "{shown:?}");
    }
}

/// Catches an instance that stays away from a mirror though its origin did not let it go.
#[test]
fn an_instance_cancelled_in_a_mirror_comes_back_where_its_origin_refuses_that() {
    let rig = Rig::of(&[BOB, DAN]);
    let (level, on_delete) = (DetailLevel::Full, OnDelete::Propagate);
    rig.edge_with(DAN, BOB, EdgeOptions { level, on_delete, ..EdgeOptions::default() });
    let (now, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
    rig.dav().person(now).put(&calendar, "s.ics", &with_stray(30)).unwrap();
    rig.settle();
    let overlay = rig.overlay(BOB);
    let (mirror, shown) = (rig.mirrors(&overlay)[0].clone(), rig.shows(BOB, &overlay));
    assert!(rig.dav().plan("PUT", "*", When::Always, "C37"));
    let third = FIRST + 2 * DAY;
    rig.google().person(BOB, now).cancel_instance(&overlay, &mirror, third).unwrap();
    assert_eq!(rig.shows(BOB, &overlay).len(), 29);
    rig.settle();
    assert_eq!(rig.shows(BOB, &overlay), shown);
}

/// Catches an instance that a person moved in one mirror while it was moved in another, which is
/// tried again and again, since its place is taken, and then given up.
#[test]
fn an_instance_that_is_moved_in_two_mirrors_is_in_the_end_at_one_time_everywhere() {
    for on_conflict in [OnConflict::Origin, OnConflict::Mirror] {
        let rig = Rig::of(&[BOB, CY, DAN]);
        let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
        let options = EdgeOptions { level, on_edit, on_conflict, ..EdgeOptions::default() };
        rig.edge_with(DAN, BOB, options.clone());
        rig.edge_with(DAN, CY, options);
        let (now, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
        rig.dav().person(now).put(&calendar, "s.ics", &with_stray(30)).unwrap();
        rig.settle();
        for (user, hour) in [(BOB, 15), (CY, 16)] {
            let overlay = rig.overlay(user);
            let all = rig.look(user, &overlay, false);
            let series = all.iter().find(|event| event["recurringEventId"].is_null()).unwrap();
            let at = |hour: u32| {
                let text = format!("2026-06-04T{hour}:00:00+02:00");
                json!({ "dateTime": text, "timeZone": "Europe/Berlin" })
            };
            let moved = json!({ "start": at(hour), "end": at(hour + 1) });
            let id = series["id"].as_str().unwrap();
            let third = FIRST + 2 * DAY;
            rig.google().person(user, now).edit_instance(&overlay, id, third, &moved).unwrap();
        }
        rig.settle();
        assert_eq!(rig.parked(), [], "{on_conflict:?}");
        let (bob, cy) = (rig.shows(BOB, &rig.overlay(BOB)), rig.shows(CY, &rig.overlay(CY)));
        assert_eq!(bob, cy, "{on_conflict:?}");
        let moved = bob.iter().filter(|(_, at)| at.starts_with("2026-06-04T1")).count();
        assert_eq!((bob.len(), moved), (30, 1), "{bob:?}");
        assert!(!bob.iter().any(|(_, at)| at.starts_with("2026-06-04T10")), "{bob:?}");
    }
}

/// Catches an instance that a person retitled in a mirror, taken for moved back, since its origin has
/// moved it meanwhile.
#[test]
fn an_instance_that_is_retitled_in_a_mirror_and_moved_in_its_origin_is_both() {
    let rig = Rig::of(&[BOB, DAN]);
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    rig.edge_with(DAN, BOB, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
    let (now, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
    rig.dav().person(now).put(&calendar, "s.ics", &with_stray(30)).unwrap();
    rig.settle();
    let overlay = rig.overlay(BOB);
    let mirrors = rig.mirrors(&overlay);
    let retitled = json!({ "summary": "Theirs" });
    let third = FIRST + 2 * DAY;
    rig.google().person(BOB, now).edit_instance(&overlay, &mirrors[0], third, &retitled).unwrap();
    let moved = "BEGIN:VEVENT\r\nUID:s@dan\r\nDTSTAMP:20260601T000000Z\r\nSUMMARY:Daily\r\n\
                 RECURRENCE-ID:20260604T080000Z\r\nDTSTART:20260604T120000Z\r\n\
                 DTEND:20260604T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let both = with_stray(30).replace("END:VCALENDAR", moved);
    rig.dav().person(now).put(&calendar, "s.ics", &both).unwrap();
    rig.settle();
    let shown = rig.shows(BOB, &overlay);
    let third: Vec<_> = shown.iter().filter(|(_, at)| at.starts_with("2026-06-04")).collect();
    let [(title, at)] = third.as_slice() else { panic!("{third:?}") };
    assert!(title == "Theirs" && at.starts_with("2026-06-04T14:00"), "{third:?}");
}
