//! What is asked: who, how long, on which grid.

use core::ops::Range;

use crate::schedule::{Stretch, Weekdays};
use crate::time::{Timestamp, Zone};

/// Somebody who may take part, or a room.
#[derive(Debug, Clone)]
pub struct Seat<'a> {
    /// Their time over the whole range of the wish, repeats included; what it does not cover
    /// counts as taken.
    pub time: &'a [Stretch],
    /// Where they see the clock.
    pub zone: Zone,
    /// What they would rather have.
    pub tastes: Vec<Taste>,
    /// How much was asked of them lately, in points; see [`super::Fairness`]. It counts where a
    /// role could be filled by others as well.
    pub burden: u16,
}

/// A part of the day that somebody likes, or would rather keep free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taste {
    /// On which days it begins, by their clock.
    pub days: Weekdays,
    /// In minutes of that day.
    pub minutes: Range<u16>,
    /// Above zero: given where the meeting lies inside as a whole. Below: taken where any of it
    /// lies inside.
    pub points: i32,
}

/// A role of the meeting, filled by some of those who could. One seat fills one role at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Who could, by their places in the list of seats.
    pub of: Vec<usize>,
    /// How many of them it takes: all for a meeting of everyone, one for a room or a host in turn.
    pub pick: usize,
    /// Points for filling it, where the meeting can do without. `None`: it cannot.
    pub optional: Option<i32>,
}

/// The meeting that is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// From when to when, its end included in the last meeting's.
    pub range: Range<Timestamp>,
    /// How long, in milliseconds.
    pub length_ms: i64,
    /// The grid on which it begins, in minutes of the hour by the clock of `zone`: 60, 30, 15, ...
    pub grid_minutes: u16,
    /// Whose clock the grid and the repeats keep to.
    pub zone: Zone,
    /// The same time of day again, week after week.
    pub repeat: Option<Repeat>,
    /// Points taken for each day that it is later than it could be.
    pub points_a_day: i32,
    /// How many proposals at most.
    pub proposals_max: usize,
    /// How many ways to fill a role are looked at, over all starts.
    pub steps_max: u32,
}

/// A meeting every week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    /// How often in all; at least one.
    pub times: u16,
}
