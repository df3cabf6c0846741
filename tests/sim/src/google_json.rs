//! Events as Google writes them, and what the oracle knows of them.

use kalends_core::time::{Civil, Timestamp};
use kalends_oracle::{Exception, Origin};
use kalends_testkit::google_sim::Held;
use serde_json::{Value, json};

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

/// The event a person makes for an origin, without its changed instances.
pub(crate) fn event(origin: &Origin) -> Value {
    let mut event = span(&origin.start);
    event["summary"] = json!(origin.title);
    event["iCalUID"] = json!(origin.uid);
    let mut add = |wanted: bool, field: &str, value: Value| {
        if wanted {
            event[field] = value;
        }
    };
    add(!origin.description.is_empty(), "description", json!(origin.description));
    add(origin.private, "visibility", json!("private"));
    add(origin.free, "transparency", json!("transparent"));
    add(origin.invited, "organizer", json!({"email": "host@example.com"}));
    add(origin.invited, "attendees", json!([{"email": "guest@example.com"}]));
    add(!origin.rule.is_empty(), "recurrence", json!([format!("RRULE:{}", origin.rule)]));
    event
}

/// An hour from a start, as iCalendar writes it in UTC; a day from a date.
pub(crate) fn span(start: &str) -> Value {
    let at = second(start);
    if start.len() == 8 {
        let day = |second: i64| json!({"date": &shown(second)[..10], "dateTime": null});
        return json!({"start": day(at), "end": day(at + DAY_SECONDS)});
    }
    let time = |second: i64| json!({"dateTime": format!("{}Z", shown(second)), "timeZone": "UTC", "date": null});
    json!({"start": time(at), "end": time(at + HOUR_SECONDS)})
}

/// The second of a start as iCalendar writes it in UTC.
pub(crate) fn second(start: &str) -> i64 {
    let day = format!("{}-{}-{}", &start[..4], &start[4..6], &start[6..8]);
    let time = match start.get(9..15) {
        Some(time) => format!("{}:{}:{}", &time[..2], &time[2..4], &time[4..]),
        None => "00:00:00".to_owned(),
    };
    let at: Timestamp = format!("{day}T{time}Z").parse().unwrap();
    at.as_seconds()
}

/// What an event says.
pub(crate) fn origin(held: &Held) -> Origin {
    let event = &held.event;
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let lines: Vec<&str> =
        event["recurrence"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rules: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("RRULE:")).collect();
    let dated = event["start"].get("date").is_some();
    let (title, start) = (text("summary"), start_of(event));
    let exceptions = held.changed.iter().map(|(original, instance)| Exception {
        original: stamp(*original, dated),
        start: start_of(instance),
        title: instance["summary"].as_str().unwrap_or_default().to_owned(),
        private: false,
    });
    // An instance that says what the series says is none that was changed.
    let differs = |one: &Exception| one.original != one.start || one.title != title;
    let exceptions = exceptions.filter(differs).collect();
    let lines = lines.iter().filter(|line| line.starts_with("EXDATE"));
    let listed = lines.filter_map(|line| line.split_once(':')).flat_map(|(_, all)| all.split(','));
    let cancelled = held.cancelled.iter().map(|original| stamp(*original, dated));
    let mut excluded: Vec<String> = listed.map(str::to_owned).chain(cancelled).collect();
    excluded.sort();
    excluded.dedup();
    Origin {
        calendar: 0,
        uid: held.uid.clone(),
        description: text("description"),
        private: ["private", "confidential"].contains(&text("visibility").as_str()),
        free: text("transparency") == "transparent",
        invited: event["attendees"].as_array().is_some_and(|guests| !guests.is_empty()),
        rule: rules.join(";"),
        title,
        start,
        exceptions,
        excluded,
    }
}

fn start_of(event: &Value) -> String {
    let start = &event["start"];
    let text = start["date"].as_str().or(start["dateTime"].as_str()).unwrap_or_default();
    text.replace(['-', ':'], "")
}

fn stamp(second: i64, dated: bool) -> String {
    let text = shown(second).replace(['-', ':'], "");
    if dated { text[..8].to_owned() } else { format!("{text}Z") }
}

fn shown(second: i64) -> String {
    Civil::from_seconds(second).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_its_origin_said() {
        for start in ["20260610T090000Z", "20260610"] {
            let origin_of = Origin {
                calendar: 0,
                uid: "u".to_owned(),
                title: "Review".to_owned(),
                description: "Words".to_owned(),
                start: start.to_owned(),
                private: true,
                free: true,
                invited: true,
                rule: "FREQ=DAILY;COUNT=5".to_owned(),
                exceptions: Vec::new(),
                excluded: Vec::new(),
            };
            let event = event(&origin_of);
            let held =
                Held { uid: "u".to_owned(), event, changed: Vec::new(), cancelled: Vec::new() };
            assert_eq!(origin(&held).rule, origin_of.rule);
        }
        assert_eq!(second("20260610"), second("20260610T000000Z"));
        assert_eq!(stamp(second("20260610T093000Z"), false), "20260610T093000Z");
        assert_eq!(stamp(second("20260610"), true), "20260610");
    }
}
