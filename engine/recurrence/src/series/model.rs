//! The parts of a series, and what comes out.

use crate::{Civil, Gap, Length, Rule, Timestamp, When, Zone};

/// One value of RDATE (RFC 5545 3.8.5.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extra {
    /// A start; it lasts as long as the series says. A day in a series of timed instances is that
    /// day at the time of the series.
    At(When),
    /// A start with its own length.
    Period {
        /// The start.
        start: When,
        /// Its own length.
        length: Length,
    },
}

/// What was changed of one instance, or of one and all later ones (RFC 5545 3.8.4.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Override {
    /// RECURRENCE-ID: the start that the rule gave, in any form that means it: the instant in any
    /// zone, or the local day.
    pub original: When,
    /// RANGE=THISANDFUTURE: later instances move by as much on the wall, and last as long.
    pub this_and_future: bool,
    /// What became of it.
    pub change: Change,
}

/// What became of an instance.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It does not take place.
    Cancelled,
    /// It takes place at its own time, which may be the original one.
    Moved {
        /// The start.
        start: When,
        /// The length.
        length: Length,
    },
}

/// Everything that decides when a recurring event takes place: the start, the rules and the extra
/// dates, without the excluded ones, with the overridden ones where they were put.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// DTSTART; always an instance and the first that COUNT counts, whether it matches the rules
    /// or not (RFC 5545 3.8.5.3). Where its local time does not exist it moves forward.
    pub start: &'a When,
    /// From DTEND or DURATION. Below zero it counts as zero; a whole day lasts at least one day.
    pub length: Length,
    /// RRULE; several give the union.
    pub rules: &'a [Rule],
    /// RDATE.
    pub extras: &'a [Extra],
    /// EXDATE in any form: the instant in any zone, or the local day. It wins over an override.
    pub excluded: &'a [When],
    /// Overrides, in any order; of two for one instance the later one holds. One that matches no
    /// instance still takes place where it says.
    pub overrides: &'a [Override],
}

/// How to expand.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What becomes of local times that do not exist.
    pub gap: Gap,
    /// Where floating times and whole days are seen.
    pub floating: &'a Zone,
    /// How many steps (periods looked at and times found) the expansion may take.
    pub budget: u32,
}

/// One time that a series takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The start that the rule gave: the key of the instance.
    pub original: Timestamp,
    /// The same on the wall of the series.
    pub original_civil: Civil,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, exclusive; never before the start.
    pub end: Timestamp,
    /// The index in [`Series::overrides`] of the override that decided start and end: its own, or
    /// one with `this_and_future` before it.
    pub overridden: Option<usize>,
}
