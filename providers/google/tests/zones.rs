//! Every zone that programs know, and every change of its clock from 2024 to 2030: what is read takes
//! place at the same instants, and what is written does too.

#![allow(clippy::unwrap_used, reason = "what is not as expected ends a test")]

mod common;
use std::collections::BTreeSet;

use common::*;
use kalends_core::event::{Body, Recurrence};
use kalends_core::instances::{View, occurrences};
use kalends_core::provider::{Payload, ProviderOp};
use kalends_core::time::{Gap, Length, Rule, Timestamp, When, Zone};
use serde_json::{Value, json};

/// Windows names, the zone of each, and every other zone that is shown by it.
const TABLE: &str = include_str!("../../../engine/testkit/src/graph_sim/data/windows_zones.txt");
const HOUR: i64 = 3_600_000;

fn zones() -> BTreeSet<&'static str> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    let names = lines.flat_map(|line| line.split(['\t', ' ']).filter(|word| word.contains('/')));
    names.filter(|name| Zone::parse(name).is_some()).collect()
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

/// As Google shows a moment to whoever reads from a calendar in Kathmandu.
fn shown(at: Timestamp, zone: &str) -> Value {
    let there = Zone::parse("Asia/Kathmandu").unwrap().civil(at);
    json!({ "dateTime": format!("{there}+05:45"), "timeZone": zone })
}

fn body_of(event: &Value) -> Body {
    match &read(event).event().payload {
        Payload::Whole(body) => body.clone(),
        other @ Payload::Instance { .. } => panic!("{other:?}"),
    }
}

fn instants(body: &Body, from: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let zone = Zone::utc();
    let range = from.saturating_add_millis(-24 * HOUR)..from.saturating_add_millis(800 * 24 * HOUR);
    let view = View { zone: &zone, gap: Gap::Shift };
    occurrences(body, range, view).list.iter().map(|one| (one.start, one.end)).collect()
}

/// What is sent where a mirror is made.
fn sent(body: &Body) -> Value {
    let op = ProviderOp::Create { calendar: calendar(), doc: doc_of(body.clone()) };
    let heard = run(&op, |_| error(400, "invalid"));
    heard.asked[0].body.clone()
}

/// A moment as it was sent: the offset that stands there counts.
fn moment(time: &Value) -> Timestamp {
    time["dateTime"].as_str().unwrap().parse().unwrap()
}

/// Row 12 of the pitfalls. Catches a time of the hour that a clock skips or lives twice which moves
/// by an hour, and an offset that is taken for the event's own.
#[test]
fn pitfall_12_singles_keep_their_instants_around_every_change_of_every_clock() {
    let mut seen = 0;
    for name in zones() {
        let zone = Zone::parse(name).unwrap();
        for change in changes(&zone) {
            for minutes in [-90, -30, 0, 30, 90] {
                let start = change.saturating_add_millis(minutes * 60_000);
                let end = start.saturating_add_millis(3 * HOUR);
                let mut event = event("e1", "x");
                (event["start"], event["end"]) = (shown(start, name), shown(end, name));
                let body = body_of(&event);
                assert_eq!(instants(&body, start), [(start, end)], "{name} {start}");
                let written = sent(&body);
                let edges = (moment(&written["start"]), moment(&written["end"]));
                assert_eq!(edges, (start, end), "{name} {start}");
                seen += 1;
            }
        }
    }
    assert!(seen > 10_000, "{seen}");
}

/// Row 12 of the pitfalls. Catches a series that is kept at an offset, and is an hour off after the
/// next change of its clock.
#[test]
fn pitfall_12_series_keep_their_instants_over_every_change_of_every_clock() {
    for name in zones() {
        let zone = Zone::parse(name).unwrap();
        for change in changes(&zone) {
            let first = change.saturating_add_millis(-9 * 24 * HOUR);
            for (rule, hours) in [("FREQ=DAILY;COUNT=20", 0), ("FREQ=WEEKLY;INTERVAL=2", 7)] {
                let start = When::Zoned(zone.civil(first).add_seconds(hours * 3_600), zone.clone());
                let rules = vec![Rule::parse(rule).unwrap()];
                let mut content = content("x", start);
                content.span.length = Length::Exact(5_400);
                let recurrence = Some(Recurrence { rules, ..Recurrence::default() });
                let body = Body { recurrence, ..Body::single(content) };
                let written = sent(&body);
                let mut event = event("e1", "x");
                for edge in ["start", "end"] {
                    assert_eq!(written[edge]["timeZone"], zone.name());
                    event[edge] = shown(moment(&written[edge]), name);
                }
                event["recurrence"] = written["recurrence"].clone();
                let back = body_of(&event);
                assert_eq!(
                    instants(&back, first),
                    instants(&body, first),
                    "{name} {change} {rule}"
                );
            }
        }
    }
}
