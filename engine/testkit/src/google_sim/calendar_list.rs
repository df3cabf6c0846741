//! calendarList: what a person sees in the column of calendars.

use serde_json::{Value, json};

use super::context::Cx;
use super::digest;
use super::error::ApiError;
use super::json::{Object, object, text};
use super::paging::{Cursor, ListOf};
use super::reply::{Answer, Reply};
use super::state::{Entry, Role};

/// What a person may set of an entry.
const OWN: [&str; 8] = [
    "summaryOverride",
    "colorId",
    "backgroundColor",
    "foregroundColor",
    "hidden",
    "selected",
    "defaultReminders",
    "notificationSettings",
];

/// `GET users/me/calendarList`
pub(crate) fn list(cx: &mut Cx<'_>) -> Answer {
    let (now_ms, seed) = (cx.now_ms, cx.state.seed);
    let habits = cx.profile.lists.clone();
    let call = cx.call;
    let query = &call.query;
    if query.has("syncToken") {
        for name in ["minAccessRole", "showOwnOrganizationOnly"] {
            if query.has(name) {
                let words = format!("{name} cannot be used together with syncToken.");
                return Err(ApiError::invalid(words).at("parameter", name));
            }
        }
    }
    let name = cx.caller.user.clone();
    let user = cx.user()?;
    let list = ListOf { seed, name: &name, query, oldest: user.list_oldest };
    let cursor = list.cursor(user.list_seq, now_ms)?;
    let ids = chosen(cx, &cursor)?;
    let size = query.page(100, 250).min(habits.page_max);
    let mut ids: Vec<String> = ids.into_iter().filter(|id| *id > cursor.after).collect();
    let more = ids.len() > size;
    ids.truncate(size);
    let items: Vec<Value> = ids.iter().filter_map(|id| shown(cx, id)).collect();
    let mut out = object(json!({
        "kind": "calendar#calendarList",
        "etag": format!("\"p{:016}\"", cursor.until),
        "items": items,
    }));
    let last = ids.pop().filter(|_| more);
    if let Some(after) = last {
        out.insert("nextPageToken".to_owned(), json!(list.page(&Cursor { after, ..cursor })));
    } else if let Some(token) = list.sync(&cursor, now_ms).filter(|_| !habits.no_sync_token) {
        out.insert("nextSyncToken".to_owned(), json!(token));
    }
    Ok(Reply::json(Value::Object(out)))
}

/// The ids that a list is about, rising.
fn chosen(cx: &mut Cx<'_>, cursor: &Cursor) -> Result<Vec<String>, ApiError> {
    let query = &cx.call.query;
    let least = query.get("minAccessRole").and_then(Role::named);
    let since = cursor.since;
    let deleted = since.is_some() || query.on("showDeleted");
    let hidden = since.is_some() || query.on("showHidden");
    let name = cx.caller.user.clone();
    let user = cx.user()?;
    let fits = |entry: &Entry| {
        since.is_none_or(|since| entry.seq > since)
            && (deleted || !entry.deleted)
            && (hidden || entry.own.get("hidden") != Some(&json!(true)))
    };
    let found = user.list.iter().filter(|(_, entry)| fits(entry));
    let found: Vec<String> = found.map(|(id, _)| id.clone()).collect();
    let enough = |id: &String| least.is_none() || cx.state.role(&name, id) >= least;
    Ok(found.into_iter().filter(enough).collect())
}

/// `GET users/me/calendarList/{calendarId}`
pub(crate) fn get(cx: &mut Cx<'_>) -> Answer {
    let id = cx.calendar_id(cx.call.named("calendarId"));
    let held = cx.user()?.list.get(&id).is_some_and(|entry| !entry.deleted);
    let found = shown(cx, &id).filter(|_| held);
    found.map(Reply::json).ok_or_else(ApiError::not_found)
}

/// `POST users/me/calendarList`: takes a calendar into the list that was shared before.
pub(crate) fn insert(cx: &mut Cx<'_>) -> Answer {
    let sent = cx.call.object()?;
    let id = text(sent, "id").ok_or_else(|| ApiError::required("Missing calendar id."))?;
    let id = cx.calendar_id(id);
    cx.state.role(&cx.caller.user, &id).ok_or_else(ApiError::not_found)?;
    set(cx, &id, sent, false)
}

/// `PATCH users/me/calendarList/{calendarId}`
pub(crate) fn patch(cx: &mut Cx<'_>) -> Answer {
    change(cx, false)
}

/// `PUT users/me/calendarList/{calendarId}`
pub(crate) fn update(cx: &mut Cx<'_>) -> Answer {
    change(cx, true)
}

/// `DELETE users/me/calendarList/{calendarId}`
pub(crate) fn delete(cx: &mut Cx<'_>) -> Answer {
    let id = cx.calendar_id(cx.call.named("calendarId"));
    let primary = id == cx.caller.user;
    let user = cx.user()?;
    if user.list.get(&id).is_none_or(|entry| entry.deleted) {
        return Err(ApiError::not_found());
    }
    if primary {
        let words = "A primary calendar cannot be removed from the list.";
        return Err(ApiError::new(403, "calendar", "cannotUnsubscribePrimaryCalendar", words));
    }
    user.touch(&id, |entry| entry.deleted = true);
    Ok(Reply::status(204))
}

fn change(cx: &mut Cx<'_>, whole: bool) -> Answer {
    let sent = cx.call.object()?;
    let id = cx.calendar_id(cx.call.named("calendarId"));
    if cx.user()?.list.get(&id).is_none_or(|entry| entry.deleted) {
        return Err(ApiError::not_found());
    }
    set(cx, &id, sent, whole)
}

fn set(cx: &mut Cx<'_>, id: &str, sent: &Object, whole: bool) -> Answer {
    cx.user()?.touch(id, |entry| {
        entry.deleted = false;
        if whole {
            entry.own.clear();
        }
        for field in OWN {
            match sent.get(field) {
                None => {}
                Some(Value::Null) => drop(entry.own.remove(field)),
                Some(value) => drop(entry.own.insert(field.to_owned(), value.clone())),
            }
        }
        if entry.own.get("hidden") == Some(&json!(false)) {
            entry.own.remove("hidden");
        }
    });
    shown(cx, id).map(Reply::json).ok_or_else(ApiError::not_found)
}

/// The resource of an entry.
pub(crate) fn shown(cx: &Cx<'_>, id: &str) -> Option<Value> {
    let user = cx.state.users.get(&cx.caller.user)?;
    let entry = user.list.get(id)?;
    let etag = digest::etag(cx.state.seed, &["entry", id, &entry.seq.to_string()]);
    let mut out = object(json!({"kind": "calendar#calendarListEntry", "etag": etag, "id": id}));
    let calendar = cx.state.calendars.get(id);
    let role = cx.state.role(&cx.caller.user, id);
    let (Some(calendar), Some(role), false) = (calendar, role, entry.deleted) else {
        out.insert("deleted".to_owned(), json!(true));
        return Some(Value::Object(out));
    };
    out.extend(calendar.fields.clone());
    out.extend(object(json!({
        "timeZone": calendar.time_zone,
        "accessRole": role.name(),
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": true,
        "defaultReminders": [],
        "dataOwner": calendar.owner,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    })));
    if calendar.id == cx.caller.user {
        out.insert("primary".to_owned(), json!(true));
    }
    out.extend(entry.own.clone());
    Some(Value::Object(out))
}
