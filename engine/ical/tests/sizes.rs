//! Series of thousands of changed, added and cancelled instances. Compared one with another, those
//! of the first test would take minutes.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use kalends_ical::{Reader, patch};
use kalends_recurrence::Timestamp;

mod common;
use common::{event, object, vtimezone};

const STAMP: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const CHANGED: usize = 9_000;
const CANCELLED: usize = 18_000;

#[test]
fn large_series_are_read_and_changed_without_comparing_each_with_each() {
    let text = series(CHANGED, CANCELLED);
    let base = Reader::default().object(text.as_bytes()).unwrap().body;
    assert_eq!(base.exceptions.len(), CHANGED / 2, "a cancelled instance is not a changed one");
    let mut want = base.clone();
    want.exceptions.truncate(1_000);
    want.exceptions.iter_mut().for_each(|one| one.content.title = "Other".to_owned());
    let recurrence = want.recurrence.as_mut().unwrap();
    assert_eq!(recurrence.excluded.len(), CANCELLED);
    recurrence.excluded.retain(|when| when.civil().seconds() % 240 == 0);
    let patched = patch(text.as_bytes(), &base, &want, STAMP).unwrap();
    let found = Reader::default().object(&patched).unwrap().body;
    assert_eq!(found.recurrence, want.recurrence);
    assert_eq!(found.exceptions, want.exceptions);
}

#[test]
fn an_event_of_more_instances_than_are_read_is_refused_alone() {
    let refused = |text: &str| Reader::default().object(text.as_bytes()).unwrap_err().code;
    assert_eq!(refused(&series(10_000, 0)), "ical.too-many");
    let dates = "20260105T090000Z,".repeat(20_001);
    let one_line =
        event(&format!("DTSTART:20260105T090000Z\r\nRRULE:FREQ=DAILY\r\nEXDATE:{dates}"));
    assert_eq!(refused(&object(&one_line)), "ical.too-many");
    let small = event("DTSTART:20260105T090000Z\r\nUID:small\r\nSUMMARY:Small");
    let feed = series(10_000, 0).replace("END:VCALENDAR", &(small + "END:VCALENDAR"));
    let mut feed = Reader::default().feed(feed).unwrap();
    assert_eq!(feed.events().filter(|event| event.decoded.is_ok()).count(), 1);
}

/// Catches memory that grows to a hundred times the text.
#[test]
fn more_lines_than_are_kept_are_refused() {
    let refused = |text: &str| Reader::default().object(text.as_bytes()).unwrap_err().code;
    let lines = |count: usize| {
        object(&event(&format!("DTSTART:20260105T090000Z{}", "\r\nX:1".repeat(count))))
    };
    assert!(Reader::default().object(lines(19_000).as_bytes()).is_ok());
    assert_eq!(refused(&lines(20_001)), "ical.too-many");
    let small = event("DTSTART:20260105T090000Z\r\nSUMMARY:Small");
    let feed = lines(20_001).replace("END:VCALENDAR", &(small + "END:VCALENDAR"));
    let mut feed = Reader::default().feed(feed).unwrap();
    assert_eq!(feed.events().filter(|event| event.decoded.is_ok()).count(), 1);
    for endless in ["BEGIN:VEVENT\r\n".repeat(130_000), "X:1\r\n".repeat(20_001)] {
        assert_eq!(refused(&object(&endless)), "ical.too-many");
        let feed = Reader::default().feed(object(&endless).as_bytes());
        assert_eq!(feed.unwrap_err().code, "ical.too-many");
    }
}

/// Catches a zone of megabytes that is written out once for each of the events that name it.
#[test]
fn an_event_takes_no_more_of_zones_along_than_any_needs() {
    let long = format!("TZID:Odd\r\nX-LONG:{}", "x".repeat(100_000));
    let zone = vtimezone("Odd", "").replace("TZID:Odd", &long);
    let text = object(&(zone + &event("DTSTART;TZID=Odd:20260705T090000")));
    let event = Reader::default().feed(text).unwrap().event(0).unwrap();
    assert!(event.decoded.is_ok() && event.raw.len() < 1_000, "{}", event.raw.len());
}

/// Every minute: of the first ones each is changed, and every other is cancelled.
fn series(changed: usize, cancelled: usize) -> String {
    let berlin = |n: usize| {
        let (day, hour, minute) = (1 + n / 1_440, n / 60 % 24, n % 60);
        format!("TZID=Europe/Berlin:202601{day:02}T{hour:02}{minute:02}00")
    };
    let cancelled = (0..cancelled).map(|n| format!("\r\nEXDATE;{}", berlin(2 * n)));
    let cancelled: String = cancelled.collect();
    let start = berlin(0);
    let master =
        event(&format!("DTSTART;{start}\r\nRRULE:FREQ=MINUTELY\r\nSUMMARY:All{cancelled}"));
    let changed = (0..changed).map(|n| {
        let at = berlin(n);
        event(&format!("DTSTART;{at}\r\nRECURRENCE-ID;{at}\r\nSUMMARY:Changed {n}"))
    });
    object(&(master + &changed.collect::<String>()))
}
