//! A tiny client: builds requests as text and reads replies as text.

use kalends_testkit::caldav_sim::{CaldavSim, Profile, SimReply, SimRequest};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600_000;

/// Base64 of `alice:secret`.
pub(crate) const ALICE: &str = "Basic YWxpY2U6c2VjcmV0";

/// A server with one user and the calendar `work`, and that calendar's path.
pub(crate) fn server(profile: Profile) -> (CaldavSim, String) {
    let mut sim = CaldavSim::new(profile, 7);
    sim.add_user("alice", "secret");
    let path = sim.add_calendar("alice", "work");
    (sim, path)
}

pub(crate) fn request(method: &str, path: &str) -> SimRequest {
    SimRequest::new(method, path).header("Authorization", ALICE)
}

pub(crate) fn xml(method: &str, path: &str, depth: &str, body: &str) -> SimRequest {
    request(method, path)
        .header("Depth", depth)
        .header("Content-Type", "application/xml; charset=utf-8")
        .body(body)
}

pub(crate) fn propfind(path: &str, depth: &str, props: &str) -> SimRequest {
    let body = format!(
        "<d:propfind xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\" \
         xmlns:s=\"http://calendarserver.org/ns/\"><d:prop>{props}</d:prop></d:propfind>"
    );
    xml("PROPFIND", path, depth, &body)
}

pub(crate) fn sync(path: &str, token: &str) -> SimRequest {
    sync_with(path, token, "")
}

pub(crate) fn sync_with(path: &str, token: &str, more: &str) -> SimRequest {
    let body = format!(
        "<d:sync-collection xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">\
         <d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>{more}\
         <d:prop><d:getetag/><c:calendar-data/></d:prop></d:sync-collection>"
    );
    xml("REPORT", path, "0", &body)
}

pub(crate) fn multiget(path: &str, hrefs: &[String]) -> SimRequest {
    let hrefs: String = hrefs.iter().map(|href| format!("<d:href>{href}</d:href>")).collect();
    let body = format!(
        "<c:calendar-multiget xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">\
         <d:prop><d:getetag/><c:calendar-data/></d:prop>{hrefs}</c:calendar-multiget>"
    );
    xml("REPORT", path, "1", &body)
}

pub(crate) fn query(path: &str, inner: &str) -> SimRequest {
    let body = format!(
        "<c:calendar-query xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">\
         <d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name=\"VCALENDAR\">\
         <c:comp-filter name=\"VEVENT\">{inner}</c:comp-filter></c:comp-filter></c:filter>\
         </c:calendar-query>"
    );
    xml("REPORT", path, "1", &body)
}

pub(crate) fn put(path: &str, body: &str) -> SimRequest {
    request("PUT", path).header("Content-Type", "text/calendar; charset=utf-8").body(body)
}

pub(crate) fn create(path: &str, body: &str) -> SimRequest {
    put(path, body).header("If-None-Match", "*")
}

/// One timed event; `more` are further lines, each with CRLF.
pub(crate) fn event(uid: &str, more: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z\r\n\
         SUMMARY:Planning\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// All texts between an opening tag that ends in `name>` and the next `<`.
pub(crate) fn texts(reply: &SimReply, name: &str) -> Vec<String> {
    let text = reply.text();
    let mut out = Vec::new();
    for part in text.split('<').filter(|part| !part.starts_with('/')) {
        let Some((tag, value)) = part.split_once('>') else {
            continue;
        };
        let tag = tag.split(' ').next().unwrap_or_default();
        let local = tag.rsplit(':').next().unwrap_or_default();
        if local == name && !tag.ends_with('/') {
            out.push(value.to_owned());
        }
    }
    out
}

pub(crate) fn token(reply: &SimReply) -> String {
    texts(reply, "sync-token").pop().unwrap()
}

/// Last path segments of all hrefs.
pub(crate) fn names(reply: &SimReply) -> Vec<String> {
    let hrefs = texts(reply, "href");
    hrefs.iter().map(|href| href.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

/// Puts events `e1.ics` to `eN.ics` as a person, a second apart.
pub(crate) fn fill(sim: &mut CaldavSim, calendar: &str, count: i64) {
    for number in 1..=count {
        let text = event(&format!("e{number}@test"), "");
        let mut person = sim.person(NOW + number * 1_000);
        person.put(calendar, &format!("e{number}.ics"), &text).unwrap();
    }
}

/// Names of the members that a reply calls gone as a whole.
pub(crate) fn gone(reply: &SimReply) -> Vec<String> {
    let text = reply.text();
    let responses = text.split("<D:response>").skip(1);
    let gone = responses.filter(|part| part.contains(" 404 ") && !part.contains("propstat"));
    let hrefs = gone.filter_map(|part| part.split("</").next());
    hrefs.map(|href| href.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}
