//! Origins are changed in the fields that are to be others, and in nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::event::{Body, Busy, Exception, Person};
use kalends_core::presence::Guests;
use kalends_core::provider::{FailureClass, ProviderOp};
use serde_json::json;

const ONE: &str = include_str!("literal/single.json");
const PATCH: &str = "PATCH /me/calendars/c/events/e";

fn patch(tag: &str, base: &Body, want: &Body) -> ProviderOp {
    let (base, want) = (Box::new(base.clone()), Box::new(want.clone()));
    ProviderOp::Patch {
        calendar: id("c"),
        id: id("e"),
        version: version(tag),
        base,
        want,
        guests: Guests::Untold,
    }
}

fn meeting() -> Body {
    let mut content = content("Plan", zoned("2026-06-10T12:00:00", "Europe/Rome"));
    content.description = "Agenda".into();
    content.attendees = vec![Person { name: "A".into(), email: "a@b.example".into() }];
    Body::single(content)
}

#[test]
fn only_what_changed_is_written_and_people_never() {
    let base = meeting();
    let mut want = base.clone();
    want.content.title = "Plans".into();
    want.content.attendees.clear();
    let heard = run(&patch("W/\"1\"", &base, &want), vec![step(PATCH, 200, ONE)]);
    assert_eq!(heard.json(0), json!({"subject": "Plans"}));
    assert_eq!(heard.header(0, "If-Match"), Some("W/\"1\""));
    let mut want = base.clone();
    want.content.span.start = zoned("2026-06-10T13:00:00", "Europe/Rome");
    want.content.busy = Busy::Free;
    let heard = run(&patch("W/\"1\"", &base, &want), vec![step(PATCH, 200, ONE)]);
    let zone = "W. Europe Standard Time";
    let expected = json!({
        "showAs": "free", "isAllDay": false,
        "start": {"dateTime": "2026-06-10T13:00:00", "timeZone": zone},
        "end": {"dateTime": "2026-06-10T14:00:00", "timeZone": zone},
    });
    assert_eq!(heard.json(0), expected);
    // A body that says the same is not sent: the server's page of it stays.
    let mut want = base.clone();
    want.content.description = "Agenda \r\n".into();
    let heard = run(&patch("W/\"1\"", &base, &want), Vec::new());
    assert_eq!(heard.stored().version, Some(version("W/\"1\"")));
    let stale = vec![step(PATCH, 412, error("ErrorIrresolvableConflict"))];
    want.content.title = "x".into();
    let heard = run(&patch("W/\"1\"", &base, &want), stale);
    assert_eq!(heard.failure().class, FailureClass::Stale);
}

fn gym() -> Body {
    series("Gym", zoned("2026-06-01T07:00:00", "Europe/Berlin"), "FREQ=DAILY;COUNT=9")
}

fn master(tag: &str) -> String {
    json!({
        "id": "e", "@odata.etag": tag, "type": "seriesMaster", "subject": "Gym",
        "originalStartTimeZone": "W. Europe Standard Time", "isAllDay": false,
        "start": {"dateTime": "2026-06-01T05:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-01T06:00:00.0000000", "timeZone": "UTC"},
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2026-06-01", "numberOfOccurrences": 9}},
        "cancelledOccurrences": [], "exceptionOccurrences": [],
    })
    .to_string()
}

fn instances() -> String {
    let all: Vec<_> = (1..=9)
        .map(|day| {
            json!({
                "id": format!("e.{day}"), "@odata.etag": format!("W/\"{day}\""), "type": "occurrence", "seriesMasterId": "e",
                "start": {"dateTime": format!("2026-06-{day:02}T05:00:00"), "timeZone": "UTC"},
                "end": {"dateTime": format!("2026-06-{day:02}T06:00:00"), "timeZone": "UTC"},
            })
        })
        .collect();
    json!({ "value": all }).to_string()
}

#[test]
fn an_instance_is_changed_where_it_stands_and_one_is_cancelled() {
    let base = gym();
    let mut want = base.clone();
    let at =
        |day: u8, hour: u8| zoned(&format!("2026-06-{day:02}T{hour:02}:00:00"), "Europe/Berlin");
    want.recurrence.as_mut().unwrap().excluded.push(at(5, 7));
    want.exceptions.push(Exception {
        original: at(3, 7),
        this_and_future: false,
        content: content("Pool", at(3, 9)),
    });
    let read = "GET /me/calendars/c/events/e?";
    let list = "GET /me/calendars/c/events/e/instances?";
    let heard = run(
        &patch("W/\"1\" s aa bb", &base, &want),
        vec![
            step(read, 200, master("W/\"1\"")),
            step(list, 200, instances()),
            step("DELETE /me/calendars/c/events/e.5", 204, ""),
            step("GET /me/calendars/c/events/e.3?$select=", 200, THIRD),
            step("PATCH /me/calendars/c/events/e.3", 200, "{}"),
            step(read, 200, master("W/\"2\"")),
            step(list, 200, instances()),
        ],
    );
    let sent = heard.json(4);
    assert_eq!(heard.header(4, "If-Match"), Some("W/\"33\""));
    assert_eq!(heard.header(2, "If-Match"), Some("W/\"5\""));
    assert_eq!(sent["subject"], "Pool");
    assert_eq!(sent["start"]["dateTime"], "2026-06-03T09:00:00");
    assert!(sent.get("body").is_none() && sent.get("isReminderOn").is_none());
    assert!(heard.stored().version.as_ref().unwrap().0.starts_with("W/\"2\" s "));
}

/// The third, as it is read again.
const THIRD: &str = r#"{"id":"e.3","@odata.etag":"W/\"33\"","type":"occurrence"}"#;

/// Pool instead of the gym on the third; the fifth is cancelled.
fn third_and_fifth(base: &Body) -> Body {
    let at =
        |day: u8, hour: u8| zoned(&format!("2026-06-{day:02}T{hour:02}:00:00"), "Europe/Berlin");
    let mut want = base.clone();
    want.recurrence.as_mut().unwrap().excluded.push(at(5, 7));
    want.exceptions.push(Exception {
        original: at(3, 7),
        this_and_future: false,
        content: content("Pool", at(3, 9)),
    });
    want
}

/// The version that was asked for counts, not the one that is found.
#[test]
fn instances_of_a_series_that_changed_meanwhile_are_left_alone() {
    let base = gym();
    let heard = run_with(&patch("W/\"1\" s aa bb", &base, &third_and_fifth(&base)), |call| {
        assert!(call.starts_with("GET"), "{call}");
        let is_list = call.contains("/instances?");
        (200, if is_list { instances() } else { master("W/\"2\"") })
    });
    assert_eq!(heard.failure().class, FailureClass::Stale);
}

/// A change of an instance need not give its series another version.
#[test]
fn an_instance_that_somebody_changed_meanwhile_is_left_alone() {
    let base = gym();
    for day in [3, 5] {
        let theirs = json!({
            "id": format!("e.{day}"), "@odata.etag": "W/\"x\"", "type": "exception",
            "seriesMasterId": "e", "subject": "With Ann", "isAllDay": false,
            "originalStart": format!("2026-06-{day:02}T05:00:00Z"),
            "start": {"dateTime": format!("2026-06-{day:02}T05:00:00"), "timeZone": "UTC"},
            "end": {"dateTime": format!("2026-06-{day:02}T06:00:00"), "timeZone": "UTC"},
        });
        let heard = run_with(&patch("W/\"1\" s aa bb", &base, &third_and_fifth(&base)), |call| {
            assert!(!call.ends_with(&format!("/events/e.{day}")), "{call}");
            if call.starts_with("DELETE") || call.starts_with("PATCH") {
                return (200, "{}".to_owned());
            }
            let mut master: serde_json::Value = serde_json::from_str(&master("W/\"1\"")).unwrap();
            master["exceptionOccurrences"] = json!([theirs]);
            let is_list = call.contains("/instances?");
            (200, if is_list { instances() } else { master.to_string() })
        });
        assert_eq!(heard.failure().class, FailureClass::Stale, "{day}");
    }
}

/// Catches a pause that says nothing was done, after an instance was changed.
#[test]
fn what_is_written_in_part_is_not_said_to_be_undone() {
    let base = gym();
    for (of_instance, class) in [(204, FailureClass::Unknown), (429, FailureClass::Throttled)] {
        let heard =
            run_with(&patch("W/\"1\" s aa bb", &base, &third_and_fifth(&base)), |call| match call
                .split(' ')
                .next()
            {
                Some("DELETE") => (of_instance, String::new()),
                Some("PATCH") => (429, String::new()),
                _ if call.contains("/instances?") => (200, instances()),
                _ if call.contains("/events/e.3?") => (200, THIRD.to_owned()),
                _ => (200, master("W/\"1\"")),
            });
        assert_eq!(heard.failure().class, class, "{of_instance}");
    }
}

#[test]
fn a_new_rule_is_written_with_all_that_is_to_differ_from_it() {
    let mut base = gym();
    let at =
        |day: u8, hour: u8| zoned(&format!("2026-06-{day:02}T{hour:02}:00:00"), "Europe/Berlin");
    base.exceptions.push(Exception {
        original: at(3, 7),
        this_and_future: false,
        content: content("Pool", at(3, 7)),
    });
    let mut want = base.clone();
    want.recurrence.as_mut().unwrap().rules =
        series("", at(1, 7), "FREQ=DAILY;COUNT=7").recurrence.unwrap().rules;
    let read = "GET /me/calendars/c/events/e?";
    let list = "GET /me/calendars/c/events/e/instances?";
    let heard = run(
        &patch("W/\"1\"", &base, &want),
        vec![
            step(PATCH, 200, master("W/\"2\"")),
            step(read, 200, master("W/\"2\"")),
            step(list, 200, instances()),
            step("PATCH /me/calendars/c/events/e.3", 200, "{}"),
            step(read, 200, master("W/\"3\"")),
            step(list, 200, instances()),
        ],
    );
    assert_eq!(heard.json(0)["recurrence"]["range"]["numberOfOccurrences"], 7);
    assert!(heard.json(0).get("subject").is_none());
    assert_eq!(heard.json(3), json!({"subject": "Pool"}));
}

/// Catches a change that is tried for ever, since a service that does not bring back what was cancelled
/// gives the series another version each time.
#[test]
fn an_instance_that_no_rule_brings_back_is_given_up() {
    let at =
        |day: u8, hour: u8| zoned(&format!("2026-06-{day:02}T{hour:02}:00:00"), "Europe/Berlin");
    let mut base = gym();
    base.recurrence.as_mut().unwrap().excluded.push(at(3, 7));
    let mut want = gym();
    let content = content("Gym", at(3, 9));
    want.exceptions.push(Exception { original: at(3, 7), this_and_future: false, content });
    let without_third = || {
        let mut left: serde_json::Value = serde_json::from_str(&instances()).unwrap();
        left["value"].as_array_mut().unwrap().retain(|one| one["id"] != "e.3");
        left.to_string()
    };
    let heard = run_with(&patch("W/\"1\" s aa bb", &base, &want), |call| {
        let mut master: serde_json::Value = serde_json::from_str(&master("W/\"2\"")).unwrap();
        master["cancelledOccurrences"] = json!(["OID.e.2026-06-03"]);
        (200, if call.contains("/instances?") { without_third() } else { master.to_string() })
    });
    assert_eq!(heard.sent.iter().filter(|call| call.method == "PATCH").count(), 1);
    let stands = heard.stored().body.as_ref().unwrap();
    assert_eq!(stands.recurrence.as_ref().unwrap().excluded, [at(3, 7)], "what stands is known");
}
