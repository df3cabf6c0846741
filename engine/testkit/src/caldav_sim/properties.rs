//! Live and stored properties of principals, homes, calendars and their members.

use super::clock::http_date;
use super::context::Cx;
use super::state::{Calendar, CollectionKind, User};
use super::tokens;
use super::xml::{CAL, CS, DAV, Element, Name};

/// What a response is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A collection, by its path with the final slash.
    Collection(String),
    /// A member: the calendar's path and the member's name.
    Member(String, String),
}

impl Target {
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Collection(path) => path.clone(),
            Self::Member(calendar, name) => format!("{calendar}{name}"),
        }
    }
}

/// What `allprop` gives.
pub(crate) fn usual() -> Vec<Name> {
    [
        "resourcetype",
        "displayname",
        "getetag",
        "getcontenttype",
        "getcontentlength",
        "getlastmodified",
    ]
    .map(|name| (DAV.into(), name.into()))
    .to_vec()
}

/// The property, or `None` where the target has none of that name.
pub(crate) fn value(cx: &Cx<'_>, target: &Target, name: &Name, data: bool) -> Option<Element> {
    match target {
        Target::Member(calendar, member) => of_member(cx, calendar, member, name, data),
        Target::Collection(path) => {
            let calendar = cx.state.calendars.get(path);
            of_everything(cx, path, calendar, name)
                .or_else(|| calendar.and_then(|held| of_calendar(cx, path, held, name)))
                .or_else(|| of_principal(cx, path, name))
        }
    }
}

fn of_member(
    cx: &Cx<'_>,
    calendar: &str,
    member: &str,
    name: &Name,
    data: bool,
) -> Option<Element> {
    let resource = cx.state.calendars.get(calendar)?.resources.get(member)?;
    let kind = || super::ics_check::inspect(resource.text.as_bytes()).ok();
    let element = Element::named(name);
    match (&*name.0, &*name.1) {
        (DAV, "resourcetype") => Some(element),
        (DAV, "getetag") => cx.etag(resource).map(|tag| element.text(&tag)),
        (DAV, "getcontenttype") => {
            let kinds = kind().map(|found| found.kinds).unwrap_or_default();
            let kind = kinds.first().map_or("vevent", String::as_str).to_ascii_lowercase();
            Some(element.text(&format!("text/calendar; charset=utf-8; component={kind}")))
        }
        (DAV, "getcontentlength") => Some(element.text(&resource.text.len().to_string())),
        (DAV, "getlastmodified") => Some(element.text(&http_date(resource.modified_ms))),
        (DAV, "current-user-principal") => current_user(cx, element),
        (CAL, "calendar-data") if data => Some(element.text(&resource.text)),
        (CAL, "schedule-tag") if cx.profile.writes.schedule_tag => {
            let found = kind()?;
            (!found.attendees.is_empty()).then(|| element.text(&format!("\"{}\"", resource.uid)))
        }
        _ => None,
    }
}

fn of_everything(
    cx: &Cx<'_>,
    path: &str,
    calendar: Option<&Calendar>,
    name: &Name,
) -> Option<Element> {
    let element = Element::named(name);
    match (&*name.0, &*name.1) {
        (DAV, "resourcetype") => Some(element.with_all(types(cx, path, calendar))),
        (DAV, "current-user-principal") => current_user(cx, element),
        (DAV, "current-user-privilege-set") => {
            let writable = calendar.is_none_or(|held| !held.read_only);
            let names: &[&str] =
                if writable { &["read", "write", "bind", "unbind"] } else { &["read"] };
            Some(element.with_all(names.iter().map(|privilege| {
                Element::new(DAV, "privilege").with(Element::new(DAV, privilege))
            })))
        }
        (DAV, "owner") => {
            let owner = cx.state.users.get(cx.state.owner_of(path)?)?;
            Some(element.with(cx.href(&owner.principal)))
        }
        _ => None,
    }
}

fn types(cx: &Cx<'_>, path: &str, calendar: Option<&Calendar>) -> Vec<Element> {
    let mut out = vec![Element::new(DAV, "collection")];
    if cx.state.users.values().any(|user| user.principal == path) {
        out.push(Element::new(DAV, "principal"));
    }
    out.extend(calendar.map(|held| match held.kind {
        CollectionKind::Calendar => Element::new(CAL, "calendar"),
        CollectionKind::Inbox => Element::new(CAL, "schedule-inbox"),
        CollectionKind::Outbox => Element::new(CAL, "schedule-outbox"),
        CollectionKind::Subscribed => Element::new(CS, "subscribed"),
        CollectionKind::Trash => Element::new("http://nextcloud.com/ns", "trash-bin"),
        CollectionKind::AddressBook => {
            Element::new("urn:ietf:params:xml:ns:carddav", "addressbook")
        }
    }));
    out
}

fn current_user(cx: &Cx<'_>, element: Element) -> Option<Element> {
    match cx.state.users.get(&cx.user) {
        Some(user) if !cx.profile.access.principal_hidden => {
            Some(element.with(cx.href(&user.principal)))
        }
        Some(_) | None => Some(element.with(Element::new(DAV, "unauthenticated"))),
    }
}

fn of_calendar(cx: &Cx<'_>, path: &str, held: &Calendar, name: &Name) -> Option<Element> {
    let element = Element::named(name);
    match (&*name.0, &*name.1) {
        (DAV, "sync-token") => {
            let sync = cx.profile.changes.sync.as_ref()?;
            let reach = held.reach.unwrap_or_else(|| held.seq());
            Some(element.text(&tokens::write(cx.state, path, sync, reach)))
        }
        (CS, "getctag") => {
            tokens::ctag(cx.state, path, &cx.profile.changes).map(|tag| element.text(&tag))
        }
        (DAV, "supported-report-set") => Some(element.with_all(reports(cx))),
        (CAL, "supported-calendar-component-set") => {
            let kinds = held.components.iter();
            Some(element.with_all(kinds.map(|kind| Element::new(CAL, "comp").attr("name", kind))))
        }
        (CAL, "max-resource-size") => {
            cx.profile.writes.max_octets.map(|octets| element.text(&octets.to_string()))
        }
        _ => held.properties.get(name).cloned(),
    }
}

fn reports(cx: &Cx<'_>) -> Vec<Element> {
    let mut names = vec![(CAL, "calendar-multiget"), (CAL, "calendar-query")];
    if cx.profile.reads.free_busy {
        names.push((CAL, "free-busy-query"));
    }
    if cx.profile.changes.sync.is_some() {
        names.push((DAV, "sync-collection"));
    }
    let wrap = |(ns, name)| {
        Element::new(DAV, "supported-report")
            .with(Element::new(DAV, "report").with(Element::new(ns, name)))
    };
    names.into_iter().map(wrap).collect()
}

fn of_principal(cx: &Cx<'_>, path: &str, name: &Name) -> Option<Element> {
    let (login, user) = cx.state.users.iter().find(|(_, user)| user.principal == path)?;
    let element = Element::named(name);
    let access = &cx.profile.access;
    match (&*name.0, &*name.1) {
        (DAV, "displayname") => Some(element.text(login)),
        (DAV, "principal-URL") if access.principal_url => {
            Some(element.with(cx.href(&user.principal)))
        }
        (CAL, "calendar-home-set") => Some(element.with_all(homes(cx, user))),
        (CAL, "calendar-user-address-set") if access.addresses => {
            let hrefs = user.addresses.iter();
            Some(element.with_all(hrefs.map(|text| Element::new(DAV, "href").text(text))))
        }
        (CAL, "schedule-inbox-URL") if access.inbox => {
            Some(element.with(cx.href(&format!("{}inbox/", user.home))))
        }
        (CAL, "schedule-outbox-URL") if access.inbox => {
            Some(element.with(cx.href(&format!("{}outbox/", user.home))))
        }
        _ => None,
    }
}

fn homes(cx: &Cx<'_>, user: &User) -> Vec<Element> {
    let access = &cx.profile.access;
    let mut paths = vec![&user.home];
    if access.shared_home {
        paths.push(&user.shared_home);
    }
    let href = |path: &String| match access.home_origin {
        Some(origin) => {
            let path = super::context::encode(path, b"@");
            Element::new(DAV, "href").text(&format!("{origin}{path}"))
        }
        None => cx.href(path),
    };
    paths.into_iter().map(href).collect()
}
