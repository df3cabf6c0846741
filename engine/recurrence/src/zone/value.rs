//! The zone as a value.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::table::Table;
use super::{Observance, Resolver, alias, database, observed, outlook};
use crate::{Civil, Timestamp};

/// What becomes of a local time that a zone skips. Of a local time that comes twice, the first
/// holds under either policy (RFC 5545 3.3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// It moves forward by the length of the gap (RFC 5545 3.3.5), and counts.
    #[default]
    Shift,
    /// It is not an instance (RFC 5545 3.3.10), and does not count.
    Skip,
}

/// A time zone: a canonical name and its rules, shared between clones. Two zones are equal if
/// their names are.
#[derive(Clone)]
pub struct Zone(Repr);

#[derive(Clone)]
enum Repr {
    Utc,
    Shared(Arc<Rules>),
}

/// The rules of a zone other than UTC.
pub(super) struct Rules {
    pub(super) name: Box<str>,
    pub(super) table: Table,
}

impl Zone {
    /// UTC.
    #[must_use]
    pub const fn utc() -> Self {
        Self(Repr::Utc)
    }

    /// The zone of a stored name, in exactly the forms that [`Zone::name`] gives: `UTC`, a canonical
    /// IANA name, a fixed offset as `+05:30`, `posix:` and a POSIX TZ string, or `rules:` and what
    /// [`Zone::observed`] made of changes. The last three have a colon, the others have none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        database::stored(name).filter(|zone| zone.name() == name)
    }

    /// The zone whose offset changes so and no otherwise (RFC 5545 section 3.6.5). `None` where the
    /// changes are none, are more than a zone has, or lie within days of each other.
    #[must_use]
    pub fn observed(observances: &[Observance]) -> Option<Self> {
        let name = format!("{}{}", database::RULES, observed::name(observances));
        database::stored(&name)
    }

    /// The zone meant by a name as calendars write it (RFC 5545 3.2.19 leaves it free): IANA names
    /// in any case and their aliases, with prefixes and in quotes; Windows names; display names as
    /// `(UTC+01:00) Amsterdam, Berlin, ...`; `tzone://Microsoft/Utc`; offsets as `GMT-0500`.
    ///
    /// `None` where the name alone says nothing (`Customized Time Zone`): read its VTIMEZONE.
    #[must_use]
    pub fn resolve(text: &str) -> Option<Self> {
        alias::resolve(text)
    }

    /// The canonical name; [`Zone::parse`] reads it back.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            Repr::Utc => "UTC",
            Repr::Shared(rules) => &rules.name,
        }
    }

    /// The name under which Windows and Exchange know a zone whose clock shows the same from 2024
    /// to 2037 (CLDR, territory 001); `None` where they know none.
    #[must_use]
    pub fn windows_name(&self) -> Option<&'static str> {
        outlook::name(self)
    }

    /// The instant of a wall-clock time. One that does not exist is moved forward by the gap under
    /// either policy, since an instant must be given; ask [`Zone::exists`] to leave it out. One that
    /// comes twice is the first.
    #[must_use]
    pub fn instant(&self, civil: Civil, gap: Gap) -> Timestamp {
        match gap {
            Gap::Shift | Gap::Skip => {
                Timestamp::from_seconds(Resolver::new(self).instant(civil.seconds()).0)
            }
        }
    }

    /// Whether the wall clock ever shows this time.
    #[must_use]
    pub fn exists(&self, civil: Civil) -> bool {
        Resolver::new(self).instant(civil.seconds()).1
    }

    /// The wall-clock time at an instant, in whole seconds rounded down.
    #[must_use]
    pub fn civil(&self, instant: Timestamp) -> Civil {
        let seconds = instant.as_seconds();
        Civil::from_seconds(seconds.saturating_add(i64::from(self.offset_seconds(instant))))
    }

    /// Seconds east of UTC at an instant.
    #[must_use]
    pub fn offset_seconds(&self, instant: Timestamp) -> i32 {
        match &self.0 {
            Repr::Utc => 0,
            Repr::Shared(rules) => rules.table.offset_at(instant.as_seconds()),
        }
    }

    /// The moments after `from` and before `to` at which the offset changes, each with the offset
    /// in seconds that holds from then on.
    #[must_use]
    pub fn transitions(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, i32)> {
        match &self.0 {
            Repr::Utc => Vec::new(),
            Repr::Shared(rules) => rules.table.changes(from.as_seconds(), to.as_seconds()),
        }
    }

    pub(super) fn shared(rules: Arc<Rules>) -> Self {
        Self(Repr::Shared(rules))
    }

    /// `None` for UTC.
    pub(super) fn table(&self) -> Option<&Table> {
        match &self.0 {
            Repr::Utc => None,
            Repr::Shared(rules) => Some(&rules.table),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Shared(one), Repr::Shared(two)) => Arc::ptr_eq(one, two) || one.name == two.name,
            (Repr::Utc, Repr::Utc) => true,
            (Repr::Utc, Repr::Shared(_)) | (Repr::Shared(_), Repr::Utc) => false,
        }
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name().cmp(other.name())
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}
