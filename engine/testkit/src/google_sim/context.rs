//! What a method has at hand: the call, who makes it, and what that person may do.

use std::collections::BTreeSet;

use super::calendar::Calendar;
use super::call::Call;
use super::error::ApiError;
use super::instances::Naming;
use super::profile::Profile;
use super::show::View;
use super::state::{Role, State, User};
use super::time;

/// Scopes that reach only what the client made, or only calendars that the person owns.
const CREATED: &str = "https://www.googleapis.com/auth/calendar.app.created";
const OWNED: [&str; 2] = [
    "https://www.googleapis.com/auth/calendar.events.owned",
    "https://www.googleapis.com/auth/calendar.events.owned.readonly",
];
const PUBLIC: &str = "https://www.googleapis.com/auth/calendar.events.public.readonly";

/// Who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) client: String,
    pub(crate) scopes: BTreeSet<String>,
}

/// One call at work.
#[derive(Debug)]
pub(crate) struct Cx<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) profile: &'a Profile,
    pub(crate) call: &'a Call,
    pub(crate) caller: Caller,
    pub(crate) now_ms: i64,
}

impl Cx<'_> {
    /// The calendar that the call names, once the caller may do with it what the role says.
    /// `primary` is an alias.
    pub(crate) fn calendar(&mut self, needs: Role) -> Result<&mut Calendar, ApiError> {
        let id = self.calendar_id(self.call.named("calendarId"));
        self.calendar_named(&id, needs)
    }

    /// The same for any calendar.
    pub(crate) fn calendar_named(
        &mut self,
        id: &str,
        needs: Role,
    ) -> Result<&mut Calendar, ApiError> {
        let role = self.state.role(&self.caller.user, id).ok_or_else(ApiError::not_found)?;
        if !self.in_reach(id) {
            return Err(ApiError::scopes());
        }
        if role < needs {
            return Err(ApiError::access(needs.name()));
        }
        self.state.calendars.get_mut(id).ok_or_else(ApiError::not_found)
    }

    /// The canonical id of a calendar.
    pub(crate) fn calendar_id(&self, name: &str) -> String {
        if name == "primary" { self.caller.user.clone() } else { name.to_owned() }
    }

    /// Whether one of the scopes that would do for this method reaches the calendar.
    fn in_reach(&self, id: &str) -> bool {
        let held = self.state.calendars.get(id);
        let made = held.and_then(|held| held.made_by.as_ref());
        let owner = held.is_some_and(|held| held.owner == self.caller.user);
        let mut usable = self.caller.scopes.intersection(&self.call.method.scopes);
        usable.any(|scope| match scope.as_str() {
            CREATED => made == Some(&self.caller.client),
            PUBLIC => false,
            scope if OWNED.contains(&scope) => owner,
            _ => true,
        })
    }

    /// The person who calls.
    pub(crate) fn user(&mut self) -> Result<&mut User, ApiError> {
        self.state.users.get_mut(&self.caller.user).ok_or_else(ApiError::credentials)
    }

    /// How the caller sees events of a calendar.
    pub(crate) fn view(&self, calendar: &str) -> Result<View, ApiError> {
        let query = &self.call.query;
        let calendar = self.state.calendars.get(calendar).ok_or_else(ApiError::not_found)?;
        let zone = match query.get("timeZone") {
            None => time::known_zone(&calendar.time_zone),
            Some(name) => time::zone_named(name).ok_or_else(|| {
                ApiError::invalid("Invalid time zone.").at("parameter", "timeZone")
            })?,
        };
        let most = query.get("maxAttendees").and_then(|text| text.parse().ok());
        Ok(View {
            seed: self.state.seed,
            user: self.caller.user.clone(),
            role: calendar.roles.get(&self.caller.user).copied().unwrap_or(Role::FreeBusyReader),
            zone,
            max_attendees: most.unwrap_or(usize::MAX),
        })
    }

    /// How instances are named.
    pub(crate) fn naming(&self) -> Naming {
        Naming { seed: self.state.seed, ids: self.profile.writes.instance_ids }
    }
}
