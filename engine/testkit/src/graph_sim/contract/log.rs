//! A log of exchanges held against the published types.

use serde_json::Value;

use super::super::dispatch::split;
use super::super::sim::Logged;
use super::types::check;
use crate::wire::decode_path;

/// Types of what a path takes and gives.
struct Shape {
    sent: Option<&'static str>,
    given: Given,
}

enum Given {
    One(&'static str),
    List(&'static str),
    Nothing,
}

/// Everything in the bodies of successful exchanges that is not of the published types, each with
/// the index of its exchange. Batches and sign-in have no published type.
pub fn breaches(log: &[Logged]) -> Vec<String> {
    let mut out = Vec::new();
    for (at, logged) in log.iter().enumerate() {
        let (path, _) = split(&logged.request);
        let Some(path) = path.strip_prefix("/v1.0") else {
            continue;
        };
        let segments: Vec<String> = path.trim_matches('/').split('/').map(decode_path).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let Some(shape) = shape(&logged.request.method, &segments) else {
            continue;
        };
        let mut found = Vec::new();
        if let Some(kind) = shape.sent.filter(|_| !logged.request.body.is_empty()) {
            found.extend(
                read(&logged.request.body)
                    .map_or_else(|| vec!["no JSON".to_owned()], |body| check(&body, kind)),
            );
        }
        let arrived = (200..300).contains(&logged.reply.status) && !logged.reply.body.is_empty();
        if let Some(body) = read(&logged.reply.body).filter(|_| arrived) {
            found.extend(given(&body, &shape.given));
        }
        out.extend(found.into_iter().map(|what| format!("exchange {at}: {what}")));
    }
    out
}

fn read(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

fn given(body: &Value, given: &Given) -> Vec<String> {
    match given {
        Given::One(kind) => check(body, kind),
        Given::List(kind) => match body.get("value").and_then(Value::as_array) {
            Some(items) => items.iter().flat_map(|item| check(item, kind)).collect(),
            // A page of a captive portal is no list, and no breach of a client.
            None => Vec::new(),
        },
        Given::Nothing => Vec::new(),
    }
}

fn shape(method: &str, segments: &[&str]) -> Option<Shape> {
    let rest = match segments {
        ["me", rest @ ..] | ["users", _, rest @ ..] => rest,
        ["subscriptions"] if method == "GET" => return list("subscription"),
        ["subscriptions", ..] => return both(method, "subscription"),
        _ => return None,
    };
    let within = match rest {
        ["calendars", _, rest @ ..]
        | ["calendarGroups", _, "calendars", _, rest @ ..]
        | ["calendar", rest @ ..] => {
            if rest.is_empty() {
                return both(method, "calendar");
            }
            rest
        }
        rest => rest,
    };
    match within {
        [] => Some(Shape { sent: None, given: Given::One("user") }),
        ["mailboxSettings"] => Some(Shape { sent: None, given: Given::One("mailboxSettings") }),
        ["calendars"] if method == "GET" => list("calendar"),
        ["calendars"] => both(method, "calendar"),
        ["calendarGroups"] => list("calendarGroup"),
        ["calendarView"] | ["calendarView", _] | ["events", _, "instances"] => list("event"),
        ["events", name] if name.contains("delta") => list("event"),
        ["events"] if method == "GET" => list("event"),
        ["events"] | ["events", _] => both(method, "event"),
        [name] if name.contains("getSchedule") => list("scheduleInformation"),
        _ => None,
    }
}

const fn list(kind: &'static str) -> Option<Shape> {
    Some(Shape { sent: None, given: Given::List(kind) })
}

fn both(method: &str, kind: &'static str) -> Option<Shape> {
    let given = if method == "DELETE" { Given::Nothing } else { Given::One(kind) };
    Some(Shape { sent: Some(kind), given })
}
