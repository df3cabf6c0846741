//! Which instances of a series were cancelled: gaps in a whole, readable list of its instances,
//! where the master says nothing else.
//!
//! The ids under which a master names its cancelled instances are opaque, and of the day in them
//! nobody knows the zone. So a day says where to look, and a gap near one that is named counts. No
//! pattern gives two instances on one day: an instance is known by its day, whatever hour a clock
//! that was put forward made of it.

use std::collections::BTreeSet;
use std::ops::Range;

use kalends_core::event::Body;
use kalends_core::instances::{self, View};
use kalends_core::time::{Date, Gap, Timestamp, When, Zone};

use crate::time::Unreadable;
use crate::token::Window;
use crate::wire::event::EventJson;

/// Days around a day that is looked at, for whatever zone it is said in and whatever moved.
const DAYS_AROUND: i32 = 2;
/// The longest part of time that is given at once.
const DAYS_MAX: i32 = 1_800;
/// Parts of time that are looked at.
const PARTS_MAX: usize = 24;
const DAY_MILLIS: i64 = 86_400_000;

/// What a master says of its cancelled instances.
#[derive(Debug)]
pub(crate) enum Cancelled {
    /// Nothing: what is missing in the window is cancelled.
    Unsaid,
    /// There are so many of them, on these days; without the days, somewhere in the window.
    Named { count: usize, days: Option<Vec<Date>> },
}

impl Cancelled {
    pub(crate) fn of(master: &EventJson) -> Self {
        match &master.cancelled_occurrences {
            None => Self::Unsaid,
            Some(ids) => {
                let days = ids.iter().map(|id| hint(id)).collect();
                Self::Named { count: ids.len(), days }
            }
        }
    }

    /// The parts of time in which instances may be missing, or are wanted; none: nothing to look
    /// for.
    pub(crate) fn parts(
        &self,
        wanted: &[When],
        now: Timestamp,
    ) -> Result<Vec<Range<Timestamp>>, Unreadable> {
        let window = Window::at(now);
        let mut spans: Vec<(Date, Date)> = match self {
            Self::Named { count: 0, .. } => Vec::new(),
            Self::Named { days: Some(days), .. } => days.iter().map(|day| (*day, *day)).collect(),
            Self::Unsaid | Self::Named { days: None, .. } => vec![(window.from, window.to)],
        };
        spans.extend(wanted.iter().map(|when| when.civil().date()).map(|day| (day, day)));
        spans.sort_unstable();
        let mut parts: Vec<(Date, Date)> = Vec::new();
        for (from, to) in spans {
            match parts.last_mut() {
                Some(last) if to.days() - last.0.days() <= DAYS_MAX - 2 * DAYS_AROUND => {
                    last.1 = last.1.max(to);
                }
                Some(_) | None => parts.push((from, to)),
            }
        }
        if parts.len() > PARTS_MAX {
            return Err("graph.cancelled-far");
        }
        let instant = |day: Date| Zone::utc().instant(day.into(), Gap::Shift);
        let part = |(from, to): (Date, Date)| {
            instant(from.add_days(-DAYS_AROUND))..instant(to.add_days(DAYS_AROUND))
        };
        Ok(parts.into_iter().map(part).collect())
    }

    /// The original starts of those that were cancelled; `given`: the instances that are there.
    pub(crate) fn find(
        &self,
        body: &Body,
        parts: &[Range<Timestamp>],
        given: &BTreeSet<When>,
    ) -> Result<Vec<When>, Unreadable> {
        let there: BTreeSet<Date> = given.iter().map(day).collect();
        let mut gaps: Vec<When> = Vec::new();
        for part in parts {
            let ruled = ruled(body, part)?;
            let days: BTreeSet<Date> = ruled.iter().map(|(original, _)| day(original)).collect();
            let utc = Zone::utc();
            let inside = given.iter().filter(|when| is_in(part, when.instant(&utc, Gap::Shift), 1));
            if inside.map(day).any(|day| !days.contains(&day)) {
                return Err("graph.instances");
            }
            let looked_at = ruled.into_iter().filter(|(_, start)| is_in(part, *start, 1));
            gaps.extend(
                looked_at.map(|(original, _)| original).filter(|o| !there.contains(&day(o))),
            );
        }
        match self {
            Self::Unsaid => {}
            Self::Named { count, days } => {
                gaps.retain(|gap| days.as_ref().is_none_or(|days| is_near(day(gap), days)));
                if gaps.len() > *count {
                    return Err("graph.cancelled");
                }
            }
        }
        Ok(gaps)
    }
}

/// What the rule gives in a part of time and a day around it, with the instants.
fn ruled(body: &Body, part: &Range<Timestamp>) -> Result<Vec<(When, Timestamp)>, Unreadable> {
    let utc = Zone::utc();
    let view = View { zone: &utc, gap: Gap::Shift };
    let around =
        part.start.saturating_add_millis(-DAY_MILLIS)..part.end.saturating_add_millis(DAY_MILLIS);
    let given = instances::occurrences(body, around, view);
    if given.cut {
        return Err("graph.instances");
    }
    Ok(given.list.into_iter().map(|one| (one.original, one.start)).collect())
}

/// Of an instance at the edge of a part nobody knows whether it was looked for.
fn is_in(part: &Range<Timestamp>, at: Timestamp, days_off: i64) -> bool {
    let off = days_off * DAY_MILLIS;
    part.start.saturating_add_millis(off) <= at && at < part.end.saturating_add_millis(-off)
}

fn is_near(day: Date, days: &[Date]) -> bool {
    days.iter().any(|named| (named.days() - day.days()).abs() <= 1)
}

pub(crate) fn day(when: &When) -> Date {
    when.civil().date()
}

fn hint(id: &str) -> Option<Date> {
    id.rsplit('.').next()?.get(..10)?.parse().ok()
}
