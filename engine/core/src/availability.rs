//! When others have time, as a provider says.

use std::collections::BTreeMap;

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

/// Times that are taken, disjoint and sorted; of two at once, the surer one.
#[must_use]
pub fn disjoint(taken: Vec<Taken>) -> Vec<Taken> {
    let mut turns: Vec<(Timestamp, bool, Busy)> = taken
        .into_iter()
        .filter(|one| one.from < one.to)
        .flat_map(|one| [(one.from, true, one.how), (one.to, false, one.how)])
        .collect();
    turns.sort_unstable();
    let (mut held, mut out) = (BTreeMap::<Busy, u32>::new(), Vec::<Taken>::new());
    for (n, (at, begins, how)) in turns.iter().enumerate() {
        let count = held.entry(*how).or_default();
        // At one time ends come before beginnings, so the count of what ends is at least one.
        *count = if *begins { *count + 1 } else { count.saturating_sub(1) };
        held.retain(|_, count| *count > 0);
        let next = turns.get(n + 1).map_or(*at, |turn| turn.0);
        let Some((how, _)) = held.last_key_value().filter(|_| *at < next) else { continue };
        match out.last_mut() {
            Some(last) if last.to == *at && last.how == *how => last.to = next,
            Some(_) | None => out.push(Taken { from: *at, to: next, how: *how }),
        }
    }
    out
}
