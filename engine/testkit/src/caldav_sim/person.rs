//! A person's calendar program, working on the server's state without HTTP: it is bound by no
//! condition, keeps UIDs, and never lets the engine see how it did it.

use super::ics_check;
use super::sim::CaldavSim;
use super::state::{Calendar, hash};
use super::xml::{DAV, Element};

/// Someone who edits calendars at a moment. Errors say what did not exist.
#[derive(Debug)]
pub struct Person<'a> {
    sim: &'a mut CaldavSim,
    now_ms: i64,
}

impl<'a> Person<'a> {
    pub(super) fn new(sim: &'a mut CaldavSim, now_ms: i64) -> Self {
        Self { sim, now_ms }
    }

    /// Stores an iCalendar text under a name of a calendar, whatever the text is.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn put(&mut self, calendar: &str, name: &str, ics: &str) -> Result<(), String> {
        let uid = ics_check::uid(ics).unwrap_or_default();
        let now_ms = self.now_ms;
        self.calendar(calendar)?.store(name, ics.to_owned(), uid, now_ms);
        Ok(())
    }

    /// Changes a stored text.
    ///
    /// # Errors
    /// Where the calendar or the member does not exist.
    pub fn edit(
        &mut self,
        calendar: &str,
        name: &str,
        change: impl FnOnce(String) -> String,
    ) -> Result<(), String> {
        let text = self.text(calendar, name)?;
        self.put(calendar, name, &change(text))
    }

    /// The stored text.
    ///
    /// # Errors
    /// Where the calendar or the member does not exist.
    pub fn text(&mut self, calendar: &str, name: &str) -> Result<String, String> {
        let held = self.calendar(calendar)?.resources.get(name);
        held.map(|resource| resource.text.clone()).ok_or_else(|| missing(calendar, name))
    }

    /// Moves a member into another calendar under the same name.
    ///
    /// # Errors
    /// Where either calendar or the member does not exist.
    pub fn move_to(&mut self, calendar: &str, name: &str, target: &str) -> Result<(), String> {
        let text = self.text(calendar, name)?;
        self.calendar(target)?;
        self.discard(calendar, name)?;
        self.put(target, name, &text)
    }

    /// Copies a member, UID and all, to a calendar under a new name.
    ///
    /// # Errors
    /// Where either calendar or the member does not exist.
    pub fn copy(
        &mut self,
        calendar: &str,
        name: &str,
        target: &str,
        new_name: &str,
    ) -> Result<(), String> {
        let text = self.text(calendar, name)?;
        self.put(target, new_name, &text)
    }

    /// Copies a member as most programs do it: with a new UID.
    ///
    /// # Errors
    /// Where either calendar or the member does not exist, or the member is no iCalendar text.
    pub fn duplicate(
        &mut self,
        calendar: &str,
        name: &str,
        target: &str,
        new_name: &str,
    ) -> Result<(), String> {
        let text = self.text(calendar, name)?;
        let uid = format!("{:016X}", hash(&[target.as_bytes(), new_name.as_bytes()]));
        let old = ics_check::inspect(text.as_bytes())?.uids.into_iter().next().unwrap_or_default();
        self.put(target, new_name, &text.replace(&format!("UID:{old}"), &format!("UID:{uid}")))
    }

    /// Deletes a member; it stays in the bin.
    ///
    /// # Errors
    /// Where the calendar or the member does not exist.
    pub fn delete(&mut self, calendar: &str, name: &str) -> Result<(), String> {
        let text = self.text(calendar, name)?;
        self.sim.bin.insert(format!("{calendar}{name}"), text);
        let uid = self.discard(calendar, name)?;
        let owner = self.calendar(calendar)?.owner.clone();
        if let Some(user) = self.sim.state.users.get_mut(&owner) {
            user.trash.insert(uid);
        }
        Ok(())
    }

    /// Brings a deleted member back to where it was.
    ///
    /// # Errors
    /// Where the calendar does not exist, or nothing of this name is in the bin.
    pub fn undelete(&mut self, calendar: &str, name: &str) -> Result<(), String> {
        let key = format!("{calendar}{name}");
        let text = self.sim.bin.remove(&key).ok_or_else(|| format!("{key} is not in the bin"))?;
        self.put(calendar, name, &text)
    }

    /// Makes reports that read this member fail where the server has poison items (C27).
    ///
    /// # Errors
    /// Where the calendar or the member does not exist.
    pub fn poison(&mut self, calendar: &str, name: &str) -> Result<(), String> {
        let held = self.calendar(calendar)?.resources.get_mut(name);
        held.ok_or_else(|| missing(calendar, name))?.poison = true;
        Ok(())
    }

    /// Gives a calendar another display name.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn rename_calendar(&mut self, calendar: &str, title: &str) -> Result<(), String> {
        let title = Element::new(DAV, "displayname").text(title);
        self.calendar(calendar)?.properties.insert(title.qname(), title);
        Ok(())
    }

    /// Takes away or gives back the right to write.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn set_read_only(&mut self, calendar: &str, read_only: bool) -> Result<(), String> {
        self.calendar(calendar)?.read_only = read_only;
        Ok(())
    }

    /// Deletes a calendar with all that is in it.
    ///
    /// # Errors
    /// Where the calendar does not exist.
    pub fn delete_calendar(&mut self, calendar: &str) -> Result<(), String> {
        let gone = self.sim.state.calendars.remove(calendar);
        gone.map(|_| ()).ok_or_else(|| format!("there is no calendar {calendar}"))
    }

    fn discard(&mut self, calendar: &str, name: &str) -> Result<String, String> {
        let now_ms = self.now_ms;
        let gone = self.calendar(calendar)?.discard(name, now_ms);
        gone.map(|resource| resource.uid).ok_or_else(|| missing(calendar, name))
    }

    fn calendar(&mut self, path: &str) -> Result<&mut Calendar, String> {
        let held = self.sim.state.calendars.get_mut(path);
        held.ok_or_else(|| format!("there is no calendar {path}"))
    }
}

fn missing(calendar: &str, name: &str) -> String {
    format!("there is no {calendar}{name}")
}
