//! The journal: every change of a recorded row, with before and after, in a hash chain.

use sha2::{Digest, Sha256};

use crate::ids::{CalendarId, EdgeId, EventId, RunId};
use crate::time::Timestamp;

/// The last entry of a graph's journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// Its hash; zeros before the first.
    pub hash: [u8; 32],
}

/// Why rows changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What happened.
    pub what: CauseKind,
    /// The calendar it happened in.
    pub calendar: Option<CalendarId>,
    /// The edge it happened for.
    pub edge: Option<EdgeId>,
}

impl Cause {
    /// A cause without calendar or edge.
    #[must_use]
    pub const fn of(what: CauseKind) -> Self {
        Self { what, calendar: None, edge: None }
    }

    /// The same cause, in this calendar.
    #[must_use]
    pub const fn in_calendar(mut self, calendar: CalendarId) -> Self {
        self.calendar = Some(calendar);
        self
    }

    /// The same cause, for this edge.
    #[must_use]
    pub const fn for_edge(mut self, edge: EdgeId) -> Self {
        self.edge = Some(edge);
        self
    }
}

macro_rules! cause_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CauseKind { $($(#[$doc])* $name,)* }

        impl CauseKind {
            /// The stable code, as stored.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The kind with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

cause_kinds! {
    /// A provider showed a new or changed object.
    Seen = "seen",
    /// Evidence of a deletion was recorded.
    GoneSeen = "gone-seen",
    /// A deletion took effect.
    Released = "released",
    /// Deletions were held for review.
    Held = "held",
    /// A provider acknowledged a write.
    Wrote = "wrote",
    /// A write failed in a way that changes what is to be done.
    WriteFailed = "write-failed",
    /// A stray mirror was taken in again.
    Adopted = "adopted",
    /// A person edited a mirror.
    MirrorEdited = "mirror-edited",
    /// Both sides changed the same field, and the payload holds the loser; or a person deleted a
    /// mirror before it showed an edit of its origin, which wins.
    Conflict = "conflict",
    /// Someone changed the set-up, or edited an event here.
    Authored = "authored",
    /// The window moved, or an edge was worked through.
    Swept = "swept",
    /// A run was taken back.
    Undone = "undone",
    /// Discovery showed calendars.
    Discovered = "discovered",
    /// A meeting with other graphs was put down, answered, committed or cancelled.
    Met = "met",
}

/// One entry: the head of what changed; the payload lies apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When, by the host's clock; for people to read, never for order.
    pub at: Timestamp,
    /// The run it belongs to.
    pub run: RunId,
    /// Why.
    pub cause: Cause,
    /// The event it is about, if it is about one.
    pub event: Option<EventId>,
    /// SHA-256 of the payload's bytes.
    pub payload_hash: [u8; 32],
    /// SHA-256 over the entry before and this one's fields.
    pub hash: [u8; 32],
}

/// What an entry changed: a JSON array of rows, each `{"k": key, "b": before, "a": after}` with
/// only the fields that differ; `null` where there is no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload(pub Vec<u8>);

impl Entry {
    /// The entry that follows `head`.
    #[must_use]
    pub fn after(
        head: Head,
        (at, run): (Timestamp, RunId),
        cause: Cause,
        event: Option<EventId>,
        payload: &Payload,
    ) -> Self {
        let mut entry = Self {
            seq: head.seq + 1,
            at,
            run,
            cause,
            event,
            payload_hash: Sha256::digest(&payload.0).into(),
            hash: [0; 32],
        };
        entry.hash = entry.link(&head.hash);
        entry
    }

    /// The head once this entry is the last.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }

    /// The hash this entry must have after one with the hash `before`.
    #[must_use]
    pub fn link(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(before);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at.as_millis().to_be_bytes());
        hasher.update(self.run.as_bytes());
        hasher.update(self.cause.what.code().as_bytes());
        for id in [
            self.cause.calendar.as_ref().map(CalendarId::as_bytes),
            self.cause.edge.as_ref().map(EdgeId::as_bytes),
            self.event.as_ref().map(EventId::as_bytes),
        ] {
            hasher.update([u8::from(id.is_some())]);
            hasher.update(id.unwrap_or(&[0; 16]));
        }
        hasher.update(self.payload_hash);
        hasher.finalize().into()
    }
}
