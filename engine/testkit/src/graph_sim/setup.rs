//! Setting up a service, and looking at it from outside.

use std::collections::BTreeMap;

use serde_json::Value;

use super::accounts::{Access, App};
use super::context::Lens;
use super::ids::{self, IdSpace, Named};
use super::person::Person;
use super::prefer::Prefer;
use super::profile::Belief;
use super::sim::GraphSim;
use super::state::{AccountKind, Mail, User, Write};
use super::{calendars, cursors, hash, show};

impl GraphSim {
    /// Adds a person with a mailbox and the default calendar `Calendar`.
    pub fn add_user(&mut self, address: &str, name: &str, kind: AccountKind) {
        let number = self.state.users.len();
        let user = User {
            id: hash::guid(self.state.seed, "user", number as u64),
            address: address.to_owned(),
            name: name.to_owned(),
            kind,
            zone: "UTC".to_owned(),
            has_mailbox: true,
            requests: std::collections::VecDeque::new(),
            running: 0,
        };
        self.state.users.insert(number, user);
        calendars::insert(&mut self.state, number, "Calendar", true);
    }

    /// Sets the zone of a mailbox, by its Windows name.
    pub fn set_zone(&mut self, address: &str, zone: &str) {
        if let Some(user) = self.state.user(address)
            && let Some(held) = self.state.users.get_mut(&user)
        {
            zone.clone_into(&mut held.zone);
        }
    }

    /// Makes a calendar of a person and gives its id; empty if there is no such person.
    pub fn add_calendar(&mut self, address: &str, name: &str) -> String {
        let Some(user) = self.state.user(address) else {
            return String::new();
        };
        let number = calendars::insert(&mut self.state, user, name, false);
        ids::of_calendar(self.state.seed, number)
    }

    /// Lets another person see a calendar, and write to it where `writable`.
    pub fn share(&mut self, calendar: &str, with: &str, writable: bool) {
        let user = self.state.user(with);
        let number = ids::calendar(self.state.seed, calendar);
        if let Some((user, number)) = user.zip(number)
            && let Some(held) = self.state.calendars.get_mut(&number)
        {
            held.shared.insert(user, writable);
        }
    }

    /// Registers an app: a public client has no secret. Without any registration every app is
    /// known.
    pub fn register_app(&mut self, client_id: &str, secret: Option<&str>, redirects: &[&str]) {
        let app = App {
            secret: secret.map(str::to_owned),
            redirects: redirects.iter().map(|url| (*url).to_owned()).collect(),
        };
        self.state.accounts.apps.insert(client_id.to_owned(), app);
    }

    /// Who is signed in at the browser where a request has no `login_hint`.
    pub fn sign_in_at_browser(&mut self, address: &str) {
        self.state.accounts.at_browser = self.state.user(address);
    }

    /// An access token for a person, ready for use; empty if there is no such person.
    pub fn bearer(&mut self, now_ms: i64, address: &str, scope: &str) -> String {
        let Some(user) = self.state.user(address) else {
            return String::new();
        };
        let scope = scope.to_owned();
        let access = Access { user, client: "ready".to_owned(), scope, expires_ms: 0 };
        let profile = self.profile.clone();
        self.state.grant_access(&profile, now_ms, access).0
    }

    /// Messages that writes over HTTP have sent to people.
    pub fn mail(&self) -> &[Mail] {
        &self.state.mail
    }

    /// The GUID of a person's tenant; empty if there is no such person.
    pub fn tenant(&self, address: &str) -> String {
        let user = self.state.user(address);
        user.map(|user| self.state.accounts.tenant_of(&self.state, user)).unwrap_or_default()
    }

    /// Ids and names of a person's own calendars.
    pub fn calendars(&self, address: &str) -> Vec<(String, String)> {
        let user = self.state.user(address);
        let own = self.state.calendars.iter().filter(|(_, held)| Some(held.owner) == user);
        own.map(|(number, held)| (ids::of_calendar(self.state.seed, *number), held.name.clone()))
            .collect()
    }

    /// Writes to events that requests have made, in order.
    pub fn writes(&self) -> &[Write] {
        &self.state.writes
    }

    /// The immutable ids of what a calendar holds, each with the `transactionId` it was made with.
    pub fn ids(&self, calendar: &str) -> Vec<(String, Option<String>)> {
        let number = ids::calendar(self.state.seed, calendar);
        let held = number.into_iter().flat_map(|number| self.state.events_of(number));
        held.map(|(number, event)| {
            let id = ids::of_event(self.state.seed, number, event, IdSpace::Immutable);
            (id, event.transaction.clone())
        })
        .collect()
    }

    /// A single event or a master, this with its exceptions and cancelled occurrences, with all
    /// extended properties; the body as text.
    pub fn event(&self, id: &str) -> Option<Value> {
        let Named::Whole(number) = ids::find(&self.state, id)? else {
            return None;
        };
        let prefer = Prefer { ids: IdSpace::Immutable, text_body: true, ..Prefer::default() };
        let mut profile = self.profile.clone();
        profile.set(Belief::CancelledAreListed, true);
        let lens = Lens { state: &self.state, profile: &profile, prefer: &prefer };
        Some(show::whole(&lens, number, self.state.events.get(&number)?))
    }

    /// What a calendar holds, by immutable id.
    pub fn events(&self, calendar: &str) -> BTreeMap<String, Value> {
        let held = self.ids(calendar).into_iter();
        held.filter_map(|(id, _)| Some((id.clone(), self.event(&id)?))).collect()
    }

    /// Ids of the live subscriptions.
    pub fn subscriptions(&self, now_ms: i64) -> Vec<String> {
        let live = self.state.subscriptions.values().filter(|one| one.expires_ms > now_ms);
        live.map(|one| one.id.clone()).collect()
    }

    /// Lets the tokens of delta rounds of a calendar die, or all of them.
    pub fn expire_tokens(&mut self, calendar: Option<&str>) {
        let number = calendar.and_then(|id| ids::calendar(self.state.seed, id));
        cursors::expire(&mut self.state, number);
    }

    /// A person at a calendar program, without HTTP.
    pub fn person(&mut self, now_ms: i64) -> Person<'_> {
        Person::new(self, now_ms)
    }
}
