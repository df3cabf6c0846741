//! The three kinds of start: zoned, floating and all-day.

use crate::zone::Gap;
use crate::{Civil, Date, Timestamp, Zone};

/// A start or an end as a calendar says it (RFC 5545 3.3.4 and 3.3.5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// A wall-clock time in a zone; an instant in UTC is zoned with [`Zone::utc`].
    Zoned(Civil, Zone),
    /// A wall-clock time wherever the reader is.
    Floating(Civil),
    /// A whole day wherever the reader is.
    Date(Date),
}

/// How long an instance lasts (RFC 5545 3.8.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Length {
    /// As many seconds as lie between DTSTART and DTEND.
    Exact(i64),
    /// A DURATION: days on the wall first, so 23 to 25 hours each, and then exact seconds.
    Nominal {
        /// Days on the wall.
        days: i32,
        /// Exact seconds.
        seconds: i64,
    },
}

impl When {
    /// The wall-clock time; of a day, its midnight.
    #[must_use]
    pub fn civil(&self) -> Civil {
        match self {
            Self::Zoned(civil, _) | Self::Floating(civil) => *civil,
            Self::Date(date) => Civil::from(*date),
        }
    }

    /// The zone, if it has one.
    #[must_use]
    pub fn zone(&self) -> Option<&Zone> {
        match self {
            Self::Zoned(_, zone) => Some(zone),
            Self::Floating(_) | Self::Date(_) => None,
        }
    }

    /// Whether this is a whole day.
    #[must_use]
    pub fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// The instant: of a floating time or day as seen in `floating_zone`. A time that does not
    /// exist there moves forward by the gap under either policy: here it is one value, not a set.
    #[must_use]
    pub fn instant(&self, floating_zone: &Zone, gap: Gap) -> Timestamp {
        self.zone().unwrap_or(floating_zone).instant(self.civil(), gap)
    }
}
