//! VTIMEZONE out of the zone database: RFC 5545 section 3.6.5.

use kalends_recurrence::{Civil, Timestamp, Weekday, Zone};

use super::names::tzid;
use crate::syntax::{Lines, escaped, time_text};

/// 2080-01-01T00:00:00Z: from here on the database has nothing but what holds for ever.
const SETTLED: i64 = 3_471_292_800;
const SETTLED_YEARS: usize = 20;
/// 2100-01-01T00:00:00Z: where the table of changes ends.
const END: i64 = 4_102_444_800;
/// How far an endless series is written out where the zone has no lasting rule.
const YEARS_MAX: i64 = 30;
const YEAR_SECONDS: i64 = 31_556_952;
const OBSERVANCES_MAX: usize = 80;

/// One change of the offset.
#[derive(Debug, Clone, Copy)]
struct Change {
    at: i64,
    before: i32,
    after: i32,
}

impl Change {
    fn wall(self) -> Civil {
        Civil::from_seconds(self.at + i64::from(self.before))
    }
}

/// What the changes to one offset have in common, year after year.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    before: i32,
    after: i32,
    month: u8,
    weekday: Weekday,
    seconds: u32,
    days: Days,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    /// The last seven of the month.
    Last,
    /// Seven from this one on.
    From(u8),
}

/// Writes the VTIMEZONE of a zone for times from `first` to `last`; without a `last`, for ever as
/// far as the zone has a lasting rule.
pub(crate) fn timezone(lines: &mut Lines, zone: &Zone, first: Timestamp, last: Option<Timestamp>) {
    let first = first.as_seconds();
    let limit = last.map_or(first + YEARS_MAX * YEAR_SECONDS, Timestamp::as_seconds);
    let changes = changes(zone, first);
    let patterns = lasting(&changes);
    let ruled = patterns.as_ref().map_or(changes.len(), |patterns| {
        let odd = |change: &Change| !patterns.iter().any(|pattern| pattern.fits(*change));
        changes.iter().rposition(odd).map_or(0, |last| last + 1)
    });
    lines.line("BEGIN:VTIMEZONE");
    lines.line(&format!("TZID:{}", escaped(&tzid(zone))));
    let single = changes[..ruled].iter().filter(|change| change.at <= limit.max(first));
    for change in single.take(OBSERVANCES_MAX) {
        observance(lines, *change, None);
    }
    if let Some(patterns) =
        patterns.filter(|_| last.is_none_or(|_| starts(&changes, ruled) <= limit))
    {
        for pattern in &patterns {
            let begun = changes[ruled..].iter().find(|change| pattern.fits(**change));
            if let Some(begun) = begun {
                observance(lines, *begun, Some(pattern));
            }
        }
    }
    lines.line("END:VTIMEZONE");
}

/// The change whose offset holds at `first`, and all later ones.
fn changes(zone: &Zone, first: i64) -> Vec<Change> {
    let from = first - 2 * YEAR_SECONDS;
    let all = zone.transitions(Timestamp::from_seconds(from), Timestamp::from_seconds(END));
    let mut before = zone.offset_seconds(Timestamp::from_seconds(from));
    let mut changes = vec![Change { at: base(first), before, after: before }];
    for (at, after) in all {
        let at = at.as_seconds();
        let change = Change { at, before, after };
        if at <= first {
            changes[0] = change;
        } else {
            changes.push(change);
        }
        before = after;
    }
    if first >= END {
        let offset = zone.offset_seconds(Timestamp::from_seconds(first));
        changes[0] = Change { at: base(first), before: offset, after: offset };
    }
    changes
}

/// Some time before all use, where the zone has not changed for years.
fn base(first: i64) -> i64 {
    0.min(first - 2 * YEAR_SECONDS)
}

fn starts(changes: &[Change], ruled: usize) -> i64 {
    changes.get(ruled).map_or(i64::MAX, |change| change.at)
}

/// The two yearly changes that the zone has for ever, if it does.
fn lasting(changes: &[Change]) -> Option<[Pattern; 2]> {
    let settled: Vec<Change> =
        changes.iter().copied().filter(|change| change.at >= SETTLED).collect();
    if settled.len() != 2 * SETTLED_YEARS {
        return None;
    }
    let every_other = |first: usize| {
        let changes: Vec<Change> = settled.iter().copied().skip(first).step_by(2).collect();
        Pattern::of(&changes)
    };
    Some([every_other(0)?, every_other(1)?])
}

impl Pattern {
    fn of(changes: &[Change]) -> Option<Self> {
        let one = *changes.first()?;
        let (_, month, _) = one.wall().date().ymd();
        let days = changes.iter().map(|change| change.wall().date().ymd().2);
        let (low, high) = days.fold((31, 1), |(low, high), day| (low.min(day), high.max(day)));
        let length = if month == 2 { 28 } else { 30 + u8::from(![4, 6, 9, 11].contains(&month)) };
        let days = if high == length && low + 6 >= length {
            Days::Last
        } else if high - low <= 6 {
            Days::From(low)
        } else {
            return None;
        };
        let pattern = Self {
            before: one.before,
            after: one.after,
            month,
            weekday: one.wall().date().weekday(),
            seconds: one.wall().seconds_of_day(),
            days,
        };
        changes.iter().all(|change| pattern.fits(*change)).then_some(pattern)
    }

    fn fits(&self, change: Change) -> bool {
        let wall = change.wall();
        let (_, month, day) = wall.date().ymd();
        let next_week = wall.date().add_days(7).ymd().1;
        let days = match self.days {
            Days::Last => next_week != month,
            Days::From(first) => (first..first + 7).contains(&day),
        };
        (change.before, change.after, month) == (self.before, self.after, self.month)
            && wall.date().weekday() == self.weekday
            && wall.seconds_of_day() == self.seconds
            && days
    }

    fn rule(&self) -> String {
        let days = match self.days {
            Days::Last => format!("BYDAY=-1{}", self.weekday.code()),
            Days::From(first @ (1 | 8 | 15 | 22)) => {
                format!("BYDAY={}{}", first / 7 + 1, self.weekday.code())
            }
            Days::From(first) => {
                let days: Vec<String> = (first..first + 7).map(|day| day.to_string()).collect();
                format!("BYMONTHDAY={};BYDAY={}", days.join(","), self.weekday.code())
            }
        };
        format!("FREQ=YEARLY;BYMONTH={};{days}", self.month)
    }
}

fn observance(lines: &mut Lines, change: Change, pattern: Option<&Pattern>) {
    let name = if change.after > change.before { "DAYLIGHT" } else { "STANDARD" };
    lines.line(&format!("BEGIN:{name}"));
    lines.line(&format!("DTSTART:{}", time_text(change.wall())));
    lines.line(&format!("TZOFFSETFROM:{}", offset_text(change.before)));
    lines.line(&format!("TZOFFSETTO:{}", offset_text(change.after)));
    if let Some(pattern) = pattern {
        lines.line(&format!("RRULE:{}", pattern.rule()));
    }
    lines.line(&format!("END:{name}"));
}

/// `+0100`, with seconds only if there are any (RFC 5545 section 3.3.14).
fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3_600, all / 60 % 60, all % 60);
    match rest {
        0 => format!("{sign}{hours:02}{minutes:02}"),
        rest => format!("{sign}{hours:02}{minutes:02}{rest:02}"),
    }
}
