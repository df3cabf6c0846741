//! events.insert and events.import: new events, under ids of the client or of the server.

use serde_json::{Value, json};

use super::body::{self, Admits};
use super::calendar::Row;
use super::context::Cx;
use super::digest;
use super::error::ApiError;
use super::json::{Object, objects, text};
use super::mail;
use super::mangle;
use super::reply::{Answer, Reply};
use super::show::Stub;
use super::state::Role;

/// `POST calendars/{calendarId}/events`
pub(crate) fn insert(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let id = new_id(cx, sent)?;
    let calendar = cx.calendar(Role::Writer)?;
    let uid = match (text(sent, "iCalUID"), text(sent, "id")) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid("Only one of id and iCalUID can be specified."));
        }
        (Some(uid), None) if calendar.rows.values().any(|row| !row.cancelled && row.uid == uid) => {
            return Err(ApiError::duplicate());
        }
        (Some(uid), None) => uid.to_owned(),
        (None, _) => format!("{id}@google.com"),
    };
    if calendar.rows.contains_key(&id) {
        return Err(ApiError::duplicate());
    }
    let row = Row { id, uid, ..Row::default() };
    store_new(cx, row, sent)
}

/// `POST calendars/{calendarId}/events/import`
pub(crate) fn import(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let uid = text(sent, "iCalUID").ok_or_else(|| ApiError::required("Missing iCalUID."))?;
    let user = cx.caller.user.clone();
    let calendar = cx.calendar(Role::Writer)?;
    let organizer = sent.get("organizer").cloned();
    let organizes = organizer.as_ref().is_none_or(|value| value["email"] == json!(user));
    let attends = objects(sent, "attendees").any(|guest| text(guest, "email") == Some(&user));
    if !organizes && !attends {
        let words = "The owner of the calendar must either be the organizer or an attendee of an \
                     event that is imported.";
        let reason = "participantIsNeitherOrganizerNorAttendee";
        return Err(ApiError::new(400, "calendar", reason, words));
    }
    let held = calendar.rows.values().find(|row| row.uid == uid && row.instance_of.is_none());
    let sequence = sent.get("sequence").and_then(Value::as_i64).unwrap_or(0);
    if held.is_some_and(|row| !row.cancelled && row.sequence >= sequence) {
        return Err(ApiError::duplicate());
    }
    let held = held.cloned();
    let id = match &held {
        Some(row) => row.id.clone(),
        None => new_id(cx, &Object::new())?,
    };
    let row = Row { id, uid: uid.to_owned(), organizer, ..held.unwrap_or_default() };
    store_new(cx, Row { sequence, cancelled: false, ..row }, sent)
}

/// The id that the client chose, once it is one, else another.
fn new_id(cx: &mut Cx<'_>, sent: &Object) -> Result<String, ApiError> {
    let Some(id) = text(sent, "id") else {
        let number = cx.state.draw();
        return Ok(digest::opaque_id(cx.state.seed, &["event", &number]));
    };
    let fits = |c: char| c.is_ascii_digit() || ('a'..='v').contains(&c);
    if !(5..=1_024).contains(&id.len()) || !id.chars().all(fits) {
        return Err(ApiError::invalid("Invalid resource id value.").at("parameter", "resource.id"));
    }
    Ok(id.to_owned())
}

fn store_new(cx: &mut Cx<'_>, mut row: Row, sent: &Object) -> Answer {
    let now_ms = cx.now_ms;
    let admits = admits(cx);
    let mangles = cx.profile.writes.mangles;
    let creator = cx.caller.user.clone();
    let calendar = cx.calendar(Role::Writer)?;
    let own = super::json::without_nulls(&Value::Object(body::clients_own(sent, admits)));
    row.body = body::accept(super::json::object(own), calendar)?;
    let cancelled = text(&row.body, "status") == Some("cancelled");
    row.body = if mangles { mangle::body(row.body, &row.id) } else { row.body };
    row = Row { created_ms: now_ms, updated_ms: now_ms, creator, cancelled, ..row };
    if let Some(sequence) = sent.get("sequence").and_then(Value::as_i64) {
        row.sequence = sequence;
    }
    let (id, name) = (row.id.clone(), calendar.id.clone());
    calendar.store(row);
    mail_about(cx, &name, &id);
    show(cx, &name, &id)
}

/// Sends what a write to an event causes.
pub(crate) fn mail_about(cx: &mut Cx<'_>, calendar: &str, id: &str) {
    let held = cx.state.calendars.get(calendar);
    let row = held.and_then(|held| held.rows.get(id)).filter(|row| mail::has_guests(row));
    if let Some(row) = row.cloned() {
        mail::send(cx, calendar, &row);
    }
}

/// The answer to a write: the event as it is now.
pub(crate) fn show(cx: &mut Cx<'_>, calendar: &str, id: &str) -> Answer {
    let view = cx.view(calendar)?;
    let naming = cx.naming();
    let held = cx.state.calendars.get_mut(calendar).ok_or_else(ApiError::not_found)?;
    let row = held.row(id, naming).ok_or_else(ApiError::not_found)?;
    let body = view.event(held, &row, Stub::Details);
    Ok(Reply::json(body).header("ETag", &view.tag(held, &row)))
}

/// What the query of a write lets through.
pub(crate) fn admits(cx: &Cx<'_>) -> Admits {
    let query = &cx.call.query;
    Admits {
        conference: query.get("conferenceDataVersion") == Some("1"),
        attachments: query.on("supportsAttachments"),
    }
}
