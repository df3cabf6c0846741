//! What the server holds: users, calendars, resources, the history of each calendar, and mail.

use super::digest::Nonces;
use super::xml::{Element, Name};
use std::collections::{BTreeMap, BTreeSet};

/// Everything behind the protocol.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) seed: u64,
    pub(crate) users: BTreeMap<String, User>,
    /// By decoded path with a slash at both ends.
    pub(crate) calendars: BTreeMap<String, Calendar>,
    pub(crate) mail: Vec<Mail>,
    /// How often a restless ctag was looked at.
    pub(crate) looks: u64,
    pub(crate) nonces: Nonces,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    pub(crate) password: String,
    pub(crate) bearer: Option<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) revoked: bool,
    pub(crate) principal: String,
    pub(crate) home: String,
    pub(crate) shared_home: String,
    /// UIDs that were deleted.
    pub(crate) trash: BTreeSet<String>,
}

/// What kind of collection a path is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CollectionKind {
    /// A calendar (RFC 4791 section 4.2).
    #[default]
    Calendar,
    /// The schedule inbox (RFC 6638 section 2.2).
    Inbox,
    /// The schedule outbox (RFC 6638 section 2.1).
    Outbox,
    /// A subscription to a feed; not a calendar to write to.
    Subscribed,
    /// The bin of a server that keeps deleted calendars.
    Trash,
    /// An address book.
    AddressBook,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    pub(crate) owner: String,
    pub(crate) kind: CollectionKind,
    pub(crate) properties: BTreeMap<Name, Element>,
    pub(crate) components: Vec<String>,
    pub(crate) read_only: bool,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) history: Vec<Change>,
    /// Tokens older than this are expired.
    pub(crate) oldest_seq: u64,
    /// How many of the newest members the next whole listing does not show yet.
    pub(crate) late: usize,
    /// How far the answer that is being made reaches; `None`: to now.
    pub(crate) reach: Option<u64>,
    /// Where late reports ended: tokens of that moment are known, however old.
    pub(crate) reached_late: BTreeSet<u64>,
    /// Distinguishes calendars that were made at one path one after the other.
    pub(crate) incarnation: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) text: String,
    pub(crate) uid: String,
    pub(crate) updates: u32,
    /// Moves the ETag without a change of content.
    pub(crate) touched: u32,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    pub(crate) poison: bool,
}

/// One entry of a calendar's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Member name; empty for the collection itself.
    pub(crate) name: String,
    /// Content hash before the change; `None` where nothing was there.
    pub(crate) before: Option<u64>,
    pub(crate) at_ms: i64,
}

/// One message the server sent because of a write (RFC 6638 section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// iTIP method: `REQUEST`, `REPLY` or `CANCEL`.
    pub method: &'static str,
    /// Path of the resource that caused it.
    pub path: String,
    /// The organizer's address, if the object names one.
    pub organizer: Option<String>,
    /// Addresses of the attendees.
    pub attendees: Vec<String>,
}

impl Resource {
    pub(crate) fn content_hash(&self) -> u64 {
        hash(&[self.text.as_bytes(), &self.touched.to_le_bytes()])
    }
}

impl Calendar {
    /// Number of the last change; 0 for an untouched calendar.
    pub(crate) fn seq(&self) -> u64 {
        self.history.len() as u64
    }

    /// How far a whole listing reaches, once: it may come from where the newest members have not
    /// arrived yet. The token that it gives tells of them.
    pub(crate) fn take_reach(&mut self) -> u64 {
        let late = std::mem::take(&mut self.late);
        if late == 0 {
            return self.seq();
        }
        let came = self.history.iter().zip(1_u64..).filter(|(change, _)| change.before.is_none());
        let there = came.filter(|(change, _)| self.resources.contains_key(&change.name));
        let born: BTreeMap<&str, u64> = there.map(|(c, seq)| (c.name.as_str(), seq)).collect();
        let mut born: Vec<u64> = born.into_values().collect();
        born.sort_unstable();
        let first_late = born.get(born.len().saturating_sub(late));
        let reach = first_late.map_or(self.seq(), |seq| seq - 1);
        self.reached_late.insert(reach);
        reach
    }

    /// Whether a member came after a change.
    pub(crate) fn came_after(&self, name: &str, seq: u64) -> bool {
        let later = self.history.iter().zip(1_u64..).filter(|(_, at)| *at > seq);
        later.filter(|(change, _)| change.name == name).any(|(change, _)| change.before.is_none())
    }

    pub(crate) fn record(&mut self, name: &str, before: Option<u64>, at_ms: i64) {
        self.history.push(Change { name: name.to_owned(), before, at_ms });
    }

    /// Stores a member and notes the change.
    pub(crate) fn store(&mut self, name: &str, text: String, uid: String, now_ms: i64) {
        let old = self.resources.remove(name);
        let before = old.as_ref().map(Resource::content_hash);
        let resource = Resource {
            text,
            uid,
            updates: old.as_ref().map_or(0, |old| old.updates + 1),
            touched: old.as_ref().map_or(0, |old| old.touched),
            created_ms: old.as_ref().map_or(now_ms, |old| old.created_ms),
            modified_ms: now_ms,
            poison: false,
        };
        self.resources.insert(name.to_owned(), resource);
        self.record(name, before, now_ms);
    }

    /// Removes a member and notes the change.
    pub(crate) fn discard(&mut self, name: &str, now_ms: i64) -> Option<Resource> {
        let old = self.resources.remove(name)?;
        self.record(name, Some(old.content_hash()), now_ms);
        Some(old)
    }
}

impl State {
    /// The calendar that holds a member path, and the member's name.
    pub(crate) fn split(&self, path: &str) -> Option<(String, String)> {
        let (parent, name) = path.rsplit_once('/')?;
        let parent = format!("{parent}/");
        (!name.is_empty() && self.calendars.contains_key(&parent))
            .then(|| (parent, name.to_owned()))
    }

    pub(crate) fn resource(&self, path: &str) -> Option<&Resource> {
        let (calendar, name) = self.split(path)?;
        self.calendars.get(&calendar)?.resources.get(&name)
    }

    /// Who owns a path, if anyone does.
    pub(crate) fn owner_of(&self, path: &str) -> Option<&str> {
        let path = with_slash(path);
        self.users
            .iter()
            .find(|(_, user)| {
                [&user.principal, &user.home, &user.shared_home]
                    .iter()
                    .any(|own| path.starts_with(own.as_str()))
            })
            .map(|(login, _)| login.as_str())
    }
}

/// The path with a slash at its end.
pub(crate) fn with_slash(path: &str) -> String {
    if path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

/// FNV-1a over the parts with their lengths.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |byte: u8| {
        state ^= u64::from(byte);
        state = state.wrapping_mul(0x0000_0100_0000_01b3);
    };
    for part in parts {
        (part.len() as u64).to_le_bytes().into_iter().for_each(&mut eat);
        part.iter().copied().for_each(&mut eat);
    }
    state
}
