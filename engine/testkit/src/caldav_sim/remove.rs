//! DELETE and MOVE (RFC 4918 sections 9.6 and 9.9).

use super::context::Cx;
use super::put::conflict;
use super::reply::Reply;
use super::scheduling;
use super::xml::{CAL, Element};

/// DELETE of a resource or a calendar.
pub(crate) fn delete(cx: &mut Cx<'_>) -> Reply {
    if let Some(path) = cx.calendar_path() {
        return delete_calendar(cx, &path);
    }
    let Some((calendar, name)) = cx.state.split(&cx.path) else {
        return Reply::status(404);
    };
    let Some(resource) = cx.state.resource(&cx.path).cloned() else {
        return Reply::status(404);
    };
    if let Some(reply) = cx.forbidden(&calendar) {
        return reply;
    }
    if cx.profile.writes.delete_if_match
        && let Some(reply) = cx.precondition(Some(&resource))
    {
        return reply;
    }
    let path = cx.path.clone();
    scheduling::deleted(cx, &path, &resource);
    let now_ms = cx.now_ms;
    let owner = cx.state.calendars.get_mut(&calendar).map(|held| {
        held.discard(&name, now_ms);
        held.owner.clone()
    });
    if let Some(user) = owner.and_then(|owner| cx.state.users.get_mut(&owner)) {
        user.trash.insert(resource.uid);
    }
    Reply::status(cx.profile.writes.delete_status)
}

fn delete_calendar(cx: &mut Cx<'_>, path: &str) -> Reply {
    if let Some(reply) = cx.forbidden(path) {
        return reply;
    }
    if !cx.profile.writes.keeps_calendars {
        cx.state.calendars.remove(path);
    }
    Reply::status(cx.profile.writes.delete_status)
}

/// MOVE of a resource.
pub(crate) fn move_resource(cx: &mut Cx<'_>) -> Reply {
    let Some((from, name)) = cx.state.split(&cx.path) else {
        return Reply::status(404);
    };
    let Some(resource) = cx.state.resource(&cx.path).cloned() else {
        return Reply::status(404);
    };
    let Some(destination) = cx.request.get("destination") else {
        return Reply::words(400, "Destination is missing");
    };
    let destination = cx.resolve(destination);
    let Some((to, new_name)) = cx.state.split(&destination) else {
        return Reply::status(409);
    };
    if let Some(reply) = cx.forbidden(&from).or_else(|| cx.forbidden(&to)) {
        return reply;
    }
    if let Some(reply) = cx.precondition(Some(&resource)) {
        return reply;
    }
    let taken = cx.state.resource(&destination).is_some();
    if taken && cx.request.get("overwrite") == Some("F") {
        return Reply::status(412);
    }
    if let Some((status, rival)) = conflict(cx, &to, &new_name, &resource.uid)
        && rival != cx.path
    {
        let element = Element::new(CAL, "no-uid-conflict").with(cx.href(&rival));
        return Reply::refused_with(status, element);
    }
    let now_ms = cx.now_ms;
    if let Some(held) = cx.state.calendars.get_mut(&from) {
        held.discard(&name, now_ms);
    }
    if let Some(held) = cx.state.calendars.get_mut(&to) {
        held.store(&new_name, resource.text, resource.uid, now_ms);
    }
    Reply::status(if taken { 204 } else { 201 })
}
