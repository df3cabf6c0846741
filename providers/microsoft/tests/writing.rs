//! What is written of mirrors: whole, silent, once.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
mod gym;
use common::*;
use gym::*;
use kalends_core::event::{Busy, Status};
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, FailureClass, ObjectName, ProviderOp};
use kalends_core::time::When;
use serde_json::{Value, json};

const ONE: &str = include_str!("literal/single.json");
const POST: &str = "POST /me/calendars/c/events";
const PATCH: &str = "PATCH /me/calendars/c/events/e";

/// An event as the server shows it that says this.
fn saying(said: &Value) -> Value {
    let mut event: Value = serde_json::from_str(ONE).unwrap();
    for (name, value) in said.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

/// Rows 8 and 5 of the pitfalls: nobody is asked, nothing rings, and the answer is what is held.
#[test]
fn pitfall_8_a_mirror_is_silent_and_whole() {
    let expected = json!({
        "subject": "Lunch",
        "body": {"contentType": "text", "content": "With\nfriends"},
        "location": {"displayName": "Harry's Bar"},
        "showAs": "busy",
        "sensitivity": "private",
        "categories": [],
        "isReminderOn": false,
        "isAllDay": false,
        "start": {"dateTime": "2026-06-10T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-10T11:00:00", "timeZone": "UTC"},
        "transactionId": "0123456789abcdefghijklmnop",
        "singleValueExtendedProperties": properties("0123456789abcdefghijklmnop", ""),
    });
    let heard = run(&create(lunch()), vec![step(POST, 201, saying(&expected).to_string())]);
    assert_eq!(heard.json(0), expected);
    assert_eq!(heard.header(0, "Content-Type"), Some("application/json"));
    let stored = heard.stored();
    assert_eq!(stored.id, id("AAMkAG/+="));
    assert_eq!(stored.version, Some(version("W/\"ZlnW4RIAV06KYYwlfNZvvwAAKGcpxQ==\"")));
    assert_eq!(stored.body.as_ref().unwrap().content.title, "Lunch");
    let mut day = content("", When::Date("2026-06-10".parse().unwrap()));
    (day.busy, day.status) = (Busy::Busy, Status::Tentative);
    let doc = doc(kalends_core::event::Body::single(day));
    let heard = run(&create(doc), vec![step(POST, 201, ONE)]);
    let sent = heard.json(0);
    assert_eq!(sent["start"]["dateTime"], "2026-06-10T00:00:00");
    assert_eq!(sent["end"]["dateTime"], "2026-06-11T00:00:00");
    assert_eq!((&sent["isAllDay"], &sent["showAs"]), (&json!(true), &json!("tentative")));
    assert_eq!(sent["body"]["content"], "");
}

#[test]
fn a_second_creation_is_told_from_the_first() {
    for (status, body) in [(200, ONE.to_owned()), (409, error("ErrorDuplicateTransactionId"))] {
        let heard = run(&create(lunch()), vec![step(POST, status, body)]);
        assert_eq!(heard.failure().class, FailureClass::Taken, "{status}");
    }
    // As if it had been made just now, and it says what an earlier creation said.
    let sent = run(&create(lunch()), vec![step(POST, 409, "")]).json(0);
    for (name, value) in [("subject", json!("Breakfast")), ("showAs", json!("free"))] {
        let mut other = saying(&sent);
        other[name] = value;
        let heard = run(&create(lunch()), vec![step(POST, 201, other.to_string())]);
        assert_eq!(heard.failure().class, FailureClass::Taken, "{name}");
    }
    for (status, code, class) in [
        (404, "ErrorItemNotFound", FailureClass::CalendarGone),
        (500, "InternalServerError", FailureClass::Unknown),
        (504, "UnknownError", FailureClass::Unknown),
        (503, "ErrorServerBusy", FailureClass::Throttled),
        (403, "ErrorAccessDenied", FailureClass::Forbidden),
        (507, "ErrorQuotaExceeded", FailureClass::Quota),
        (400, "ErrorPropertyValidationFailure", FailureClass::Refused),
        (413, "", FailureClass::TooLarge),
    ] {
        let heard = run(&create(lunch()), vec![step(POST, status, error(code))]);
        assert_eq!(heard.failure().class, class, "{status} {code}");
    }
    let heard = run(&create(lunch()), vec![step(POST, 201, "<html>")]);
    assert_eq!(heard.failure().class, FailureClass::Unknown);
}

#[test]
fn exceptions_of_the_mailbox_are_classed_by_their_names_wherever_they_stand() {
    for (inner, class) in [
        ("MapiExceptionNoAccess", FailureClass::Forbidden),
        ("MapiExceptionMdbOffline", FailureClass::Unknown),
        ("MapiExceptionRpcServerTooBusy", FailureClass::Throttled),
        ("MapiExceptionShutoffQuotaExceeded", FailureClass::Quota),
        ("MapiExceptionNamedPropsQuotaExceeded", FailureClass::Refused),
        ("MapiExceptionUnheardOf", FailureClass::Unknown),
    ] {
        for name in ["innerError", "innererror"] {
            let body = format!(
                r#"{{"error":{{"code":"ErrorInternalServerError","{name}":{{"code":"x","{name}":{{"code":"{inner}"}}}}}}}}"#
            );
            let heard = run(&create(lunch()), vec![step(POST, 500, body)]);
            assert_eq!(heard.failure().class, class, "{inner}");
        }
    }
}

#[test]
fn a_replacement_holds_by_version_and_clears_what_is_absent() {
    let mut plain = lunch();
    (plain.body.content.location, plain.body.content.description) = (String::new(), String::new());
    let heard = run(&replace("W/\"k1\"", plain), vec![step(PATCH, 200, ONE)]);
    assert_eq!(heard.header(0, "If-Match"), Some("W/\"k1\""));
    let sent = heard.json(0);
    assert_eq!(sent["location"], json!({"displayName": ""}));
    assert_eq!(sent["body"]["content"], "");
    for key in ["attendees", "recurrence", "transactionId", "isOnlineMeeting", "organizer"] {
        assert!(sent.get(key).is_none(), "{key}");
    }
    for (status, code, class) in [
        (412, "ErrorIrresolvableConflict", FailureClass::Stale),
        (404, "ErrorItemNotFound", FailureClass::NotFound),
        (429, "ApplicationThrottled", FailureClass::Throttled),
    ] {
        let heard = run(&replace("W/\"k1\"", lunch()), vec![step(PATCH, status, error(code))]);
        assert_eq!(heard.failure().class, class);
    }
    // What was a series is a single from now on.
    let heard = run(&replace("W/\"k1\" s aa bb", lunch()), vec![step(PATCH, 200, ONE)]);
    assert_eq!(heard.json(0)["recurrence"], Value::Null);
    assert!(heard.json(0).get("recurrence").is_some());
}

#[test]
fn a_deletion_holds_by_version_and_what_is_gone_is_gone() {
    let call = "DELETE /me/calendars/c/events/e";
    let heard = run(&delete("W/\"k1\" s aa bb"), vec![step(call, 204, "")]);
    assert_eq!(heard.done, Done::Deleted);
    assert_eq!(heard.header(0, "If-Match"), Some("W/\"k1\""));
    let heard = run(&delete("W/\"k1\""), vec![step(call, 404, error("ErrorItemNotFound"))]);
    assert_eq!(heard.done, Done::Deleted);
    // A mailbox that cannot be reached says nothing of what is in it.
    for version in ["W/\"k1\"", "W/\"k1\" i"] {
        let call = if version.ends_with('i') { "GET /me/calendars/c/events/e?" } else { call };
        let lost = step(call, 404, error("MailboxNotEnabledForRESTAPI"));
        let heard = run(&delete(version), vec![lost]);
        assert_eq!(heard.failure().class, FailureClass::Unsupported);
    }
    let heard = run(&delete("W/\"k1\""), vec![step(call, 412, error("ErrorIrresolvableConflict"))]);
    assert_eq!(heard.failure().class, FailureClass::Stale);
}

#[test]
fn a_series_is_one_event_in_its_own_zone() {
    let heard = run(&create(gym(&[])), vec![step(POST, 201, master("W/\"1\"").to_string())]);
    let sent = heard.json(0);
    let start = json!({"dateTime": "2026-06-01T07:00:00", "timeZone": "W. Europe Standard Time"});
    assert_eq!(sent["start"], start);
    let expected = json!({
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-06-01", "numberOfOccurrences": 9,
            "recurrenceTimeZone": "W. Europe Standard Time"},
    });
    assert_eq!(sent["recurrence"], expected);
    assert_eq!(heard.stored().version.as_ref().unwrap().0, held("W/\"1\"", &[]));
    assert!(!heard.stored().resets_instances);
}

#[test]
fn what_no_pattern_says_is_refused_and_not_bent() {
    let start = zoned("2026-06-01T07:00:00", "Europe/Rome");
    for rule in ["FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=DAILY;BYHOUR=7,19", "FREQ=WEEKLY;BYDAY=TU"] {
        let heard = run(&create(doc(series("x", start.clone(), rule))), Vec::new());
        assert_eq!(heard.failure().code, "graph.no-pattern", "{rule}");
    }
}

#[test]
fn missing_instances_are_cancelled_after_the_series_is_there() {
    let read = "GET /me/calendars/c/events/e?$select=";
    let range = "GET /me/calendars/c/events/e/instances?startDateTime=2026-06-01T00%3A00%3A00Z&\
        endDateTime=2026-06-06T00%3A00%3A00Z";
    let tag = "GET /me/calendars/c/events/e.4?$select=";
    let mut last = master("W/\"3\"");
    last["cancelledOccurrences"] = json!(["OID.e.2026-06-03", "OID.e.2026-06-04"]);
    let heard = run(
        &create(gym(&[3, 4])),
        vec![
            step(POST, 201, master("W/\"1\"").to_string()),
            step(read, 200, master("W/\"1\"").to_string()),
            step(range, 200, instances(&[1, 2, 3, 4, 5])),
            step("DELETE /me/calendars/c/events/e.3", 204, ""),
            step(tag, 200, r#"{"id":"e.4","@odata.etag":"W/\"i9\"","type":"occurrence"}"#),
            step("DELETE /me/calendars/c/events/e.4", 204, ""),
            step(read, 200, last.to_string()),
            step(range, 200, instances(&[1, 2, 5])),
        ],
    );
    assert_eq!(heard.header(3, "If-Match"), Some("W/\"i3\""));
    // Every deletion gives the others another version: it is asked for, with what it is.
    assert_eq!(heard.header(5, "If-Match"), Some("W/\"i9\""));
    let stored = heard.stored();
    assert_eq!(stored.version.as_ref().unwrap().0, held("W/\"3\"", &[3, 4]));
    let held = stored.body.as_ref().unwrap().recurrence.as_ref().unwrap();
    assert_eq!(held.excluded.len(), 2);
    // What a person made of one meanwhile is not deleted unseen.
    let moved = json!({
        "id": "e.4", "@odata.etag": "W/\"i9\"", "type": "exception", "seriesMasterId": "e",
        "subject": "Moved", "originalStart": "2026-06-04T05:00:00Z",
        "start": {"dateTime": "2026-06-04T07:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-04T08:00:00", "timeZone": "UTC"},
    });
    let heard = run(
        &create(gym(&[3, 4])),
        vec![
            step(POST, 201, master("W/\"1\"").to_string()),
            step(read, 200, master("W/\"1\"").to_string()),
            step(range, 200, instances(&[1, 2, 3, 4, 5])),
            step("DELETE /me/calendars/c/events/e.3", 204, ""),
            step(tag, 200, moved.to_string()),
        ],
    );
    assert_eq!(heard.failure().class, FailureClass::Unknown);
    // Where one of them fails, it is not known how far it came.
    for status in [500, 412, 429] {
        let heard = run(
            &create(gym(&[3, 4])),
            vec![
                step(POST, 201, master("W/\"1\"").to_string()),
                step(read, 200, master("W/\"1\"").to_string()),
                step(range, 200, instances(&[1, 2, 3, 4, 5])),
                step("DELETE /me/calendars/c/events/e.3", status, ""),
            ],
        );
        assert_eq!(heard.failure().class, FailureClass::Unknown);
    }
}

#[test]
fn a_new_title_leaves_the_rule_and_so_the_instances_alone() {
    let tag = held("W/\"1\"", &[3]);
    let mut other = gym(&[3]);
    other.body.content.title = "Sport".into();
    let heard = run(&replace(&tag, other), vec![step(PATCH, 200, master("W/\"2\"").to_string())]);
    let sent = heard.json(0);
    assert_eq!(sent["subject"], "Sport");
    for key in ["start", "end", "recurrence", "isAllDay"] {
        assert!(sent.get(key).is_none(), "{key}");
    }
    assert_eq!(heard.header(0, "If-Match"), Some("W/\"1\""));
    assert_eq!(heard.stored().version.as_ref().unwrap().0, held("W/\"2\"", &[3]));
    assert!(!heard.stored().resets_instances);
}

#[test]
fn another_rule_resets_the_instances_and_says_so() {
    let tag = held("W/\"1\"", &[]);
    let mut other = gym(&[]);
    other.body.content.span.start = zoned("2026-06-01T08:00:00", "Europe/Rome");
    let heard = run(
        &replace(&tag, other),
        vec![
            step("GET /me/calendars/c/events/e?", 200, master("W/\"1\"").to_string()),
            step(PATCH, 200, master("W/\"2\"").to_string()),
        ],
    );
    assert!(heard.json(1).get("recurrence").is_some());
    assert!(heard.stored().resets_instances);
}

#[test]
fn an_instance_comes_back_with_the_rule_alone() {
    let tag = held("W/\"1\"", &[3, 4]);
    let read = "GET /me/calendars/c/events/e?$select=";
    let range = "GET /me/calendars/c/events/e/instances?";
    let mut before = master("W/\"1\"");
    before["cancelledOccurrences"] = json!(["OID.e.2026-06-03", "OID.e.2026-06-04"]);
    before["recurrence"]["pattern"]["dayOfMonth"] = json!(0);
    let mut last = master("W/\"4\"");
    last["cancelledOccurrences"] = json!(["OID.e.2026-06-03"]);
    let heard = run(
        &replace(&tag, gym(&[3])),
        vec![
            step(read, 200, before.to_string()),
            step(range, 200, instances(&[1, 2, 5, 6])),
            step(PATCH, 200, master("W/\"2\"").to_string()),
            step(PATCH, 200, master("W/\"3\"").to_string()),
            step(read, 200, master("W/\"3\"").to_string()),
            step(range, 200, instances(&[1, 2, 3, 4, 5])),
            step("DELETE /me/calendars/c/events/e.3", 204, ""),
            step(read, 200, last.to_string()),
            step(range, 200, instances(&[1, 2, 4, 5])),
        ],
    );
    assert_eq!(heard.json(2)["recurrence"]["range"]["numberOfOccurrences"], 10);
    assert_eq!(heard.json(2)["recurrence"]["pattern"], heard.json(3)["recurrence"]["pattern"]);
    assert_eq!(heard.json(3)["recurrence"]["range"]["numberOfOccurrences"], 9);
    assert_eq!(heard.header(3, "If-Match"), Some("W/\"2\""));
    assert!(heard.stored().resets_instances);
    assert_eq!(heard.stored().version.as_ref().unwrap().0, held("W/\"4\"", &[3]));
    // Where it does not come back all the same, that is said and not tried for ever.
    let heard = run(
        &replace(&tag, gym(&[3])),
        vec![
            step(read, 200, before.to_string()),
            step(range, 200, instances(&[1, 2, 5, 6])),
            step(PATCH, 200, master("W/\"2\"").to_string()),
            step(PATCH, 200, master("W/\"3\"").to_string()),
            step(read, 200, before.to_string()),
            step(range, 200, instances(&[1, 2, 5])),
        ],
    );
    assert_eq!(heard.failure().code, "graph.cancelled-for-good");
}

#[test]
fn a_changed_instance_is_written_onto_the_one_that_is_there() {
    let op = create(moved());
    let heard = run(
        &op,
        vec![
            step("GET /me/calendars/c/events/e?", 200, master("W/\"1\"").to_string()),
            step("GET /me/calendars/c/events/e/instances?", 200, instances(&[1, 2, 3, 4, 5])),
            step("PATCH /me/calendars/c/events/e.3", 200, exception("W/\"x\"", false).to_string()),
        ],
    );
    let sent = heard.json(2);
    assert_eq!(sent["start"]["dateTime"], "2026-06-03T07:00:00");
    assert_eq!(sent["isReminderOn"], false);
    let own = properties("0123456789abcdefghijklmnop", "e");
    assert_eq!(sent["singleValueExtendedProperties"], own);
    assert_eq!(heard.stored().id, id("e.3"));
    assert_eq!(heard.stored().version, Some(version("W/\"x\" i")));
    // Ours from a creation whose answer was lost: it is written once more.
    let mut master = master("W/\"1\"");
    master["exceptionOccurrences"] = json!([exception("W/\"x\"", true)]);
    let heard = run(
        &op,
        vec![
            step("GET /me/calendars/c/events/e?", 200, master.to_string()),
            step("GET /me/calendars/c/events/e/instances?", 200, instances(&[1, 2, 4, 5])),
            step("PATCH /me/calendars/c/events/e.3", 400, error("ErrorOccurrenceCrossingBoundary")),
        ],
    );
    // Its neighbour may be about to move: it is tried again after that.
    assert_eq!(heard.failure().class, FailureClass::Refused);
    // One that is not there is not made.
    let heard = run(
        &op,
        vec![
            step("GET /me/calendars/c/events/e?", 200, self::master("W/\"1\"").to_string()),
            step("GET /me/calendars/c/events/e/instances?", 200, instances(&[1, 2, 4, 5])),
        ],
    );
    assert_eq!(heard.failure().class, FailureClass::Refused);
}

#[test]
fn a_changed_instance_reads_back_as_an_object_of_its_own() {
    let op = ProviderOp::Fetch { calendar: id("c"), names: vec![ObjectName::Known(id("e.3"))] };
    let get = "GET /me/calendars/c/events/e.3?";
    let heard = run(&op, vec![step(get, 200, exception("W/\"x\"", true).to_string())]);
    let item = heard.event();
    assert_eq!(item.native, "0123456789abcdefghijklmnop");
    assert_eq!(item.version, Some(version("W/\"x\" i")));
    let kalends_core::provider::Payload::Instance { series, original, .. } = &item.payload else {
        panic!("{item:?}")
    };
    assert_eq!((series, original), (&id("e"), &zoned("2026-06-03T07:00:00", "Europe/Berlin")));
    // Under another series the mark is not its own: a copy.
    let copy = exception("W/\"x\"", true)
        .to_string()
        .replace("\"seriesMasterId\":\"e\"", "\"seriesMasterId\":\"f\"");
    let mut other = master("W/\"1\"");
    other["id"] = json!("f");
    let series = step("GET /me/calendars/c/events/f?", 200, other.to_string());
    let heard = run(&op, vec![step(get, 200, copy), series]);
    let taken = |item: &&kalends_core::provider::Item| {
        let mark = |event: &kalends_core::provider::EventItem| event.mark.is_some();
        matches!(item, kalends_core::provider::Item::Event(event) if event.id != id("f") && mark(event))
    };
    assert!(!heard.items().into_iter().any(|item| taken(&item)), "{heard:?}");
}

#[test]
fn an_instance_that_is_to_go_is_as_its_series_has_it_again() {
    let op = ProviderOp::Delete {
        calendar: id("c"),
        id: id("e.3"),
        version: version("W/\"x\" i"),
        guests: Guests::Untold,
    };
    let get =
        || step("GET /me/calendars/c/events/e.3?", 200, exception("W/\"x\"", true).to_string());
    let heard = run(
        &op,
        vec![
            get(),
            step("GET /me/calendars/c/events/e?", 200, master("W/\"1\"").to_string()),
            step("PATCH /me/calendars/c/events/e.3", 200, "{}"),
        ],
    );
    assert_eq!(heard.done, Done::Deleted);
    let sent = heard.json(2);
    assert_eq!(
        (&sent["subject"], &sent["start"]["dateTime"]),
        (&json!("Gym"), &json!("2026-06-03T05:00:00"))
    );
    assert_eq!(heard.header(2, "If-Match"), Some("W/\"x\""));
    // Then it is no object any more, though Graph goes on calling it one.
    let mut plain = exception("W/\"y\"", false);
    plain["subject"] = json!("Gym");
    plain["start"] = json!({"dateTime": "2026-06-03T05:00:00", "timeZone": "UTC"});
    plain["end"] = json!({"dateTime": "2026-06-03T06:00:00", "timeZone": "UTC"});
    let fetch = ProviderOp::Fetch { calendar: id("c"), names: vec![ObjectName::Known(id("e.3"))] };
    let heard = run(
        &fetch,
        vec![
            step("GET /me/calendars/c/events/e.3?", 200, plain.to_string()),
            step("GET /me/calendars/c/events/e?", 200, master("W/\"1\"").to_string()),
        ],
    );
    let as_ruled = |item: &&&kalends_core::provider::Item| matches!(item, kalends_core::provider::Item::AsRuled { id: same } if *same == id("e.3"));
    assert_eq!(heard.items().iter().filter(as_ruled).count(), 1);
    let stale = ProviderOp::Delete {
        calendar: id("c"),
        id: id("e.3"),
        version: version("W/\"w\" i"),
        guests: Guests::Untold,
    };
    assert_eq!(run(&stale, vec![get()]).failure().class, FailureClass::Stale);
}
