//! Calendars of so many events that nobody has to hold: a provider that says the same of each, at once
//! and without a wire, and a store that takes them in.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use kalends::core::event::{Body, Content, Recurrence, Span};
use kalends::core::graph::{Account, Capabilities, ScopeKind};
use kalends::core::ids::{AccountId, GraphId, ProviderId, Version};
use kalends::core::ports::{Clock as _, Credential, Exchange, Input, Provider, Turn};
use kalends::core::provider::{
    CalendarItem, Done, EventItem, Failure, FailureClass, Item, Listed, Listing, Output, Payload,
    ProviderOp,
};
use kalends::core::time::{Civil, Length, Rule, Timestamp, When, Zone};
use kalends::driver::{Accounts, NoHooks, Opened};
use kalends::{Driver, GraphKeys, Limits, Parts, UserEdit};
use kalends_sqlite::{KeyVault, OsEntropy, SqliteStore};
use kalends_tokio::{HttpOptions, ReqwestHttp, SystemClock};
use tempfile::TempDir;

/// What each account has.
#[derive(Clone, Copy)]
pub(crate) struct Canned {
    pub(crate) calendars: u32,
    /// Events of each calendar, one in each so many minutes around the start of the program.
    pub(crate) events: u32,
    pub(crate) minutes: i64,
    /// How many of them are series, weekly ones.
    pub(crate) series: u32,
    /// Their middle.
    pub(crate) around: Timestamp,
}

pub(crate) type Canning =
    Driver<Parts<SqliteStore, ReqwestHttp, SystemClock, OsEntropy, Canned, SystemClock, NoHooks>>;

pub(crate) fn setting(name: &str, usual: u32) -> u32 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// A store in a folder, and a driver over it.
pub(crate) fn driver(canned: Canned) -> (Canning, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Arc::new(KeyVault::new([1; 32], &[]));
    let parts = Parts {
        store: SqliteStore::open(&folder.path().join("kalends.sqlite"), vault).unwrap(),
        http: ReqwestHttp::new(HttpOptions::personal()).unwrap(),
        clock: SystemClock,
        entropy: OsEntropy,
        accounts: canned,
        timer: SystemClock,
        hooks: NoHooks,
    };
    (Driver::new(parts, Limits::default()), folder)
}

/// The nth person, with an account that is not read yet.
pub(crate) async fn person(driver: &Canning, n: u32) -> GraphKeys {
    let mut id = [1; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let keys = GraphKeys { graph: GraphId::from_bytes(id), secret: [7; 32] };
    driver.ports().store.create(keys.graph).await.unwrap();
    let (provider, name, subject) = ("canned".to_owned(), "me".to_owned(), "me".to_owned());
    let id = keys.account("canned", "me");
    let add = UserEdit::AddAccount { id, provider, name, subject };
    driver.author(&keys, &[add]).await.unwrap();
    keys
}

/// This process, by the name that the system has for it.
pub(crate) const SELF: &str = "self";

/// What a process used of the processors, all threads; in steps of 10 ms.
pub(crate) fn cpu(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// A line of what the system says of a process's memory, in MiB.
pub(crate) fn mib(process: &str, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let found = status.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(':'));
    let kib = found.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1_024
}

impl Accounts for Canned {
    async fn open(&self, _: GraphId, _: &Account) -> Result<Opened, Failure> {
        Ok(Opened { provider: Arc::new(*self), credential: Credential::None })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }
}

impl Provider for Canned {
    fn start(&self, op: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        let listed = |whole| Done::Listed(Listed { token: Some("1".to_owned()), tag: None, whole });
        let telling = match op {
            ProviderOp::Discover => {
                let (subject, remember) = ("me".to_owned(), String::new());
                let done = Done::Discovered { subject, makes_calendars: false, remember };
                Telling { of: *self, next: 0, end: self.calendars, of_calendar: None, done }
            }
            ProviderOp::List { calendar, listing } => {
                let end = match listing {
                    Listing::Contents | Listing::Names => self.events,
                    Listing::Since(_) => 0,
                };
                let of_calendar = calendar.0.parse().ok();
                Telling { of: *self, next: 0, end, of_calendar, done: listed(end > 0) }
            }
            ProviderOp::Fetch { .. }
            | ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. }
            | ProviderOp::Watch(_)
            | ProviderOp::FreeBusy { .. } => return Err(nothing_else()),
        };
        Ok(Box::new(telling))
    }
}

fn nothing_else() -> Failure {
    let (class, code) = (FailureClass::Unsupported, "canned.nothing-else".to_owned());
    Failure { class, code, detail: String::new(), retry_at: None }
}

/// A conversation: calendars, or the events of one.
struct Telling {
    of: Canned,
    next: u32,
    end: u32,
    of_calendar: Option<u32>,
    done: Done,
}

impl Exchange for Telling {
    fn resume(&mut self, _: Input, _: Timestamp) -> Turn {
        if self.next == self.end {
            return Turn::Done(self.done.clone());
        }
        let n = self.next;
        self.next += 1;
        Turn::Item(self.of_calendar.map_or_else(|| calendar(n), |of| self.of.event(of, n)))
    }
}

/// A calendar that does not say whether it changed: it is listed in each pass.
fn calendar(n: u32) -> Output {
    Output::Calendar(Box::new(CalendarItem {
        id: ProviderId(n.to_string()),
        name: format!("calendar {n}"),
        kind: ScopeKind::Calendar,
        subscribed: false,
        derived: None,
        capabilities: Capabilities::default(),
        token: None,
        tag: None,
    }))
}

impl Canned {
    fn event(&self, calendar: u32, n: u32) -> Output {
        let uid = format!("{calendar}-{n}@example.org");
        Output::Item(Item::Event(Box::new(EventItem {
            id: ProviderId(format!("/{n:08}.ics")),
            version: Some(Version(format!("\"{n:032x}\""))),
            native: uid.clone(),
            uid,
            payload: Payload::Whole(self.body(calendar, n)),
            mark: None,
            foreign: None,
            fresh: false,
            doubts: Vec::new(),
            changed_at: None,
        })))
    }

    /// About 600 bytes in its stored form.
    fn body(&self, calendar: u32, n: u32) -> Body {
        let zone = Zone::parse("Europe/Amsterdam").unwrap_or(Zone::utc());
        let nth = i64::from(n) - i64::from(self.events / 2);
        // Calendars of one person do not begin everything together.
        let minute = nth * self.minutes + 15 * i64::from(calendar % 4);
        let start = self.around.saturating_add_millis(60_000 * minute).as_millis() / 1_000;
        let start = When::Zoned(Civil::from_seconds(start / 900 * 900), zone);
        let mut content = Content::at(Span { start, length: Length::Exact(2_700), end_zone: None });
        content.title = format!("Meeting {n} about the next quarter");
        content.description = "Agenda, notes and an address to join. ".repeat(9);
        content.location = "Room 4.12, second building".to_owned();
        // Series began long ago, and events that are none are spread over all the time.
        let is_series = self.series > 0 && n < self.series;
        let rules = || vec![Rule::parse("FREQ=WEEKLY").unwrap()];
        let recurrence = is_series.then(|| Recurrence { rules: rules(), ..Recurrence::default() });
        Body { recurrence, ..Body::single(content) }
    }
}

/// An event that begins then.
pub(crate) fn hour(at: Timestamp) -> Box<Body> {
    let start = When::Zoned(Zone::utc().civil(at), Zone::utc());
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    Box::new(Body::single(Content::at(span)))
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}
