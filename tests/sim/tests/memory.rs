//! What a sync holds at once, counted by the allocator: it does not grow with the calendar, neither
//! where all of it is new nor where all of it is known, nor where none of it is there any more. With a
//! feed no more grows than its text.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kalends::{NewAccount, add_account, find};
use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_driver::{Driver, FailAt, Limits, NoTimer, Options, Parts};
use kalends_sim_tests::{CaldavSite, FeedSite, Keep, Logins, START, Site};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::feed_sim::FeedHabits;
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

/// Bytes an event of a feed may take beside its text: where it stands, and a digest of what it goes
/// by.
const BESIDE_ITS_TEXT: usize = 100;

#[test]
fn a_sync_holds_no_more_of_a_large_calendar_than_of_a_small_one() {
    no_more((2_000, 8_000), |events| peaks_of(Tells::Reports, [events; 2]));
}

#[test]
fn reading_objects_by_name_holds_no_more_of_a_large_calendar_than_of_a_small_one() {
    no_more((2_000, 8_000), |events| peaks_of(Tells::Names, [events; 2]));
}

/// Catches a feed that is held as lines, as events or as items beside its text; and its ids held as
/// texts. A second sync reads it once more, since what a feed holds is believed by two.
#[test]
fn a_feed_of_many_events_holds_little_beside_its_text() {
    let mut event = String::new();
    push_body(&mut event, 1_234);
    let bytes_an_event = event.len() + BESIDE_ITS_TEXT;
    grows_by(bytes_an_event, (2_000, 8_000), |events| peaks_of(Tells::Feed, [events; 2]));
}

/// Catches all that a calendar held as one range, and the names of all of it to be asked for.
#[test]
fn an_emptied_calendar_holds_no_more_where_it_was_large() {
    missing_holds_no_more(Tells::Names);
}

/// Catches the same of a feed, whose missing events are looked at twice.
#[test]
fn an_emptied_feed_holds_no_more_where_it_was_large() {
    missing_holds_no_more(Tells::Feed);
}

fn missing_holds_no_more(tells: Tells) {
    no_more((1_000, 5_000), |events| {
        let [_, missed, missed_again] = peaks_of(tells, [events, 0, 0]);
        [missed, missed_again]
    });
}

/// No sync holds more where there are many events.
fn no_more(events: (usize, usize), peaks: impl Fn(usize) -> [usize; 2]) {
    grows_by(BYTES_AN_OBJECT, events, peaks);
}

/// No sync holds more than so many bytes for each further event.
fn grows_by(max: usize, (few, many): (usize, usize), peaks: impl Fn(usize) -> [usize; 2]) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (n, (small, large)) in peaks(few).into_iter().zip(peaks(many)).enumerate() {
        let grown = large.saturating_sub(small) / (many - few);
        assert!(grown <= max, "{n}: {grown} an object: {small} became {large}");
    }
}

/// The most bytes held at once in one sync after the other, beside those held before; and how many
/// events the server has in each.
fn peaks_of<const N: usize>(tells: Tells, syncs: [usize; N]) -> [usize; N] {
    let keys = GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [9; 32] };
    let logins = Logins::default();
    let parts = Parts {
        store: SqliteStore::fresh(keys.graph),
        http: Canned { events: syncs[0].into(), tells },
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
    let site: Arc<dyn Site> = match tells {
        Tells::Reports | Tells::Names => Arc::new(CaldavSite::new(Profile::plain(), 1)),
        Tells::Feed => Arc::new(FeedSite::new(&VirtualClock::at(START), FeedHabits::default())),
    };
    let found = block_on(find(driver.ports(), &site.open("alice", ""))).unwrap();
    let new = NewAccount { provider: site.provider().to_owned(), name: "alice".to_owned() };
    let account = block_on(add_account(&driver, &keys, &new, &found)).unwrap();
    logins.add(account, site, "alice", found.remember);

    syncs.map(|events| {
        driver.ports().http.events.store(events, Ordering::Relaxed);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let report = block_on(driver.sync(&keys, &Options::default())).unwrap();
        let peak = MEMORY.peak_usage() - before;
        let held = (syncs[0] - events) as u64;
        assert_eq!((report.held, report.settled), (held, true), "{report:?}");
        driver.ports().clock.advance_millis(4_000_000);
        peak
    })
}

/// A server with one calendar, whose listings it makes up while they are read.
#[derive(Debug)]
struct Canned {
    events: AtomicUsize,
    tells: Tells,
}

/// How a server tells what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// By reports of changes.
    Reports,
    /// Names are listed, and objects asked for.
    Names,
    /// As a feed, whole.
    Feed,
}

impl Canned {
    fn events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }
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
        let events = self.events();
        if self.tells == Tells::Feed {
            let first = VecDeque::from(["BEGIN:VCALENDAR\r\nVERSION:2.0\r\n".to_owned()]);
            let (shown, ending) = (Shown::Feed(events), "END:VCALENDAR\r\n");
            let kind = ("content-type".to_owned(), "text/calendar".to_owned());
            let body = Stream { pieces: first, next: 0, shown, ending, ended: false };
            return Ok((HttpHead { status: 200, headers: vec![kind] }, body));
        }
        let path = request.url.strip_prefix("http://localhost").unwrap_or_default();
        let syncs = if self.tells == Tells::Reports { SYNCS } else { "" };
        let calendar = response("/h/big/", &format!("{CALENDAR}{syncs}"));
        let deep = request
            .headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("depth") && value == "1");
        let (head, shown) = match (request.method, path) {
            ("REPORT", _) if asks_for_changes(&request.body) => (String::new(), Shown::All(events)),
            ("REPORT", _) if events == 0 => {
                let gone = asked_for(&request.body).into_iter().map(|n| {
                    format!(
                        "<response><href>/h/big/{n:04}.ics</href>\
                         <status>HTTP/1.1 404 Not Found</status></response>"
                    )
                });
                (gone.collect(), Shown::Nothing)
            }
            ("REPORT", _) => (String::new(), Shown::These(asked_for(&request.body))),
            (_, "/h/") => (response("/h/", HOME) + &calendar, Shown::Nothing),
            (_, "/h/big/") if deep => (calendar, Shown::Names(events)),
            (_, "/h/big/") => (calendar, Shown::Nothing),
            _ => (response(path, PERSON), Shown::Nothing),
        };
        let kind = ("content-type".to_owned(), "application/xml; charset=utf-8".to_owned());
        let first = VecDeque::from([OPENING.to_owned() + &head]);
        let body = Stream { pieces: first, next: 0, shown, ending: ENDING, ended: false };
        Ok((HttpHead { status: 207, headers: vec![kind] }, body))
    }
}

fn asks_for_changes(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("sync-collection")
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
    ending: &'static str,
    ended: bool,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Names(usize),
    All(usize),
    These(Vec<usize>),
    Feed(usize),
}

impl HttpBody for Stream {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        if let Some(piece) = self.pieces.pop_front() {
            return Ok(Some(piece.into_bytes()));
        }
        if self.ended {
            return Ok(None);
        }
        let events = match &self.shown {
            Shown::Nothing => 0,
            Shown::Names(events) | Shown::All(events) | Shown::Feed(events) => *events,
            Shown::These(events) => events.len(),
        };
        // A feed comes at once, so that its text has no room to grow when it is kept.
        let at_once = if matches!(self.shown, Shown::Feed(_)) { events } else { 25 };
        let mut piece = String::with_capacity(at_once * 200);
        let end = (self.next + at_once).min(events);
        (self.next..end).for_each(|at| match &self.shown {
            Shown::Nothing => {}
            Shown::Names(_) => push_name(&mut piece, at),
            Shown::All(_) => push_event(&mut piece, at),
            Shown::These(events) => push_event(&mut piece, events[at]),
            Shown::Feed(_) => push_body(&mut piece, at),
        });
        self.next = end;
        if self.next == events {
            self.ended = true;
            piece.push_str(self.ending);
        }
        Ok(Some(piece.into_bytes()))
    }
}

fn push_name(piece: &mut String, n: usize) {
    write!(
        piece,
        "<response><href>/h/big/{n:04}.ics</href><propstat><prop><getetag>\"{n:04}\"</getetag></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>"
    )
    .unwrap();
}

fn push_event(piece: &mut String, n: usize) {
    write!(
        piece,
        "<response><href>/h/big/{n:04}.ics</href><propstat><prop><getetag>\"{n:04}\"</getetag>\
         <C:calendar-data>BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//canned//EN\r\n"
    )
    .unwrap();
    push_body(piece, n);
    piece.push_str(
        "END:VCALENDAR\r\n</C:calendar-data></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>",
    );
}

fn push_body(piece: &mut String, n: usize) {
    let (day, month, hour) = (1 + n % 28, 1 + n / 28 % 12, n % 24);
    write!(
        piece,
        "BEGIN:VEVENT\r\nUID:event-{n:04}@canned\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:2026{month:02}{day:02}T{hour:02}0000Z\r\nDURATION:PT30M\r\n\
         SUMMARY:Event number {n:04}\r\nDESCRIPTION:Notes of event number {n:04}\r\n\
         END:VEVENT\r\n"
    )
    .unwrap();
}
