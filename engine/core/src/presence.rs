//! Presences: events as the calendars hold them, and what lies beside them.

use crate::event::Body;
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId, RunId, Version};
use crate::mirror::PartKey;
use crate::time::{Timestamp, When};

/// The identity of a canonical event, fixed at first sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Derived from UID and instance, or drawn for what is made here.
    pub id: EventId,
    /// The iCalendar UID, or the provider's own id where there is none.
    pub uid: String,
}

/// One event as one calendar holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The provider's object: the single, the whole series or the master.
    pub object: ProviderId,
    /// Its version, as last seen.
    pub version: Option<Version>,
    /// What it says.
    pub body: Body,
    /// Codes of what was read otherwise than it is written ([`crate::read::doubt`]).
    pub doubts: Vec<String>,
    /// Changed instances that the provider holds as objects of their own.
    pub instances: Vec<InstanceObject>,
    /// Evidence that it was deleted; the effect waits for the release.
    pub gone: Option<Gone>,
    /// A patch of ours that the provider has not taken yet.
    pub pending: Option<Pending>,
}

/// A changed instance as an object of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceObject {
    /// The provider's object.
    pub object: ProviderId,
    /// Its version.
    pub version: Option<Version>,
    /// The start it had before it was changed.
    pub original: When,
    /// Evidence that it was deleted.
    pub gone: Option<Gone>,
}

/// A change of an origin that waits to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What the origin should say; `None`: it should be deleted.
    pub want: Option<Body>,
    /// The version the change was worked out against, or was refused for.
    pub base: Option<Version>,
    /// The mirror it came from, if any.
    pub from: Option<EdgeId>,
    /// Whether that joined what a person had asked for here.
    pub joined: bool,
    /// Whether its guests are told, where the provider leaves that to us.
    pub guests: Guests,
    /// Hashes of what was to be written before it was replaced by this: up to four. One of them
    /// may have been written, its answer still under way.
    pub before: Vec<ContentHash>,
    /// How often it was tried in vain.
    pub attempts: u16,
    /// Not before this time.
    pub retry_at: Option<Timestamp>,
    /// Set when it is tried no more.
    pub parked: Option<String>,
}

impl Pending {
    /// What parks a change of an event with guests, whom nobody granted to tell of it.
    pub const WOULD_NOTIFY: &'static str = "event.would-notify";

    /// Whether a person asked here for it, or for some of it.
    pub(crate) const fn is_a_persons(&self) -> bool {
        self.from.is_none() || self.joined
    }
}

/// Whether a provider is asked to tell an event's guests of a write. Of a mirror never (L13).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Guests {
    /// Nobody is told.
    #[default]
    Untold,
    /// They are told: the person who changed or deleted the event said so.
    Told,
}

/// Evidence of a deletion: what said so, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The run in which it was seen.
    pub run: RunId,
    /// When, by the host's clock; for people to read, never for order.
    pub at: Timestamp,
    /// What said so.
    pub evidence: Evidence,
    /// A second witness, where one is needed (feeds).
    pub confirmed: bool,
}

/// What said that an object was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The provider named it as removed.
    Tombstone,
    /// It was missing from a complete listing.
    Absent,
    /// A read of it alone said it is not there.
    ReadAlone,
}

/// An object that is neither an origin nor a live mirror: set aside with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Where it lies.
    pub calendar: CalendarId,
    /// The provider's object.
    pub object: ProviderId,
    /// Its version, as last seen.
    pub version: Option<Version>,
    /// What it is.
    pub what: AsideKind,
}

/// What an object set aside is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsideKind {
    /// A mark of this graph without a row of ours.
    Stray {
        /// The event it was made for.
        event: EventId,
        /// The edge it was made for.
        edge: EdgeId,
        /// The part.
        part: PartKey,
        /// The generation of its id.
        generation: u32,
        /// The hash of its content.
        content: ContentHash,
        /// A person made it theirs: it is never taken in again.
        theirs: bool,
    },
    /// Another product's, or another graph's.
    ForeignManaged {
        /// Which.
        product: String,
    },
    /// It could not be read.
    Quarantined(Quarantine),
    /// A task, a journal or anything else that is no event: passed over.
    NotEvent,
    /// A message: kept, never projected.
    Message {
        /// The subject.
        title: String,
        /// When it was received.
        at: Timestamp,
    },
}

/// Why an item could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// A stable code: `ical.syntax`, `ical.no-start`, ...
    pub code: String,
    /// For people, without text of the event; says what to do.
    pub reason: String,
    /// The raw text, at most 64 KiB.
    pub raw: Vec<u8>,
    /// When it was set aside.
    pub at: Timestamp,
}

/// SHA-256 of normalised content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);
