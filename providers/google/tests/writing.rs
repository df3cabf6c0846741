//! Writes of events of their own: what is sent, under which condition, and what refusals mean.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::event::{Busy, Privacy, Recurrence, Status};
use kalends_core::ports::HttpFailure;
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, FailureClass, ProviderOp, Stored};
use kalends_core::time::{Extra, Rule, When, Zone};
use serde_json::{Value, json};

mod common;
use common::*;

fn create() -> ProviderOp {
    ProviderOp::Create { calendar: calendar(), doc: doc("One") }
}

fn replace() -> ProviderOp {
    let (id, version) = (id(DERIVED), version("v1"));
    ProviderOp::Replace {
        calendar: calendar(),
        id,
        version,
        doc: doc("Two"),
        instances: Vec::new(),
    }
}

fn delete() -> ProviderOp {
    ProviderOp::Delete {
        calendar: calendar(),
        id: id(DERIVED),
        version: version("v1"),
        guests: Guests::Untold,
    }
}

/// What Google holds after a write.
fn kept(asked: &Asked) -> Answer {
    let mut event = asked.body.clone();
    event["etag"] = json!("\"v2\"");
    event["id"] = json!(DERIVED);
    event["iCalUID"] = json!(format!("{DERIVED}@google.com"));
    event["organizer"] = json!({ "email": "me@example.org", "self": true });
    json(&event)
}

/// Row 8 of the pitfalls.
#[test]
fn a_mirror_is_created_whole_under_its_id_and_nobody_is_told() {
    let heard = run(&create(), kept);
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    assert_eq!(asked.line(), "POST calendars/work@group.calendar.google.com/events");
    assert_eq!(asked.query, [("sendUpdates".to_owned(), "none".to_owned())]);
    assert_eq!(asked.if_match, None);
    assert_eq!(
        asked.body,
        json!({
            "id": DERIVED,
            "summary": "One",
            "description": "",
            "location": "",
            "start": { "dateTime": "2026-06-02T10:00:00+02:00", "timeZone": "Europe/Berlin" },
            "end": { "dateTime": "2026-06-02T11:00:00+02:00", "timeZone": "Europe/Berlin" },
            "status": "confirmed",
            "transparency": "opaque",
            "visibility": "default",
            "extendedProperties": { "private": { "kal_m": "mark0123" } },
            "reminders": { "useDefault": false, "overrides": [] },
        })
    );
    // The answer is the read-back.
    let body = Some(Box::new(body("One", 1)));
    let stored =
        Stored { id: id(DERIVED), version: Some(version("v2")), body, resets_instances: false };
    assert_eq!(heard.done, Done::Stored(stored));
}

#[test]
fn a_mirror_is_replaced_by_put_which_clears_what_is_absent() {
    let heard = run(&replace(), kept);
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    assert_eq!(asked.line(), format!("PUT calendars/{}/events/{DERIVED}", calendar().0));
    assert_eq!(asked.if_match.as_deref(), Some("\"v1\""));
    assert_eq!(asked.value("sendUpdates"), Some("none"));
    // Else a conference that someone added stays.
    assert_eq!(asked.value("conferenceDataVersion"), Some("1"));
    assert_eq!(asked.value("supportsAttachments"), Some("true"));
    for absent in ["attendees", "conferenceData", "attachments", "recurrence", "colorId"] {
        assert!(asked.body.get(absent).is_none(), "{absent}");
    }
    assert_eq!(asked.body["reminders"], json!({ "useDefault": false, "overrides": [] }));
    let Done::Stored(Stored { body: Some(held), .. }) = heard.done else { panic!("{heard:?}") };
    assert_eq!(*held, body("Two", 1));
}

#[test]
fn every_field_is_said_in_googles_words() {
    let mut content = content("T", at(1, 10));
    content.description = "a < b".to_owned();
    content.location = "Room".to_owned();
    for (status, busy, privacy, words) in [
        (Status::Tentative, Busy::Free, Privacy::Private, ["tentative", "transparent", "private"]),
        (Status::Confirmed, Busy::OutOfOffice, Privacy::Public, ["confirmed", "opaque", "public"]),
        (
            Status::Cancelled,
            Busy::Elsewhere,
            Privacy::Confidential,
            ["confirmed", "opaque", "confidential"],
        ),
    ] {
        (content.status, content.busy, content.privacy) = (status, busy, privacy);
        let doc = doc_of(kalends_core::event::Body::single(content.clone()));
        let heard = run(&ProviderOp::Create { calendar: calendar(), doc }, kept);
        let body = &heard.asked[0].body;
        assert_eq!([&body["status"], &body["transparency"], &body["visibility"]], words);
        assert_eq!((&body["description"], &body["location"]), (&json!("a < b"), &json!("Room")));
    }
}

#[test]
fn a_series_is_written_as_lines_in_a_zone_that_google_knows() {
    let series = |zone: &str| {
        let zone = Zone::parse(zone).unwrap();
        let start = When::Zoned(at(1, 10).civil(), zone.clone());
        let mut body = kalends_core::event::Body::single(content("S", start.clone()));
        body.recurrence = Some(Recurrence {
            rules: vec![Rule::parse("FREQ=WEEKLY;COUNT=9;BYDAY=TU").unwrap()],
            extras: vec![Extra::At(When::Zoned(at(2, 10).civil(), zone.clone()))],
            excluded: vec![When::Zoned(at(8, 10).civil(), zone)],
        });
        run(&ProviderOp::Create { calendar: calendar(), doc: doc_of(body) }, kept)
    };
    let heard = series("Europe/Berlin");
    assert_eq!(
        heard.asked[0].body["recurrence"],
        json!([
            "RRULE:FREQ=WEEKLY;COUNT=9;BYDAY=TU",
            "RDATE;TZID=Europe/Berlin:20260603T100000",
            "EXDATE;TZID=Europe/Berlin:20260609T100000",
        ])
    );
    let fixed = series("+05:00");
    assert_eq!(fixed.asked[0].body["start"]["timeZone"], "Etc/GMT-5");
    let utc = series("UTC");
    assert_eq!(utc.asked[0].body["recurrence"][2], "EXDATE:20260609T100000Z");
    let odd = series("+05:30");
    assert!(odd.asked.is_empty());
    assert_eq!(
        (odd.failure().class, odd.failure().code.as_str()),
        (FailureClass::Refused, "google.zone")
    );
}

#[test]
fn days_are_written_with_an_exclusive_end() {
    let day = kalends_core::time::Date::new(2026, 6, 2).unwrap();
    let mut content = content("D", When::Date(day));
    content.span.length = kalends_core::time::Length::Nominal { days: 2, seconds: 0 };
    let doc = doc_of(kalends_core::event::Body::single(content));
    let heard = run(&ProviderOp::Create { calendar: calendar(), doc }, kept);
    assert_eq!(heard.asked[0].body["start"], json!({ "date": "2026-06-02" }));
    assert_eq!(heard.asked[0].body["end"], json!({ "date": "2026-06-04" }));
}

#[test]
fn an_answer_that_cannot_be_read_leaves_it_to_a_read() {
    let stored = Stored { id: id(DERIVED), version: None, body: None, resets_instances: false };
    assert_eq!(run(&create(), |_| text(200, "{\"id\":\"01")).done, Done::Stored(stored));
}

/// Rows 22 and 24 of the pitfalls.
#[test]
fn a_taken_id_says_so_and_a_lost_answer_leaves_it_open() {
    let class = |op: &ProviderOp, answer: fn() -> Answer| {
        let heard = run(op, |_| answer());
        (heard.failure().class, heard.asked.len())
    };
    assert_eq!(class(&create(), || error(409, "duplicate")), (FailureClass::Taken, 1));
    assert_eq!(class(&create(), || error(404, "notFound")), (FailureClass::CalendarGone, 1));
    for lost in [HttpFailure::Reset, HttpFailure::Deadline, HttpFailure::Cut] {
        for op in [create(), replace(), delete()] {
            let heard = run(&op, |_| Answer::None(lost));
            assert_eq!(heard.failure().class, FailureClass::Unknown);
        }
    }
    assert_eq!(class(&create(), || error(500, "backendError")), (FailureClass::Unknown, 1));
    assert_eq!(class(&create(), || error(503, "backendError")), (FailureClass::Transient, 1));
}

#[test]
fn a_condition_that_does_not_hold_is_stale_and_nothing_is_tried_again() {
    for op in [replace(), delete()] {
        let heard = run(&op, |_| error(412, "conditionNotMet"));
        assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Stale, 1));
        assert_eq!(heard.asked[0].if_match.as_deref(), Some("\"v1\""));
    }
}

#[test]
fn what_is_gone_is_deleted_and_cannot_be_replaced() {
    assert_eq!(run(&delete(), |_| text(204, "")).done, Done::Deleted);
    for (status, reason) in [(404, "notFound"), (410, "deleted")] {
        assert_eq!(run(&delete(), |_| error(status, reason)).done, Done::Deleted);
        let heard = run(&replace(), |_| error(status, reason));
        assert_eq!(heard.failure().class, FailureClass::NotFound);
    }
}

#[test]
fn a_refusal_of_what_was_deleted_is_told_from_one_of_a_right() {
    let answer = |event: Value| {
        move |asked: &Asked| match asked.method {
            "GET" => json(&event),
            _ => error(403, "forbidden"),
        }
    };
    let gone = json!({ "id": DERIVED, "status": "cancelled" });
    let heard = run(&replace(), answer(gone.clone()));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::NotFound, 2));
    assert_eq!(run(&delete(), answer(gone)).done, Done::Deleted);
    let heard = run(&replace(), answer(event(DERIVED, "Two")));
    assert_eq!(heard.failure().class, FailureClass::Forbidden);
    // Limits are no refusals.
    let heard = run(&replace(), |_| error(403, "quotaExceeded"));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Quota, 1));
}
