//! What a first sync holds at once, counted by the allocator: it does not grow with the calendar
//! beyond a few bytes an object, which the names of the listing take until it ends.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use kalends::{NewAccount, add_account, find};
use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_driver::{Driver, FailAt, Limits, NoTimer, Options, Parts};
use kalends_sim_tests::{CaldavSite, Keep, Logins, START, Site as _};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use peak_alloc::PeakAlloc;

/// SQLite's own memory, which its settings bound, is not counted: it does not come from here.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes an object that the peak may grow by: a listing keeps a name in some twenty, in buffers that
/// double when they are full.
const BYTES_AN_OBJECT: usize = 48;

#[test]
fn a_first_sync_holds_no_more_of_a_large_calendar_than_of_a_small_one() {
    let (few, many) = (2_000, 6_000);
    let (small, large) = (peak_of(few), peak_of(many));
    let grown = large.saturating_sub(small) / (many - few);
    assert!(grown <= BYTES_AN_OBJECT, "{grown} bytes an object: {small} became {large}");
}

/// The most bytes held at once while so many events are read for the first time, beside those held
/// before.
fn peak_of(events: usize) -> usize {
    let clock = VirtualClock::at(START);
    let keys = GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [9; 32] };
    let logins = Logins::default();
    let parts = Parts {
        store: SqliteStore::fresh(keys.graph),
        http: Canned { events },
        clock,
        entropy: SeededEntropy::new(1),
        accounts: logins.clone(),
        timer: NoTimer,
        hooks: Arc::new(FailAt::new(None)),
    };
    let driver = Driver::new(parts, Limits::default());
    let site = Arc::new(CaldavSite::new(Profile::plain(), 1));
    let found = block_on(find(driver.ports(), &site.open("alice", ""))).unwrap();
    let new = NewAccount { provider: "caldav".to_owned(), name: "alice".to_owned() };
    let account = block_on(add_account(&driver, &keys, &new, &found)).unwrap();
    logins.add(account, site, "alice", found.remember);

    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let report = block_on(driver.sync(&keys, &Options::default())).unwrap();
    let peak = MEMORY.peak_usage() - before;
    assert_eq!((report.pulled, report.settled), (events as u64, true), "{report:?}");
    peak
}

/// A server with one calendar, whose listing it makes up while it is read.
#[derive(Debug)]
struct Canned {
    events: usize,
}

impl Http for Canned {
    type Body = Stream;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Stream), HttpFailure> {
        let response = |href: &str, properties: &str| {
            format!(
                "<response><href>{href}</href><propstat><prop>{properties}</prop>\
                 <status>HTTP/1.1 200 OK</status></propstat></response>"
            )
        };
        let path = request.url.strip_prefix("http://localhost").unwrap_or_default();
        let (head, events) = match (request.method, path) {
            ("REPORT", _) => (String::new(), self.events),
            (_, "/h/") => (response("/h/", HOME) + &response("/h/big/", CALENDAR), 0),
            (_, "/h/big/") => (response("/h/big/", CALENDAR), 0),
            _ => (response(path, PERSON), 0),
        };
        let kind = ("content-type".to_owned(), "application/xml; charset=utf-8".to_owned());
        let first = VecDeque::from([OPENING.to_owned() + &head]);
        let body = Stream { pieces: first, next: 0, events, ended: false };
        Ok((HttpHead { status: 207, headers: vec![kind] }, body))
    }
}

const OPENING: &str = "<?xml version=\"1.0\"?><multistatus xmlns=\"DAV:\" \
    xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\">";
const ENDING: &str = "<sync-token>http://canned/sync/1</sync-token></multistatus>";
const HOME: &str = "<resourcetype><collection/></resourcetype>";
const PERSON: &str = "<current-user-principal><href>/person/</href></current-user-principal>\
    <C:calendar-home-set><href>/h/</href></C:calendar-home-set>";
const CALENDAR: &str = "<resourcetype><collection/><C:calendar/></resourcetype>\
    <displayname>Big</displayname><sync-token>http://canned/sync/1</sync-token>\
    <supported-report-set><supported-report><report><sync-collection/></report></supported-report>\
    <supported-report><report><C:calendar-multiget/></report></supported-report>\
    </supported-report-set>";

/// A body of a few events a piece.
#[derive(Debug)]
struct Stream {
    pieces: VecDeque<String>,
    next: usize,
    events: usize,
    ended: bool,
}

impl HttpBody for Stream {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        if let Some(piece) = self.pieces.pop_front() {
            return Ok(Some(piece.into_bytes()));
        }
        if self.ended {
            return Ok(None);
        }
        let mut piece = String::new();
        let end = (self.next + 25).min(self.events);
        (self.next..end).for_each(|n| push_event(&mut piece, n));
        self.next = end;
        if self.next == self.events {
            self.ended = true;
            piece.push_str(ENDING);
        }
        Ok(Some(piece.into_bytes()))
    }
}

fn push_event(piece: &mut String, n: usize) {
    let (day, month, hour) = (1 + n % 28, 1 + n / 28 % 12, n % 24);
    write!(
        piece,
        "<response><href>/h/big/{n}.ics</href><propstat><prop><getetag>\"{n}\"</getetag>\
         <C:calendar-data>BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//canned//EN\r\n\
         BEGIN:VEVENT\r\nUID:event-{n}@canned\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:2026{month:02}{day:02}T{hour:02}0000Z\r\nDURATION:PT30M\r\n\
         SUMMARY:Event number {n}\r\nDESCRIPTION:Notes of event number {n}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n</C:calendar-data></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>"
    )
    .unwrap();
}
