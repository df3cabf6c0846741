//! What the server makes of an event that it is sent.

use serde_json::{Value, json};

use super::calendar::Calendar;
use super::error::ApiError;
use super::json::{Object, objects, text};
use super::series::Pattern;
use super::time::Moment;

/// Fields that a client may send back but not set.
const SERVERS_OWN: [&str; 15] = [
    "kind",
    "etag",
    "id",
    "htmlLink",
    "created",
    "updated",
    "creator",
    "organizer",
    "iCalUID",
    "sequence",
    "recurringEventId",
    "originalStartTime",
    "hangoutLink",
    "locked",
    "attendeesOmitted",
];

/// Fields with few values, the first of which is not stored: it is the same as absent.
const CHOICES: [(&str, &[&str]); 3] = [
    ("transparency", &["opaque", "transparent"]),
    ("visibility", &["default", "public", "private", "confidential"]),
    ("status", &["confirmed", "tentative", "cancelled"]),
];

/// Kinds of events that live on primary calendars only.
const PRIMARY_ONLY: [&str; 4] = ["birthday", "focusTime", "outOfOffice", "workingLocation"];

/// What the query of a write lets through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Admits {
    /// `conferenceDataVersion=1`.
    pub(crate) conference: bool,
    /// `supportsAttachments=true`.
    pub(crate) attachments: bool,
}

/// Takes the server's own fields out of what a client sent.
pub(crate) fn clients_own(sent: &Object, admits: Admits) -> Object {
    let mut out = sent.clone();
    for field in SERVERS_OWN {
        out.remove(field);
    }
    if !admits.conference {
        out.remove("conferenceData");
    }
    if !admits.attachments {
        out.remove("attachments");
    }
    out
}

/// Checks a whole event and brings it into its stored form.
pub(crate) fn accept(mut body: Object, calendar: &Calendar) -> Result<Object, ApiError> {
    times(&mut body)?;
    Pattern::read(&body)?;
    for (field, values) in CHOICES {
        choice(&mut body, field, values)?;
    }
    event_type(&body, calendar)?;
    reminders(&body)?;
    properties(&body)?;
    for guest in objects(&body, "attendees") {
        text(guest, "email").ok_or_else(|| ApiError::required("Missing attendee email."))?;
    }
    Ok(body)
}

fn times(body: &mut Object) -> Result<(), ApiError> {
    let start = Moment::read(body.get("start"), "start")?;
    let end = Moment::read(body.get("end"), "end")?;
    let empty =
        || ApiError::new(400, "calendar", "timeRangeEmpty", "The specified time range is empty.");
    match (&start, &end) {
        (Moment::Day(first), Moment::Day(last)) if last <= first => return Err(empty()),
        (Moment::Time(first, _), Moment::Time(last, _)) if last < first => return Err(empty()),
        (Moment::Day(_), Moment::Day(_)) | (Moment::Time(..), Moment::Time(..)) => {}
        (Moment::Day(_), Moment::Time(..)) | (Moment::Time(..), Moment::Day(_)) => {
            let words = "The start and end times must either both be date or dateTime.";
            return Err(ApiError::invalid(words));
        }
    }
    body.insert("start".to_owned(), start.stored());
    body.insert("end".to_owned(), end.stored());
    if body.get("recurrence").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        body.remove("recurrence");
    }
    Ok(())
}

fn choice(body: &mut Object, field: &str, values: &[&str]) -> Result<(), ApiError> {
    let Some(value) = text(body, field) else {
        return Ok(());
    };
    if !values.contains(&value) {
        return Err(ApiError::invalid(format!("Invalid value for: {value}")));
    }
    if values.first() == Some(&value) {
        body.remove(field);
    }
    Ok(())
}

fn event_type(body: &Object, calendar: &Calendar) -> Result<(), ApiError> {
    let refused =
        |words: &str| Err(ApiError::new(400, "calendar", "eventTypeRestriction", words.to_owned()));
    match text(body, "eventType").unwrap_or("default") {
        "default" => Ok(()),
        "fromGmail" => refused("Events of this type cannot be created."),
        kind if !PRIMARY_ONLY.contains(&kind) => {
            Err(ApiError::invalid(format!("Invalid value for: {kind}")))
        }
        _ if !calendar.is_primary() => {
            refused("Events of this type can only be on a primary calendar.")
        }
        _ => Ok(()),
    }
}

fn reminders(body: &Object) -> Result<(), ApiError> {
    let Some(reminders) = body.get("reminders").and_then(Value::as_object) else {
        return Ok(());
    };
    let overrides: Vec<&Object> = objects(reminders, "overrides").collect();
    if reminders.get("useDefault") == Some(&json!(true)) && !overrides.is_empty() {
        let words = "Cannot specify both default reminders and overrides at the same time.";
        let reason = "cannotUseDefaultRemindersAndSpecifyOverride";
        return Err(ApiError::new(400, "calendar", reason, words));
    }
    let sound = |reminder: &&Object| {
        let minutes = reminder.get("minutes").and_then(Value::as_i64).unwrap_or(-1);
        matches!(text(reminder, "method"), Some("email" | "popup"))
            && (0..=40_320).contains(&minutes)
    };
    if overrides.len() > 5 || !overrides.iter().all(sound) {
        return Err(ApiError::invalid("Invalid reminder."));
    }
    Ok(())
}

/// Limits of extended properties
/// (<https://developers.google.com/calendar/api/guides/extended-properties>).
fn properties(body: &Object) -> Result<(), ApiError> {
    let held = body.get("extendedProperties").and_then(Value::as_object);
    for kind in ["private", "shared"] {
        let map = held.and_then(|held| held.get(kind)).and_then(Value::as_object);
        let Some(map) = map else {
            continue;
        };
        let octets: usize = map.iter().map(|(key, value)| key.len() + octets(value)).sum();
        let long = map.iter().any(|(key, value)| key.len() > 44 || octets_over(value, 1_024));
        if map.len() > 300 || octets > 32_768 || long {
            return Err(ApiError::invalid("Extended property too large."));
        }
    }
    Ok(())
}

fn octets(value: &Value) -> usize {
    value.as_str().map_or(0, str::len)
}

fn octets_over(value: &Value, most: usize) -> bool {
    octets(value) > most
}
