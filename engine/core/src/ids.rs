//! Typed ids: 16 bytes inside, a prefix and Crockford base32 outside.
//!
//! What a provider told us has an id derived from it (see [`crate::keys`]); what is made here
//! gets a ULID. Both print alike: `evt_01J9Z3NDEKTSV4RRFFQ69G5FAV`.

use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

use crate::time::Timestamp;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LEN: usize = 26;

/// Text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_ and 26 base32 characters")]
pub struct IdError {
    /// The prefix that was expected, for example `evt`.
    pub prefix: &'static str,
}

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; 16]);

        impl Ord for $name {
            /// The order of the bytes, found by one comparison of numbers: ids are the keys of
            /// nearly every map.
            fn cmp(&self, other: &Self) -> Ordering {
                u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// The prefix of the text form, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes, as stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The `n`-th id of this kind that a step draws: a ULID of the step's time and seed.
            #[must_use]
            pub fn draw(seed: &StepSeed, now: Timestamp, n: u32) -> Self {
                Self(seed.draw($prefix, now, n))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                write_base32(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .and_then(read_base32)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }
    )*};
}

id_kinds! {
    /// One user's graph: the unit of consistency and of placement.
    GraphId = "gph";
    /// One provider account.
    AccountId = "acc";
    /// A calendar of an account.
    CalendarId = "cal";
    /// What a cursor belongs to; for a calendar, the calendar's own bytes.
    ScopeId = "scp";
    /// A canonical event.
    EventId = "evt";
    /// A policy edge.
    EdgeId = "pol";
    /// One run of a sync.
    RunId = "run";
    /// A meeting of several graphs.
    MeetingId = "mtg";
    /// A rule of how a person wants to work.
    RuleId = "rul";
    /// A time that is held.
    HoldId = "hld";
    /// A search for a time.
    SessionId = "ses";
    /// A watch, as we call it before its provider does.
    WatchId = "wch";
    /// A message from one graph to another.
    MessageId = "msg";
}

impl From<CalendarId> for ScopeId {
    fn from(calendar: CalendarId) -> Self {
        Self(calendar.0)
    }
}

impl ScopeId {
    /// The calendar with the same bytes; meaningful where the scope is a calendar.
    #[must_use]
    pub const fn calendar(self) -> CalendarId {
        CalendarId(self.0)
    }
}

/// The randomness of one step attempt, drawn by the host: 32 bytes.
///
/// Each kind of id has a stream of its own, so that drawing one more id of one kind changes no
/// other.
#[derive(Clone, PartialEq, Eq)]
pub struct StepSeed(pub [u8; 32]);

impl fmt::Debug for StepSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StepSeed(..)")
    }
}

impl StepSeed {
    fn draw(&self, kind: &str, now: Timestamp, n: u32) -> [u8; 16] {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(kind.as_bytes());
        hasher.update(n.to_be_bytes());
        let random = hasher.finalize();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&now.as_millis().max(0).to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random[..10]);
        bytes
    }
}

/// A provider's own id of an object (an href, a Google or Graph id). Opaque: never parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderId(pub String);

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A provider's version tag of an object (an ETag, a change key). Opaque, compared for equality.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub String);

fn write_base32(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let value = u128::from_be_bytes(*bytes);
    let mut text = [0_u8; TEXT_LEN];
    let (first, rest) = text.split_at_mut(2);
    let (middle, last) = rest.split_at_mut(12);
    // Twelve digits fit a word.
    for (digits, mut word) in
        [(first, (value >> 120) as u64), (middle, (value >> 60) as u64), (last, value as u64)]
    {
        for digit in digits.iter_mut().rev() {
            *digit = CROCKFORD[(word & 31) as usize];
            word >>= 5;
        }
    }
    f.write_str(core::str::from_utf8(&text).unwrap_or_default())
}

fn read_base32(text: &str) -> Option<[u8; 16]> {
    if text.len() != TEXT_LEN || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut value = 0_u128;
    for byte in text.bytes() {
        let digit = CROCKFORD.iter().position(|c| *c == byte.to_ascii_uppercase())?;
        value = value << 5 | digit as u128;
    }
    Some(value.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_print_and_parse_back() {
        let id = EventId::from_bytes([0xAB; 16]);
        assert_eq!(id.to_string().len(), "evt_".len() + TEXT_LEN);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<EdgeId>().is_err());
        assert!("evt_8ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<EventId>().is_err());
    }

    #[test]
    fn ids_are_in_the_order_of_their_bytes() {
        let bytes = |at: usize, value: u8| {
            let mut bytes = [7; 16];
            bytes[at] = value;
            bytes
        };
        let near = (0..16).flat_map(|at| [bytes(at, 6), bytes(at, 8), bytes(at, 0x80)]);
        let near: Vec<[u8; 16]> = near.chain([[7; 16]]).collect();
        for (one, other) in near.iter().flat_map(|one| near.iter().map(move |other| (one, other))) {
            let ids = (EventId::from_bytes(*one), EventId::from_bytes(*other));
            assert_eq!(ids.0.cmp(&ids.1), one.cmp(other));
        }
    }

    #[test]
    fn drawn_ids_differ_by_number_and_order_by_time() {
        let seed = StepSeed([7; 32]);
        let early = EventId::draw(&seed, Timestamp::from_millis(1_000), 0);
        let late = EventId::draw(&seed, Timestamp::from_millis(2_000), 0);
        assert!(early < late);
        assert_ne!(early, EventId::draw(&seed, Timestamp::from_millis(1_000), 1));
        assert_eq!(early, EventId::draw(&seed, Timestamp::from_millis(1_000), 0));
    }
}
