//! MKCALENDAR, extended MKCOL and PROPPATCH (RFC 4791 section 5.3.1, RFC 5689, RFC 4918 section
//! 9.2).

use super::context::Cx;
use super::multistatus;
use super::profile::PropertyChange;
use super::reply::Reply;
use super::state::{Calendar, CollectionKind, with_slash};
use super::xml::{CAL, DAV, Element, Name};

/// MKCALENDAR.
pub(crate) fn make_calendar(cx: &mut Cx<'_>) -> Reply {
    match request_of(cx, CAL, "mkcalendar") {
        Ok(asked) => make(cx, asked),
        Err(reply) => reply,
    }
}

/// Extended MKCOL with a calendar's resource type.
pub(crate) fn make_collection(cx: &mut Cx<'_>) -> Reply {
    match request_of(cx, DAV, "mkcol") {
        Ok(Some(asked)) if asked.contains(CAL, "calendar") => make(cx, Some(asked)),
        Ok(_) => Reply::refused(403, DAV, "valid-resourcetype"),
        Err(reply) => reply,
    }
}

fn request_of<'a>(cx: &Cx<'a>, ns: &str, name: &str) -> Result<Option<&'a Element>, Reply> {
    let sent = cx.sent;
    if cx.request.body.is_empty() {
        return Ok(None);
    }
    match sent.xml() {
        Ok(root) if root.is(ns, name) => Ok(Some(root)),
        Ok(root) => Err(Reply::words(400, &format!("{} is no {name}", root.name))),
        Err(why) => Err(Reply::words(400, why)),
    }
}

fn make(cx: &mut Cx<'_>, asked: Option<&Element>) -> Reply {
    if let Err(status) = cx.profile.writes.make_calendar {
        return Reply::status(status);
    }
    let path = with_slash(&cx.path);
    let again = cx.profile.writes.make_again;
    if cx.state.calendars.contains_key(&path) {
        return match again {
            405 => Reply::status(405),
            status => Reply::refused(status, DAV, "resource-must-be-null"),
        };
    }
    let Some(owner) = cx.state.owner_of(&path).map(str::to_owned) else {
        return Reply::status(403);
    };
    let parent = path.trim_end_matches('/').rsplit_once('/').map(|(parent, _)| parent);
    let in_home = cx.state.users.get(&owner).zip(parent).is_some_and(|(user, parent)| {
        [&user.home, &user.shared_home].iter().any(|home| home.trim_end_matches('/') == parent)
    });
    if !in_home {
        return Reply::refused(403, CAL, "calendar-collection-location-ok");
    }
    let mut calendar = Calendar {
        owner,
        kind: CollectionKind::Calendar,
        components: vec!["VEVENT".to_owned()],
        incarnation: u64::try_from(cx.now_ms).unwrap_or(0),
        ..Calendar::default()
    };
    for property in properties(asked) {
        set(&mut calendar, property);
    }
    cx.state.calendars.insert(path, calendar);
    Reply::status(201)
}

fn properties(asked: Option<&Element>) -> Vec<Element> {
    let sets = asked.into_iter().flat_map(|root| root.all(DAV, "set"));
    sets.flat_map(|set| set.all(DAV, "prop")).flat_map(|prop| prop.children.clone()).collect()
}

fn set(calendar: &mut Calendar, property: Element) {
    if property.is(CAL, "supported-calendar-component-set") {
        let kinds = property.all(CAL, "comp").filter_map(|kind| kind.attrs.get("name").cloned());
        calendar.components = kinds.collect();
    } else if !property.is(DAV, "resourcetype") {
        calendar.properties.insert(property.qname(), property);
    }
}

/// PROPPATCH on a calendar.
pub(crate) fn proppatch(cx: &mut Cx<'_>) -> Reply {
    let asked = match request_of(cx, DAV, "propertyupdate") {
        Ok(Some(asked)) => asked,
        Ok(None) => return Reply::words(400, "propertyupdate is missing"),
        Err(reply) => return reply,
    };
    let Some(path) = cx.calendar_path() else {
        return Reply::status(404);
    };
    if let Some(reply) = cx.forbidden(&path) {
        return reply;
    }
    let now_ms = cx.now_ms;
    let noted = cx
        .profile
        .changes
        .sync
        .as_ref()
        .is_some_and(|sync| sync.proppatch != PropertyChange::Silent);
    let mut names: Vec<Name> = Vec::new();
    if let Some(calendar) = cx.state.calendars.get_mut(&path) {
        for change in &asked.children {
            for property in change.all(DAV, "prop").flat_map(|prop| &prop.children) {
                names.push(property.qname());
                if change.is(DAV, "remove") {
                    calendar.properties.remove(&property.qname());
                } else {
                    set(calendar, property.clone());
                }
            }
        }
        if noted {
            calendar.record("", Some(0), now_ms);
        }
    }
    let done = names.iter().map(Element::named).collect();
    let response =
        Element::new(DAV, "response").with(cx.href(&path)).with(multistatus::propstat(done, 200));
    Reply::multistatus(Element::new(DAV, "multistatus").with(response))
}
