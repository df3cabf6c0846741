use kalends_core::time::{Civil, When, Zone};

use super::*;

fn made(text: &str) -> Result<Draft, DraftError> {
    let draft: Draft = serde_json::from_str(text).unwrap();
    let home = Zone::resolve("Europe/Berlin").unwrap();
    draft.made(&home).map(|body| Draft::of(&body))
}

#[test]
fn times_are_read_as_people_write_them() {
    for (text, start, end, zone) in [
        (r#"{"start": "2026-03-02"}"#, "2026-03-02", "2026-03-03", None),
        (r#"{"start": "2026-03-02", "end": "2026-03-05"}"#, "2026-03-02", "2026-03-05", None),
        (
            r#"{"start": "2026-03-29T01:30", "end": "2026-03-29T03:30"}"#,
            "2026-03-29T01:30:00",
            "2026-03-29T03:30:00",
            Some("Europe/Berlin"),
        ),
        (
            r#"{"start": "2026-03-02T09:00:00+01:00", "zone": "America/New_York"}"#,
            "2026-03-02T03:00:00",
            "2026-03-02T04:00:00",
            Some("America/New_York"),
        ),
    ] {
        let shown = made(text).unwrap();
        assert_eq!(
            (shown.start.as_deref(), shown.end.as_deref()),
            (Some(start), Some(end)),
            "{text}"
        );
        assert_eq!(shown.zone.as_deref(), zone, "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_said() {
    for (text, part) in [
        (r#"{"title": "x"}"#, "has a start"),
        (r#"{"start": "soon"}"#, "is no time"),
        (r#"{"start": "2026-03-02", "end": "2026-03-02"}"#, "ends after"),
        (r#"{"start": "2026-03-02", "end": "2026-03-02T10:00"}"#, "both days"),
        (r#"{"start": "2026-03-02T09:00", "zone": "Mars/Base"}"#, "no zone"),
        (r#"{"start": "2026-03-02", "rules": ["FREQ=NEVER"]}"#, "FREQ=NEVER"),
        (r#"{"start": "2026-03-02", "title": "a\nb"}"#, "one line"),
        (r#"{"start": "2026-03-02", "meeting": "javascript:alert(1)"}"#, "https://"),
        (r#"{"start": "2026-03-02", "meeting": "data:text/html,x"}"#, "https://"),
        (r#"{"start": "2026-03-02", "meeting": "room 5"}"#, "https://"),
        (r#"{"start": "9999-12-31T23:30"}"#, "9999-12-31"),
        (r#"{"start": "9999-12-31"}"#, "9999-12-31"),
        (r#"{"start": "9999-12-30", "end": "9999-12-31", "rules": ["FREQ=NEVER"]}"#, "NEVER"),
        (r#"{"start": "2027-03-28T03:15", "end": "2027-03-28T02:10"}"#, "ends after"),
        (r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T03:15"}"#, "skip 2027-03-28T02:30"),
        (r#"{"start": "2026-03-02", "attendees": [{"email": "a@x\nX:1"}]}"#, "one line"),
    ] {
        assert!(made(text).unwrap_err().to_string().contains(part), "{text}");
    }
}

/// Catches an end before its start, or one that lasts an hour longer than it was meant to, where clocks
/// skip an hour, and days behind which no calendar goes on.
#[test]
fn an_end_is_behind_its_start_whatever_clocks_do() {
    for (text, start, end) in [
        (
            r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T02:45"}"#,
            "2027-03-28T03:30:00",
            "2027-03-28T03:45:00",
        ),
        (r#"{"start": "2027-03-28T02:30"}"#, "2027-03-28T03:30:00", "2027-03-28T04:30:00"),
        (r#"{"start": "9999-12-30"}"#, "9999-12-30", "9999-12-31"),
        (r#"{"start": "9999-12-30T22:00"}"#, "9999-12-30T22:00:00", "9999-12-30T23:00:00"),
    ] {
        let shown = made(text).unwrap();
        assert_eq!(
            (shown.start.as_deref(), shown.end.as_deref()),
            (Some(start), Some(end)),
            "{text}"
        );
    }
    let text = r#"{"start": "2027-03-28T02:30", "end": "2027-03-28T03:15",
        "rules": ["FREQ=DAILY;COUNT=3"]}"#;
    let series: Draft = serde_json::from_str(text).unwrap();
    let body = series.made(&Zone::resolve("Europe/Berlin").unwrap()).unwrap();
    assert_eq!(body.content.span.length, Length::Exact(2_700));
    assert_eq!(body.content.span.start.civil().to_string(), "2027-03-28T02:30:00");
}

/// Catches an end that is read by another clock than the start, in the hour that clocks skip, and a
/// provider's event that takes place once and is as long as its series would be.
#[test]
fn an_end_is_read_by_the_clock_of_its_start() {
    let home = Zone::resolve("Europe/Berlin").unwrap();
    let read = |text: &str| serde_json::from_str::<Draft>(text).unwrap();
    for end in ["2027-03-28T04:30", "2027-03-28T04:30:00+02:00", "2027-03-28T02:30:00Z"] {
        let text = format!(
            r#"{{"start": "2027-03-28T02:30", "end": "{end}", "rules": ["FREQ=DAILY;COUNT=3"]}}"#
        );
        let body = read(&text).made(&home).unwrap();
        assert_eq!(body.content.span.length, Length::Exact(7_200), "{end}");
    }
    let both = r#"{"start": "2027-03-28T02:15", "end": "2027-03-28T02:45",
        "rules": ["FREQ=DAILY;COUNT=3"]}"#;
    let length = read(both).made(&home).unwrap().content.span.length;
    assert_eq!(length, Length::Exact(1_800));
    let mut once = read(r#"{"start": "2027-03-28T01:00"}"#).made(&home).unwrap();
    let skipped = "2027-03-28T02:30:00".parse::<Civil>().unwrap();
    once.content.span.start = When::Zoned(skipped, home.clone());
    let longer = read(r#"{"end": "2027-03-28T04:30"}"#).changed(&once, &home).unwrap();
    assert_eq!(longer.content.span.length, Length::Exact(3_600));
    assert_eq!(longer.content.span.start, once.content.span.start);
}

#[test]
fn what_is_not_named_stays() {
    let home = Zone::utc();
    let read = |text: &str| serde_json::from_str::<Draft>(text).unwrap();
    let first = read(
        r#"{"title": "a", "start": "2026-03-02T09:00", "end": "2026-03-02T11:00",
            "rules": ["FREQ=DAILY;COUNT=3"]}"#,
    );
    let body = first.made(&home).unwrap();
    let renamed = read(r#"{"title": "b"}"#).changed(&body, &home).unwrap();
    assert_eq!(renamed.content.title, "b");
    assert_eq!((renamed.content.span, renamed.recurrence), {
        (body.content.span.clone(), body.recurrence.clone())
    });
    let moved = read(r#"{"start": "2026-03-02T10:00"}"#).changed(&body, &home);
    assert!(moved.unwrap_err().to_string().contains("rules"));
    let cut = read(r#"{"excluded": ["2026-03-03T09:00"]}"#).changed(&body, &home).unwrap();
    assert_eq!(cut.recurrence.unwrap().excluded.len(), 1);
    let once = read(r#"{"rules": []}"#).changed(&body, &home).unwrap();
    assert_eq!(once.recurrence, None);
}

/// Catches an event whose place takes two lines, of which nothing can be changed.
#[test]
fn lines_that_were_there_stay_as_they_are() {
    let read = |text: &str| serde_json::from_str::<Draft>(text).unwrap();
    let mut body = read(r#"{"start": "2026-03-02T09:00"}"#).made(&Zone::utc()).unwrap();
    body.content.location = "Main St 1\nBerlin".to_owned();
    let renamed = read(r#"{"title": "b"}"#).changed(&body, &Zone::utc()).unwrap();
    assert_eq!((renamed.content.title.as_str(), renamed.content.location), {
        ("b", "Main St 1\nBerlin".to_owned())
    });
}

/// Catches a floating event that gets a zone because its start is changed (L15).
#[test]
fn a_floating_event_stays_floating() {
    let home = Zone::resolve("Europe/Berlin").unwrap();
    let read = |text: &str| serde_json::from_str::<Draft>(text).unwrap();
    let first = read(r#"{"start": "2026-03-02T09:00", "rules": ["FREQ=DAILY;COUNT=3"]}"#);
    let mut body = first.made(&home).unwrap();
    let civil = |text: &str| text.parse::<Civil>().unwrap();
    body.content.span.start = When::Floating(civil("2026-03-02T09:00:00"));
    let cut = read(r#"{"excluded": ["2026-03-03T09:00"]}"#).changed(&body, &home).unwrap();
    let excluded = cut.recurrence.unwrap().excluded;
    assert_eq!(excluded, [When::Floating(civil("2026-03-03T09:00:00"))]);
    let text = r#"{"start": "2026-03-02T10:00", "end": "2026-03-02T12:00", "rules": []}"#;
    let span = read(text).changed(&body, &home).unwrap().content.span;
    assert_eq!(span.start, When::Floating(civil("2026-03-02T10:00:00")));
    assert_eq!(span.length, Length::Exact(7_200));
    let text = r#"{"start": "2026-03-02T10:00", "zone": "Europe/Berlin", "rules": []}"#;
    let zoned = read(text).changed(&body, &home).unwrap().content.span.start;
    assert_eq!(zoned.zone(), Some(&home), "where that is said");
}

/// Catches a field that is shown otherwise than it is written: who writes back what they read would
/// change it.
#[test]
fn what_is_shown_can_be_written_back() {
    let home = Zone::resolve("Europe/Berlin").unwrap();
    for text in [
        r#"{"start": "2026-03-02", "title": "a", "privacy": "private", "busy": "out-of-office"}"#,
        r#"{"start": "2026-03-02T09:00:00+01:00", "zone": "America/New_York", "location": "b"}"#,
        r#"{"start": "2026-03-02T09:00", "end": "2026-03-02T11:00", "rules": ["FREQ=DAILY;COUNT=3"],
            "added": ["2026-03-09T09:00"], "excluded": ["2026-03-03T09:00"], "categories": ["c"],
            "status": "tentative", "meeting": "https://meet.example.org/1", "description": "d",
            "attendees": [{"name": "Bob", "email": "bob@example.com"}]}"#,
    ] {
        let draft: Draft = serde_json::from_str(text).unwrap();
        let body = draft.made(&home).unwrap();
        let shown = Draft::of(&body);
        assert_eq!(shown.changed(&body, &home).unwrap(), body, "{text}");
        let sent = serde_json::to_string(&shown).unwrap();
        assert_eq!(serde_json::from_str::<Draft>(&sent).unwrap(), shown);
    }
}
