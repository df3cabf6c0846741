//! Events as Graph writes them, and what the oracle knows of them.

use kalends_oracle::{Change, Exception, Origin};
use kalends_testkit::graph_sim::Person;
use serde_json::{Value, json};

use crate::stamp;
use crate::words::{Shown, word};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What a person's program stores for an origin, without what deviates from its series.
pub(crate) fn event(origin: &Origin) -> Value {
    let mut out = json!({
        "subject": origin.title,
        "body": {"contentType": "text", "content": origin.description},
        "showAs": if origin.free { "free" } else { "busy" },
        "sensitivity": if origin.private { "private" } else { "normal" },
        "attendees": [],
        "location": {"displayName": word(origin, origin.private, "place", Shown::Full)},
        "categories": [word(origin, origin.private, "categories", Shown::None)],
    });
    if origin.invited {
        out["attendees"] = json!([{"emailAddress": {"address": "guest@example.com"}}]);
    }
    times(&mut out, &origin.start);
    if !origin.rule.is_empty() {
        let count = origin.rule.rsplit('=').next().and_then(|count| count.parse::<u32>().ok());
        out["recurrence"] = json!({
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "numbered", "startDate": stamp::day(&origin.start),
                      "numberOfOccurrences": count,
                      "recurrenceTimeZone": stamp::zone_name(&origin.start)},
        });
    }
    out
}

/// Changes and takes out the instances of a series that deviate.
pub(crate) fn deviate(person: &mut Person<'_>, id: &str, origin: &Origin) -> Result<(), String> {
    for one in &origin.exceptions {
        let instance = person.occurrence(id, &stamp::day(&one.original))?;
        let mut change = json!({"subject": one.title});
        times(&mut change, &one.start);
        person.edit(&instance, &change)?;
    }
    for original in &origin.excluded {
        let instance = person.occurrence(id, &stamp::day(original))?;
        person.delete(&instance)?;
    }
    Ok(())
}

pub(crate) fn put(person: &mut Person<'_>, id: &str, change: &Change) -> Result<(), String> {
    match change {
        Change::Title(title) => person.edit(id, &json!({"subject": title})),
        Change::Description(text) => {
            person.edit(id, &json!({"body": {"contentType": "text", "content": text}}))
        }
        Change::Start(start) => {
            let mut change = json!({});
            times(&mut change, start);
            person.edit(id, &change)
        }
        Change::Move(original, start) => {
            let instance = person.occurrence(id, &stamp::day(original))?;
            let mut change = json!({});
            times(&mut change, start);
            person.edit(&instance, &change)
        }
        Change::Retitle(original, title) => {
            let instance = person.occurrence(id, &stamp::day(original))?;
            person.edit(&instance, &json!({"subject": title}))
        }
        Change::Cancel(original) => {
            let instance = person.occurrence(id, &stamp::day(original))?;
            person.delete(&instance)
        }
    }
}

/// An hour from a start; a day from a date.
fn times(out: &mut Value, start: &str) {
    let dated = stamp::is_day(start);
    let at = |later| json!({"dateTime": stamp::local(start, later), "timeZone": stamp::zone_name(start)});
    out["isAllDay"] = json!(dated);
    out["start"] = at(0);
    out["end"] = at(if dated { 86_400 } else { 3_600 });
}

/// What a person sees in an event.
pub(crate) fn says(event: &Value) -> Origin {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let (title, start) = (text("subject"), start_of(event));
    let in_form = |time: &Value| stamp::like(&start, stamp::second(&utc(time)));
    let exceptions = event["exceptionOccurrences"].as_array().into_iter().flatten();
    let mut exceptions: Vec<Exception> = exceptions
        .map(|one| Exception {
            original: in_form(&one["originalStart"]),
            start: in_form(&one["start"]["dateTime"]),
            title: one["subject"].as_str().unwrap_or_default().to_owned(),
            private: false,
        })
        // What was changed back is an exception for ever, and shows nothing of its own.
        .filter(|one| one.original != one.start || one.title != title)
        .collect();
    exceptions.sort();
    let cancelled = event["cancelledOccurrences"].as_array().into_iter().flatten();
    let cancelled = cancelled.filter_map(|id| id.as_str()?.rsplit('.').next());
    // The day on which it was, at the hour of the series.
    let (zone, wall) = start.split_once(':').map_or(("", &*start), |(zone, wall)| (zone, wall));
    let glue = if zone.is_empty() { "" } else { ":" };
    let excluded =
        cancelled.map(|day| format!("{zone}{glue}{}{}", day.replace('-', ""), &wall[8..]));
    // One that an older rule gave is cancelled for ever, and shows nothing.
    let days = event["recurrence"]["range"]["numberOfOccurrences"].as_i64();
    let is_given = |when: &String| {
        let after = stamp::second(when) - stamp::second(&start);
        days.is_none_or(|days| (-HOUR..(days - 1) * DAY + 2 * HOUR).contains(&after))
    };
    let excluded = excluded.filter(is_given);
    Origin {
        calendar: 0,
        uid: text("iCalUId"),
        title,
        description: event["body"]["content"].as_str().unwrap_or_default().to_owned(),
        private: event["sensitivity"] == "private",
        free: event["showAs"] == "free",
        invited: event["attendees"].as_array().is_some_and(|all| !all.is_empty()),
        rule: rule(&event["recurrence"]),
        exceptions,
        excluded: excluded.collect(),
        start: start.clone(),
    }
}

/// The rule as people wrote it; a pattern that they never use, as it is.
fn rule(recurrence: &Value) -> String {
    if recurrence.is_null() {
        return String::new();
    }
    match (&recurrence["pattern"]["type"], &recurrence["range"]["numberOfOccurrences"]) {
        (kind, Value::Number(count)) if kind == "daily" => format!("FREQ=DAILY;COUNT={count}"),
        _ => recurrence.to_string(),
    }
}

/// When an event starts, in the zone in which it was written.
fn start_of(event: &Value) -> String {
    let at = utc(&event["start"]["dateTime"]);
    if event["isAllDay"] == true {
        return at[..8].to_owned();
    }
    let zone = event["originalStartTimeZone"].as_str().unwrap_or("UTC");
    stamp::in_zone(zone, stamp::second(&at))
}

/// `20260610T090000Z` of `2026-06-10T09:00:00.0000000`, which is shown in UTC.
fn utc(time: &Value) -> String {
    let time = time.as_str().unwrap_or_default();
    let seconds = time.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.trim_end_matches('Z').replace(['-', ':'], ""))
}

/// All that an event holds, but for what the service changes by itself.
pub(crate) fn all(event: &Value) -> String {
    let mut event = event.clone();
    for name in ["@odata.etag", "changeKey", "lastModifiedDateTime"] {
        event.as_object_mut().map(|members| members.remove(name));
        let exceptions = event["exceptionOccurrences"].as_array_mut().into_iter().flatten();
        for one in exceptions.filter_map(Value::as_object_mut) {
            one.remove(name);
        }
    }
    event.to_string()
}
