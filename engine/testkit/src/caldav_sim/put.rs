//! PUT: conditions, refusals, rewriting and storing (RFC 4791 section 5.3.2).

use super::context::Cx;
use super::ics_check::{self, Inspection};
use super::profile::{EtagOnPut, StoredName, UidRule};
use super::reply::Reply;
use super::rewrite::rewrite;
use super::scheduling;
use super::state::Resource;
use super::xml::{CAL, DAV, Element};

/// PUT of one calendar object resource.
pub(crate) fn put(cx: &mut Cx<'_>) -> Reply {
    let Some((calendar, name)) = cx.state.split(&cx.path) else {
        return Reply::status(if cx.calendar_path().is_some() { 405 } else { 409 });
    };
    if let Some(reply) = cx.forbidden(&calendar) {
        return reply;
    }
    if let Some(reply) = conditions(cx) {
        return reply;
    }
    if cx.profile.writes.max_octets.is_some_and(|max| cx.request.body.len() > max) {
        return Reply::refused(403, CAL, "max-resource-size");
    }
    let sent = cx.sent;
    let Ok(found) = sent.calendar() else {
        let status = cx.profile.writes.validation.garbage;
        return Reply::refused(status, CAL, "valid-calendar-data");
    };
    if let Some(reply) = invalid(cx, found).or_else(|| unsupported(cx, &calendar, found)) {
        return reply;
    }
    if let Some(reply) = uid_refusal(cx, &calendar, &name, found) {
        return reply;
    }
    store(cx, &calendar, &name, found)
}

fn conditions(cx: &Cx<'_>) -> Option<Reply> {
    let old = cx.state.resource(&cx.path);
    let must_be_new = cx.request.get("if-none-match").map(str::trim) == Some("*");
    if must_be_new && old.is_some() && cx.profile.writes.if_none_match {
        return Some(Reply::status(412));
    }
    cx.precondition(old)
}

fn invalid(cx: &Cx<'_>, found: &Inspection) -> Option<Reply> {
    let rules = &cx.profile.writes.validation;
    let malformed = found.uids.len() > 1 || found.no_start || found.kinds.is_empty();
    let refusal = |holds: bool, status: Option<u16>, name| {
        status.filter(|_| holds).map(|status| match status {
            500.. => Reply::status(status),
            _ => Reply::refused(status, CAL, name),
        })
    };
    refusal(found.no_uid, rules.no_uid, "valid-calendar-object-resource")
        .or_else(|| refusal(malformed, rules.malformed, "valid-calendar-object-resource"))
        .or_else(|| refusal(found.method, rules.method, "valid-calendar-object-resource"))
        .or_else(|| refusal(found.bad_rule, rules.bad_rule, "valid-calendar-data"))
        .or_else(|| refusal(found.unknown_zone, rules.unknown_zone, "valid-calendar-data"))
}

fn unsupported(cx: &Cx<'_>, calendar: &str, found: &Inspection) -> Option<Reply> {
    let status = cx.profile.writes.validation.component?;
    let taken = &cx.state.calendars.get(calendar)?.components;
    let fits = found.kinds.iter().all(|kind| taken.contains(kind));
    (!fits).then(|| Reply::refused(status, CAL, "supported-calendar-component"))
}

fn uid_refusal(cx: &Cx<'_>, calendar: &str, name: &str, found: &Inspection) -> Option<Reply> {
    let uid = found.uids.first()?;
    if let Some((status, rival)) = conflict(cx, calendar, name, uid) {
        let element = Element::new(CAL, "no-uid-conflict").with(cx.href(&rival));
        return Some(Reply::refused_with(status, element));
    }
    let status = cx.profile.writes.trash?;
    let owner = &cx.state.calendars.get(calendar)?.owner;
    let binned = cx.state.users.get(owner)?.trash.contains(uid);
    let why = Element::new(DAV, "message").text("deleted calendar object with this uid");
    binned.then(|| Reply::refused_with(status, why))
}

/// The path of another resource that holds the UID, and the status for it.
pub(crate) fn conflict(
    cx: &Cx<'_>,
    calendar: &str,
    name: &str,
    uid: &str,
) -> Option<(u16, String)> {
    let (status, everywhere) = match cx.profile.writes.uid {
        UidRule::Free => return None,
        UidRule::Calendar(status) => (status, false),
        UidRule::User(status) => (status, true),
    };
    let owner = &cx.state.calendars.get(calendar)?.owner;
    let rivals = cx
        .state
        .calendars
        .iter()
        .filter(|(path, held)| *path == calendar || (everywhere && held.owner == *owner));
    let mut rivals = rivals.flat_map(|(path, held)| {
        let same = held.resources.iter().filter(move |(_, resource)| resource.uid == uid);
        same.map(move |(rival, _)| (path.as_str(), rival.as_str()))
    });
    let rival = rivals.find(|rival| *rival != (calendar, name))?;
    Some((status, format!("{}{}", rival.0, rival.1)))
}

fn store(cx: &mut Cx<'_>, calendar: &str, asked: &str, found: &Inspection) -> Reply {
    let sent = String::from_utf8_lossy(&cx.request.body).into_owned();
    let text = rewrite(&sent, &found.calendar, cx.profile.storage.rewrite);
    let uid = ics_check::uid(&text).unwrap_or_default();
    let name = match cx.profile.storage.name {
        StoredName::Asked => asked.to_owned(),
        StoredName::Uid => format!("{}.ics", uid.replace('/', "-")),
    };
    let kept = match scheduling::stored(cx, calendar, &name, found, &text) {
        true => Kept::Scheduled,
        false if text == sent => Kept::Verbatim,
        false => Kept::Rewritten,
    };
    let now_ms = cx.now_ms;
    let noop_counts = cx.profile.changes.sync.as_ref().is_some_and(|sync| sync.noop_put);
    let Some(held) = cx.state.calendars.get_mut(calendar) else {
        return Reply::status(409);
    };
    let old = held.resources.get(&name).map(|resource| resource.text == text);
    if old != Some(true) || noop_counts {
        held.store(&name, text, uid, now_ms);
    }
    let Some(resource) = held.resources.get(&name).cloned() else {
        return Reply::status(500);
    };
    if cx.profile.storage.etag_stale_after_put
        && let Some(stored) = held.resources.get_mut(&name)
    {
        stored.touched += 1;
    }
    let mut reply = Reply::status(if old.is_some() { 204 } else { 201 });
    if name != asked {
        reply = reply.header("Location", &cx.href_text(&format!("{calendar}{name}")));
    }
    with_etag(cx, reply, &resource, kept)
}

/// What became of the body that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Verbatim,
    Rewritten,
    Scheduled,
}

fn with_etag(cx: &Cx<'_>, reply: Reply, resource: &Resource, kept: Kept) -> Reply {
    let Some(tag) = cx.etag(resource) else {
        return reply;
    };
    match cx.profile.storage.etag_on_put {
        EtagOnPut::Always if kept != Kept::Scheduled => reply.header("ETag", &tag),
        EtagOnPut::UnlessChanged if kept == Kept::Verbatim => reply.header("ETag", &tag),
        EtagOnPut::OcOnly => reply.header("OC-ETag", &tag),
        EtagOnPut::Always | EtagOnPut::UnlessChanged | EtagOnPut::Never => reply,
    }
}
