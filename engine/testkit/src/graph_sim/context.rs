//! What a handler works with.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::fault::Quirk;
use super::ids::{self, IdSpace, Named};
use super::prefer::Prefer;
use super::profile::Profile;
use super::query::Query;
use super::state::{Calendar, State};
use super::strict::Rule;

/// One request being handled.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) profile: &'a Profile,
    pub(crate) now_ms: i64,
    /// Who signed in.
    pub(crate) caller: usize,
    /// Whose mailbox the path names.
    pub(crate) user: usize,
    pub(crate) prefer: Prefer,
    pub(crate) query: Query,
    /// Scheme, authority and version: `http://localhost/v1.0`.
    pub(crate) base: String,
    /// Path after the version, percent-encoded as it was sent.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
    /// What the client should not have sent.
    pub(crate) findings: Vec<(Rule, String)>,
}

/// What is needed to show things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lens<'a> {
    pub(crate) state: &'a State,
    pub(crate) profile: &'a Profile,
    pub(crate) prefer: &'a Prefer,
}

impl Lens<'_> {
    pub(crate) const fn ids(&self) -> IdSpace {
        self.prefer.ids
    }
}

impl Cx<'_> {
    pub(crate) const fn lens(&self) -> Lens<'_> {
        Lens { state: self.state, profile: self.profile, prefer: &self.prefer }
    }

    /// The base that links in replies begin with (G20).
    pub(crate) fn link_base(&self) -> String {
        if self.profile.has(Quirk::LinksElsewhere) {
            return self.base.replacen("/v1.0", "/v1.0/shard-7/v1.0", 1);
        }
        self.base.clone()
    }

    pub(crate) fn note(&mut self, rule: Rule, detail: &str) {
        self.findings.push((rule, detail.to_owned()));
    }

    /// The space of ids that replies use.
    pub(crate) const fn ids(&self) -> IdSpace {
        self.prefer.ids
    }

    /// The body as an object of a published type.
    pub(crate) fn object(&self, kind: &str) -> Result<Map<String, Value>, Refusal> {
        let body = self.body.as_ref().ok_or_else(|| Refusal::unread("The body is missing."))?;
        let faults = super::contract::check(body, kind);
        match (faults.first(), body.as_object()) {
            (None, Some(members)) => Ok(members.clone()),
            (Some(fault), _) => Err(Refusal::unread(fault)),
            (None, None) => Err(Refusal::unread("The body is no object.")),
        }
    }

    /// Checks the query: options that the method does not take are refused, others noted.
    pub(crate) fn takes(&mut self, options: &[&str]) -> Result<(), Refusal> {
        for odd in self.query.only(options)? {
            self.note(Rule::Query, &format!("{odd} means nothing here"));
        }
        Ok(())
    }

    /// A calendar of the mailbox that the path names.
    pub(crate) fn calendar(&self, id: &str) -> Result<u64, Refusal> {
        let known = ids::calendar(self.state.seed, id);
        let seen = known.filter(|number| self.held(*number).is_some());
        seen.ok_or_else(Refusal::not_found)
    }

    fn held(&self, number: u64) -> Option<&Calendar> {
        self.state.calendars.get(&number).filter(|calendar| calendar.is_seen(self.user))
    }

    /// Refuses a write to a calendar that is only seen.
    pub(crate) fn check_writable(&self, calendar: u64) -> Result<(), Refusal> {
        let writable = self.held(calendar).is_some_and(|held| held.is_writable(self.user));
        if writable { Ok(()) } else { Err(Refusal::denied()) }
    }

    /// What an id names within a calendar, or within the own calendars of the mailbox: an event of
    /// a shared calendar is found through that calendar alone (3.1).
    pub(crate) fn event(&self, id: &str, calendar: Option<u64>) -> Result<Named, Refusal> {
        if !ids::is_formed(id) {
            return Err(Refusal::new(400, "ErrorInvalidIdMalformed", "Id is malformed."));
        }
        let named = ids::find(self.state, id).ok_or_else(Refusal::not_found)?;
        let (Named::Whole(number) | Named::Occurrence(number, _)) = named;
        let event = self.state.events.get(&number).ok_or_else(Refusal::not_found)?;
        let is_here = match calendar {
            Some(calendar) => event.calendar == calendar,
            None => {
                let held = self.state.calendars.get(&event.calendar);
                held.is_some_and(|held| held.owner == self.user)
                    && !self.profile.has(Quirk::MailboxPathFails)
            }
        };
        if is_here { Ok(named) } else { Err(Refusal::not_found()) }
    }
}
