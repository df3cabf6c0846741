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
/// Days in which a month that is too short is looked for, from the start of a series on.
const SHORT_DAYS: i64 = 9 * 366;
/// Of such months the first ones are looked at.
const SHORT_MAX: usize = 4;

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

    /// The parts of time in which instances may be missing, or which are to be looked at too; none:
    /// nothing to look for.
    pub(crate) fn parts(
        &self,
        also: &[(Date, Date)],
        window: Window,
    ) -> Result<Vec<Range<Timestamp>>, Unreadable> {
        let mut spans: Vec<(Date, Date)> = match self {
            Self::Named { count: 0, .. } => Vec::new(),
            Self::Named { days: Some(days), .. } => days.iter().map(|day| (*day, *day)).collect(),
            Self::Unsaid | Self::Named { days: None, .. } => vec![(window.from, window.to)],
        };
        spans.extend(also);
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

    /// Whether the instance of a day may be one of those that were cancelled.
    pub(crate) fn may_be(&self, day: Date) -> bool {
        match self {
            Self::Unsaid => true,
            Self::Named { count, days } => {
                *count > 0 && days.as_ref().is_none_or(|days| is_near(day, days))
            }
        }
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

/// Days that a rule gives only because their months are too short for the day it says, the first
/// ones.
pub(crate) fn in_short_months(body: &Body, day: u8) -> Vec<Date> {
    let utc = Zone::utc();
    let from = body.content.span.start.instant(&utc, Gap::Shift);
    let range = from..from.saturating_add_millis(SHORT_DAYS * DAY_MILLIS);
    let given = instances::occurrences(body, range, View { zone: &utc, gap: Gap::Shift });
    let days = given.list.iter().map(|one| one.original.civil().date());
    days.filter(|date| date.ymd().2 != day).take(SHORT_MAX).collect()
}

/// The instance that the rule gives on the day of an original start; that start itself where the rule
/// takes too long to say.
pub(crate) fn on_the_day_of(body: &Body, original: &When) -> Option<When> {
    let at = original.instant(&Zone::utc(), Gap::Shift);
    match ruled(body, &(at..at)) {
        Ok(given) => {
            given.into_iter().map(|(given, _)| given).find(|one| day(one) == day(original))
        }
        Err(_) => Some(original.clone()),
    }
}

/// Whether instances start when the rule says, to the minute: in another zone they do not.
pub(crate) fn are_as_ruled(
    body: &Body,
    parts: &[Range<Timestamp>],
    present: &[When],
) -> Result<bool, Unreadable> {
    let mut said = BTreeSet::new();
    for part in parts {
        said.extend(ruled(body, part)?.into_iter().map(|(original, _)| original));
    }
    let utc = Zone::utc();
    let is_inside = |when: &When| {
        let at = when.instant(&utc, Gap::Shift);
        parts.iter().any(|part| is_in(part, at, 0))
    };
    Ok(present.iter().filter(|when| is_inside(when)).all(|when| said.contains(when)))
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
