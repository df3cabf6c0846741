//! When others have time, as a provider says.

use crate::event::Busy;
use crate::time::{Timestamp, Weekday, Zone};

/// What a provider says of one person's or one calendar's time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Whose: as it was asked for.
    pub of: String,
    /// When the time is taken.
    pub availability: Availability,
    /// When they work, where it says so.
    pub hours: Option<WorkingHours>,
}

/// When somebody's time is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// At these times, and at no other of those asked for. Disjoint and sorted.
    Known(Vec<Taken>),
    /// It could not be found out; never the same as free.
    Unknown {
        /// A stable code: `google.notFound`, ...
        code: String,
    },
}

/// A time that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// From this time on.
    pub from: Timestamp,
    /// Up to this time.
    pub to: Timestamp,
    /// How; plainly busy where the provider does not tell. Never free.
    pub how: Busy,
}

/// When somebody works: the same hours each of these days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingHours {
    /// The days.
    pub days: Vec<Weekday>,
    /// From this minute of the day on.
    pub from_minute: u16,
    /// Up to this minute of the day.
    pub to_minute: u16,
    /// Where.
    pub zone: Zone,
}
