//! Events as Google writes them, and what the oracle knows of them.

use kalends_oracle::{Exception, Origin};
use kalends_testkit::google_sim::Held;
use serde_json::{Value, json};

use crate::bodies::as_people_write;
use crate::stamp;
use crate::words::{Shown, word};

const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

/// The event a person makes for an origin, without its changed instances.
pub(crate) fn event(origin: &Origin) -> Value {
    let mut event = span(&origin.start);
    event["summary"] = json!(origin.title);
    event["iCalUID"] = json!(origin.uid);
    event["location"] = json!(word(origin, origin.private, "place", Shown::Full));
    let address = word(origin, origin.private, "address", Shown::None);
    event["source"] = json!({"title": "Page", "url": format!("https://example.com/{address}")});
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

/// An hour from a start; a day from a date.
pub(crate) fn span(start: &str) -> Value {
    if stamp::is_day(start) {
        let day = |later| json!({"date": &stamp::local(start, later)[..10], "dateTime": null});
        return json!({"start": day(0), "end": day(DAY_SECONDS)});
    }
    let zone = stamp::zone_name(start);
    let mark = if zone == "UTC" { "Z" } else { "" };
    let time = |later| {
        let time = format!("{}{mark}", stamp::local(start, later));
        json!({"dateTime": time, "timeZone": zone, "date": null})
    };
    json!({"start": time(0), "end": time(HOUR_SECONDS)})
}

/// What an event says.
pub(crate) fn origin(held: &Held) -> Origin {
    let event = &held.event;
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    let lines: Vec<&str> =
        event["recurrence"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rules: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("RRULE:")).collect();
    let (title, start) = (text("summary"), start_of(event));
    let exceptions = held.changed.iter().map(|(original, instance)| Exception {
        original: stamp::like(&start, *original),
        start: like(&start, &start_of(instance)),
        title: instance["summary"].as_str().unwrap_or_default().to_owned(),
        private: false,
    });
    // An instance that says what the series says is none that was changed.
    let differs = |one: &Exception| one.original != one.start || one.title != title;
    let exceptions = exceptions.filter(differs).collect();
    let lines = lines.iter().filter(|line| line.starts_with("EXDATE"));
    let listed = lines.filter_map(|line| line.split_once(':')).flat_map(|(_, all)| all.split(','));
    let cancelled = held.cancelled.iter().map(|original| stamp::like(&start, *original));
    let listed = listed.map(|one| match start.split_once(':') {
        Some((zone, _)) if !one.ends_with('Z') => format!("{zone}:{one}"),
        Some(_) | None => like(&start, one),
    });
    let mut excluded: Vec<String> = listed.chain(cancelled).collect();
    excluded.sort();
    excluded.dedup();
    Origin {
        calendar: 0,
        uid: held.uid.clone(),
        description: text("description"),
        private: ["private", "confidential"].contains(&text("visibility").as_str()),
        free: text("transparency") == "transparent",
        invited: event["attendees"].as_array().is_some_and(|guests| !guests.is_empty()),
        rule: rules.iter().map(|rule| as_people_write(rule)).collect::<Vec<_>>().join(";"),
        title,
        start,
        exceptions,
        excluded,
    }
}

fn start_of(event: &Value) -> String {
    let start = &event["start"];
    if let Some(day) = start["date"].as_str() {
        return day.replace('-', "");
    }
    let (time, zone) = (start["dateTime"].as_str().unwrap_or_default(), &start["timeZone"]);
    let wall = time[..19.min(time.len())].replace(['-', ':'], "");
    let zone = zone.as_str().unwrap_or("UTC");
    match time.get(19..) {
        // An offset or a Z says the instant.
        Some(offset) if !offset.is_empty() => {
            let second = stamp::second(&format!("{wall}Z")) - stamp::east_seconds(offset);
            stamp::in_zone(zone, second)
        }
        Some(_) | None if zone == "UTC" => format!("{wall}Z"),
        Some(_) | None => format!("{zone}:{wall}"),
    }
}

/// A time in the zone of its series.
fn like(series: &str, time: &str) -> String {
    if stamp::is_day(time) { time.to_owned() } else { stamp::like(series, stamp::second(time)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_says_what_its_origin_said() {
        for start in ["20260610T090000Z", "20260610", "Europe/Berlin:20261020T090000"] {
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
            assert_eq!(origin(&held), origin_of);
        }
    }
}
