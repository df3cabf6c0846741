//! A CalDAV server as a site of a world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::event::Body;
use kalends_core::ports::Credential;
use kalends_driver::Opened;
use kalends_ical::Reader;
use kalends_oracle::Origin;
use kalends_testkit::caldav_sim::{CaldavSim, Fault, Profile, SimReply, SimRequest, UidRule, When};
use sha2::{Digest, Sha256};

use crate::ics;
use crate::random::Random;
use crate::site::{Act, Sent, Site, Stands};

/// Where the server answers.
pub const SERVER: &str = "http://localhost";

/// Lost answers, refusals for a time, broken connections and bodies, lost tokens.
pub(crate) const FAULTS: [&str; 9] =
    ["C41", "X1", "X2", "X3", "X4", "C40-503", "C40-429", "C34", "C14-403"];
/// Other spellings, other answers to lost tokens, pages, weak and missing tags, answers that come in
/// drops, and networks that are not there.
pub(crate) const RARE: [&str; 27] = [
    "C10-prefixes",
    "C10-default",
    "C10-cdata",
    "C10-cr",
    "C10-comments",
    "C10-truncated",
    "C12-absolute",
    "C12-encoded",
    "C14-410",
    "C14-412",
    "C14-full",
    "C15",
    "C16",
    "C20",
    "C21",
    "C26-404",
    "C31",
    "C31-oc",
    "C40-423",
    "C40-504",
    "C40-429-date",
    "C40-503-date",
    "X5",
    "X6",
    "X9",
    "X15",
    "X16",
];
/// Bodies that nobody can read, other answers to tokens and to what a report asks for, tags and names
/// in other forms, wrong lengths, pages of somebody else, and rests said in every way.
pub(crate) const MORE: [&str; 56] = [
    "C10-bomb",
    "C10-huge",
    "C10-type",
    "C10-utf8",
    "C11-propstat",
    "C12-double",
    "C12-raw",
    "C12-slash",
    "C12-self",
    "C13",
    "C14-400",
    "C14-400-bare",
    "C14-403-bare",
    "C14-405",
    "C14-405-bare",
    "C14-409",
    "C14-409-bare",
    "C14-410-bare",
    "C14-412-bare",
    "C14-415",
    "C14-415-bare",
    "C14-418",
    "C14-418-bare",
    "C14-500",
    "C14-500-bare",
    "C14-501",
    "C14-501-bare",
    "C16-same",
    "C18",
    "C23",
    "C25-missing",
    "C25-weak",
    "C25-unquoted",
    "C25-gzip",
    "C26-omit",
    "C26-whole",
    "C27-400",
    "C27-500",
    "C29-207",
    "C29-413",
    "C29-507",
    "C40-507",
    "C41-500",
    "X4-body",
    "X7",
    "X8",
    "X10",
    "X11",
    "X12",
    "X13",
    "X14-integer",
    "X14-decimal",
    "X14-date",
    "X14-past",
    "X14-negative",
    "X14-absent",
];
const MARK: &str = "X-KALENDS-MARK";
/// What comes and goes so that a calendar has changed.
const PASSING: &str = "passing.ics";
const PASSING_TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n\
    UID:passing@person\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260619T140000Z\r\nDURATION:PT1H\r\n\
    SUMMARY:Passing\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A simulated CalDAV server. Clones share it. Every user has a password of its own.
#[derive(Debug, Clone)]
pub struct CaldavSite {
    sim: Arc<Mutex<CaldavSim>>,
    seed: u64,
    /// The passwords by user.
    passwords: Arc<Mutex<BTreeMap<String, String>>>,
    base: &'static str,
    /// Whether rare faults are of all kinds.
    all_faults: bool,
    /// What was written of ours: the last two texts of each object.
    ours: Arc<Mutex<Texts>>,
}

/// Texts by calendar and name.
type Texts = BTreeMap<(String, String), Vec<String>>;

impl CaldavSite {
    /// A server with these habits.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let base = profile.layout.base;
        let sim = Arc::new(Mutex::new(CaldavSim::new(profile, seed)));
        let (passwords, ours, all_faults) = (Arc::default(), Arc::default(), false);
        Self { sim, seed, passwords, base, all_faults, ours }
    }

    /// The same, and with `all_faults` it fails in all ways that end by themselves.
    #[must_use]
    pub fn failing(profile: Profile, seed: u64, all_faults: bool) -> Self {
        Self { all_faults, ..Self::new(profile, seed) }
    }

    /// The server.
    pub fn sim(&self) -> MutexGuard<'_, CaldavSim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A word that is nowhere else.
    fn password(&self, user: &str) -> String {
        let hash = Sha256::digest(format!("{} {user}", self.seed));
        hash.iter().take(8).fold("pass-".to_owned(), |word, byte| format!("{word}{byte:02x}"))
    }

    /// The objects that requests of these methods named.
    fn asked(&self, methods: &[&str]) -> Vec<(String, String)> {
        let sim = self.sim();
        let requests = sim.log().iter().map(|logged| &logged.request);
        let asked = requests.filter(|request| methods.contains(&request.method.as_str()));
        asked.filter_map(|request| split(&request.path())).collect()
    }
}

impl Site for CaldavSite {
    fn provider(&self) -> &'static str {
        "caldav"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[SERVER]
    }

    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        let mut sim = self.sim();
        let reply = sim.handle(now_ms, request);
        if let Some(key) = split(&request.path()).filter(|_| request.method == "PUT") {
            let held = sim.resource(&key.0, &key.1).filter(|text| text.contains(MARK));
            let mut all = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
            let ours = all.entry(key).or_default();
            ours.extend(held.map(str::to_owned).filter(|text| ours.last() != Some(text)));
            let over = ours.len().saturating_sub(2);
            ours.drain(..over);
        }
        reply
    }

    fn open(&self, user: &str, remember: &str) -> Opened {
        let config = CaldavConfig {
            url: format!("{SERVER}{}", self.base),
            user: user.to_owned(),
            remember: remember.to_owned(),
        };
        let (user, password) = (user.to_owned(), self.password(user));
        let credential = Credential::Basic { user, password };
        Opened { provider: Arc::new(Caldav::new(config)), credential }
    }

    fn add_user(&self, user: &str) {
        let password = self.password(user);
        self.sim().add_user(user, &password);
        let mut all = self.passwords.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(user.to_owned(), password);
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.sim().add_calendar(user, name)
    }

    fn stands(&self, calendar: &str) -> bool {
        self.sim().calendars().iter().any(|one| one == calendar)
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        self.sim().names(calendar)
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Origin> {
        Some(ics::origin(self.sim().resource(calendar, name)?, 0))
    }

    fn holds(&self, calendar: &str, name: &str) -> bool {
        self.sim().resource(calendar, name).is_some()
    }

    fn body(&self, calendar: &str, name: &str) -> Option<Body> {
        let text = self.sim().resource(calendar, name)?.to_owned();
        Reader::default().object(text.as_bytes()).ok().map(|read| read.body)
    }

    fn all(&self, calendar: &str, name: &str) -> Option<String> {
        self.sim().resource(calendar, name).map(str::to_owned)
    }

    fn copies_keep_marks(&self) -> bool {
        true
    }

    fn holds_uids_once(&self) -> bool {
        matches!(self.sim().profile_mut().writes.uid, UidRule::User(_))
    }

    fn act(&self, now_ms: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let mut sim = self.sim();
        let mut person = sim.person(now_ms);
        match act {
            Act::Put(origin) => person.put(calendar, name, &ics::write(origin)),
            Act::Change(change) => person.edit(calendar, name, |text| ics::change(&text, change)),
            Act::Delete => person.delete(calendar, name),
            Act::Undelete => person.undelete(calendar, name),
            Act::Carry(to) => person.move_to(calendar, name, to),
            Act::Copy(to, copy) => person.copy(calendar, name, to, copy),
            Act::Duplicate(to, copy) => person.duplicate(calendar, name, to, copy),
            Act::Unmark => person.edit(calendar, name, |text| unmarked(&text)),
            Act::Garble => person.edit(calendar, name, |text| text.replace("DTSTART", "DTSTRAT")),
            Act::CallOff => person.edit(calendar, name, |text| {
                text.replace("DTSTAMP:", "STATUS:CANCELLED\r\nDTSTAMP:")
            }),
            Act::Rewind => {
                let ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
                match ours.get(&(calendar.to_owned(), name.to_owned())).map(Vec::as_slice) {
                    Some([before, _]) => person.put(calendar, name, before),
                    Some(_) | None => Ok(()),
                }
            }
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        let name = FAULTS[random.below(FAULTS.len())];
        let method = ["PUT", "PUT", "DELETE", "REPORT", "PROPFIND"][random.below(5)];
        let nth = 1 + random.below(3) as u32;
        assert!(self.sim().plan(method, "*", When::Nth(nth), name), "{name}");
        format!("fault {name} at {method} {nth}")
    }

    fn plan(&self, _: i64, fault: &str) -> bool {
        let words: Vec<&str> = fault.split_whitespace().collect();
        let &["fault", name, "at", method, nth] = words.as_slice() else { return false };
        let nth = nth.parse().map(When::Nth);
        nth.is_ok_and(|nth| self.sim().plan(method, "*", nth, name))
    }

    fn rare_fault(&self, random: &mut Random) -> String {
        let methods = ["PUT", "DELETE", "REPORT", "REPORT", "PROPFIND"];
        let names: &[&str] = if self.all_faults && random.one_in(2) { &MORE } else { &RARE };
        let name = names[random.below(names.len())];
        let method = methods[random.below(methods.len())];
        let nth = 1 + random.below(3) as u32;
        assert!(self.sim().plan(method, "*", When::Nth(nth), name), "{name}");
        format!("fault {name} at {method} {nth}")
    }

    fn expire_tokens(&self, calendar: &str) {
        self.sim().expire_tokens(calendar);
    }

    fn come_late(&self, calendar: &str, objects: usize) -> bool {
        let mut sim = self.sim();
        // Without tokens there is nothing that could tell of them later.
        let tells = sim.profile_mut().changes.sync.is_some();
        if tells {
            sim.come_late(calendar, objects);
        }
        tells
    }

    /// A full list in place of changes shows by what is in it that is known; where all of that is new, nothing
    /// shows it. Something comes and goes in each calendar, so that it is asked with a token that is lost.
    fn own_up(&self, now_ms: i64) {
        let mut sim = self.sim();
        let mut met = sim.faults_mut().rules().iter().filter(|(rule, count)| match rule.when {
            When::Nth(nth) | When::From(nth) | When::Every(nth) => *count >= nth,
            When::Always | When::First(_) => *count > 0,
        });
        if !met.any(|(rule, _)| Some(&rule.fault) == Fault::by_name("C14-full").as_ref()) {
            return;
        }
        for calendar in sim.calendars() {
            let mut person = sim.person(now_ms);
            let came = person.put(&calendar, PASSING, PASSING_TEXT);
            if came.and_then(|()| person.delete(&calendar, PASSING)).is_ok() {
                sim.expire_tokens(&calendar);
            }
        }
    }

    fn calm(&self) {
        let mut sim = self.sim();
        sim.faults_mut().clear();
        sim.calendars().iter().for_each(|calendar| sim.come_late(calendar, 0));
    }

    fn forget_replies(&self) {
        self.sim().forget_replies();
    }

    fn take_log(&self) -> Vec<String> {
        let mut sim = self.sim();
        let said = sim.log().iter().map(|logged| format!("{logged:?}")).collect();
        sim.clear_log();
        said
    }

    fn violations(&self) -> Vec<String> {
        self.sim().violations().iter().map(|one| format!("{one:?}")).collect()
    }

    fn written(&self) -> Vec<(String, String)> {
        self.asked(&["PUT", "DELETE"])
    }

    fn sent(&self) -> usize {
        let sim = self.sim();
        sim.log().iter().filter(|logged| logged.request.method == "PUT").count()
    }

    fn sent_after(&self, count: usize) -> Vec<Sent> {
        let sim = self.sim();
        let puts = sim.log().iter().map(|logged| &logged.request).filter(|r| r.method == "PUT");
        let said = puts.skip(count).map(|request| {
            let (calendar, name) = split(&request.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&request.body).into_owned();
            let (title, of_instance, stands) = (ics::read(&text).title, false, Stands::Surely);
            Sent { calendar, name, title, text, of_instance, stands }
        });
        said.collect()
    }

    fn secrets(&self) -> Vec<String> {
        let all = self.passwords.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().cloned().collect()
    }

    fn wrote_last(&self) -> bool {
        let sim = self.sim();
        let last = sim.log().last().map(|logged| logged.request.method.as_str());
        last.is_some_and(|method| ["PUT", "DELETE"].contains(&method))
    }

    fn deleted(&self) -> Vec<(String, String)> {
        self.asked(&["DELETE"])
    }

    fn mailed(&self) -> Vec<(String, String)> {
        self.sim().mail().iter().filter_map(|mail| split(&mail.path)).collect()
    }
}

/// The calendar and the name in it; `None` for a calendar itself.
fn split(path: &str) -> Option<(String, String)> {
    let at = path.rfind('/')? + 1;
    (at < path.len()).then(|| (path[..at].to_owned(), path[at..].to_owned()))
}

fn unmarked(text: &str) -> String {
    let text = text.replace("\r\n ", "");
    let kept = text.split("\r\n").filter(|line| !line.starts_with(MARK));
    kept.collect::<Vec<_>>().join("\r\n")
}
