//! Mirrors that are written: a lunch, a daily series, and an instance of it that is otherwise.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each suite uses a part of it, and what is not as expected ends a test"
)]

use kalends_core::event::Privacy;
use kalends_core::presence::Guests;
use kalends_core::provider::{MirrorDoc, ObjectName, ProviderOp};
use serde_json::{Value, json};

use crate::common::*;

pub(crate) fn create(doc: Box<MirrorDoc>) -> ProviderOp {
    ProviderOp::Create { calendar: id("c"), doc }
}

pub(crate) fn replace(tag: &str, doc: Box<MirrorDoc>) -> ProviderOp {
    ProviderOp::Replace {
        calendar: id("c"),
        id: id("e"),
        version: version(tag),
        doc,
        instances: Vec::new(),
    }
}

/// The same by an engine that has seen the third instance at this version.
pub(crate) fn replace_knowing(tag: &str, of_instance: &str, doc: Box<MirrorDoc>) -> ProviderOp {
    let instances = vec![(id("e.3"), version(of_instance))];
    ProviderOp::Replace { calendar: id("c"), id: id("e"), version: version(tag), doc, instances }
}

pub(crate) fn delete(tag: &str) -> ProviderOp {
    ProviderOp::Delete {
        calendar: id("c"),
        id: id("e"),
        version: version(tag),
        guests: Guests::Untold,
    }
}

pub(crate) fn lunch() -> Box<MirrorDoc> {
    let mut lunch = content("Lunch", zoned("2026-06-10T12:00:00", "Europe/Rome"));
    lunch.description = "With\nfriends".into();
    lunch.location = "Harry's Bar".into();
    lunch.privacy = Privacy::Private;
    doc(kalends_core::event::Body::single(lunch))
}

pub(crate) fn properties(derived: &str, series: &str) -> Value {
    let id = |name| format!("String {{8c6f7a52-4d0b-4c5e-9a5e-6b616c656e64}} Name {name}");
    json!([
        {"id": id("kal_m"), "value": "m0m0"},
        {"id": id("kal_d"), "value": derived},
        {"id": id("kal_s"), "value": series},
    ])
}

pub(crate) fn master(tag: &str) -> Value {
    json!({
        "id": "e", "@odata.etag": tag, "type": "seriesMaster", "subject": "Gym",
        "originalStartTimeZone": "W. Europe Standard Time", "isAllDay": false,
        "start": {"dateTime": "2026-06-01T05:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-01T06:00:00.0000000", "timeZone": "UTC"},
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": "2026-06-01", "numberOfOccurrences": 9,
                "recurrenceTimeZone": "W. Europe Standard Time"}},
        "cancelledOccurrences": [], "exceptionOccurrences": [],
        "transactionId": "0123456789abcdefghijklmnop",
        "singleValueExtendedProperties": properties("0123456789abcdefghijklmnop", ""),
    })
}

pub(crate) fn instances(days: &[u8]) -> String {
    let all: Vec<Value> = days
        .iter()
        .map(|day| {
            json!({
                "id": format!("e.{day}"), "@odata.etag": format!("W/\"i{day}\""), "type": "occurrence", "seriesMasterId": "e",
                "start": {"dateTime": format!("2026-06-{day:02}T05:00:00"), "timeZone": "UTC"},
                "end": {"dateTime": format!("2026-06-{day:02}T06:00:00"), "timeZone": "UTC"},
            })
        })
        .collect();
    json!({ "value": all }).to_string()
}

pub(crate) fn gym(excluded: &[u8]) -> Box<MirrorDoc> {
    let mut body = series("Gym", zoned("2026-06-01T07:00:00", "Europe/Rome"), "FREQ=DAILY;COUNT=9");
    let days =
        excluded.iter().map(|day| zoned(&format!("2026-06-{day:02}T07:00:00"), "Europe/Rome"));
    body.recurrence.as_mut().unwrap().excluded = days.collect();
    doc(body)
}

/// The version of the series as it is read, with these days missing.
pub(crate) fn held(tag: &str, missing: &[u8]) -> String {
    let mut master = master(tag);
    let ids: Vec<String> = missing.iter().map(|day| format!("OID.e.2026-06-{day:02}")).collect();
    master["cancelledOccurrences"] = json!(ids);
    let names = vec![ObjectName::Known(id("e"))];
    let op = ProviderOp::Fetch { calendar: id("c"), names };
    let mut script = vec![step("GET /me/calendars/c/events/e?", 200, master.to_string())];
    if !missing.is_empty() {
        let left: Vec<u8> = (1..=9).filter(|day| !missing.contains(day)).collect();
        let call = "GET /me/calendars/c/events/e/instances?";
        script.push(step(call, 200, instances(&left)));
    }
    run(&op, script).event().version.clone().unwrap().0
}

pub(crate) fn moved() -> Box<MirrorDoc> {
    let original = zoned("2026-06-03T07:00:00", "Europe/Rome");
    let body = content("Pool", zoned("2026-06-03T09:00:00", "Europe/Rome"));
    let instance = Some((ObjectName::Known(id("e")), original));
    let whole = doc(kalends_core::event::Body::single(body));
    Box::new(MirrorDoc { instance, ..*whole })
}

pub(crate) fn exception(tag: &str, marked: bool) -> Value {
    let mut event = json!({
        "id": "e.3", "@odata.etag": tag, "type": "exception", "seriesMasterId": "e",
        "subject": "Pool", "originalStart": "2026-06-03T05:00:00Z", "isAllDay": false,
        "originalStartTimeZone": "W. Europe Standard Time",
        "start": {"dateTime": "2026-06-03T07:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-03T08:00:00.0000000", "timeZone": "UTC"},
    });
    if marked {
        let all = properties("0123456789abcdefghijklmnop", "e");
        event["singleValueExtendedProperties"] = all;
    }
    event
}
