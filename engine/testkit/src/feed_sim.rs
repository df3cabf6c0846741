//! An ICS feed over HTTP, as a pure state machine: validators, staleness and every way in which
//! feeds go wrong.

use crate::wire::{Delivery, SimReply, SimRequest, SimServer};
use jiff::Timestamp;

/// One feed at one path.
#[derive(Clone, Debug)]
pub struct FeedSim {
    path: String,
    text: String,
    changed_ms: i64,
    revision: u64,
    habits: FeedHabits,
    faults: Vec<FeedFault>,
    log: Vec<(SimRequest, SimReply)>,
}

/// What the feed's server does on each fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits of a server")]
pub struct FeedHabits {
    /// Sends `ETag` and honours `If-None-Match`.
    pub etag: bool,
    /// Sends `Last-Modified` and honours `If-Modified-Since`.
    pub last_modified: bool,
    /// Each fetch has other UIDs, as generators without a memory make them.
    pub changing_uids: bool,
    /// Each fetch has another DTSTAMP, so that the text always differs.
    pub changing_stamps: bool,
}

impl Default for FeedHabits {
    fn default() -> Self {
        Self { etag: true, last_modified: true, changing_uids: false, changing_stamps: false }
    }
}

/// What happens to one fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedFault {
    /// The text ends after this many octets; `Content-Length` agrees with it.
    Truncated(usize),
    /// The text ends after this many octets by a reset.
    Reset(usize),
    /// A login page with status 200.
    LoginPage,
    /// The text, then octets without end.
    Endless,
    /// A text of at least this many octets, padded with comments.
    Huge(usize),
    /// A redirect with this status to this URL.
    Redirect(u16, String),
    /// A bare status with an optional `Retry-After`.
    Status(u16, Option<String>),
    /// 200 with an empty body.
    Empty,
    /// A well-formed calendar without events.
    NoEvents,
    /// The connection does this.
    Deliver(Delivery),
}

impl FeedSim {
    /// A feed at a path (`/team.ics`) that has changed at this moment.
    pub fn new(path: &str, text: &str, now_ms: i64) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            changed_ms: now_ms,
            revision: 1,
            habits: FeedHabits::default(),
            faults: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Publishes another text.
    pub fn publish(&mut self, text: &str, now_ms: i64) {
        text.clone_into(&mut self.text);
        self.changed_ms = now_ms;
        self.revision += 1;
    }

    /// The habits, to be changed at will between requests.
    pub fn habits_mut(&mut self) -> &mut FeedHabits {
        &mut self.habits
    }

    /// Plans a fault for the next fetch that has none yet; plan several for several fetches.
    pub fn plan(&mut self, fault: FeedFault) {
        self.faults.push(fault);
    }

    /// All exchanges so far.
    pub fn log(&self) -> &[(SimRequest, SimReply)] {
        &self.log
    }

    /// Answers one request.
    pub fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let mut reply = self.answer(now_ms, request);
        if reply.get("Content-Length").is_none() {
            reply.set("Content-Length", &reply.body.len().to_string());
        }
        reply.set("Date", &http_date(now_ms));
        if request.method == "HEAD" {
            reply.body.clear();
        }
        self.log.push((request.clone(), reply.clone()));
        reply
    }

    fn answer(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        if request.method != "GET" && request.method != "HEAD" {
            return SimReply::new(405, "").header("Allow", "GET, HEAD");
        }
        if request.path() != self.path {
            return SimReply::new(404, "");
        }
        if self.faults.is_empty() {
            return self.serve(now_ms, request);
        }
        let fault = self.faults.remove(0);
        self.faulty(now_ms, request, fault)
    }

    fn serve(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        let tag = format!("\"r{}\"", self.revision);
        let date = http_date(self.changed_ms);
        let same_tag = self.habits.etag
            && request.get("if-none-match").is_some_and(|asked| {
                asked.split(',').any(|asked| asked.trim().trim_start_matches("W/") == tag)
            });
        let same_date = self.habits.last_modified
            && request.get("if-none-match").is_none()
            && request.get("if-modified-since") == Some(date.as_str());
        let mut reply = match same_tag || same_date {
            true => SimReply::new(304, ""),
            false => SimReply::new(200, self.body(now_ms))
                .header("Content-Type", "text/calendar; charset=utf-8"),
        };
        if self.habits.etag {
            reply.set("ETag", &tag);
        }
        if self.habits.last_modified {
            reply.set("Last-Modified", &date);
        }
        reply
    }

    fn body(&self, now_ms: i64) -> String {
        let mut out = String::with_capacity(self.text.len());
        for (number, line) in self.text.split_inclusive('\n').enumerate() {
            if self.habits.changing_uids && line.starts_with("UID:") {
                out.push_str(&format!("UID:{}-{number}@generated\r\n", self.log.len()));
            } else if self.habits.changing_stamps && line.starts_with("DTSTAMP:") {
                out.push_str(&format!("DTSTAMP:{}\r\n", stamp(now_ms)));
            } else {
                out.push_str(line);
            }
        }
        out
    }

    fn faulty(&self, now_ms: i64, request: &SimRequest, fault: FeedFault) -> SimReply {
        let mut whole = self.serve(now_ms, &SimRequest::new(&request.method, &request.url));
        match fault {
            FeedFault::Truncated(octets) => whole.body.truncate(octets),
            FeedFault::Reset(octets) => whole.delivery = Delivery::TruncateAt(octets),
            FeedFault::LoginPage => {
                let page = "<!DOCTYPE html><html><body><form>Please sign in</form></body></html>";
                return SimReply::new(200, page).header("Content-Type", "text/html; charset=utf-8");
            }
            FeedFault::Endless => whole.delivery = Delivery::Endless(b' '),
            FeedFault::Huge(octets) => pad(&mut whole.body, octets),
            FeedFault::Redirect(status, url) => {
                return SimReply::new(status, "").header("Location", &url);
            }
            FeedFault::Status(status, after) => {
                let reply = SimReply::new(status, "");
                return match after {
                    Some(after) => reply.header("Retry-After", &after),
                    None => reply,
                };
            }
            FeedFault::Empty => whole.body.clear(),
            FeedFault::NoEvents => whole.body = NO_EVENTS.into(),
            FeedFault::Deliver(delivery) => {
                if !delivery.commits() {
                    whole = SimReply::new(0, "");
                }
                whole.delivery = delivery;
            }
        }
        whole
    }
}

impl SimServer for FeedSim {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        Self::handle(self, now_ms, request)
    }
}

const NO_EVENTS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//feed//EN\r\nEND:VCALENDAR\r\n";

fn pad(body: &mut Vec<u8>, octets: usize) {
    let at = body.windows(12).position(|part| part == b"BEGIN:VEVENT").unwrap_or(body.len());
    let line = format!("X-PADDING:{}\r\n", "z".repeat(60));
    let lines = octets.saturating_sub(body.len()).div_ceil(line.len());
    body.splice(at..at, line.repeat(lines).into_bytes());
}

fn http_date(ms: i64) -> String {
    at(ms).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn stamp(ms: i64) -> String {
    at(ms).strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
