//! What the service holds: people, calendars, events, what was deleted, and who watches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::{Date, DateTime};
use serde_json::{Map, Value};

use super::accounts::Accounts;
use super::cursors::Cursor;
use super::recurrence::Recurrence;
use super::subscriptions::Subscription;
use super::webhooks::Waiting;

/// Everything behind the protocol.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) seed: u64,
    /// Counts what was drawn.
    pub(crate) drawn: u64,
    /// Number of the last change.
    pub(crate) seq: u64,
    pub(crate) users: BTreeMap<usize, User>,
    pub(crate) calendars: BTreeMap<u64, Calendar>,
    pub(crate) events: BTreeMap<u64, Event>,
    pub(crate) gone: Vec<Gone>,
    pub(crate) cursors: BTreeMap<String, Cursor>,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) accounts: Accounts,
    pub(crate) mail: Vec<Mail>,
    pub(crate) writes: Vec<Write>,
    pub(crate) pending: BTreeMap<u64, super::subscriptions::Pending>,
}

/// Work or school, or personal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountKind {
    /// An account of an organisation.
    #[default]
    Work,
    /// A personal account.
    Consumer,
}

/// One person with a mailbox.
#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) name: String,
    pub(crate) kind: AccountKind,
    pub(crate) zone: String,
    /// False where there is no cloud mailbox.
    pub(crate) has_mailbox: bool,
    /// Beginnings of the requests of the last ten minutes, UTC milliseconds.
    pub(crate) requests: VecDeque<i64>,
    /// Requests under way, where those are counted.
    pub(crate) running: usize,
}

/// One calendar of one person; a shared one is seen by others too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    pub(crate) owner: usize,
    pub(crate) name: String,
    pub(crate) color: String,
    pub(crate) is_default: bool,
    pub(crate) change: u64,
    /// Extended properties, by id (3.8).
    pub(crate) extended: BTreeMap<String, String>,
    /// Who sees it, and whether they may write.
    pub(crate) shared: BTreeMap<usize, bool>,
}

/// One event: a single one, or the master of a series with what deviates from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) calendar: u64,
    /// How often it was moved between calendars.
    pub(crate) moves: u64,
    /// What joins copies of one event in several mailboxes.
    pub(crate) uid: String,
    pub(crate) created_ms: i64,
    pub(crate) transaction: Option<String>,
    /// Address of the organizer.
    pub(crate) organizer: String,
    pub(crate) content: Content,
    pub(crate) recurrence: Option<Recurrence>,
    pub(crate) exceptions: BTreeMap<Date, Exception>,
    pub(crate) cancelled: BTreeSet<Date>,
    /// Number of its last change.
    pub(crate) seq: u64,
    pub(crate) before: Option<Box<Content>>,
}

/// What an event says; an exception has one of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Content {
    /// Properties that are kept as they were sent.
    pub(crate) plain: Map<String, Value>,
    pub(crate) html: String,
    pub(crate) slot: Slot,
    pub(crate) attendees: Vec<Value>,
    /// Id to value.
    pub(crate) extended: BTreeMap<String, String>,
    /// Changes with every write and every touch by the service.
    pub(crate) change: u64,
    pub(crate) modified_ms: i64,
}

/// When an event is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) start: DateTime,
    pub(crate) start_zone: String,
    pub(crate) end: DateTime,
    pub(crate) end_zone: String,
    pub(crate) all_day: bool,
}

/// A changed occurrence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    pub(crate) content: Content,
    /// Properties of its own: a change of the master does not reach them.
    pub(crate) own: BTreeSet<String>,
}

/// An event that is not where it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gone {
    pub(crate) seq: u64,
    pub(crate) number: u64,
    /// As it was when it went.
    pub(crate) event: Event,
}

/// A message that the service sent to people because of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Id of the calendar.
    pub calendar: String,
    /// Immutable id of the event, or of the master of its series.
    pub event: String,
    /// `invitation`, `update`, `cancellation` or `response`.
    pub kind: &'static str,
    /// Subject of the event.
    pub subject: String,
    /// Whose write it was.
    pub from: String,
    /// Addresses that got it.
    pub to: Vec<String>,
}

/// A write to an event that a request made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// Id of the calendar.
    pub calendar: String,
    /// Immutable id of the event, or of the master of its series.
    pub event: String,
    /// Whether an instance of that was written.
    pub of_instance: bool,
    /// The `transactionId` it was made with.
    pub transaction: Option<String>,
    /// What was sent of it, as JSON; nothing where it is deleted.
    pub said: String,
}

impl State {
    /// The next number of a drawing.
    pub(crate) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// The next number of a change.
    pub(crate) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// The user of an address or object id.
    pub(crate) fn user(&self, name: &str) -> Option<usize> {
        let same = |user: &User| user.id == name || user.address.eq_ignore_ascii_case(name);
        self.users.iter().find(|(_, user)| same(user)).map(|(key, _)| *key)
    }

    pub(crate) fn default_calendar(&self, user: usize) -> Option<u64> {
        let mut own = self.calendars.iter();
        own.find(|(_, held)| held.owner == user && held.is_default).map(|(key, _)| *key)
    }

    /// The calendars a person sees, own ones first.
    pub(crate) fn calendars_of(&self, user: usize) -> Vec<u64> {
        let own = self.calendars.iter().filter(|(_, held)| held.owner == user);
        let shared = self.calendars.iter().filter(|(_, held)| held.shared.contains_key(&user));
        own.chain(shared).map(|(key, _)| *key).collect()
    }

    /// The events of a calendar in order of their making.
    pub(crate) fn events_of(&self, calendar: u64) -> impl Iterator<Item = (u64, &Event)> {
        let held = self.events.iter().filter(move |(_, event)| event.calendar == calendar);
        held.map(|(number, event)| (*number, event))
    }
}

impl Calendar {
    /// Whether a person may write here.
    pub(crate) fn is_writable(&self, user: usize) -> bool {
        self.owner == user || self.shared.get(&user).copied().unwrap_or_default()
    }

    pub(crate) fn is_seen(&self, user: usize) -> bool {
        self.owner == user || self.shared.contains_key(&user)
    }
}
