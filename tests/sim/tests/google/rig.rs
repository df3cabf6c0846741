//! Three people with Google accounts and one with a CalDAV account, in one graph.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends::{NewAccount, add_account, find};
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::graph::{Account, CalendarRole, DetailLevel, EdgeOptions};
use kalends_core::ids::{AccountId, CalendarId, GraphId};
use kalends_core::keys::GraphKeys;
use kalends_core::mirror::{ParkReason, PartStatus};
use kalends_core::notice::InboundRequest;
use kalends_core::plan::Row;
use kalends_core::ports::{
    Clock, Credential, GraphStore, Http, HttpFailure, HttpHead, HttpRequest,
};
use kalends_core::presence::{Aside, AsideKind};
use kalends_core::provider::Failure;
use kalends_core::slice::{Config, ReadSet};
use kalends_core::step::{EdgeTarget, UserEdit};
use kalends_core::time::Timestamp;
use kalends_driver::{Accounts, Driver, First, Limits, NoHooks, Opened, Options, Parts, Report};
use kalends_google::{Asks, Google, GoogleConfig};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{CaldavSim, Delivery, Profile, SimRequest};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::wire::SimServer;
use serde_json::{Value, json};

use super::waiting::{Body, Jump};

pub(crate) const ANN: &str = "ann@example.org";
pub(crate) const BOB: &str = "bob@example.org";
pub(crate) const CY: &str = "cy@example.org";
pub(crate) const DAN: &str = "dan";

const GOOGLE: &str = "https://google.example";
const DAV: &str = "https://dav.example";
const NOTICES: &str = "https://push.example/notices";
/// The first of June 2026, 08:00 UTC.
const START: Timestamp = Timestamp::from_seconds(1_780_300_800);

type Ports = Parts<MemoryStore, Net, VirtualClock, SeededEntropy, Logins, Jump, NoHooks>;

pub(crate) struct Rig {
    pub(crate) keys: GraphKeys,
    pub(crate) clock: VirtualClock,
    pub(crate) store: MemoryStore,
    net: Net,
    logins: Logins,
    accounts: BTreeMap<&'static str, AccountId>,
    drivers: Mutex<u64>,
}

impl Rig {
    /// A graph with the accounts of these people, read for the first time.
    pub(crate) fn of(people: &[&'static str]) -> Self {
        let clock = VirtualClock::at(START);
        let net = Net::new(clock.clone());
        let keys = GraphKeys { graph: GraphId::from_bytes([7; 16]), secret: [9; 32] };
        let store = MemoryStore::new();
        store.create(keys.graph);
        let logins = Logins::default();
        let mut rig = Self {
            keys,
            clock,
            store,
            net,
            logins,
            accounts: BTreeMap::new(),
            drivers: Mutex::new(0),
        };
        people.iter().for_each(|user| rig.sign_in(user));
        rig
    }

    /// Adds the account of someone, as after a sign-in.
    pub(crate) fn sign_in(&mut self, user: &'static str) {
        let (provider, token) = match user {
            DAN => ("caldav", String::new()),
            _ => {
                let now_ms = self.clock.now().as_millis();
                let scopes = scopes();
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                ("google", self.google().grant(user, "kalends", &scopes, now_ms).access)
            }
        };
        let login = Login { user, token, remember: String::new() };
        let driver = self.driver();
        let found = block_on(find(driver.ports(), &login.open())).unwrap();
        let new = NewAccount { provider: provider.to_owned(), name: user.to_owned() };
        let id = block_on(add_account(&driver, &self.keys, &new, &found)).unwrap();
        self.logins.lock().insert(id, Login { remember: found.remember, ..login });
        self.accounts.insert(user, id);
    }

    pub(crate) fn driver(&self) -> Driver<Ports> {
        let mut nth = self.drivers.lock().unwrap();
        *nth += 1;
        let parts = Parts {
            store: self.store.clone(),
            http: self.net.clone(),
            clock: self.clock.clone(),
            entropy: SeededEntropy::new(*nth),
            accounts: self.logins.clone(),
            timer: Jump(self.clock.clone()),
            hooks: NoHooks,
        };
        Driver::new(parts, Limits::default())
    }

    pub(crate) fn google(&self) -> MutexGuard<'_, GoogleSim> {
        self.net.google.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn dav(&self) -> MutexGuard<'_, CaldavSim> {
        self.net.dav.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn author(&self, edit: UserEdit) {
        block_on(self.driver().author(&self.keys, &[edit])).unwrap();
    }

    /// The main calendar of a person.
    pub(crate) fn main(&self, user: &str) -> CalendarId {
        let place = if user == DAN { self.dav_calendar() } else { user.to_owned() };
        self.keys.calendar(self.accounts[user], &place)
    }

    pub(crate) fn dav_calendar(&self) -> String {
        self.net.dav_calendar.clone()
    }

    /// Shows a person's main calendar in somebody's overlay.
    pub(crate) fn edge(&self, from: &str, to: &str, level: DetailLevel) {
        let options = EdgeOptions { level, ..EdgeOptions::default() };
        self.edge_with(from, to, options);
    }

    /// Shows a calendar, by the provider's id of it in somebody's account, in somebody else's overlay.
    pub(crate) fn edge_seen_by(&self, (user, place): (&str, &str), to: &str, level: DetailLevel) {
        self.author(UserEdit::AddEdge {
            from: self.keys.calendar(self.accounts[user], place),
            to: EdgeTarget::Overlay(self.accounts[to]),
            options: Box::new(EdgeOptions { level, ..EdgeOptions::default() }),
            two_way: false,
        });
    }

    pub(crate) fn edge_with(&self, from: &str, to: &str, options: EdgeOptions) {
        self.author(UserEdit::AddEdge {
            from: self.main(from),
            to: EdgeTarget::Overlay(self.accounts[to]),
            options: Box::new(options),
            two_way: false,
        });
    }

    pub(crate) fn config(&self) -> Config {
        let slice = block_on(self.store.load(self.keys.graph, &ReadSet::default())).unwrap();
        (*slice.config).clone()
    }

    /// Why parts of mirrors are given up.
    pub(crate) fn parked(&self) -> Vec<ParkReason> {
        let rows = self.store.rows(self.keys.graph).into_values();
        rows.filter_map(|row| match row {
            Row::Part(_, _, part) => match part.status {
                PartStatus::Parked(why) => Some(why),
                _ => None,
            },
            _ => None,
        })
        .collect()
    }

    /// How many entries of the journal are about a row of this kind.
    pub(crate) fn entries_of(&self, kind: &str) -> usize {
        let key = format!("\"k\":\"{kind}/");
        let payloads = self.store.journal(self.keys.graph).into_iter().filter_map(|(_, it)| it);
        payloads.filter(|it| String::from_utf8_lossy(&it.0).contains(&key)).count()
    }

    /// What is set aside, by object: why.
    pub(crate) fn set_aside(&self) -> BTreeMap<String, String> {
        let rows = self.store.rows(self.keys.graph).into_values();
        rows.filter_map(|row| match row {
            Row::Aside(Aside { object, what: AsideKind::Quarantined(why), .. }) => {
                Some((object.0, why.code))
            }
            _ => None,
        })
        .collect()
    }

    /// From now on Google says other words for some.
    pub(crate) fn spoil(&self, words: &[(&str, String)]) {
        let words = words.iter().map(|(from, to)| ((*from).to_owned(), to.clone())).collect();
        *self.net.spoilt.lock().unwrap() = words;
    }

    /// What its provider calls somebody's overlay.
    pub(crate) fn overlay(&self, user: &str) -> String {
        let config = self.config();
        let mut all = config.calendars.values();
        let ours = all.find(|calendar| {
            calendar.account == self.accounts[user]
                && matches!(calendar.role, CalendarRole::Overlay(_))
        });
        ours.and_then(|calendar| calendar.provider_id.clone()).expect("it was made").0
    }

    /// One sync of everything, a minute later.
    pub(crate) fn sync(&self) -> Report {
        self.sync_as(Options { notices_at: Some(NOTICES.to_owned()), ..Options::default() })
    }

    /// What waits in the queue, as a worker does it after a notice.
    pub(crate) fn work(&self) -> Report {
        let notices_at = Some(NOTICES.to_owned());
        self.sync_as(Options { first: First::Queue, notices_at, ..Options::default() })
    }

    /// One sync of everything where no notices can come in.
    pub(crate) fn sync_untold(&self) -> Report {
        self.sync_as(Options::default())
    }

    fn sync_as(&self, options: Options) -> Report {
        self.clock.advance_millis(60_000);
        block_on(self.driver().sync(&self.keys, &options)).unwrap()
    }

    /// Syncs until nothing is left to do, twice in a row.
    pub(crate) fn settle(&self) {
        let mut quiet = 0;
        for _ in 0..20 {
            let report = self.sync();
            self.ring();
            let wrote = report.created + report.updated + report.deleted;
            let rests = report.settled && wrote == 0 && report.failures.is_empty();
            quiet = if rests { quiet + 1 } else { 0 };
            if quiet == 2 {
                return self.keeps_to_the_document();
            }
            self.clock.advance_millis(3_600_000);
        }
        panic!("it never settles: {:?}", self.sync());
    }

    /// What was sent and answered so far is as Google's discovery document has it.
    fn keeps_to_the_document(&self) {
        let google = self.google();
        let problems = google.reply_problems();
        assert!(problems.is_empty(), "{problems:?}");
        assert!(google.violations().is_empty(), "{:?}", google.violations());
    }

    /// Brings what Google sends by itself, and gives how each was answered.
    pub(crate) fn ring(&self) -> Vec<u16> {
        self.clock.advance_millis(60_000);
        let now = self.clock.now();
        let sent = self.google().outgoing(now.as_millis());
        let statuses: Vec<u16> = sent
            .into_iter()
            .map(|outgoing| {
                let status = self.heard(&outgoing.request);
                self.google().answered(now.as_millis(), outgoing, status);
                status
            })
            .collect();
        statuses
    }

    /// Takes in a notice.
    pub(crate) fn heard(&self, request: &SimRequest) -> u16 {
        assert_eq!(request.url, format!("{NOTICES}/google"));
        let lower = |(name, value): &(String, String)| (name.to_lowercase(), value.clone());
        let request = InboundRequest {
            method: request.method.clone(),
            path: "/notices/google".to_owned(),
            query: String::new(),
            headers: request.headers.iter().map(lower).collect(),
            body: request.body.clone(),
            received: self.clock.now(),
        };
        let provider = Google::new(GoogleConfig::default());
        let driver = self.driver();
        block_on(driver.notice(&self.keys, ("google", &provider), &request)).unwrap().status()
    }

    /// What Google was asked since the last call, each as method and the last of its path.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.keeps_to_the_document();
        let mut google = self.google();
        let asked = google.log().iter().map(|logged| {
            let path = logged.request.path();
            let last = path.rsplit('/').next().unwrap_or_default();
            let known = ["calendarList", "calendars", "events", "instances", "watch", "stop"];
            let what = if known.contains(&last) { last } else { "one" };
            format!("{} {what}", logged.request.method)
        });
        let asked = asked.collect();
        google.clear_log();
        asked
    }

    /// The times of requests since the last call, and how each was answered.
    pub(crate) fn answered(&self) -> Vec<(i64, u16)> {
        let mut google = self.google();
        let told = google.log().iter().map(|logged| (logged.at_ms, logged.reply.status)).collect();
        google.clear_log();
        told
    }

    /// A person makes an event in a Google calendar.
    pub(crate) fn add(&self, user: &str, calendar: &str, event: &Value) -> String {
        let now_ms = self.clock.now().as_millis();
        self.google().person(user, now_ms).add(calendar, event).unwrap()
    }

    /// A person changes one.
    pub(crate) fn edit(&self, user: &str, (calendar, id): (&str, &str), patch: &Value) {
        let now_ms = self.clock.now().as_millis();
        self.google().person(user, now_ms).edit(calendar, id, patch).unwrap();
    }

    /// The titles and starts that a Google calendar shows, sorted; series expanded.
    pub(crate) fn shows(&self, user: &str, calendar: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shown = |event: &Value| {
            let start = &event["start"];
            let at = if start["date"].is_null() { &start["dateTime"] } else { &start["date"] };
            (text(&event["summary"]), text(at))
        };
        let mut all: Vec<_> = self.look(user, calendar, true).iter().map(shown).collect();
        all.sort();
        all
    }

    /// The ids of the mirrors of ours in somebody's overlay; those of series once.
    pub(crate) fn mirrors(&self, calendar: &str) -> Vec<String> {
        let ours = |event: &&Value| {
            let mark = &event["extendedProperties"]["private"]["kal_m"];
            !mark.is_null() && event["recurringEventId"].is_null()
        };
        let text = |event: &Value| event["id"].as_str().unwrap_or_default().to_owned();
        self.look(BOB, calendar, false).iter().filter(ours).map(text).collect()
    }

    /// What a calendar holds, as another program is shown it; series expanded or not.
    pub(crate) fn look(&self, user: &str, calendar: &str, expanded: bool) -> Vec<Value> {
        let now_ms = self.clock.now().as_millis();
        let token = self.google().grant(user, "reader", &[], now_ms).access;
        let calendar = calendar.replace('@', "%40").replace('#', "%23");
        let url = format!(
            "{GOOGLE}/calendar/v3/calendars/{calendar}/events?singleEvents={expanded}&maxResults=2500"
        );
        let request =
            SimRequest::new("GET", &url).header("authorization", &format!("Bearer {token}"));
        let google = self.google();
        let mut copy = google.clone();
        copy.faults_mut().clear();
        let reply = copy.handle(now_ms, &request);
        let page: Value = serde_json::from_slice(&reply.body).unwrap();
        page["items"].as_array().cloned().unwrap_or_default()
    }
}

/// An hour, so many days after the second of June 2026, at ten in Berlin.
pub(crate) fn meeting(title: &str, day: u32) -> Value {
    let time = |hour: u32| json!({ "dateTime": format!("2026-06-{:02}T{hour}:00:00+02:00", 2 + day), "timeZone": "Europe/Berlin" });
    json!({ "summary": title, "start": time(10), "end": time(11) })
}

/// What people are asked for where mirrors may stand among their own events, and no more.
fn scopes() -> Vec<String> {
    Asks::Calendars.scopes()
}

#[derive(Clone)]
pub(crate) struct Net {
    google: Arc<Mutex<GoogleSim>>,
    dav: Arc<Mutex<CaldavSim>>,
    dav_calendar: String,
    clock: VirtualClock,
    spoilt: Arc<Mutex<Vec<(String, String)>>>,
}

impl Net {
    fn new(clock: VirtualClock) -> Self {
        let mut google = GoogleSim::new(3);
        // Refreshing tokens is the host's, and shown there.
        google.profile_mut().consent.access_life_ms = 1_000 * 86_400_000;
        for user in [ANN, BOB, CY] {
            assert!(google.add_user(user, "Europe/Berlin"));
        }
        let mut dav = CaldavSim::new(Profile::plain(), 5);
        dav.add_user(DAN, DAN);
        let dav_calendar = dav.add_calendar(DAN, "work");
        let (google, dav) = (Arc::new(Mutex::new(google)), Arc::new(Mutex::new(dav)));
        Self { google, dav, dav_calendar, clock, spoilt: Arc::default() }
    }

    fn spoil(&self, body: Vec<u8>) -> Vec<u8> {
        let words = self.spoilt.lock().unwrap();
        if words.is_empty() {
            return body;
        }
        let text = String::from_utf8(body).unwrap();
        words.iter().fold(text, |text, (from, to)| text.replace(from, to)).into_bytes()
    }
}

impl Http for Net {
    type Body = Body;

    async fn send(&self, request: HttpRequest) -> Result<(HttpHead, Body), HttpFailure> {
        let HttpRequest { method, url, headers, body, .. } = request;
        let to_google = url.starts_with(GOOGLE);
        let request = SimRequest { method: method.to_owned(), url, headers, body };
        let now_ms = self.clock.now().as_millis();
        let reply = match to_google {
            true => {
                let mut google = self.google.lock().unwrap_or_else(PoisonError::into_inner);
                let mut reply = google.handle(now_ms, &request);
                reply.body = self.spoil(reply.body);
                reply
            }
            false => {
                let mut dav = self.dav.lock().unwrap_or_else(PoisonError::into_inner);
                dav.handle(now_ms, &request)
            }
        };
        let pieces = match reply.delivery {
            Delivery::DropBeforeCommit | Delivery::DropAfterCommit => {
                return Err(HttpFailure::Reset);
            }
            Delivery::TruncateAt(at) => {
                vec![Err(HttpFailure::Cut), Ok(reply.body[..at.min(reply.body.len())].to_vec())]
            }
            _ => vec![Ok(reply.body)],
        };
        let lower = |(name, value): (String, String)| (name.to_lowercase(), value);
        let headers = reply.headers.into_iter().map(lower).collect();
        Ok((HttpHead { status: reply.status, headers }, Body(pieces)))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Login {
    user: &'static str,
    token: String,
    remember: String,
}

impl Login {
    fn open(&self) -> Opened {
        let remember = self.remember.clone();
        if self.user == DAN {
            let config = CaldavConfig { url: DAV.to_owned(), user: DAN.to_owned(), remember };
            return Opened {
                provider: Arc::new(Caldav::new(config)),
                credential: Credential::Basic { user: DAN.to_owned(), password: DAN.to_owned() },
            };
        }
        let api = GOOGLE.to_owned();
        let config = GoogleConfig { api, granted: scopes().join(" "), remember };
        Opened {
            provider: Arc::new(Google::new(config)),
            credential: Credential::Bearer(self.token.clone()),
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Logins(Arc<Mutex<BTreeMap<AccountId, Login>>>);

impl Logins {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, Login>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts for Logins {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        Ok(self.lock()[&account.id].open())
    }

    async fn remember(&self, _: GraphId, account: AccountId, text: &str) -> Result<bool, Failure> {
        let mut logins = self.lock();
        let Some(login) = logins.get_mut(&account) else { return Ok(false) };
        let other = login.remember != text;
        text.clone_into(&mut login.remember);
        Ok(other)
    }
}
