//! What the server holds: people, their lists of calendars, the calendars, tokens and channels.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::calendar::Calendar;
use super::channel::Channel;
use super::mail::Mail;
use super::oauth_state::OAuth;
use super::push::Outbox;

/// Everything behind the protocol.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) seed: u64,
    /// By e-mail address, which is also the id of the primary calendar.
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) calendars: BTreeMap<String, Calendar>,
    pub(crate) oauth: OAuth,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) outbox: Outbox,
    pub(crate) mail: Vec<Mail>,
    /// Times of the project's requests in the last minute.
    pub(crate) recent: VecDeque<i64>,
    /// How many ids were drawn.
    pub(crate) drawn: u64,
}

/// One person with an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    pub(crate) time_zone: String,
    pub(crate) list: BTreeMap<String, Entry>,
    pub(crate) list_seq: u64,
    /// The last change of the list that channels were told of.
    pub(crate) list_told: u64,
    /// Tokens of the list older than this are expired.
    pub(crate) list_oldest: u64,
    /// Times of this person's requests in the last minute.
    pub(crate) recent: VecDeque<i64>,
    /// Until when writes are refused with `quotaExceeded`.
    pub(crate) locked_until_ms: i64,
}

/// One calendar in a person's list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// What the person set: `summaryOverride`, `selected`, `hidden`, `colorId`, `defaultReminders`.
    pub(crate) own: BTreeMap<String, Value>,
    pub(crate) seq: u64,
    pub(crate) deleted: bool,
}

/// What a person may do with a calendar, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Times only.
    FreeBusyReader,
    /// Everything but the details of private events.
    Reader,
    /// Reads and writes.
    Writer,
    /// May also share and delete.
    Owner,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FreeBusyReader => "freeBusyReader",
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Owner => "owner",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Self::FreeBusyReader, Self::Reader, Self::Writer, Self::Owner];
        all.into_iter().find(|role| role.name() == name)
    }
}

impl User {
    /// Puts a calendar into the list, or notes a change of its entry.
    pub(crate) fn touch(&mut self, calendar: &str, change: impl FnOnce(&mut Entry)) {
        self.list_seq += 1;
        let entry = self.list.entry(calendar.to_owned()).or_default();
        change(entry);
        entry.seq = self.list_seq;
    }
}

impl User {
    /// Expires all sync tokens of the list that were given so far.
    pub(crate) fn expire_list(&mut self) {
        self.list_seq += 1;
        self.list_oldest = self.list_seq;
    }
}

impl State {
    /// A number that was never drawn before, as text.
    pub(crate) fn draw(&mut self) -> String {
        self.drawn += 1;
        self.drawn.to_string()
    }

    /// What a person may do with a calendar; `None` where it does not exist or is not shared.
    pub(crate) fn role(&self, user: &str, calendar: &str) -> Option<Role> {
        self.calendars.get(calendar)?.roles.get(user).copied()
    }

    /// Removes a calendar; everyone's list says so.
    pub(crate) fn remove_calendar(&mut self, calendar: &str) {
        self.calendars.remove(calendar);
        for user in self.users.values_mut() {
            if user.list.contains_key(calendar) {
                user.touch(calendar, |entry| entry.deleted = true);
            }
        }
    }

    /// People who can see a calendar.
    pub(crate) fn members(&self, calendar: &str) -> BTreeSet<String> {
        let held = self.calendars.get(calendar);
        held.map(|held| held.roles.keys().cloned().collect()).unwrap_or_default()
    }
}
