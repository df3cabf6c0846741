//! The simulator itself: configuration, inspection and the handling of one request.

use super::dispatch;
use super::fault::{Damage, FAULT_NONCE, Fault, FaultPlan, When};
use super::person::Person;
use super::profile::Profile;
use super::reply::Reply;
use super::sent::Sent;
use super::state::{Calendar, CollectionKind, Mail, State, User};
use super::strict::{self, Rule, Violation};
use super::xml::{DAV, Element};
use crate::wire::{SimReply, SimRequest, SimServer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A CalDAV server without sockets and clocks. Equal calls give equal replies.
#[derive(Clone, Debug)]
pub struct CaldavSim {
    pub(super) state: State,
    profile: Profile,
    faults: FaultPlan,
    strict: bool,
    violations: Vec<Violation>,
    log: Vec<Logged>,
    keeps: Kept,
    pub(super) bin: BTreeMap<String, String>,
}

/// What is kept of exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    All,
    /// Requests, and of replies the status.
    Asked,
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
}

impl CaldavSim {
    /// A server with habits and no users. The seed enters into tokens.
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            state: State { seed, ..State::default() },
            profile,
            faults: FaultPlan::default(),
            strict: false,
            violations: Vec::new(),
            log: Vec::new(),
            keeps: Kept::All,
            bin: BTreeMap::new(),
        }
    }

    /// Adds a user with a principal and an empty home. The address is
    /// `mailto:{login}@example.com`.
    pub fn add_user(&mut self, login: &str, password: &str) {
        let fill = |template: &str| template.replace("{user}", login);
        let layout = &self.profile.layout;
        let user = User {
            password: password.to_owned(),
            addresses: vec![format!("mailto:{login}@example.com")],
            principal: fill(layout.principal),
            home: fill(layout.home),
            shared_home: fill(layout.shared_home),
            ..User::default()
        };
        if self.profile.access.inbox {
            for (name, kind) in
                [("inbox/", CollectionKind::Inbox), ("outbox/", CollectionKind::Outbox)]
            {
                self.add_collection(&format!("{}{name}", user.home), login, kind);
            }
        }
        self.state.users.insert(login.to_owned(), user);
    }

    /// Lets a bearer token stand for the user as well; `None` ends that.
    pub fn set_bearer(&mut self, login: &str, token: Option<&str>) {
        if let Some(user) = self.state.users.get_mut(login) {
            user.bearer = token.map(str::to_owned);
        }
    }

    /// Changes a password and ends a revocation.
    pub fn set_password(&mut self, login: &str, password: &str) {
        if let Some(user) = self.state.users.get_mut(login) {
            password.clone_into(&mut user.password);
            user.revoked = false;
        }
    }

    /// Makes a calendar in the user's home and gives its path; empty if there is no such user.
    pub fn add_calendar(&mut self, login: &str, name: &str) -> String {
        let Some(user) = self.state.users.get(login) else {
            return String::new();
        };
        let path = format!("{}{name}/", user.home);
        self.add_collection(&path, login, CollectionKind::Calendar);
        let title = Element::new(DAV, "displayname").text(name);
        if let Some(calendar) = self.state.calendars.get_mut(&path) {
            calendar.properties.insert(title.qname(), title);
        }
        path
    }

    /// Makes a collection of any kind at a path with a final slash; the owner is a login.
    pub fn add_collection(&mut self, path: &str, owner: &str, kind: CollectionKind) {
        let calendar = Calendar {
            owner: owner.to_owned(),
            kind,
            components: vec!["VEVENT".to_owned()],
            ..Calendar::default()
        };
        self.state.calendars.insert(path.to_owned(), calendar);
    }

    /// Path of the user's home, or of the shared one.
    pub fn home(&self, login: &str, shared: bool) -> Option<&str> {
        let user = self.state.users.get(login)?;
        Some(if shared { &user.shared_home } else { &user.home })
    }

    /// A person's client working on the state, without HTTP.
    pub fn person(&mut self, now_ms: i64) -> Person<'_> {
        Person::new(self, now_ms)
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

    /// Refuses with 400 what would otherwise only be logged as a violation.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// What clients should not have sent.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// From now on nothing but the status of replies is kept: those of a long run are many, and
    /// whoever looks at requests alone need not hold them.
    pub fn forget_replies(&mut self) {
        self.keeps = Kept::Asked;
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

    /// Mail that writes over HTTP have caused, or would cause on a server that schedules (C45).
    pub fn mail(&self) -> &[Mail] {
        &self.state.mail
    }

    /// Paths of all calendars, schedule boxes and the like left out.
    pub fn calendars(&self) -> Vec<String> {
        let calendars = self.state.calendars.iter();
        calendars
            .filter(|(_, held)| held.kind == CollectionKind::Calendar)
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// Names and texts of a calendar's members; empty for one that does not exist.
    pub fn resources(&self, calendar: &str) -> BTreeMap<String, String> {
        let held = self.state.calendars.get(calendar);
        held.into_iter()
            .flat_map(|held| &held.resources)
            .map(|(name, resource)| (name.clone(), resource.text.clone()))
            .collect()
    }

    /// Names of a calendar's members; none of one that does not exist.
    pub fn names(&self, calendar: &str) -> Vec<String> {
        let held = self.state.calendars.get(calendar);
        held.into_iter().flat_map(|held| held.resources.keys().cloned()).collect()
    }

    /// The text of a member.
    pub fn resource(&self, calendar: &str, name: &str) -> Option<&str> {
        let held = self.state.calendars.get(calendar)?.resources.get(name)?;
        Some(&held.text)
    }

    /// Expires all sync tokens of a calendar that are older than now.
    pub fn expire_tokens(&mut self, calendar: &str) {
        if let Some(held) = self.state.calendars.get_mut(calendar) {
            held.oldest_seq = held.seq();
            held.reached_late.clear();
        }
    }

    /// The next whole listing of a calendar comes from where so many of its newest members have not
    /// arrived yet; the token that it gives tells of them. With 0 it shows all again.
    pub fn come_late(&mut self, calendar: &str, members: usize) {
        if let Some(held) = self.state.calendars.get_mut(calendar) {
            held.late = members;
        }
    }

    /// Takes the state of another moment, as a restored backup does; log, faults and violations
    /// stay.
    pub fn restore(&mut self, backup: &Self) {
        self.state = backup.state.clone();
    }

    /// Answers one request.
    pub fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        let path = request.path();
        let mut profile = Cow::Borrowed(&self.profile);
        let faults = self.faults.take(&request.method, &path);
        let mut damages = Vec::new();
        let mut instead = None;
        let mut changes = Vec::new();
        for fault in faults {
            match fault {
                Fault::Quirk(quirk) => quirk.apply(profile.to_mut()),
                Fault::Instead(answer) => instead = instead.or(Some(answer)),
                Fault::World(change) => changes.push(change),
                Fault::Damage(damage) => damages.push(damage),
            }
        }
        self.state.looks += 1;
        let sent = Sent::of(request);
        let findings = strict::check(&self.state, request, &sent);
        let reply = if !damages.iter().all(Damage::commits) {
            Reply::status(0)
        } else {
            for change in changes {
                change.apply(&mut self.state, &path, now_ms);
            }
            let refusal = findings.first().filter(|_| self.strict);
            let refusal = refusal.map(|(rule, why)| Reply::words(400, &format!("{rule:?}: {why}")));
            match (instead, refusal) {
                (Some(answer), _) => {
                    self.state.nonces.admit(FAULT_NONCE);
                    answer.reply(request, profile.layout.base, now_ms)
                }
                (None, Some(refusal)) => refusal,
                (None, None) => {
                    dispatch::answer(&mut self.state, &profile, (request, &sent), &path, now_ms)
                }
            }
        };
        let reply = dispatch::finish(reply, &profile, &damages, now_ms);
        self.note(findings);
        let kept = match self.keeps {
            Kept::All => reply.clone(),
            Kept::Asked => SimReply::new(reply.status, ""),
        };
        self.log.push(Logged { at_ms: now_ms, request: request.clone(), reply: kept });
        reply
    }

    fn note(&mut self, findings: Vec<(Rule, String)>) {
        let request = self.log.len();
        let noted = findings.into_iter().map(|(rule, detail)| Violation { request, rule, detail });
        self.violations.extend(noted);
    }
}

impl SimServer for CaldavSim {
    fn handle(&mut self, now_ms: i64, request: &SimRequest) -> SimReply {
        Self::handle(self, now_ms, request)
    }
}
