//! Faults that change the server's state at the moment of the request, as others would.

use serde_json::{Value, json};

use crate::google_sim::body::{self, Admits};
use crate::google_sim::calendar::Row;
use crate::google_sim::call::Call;
use crate::google_sim::edit;
use crate::google_sim::instances::Naming;
use crate::google_sim::json::{Object, object, text};
use crate::google_sim::profile::InstanceIds;
use crate::google_sim::state::{Role, State};

/// A change of state just before a request is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorldFault {
    /// The access token has run out (F1).
    Expired,
    /// The person takes back all consent (F2).
    Revoked,
    /// Writes are locked for so many milliseconds (F6).
    Locked(i64),
    /// All sync tokens of what is listed have expired (F7).
    TokensExpired,
    /// The calendar is deleted (F9).
    CalendarGone,
    /// The id of the new event is held by the same event already (F10).
    TakenLive,
    /// The id of the new event is held by a deleted one (F10).
    TakenCancelled,
    /// The id of the new event is held by somebody's own event (F10).
    TakenForeign,
    /// Somebody changes the event first (F11).
    Raced,
    /// Somebody deletes the event first (X24).
    Vanished,
    /// Somebody changes a series from its third instance on (F27).
    Split,
    /// The person may only read from now on (F28).
    Downgraded,
    /// The calendar is no longer shared (F28).
    Unshared,
}

/// What a fault is applied to.
pub(crate) struct Scene<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) user: &'a str,
    pub(crate) call: Option<&'a Call>,
    pub(crate) now_ms: i64,
}

impl Scene<'_> {
    pub(crate) fn apply(&mut self, fault: WorldFault) {
        let calendar = self.calendar();
        match fault {
            WorldFault::Expired => self.state.oauth.expire_access(self.user),
            WorldFault::Revoked => self.state.oauth.end_all(self.user),
            WorldFault::Locked(ms) => {
                if let Some(user) = self.state.users.get_mut(self.user) {
                    user.locked_until_ms = self.now_ms + ms;
                }
            }
            WorldFault::TokensExpired => self.expire_tokens(&calendar),
            WorldFault::CalendarGone => {
                if calendar != self.user {
                    self.state.remove_calendar(&calendar);
                }
            }
            WorldFault::TakenLive => self.take_id(&calendar, |sent| (sent.clone(), false)),
            WorldFault::TakenCancelled => self.take_id(&calendar, |sent| (sent.clone(), true)),
            WorldFault::TakenForeign => self.take_id(&calendar, |sent| (foreign(sent), false)),
            WorldFault::Raced => self.race(&calendar),
            WorldFault::Vanished => self.vanish(&calendar),
            WorldFault::Split => self.split(&calendar),
            WorldFault::Downgraded => self.share(&calendar, Some(Role::Reader)),
            WorldFault::Unshared => self.share(&calendar, None),
        }
    }

    fn calendar(&self) -> String {
        let named = self.call.map(|call| call.named("calendarId")).unwrap_or_default();
        if named == "primary" { self.user.to_owned() } else { named.to_owned() }
    }

    fn event(&self) -> String {
        self.call.map(|call| call.named("eventId")).unwrap_or_default().to_owned()
    }

    fn expire_tokens(&mut self, calendar: &str) {
        match (self.state.calendars.get_mut(calendar), self.state.users.get_mut(self.user)) {
            (Some(held), _) => held.expire_tokens(),
            (None, Some(user)) => user.expire_list(),
            (None, None) => {}
        }
    }

    fn take_id(&mut self, calendar: &str, make: impl Fn(&Object) -> (Object, bool)) {
        let sent = self.call.and_then(|call| call.body.as_ref()).and_then(Value::as_object);
        let Some((sent, id)) = sent.and_then(|sent| Some((sent, text(sent, "id")?))) else {
            return;
        };
        let (creator, now_ms) = (self.user.to_owned(), self.now_ms);
        let Some(held) = self.state.calendars.get_mut(calendar) else {
            return;
        };
        let (content, cancelled) = make(sent);
        let own = body::clients_own(&content, Admits::default());
        if let Ok(body) = body::accept(own, held)
            && !held.rows.contains_key(id)
        {
            held.store(Row {
                id: id.to_owned(),
                uid: format!("{id}@google.com"),
                body,
                creator,
                cancelled,
                created_ms: now_ms,
                updated_ms: now_ms,
                ..Row::default()
            });
        }
    }

    fn race(&mut self, calendar: &str) {
        let (id, now_ms) = (self.event(), self.now_ms);
        let Some(held) = self.state.calendars.get_mut(calendar) else {
            return;
        };
        if let Some(row) = held.rows.get(&id).filter(|row| !row.cancelled).cloned() {
            let mut whole = row.body.clone();
            whole.insert("location".to_owned(), json!("Moved by a rival"));
            // What is stored can be stored again.
            let _ = edit::set(held, &row, whole, now_ms);
        }
    }

    fn vanish(&mut self, calendar: &str) {
        let (id, now_ms) = (self.event(), self.now_ms);
        if let Some(held) = self.state.calendars.get_mut(calendar)
            && held.rows.get(&id).is_some_and(|row| !row.cancelled)
        {
            held.cancel(&id, now_ms);
        }
    }

    fn split(&mut self, calendar: &str) {
        let now_ms = self.now_ms;
        let naming = Naming { seed: self.state.seed, ids: InstanceIds::Mixed };
        let Some(held) = self.state.calendars.get_mut(calendar) else {
            return;
        };
        let mut masters = held.rows.values().filter(|row| row.is_master() && !row.cancelled);
        if let Some((master, key)) = masters.find_map(edit::third) {
            // A series with a rule that cannot be cut stays as it is.
            let _ = edit::split(held, naming, (&master, key), now_ms);
        }
    }

    fn share(&mut self, calendar: &str, role: Option<Role>) {
        if calendar == self.user {
            return;
        }
        if let Some(held) = self.state.calendars.get_mut(calendar) {
            match role {
                Some(role) => drop(held.roles.insert(self.user.to_owned(), role)),
                None => drop(held.roles.remove(self.user)),
            }
        }
    }
}

/// Another event under the same id.
fn foreign(sent: &Object) -> Object {
    object(json!({
        "start": sent.get("start"),
        "end": sent.get("end"),
        "summary": "Somebody's own event",
    }))
}
