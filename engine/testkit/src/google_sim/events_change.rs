//! events.get, patch, update, delete and move.

use serde_json::Value;

use super::body;
use super::calendar::{Calendar, Row};
use super::context::Cx;
use super::error::ApiError;
use super::events_new::{admits, mail_about, show};
use super::json::{Object, merge, object, text, without_nulls};
use super::mangle;
use super::reply::{Answer, Reply};
use super::series::Pattern;
use super::state::Role;

/// Fields whose change makes a new version of the meeting (RFC 5545 3.8.7.4).
const SCHEDULE: [&str; 3] = ["start", "end", "recurrence"];

/// `GET calendars/{calendarId}/events/{eventId}`
pub(crate) fn get(cx: &mut Cx<'_>) -> Answer {
    let (name, row) = find(cx, Role::FreeBusyReader)?;
    let reply = show(cx, &name, &row.id)?;
    let tag = reply.headers.iter().find(|(header, _)| *header == "ETag");
    if tag.is_some_and(|(_, tag)| cx.call.if_none_match.as_ref() == Some(tag)) {
        return Ok(Reply::status(304));
    }
    Ok(reply)
}

/// `PATCH calendars/{calendarId}/events/{eventId}`
pub(crate) fn patch(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let (name, row) = find_to_write(cx)?;
    let mut whole = row.body.clone();
    merge(&mut whole, &body::clients_own(sent, admits(cx)));
    change(cx, &name, row, whole)
}

/// `PUT calendars/{calendarId}/events/{eventId}`
pub(crate) fn update(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let (name, row) = find_to_write(cx)?;
    let whole = without_nulls(&Value::Object(body::clients_own(sent, admits(cx))));
    change(cx, &name, row, object(whole))
}

/// `DELETE calendars/{calendarId}/events/{eventId}`
pub(crate) fn delete(cx: &mut Cx<'_>) -> Answer {
    let (name, row) = find(cx, Role::Writer)?;
    if row.cancelled {
        return Err(ApiError::deleted());
    }
    check_condition(cx, &name, &row)?;
    let now_ms = cx.now_ms;
    let id = row.id.clone();
    let calendar = cx.calendar(Role::Writer)?;
    calendar.rows.entry(id.clone()).or_insert(row);
    calendar.cancel(&id, now_ms);
    mail_about(cx, &name, &id);
    Ok(Reply::status(204))
}

/// `POST calendars/{calendarId}/events/{eventId}/move`
pub(crate) fn move_to(cx: &mut Cx<'_>) -> Answer {
    let (name, row) = find_to_write(cx)?;
    let target = cx.call.query.get("destination").unwrap_or_default();
    let target = cx.calendar_id(target);
    if row.event_type() != "default" || row.instance_of.is_some() {
        let words = "Events of this kind cannot be moved.";
        return Err(ApiError::new(400, "calendar", "cannotChangeOrganizer", words));
    }
    let held = cx.calendar_named(&target, Role::Writer)?;
    if held.rows.get(&row.id).is_some_and(|held| !held.cancelled) {
        return Err(ApiError::duplicate());
    }
    let (now_ms, id) = (cx.now_ms, row.id.clone());
    let source = cx.calendar_named(&name, Role::Writer)?;
    let exceptions = taken_away(source, &id, now_ms);
    let held = cx.calendar_named(&target, Role::Writer)?;
    put_down(held, row, exceptions, now_ms);
    mail_about(cx, &target, &id);
    show(cx, &target, &id)
}

/// Takes an event with its changed instances out of a calendar; bare ids stay behind.
pub(crate) fn taken_away(calendar: &mut Calendar, id: &str, now_ms: i64) -> Vec<Row> {
    let changed = calendar.changed_instances(id);
    calendar.cancel(id, now_ms);
    if let Some(row) = calendar.rows.get_mut(id) {
        row.bare = true;
    }
    changed
}

/// Puts an event with its changed instances into a calendar; what it was in another one is not told
/// there.
pub(crate) fn put_down(calendar: &mut Calendar, row: Row, changed: Vec<Row>, now_ms: i64) {
    for row in std::iter::once(row).chain(changed) {
        calendar.store(Row { updated_ms: now_ms, bare: false, previous: None, ..row });
    }
}

/// The event that a call names, and the id of its calendar.
fn find(cx: &mut Cx<'_>, needs: Role) -> Result<(String, Row), ApiError> {
    let naming = cx.naming();
    let id = cx.call.named("eventId");
    let calendar = cx.calendar(needs)?;
    let row = calendar.row(id, naming).ok_or_else(ApiError::not_found)?;
    Ok((calendar.id.clone(), row))
}

/// The same for a write: of a deleted event nothing can be written (its id stays taken), but a
/// cancelled instance can be brought back.
fn find_to_write(cx: &mut Cx<'_>) -> Result<(String, Row), ApiError> {
    let (name, row) = find(cx, Role::Writer)?;
    check_condition(cx, &name, &row)?;
    if row.cancelled && (row.bare || row.instance_of.is_none()) {
        return Err(ApiError::forbidden());
    }
    Ok((name, row))
}

fn check_condition(cx: &Cx<'_>, calendar: &str, row: &Row) -> Result<(), ApiError> {
    let Some(wanted) = &cx.call.if_match else {
        return Ok(());
    };
    let view = cx.view(calendar)?;
    let held = cx.state.calendars.get(calendar).ok_or_else(ApiError::not_found)?;
    let tag = view.tag(held, row);
    let mut tags = wanted.split(',').map(str::trim);
    if tags.any(|known| known == "*" || known == tag) { Ok(()) } else { Err(ApiError::condition()) }
}

fn change(cx: &mut Cx<'_>, name: &str, row: Row, whole: Object) -> Answer {
    let (now_ms, mangles) = (cx.now_ms, cx.profile.writes.mangles);
    let asked = cx.call.object()?.get("sequence").and_then(Value::as_i64);
    let calendar = cx.calendar_named(name, Role::Writer)?;
    if asked.is_some_and(|asked| asked < row.sequence) {
        let words = "Invalid sequence value. The specified sequence number is below the current \
                     sequence number of the resource.";
        return Err(ApiError::invalid(words));
    }
    refuse_foreign_shared(calendar, &row, &whole)?;
    let mut next = rewritten(calendar, &row, whole, now_ms)?;
    if mangles {
        next.body = mangle::body(next.body, &next.id);
    }
    next.sequence = next.sequence.max(asked.unwrap_or(0));
    let id = next.id.clone();
    if next.body != row.body || next.cancelled != row.cancelled || next.sequence != row.sequence {
        store_changed(calendar, &row, next, now_ms);
        mail_about(cx, name, &id);
    }
    show(cx, name, &id)
}

/// Only who organises an event may change what all guests share.
fn refuse_foreign_shared(calendar: &Calendar, row: &Row, whole: &Object) -> Result<(), ApiError> {
    let email = row.organizer.as_ref().and_then(|value| value.get("email")?.as_str());
    let own = email.is_none_or(|email| email == calendar.owner || email == calendar.id);
    let shared =
        |body: &Object| body.get("extendedProperties").and_then(|held| held.get("shared")).cloned();
    if own || shared(whole) == shared(&row.body) {
        return Ok(());
    }
    let words = "Shared properties can only be changed by the organizer of the event.";
    Err(ApiError::new(403, "calendar", "forbiddenForNonOrganizer", words))
}

/// The row with another content. Reminders do not move `updated`.
pub(crate) fn rewritten(
    calendar: &Calendar,
    row: &Row,
    whole: Object,
    now_ms: i64,
) -> Result<Row, ApiError> {
    let mut body = body::accept(whole, calendar)?;
    let cancelled = text(&body, "status") == Some("cancelled");
    if cancelled {
        body.remove("status");
    }
    if row.instance_of.is_some() {
        body.remove("recurrence");
    }
    let differs = |field: &str| body.get(field) != row.body.get(field);
    let quiet = |body: &Object| {
        let mut body = body.clone();
        body.remove("reminders");
        body
    };
    let moved = SCHEDULE.into_iter().any(differs) || cancelled != row.cancelled;
    let mut next = row.clone();
    if moved || quiet(&body) != quiet(&row.body) {
        next.updated_ms = now_ms;
    }
    next.sequence += i64::from(moved);
    next.cancelled = cancelled;
    next.body = body;
    Ok(next)
}

/// Stores it; of a series those changed instances go that the new rule does not give any more.
pub(crate) fn store_changed(calendar: &mut Calendar, old: &Row, next: Row, now_ms: i64) {
    let id = next.id.clone();
    let moved = SCHEDULE.iter().any(|field| old.body.get(*field) != next.body.get(*field));
    let gone = next.cancelled;
    let pattern = Pattern::read(&next.body).ok().flatten();
    calendar.store(next);
    if gone || (moved && old.is_master()) {
        calendar.drop_exceptions(&id, now_ms, |key| {
            !gone && pattern.as_ref().is_some_and(|pattern| pattern.at(key).is_some())
        });
    }
}
