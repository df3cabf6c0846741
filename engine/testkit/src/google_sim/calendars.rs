//! calendars: the things themselves.

use serde_json::{Value, json};

use super::calendar::Calendar;
use super::context::Cx;
use super::digest;
use super::error::ApiError;
use super::json::{Object, object, text};
use super::reply::{Answer, Reply};
use super::state::{Role, State};
use super::time;

/// What people may set of a calendar.
const OWN: [&str; 3] = ["summary", "description", "location"];

/// `POST calendars`
pub(crate) fn insert(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let summary = text(sent, "summary").filter(|text| !text.is_empty());
    summary.ok_or_else(|| ApiError::required("Missing calendar summary."))?;
    let zone = zone(sent)?.unwrap_or_else(|| "UTC".to_owned());
    let number = cx.state.draw();
    let id = digest::opaque_id(cx.state.seed, &["calendar", &number]);
    let id = format!("c_{id}@group.calendar.google.com");
    let mut calendar = Calendar {
        id: id.clone(),
        owner: cx.caller.user.clone(),
        time_zone: zone,
        made_by: Some(cx.caller.client.clone()),
        ..Calendar::default()
    };
    set(&mut calendar, sent);
    add(cx.state, calendar);
    show(cx, &id)
}

/// Adds a calendar with its owner's rights and entry. Its default reminders beep.
pub(crate) fn add(state: &mut State, mut calendar: Calendar) {
    let (id, owner) = (calendar.id.clone(), calendar.owner.clone());
    calendar.roles.insert(owner.clone(), Role::Owner);
    state.calendars.insert(id.clone(), calendar);
    if let Some(user) = state.users.get_mut(&owner) {
        let beep = json!([{"method": "popup", "minutes": 30}]);
        user.touch(&id, |entry| drop(entry.own.insert("defaultReminders".to_owned(), beep)));
    }
}

/// `GET calendars/{calendarId}`
pub(crate) fn get(cx: &mut Cx<'_>) -> Answer {
    let id = cx.calendar(Role::FreeBusyReader)?.id.clone();
    show(cx, &id)
}

/// `PATCH calendars/{calendarId}`
pub(crate) fn patch(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let zone = zone(sent)?;
    let calendar = cx.calendar(Role::Owner)?;
    set(calendar, sent);
    calendar.time_zone = zone.unwrap_or_else(|| calendar.time_zone.clone());
    let id = calendar.id.clone();
    show(cx, &id)
}

/// `PUT calendars/{calendarId}`
pub(crate) fn update(cx: &mut Cx<'_>) -> Answer {
    cx.calendar(Role::Owner)?.fields = Object::new();
    patch(cx)
}

/// `DELETE calendars/{calendarId}`: not for primary calendars.
pub(crate) fn delete(cx: &mut Cx<'_>) -> Answer {
    let calendar = cx.calendar(Role::Owner)?;
    if calendar.is_primary() {
        return Err(ApiError::invalid("A primary calendar cannot be deleted."));
    }
    let id = calendar.id.clone();
    cx.state.remove_calendar(&id);
    Ok(Reply::status(204))
}

/// `POST calendars/{calendarId}/clear`: for primary calendars only.
pub(crate) fn clear(cx: &mut Cx<'_>) -> Answer {
    let now_ms = cx.now_ms;
    let calendar = cx.calendar(Role::Owner)?;
    if !calendar.is_primary() {
        return Err(ApiError::invalid("Only a primary calendar can be cleared."));
    }
    let live = calendar.rows.values().filter(|row| !row.cancelled && row.instance_of.is_none());
    let live: Vec<String> = live.map(|row| row.id.clone()).collect();
    for id in live {
        calendar.cancel(&id, now_ms);
    }
    Ok(Reply::status(204))
}

fn zone(sent: &Object) -> Result<Option<String>, ApiError> {
    let Some(name) = text(sent, "timeZone") else {
        return Ok(None);
    };
    let known = time::zone_named(name).map(|_| Some(name.to_owned()));
    known.ok_or_else(|| ApiError::invalid("Invalid time zone."))
}

/// Sets the fields that are given. People's lists do not say that a title changed.
fn set(calendar: &mut Calendar, sent: &Object) {
    for field in OWN {
        match sent.get(field) {
            None => {}
            Some(Value::Null) => drop(calendar.fields.remove(field)),
            Some(value) => drop(calendar.fields.insert(field.to_owned(), value.clone())),
        }
    }
    calendar.version += 1;
}

fn show(cx: &Cx<'_>, id: &str) -> Answer {
    let calendar = cx.state.calendars.get(id).ok_or_else(ApiError::not_found)?;
    let version = calendar.version.to_string();
    let mut out = object(json!({
        "kind": "calendar#calendar",
        "etag": digest::etag(cx.state.seed, &["calendar", id, &version]),
        "id": id,
        "timeZone": calendar.time_zone,
        "dataOwner": calendar.owner,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }));
    out.extend(calendar.fields.clone());
    Ok(Reply::json(Value::Object(out)))
}
