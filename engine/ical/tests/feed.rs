//! Whole feeds: each event alone, and whether the text is whole.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that finds nothing must stop")]

use kalends_ical::{FeedEvent, Reader};

mod common;
use common::{event, object, vtimezone};

/// The events of a feed that can be read.
fn read(text: &str) -> Vec<FeedEvent> {
    Reader::default().feed(text).unwrap().events().collect()
}

fn keys(events: &[FeedEvent]) -> Vec<(&str, Option<&str>)> {
    events.iter().map(|event| (event.uid.as_str(), event.instance.as_deref())).collect()
}

fn one(uid: &str, lines: &str) -> String {
    event(lines).replace("UID:u", &format!("UID:{uid}"))
}

#[test]
fn one_bad_event_drops_no_other() {
    let good = |uid| one(uid, "DTSTART:20260105T090000Z\r\nSUMMARY:good");
    let bad = [
        one("bad", "SUMMARY:no start"),
        one("bad", "DTSTART:never"),
        one("bad", "DTSTART:20260105T090000Z\r\nRRULE:FREQ=NEVER"),
        one("bad", "DTSTART:20260105T090000Z").replace("END:VEVENT\r\n", ""),
        one("bad", "DTSTART:20260105T090000Z\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M"),
        one("bad", "DTSTART:20260105T090000Z").replace("UID:bad\r\n", ""),
        format!("BEGIN:VEVENT\r\n{}END:VEVENT\r\n", "BEGIN:VALARM\r\n".repeat(50)),
    ];
    for bad in bad {
        let feed = object(&format!("{}{bad}{}", good("a"), good("b")));
        let mut feed = Reader::default().feed(feed).unwrap();
        let read: Vec<String> = feed
            .events()
            .filter(|event| {
                event.decoded.as_ref().is_ok_and(|one| one.body.content.title == "good")
            })
            .map(|event| event.uid)
            .collect();
        assert_eq!(read, ["a", "b"], "{bad}");
        assert!(feed.complete, "{bad}");
        assert_eq!(feed.len(), 3, "{bad}");
    }
}

#[test]
fn a_cut_text_is_not_complete() {
    let whole =
        object(&(one("a", "DTSTART:20260105T090000Z") + &one("b", "DTSTART:20260106T090000Z")));
    for cut in 20..whole.len() - 2 {
        let Ok(feed) = Reader::default().feed(&whole.as_bytes()[..cut]) else {
            continue;
        };
        let ended = whole[..cut].ends_with("END:VCALENDAR");
        assert_eq!(feed.complete, ended, "{}", &whole[..cut]);
    }
    assert!(Reader::default().feed(whole.as_bytes()).unwrap().complete);
}

#[test]
fn series_are_put_together_wherever_their_parts_stand() {
    let text = object(
        &(one("s", "RECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260106T100000Z")
            + &one("x", "DTSTART:20260105T090000Z")
            + &one("s", "DTSTART:20260105T090000Z\r\nRRULE:FREQ=DAILY")
            + &one("o", "RECURRENCE-ID:20260107T090000Z\r\nDTSTART:20260107T100000Z")),
    );
    let events = read(&text);
    let expected = [("s", None), ("x", None), ("o", Some("20260107T090000Z"))];
    assert_eq!(keys(&events), expected);
    assert_eq!(events[0].decoded.as_ref().unwrap().body.exceptions.len(), 1);
}

#[test]
fn copies_of_one_uid_are_events_of_their_own() {
    let text =
        object(&(one("s", "DTSTART:20260105T090000Z") + &one("s", "DTSTART:20260205T090000Z")));
    assert_eq!(keys(&read(&text)), [("s", None), ("s", None)]);
}

#[test]
fn the_name_is_read_and_the_zone_of_the_feed_moves_nothing() {
    let text = object(&one("a", "DTSTART:20260105T090000"));
    let text = text.replace(
        "VERSION:2.0",
        "VERSION:2.0\r\nX-WR-CALNAME:Team\\, all\r\nX-WR-TIMEZONE:Europe/Berlin",
    );
    let mut feed = Reader::default().feed(text).unwrap();
    assert_eq!(feed.name.as_deref(), Some("Team, all"));
    let start = feed.event(0).unwrap().decoded.unwrap().body.content.span.start;
    assert!(matches!(start, kalends_recurrence::When::Floating(_)));
}

#[test]
fn how_long_a_feed_wants_to_be_left_is_read() {
    let read = |line: &str| {
        let text = object("").replace("VERSION:2.0", &format!("VERSION:2.0\r\n{line}"));
        Reader::default().feed(text).unwrap().refresh_s
    };
    assert_eq!(read("REFRESH-INTERVAL;VALUE=DURATION:P1W"), Some(7 * 86_400));
    assert_eq!(read("X-PUBLISHED-TTL:PT12H\r\nREFRESH-INTERVAL:P1D"), Some(86_400));
    assert_eq!(read("X-PUBLISHED-TTL:PT12H"), Some(12 * 3_600));
    for line in ["X-PUBLISHED-TTL:soon", "REFRESH-INTERVAL:-PT1H", "X-PUBLISHED-TTL:PT0S", "X:1"] {
        assert_eq!(read(line), None, "{line}");
    }
}

#[test]
fn an_event_alone_keeps_the_zone_it_cannot_be_read_without() {
    let text = object(&(vtimezone("Odd", "") + &one("a", "DTSTART;TZID=Odd:20260705T090000")));
    let event = &read(&text)[0];
    assert_eq!(Reader::default().object(&event.raw), event.decoded);
}

#[test]
fn what_is_no_calendar_is_no_feed() {
    for text in ["", "<html><body>sign in</body></html>", "\u{fffd}PNG\r\n"] {
        assert_eq!(Reader::default().feed(text.as_bytes()).unwrap_err().code, "ical.syntax");
    }
    let empty = Reader::default().feed(object("").as_bytes()).unwrap();
    assert!(empty.complete && empty.is_empty());
}

#[test]
fn several_calendars_in_one_text_are_one_feed() {
    let text = object(&one("a", "DTSTART:20260105T090000Z"))
        + &object(&one("b", "DTSTART:20260105T090000Z"));
    assert_eq!(read(&text).len(), 2);
}

#[test]
fn marks_of_ours_and_of_others_are_found() {
    let ours = object(&one("a", "DTSTART:20260105T090000Z\r\nX-KALENDS-MARK:k1.abc"));
    let decoded = Reader::default().object(ours.as_bytes()).unwrap();
    assert_eq!((decoded.mark.as_deref(), decoded.foreign), (Some("k1.abc"), None));
    for lines in ["X-TMINUS-MANAGED:true", "CATEGORIES:Work,keeper.sh"] {
        let theirs = object(&one("a", &format!("DTSTART:20260105T090000Z\r\n{lines}")));
        assert!(Reader::default().object(theirs.as_bytes()).unwrap().foreign.is_some(), "{lines}");
    }
    let theirs = object(&one("1@keeper.sh", "DTSTART:20260105T090000Z"));
    assert!(Reader::default().object(theirs.as_bytes()).unwrap().foreign.is_some());
}
