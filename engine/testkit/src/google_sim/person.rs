//! A person in Google's own programs, working on the server's state without HTTP: bound by no
//! condition, in full rights on what they can see, and heard by channels like anyone.

use serde_json::{Value, json};

use super::body::{self, Admits};
use super::calendar::{Calendar, Row};
use super::digest;
use super::edit;
use super::events_change::{put_down, taken_away};
use super::instances::Naming;
use super::json::{Object, merge, object, text};
use super::series::Key;
use super::sim::GoogleSim;

/// Someone who edits calendars at a moment. Errors say what did not exist or could not be.
#[derive(Debug)]
pub struct Person<'a> {
    sim: &'a mut GoogleSim,
    email: String,
    now_ms: i64,
}

impl<'a> Person<'a> {
    pub(super) fn new(sim: &'a mut GoogleSim, email: &str, now_ms: i64) -> Self {
        Self { sim, email: email.to_owned(), now_ms }
    }

    /// Makes an event and gives its id. It may have an `organizer`, as an invitation has, an
    /// `iCalUID`, and an `eventType` that no client can make.
    ///
    /// # Errors
    /// Where the calendar does not exist, or Google would not take the event.
    pub fn add(&mut self, calendar: &str, event: &Value) -> Result<String, String> {
        let number = self.sim.state.draw();
        let id = digest::opaque_id(self.sim.state.seed, &["event", &number]);
        self.put(calendar, &id, event)?;
        Ok(id)
    }

    /// Makes an event under an id, or makes it whole anew: nothing stays of what it was, nor of
    /// what was changed of its instances.
    ///
    /// # Errors
    /// Where the calendar does not exist, or Google would not take the event.
    pub fn put(&mut self, calendar: &str, id: &str, event: &Value) -> Result<(), String> {
        let sent = object(event.clone());
        let (creator, now_ms) = (self.email.clone(), self.now_ms);
        let held = self.held(calendar)?;
        let body = accepted(&sent, held)?;
        let own_uid = || format!("{id}@google.com");
        held.drop_exceptions(id, now_ms, |_| false);
        held.store(Row {
            id: id.to_owned(),
            uid: text(&sent, "iCalUID").map_or_else(own_uid, str::to_owned),
            organizer: sent.get("organizer").cloned(),
            creator,
            body,
            created_ms: now_ms,
            updated_ms: now_ms,
            ..Row::default()
        });
        self.done()
    }

    /// Changes an event, changed instance or instance: a merge patch.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist, or Google would not take the change.
    pub fn edit(&mut self, calendar: &str, id: &str, patch: &Value) -> Result<(), String> {
        let (naming, now_ms) = (self.naming(), self.now_ms);
        let held = self.held(calendar)?;
        let row = held.row(id, naming).ok_or_else(|| missing(calendar, id))?;
        let mut whole = row.body.clone();
        merge(&mut whole, &object(patch.clone()));
        edit::set(held, &row, whole, now_ms)?;
        self.done()
    }

    /// The same of which neither a channel nor a listing of changes ever tells: only who reads all sees it.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn edit_untold(&mut self, calendar: &str, id: &str, patch: &Value) -> Result<(), String> {
        let (naming, now_ms) = (self.naming(), self.now_ms);
        let held = self.held(calendar)?;
        let row = held.row(id, naming).ok_or_else(|| missing(calendar, id))?;
        let mut whole = row.body.clone();
        merge(&mut whole, &object(patch.clone()));
        let (seq, was_told) = (row.seq, held.told_seq == held.seq);
        edit::set(held, &row, whole, now_ms)?;
        if let Some(row) = held.rows.get_mut(id) {
            row.seq = seq;
        }
        if was_told {
            held.told_seq = held.seq;
        }
        self.done()
    }

    /// Changes one instance of a series by its original start in seconds (of a day, its midnight
    /// in UTC), and gives the instance's id.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist, the series has no instance then, or Google
    /// would not take the change.
    pub fn edit_instance(
        &mut self,
        calendar: &str,
        series: &str,
        original_seconds: i64,
        patch: &Value,
    ) -> Result<String, String> {
        let id = self.instance(calendar, series, original_seconds)?;
        self.edit(calendar, &id, patch)?;
        Ok(id)
    }

    /// Cancels one instance of a series.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist, or the series has no instance then.
    pub fn cancel_instance(
        &mut self,
        calendar: &str,
        series: &str,
        original_seconds: i64,
    ) -> Result<(), String> {
        let patch = json!({"status": "cancelled"});
        self.edit_instance(calendar, series, original_seconds, &patch).map(drop)
    }

    /// The id of an instance.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist, or the series has no instance then.
    pub fn instance(
        &mut self,
        calendar: &str,
        series: &str,
        original_seconds: Key,
    ) -> Result<String, String> {
        let naming = self.naming();
        let held = self.held(calendar)?;
        let master = held.rows.get(series).cloned().ok_or_else(|| missing(calendar, series))?;
        let pattern = super::series::Pattern::read(&master.body).map_err(|why| why.to_string())?;
        let found = pattern.and_then(|pattern| pattern.at(original_seconds));
        let found = found.ok_or_else(|| format!("{series} has no instance then"))?;
        Ok(held.instance(&master, &found, naming).id)
    }

    /// "This and following": the series ends before the instance, and another one, whose id this
    /// gives, goes on from it with a change.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist, or the series has no instance then.
    pub fn split(
        &mut self,
        calendar: &str,
        series: &str,
        original_seconds: i64,
        patch: &Value,
    ) -> Result<String, String> {
        let (naming, now_ms) = (self.naming(), self.now_ms);
        let held = self.held(calendar)?;
        let id = edit::split(held, naming, (series, original_seconds), now_ms)?;
        self.edit(calendar, &id, patch)?;
        Ok(id)
    }

    /// Deletes an event, or cancels an instance.
    ///
    /// # Errors
    /// Where the calendar or the event does not exist.
    pub fn delete(&mut self, calendar: &str, id: &str) -> Result<(), String> {
        let (naming, now_ms) = (self.naming(), self.now_ms);
        let held = self.held(calendar)?;
        let row = held.row(id, naming).filter(|row| !row.cancelled);
        let row = row.ok_or_else(|| missing(calendar, id))?;
        held.rows.entry(id.to_owned()).or_insert(row);
        held.cancel(id, now_ms);
        self.done()
    }

    /// Brings a deleted event back from the bin.
    ///
    /// # Errors
    /// Where the calendar does not exist, or nothing of this id is in the bin.
    pub fn undelete(&mut self, calendar: &str, id: &str) -> Result<(), String> {
        let now_ms = self.now_ms;
        let held = self.held(calendar)?;
        let row = held.rows.get(id).filter(|row| row.cancelled && !row.bare).cloned();
        let row = row.ok_or_else(|| missing(calendar, id))?;
        let changed = held.bin.remove(id).unwrap_or_default();
        put_down(held, Row { cancelled: false, ..row }, changed, now_ms);
        self.done()
    }

    /// Copies an event as Google's own page does it: another id and UID, and everything else,
    /// private properties too.
    ///
    /// # Errors
    /// Where either calendar or the event does not exist.
    pub fn duplicate(&mut self, calendar: &str, id: &str, target: &str) -> Result<String, String> {
        let number = self.sim.state.draw();
        let copy = digest::opaque_id(self.sim.state.seed, &["event", &number]);
        self.copy((calendar, id), (target, &copy), &format!("{copy}@google.com"))?;
        Ok(copy)
    }

    /// Copies an event with the changes of its instances to a calendar under an id and a UID, as
    /// programs do that export and import.
    ///
    /// # Errors
    /// Where either calendar or the event does not exist.
    pub fn copy(
        &mut self,
        (calendar, id): (&str, &str),
        (target, copy): (&str, &str),
        uid: &str,
    ) -> Result<(), String> {
        let (naming, now_ms) = (self.naming(), self.now_ms);
        let held = self.held(calendar)?;
        let row = held.rows.get(id).filter(|row| !row.cancelled).cloned();
        let row = row.ok_or_else(|| missing(calendar, id))?;
        let changed = held.changed_instances(id);
        let held = self.held(target)?;
        let (copy, uid) = (copy.to_owned(), uid.to_owned());
        let made = Row { id: copy.clone(), uid: uid.clone(), created_ms: now_ms, ..row };
        held.store(Row { updated_ms: now_ms, previous: None, ..made });
        edit::put_changes(held, naming, (&copy, &uid), changed);
        self.done()
    }

    /// Moves an event to another calendar; its id goes along.
    ///
    /// # Errors
    /// Where either calendar or the event does not exist.
    pub fn move_to(&mut self, calendar: &str, id: &str, target: &str) -> Result<(), String> {
        let now_ms = self.now_ms;
        self.held(target)?;
        let held = self.held(calendar)?;
        let row = held.rows.get(id).filter(|row| !row.cancelled).cloned();
        let row = row.ok_or_else(|| missing(calendar, id))?;
        let changed = taken_away(held, id, now_ms);
        put_down(self.held(target)?, row, changed, now_ms);
        self.done()
    }

    /// Gives a calendar another title.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn rename_calendar(&mut self, calendar: &str, summary: &str) -> Result<(), String> {
        let held = self.held(calendar)?;
        held.fields.insert("summary".to_owned(), json!(summary));
        held.version += 1;
        self.done()
    }

    /// Deletes a calendar with all that is in it.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn delete_calendar(&mut self, calendar: &str) -> Result<(), String> {
        self.held(calendar)?;
        self.sim.state.remove_calendar(calendar);
        self.done()
    }

    /// Takes back what was granted to a client, as on the page of one's account.
    pub fn revoke(&mut self, client: &str) {
        let who = super::oauth_state::Who { user: self.email.clone(), client: client.to_owned() };
        self.sim.state.oauth.end(&who);
    }

    /// What was written of an event, as it is stored: times in UTC.
    pub fn event(&mut self, calendar: &str, id: &str) -> Option<Object> {
        let naming = self.naming();
        self.held(calendar).ok()?.row(id, naming).map(|row| row.body)
    }

    fn naming(&mut self) -> Naming {
        let ids = self.sim.profile_mut().writes.instance_ids;
        Naming { seed: self.sim.state.seed, ids }
    }

    fn held(&mut self, calendar: &str) -> Result<&mut Calendar, String> {
        let held = self.sim.state.calendars.get_mut(calendar);
        held.ok_or_else(|| format!("there is no calendar {calendar}"))
    }

    fn done(&mut self) -> Result<(), String> {
        self.sim.tell(self.now_ms);
        Ok(())
    }
}

/// Everything but the kinds that clients cannot make is checked as for them.
fn accepted(sent: &Object, calendar: &Calendar) -> Result<Object, String> {
    let all = Admits { conference: true, attachments: true };
    let mut own = body::clients_own(sent, all);
    let kind = own.remove("eventType");
    let mut body = body::accept(own, calendar).map_err(|why| why.to_string())?;
    if let Some(kind) = kind {
        body.insert("eventType".to_owned(), kind);
    }
    Ok(body)
}

fn missing(calendar: &str, id: &str) -> String {
    format!("there is no {id} in {calendar}")
}
