//! Google Calendar as a site of a world.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ports::Credential;
use kalends_driver::Opened;
use kalends_google::{Asks, Google, GoogleConfig};
use kalends_oracle::{Change, Origin};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::{GoogleSim, Person};
use kalends_testkit::wire::{Outgoing, SimReply, SimRequest, SimServer as _};
use serde_json::{Value, json};

use crate::google_json::{event, origin, span};
use crate::random::Random;
use crate::site::{Act, Planned, Sent, Site, Stands};
use crate::stamp::second;

/// Where Google answers.
const GOOGLE: &str = "https://www.googleapis.com";

/// What befalls a request of each method: lost answers and requests, refusals for a time, ids that
/// are taken, versions that are stale, dead tokens, odd pages, broken bodies.
pub(crate) const WRITING: [&str; 8] =
    ["F13", "X1", "X2", "X4", "F12-503", "F5-429-after", "F11-once", "F10-cancelled"];
pub(crate) const READING: [&str; 12] = [
    "F7",
    "F7-tokens",
    "F12-500",
    "F14",
    "F15",
    "F16",
    "F17",
    "F18",
    "F19",
    "F30",
    "X3",
    "F5-user",
];

/// The other limits, and networks that are not there; beside them what only reading can meet.
pub(crate) const RARE: [&str; 9] =
    ["F5-user", "F5-user-after", "F5-rate", "F5-429", "F12-500", "X6", "X9", "X15", "X16"];
pub(crate) const RARE_READING: [&str; 4] = ["F12-503", "F25", "X4", "X5"];
/// Tokens that have run out, locks, ids that the same event has already, what Google makes of what it
/// is sent, instances under other names, and pages of somebody else.
pub(crate) const MORE: [&str; 7] = ["F1", "F1-expired", "F6", "F10-live", "F24", "F26", "X12"];

/// What a user may ask in a minute, where that is counted: so little that histories meet it.
const CALLS_A_MINUTE: usize = 120;

/// What people are asked for, and no more: they edit and move mirrors among their own events.
fn scopes() -> Vec<String> {
    Asks::Calendars.scopes()
}

/// A simulated Google. Clones share it.
#[derive(Debug, Clone)]
pub struct GoogleSite {
    sim: Arc<Mutex<GoogleSim>>,
    tokens: Arc<Mutex<BTreeMap<String, String>>>,
    /// Whether rare faults are of all kinds.
    all_faults: bool,
}

impl GoogleSite {
    /// Google without people.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut sim = GoogleSim::new(seed);
        // Nobody refreshes tokens in a world: that is the accounts' business.
        sim.profile_mut().consent.access_life_ms = i64::MAX >> 1;
        // Its clock stands while a sync runs.
        sim.profile_mut().quota.user_minute = usize::MAX;
        sim.profile_mut().quota.project_minute = usize::MAX;
        Self { sim: Arc::new(Mutex::new(sim)), tokens: Arc::default(), all_faults: false }
    }

    /// The same, and with `all_faults` it fails in all ways that end by themselves.
    #[must_use]
    pub fn failing(seed: u64, all_faults: bool) -> Self {
        Self { all_faults, ..Self::new(seed) }
    }

    /// The server.
    pub fn sim(&self) -> MutexGuard<'_, GoogleSim> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a user a token.
    fn sign_in(&self, user: &str) {
        let scopes = scopes();
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let token = self.sim().grant(&address(user), "kalends", &scopes, 0).access;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(user.to_owned(), token);
    }

    /// Plans a fault, and says it.
    fn planned(&self, fault: Planned<'_>) -> String {
        let Planned { name, method, path, nth } = fault;
        assert!(self.sim().plan(method, path, When::Nth(nth), name), "{name}");
        fault.said("google")
    }

    /// The events that requests of these methods named; an instance counts as its series.
    fn asked(&self, methods: &[&str]) -> Vec<(String, String)> {
        let sim = self.sim();
        let requests = sim.log().iter().map(|logged| &logged.request);
        let asked = requests.filter(|request| methods.contains(&request.method.as_str()));
        let named = asked.filter_map(named);
        let whole = |(calendar, id): (String, String)| {
            let series = sim.series_of(&calendar, &id);
            (calendar, series.unwrap_or(id))
        };
        named.map(whole).collect()
    }
}

/// The calendar and the event of a write.
fn named(request: &SimRequest) -> Option<(String, String)> {
    ["POST", "PUT", "PATCH", "DELETE"].contains(&request.method.as_str()).then_some(())?;
    let path = request.path();
    let (calendar, rest) = path.strip_prefix("/calendar/v3/calendars/")?.split_once("/events")?;
    let body = || serde_json::from_slice::<Value>(&request.body).ok();
    let id = match rest.strip_prefix('/') {
        Some(id) => id.to_owned(),
        None => body()?.get("id")?.as_str()?.to_owned(),
    };
    Some((calendar.to_owned(), id))
}

impl Site for GoogleSite {
    fn provider(&self) -> &'static str {
        "google"
    }

    fn hosts(&self) -> &'static [&'static str] {
        &[GOOGLE]
    }

    fn handle(&self, now_ms: i64, request: &SimRequest) -> SimReply {
        self.sim().handle(now_ms, request)
    }

    fn open(&self, user: &str, remember: &str) -> Opened {
        let (remember, granted) = (remember.to_owned(), scopes().join(" "));
        let config = GoogleConfig { remember, granted, ..GoogleConfig::default() };
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        Opened {
            provider: Arc::new(Google::new(config)),
            credential: Credential::Bearer(tokens.get(user).cloned().unwrap_or_default()),
        }
    }

    fn add_user(&self, user: &str) {
        let mut sim = self.sim();
        assert!(sim.add_user(&address(user), "UTC"), "it is a zone");
        drop(sim);
        self.sign_in(user);
    }

    fn renew(&self, user: &str) -> bool {
        self.sign_in(user);
        true
    }

    fn add_calendar(&self, user: &str, name: &str) -> String {
        self.sim().add_calendar(&address(user), name)
    }

    fn stands(&self, calendar: &str) -> bool {
        self.sim().calendars().iter().any(|one| one == calendar)
    }

    fn names(&self, calendar: &str) -> Vec<String> {
        self.sim().events(calendar)
    }

    fn look(&self, calendar: &str, name: &str) -> Option<Origin> {
        Some(origin(&self.sim().held(calendar, name)?))
    }

    fn all(&self, calendar: &str, name: &str) -> Option<String> {
        Some(format!("{:?}", self.sim().held(calendar, name)?))
    }

    fn copies_keep_marks(&self) -> bool {
        false
    }

    fn keeps_what_was_put_back(&self) -> bool {
        true
    }

    fn act(&self, now_ms: i64, calendar: &str, name: &str, act: Act<'_>) -> Result<(), String> {
        let mut sim = self.sim();
        let uid = sim.held(calendar, name).map(|held| held.uid);
        let missing = || format!("there is no {name} in {calendar}");
        let mut person = sim.person("someone@example.com", now_ms);
        match act {
            Act::Put(origin) => put(&mut person, (calendar, name), origin),
            Act::Change(change) => changed(&mut person, (calendar, name), change),
            Act::Delete => person.delete(calendar, name),
            Act::Undelete => person.undelete(calendar, name),
            Act::Carry(to) => person.move_to(calendar, name, to),
            Act::Copy(to, copy) => {
                person.copy((calendar, name), (to, copy), &uid.ok_or_else(missing)?)
            }
            Act::Duplicate(to, copy) => {
                person.copy((calendar, name), (to, copy), &format!("{copy}@google.com"))
            }
            Act::Rewind => Ok(()),
            Act::Garble => Err("what is sent here is read, or refused".to_owned()),
            Act::CallOff => Err("what is called off here is gone".to_owned()),
            Act::Unmark => {
                let nothing = json!({"extendedProperties": {"private": null}});
                person.edit(calendar, name, &nothing)
            }
        }
    }

    fn fault(&self, random: &mut Random) -> String {
        let method = ["POST", "PUT", "PATCH", "DELETE", "GET", "GET"][random.below(6)];
        let names: &[&str] = if method == "GET" { &READING } else { &WRITING };
        let name = names[random.below(names.len())];
        let nth = 1 + random.below(3) as u32;
        // A spent token is what only listings can meet.
        let path = if name.starts_with("F7") { "*/events" } else { "*/events*" };
        self.planned(Planned { name, method, path, nth })
    }

    fn plan(&self, _: i64, fault: &str) -> bool {
        let planned = Planned::read(fault, "google");
        planned
            .is_some_and(|one| self.sim().plan(one.method, one.path, When::Nth(one.nth), one.name))
    }

    fn rare_fault(&self, random: &mut Random) -> String {
        if self.all_faults && random.one_in(2) {
            let (name, nth) = (MORE[random.below(MORE.len())], 1 + random.below(3) as u32);
            let methods: &[&str] = match name {
                // Only what is made can be there already, and only what is written be changed.
                "F10-live" => &["POST"],
                "F6" | "F24" => &["POST", "PUT", "PATCH"],
                "F26" => &["GET"],
                _ => &["POST", "PUT", "PATCH", "DELETE", "GET"],
            };
            let method = methods[random.below(methods.len())];
            return self.planned(Planned { name, method, path: "*/events*", nth });
        }
        let method = ["POST", "PUT", "PATCH", "DELETE", "GET", "GET"][random.below(6)];
        let reads = method == "GET" && random.one_in(2);
        let names: &[&str] = if reads { &RARE_READING } else { &RARE };
        let name = names[random.below(names.len())];
        let nth = 1 + random.below(3) as u32;
        self.planned(Planned { name, method, path: "*", nth })
    }

    fn expire_tokens(&self, calendar: &str) {
        self.sim().expire_tokens(calendar);
    }

    fn calm(&self) {
        self.sim().faults_mut().clear();
    }

    fn take_log(&self) -> Vec<String> {
        let mut sim = self.sim();
        let said = sim.log().iter().map(|logged| format!("{logged:?}")).collect();
        sim.clear_log();
        said
    }

    fn violations(&self) -> Vec<String> {
        let sim = self.sim();
        let wrong = sim.violations().iter().map(|one| format!("{one:?}"));
        wrong.chain(sim.reply_problems()).collect()
    }

    fn limit_calls(&self) {
        self.sim().profile_mut().quota.user_minute = CALLS_A_MINUTE;
    }

    /// A series of people has five instances.
    fn writes_each(&self) -> usize {
        6
    }

    fn written(&self) -> Vec<(String, String)> {
        self.asked(&["POST", "PUT", "PATCH", "DELETE"])
    }

    fn sent(&self) -> usize {
        self.sim().log().iter().filter(|logged| named(&logged.request).is_some()).count()
    }

    fn sent_after(&self, count: usize) -> Vec<Sent> {
        let sim = self.sim();
        let writes = sim.log().iter().filter_map(|logged| {
            let (calendar, id) = named(&logged.request)?;
            let stands = match logged.reply.status / 100 {
                2 => Stands::Surely,
                // Under an id that is taken the same may stand already.
                4 if logged.honest && logged.reply.status != 409 => Stands::Not,
                _ => Stands::Perhaps,
            };
            Some((calendar, id, &logged.request.body, stands))
        });
        let said = writes.skip(count).map(|(calendar, id, body, stands)| {
            let series = sim.series_of(&calendar, &id);
            let (of_instance, name) = (series.is_some(), series.unwrap_or(id));
            let said: Value = serde_json::from_slice(body).unwrap_or_default();
            let title = said["summary"].as_str().unwrap_or_default().to_owned();
            let text = String::from_utf8_lossy(body).into_owned();
            Sent { calendar, name, title, text, of_instance, stands }
        });
        said.collect()
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.values().cloned().collect()
    }

    fn wrote_last(&self) -> bool {
        self.sim().log().last().and_then(|logged| named(&logged.request)).is_some()
    }

    fn deleted(&self) -> Vec<(String, String)> {
        self.asked(&["DELETE"])
    }

    fn mailed(&self) -> Vec<(String, String)> {
        let sim = self.sim();
        sim.mail().iter().map(|mail| (mail.calendar.clone(), mail.event.clone())).collect()
    }

    fn outgoing(&self, now_ms: i64) -> Vec<Outgoing> {
        self.sim().outgoing(now_ms)
    }

    fn answered(&self, now_ms: i64, sent: Outgoing, status: u16) {
        self.sim().answered(now_ms, sent, status);
    }

    fn forged(&self, random: &mut Random, sent: &SimRequest, untold: &[String]) -> SimRequest {
        let mut forged = sent.clone();
        let names = ["X-Goog-Channel-Token", "X-Goog-Channel-ID", "X-Goog-Resource-ID"];
        let of_untold =
            |(name, value): &(String, String)| name == names[1] && untold.contains(value);
        let known = if sent.headers.iter().any(of_untold) { 2 } else { 3 };
        let name = names[random.below(known)];
        forged.headers.retain(|(known, _)| known != name);
        if name != "X-Goog-Channel-Token" || random.one_in(2) {
            forged.headers.push((name.to_owned(), "a-guess".to_owned()));
        }
        forged
    }

    fn upset_watches(&self, _: i64, random: &mut Random) -> Option<String> {
        let (name, path, method) = [
            ("F21", "*/watch", "POST"),
            ("F22-401", "*/watch", "POST"),
            ("F23", "*/channels/stop", "POST"),
            ("F20-lost", "*", "PUSH"),
            ("F20-late", "*", "PUSH"),
            ("F20-expired", "*", "PUSH"),
            ("F20-stopped", "*", "PUSH"),
        ][random.below(7)];
        let nth = 1 + random.below(3) as u32;
        Some(self.planned(Planned { name, method, path, nth }))
    }
}

fn address(user: &str) -> String {
    format!("{user}@example.com")
}

type Place<'a> = (&'a str, &'a str);

/// Makes an event what an origin says, whole.
fn put(
    person: &mut Person<'_>,
    (calendar, name): Place<'_>,
    origin: &Origin,
) -> Result<(), String> {
    person.put(calendar, name, &event(origin))?;
    for one in &origin.exceptions {
        let mut patch = span(&one.start);
        patch["summary"] = json!(one.title);
        person.edit_instance(calendar, name, second(&one.original), &patch)?;
    }
    for original in &origin.excluded {
        person.cancel_instance(calendar, name, second(original))?;
    }
    Ok(())
}

fn changed(
    person: &mut Person<'_>,
    (calendar, name): Place<'_>,
    change: &Change,
) -> Result<(), String> {
    let instance = |person: &mut Person<'_>, original: &str, patch: &Value| {
        person.edit_instance(calendar, name, second(original), patch).map(drop)
    };
    match change {
        Change::Title(title) => person.edit(calendar, name, &json!({"summary": title})),
        Change::Description(text) => person.edit(calendar, name, &json!({"description": text})),
        Change::Start(start) => person.edit(calendar, name, &span(start)),
        Change::Move(original, start) => instance(person, original, &span(start)),
        Change::Retitle(original, title) => instance(person, original, &json!({"summary": title})),
        Change::Cancel(original) => person.cancel_instance(calendar, name, second(original)),
    }
}
