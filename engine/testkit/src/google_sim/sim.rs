//! The simulator itself: configuration, inspection and the handling of one request.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::caldav_sim::When;
use crate::wire::{Outgoing, SimReply, SimRequest, SimServer};

use super::calendar::Calendar;
use super::calendars;
use super::call::Call;
use super::discovery::discovery;
use super::dispatch;
use super::fault::{Damage, Fault, FaultPlan, Instead, Kind, Scene, WorldFault};
use super::mail::Mail;
use super::oauth::{self, Endpoint};
use super::oauth_state::{Tokens, Who};
use super::person::Person;
use super::profile::Profile;
use super::push;
use super::reply::Reply;
use super::state::{Role, State, User};
use super::strict::{self, Findings, Rule, Violation};

/// Google Calendar without sockets and clocks. Equal calls give equal replies.
#[derive(Clone, Debug)]
pub struct GoogleSim {
    pub(super) state: State,
    profile: Profile,
    faults: FaultPlan,
    lax: bool,
    violations: Vec<Violation>,
    log: Vec<Logged>,
}

/// One exchange as it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Virtual time, UTC milliseconds.
    pub at_ms: i64,
    /// The request with its body.
    pub request: SimRequest,
    /// The reply as it was made; its delivery says what the client saw of it.
    pub reply: SimReply,
    /// Whether the reply is the server's own, not a fault's.
    pub honest: bool,
}

impl GoogleSim {
    /// A server without people. The seed enters into ids and tokens.
    pub fn new(seed: u64) -> Self {
        Self {
            state: State { seed, ..State::default() },
            profile: Profile::default(),
            faults: FaultPlan::default(),
            lax: false,
            violations: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Adds a person with a primary calendar, whose id is the address; false where the time zone
    /// is none.
    pub fn add_user(&mut self, email: &str, time_zone: &str) -> bool {
        if super::time::zone_named(time_zone).is_none() {
            return false;
        }
        let user = User { time_zone: time_zone.to_owned(), ..User::default() };
        self.state.users.insert(email.to_owned(), user);
        self.new_calendar(email, email, email);
        true
    }

    /// Makes a secondary calendar and gives its id; empty if there is no such person.
    pub fn add_calendar(&mut self, email: &str, summary: &str) -> String {
        if !self.state.users.contains_key(email) {
            return String::new();
        }
        let number = self.state.draw();
        let id = super::digest::opaque_id(self.state.seed, &["calendar", &number]);
        let id = format!("c_{id}@group.calendar.google.com");
        self.new_calendar(&id, email, summary);
        id
    }

    fn new_calendar(&mut self, id: &str, owner: &str, summary: &str) {
        let zone = self.state.users.get(owner).map(|user| user.time_zone.clone());
        let mut calendar = Calendar {
            id: id.to_owned(),
            owner: owner.to_owned(),
            time_zone: zone.unwrap_or_default(),
            ..Calendar::default()
        };
        calendar.fields.insert("summary".to_owned(), Value::String(summary.to_owned()));
        calendars::add(&mut self.state, calendar);
    }

    /// Gives someone a role on a calendar, or takes it away; it appears in their list.
    pub fn share(&mut self, calendar: &str, email: &str, role: Option<Role>) {
        let Some(held) = self.state.calendars.get_mut(calendar) else {
            return;
        };
        match role {
            Some(role) => drop(held.roles.insert(email.to_owned(), role)),
            None => drop(held.roles.remove(email)),
        }
        if let Some(user) = self.state.users.get_mut(email) {
            user.touch(calendar, |entry| entry.deleted = role.is_none());
        }
    }

    /// Makes a calendar one that cannot be watched, as holidays and birthdays are.
    pub fn set_unwatchable(&mut self, calendar: &str) {
        if let Some(held) = self.state.calendars.get_mut(calendar) {
            held.unwatchable = true;
        }
    }

    /// Makes an OAuth client known; while none is, every client is.
    pub fn add_client(&mut self, id: &str, secret: &str) {
        self.state.oauth.clients.insert(id.to_owned(), secret.to_owned());
    }

    /// Signs a person in at the browser; `None` lets the request or chance decide.
    pub fn set_browser(&mut self, email: Option<&str>) {
        self.state.oauth.browser = email.map(str::to_owned);
    }

    /// Lets people refuse to consent, or consent again.
    pub fn set_denies(&mut self, denies: bool) {
        self.state.oauth.denies = denies;
    }

    /// Ready tokens of a person for a client, as after a consent. Scopes are written short
    /// (`calendar.events.readonly`) or whole; none means all.
    pub fn grant(&mut self, email: &str, client: &str, scopes: &[&str], now_ms: i64) -> Tokens {
        let whole = |name: &&str| match name.contains("://") {
            true => (*name).to_owned(),
            false => format!("https://www.googleapis.com/auth/{name}"),
        };
        let mut granted: BTreeSet<String> = scopes.iter().map(whole).collect();
        if granted.is_empty() {
            granted = discovery().scopes.clone();
        }
        let who = Who { user: email.to_owned(), client: client.to_owned() };
        let times = (now_ms, self.profile.consent.access_life_ms);
        oauth::grant(&mut self.state.oauth, self.state.seed, &who, granted, times)
    }

    /// A person's program working on the state, without HTTP.
    pub fn person(&mut self, email: &str, now_ms: i64) -> Person<'_> {
        Person::new(self, email, now_ms)
    }

    /// The habits, to be changed at will between requests.
    pub fn profile_mut(&mut self) -> &mut Profile {
        &mut self.profile
    }

    /// The fault plan.
    pub fn faults_mut(&mut self) -> &mut FaultPlan {
        &mut self.faults
    }

    /// Plans a fault by name; false where the name is unknown.
    #[must_use]
    pub fn plan(&mut self, method: &str, path: &str, when: When, name: &str) -> bool {
        let fault = Fault::by_name(name);
        let known = fault.is_some();
        if let Some(fault) = fault {
            self.faults.add(method, path, when, fault);
        }
        known
    }

    /// Answers what it would refuse as unknown to the discovery document; it is still logged as a
    /// violation.
    pub fn set_lax(&mut self, lax: bool) {
        self.lax = lax;
    }

    /// What clients should not have sent.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// All exchanges so far.
    pub fn log(&self) -> &[Logged] {
        &self.log
    }

    /// Forgets exchanges and violations.
    pub fn clear_log(&mut self) {
        self.log.clear();
        self.violations.clear();
    }

    /// What the discovery document says against the server's own replies in the log: nothing, if
    /// this simulator is right.
    pub fn reply_problems(&self) -> Vec<String> {
        let partial = |logged: &&Logged| logged.honest && logged.reply.status != 0;
        let checked = self.log.iter().filter(partial).flat_map(|logged| {
            let reply = &logged.reply;
            let found = strict::reply_problems(&logged.request, reply.status, &reply.body);
            found.into_iter().map(|why| format!("{}: {why}", logged.request.url))
        });
        checked.collect()
    }

    /// Mail that writes over HTTP have caused.
    pub fn mail(&self) -> &[Mail] {
        &self.state.mail
    }

    /// Ids of all calendars.
    pub fn calendars(&self) -> Vec<String> {
        self.state.calendars.keys().cloned().collect()
    }

    /// People who can see a calendar.
    pub fn members(&self, calendar: &str) -> BTreeSet<String> {
        self.state.members(calendar)
    }

    /// Expires all sync tokens of a calendar that were given so far.
    pub fn expire_tokens(&mut self, calendar: &str) {
        if let Some(held) = self.state.calendars.get_mut(calendar) {
            held.expire_tokens();
        }
    }

    /// Takes the state of another moment; log, faults and violations stay.
    pub fn restore(&mut self, backup: &Self) {
        self.state = backup.state.clone();
    }

    /// When the next pushed message is due, UTC milliseconds.
    pub fn next_outgoing_ms(&self) -> Option<i64> {
        self.state.outbox.next_ms()
    }

    /// Answers one request.
    pub fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let call = Call::of(request);
        let mut met = Met::new(&self.profile, self.faults.take(&request.method, &request.path()));
        let findings = strict::check(&self.state, request, call.as_ref());
        let commits = met.damages.iter().all(|damage| damage.commits());
        let honest = met.damages.is_empty() && met.instead.is_none();
        let reply = if commits {
            self.change(&met.changes, call.as_ref(), now_ms);
            self.reply(&mut met, request, call.as_ref(), (&findings, now_ms))
        } else {
            Reply::status(0)
        };
        let index = self.log.len();
        let noted = findings.into_iter();
        let noted = noted.map(|(rule, detail)| Violation { request: index, rule, detail });
        self.violations.extend(noted);
        let reply = dispatch::finish(reply, &met.damages, now_ms);
        let (logged, answer) = (request.clone(), reply.clone());
        self.log.push(Logged { at_ms: now_ms, request: logged, reply: answer, honest });
        push::tell(&mut self.state, &mut self.faults, &met.profile.push, now_ms);
        reply
    }

    fn reply(
        &mut self,
        met: &mut Met,
        request: &SimRequest,
        call: Option<&Call>,
        (findings, now_ms): (&Findings, i64),
    ) -> Reply {
        if let Some(instead) = met.instead {
            return instead.reply();
        }
        let refuses = |rule: Rule| !self.lax && rule.refuses();
        let refused: Findings =
            findings.iter().filter(|(rule, _)| refuses(*rule)).cloned().collect();
        match (call, Endpoint::of(request.raw_path())) {
            (Some(call), _) => {
                dispatch::answer(&mut self.state, &met.profile, call, &refused, now_ms)
            }
            (None, Some(endpoint)) => {
                endpoint.answer(&mut self.state, &met.profile.consent, request, now_ms)
            }
            (None, None) => dispatch::nowhere(request),
        }
    }

    fn change(&mut self, changes: &[WorldFault], call: Option<&Call>, now_ms: i64) {
        let caller = call.and_then(|call| dispatch::caller(&self.state, call, now_ms));
        let first = || self.state.users.keys().next().cloned();
        let user = caller.map(|caller| caller.user).or_else(first).unwrap_or_default();
        let mut scene = Scene { state: &mut self.state, user: &user, call, now_ms };
        for change in changes {
            scene.apply(*change);
        }
    }

    /// Tells channels what a person did.
    pub(super) fn tell(&mut self, now_ms: i64) {
        push::tell(&mut self.state, &mut self.faults, &self.profile.push, now_ms);
    }
}

impl SimServer for GoogleSim {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        self.handle(now_ms, request)
    }

    fn outgoing(&mut self, now_ms: i64) -> Vec<Outgoing> {
        self.state.outbox.take(now_ms)
    }

    fn answered(&mut self, now_ms: i64, sent: Outgoing, status: u16) {
        self.state.outbox.answered(sent, status, now_ms);
    }
}

/// The faults that one request meets.
struct Met {
    profile: Profile,
    instead: Option<Instead>,
    changes: Vec<WorldFault>,
    damages: Vec<Damage>,
}

impl Met {
    fn new(profile: &Profile, faults: Vec<Fault>) -> Self {
        let profile = profile.clone();
        let mut out = Self { profile, instead: None, changes: Vec::new(), damages: Vec::new() };
        for Fault(kind) in faults {
            match kind {
                Kind::Quirk(quirk) => quirk.apply(&mut out.profile),
                Kind::Instead(answer) => out.instead = out.instead.or(Some(answer)),
                Kind::World(change) => out.changes.push(change),
                Kind::Damage(damage) => out.damages.push(damage),
                Kind::Push(_) => {}
            }
        }
        out
    }
}
