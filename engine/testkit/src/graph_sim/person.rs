//! A person's calendar program, working on the service's state without HTTP: it is bound by no
//! condition and never lets the engine see how it did it. Its words are those of Graph's events.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::calendars;
use super::events;
use super::ids::{self, IdSpace, Named};
use super::profile::Belief;
use super::show;
use super::sim::GraphSim;
use super::state::{Event, Gone, State};
use super::webhooks::{self, Change};

/// Someone who edits calendars at a moment. Errors say what did not exist or was refused.
#[derive(Debug)]
pub struct Person<'a> {
    sim: &'a mut GraphSim,
    now_ms: i64,
}

type Done<T> = Result<T, String>;

impl<'a> Person<'a> {
    pub(super) const fn new(sim: &'a mut GraphSim, now_ms: i64) -> Self {
        Self { sim, now_ms }
    }

    /// Makes an event and gives its immutable id.
    ///
    /// # Errors
    /// Where the calendar does not exist, or Graph would refuse the event.
    pub fn create(&mut self, calendar: &str, event: &Value) -> Done<String> {
        let calendar = self.calendar(calendar)?;
        let body = object(event)?;
        let (state, profile) = (&mut self.sim.state, &self.sim.profile);
        let number = events::insert(state, profile, calendar, &body, self.now_ms).map_err(said)?;
        webhooks::changed(state, number, Change::Created, self.now_ms);
        self.id(number)
    }

    /// Makes an event that has its iCalUId already, as an invitation or an import does.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn import(&mut self, calendar: &str, uid: &str, event: &Value) -> Done<String> {
        let id = self.create(calendar, event)?;
        let (number, _) = self.named(&id)?;
        if let Some(event) = self.sim.state.events.get_mut(&number) {
            uid.clone_into(&mut event.uid);
        }
        Ok(id)
    }

    /// Changes an event, a series or one occurrence.
    ///
    /// # Errors
    /// Where there is no such event, or Graph would refuse the change.
    pub fn edit(&mut self, id: &str, change: &Value) -> Done<()> {
        let body = object(change)?;
        let (number, date) = self.named(id)?;
        // What a person's program leaves out of a list is gone, whatever a PATCH does to one.
        let mut profile = self.sim.profile.clone();
        profile.set(Belief::ArraysAreReplaced, true);
        let state = &mut self.sim.state;
        events::edit(state, &profile, (number, date), &body, self.now_ms).map_err(said)?;
        webhooks::changed(state, number, Change::Updated, self.now_ms);
        Ok(())
    }

    /// The same of which neither a subscription nor a round of changes ever tells: only who reads all sees
    /// it.
    ///
    /// # Errors
    /// As [`Self::edit`].
    pub fn edit_untold(&mut self, id: &str, change: &Value) -> Done<()> {
        let body = object(change)?;
        let (number, date) = self.named(id)?;
        let before = self.sim.state.events.get(&number).map(|event| event.seq);
        let (state, profile) = (&mut self.sim.state, &self.sim.profile);
        events::edit(state, profile, (number, date), &body, self.now_ms).map_err(said)?;
        if let (Some(event), Some(before)) = (state.events.get_mut(&number), before) {
            event.seq = before;
        }
        Ok(())
    }

    /// Deletes an event, a series or one occurrence.
    ///
    /// # Errors
    /// Where there is no such event.
    pub fn delete(&mut self, id: &str) -> Done<()> {
        let (number, date) = self.named(id)?;
        let (state, now_ms) = (&mut self.sim.state, self.now_ms);
        match date {
            None => {
                webhooks::changed(state, number, Change::Deleted, now_ms);
                events::discard(state, number);
            }
            Some(date) => {
                events::cancel_occurrence(state, number, date, now_ms);
                webhooks::changed(state, number, Change::Updated, now_ms);
            }
        }
        Ok(())
    }

    /// Puts an event that was deleted back where it was, under its old id.
    ///
    /// # Errors
    /// Where no event of this id was deleted.
    pub fn undelete(&mut self, id: &str) -> Done<()> {
        let seed = self.sim.state.seed;
        let mut gone = self.sim.state.gone.iter().rev();
        let is_it =
            |gone: &&Gone| ids::of_event(seed, gone.number, &gone.event, IdSpace::Immutable) == id;
        let found = gone.find(is_it).cloned();
        let found = found.ok_or_else(|| format!("no event {id} was deleted"))?;
        self.sim.state.events.insert(found.number, found.event);
        events::touch(&mut self.sim.state, found.number, self.now_ms);
        webhooks::changed(&mut self.sim.state, found.number, Change::Created, self.now_ms);
        Ok(())
    }

    /// Moves an event into another calendar: its immutable id stays.
    ///
    /// # Errors
    /// Where the event or the calendar does not exist.
    pub fn move_to(&mut self, id: &str, calendar: &str) -> Done<()> {
        let target = self.calendar(calendar)?;
        let (number, _) = self.named(id)?;
        let (state, now_ms) = (&mut self.sim.state, self.now_ms);
        webhooks::changed(state, number, Change::Deleted, now_ms);
        let seq = state.next_seq();
        let event = state.events.get(&number).cloned().ok_or("the event is gone")?;
        let organizer = organizer_in(state, &event, target);
        state.gone.push(Gone { seq, number, event });
        if let Some(event) = state.events.get_mut(&number) {
            event.calendar = target;
            event.organizer = organizer;
            event.moves += 1;
        }
        events::touch(state, number, now_ms);
        webhooks::changed(state, number, Change::Created, now_ms);
        Ok(())
    }

    /// Copies an event, extended properties and categories and all, and gives the copy's id. A
    /// copy has an iCalUId of its own and no transaction.
    ///
    /// # Errors
    /// Where the event or the calendar does not exist.
    pub fn copy(&mut self, id: &str, calendar: &str) -> Done<String> {
        let uid = show::new_uid(self.sim.state.seed, &self.sim.profile, self.sim.state.drawn + 1);
        self.copied(id, calendar, uid)
    }

    /// Copies an event, its iCalUId and all.
    ///
    /// # Errors
    /// Where the event or the calendar does not exist.
    pub fn copy_under_its_uid(&mut self, id: &str, calendar: &str) -> Done<String> {
        let (number, _) = self.named(id)?;
        let uid = self.sim.state.events.get(&number).map(|event| event.uid.clone());
        self.copied(id, calendar, uid.unwrap_or_default())
    }

    fn copied(&mut self, id: &str, calendar: &str, uid: String) -> Done<String> {
        let target = self.calendar(calendar)?;
        let (number, _) = self.named(id)?;
        let state = &mut self.sim.state;
        let event = state.events.get(&number).cloned().ok_or("the event is gone")?;
        let copy = state.draw();
        let event = Event {
            calendar: target,
            organizer: organizer_in(state, &event, target),
            uid,
            transaction: None,
            created_ms: self.now_ms,
            moves: 0,
            ..event
        };
        state.events.insert(copy, event);
        events::touch(state, copy, self.now_ms);
        webhooks::changed(state, copy, Change::Created, self.now_ms);
        self.id(copy)
    }

    /// Takes the extended properties off an event and its exceptions.
    ///
    /// # Errors
    /// Where there is no such event.
    pub fn clear_properties(&mut self, id: &str) -> Done<()> {
        let (number, _) = self.named(id)?;
        if let Some(event) = self.sim.state.events.get_mut(&number) {
            event.content.extended.clear();
            event.exceptions.values_mut().for_each(|one| one.content.extended.clear());
        }
        events::touch(&mut self.sim.state, number, self.now_ms);
        webhooks::changed(&mut self.sim.state, number, Change::Updated, self.now_ms);
        Ok(())
    }

    /// The id of the occurrence that the pattern puts on a day (`2026-06-10`).
    ///
    /// # Errors
    /// Where there is no such event, or its pattern has no occurrence that day.
    pub fn occurrence(&self, id: &str, day: &str) -> Done<String> {
        let (number, _) = self.named(id)?;
        let day = day.parse().map_err(|_| format!("{day} is no date"))?;
        let (state, profile) = (&self.sim.state, &self.sim.profile);
        let event = state.events.get(&number).ok_or("the event is gone")?;
        event.instance_on(day, profile).ok_or_else(|| format!("{day} has no occurrence"))?;
        let seed = (state.seed, profile);
        Ok(ids::of_occurrence(seed, number, event, day, IdSpace::Immutable))
    }

    /// Removes a calendar with all that is in it.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn delete_calendar(&mut self, calendar: &str) -> Done<()> {
        let number = self.calendar(calendar)?;
        calendars::remove(&mut self.sim.state, number);
        Ok(())
    }

    /// Gives a calendar another name.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn rename_calendar(&mut self, calendar: &str, name: &str) -> Done<()> {
        let number = self.calendar(calendar)?;
        if let Some(held) = self.sim.state.calendars.get_mut(&number) {
            name.clone_into(&mut held.name);
        }
        Ok(())
    }

    fn id(&self, number: u64) -> Done<String> {
        let event = self.sim.state.events.get(&number).ok_or("the event is gone")?;
        Ok(ids::of_event(self.sim.state.seed, number, event, IdSpace::Immutable))
    }

    fn named(&self, id: &str) -> Done<(u64, Option<jiff::civil::Date>)> {
        match ids::find(&self.sim.state, id) {
            Some(Named::Whole(number)) => Ok((number, None)),
            Some(Named::Occurrence(number, date)) => Ok((number, Some(date))),
            None => Err(format!("there is no event {id}")),
        }
    }

    fn calendar(&self, id: &str) -> Done<u64> {
        let number = ids::calendar(self.sim.state.seed, id);
        let held = number.filter(|number| self.sim.state.calendars.contains_key(number));
        held.ok_or_else(|| format!("there is no calendar {id}"))
    }
}

/// Whose an event is once it lies in a calendar: with nobody invited, the mailbox's.
fn organizer_in(state: &State, event: &Event, calendar: u64) -> String {
    let owner = state.calendars.get(&calendar).and_then(|one| state.users.get(&one.owner));
    match owner {
        Some(owner) if event.content.attendees.is_empty() => owner.address.clone(),
        Some(_) | None => event.organizer.clone(),
    }
}

fn object(value: &Value) -> Done<Map<String, Value>> {
    let faults = super::contract::check(value, "event");
    match (faults.first(), value.as_object()) {
        (None, Some(members)) => Ok(members.clone()),
        (Some(fault), _) => Err(fault.clone()),
        (None, None) => Err("an event is an object".to_owned()),
    }
}

fn said(refusal: Refusal) -> String {
    format!("{}: {}", refusal.code, refusal.message)
}
