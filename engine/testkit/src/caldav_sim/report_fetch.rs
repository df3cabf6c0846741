//! calendar-multiget (RFC 4791 section 7.9) and GET.

use super::clock::http_date;
use super::context::Cx;
use super::multistatus::{self, Wanted};
use super::profile::MultigetMissing;
use super::properties::Target;
use super::reply::{Body, Reply};
use super::report::poisoned;
use super::state::Resource;
use super::xml::{DAV, Element};

/// calendar-multiget.
pub(crate) fn multiget(cx: &Cx<'_>, calendar: &str, root: &Element) -> Reply {
    let mut hrefs: Vec<&str> = root.all(DAV, "href").map(|href| href.text.as_str()).collect();
    match cx.profile.reads.multiget_max {
        // Without a word about the others.
        Some((max, 207)) => hrefs.truncate(max),
        Some((max, status)) if hrefs.len() > max => return Reply::status(status),
        Some(_) | None => {}
    }
    let wanted = Wanted::read(Some(root));
    let mut responses = Vec::new();
    if cx.profile.spelling.self_in_reports {
        let own = Target::Collection(calendar.to_owned());
        responses.push(multistatus::found(cx, &own, &wanted, true));
    }
    let mut fetched: Vec<&Resource> = Vec::new();
    for href in hrefs {
        let path = cx.resolve(href);
        let member = cx.state.split(&path).filter(|(parent, _)| parent == calendar);
        let held = cx.state.resource(&path).filter(|resource| cx.shown(resource));
        match (member, held) {
            (Some((parent, name)), Some(resource)) => {
                fetched.push(resource);
                let target = Target::Member(parent, name);
                responses.push(multistatus::found(cx, &target, &wanted, true));
            }
            (_, _) => match cx.profile.reads.multiget_missing {
                MultigetMissing::NotFound => responses.push(multistatus::gone(cx, &path, 404)),
                MultigetMissing::Omitted => {}
                MultigetMissing::Whole => return Reply::status(404),
            },
        }
    }
    if let Some(reply) = poisoned(cx, fetched) {
        return reply;
    }
    Reply::multistatus(multistatus::document(cx, responses))
}

/// GET and HEAD. The carrier drops the body of a HEAD.
pub(crate) fn get(cx: &Cx<'_>) -> Reply {
    if let Some(resource) = cx.state.resource(&cx.path).filter(|resource| cx.shown(resource)) {
        return get_resource(cx, resource);
    }
    match cx.calendar_path() {
        Some(path) if cx.profile.reads.collection_get => whole(cx, &path),
        Some(_) => Reply::status(405),
        None => Reply::status(404),
    }
}

fn get_resource(cx: &Cx<'_>, resource: &Resource) -> Reply {
    let asked = cx.request.get("if-none-match");
    if cx.profile.reads.get_304 && asked.is_some_and(|tag| cx.matches(tag, Some(resource))) {
        return Reply::status(304);
    }
    let reply = Reply::status(200)
        .header("Content-Type", "text/calendar; charset=utf-8")
        .header("Last-Modified", &http_date(resource.modified_ms))
        .body(Body::Bytes(resource.text.clone().into_bytes()));
    match cx.etag(resource) {
        Some(tag) => reply.header("ETag", &tag),
        None => reply,
    }
}

/// All members in one object, as some servers give it for the collection.
fn whole(cx: &Cx<'_>, path: &str) -> Reply {
    let mut merged = super::ics::Component::new("VCALENDAR");
    merged.lines.push(super::ics::Line::new("VERSION", "2.0"));
    merged.lines.push(super::ics::Line::new("PRODID", "-//server//EN"));
    let texts = cx.state.calendars.get(path).map(|held| held.resources.values());
    for resource in texts.into_iter().flatten() {
        if let Ok(calendar) = super::ics::read(&resource.text) {
            merged.children.extend(calendar.children);
        }
    }
    Reply::status(200)
        .header("Content-Type", "text/calendar; charset=utf-8")
        .body(Body::Bytes(merged.write().into_bytes()))
}
