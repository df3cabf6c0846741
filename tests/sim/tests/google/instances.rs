//! Changed and cancelled instances of a series that one of both sides does not take.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::mirror::ParkReason;
use kalends_core::ports::Clock as _;
use kalends_testkit::caldav_sim::When;

use crate::rig::{BOB, DAN, Rig};

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

/// Catches an instance that its series does not have at Google tried again and again, and given up
/// as one that somebody keeps changing; and one that stays away after its series has it, whether the
/// write of that was answered or not.
#[test]
fn an_instance_that_its_series_does_not_have_is_given_up_until_the_series_is_another() {
    for is_answered in [true, false] {
        let rig = Rig::of(&[BOB, DAN]);
        rig.edge(DAN, BOB, DetailLevel::Full);
        let put = |count: u8| {
            let (now, calendar) = (rig.clock.now().as_millis(), rig.dav_calendar());
            rig.dav().person(now).put(&calendar, "s.ics", &with_stray(count)).unwrap();
        };
        put(8);
        let _first = rig.sync();
        let _asked = rig.asked();
        for _ in 0..24 {
            rig.clock.advance_millis(3_600_000);
            let _report = rig.sync();
        }
        let sought = rig.asked().iter().filter(|asked| *asked == "GET instances").count();
        assert!(sought <= 2, "{sought}");
        assert_eq!(rig.parked(), [ParkReason::Refused]);
        if !is_answered {
            assert!(rig.google().plan("PUT", "*", When::Nth(1), "F13"));
        }
        put(30);
        rig.settle();
        assert_eq!(rig.parked(), [], "{is_answered}");
        let shown = rig.shows(BOB, &rig.overlay(BOB));
        assert_eq!(shown.iter().filter(|(title, _)| title == "Extra").count(), 1, "{shown:?}");
        assert_eq!(shown.len(), 30);
    }
}

/// Catches an instance that stays away from a mirror though its origin did not let it go.
#[test]
fn an_instance_cancelled_in_a_mirror_comes_back_where_its_origin_refuses_that() {
    let rig = Rig::of(&[BOB, DAN]);
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    rig.edge_with(DAN, BOB, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
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
