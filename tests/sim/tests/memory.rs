//! What a sync holds at once, counted by the allocator: it does not grow with the calendar, neither
//! where all of it is new nor where all of it is known.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

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
/// The allocator counts for all threads: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a sync holds in memory of a long listing; a smaller bound than a host's, so that calendars of
/// some thousand events are beyond it.
const LISTING_BYTES: usize = 16 * 1024;

/// Bytes an object that the peak may grow by: it swings by some kilobytes. The name of an object
/// alone has ten.
const BYTES_AN_OBJECT: usize = 4;

#[test]
fn a_sync_holds_no_more_of_a_large_calendar_than_of_a_small_one() {
    holds_no_more(true);
}

#[test]
fn reading_objects_by_name_holds_no_more_of_a_large_calendar_than_of_a_small_one() {
    holds_no_more(false);
}

fn holds_no_more(reports: bool) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (few, many) = (2_000, 8_000);
    let (small, large) = (peaks_of(few, reports), peaks_of(many, reports));
    for (what, small, large) in [("new", small[0], large[0]), ("known", small[1], large[1])] {
        let grown = large.saturating_sub(small) / (many - few);
        assert!(grown <= BYTES_AN_OBJECT, "{what}: {grown} an object: {small} became {large}");
    }
}

/// The most bytes held at once while so many events are read for the first time, and while they are
/// compared again, beside those held before.
fn peaks_of(events: usize, reports: bool) -> [usize; 2] {
    let keys = GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [9; 32] };
    let logins = Logins::default();
    let parts = Parts {
        store: SqliteStore::fresh(keys.graph),
        http: Canned { events, reports },
        clock: VirtualClock::at(START),
        entropy: SeededEntropy::new(1),
        accounts: logins.clone(),
        timer: NoTimer,
        hooks: Arc::new(FailAt::new(None)),
    };
    let limits = Limits {
        listing_bytes: LISTING_BYTES,
        wanted_ids: 200,
        compare_ms: 1,
        ..Limits::default()
    };
    let driver = Driver::new(parts, limits);
    let site = Arc::new(CaldavSite::new(Profile::plain(), 1));
    let found = block_on(find(driver.ports(), &site.open("alice", ""))).unwrap();
    let new = NewAccount { provider: "caldav".to_owned(), name: "alice".to_owned() };
    let account = block_on(add_account(&driver, &keys, &new, &found)).unwrap();
    logins.add(account, site, "alice", found.remember);

    [events, 0].map(|new| {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let report = block_on(driver.sync(&keys, &Options::default())).unwrap();
        let peak = MEMORY.peak_usage() - before;
        assert_eq!((report.pulled, report.settled), (new as u64, true), "{report:?}");
        driver.ports().clock.advance_millis(1_000);
        peak
    })
}

/// A server with one calendar, whose listings it makes up while they are read.
#[derive(Debug)]
struct Canned {
    events: usize,
    /// Whether it tells of changes; else names are listed, and objects asked for.
    reports: bool,
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
        let syncs = if self.reports { SYNCS } else { "" };
        let calendar = response("/h/big/", &format!("{CALENDAR}{syncs}"));
        let deep = request
            .headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("depth") && value == "1");
        let (head, shown) = match (request.method, path) {
            ("REPORT", _) if self.reports => (String::new(), Shown::All(self.events)),
            ("REPORT", _) => (String::new(), Shown::These(asked_for(&request.body))),
            (_, "/h/") => (response("/h/", HOME) + &calendar, Shown::Nothing),
            (_, "/h/big/") if deep => (calendar, Shown::Names(self.events)),
            (_, "/h/big/") => (calendar, Shown::Nothing),
            _ => (response(path, PERSON), Shown::Nothing),
        };
        let kind = ("content-type".to_owned(), "application/xml; charset=utf-8".to_owned());
        let first = VecDeque::from([OPENING.to_owned() + &head]);
        let body = Stream { pieces: first, next: 0, shown, ended: false };
        Ok((HttpHead { status: 207, headers: vec![kind] }, body))
    }
}

/// The numbers of the events that a multiget names.
fn asked_for(body: &[u8]) -> Vec<usize> {
    let body = String::from_utf8_lossy(body);
    let names = body.split("/h/big/").skip(1).map(|rest| rest.split(".ics").next().unwrap());
    names.map(|name| name.parse().unwrap()).collect()
}

const OPENING: &str = "<?xml version=\"1.0\"?><multistatus xmlns=\"DAV:\" \
    xmlns:C=\"urn:ietf:params:xml:ns:caldav\" xmlns:CS=\"http://calendarserver.org/ns/\">";
const ENDING: &str = "<sync-token>http://canned/sync/1</sync-token></multistatus>";
const HOME: &str = "<resourcetype><collection/></resourcetype>";
const PERSON: &str = "<current-user-principal><href>/person/</href></current-user-principal>\
    <C:calendar-home-set><href>/h/</href></C:calendar-home-set>";
const CALENDAR: &str = "<resourcetype><collection/><C:calendar/></resourcetype>\
    <displayname>Big</displayname>";
const SYNCS: &str = "<sync-token>http://canned/sync/1</sync-token>\
    <supported-report-set><supported-report><report><sync-collection/></report></supported-report>\
    <supported-report><report><C:calendar-multiget/></report></supported-report>\
    </supported-report-set>";

/// A body of a few events a piece.
#[derive(Debug)]
struct Stream {
    pieces: VecDeque<String>,
    next: usize,
    shown: Shown,
    ended: bool,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Names(usize),
    All(usize),
    These(Vec<usize>),
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
        let events = match &self.shown {
            Shown::Nothing => 0,
            Shown::Names(events) | Shown::All(events) => *events,
            Shown::These(events) => events.len(),
        };
        let end = (self.next + 25).min(events);
        (self.next..end).for_each(|at| match &self.shown {
            Shown::Nothing => {}
            Shown::Names(_) => push_name(&mut piece, at),
            Shown::All(_) => push_event(&mut piece, at),
            Shown::These(events) => push_event(&mut piece, events[at]),
        });
        self.next = end;
        if self.next == events {
            self.ended = true;
            piece.push_str(ENDING);
        }
        Ok(Some(piece.into_bytes()))
    }
}

fn push_name(piece: &mut String, n: usize) {
    write!(
        piece,
        "<response><href>/h/big/{n}.ics</href><propstat><prop><getetag>\"{n}\"</getetag></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>"
    )
    .unwrap();
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
