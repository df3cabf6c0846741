//! The requests of WebDAV and CalDAV.

use kalends_core::time::{Timestamp, Zone};
use kalends_kit::{Expect, Intent, Request, Url, escape};

/// Bytes of one object that are read at most.
const OBJECT_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes read of an answer to a write.
const WRITTEN_BYTES_MAX: u64 = 64 * 1024;

const NAMESPACES: &str = "xmlns=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\" \
                          xmlns:S=\"http://calendarserver.org/ns/\"";

/// How far a request reaches (RFC 4918 section 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Zero,
    One,
}

/// Asks for properties, given as elements: `getetag`, `C:calendar-data`, `S:getctag`.
pub(crate) fn propfind(url: Url, depth: Depth, properties: &[&str]) -> Request {
    let body = format!("<propfind {NAMESPACES}><prop>{}</prop></propfind>", elements(properties));
    dav("PROPFIND", url, depth, &body)
}

/// Asks what changed since a token; all, where it is empty (RFC 6578 section 3.2).
pub(crate) fn sync(url: Url, token: &str, properties: &[&str]) -> Request {
    let body = format!(
        "<sync-collection {NAMESPACES}><sync-token>{}</sync-token><sync-level>1</sync-level>\
         <prop>{}</prop></sync-collection>",
        escape(token),
        elements(properties)
    );
    dav("REPORT", url, Depth::Zero, &body)
}

/// Asks for objects by name (RFC 4791 section 7.9).
pub(crate) fn multiget<'a>(url: Url, hrefs: impl Iterator<Item = &'a str>) -> Request {
    let hrefs: String = hrefs.map(|href| format!("<href>{}</href>", escape(href))).collect();
    let body = format!(
        "<C:calendar-multiget {NAMESPACES}><prop>{}</prop>{hrefs}</C:calendar-multiget>",
        elements(&["getetag", "C:calendar-data"])
    );
    dav("REPORT", url, Depth::One, &body)
}

/// Asks when the time of a calendar is taken (RFC 4791 section 7.10).
pub(crate) fn free_busy(url: Url, from: Timestamp, to: Timestamp) -> Request {
    let body = format!(
        "<C:free-busy-query {NAMESPACES}><C:time-range start=\"{}\" end=\"{}\"/>\
         </C:free-busy-query>",
        stamp(from),
        stamp(to)
    );
    Request { expect: Expect::Bytes(OBJECT_BYTES_MAX), ..dav("REPORT", url, Depth::One, &body) }
}

/// A time in UTC as iCalendar writes it.
fn stamp(at: Timestamp) -> String {
    let civil = Zone::utc().civil(at);
    let (year, month, day) = civil.date().ymd();
    let seconds = civil.seconds_of_day();
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// Asks for one object.
pub(crate) fn get(url: Url) -> Request {
    Request {
        method: "GET",
        url,
        headers: vec![header("Accept", "text/calendar")],
        body: Vec::new(),
        expect: Expect::Bytes(OBJECT_BYTES_MAX),
        intent: Intent::Read,
        open_place: true,
    }
}

/// Writes one object under a condition: a header and its value.
pub(crate) fn put(url: Url, condition: (&str, &str), body: Vec<u8>) -> Request {
    let headers = vec![
        header(condition.0, condition.1),
        header("Content-Type", "text/calendar; charset=utf-8"),
    ];
    write("PUT", url, headers, body)
}

/// Deletes one object under a condition, or a whole collection without one.
pub(crate) fn delete(url: Url, condition: Option<(&str, &str)>) -> Request {
    let headers = condition.iter().map(|(name, value)| header(name, value)).collect();
    write("DELETE", url, headers, Vec::new())
}

/// Makes a calendar of events (RFC 4791 section 5.3.1).
pub(crate) fn make_calendar(url: Url, name: &str) -> Request {
    let body = format!(
        "<C:mkcalendar {NAMESPACES}><set><prop>{}</prop></set></C:mkcalendar>",
        new_calendar(name)
    );
    write("MKCALENDAR", url, vec![xml_type()], document(&body))
}

/// Makes a calendar of events the other way (RFC 5689 section 3).
pub(crate) fn make_collection(url: Url, name: &str) -> Request {
    let body = format!(
        "<mkcol {NAMESPACES}><set><prop><resourcetype><collection/><C:calendar/></resourcetype>\
         {}</prop></set></mkcol>",
        new_calendar(name)
    );
    write("MKCOL", url, vec![xml_type()], document(&body))
}

fn new_calendar(name: &str) -> String {
    format!(
        "<displayname>{}</displayname><C:supported-calendar-component-set>\
         <C:comp name=\"VEVENT\"/></C:supported-calendar-component-set>",
        escape(name)
    )
}

fn dav(method: &'static str, url: Url, depth: Depth, body: &str) -> Request {
    let depth = match depth {
        Depth::Zero => "0",
        Depth::One => "1",
    };
    Request {
        method,
        url,
        headers: vec![header("Depth", depth), xml_type()],
        body: document(body),
        expect: Expect::Multistatus,
        intent: Intent::Read,
        open_place: true,
    }
}

fn write(method: &'static str, url: Url, headers: Vec<(String, String)>, body: Vec<u8>) -> Request {
    let expect = Expect::Bytes(WRITTEN_BYTES_MAX);
    Request { method, url, headers, body, expect, intent: Intent::Write, open_place: true }
}

fn elements(names: &[&str]) -> String {
    names.iter().map(|name| format!("<{name}/>")).collect()
}

fn document(body: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{body}").into_bytes()
}

fn xml_type() -> (String, String) {
    header("Content-Type", "application/xml; charset=utf-8")
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
