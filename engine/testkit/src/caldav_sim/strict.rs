//! What a careful client never sends. Each request is checked as it came over the wire; findings
//! are logged, and refused where the simulator is strict.

use super::ics::Component;
use super::sent::Sent;
use super::state::{State, with_slash};
use super::xml::{CAL, DAV, Element};
use crate::wire::SimRequest;

/// One thing a client should not have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Index of the request in the log.
    pub request: usize,
    /// Which rule it breaks.
    pub rule: Rule,
    /// What was wrong.
    pub detail: String,
}

/// Rules of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// XML that does not parse, or lacks what it must have.
    MalformedXml,
    /// A root element of another name or namespace.
    WrongRoot,
    /// `Depth` is missing, infinite, or not the one of the report.
    Depth,
    /// `Content-Type` is missing or another.
    ContentType,
    /// PUT without `If-Match` and `If-None-Match`.
    UnconditionalPut,
    /// DELETE of a resource without `If-Match`.
    UnconditionalDelete,
    /// `If-Match` is no list of strong entity tags.
    EntityTag,
    /// A stored body breaks RFC 5545 or RFC 4791 section 4.1.
    Icalendar,
    /// `limit` in sync-collection: some servers lose what is beyond it.
    SyncLimit,
    /// calendar-query with an open time range, or `expand`.
    Query,
    /// A method that CalDAV does not use.
    Method,
    /// MOVE without `Destination`, or one that may overwrite.
    Destination,
    /// What carries our mark names people, beeps, or holds a conference.
    Silence,
}

/// The mark that says of an object that it is a mirror of ours.
const MARK: &str = "X-KALENDS-MARK";
/// What would mail, invite or call somebody.
const LOUD: [&str; 3] = ["ATTENDEE", "ORGANIZER", "CONFERENCE"];

type Findings = Vec<(Rule, String)>;
/// A request, and what it carries.
type Asked<'a> = (&'a SimRequest, &'a Sent);

/// Checks one request.
pub(crate) fn check(state: &State, request: &SimRequest, sent: &Sent) -> Findings {
    let asked = (request, sent);
    let mut found = Findings::new();
    match request.method.as_str() {
        "PROPFIND" => propfind(asked, &mut found),
        "REPORT" => report(asked, &mut found),
        "PUT" => put(asked, &mut found),
        "DELETE" => delete(state, request, &mut found),
        "MKCALENDAR" => _ = body(asked, &[(CAL, "mkcalendar")], &mut found),
        "MKCOL" => _ = body(asked, &[(DAV, "mkcol")], &mut found),
        "PROPPATCH" => _ = required(asked, &[(DAV, "propertyupdate")], &mut found),
        "MOVE" => moving(request, &mut found),
        "GET" | "HEAD" | "OPTIONS" => {}
        other => note(&mut found, Rule::Method, other),
    }
    entity_tags(request, &mut found);
    found
}

fn note(found: &mut Findings, rule: Rule, detail: &str) {
    found.push((rule, detail.to_owned()));
}

fn propfind(asked: Asked<'_>, found: &mut Findings) {
    let root = body(asked, &[(DAV, "propfind")], found);
    match asked.0.get("depth") {
        Some("0" | "1") => {}
        Some(depth) => note(found, Rule::Depth, depth),
        None => note(found, Rule::Depth, "PROPFIND without Depth"),
    }
    let kinds = ["prop", "allprop", "propname"];
    if let Some(root) = root
        && !kinds.iter().any(|kind| root.child(DAV, kind).is_some())
    {
        note(found, Rule::MalformedXml, "propfind asks for nothing");
    }
}

const REPORTS: [(&str, &str); 4] = [
    (DAV, "sync-collection"),
    (CAL, "calendar-multiget"),
    (CAL, "calendar-query"),
    (CAL, "free-busy-query"),
];

fn report(asked: Asked<'_>, found: &mut Findings) {
    let Some(root) = required(asked, &REPORTS, found) else {
        return;
    };
    let depth = asked.0.get("depth");
    match (&*root.name, depth) {
        ("calendar-query", Some("1")) | ("sync-collection", None | Some("0")) => {}
        ("calendar-query" | "sync-collection", _) => {
            let given = depth.unwrap_or("none");
            note(found, Rule::Depth, &format!("{} with Depth {given}", root.name));
        }
        (_, _) => {}
    }
    match &*root.name {
        "sync-collection" => sync(root, found),
        "calendar-multiget" if root.child(DAV, "href").is_none() => {
            note(found, Rule::MalformedXml, "multiget without href");
        }
        "calendar-query" => query(root, found),
        _ => {}
    }
}

fn sync(root: &Element, found: &mut Findings) {
    let level = root.child(DAV, "sync-level").map(|level| level.text.trim());
    if level != Some("1") {
        note(found, Rule::MalformedXml, "sync-level is not 1");
    }
    for name in ["sync-token", "prop"] {
        if root.child(DAV, name).is_none() {
            note(found, Rule::MalformedXml, &format!("sync-collection without {name}"));
        }
    }
    if root.child(DAV, "limit").is_some() {
        note(found, Rule::SyncLimit, "limit is lossy on some servers");
    }
}

fn query(root: &Element, found: &mut Findings) {
    if root.child(CAL, "filter").is_none() {
        note(found, Rule::MalformedXml, "calendar-query without filter");
    }
    if root.contains(CAL, "expand") {
        note(found, Rule::Query, "expand differs between servers");
    }
    open_ranges(root, found);
}

fn open_ranges(element: &Element, found: &mut Findings) {
    if element.is(CAL, "time-range") {
        let edges = ["start", "end"].map(|edge| element.attrs.get(edge));
        let closed = edges.iter().all(|edge| edge.is_some_and(|text| text.ends_with('Z')));
        if !closed {
            note(found, Rule::Query, "time-range needs start and end in UTC");
        }
    }
    for child in &element.children {
        open_ranges(child, found);
    }
}

/// A body that may be absent.
fn body<'a>(asked: Asked<'a>, roots: &[(&str, &str)], found: &mut Findings) -> Option<&'a Element> {
    if asked.0.body.is_empty() { None } else { required(asked, roots, found) }
}

/// The body, where it is XML at all.
fn required<'a>(
    (request, sent): Asked<'a>,
    roots: &[(&str, &str)],
    found: &mut Findings,
) -> Option<&'a Element> {
    let kind = request.get("content-type").unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !["application/xml", "text/xml"].contains(&essence) {
        note(found, Rule::ContentType, &format!("{essence:?} for XML"));
    }
    match sent.xml() {
        Err(why) => {
            note(found, Rule::MalformedXml, why);
            None
        }
        Ok(root) => {
            if !roots.iter().any(|(ns, name)| root.is(ns, name)) {
                note(found, Rule::WrongRoot, &format!("{{{}}}{}", root.ns, root.name));
            }
            Some(root)
        }
    }
}

fn put((request, sent): Asked<'_>, found: &mut Findings) {
    if request.get("if-match").is_none() && request.get("if-none-match").is_none() {
        note(found, Rule::UnconditionalPut, request.raw_path());
    }
    let kind = request.get("content-type").unwrap_or_default().to_ascii_lowercase();
    if !kind.starts_with("text/calendar") {
        note(found, Rule::ContentType, &format!("{kind:?} for iCalendar"));
    }
    match sent.calendar() {
        Err(why) => note(found, Rule::Icalendar, why),
        Ok(inspected) => {
            let complaints = inspected.complaints.iter();
            found.extend(complaints.map(|why| (Rule::Icalendar, why.clone())));
            silence(&inspected.calendar, found);
        }
    }
}

/// A mirror mails, invites and beeps nobody.
fn silence(calendar: &Component, found: &mut Findings) {
    for object in calendar.objects().filter(|object| object.line(MARK).is_some()) {
        for name in LOUD.into_iter().filter(|name| object.line(name).is_some()) {
            note(found, Rule::Silence, &format!("a mirror has {name}"));
        }
        if object.children_named("VALARM").next().is_some() {
            note(found, Rule::Silence, "a mirror has VALARM");
        }
    }
}

fn delete(state: &State, request: &SimRequest, found: &mut Findings) {
    // One that is gone already is a collection by its name.
    let path = request.path();
    let collection = path.ends_with('/') || state.calendars.contains_key(&with_slash(&path));
    if !collection && request.get("if-match").is_none() {
        note(found, Rule::UnconditionalDelete, request.raw_path());
    }
}

fn moving(request: &SimRequest, found: &mut Findings) {
    if request.get("destination").is_none() {
        note(found, Rule::Destination, "MOVE without Destination");
    }
    if request.get("overwrite") != Some("F") {
        note(found, Rule::Destination, "MOVE may overwrite");
    }
}

fn entity_tags(request: &SimRequest, found: &mut Findings) {
    let Some(value) = request.get("if-match") else {
        return;
    };
    for tag in value.split(',').map(str::trim) {
        let strong = tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"');
        if !strong {
            note(found, Rule::EntityTag, tag);
        }
    }
}
