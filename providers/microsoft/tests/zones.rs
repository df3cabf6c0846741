//! Every zone that Windows knows, and every change of its clock from 2024 to 2030: what is written
//! takes place at the same instants, and what is read does too.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::event::Body;
use kalends_core::instances::{View, occurrences};
use kalends_core::provider::{ObjectName, Payload, ProviderOp};
use kalends_core::time::{Gap, Length, Timestamp, When, Zone};
use serde_json::{Value, json};

const TABLE: &str = include_str!("../../../engine/recurrence/data/windows_zones.txt");
const HOUR: i64 = 3_600_000;

/// Windows names with their zones.
fn zones() -> Vec<(&'static str, Zone)> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, iana) = line.split_once('\t').unwrap();
            (name, Zone::resolve(iana).unwrap())
        })
        .collect()
}

/// The changes of a zone's clock from 2024 to 2030; of one that has none, some moment.
fn changes(zone: &Zone) -> Vec<Timestamp> {
    let (from, to) = ("2024-01-01T00:00:00Z", "2031-01-01T00:00:00Z");
    let all = zone.transitions(from.parse().unwrap(), to.parse().unwrap());
    let mut all: Vec<Timestamp> = all.into_iter().map(|(at, _)| at).collect();
    if all.is_empty() {
        all.push("2026-06-01T12:00:00Z".parse().unwrap());
    }
    all
}

fn read(event: &Value) -> Body {
    let names = vec![ObjectName::Known(id("e"))];
    let op = ProviderOp::Fetch { calendar: id("c"), names };
    let heard = run(&op, vec![step("GET /me/calendars/c/events/e?", 200, event.to_string())]);
    match &heard.event().payload {
        Payload::Whole(body) => body.clone(),
        other @ Payload::Instance { .. } => panic!("{other:?}"),
    }
}

fn utc(at: Timestamp) -> Value {
    json!({ "dateTime": Zone::utc().civil(at).to_string(), "timeZone": "UTC" })
}

fn instants(body: &Body, from: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let zone = Zone::utc();
    let range = from.saturating_add_millis(-24 * HOUR)..from.saturating_add_millis(800 * 24 * HOUR);
    let view = View { zone: &zone, gap: Gap::Shift };
    occurrences(body, range, view).list.iter().map(|one| (one.start, one.end)).collect()
}

/// Rows 12 and 13 of the pitfalls.
#[test]
fn pitfall_12_singles_keep_their_instants_around_every_change_of_every_clock() {
    let mut seen = 0;
    for (name, zone) in zones() {
        for change in changes(&zone) {
            for minutes in [-90, -30, 0, 30, 90] {
                let start = change.saturating_add_millis(minutes * 60_000);
                let end = start.saturating_add_millis(3 * HOUR);
                let event = json!({
                    "id": "e", "@odata.etag": "W/\"1\"", "type": "singleInstance",
                    "originalStartTimeZone": name, "originalEndTimeZone": name,
                    "start": utc(start), "end": utc(end),
                });
                let body = read(&event);
                assert_eq!(instants(&body, start), [(start, end)], "{name} {start}");
                // What was read there is written anywhere at the same instants.
                let op = ProviderOp::Create { calendar: id("c"), doc: doc(body) };
                let call = "POST /me/calendars/c/events";
                let sent = run(&op, vec![step(call, 201, event.to_string())]).json(0);
                assert_eq!((&sent["start"], &sent["end"]), (&utc(start), &utc(end)), "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 3_000, "{seen}");
}

/// What Graph makes of a series that was written: the start in UTC, by the zone it was told.
fn stored(sent: &Value) -> Value {
    let mut event = sent.clone();
    let zone = sent["recurrence"]["range"]["recurrenceTimeZone"].as_str().unwrap();
    let moment = |time: &Value| {
        assert_eq!(time["timeZone"], zone);
        let civil = time["dateTime"].as_str().unwrap().parse().unwrap();
        utc(Zone::resolve(zone).unwrap().instant(civil, Gap::Shift))
    };
    event["start"] = moment(&sent["start"]);
    event["end"] = moment(&sent["end"]);
    event["originalStartTimeZone"] = json!(zone);
    event["originalEndTimeZone"] = json!(zone);
    event["id"] = json!("e");
    event["@odata.etag"] = json!("W/\"1\"");
    event["type"] = json!("seriesMaster");
    event["cancelledOccurrences"] = json!([]);
    event
}

#[test]
fn pitfall_12_series_keep_their_instants_over_every_change_of_every_clock() {
    let call = "POST /me/calendars/c/events";
    for (name, zone) in zones() {
        for change in changes(&zone) {
            let first = change.saturating_add_millis(-9 * 24 * HOUR);
            for (rule, hours) in [("FREQ=DAILY;COUNT=20", 0), ("FREQ=WEEKLY;INTERVAL=2", 7)] {
                let start = When::Zoned(zone.civil(first).add_seconds(hours * 3_600), zone.clone());
                let mut body = series("x", start, rule);
                body.content.span.length = Length::Exact(5_400);
                let op = ProviderOp::Create { calendar: id("c"), doc: doc(body.clone()) };
                // What is answered does not matter here: only what was asked for.
                let probe = json!({"id": "e"}).to_string();
                let answers = vec![
                    step(call, 201, probe.clone()),
                    step("GET /me/calendars/c/events/e?", 500, probe),
                ];
                let sent = run(&op, answers).json(0);
                let back = read(&stored(&sent));
                assert_eq!(
                    instants(&back, first),
                    instants(&body, first),
                    "{name} {change} {rule}"
                );
            }
        }
    }
}

#[test]
fn pitfall_14_whole_days_stay_days() {
    for day in ["2026-03-29", "2026-10-25", "2028-02-29"] {
        for length in [1, 3] {
            let mut body = content("x", When::Date(day.parse().unwrap()));
            body.span.length = Length::Nominal { days: length, seconds: 0 };
            let body = Body::single(body);
            let op = ProviderOp::Create { calendar: id("c"), doc: doc(body.clone()) };
            let call = "POST /me/calendars/c/events";
            let sent = run(&op, vec![step(call, 201, json!({"id": "e"}).to_string())]).json(0);
            let mut event = sent;
            event["id"] = json!("e");
            event["@odata.etag"] = json!("W/\"1\"");
            assert_eq!(read(&event).content.span, body.content.span, "{day} {length}");
        }
    }
}
