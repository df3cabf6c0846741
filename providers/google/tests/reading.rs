//! Events as Google writes them, and what is read of them.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::event::{Busy, Kind, Person, Privacy, Response, Status};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Item, Payload};
use kalends_core::time::{Date, Extra, Length, When, Zone};
use serde_json::{Value, json};

mod common;
use common::*;

fn with(changes: Value) -> Value {
    let mut event = event("e1", "One");
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

fn content_of(event: &Value) -> kalends_core::event::Content {
    match &read(event).event().payload {
        Payload::Whole(body) => body.content.clone(),
        Payload::Instance { .. } => panic!("an event of its own"),
    }
}

#[test]
fn a_single_is_read_with_its_zone_version_and_uid() {
    let heard = read(&event("e1", "One"));
    let item = heard.event();
    assert_eq!((item.id.0.as_str(), item.native.as_str()), ("e1", "e1"));
    assert_eq!(item.uid, "e1@google.com");
    assert_eq!(item.version, Some(version("3181161784712000")));
    assert!(item.fresh && item.mark.is_none() && item.foreign.is_none());
    let Payload::Whole(body) = &item.payload else { panic!("{item:?}") };
    assert_eq!(body, &common::body("One", 1), "an organizer alone says nothing");
}

#[test]
fn times_are_told_apart_whatever_they_are_written_in() {
    let when = |start: Value, end: Value| {
        let content = content_of(&with(json!({ "start": start, "end": end })));
        (content.span.start, content.span.length, content.span.end_zone)
    };
    let day = |month, day| When::Date(Date::new(2026, month, day).unwrap());
    assert_eq!(
        when(json!({ "date": "2026-06-02" }), json!({ "date": "2026-06-04" })),
        (day(6, 2), Length::Nominal { days: 2, seconds: 0 }, None)
    );
    // The offset is of the reader's choice, the zone is the event's.
    assert_eq!(
        when(
            json!({ "dateTime": "2026-06-02T08:00:00Z", "timeZone": "Europe/Berlin" }),
            json!({ "dateTime": "2026-06-02T11:00:00+02:00", "timeZone": "America/New_York" }),
        ),
        (at(1, 10), Length::Exact(3_600), Zone::parse("America/New_York"))
    );
    // Without an offset it is a time of its zone, and without a zone one of the calendar's.
    for start in [
        json!({ "dateTime": "2026-06-02T10:00:00", "timeZone": "Europe/Berlin" }),
        json!({ "dateTime": "2026-06-02T10:00:00+02:00" }),
        json!({ "dateTime": "2026-06-02T10:00:00.000+02:00", "date": null }),
    ] {
        let end = json!({ "dateTime": "2026-06-02T11:00:00+02:00" });
        assert_eq!(when(start, end), (at(1, 10), Length::Exact(3_600), None));
    }
}

/// Row 15 of the pitfalls.
#[test]
fn an_end_before_the_start_is_read_as_no_length_and_said() {
    let timed = with(json!({ "end": { "dateTime": "2026-06-02T09:00:00+02:00" } }));
    assert_eq!(content_of(&timed).span.length, Length::Exact(0));
    assert_eq!(read(&timed).event().doubts, ["ical.end-before-start"]);
    let days = with(json!({ "start": { "date": "2026-06-04" }, "end": { "date": "2026-06-02" } }));
    assert_eq!(content_of(&days).span.length, Length::Nominal { days: 1, seconds: 0 });
    assert_eq!(read(&days).event().doubts, ["ical.end-before-start"]);
    let same = with(json!({ "start": { "date": "2026-06-04" }, "end": { "date": "2026-06-04" } }));
    assert!(read(&same).event().doubts.is_empty());
}

#[test]
fn years_from_1601_to_9999_are_read() {
    for year in ["1601", "1969", "2100", "9999"] {
        let timed = with(json!({
            "start": { "dateTime": format!("{year}-11-30T10:00:00Z"), "timeZone": "Asia/Tokyo" },
            "end": { "dateTime": format!("{year}-11-30T11:00:00Z"), "timeZone": "Asia/Tokyo" },
        }));
        assert_eq!(content_of(&timed).span.length, Length::Exact(3_600), "{year}");
        let day = with(json!({
            "start": { "date": format!("{year}-12-30") },
            "end": { "date": format!("{year}-12-31") },
        }));
        assert!(content_of(&day).span.start.is_date(), "{year}");
    }
}

#[test]
fn a_zone_that_nobody_knows_is_doubted_in_a_single_and_refused_in_a_series() {
    let time = |hour: u8| json!({ "dateTime": format!("2026-06-02T{hour}:00:00+02:00"), "timeZone": "Mars/Base" });
    let single = with(json!({ "start": time(10), "end": time(11) }));
    assert_eq!(content_of(&single).span.start, at(1, 10));
    assert_eq!(read(&single).event().doubts, ["google.unknown-zone"]);
    let mut series = single;
    series["recurrence"] = json!(["RRULE:FREQ=DAILY"]);
    assert_eq!(read(&series).broken().code, "google.unknown-zone");
}

#[test]
fn every_word_has_its_meaning_and_an_unknown_one_the_safe_meaning() {
    let read = |name: &str, word: &str| {
        let mut change = json!({});
        change[name] = json!(word);
        content_of(&with(change))
    };
    for (word, status) in [
        ("confirmed", Status::Confirmed),
        ("tentative", Status::Tentative),
        ("postponed", Status::Confirmed),
    ] {
        assert_eq!(read("status", word).status, status, "{word}");
    }
    for (word, busy) in [("opaque", Busy::Busy), ("transparent", Busy::Free), ("hazy", Busy::Busy)]
    {
        assert_eq!(read("transparency", word).busy, busy, "{word}");
    }
    for (word, privacy) in [
        ("default", Privacy::Default),
        ("public", Privacy::Public),
        ("private", Privacy::Private),
        ("confidential", Privacy::Confidential),
        ("secret", Privacy::Private),
    ] {
        assert_eq!(read("visibility", word).privacy, privacy, "{word}");
    }
    for (word, kind, busy) in [
        ("default", Kind::Event, Busy::Busy),
        ("fromGmail", Kind::Event, Busy::Busy),
        ("focusTime", Kind::Focus, Busy::Busy),
        ("outOfOffice", Kind::OutOfOffice, Busy::OutOfOffice),
        ("workingLocation", Kind::WorkingLocation, Busy::Busy),
        ("birthday", Kind::Birthday, Busy::Busy),
        ("siesta", Kind::Event, Busy::Busy),
    ] {
        let content = read("eventType", word);
        assert_eq!((content.kind, content.busy), (kind, busy), "{word}");
    }
}

#[test]
fn people_and_the_owners_answer_are_read() {
    let me =
        |answer: &str| json!({ "email": "me@example.org", "self": true, "responseStatus": answer });
    let other = json!({ "email": "you@example.org", "displayName": "You", "organizer": true });
    let invited = |answer: &str| {
        content_of(&with(json!({
            "organizer": { "email": "you@example.org", "displayName": "You" },
            "attendees": [other, me(answer)],
        })))
    };
    for (word, response) in [
        ("needsAction", Response::Pending),
        ("declined", Response::Declined),
        ("tentative", Response::Tentative),
        ("accepted", Response::Accepted),
        ("perhaps", Response::Pending),
    ] {
        assert_eq!(invited(word).response, response, "{word}");
    }
    let content = invited("accepted");
    assert!(!content.organized);
    let you = Person { name: "You".into(), email: "you@example.org".into() };
    assert_eq!(content.organizer, Some(you.clone()));
    assert_eq!(content.attendees[0], you);
    assert_eq!(content.attendees.len(), 2);
    // Who organises has said yes by it.
    let own = content_of(&with(json!({ "attendees": [other, me("needsAction")] })));
    assert_eq!((own.organized, own.response), (true, Response::Accepted));
}

#[test]
fn meetings_and_descriptions_are_plain() {
    let content = content_of(&with(json!({
        "description": "See <a href=\"https://h/doc\">the plan</a><br>and <b>read</b> &amp; sign",
        "location": "Room 1",
        "hangoutLink": "https://meet.google.com/old",
        "conferenceData": { "entryPoints": [
            { "entryPointType": "phone", "uri": "tel:+1" },
            { "entryPointType": "video", "uri": "https://meet.google.com/abc" },
        ]},
    })));
    assert_eq!(content.description, "See the plan (https://h/doc)\nand read & sign");
    assert_eq!(content.location, "Room 1");
    assert_eq!(content.meeting, "https://meet.google.com/abc");
    let link = content_of(&with(json!({ "hangoutLink": "https://meet.google.com/old" })));
    assert_eq!(link.meeting, "https://meet.google.com/old");
}

#[test]
fn a_series_keeps_the_text_of_its_rule() {
    let heard = read(&with(json!({ "recurrence": [
        "EXDATE;TZID=Europe/Berlin:20260609T100000,20260616T100000",
        "RDATE;TZID=Europe/Berlin:20260603T100000",
        "RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20260701T080000Z;BYDAY=TU",
    ]})));
    let Payload::Whole(body) = &heard.event().payload else { panic!("a series") };
    let recurrence = body.recurrence.as_ref().unwrap();
    assert_eq!(recurrence.rules[0].text(), "FREQ=WEEKLY;WKST=SU;UNTIL=20260701T080000Z;BYDAY=TU");
    assert_eq!(recurrence.extras, [Extra::At(at(2, 10))]);
    assert_eq!(recurrence.excluded, [at(8, 10), at(15, 10)]);
}

#[test]
fn a_series_that_cannot_be_read_is_set_aside_with_its_reason() {
    for (lines, code) in [
        (json!(["RRULE:FREQ=FORTNIGHTLY"]), "ical.bad-rrule"),
        (json!(["RRULE:INTERVAL=2"]), "ical.bad-rrule"),
        (json!(["EXRULE:FREQ=DAILY"]), "ical.exrule"),
        (json!(["RDATE:soon"]), "ical.bad-rdate"),
        (json!(["RRULE:FREQ=DAILY", "SUMMARY:x"]), "google.recurrence"),
        (json!(["RRULE:FREQ=DAILY\r\nSUMMARY:x"]), "google.recurrence"),
    ] {
        let heard = read(&with(json!({ "recurrence": lines })));
        let broken = heard.broken();
        assert_eq!(broken.code, code, "{lines}");
        assert_eq!(broken.id.0, "e1");
        assert!(!broken.reason.contains("One") && !broken.raw.is_empty());
    }
}

#[test]
fn what_is_of_another_shape_is_set_aside_alone() {
    for (changes, code) in [
        (json!({ "summary": 7 }), "google.shape"),
        (json!({ "attendees": "all" }), "google.shape"),
        (json!({ "start": null }), "google.no-start"),
        (json!({ "start": { "dateTime": "noon" } }), "google.bad-time"),
        (json!({ "start": { "date": "2026-02-30" } }), "google.bad-time"),
        (json!({ "recurringEventId": "s" }), "google.no-original"),
    ] {
        let heard = run(&fetch("e1"), |asked| match asked.path.ends_with("/e1") {
            true => json(&with(changes.clone())),
            false => json(&event("s", "Series")),
        });
        assert_eq!(heard.broken().code, code, "{changes}");
    }
}

#[test]
fn of_what_is_cancelled_nothing_but_the_id_is_needed() {
    let gone = read(&json!({ "id": "e1", "status": "cancelled" }));
    let evidence = Evidence::ReadAlone;
    assert_eq!(gone.items(), [&Item::Removed { id: id("e1"), evidence }]);
    let organised = read(&with(json!({ "status": "cancelled" })));
    assert_eq!(organised.items(), [&Item::Removed { id: id("e1"), evidence }]);
}

#[test]
fn an_instance_names_its_series_and_its_first_start() {
    let instance = with(json!({
        "id": "opaque1",
        "recurringEventId": "s",
        "originalStartTime": { "dateTime": "2026-06-09T10:00:00+02:00", "timeZone": "Europe/Berlin" },
    }));
    let series = event("s", "Series");
    let heard = run(&fetch("opaque1"), |asked| match asked.path.ends_with("/s") {
        true => json(&series),
        false => json(&instance),
    });
    assert_eq!(heard.asked.len(), 2);
    let item = heard.event();
    let Payload::Instance { series, original, content } = &item.payload else { panic!("{item:?}") };
    assert_eq!((series.0.as_str(), original), ("s", &at(8, 10)));
    assert_eq!(content.as_ref().unwrap().title, "One");
    assert!(item.version.as_ref().unwrap().0.ends_with(" in s"));
    let stub = json!({
        "id": "opaque1", "status": "cancelled", "recurringEventId": "s",
        "originalStartTime": { "dateTime": "2026-06-09T10:00:00+02:00" },
    });
    let heard = run(&fetch("opaque1"), |asked| match asked.path.ends_with("/s") {
        true => json(&event("s", "Series")),
        false => json(&stub),
    });
    let Payload::Instance { content: None, .. } = heard.event().payload else { panic!("a stub") };
}

#[test]
fn an_instance_that_was_invited_alone_is_an_event_of_its_own() {
    let instance = with(json!({
        "id": "opaque1",
        "recurringEventId": "s",
        "originalStartTime": { "date": "2026-06-09" },
    }));
    let heard = run(&fetch("opaque1"), |asked| match asked.path.ends_with("/s") {
        true => error(404, "notFound"),
        false => json(&instance),
    });
    let Payload::Whole(body) = &heard.event().payload else { panic!("{heard:?}") };
    assert_eq!(body.instance_of, Some(When::Date(Date::new(2026, 6, 9).unwrap())));
}

#[test]
fn marks_of_ours_and_of_other_products_are_seen() {
    let marked = |private: Value| {
        let heard = read(&with(json!({ "extendedProperties": { "private": private } })));
        let item = heard.event();
        (item.mark.clone(), item.foreign.clone(), item.native.clone())
    };
    assert_eq!(marked(json!({ "kal_m": "abc" })), (Some("abc".into()), None, "e1".into()));
    assert_eq!(marked(json!({ "tminus": "true" })).1.as_deref(), Some("T-Minus"));
    let shared =
        with(json!({ "extendedProperties": { "shared": { "reclaim.personalSync": "true" } } }));
    assert_eq!(read(&shared).event().foreign.as_deref(), Some("Reclaim"));
    // Only an instance has a name beside its id.
    assert_eq!(marked(json!({ "kal_m": "abc", "kal_n": "derived s" })).2, "e1");
}

#[test]
fn a_finer_kind_of_busy_holds_until_someone_frees_the_time() {
    let away = json!({ "private": { "kal_b": "away" } });
    let busy = |transparency: &str| {
        content_of(&with(json!({ "transparency": transparency, "extendedProperties": away }))).busy
    };
    assert_eq!((busy("opaque"), busy("transparent")), (Busy::OutOfOffice, Busy::Free));
}
