//! Parts of local days as instants, by what the clock on the wall shows.
//!
//! Between two changes of its offset a zone's clock runs evenly; inside such a part civil time is
//! instant plus offset. So a time is inside `01:00..02:00` whenever the clock shows it, twice
//! where the clock is set back, and never where it is set forward over it.

use core::iter;
use core::ops::Range;

use super::rules::{Hours, Rules, Weekdays};
use crate::read::merge;
use crate::time::{Date, Timestamp, Zone};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Part of a day: its date, and minutes from its beginning.
type DayPart = (Date, Range<u16>);

/// Where the person is, one after the other, over the whole range.
pub(super) fn places<'a>(
    rules: &'a Rules,
    range: &Range<Timestamp>,
) -> Vec<(Range<Timestamp>, &'a Zone)> {
    let mut cuts = vec![range.start, range.end];
    for trip in &rules.trips {
        cuts.extend([trip.range.start, trip.range.end].into_iter().filter(|at| inside(range, *at)));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let place = |at: Timestamp| {
        let away = rules.trips.iter().rev().find(|trip| trip.range.contains(&at));
        away.map_or(&rules.zone, |trip| &trip.zone)
    };
    cuts.windows(2).map(|pair| (pair[0]..pair[1], place(pair[0]))).collect()
}

/// The times inside the range at which the person works; all of it where no hours are set.
pub(super) fn working(rules: &Rules, range: &Range<Timestamp>) -> Vec<Range<Timestamp>> {
    if rules.hours.is_empty() && rules.other_days.is_empty() {
        return vec![range.clone()];
    }
    let usual = |hours: &Hours, date: Date| {
        let other = rules.other_days.contains_key(&date);
        (!other && hours.days.contains(date)).then(|| hours.minutes.clone())
    };
    let mut open = Vec::new();
    for (stay, zone) in places(rules, range) {
        let usual_here = |date: Date| -> Vec<Range<u16>> {
            if let Some(other) = rules.other_days.get(&date) {
                return other.clone();
            }
            let here = rules.hours.iter().filter(|hours| hours.zone.is_none());
            let any = rules.hours.is_empty().then_some(0..1_440);
            here.filter_map(|hours| usual(hours, date)).chain(any).collect()
        };
        open.extend(by_day(zone, &stay, usual_here));
    }
    for hours in &rules.hours {
        if let Some(zone) = &hours.zone {
            open.extend(by_day(zone, range, |date| usual(hours, date).into_iter().collect()));
        }
    }
    merge(open)
}

/// The times inside the range that are kept for work alone.
pub(super) fn focus(rules: &Rules, range: &Range<Timestamp>) -> Vec<Range<Timestamp>> {
    let mut kept = Vec::new();
    for Hours { zone, days, minutes } in &rules.focus {
        match zone {
            Some(zone) => kept.extend(parts(zone, range, minutes, *days)),
            None => {
                for (stay, zone) in places(rules, range) {
                    kept.extend(parts(zone, &stay, minutes, *days));
                }
            }
        }
    }
    kept
}

/// A part of some days of the week as instants, cut to the range.
pub(super) fn parts(
    zone: &Zone,
    range: &Range<Timestamp>,
    minutes: &Range<u16>,
    days: Weekdays,
) -> Vec<Range<Timestamp>> {
    by_day(zone, range, |date| days.contains(date).then(|| minutes.clone()).into_iter().collect())
}

/// The local days that the range touches, cut to it: their dates and instants. Where a clock is set
/// back over midnight a day comes in several pieces.
pub(super) fn days(zone: &Zone, range: &Range<Timestamp>) -> Vec<(Date, Range<Timestamp>)> {
    dated(zone, range, |_| iter::once(0..1_440).collect())
}

/// Whole local days as instants, cut to the range.
pub(super) fn whole_days(
    zone: &Zone,
    range: &Range<Timestamp>,
    is_meant: impl Fn(Date) -> bool,
) -> Vec<Range<Timestamp>> {
    by_day(zone, range, |date| is_meant(date).then_some(0..1_440).into_iter().collect())
}

/// What is left of the range.
pub(super) fn complement(
    range: &Range<Timestamp>,
    merged: &[Range<Timestamp>],
) -> Vec<Range<Timestamp>> {
    let starts = merged.iter().map(|one| one.start).chain([range.end]);
    let ends = [range.start].into_iter().chain(merged.iter().map(|one| one.end));
    ends.zip(starts).map(|(end, start)| end..start).filter(|gap| gap.start < gap.end).collect()
}

fn by_day(
    zone: &Zone,
    range: &Range<Timestamp>,
    parts: impl Fn(Date) -> Vec<Range<u16>>,
) -> Vec<Range<Timestamp>> {
    dated(zone, range, parts).into_iter().map(|(_, instants)| instants).collect()
}

fn dated(
    zone: &Zone,
    range: &Range<Timestamp>,
    parts: impl Fn(Date) -> Vec<Range<u16>>,
) -> Vec<(Date, Range<Timestamp>)> {
    let mut out = Vec::new();
    for (part, offset_ms) in even(zone, range) {
        let civil = |at: Timestamp| at.as_millis() + offset_ms;
        // A part of a day may reach two days beyond the one on which it begins.
        let first = civil(part.start).div_euclid(DAY_MS) - 2;
        for day in first..=civil(part.end).div_euclid(DAY_MS) {
            let date = Date::from_days(day as i32);
            let instants = parts(date).into_iter().map(|minutes| at(&(date, minutes), offset_ms));
            out.extend(instants.filter_map(|one| cut(&one, &part)).map(|one| (date, one)));
        }
    }
    out
}

fn at((date, minutes): &DayPart, offset_ms: i64) -> Range<Timestamp> {
    let midnight = i64::from(date.days()) * DAY_MS - offset_ms;
    let instant = |minute: u16| Timestamp::from_millis(midnight + i64::from(minute) * MINUTE_MS);
    instant(minutes.start)..instant(minutes.end)
}

/// The parts of a range in which a zone's clock runs evenly, each with its offset.
pub(super) fn even(zone: &Zone, range: &Range<Timestamp>) -> Vec<(Range<Timestamp>, i64)> {
    let mut offset_ms = i64::from(zone.offset_seconds(range.start)) * 1_000;
    let (mut start, mut out) = (range.start, Vec::new());
    for (change, offset_seconds) in zone.transitions(range.start, range.end) {
        if inside(range, change) {
            out.push((start..change, offset_ms));
            start = change;
        }
        offset_ms = i64::from(offset_seconds) * 1_000;
    }
    out.push((start..range.end, offset_ms));
    out
}

pub(super) fn cut(one: &Range<Timestamp>, to: &Range<Timestamp>) -> Option<Range<Timestamp>> {
    let both = one.start.max(to.start)..one.end.min(to.end);
    (both.start < both.end).then_some(both)
}

fn inside(range: &Range<Timestamp>, at: Timestamp) -> bool {
    range.start < at && at < range.end
}
