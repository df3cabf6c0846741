//! freeBusy: merged busy times of calendars, with an error for each that cannot be read.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::calendar::{Calendar, Row};
use super::context::Cx;
use super::error::ApiError;
use super::instances::{Naming, span};
use super::json::{Object, objects, text};
use super::reply::{Answer, Reply};
use super::state::Role;
use super::time;

/// The longest window, about three months.
const WINDOW_SECONDS_MAX: i64 = 91 * 86_400;
const DAY: i64 = 86_400;

/// `POST freeBusy`
pub(crate) fn query(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let (min, max) = (edge(sent, "timeMin")?, edge(sent, "timeMax")?);
    if max <= min {
        let words = "The specified time range is empty.";
        return Err(ApiError::new(400, "calendar", "timeRangeEmpty", words));
    }
    if max.as_second() - min.as_second() > WINDOW_SECONDS_MAX {
        let words = "The requested time range is too long.";
        return Err(ApiError::new(400, "calendar", "timeRangeTooLong", words));
    }
    let naming = cx.naming();
    let most = sent.get("calendarExpansionMax").and_then(Value::as_u64).unwrap_or(50).min(50);
    let mut calendars = Object::new();
    for (index, item) in objects(sent, "items").enumerate() {
        let name = text(item, "id").unwrap_or_default();
        let id = cx.calendar_id(name);
        let too_many = index as u64 >= most;
        let found = cx.calendar_named(&id, Role::FreeBusyReader);
        let value = match found {
            _ if too_many => trouble("tooManyCalendarsRequested"),
            Err(_) => trouble("notFound"),
            Ok(calendar) => json!({"busy": busy(calendar, (min, max), naming)}),
        };
        calendars.insert(name.to_owned(), value);
    }
    Ok(Reply::json(json!({
        "kind": "calendar#freeBusy",
        "timeMin": min.to_string(),
        "timeMax": max.to_string(),
        "calendars": calendars,
    })))
}

fn edge(sent: &Object, name: &str) -> Result<Timestamp, ApiError> {
    let missing = || ApiError::required(format!("Missing {name} parameter."));
    text(sent, name).and_then(time::instant).ok_or_else(missing)
}

fn trouble(reason: &str) -> Value {
    json!({"errors": [{"domain": "global", "reason": reason}], "busy": []})
}

fn busy(calendar: &mut Calendar, (min, max): (Timestamp, Timestamp), naming: Naming) -> Value {
    let zone = time::known_zone(&calendar.time_zone);
    let owner = calendar.owner.clone();
    let rows: Vec<Row> = calendar.rows.values().cloned().collect();
    let mut spans = Vec::new();
    for row in rows {
        if row.is_master() && !row.cancelled {
            let range = min.as_second() - DAY..max.as_second() + DAY;
            let found = calendar.instances(&row, range, naming);
            spans.extend(found.iter().filter_map(|row| taken(row, &owner, &zone)));
        } else if row.instance_of.is_none() {
            spans.extend(taken(&row, &owner, &zone));
        }
    }
    let inside = spans.into_iter().filter(|(start, end)| *start < max && *end > min);
    let mut inside: Vec<_> = inside.map(|(start, end)| (start.max(min), end.min(max))).collect();
    inside.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in inside {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            Some(_) | None => merged.push((start, end)),
        }
    }
    let shown = |(start, end): (Timestamp, Timestamp)| json!({"start": start.to_string(), "end": end.to_string()});
    Value::Array(merged.into_iter().map(shown).collect())
}

/// When a row takes its owner's time: not when it is free, cancelled or declined.
fn taken(row: &Row, owner: &str, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let own = objects(&row.body, "attendees").find(|guest| text(guest, "email") == Some(owner));
    let declined = own.is_some_and(|guest| text(guest, "responseStatus") == Some("declined"));
    let free = text(&row.body, "transparency") == Some("transparent");
    let quiet = matches!(row.event_type(), "birthday" | "workingLocation");
    (!row.cancelled && !free && !declined && !quiet).then(|| span(row, zone)).flatten()
}
