//! Days and weeks that hold as much meeting time as the person wants.

use core::ops::Range;

use super::local::{cut, whole_days};
use super::rules::Rules;
use super::taken::Taken;
use super::why::Why;
use crate::read::merge;
use crate::time::{Civil, Date, Timestamp};

/// Full days and weeks inside the range.
pub(super) fn full(
    rules: &Rules,
    range: &Range<Timestamp>,
    taken: &[Taken],
) -> Vec<(Range<Timestamp>, Why)> {
    let sure = taken.iter().filter(|one| one.is_sure() && one.is_meeting);
    let meetings = merge(sure.map(|one| one.range.clone()).collect());
    let (first, last) = dates(rules, range);
    let mut out = Vec::new();
    if let Some(max_ms) = rules.limits.day_ms {
        let days = (first..=last).map(|day| day..day + 1);
        out.extend(spent(rules, range, &meetings, (days, max_ms, Why::DailyLimit)));
    }
    if let Some(max_ms) = rules.limits.week_ms {
        let weeks = (monday(first)..=last).step_by(7).map(|day| day..day + 7);
        out.extend(spent(rules, range, &meetings, (weeks, max_ms, Why::WeeklyLimit)));
    }
    out
}

/// The range widened to whole days and weeks, where limits look at them.
pub(super) fn widened(rules: &Rules, range: &Range<Timestamp>) -> Range<Timestamp> {
    let (first, last) = dates(rules, range);
    let (first, last) = match (rules.limits.day_ms, rules.limits.week_ms) {
        (None, None) => return range.clone(),
        (Some(_), None) => (first, last),
        (_, Some(_)) => (monday(first), monday(last) + 6),
    };
    // A day more on both sides than any offset of a zone.
    let utc = |day: i32| Timestamp::from_seconds(Civil::new(Date::from_days(day), 0).seconds());
    utc(first - 1).min(range.start)..utc(last + 2).max(range.end)
}

/// Those of the spans of days in which meetings take at least so much time.
fn spent(
    rules: &Rules,
    range: &Range<Timestamp>,
    meetings: &[Range<Timestamp>],
    (spans, max_ms, why): (impl Iterator<Item = Range<i32>>, i64, Why),
) -> Vec<(Range<Timestamp>, Why)> {
    let wide = widened(rules, range);
    let mut out = Vec::new();
    for span in spans {
        let days = whole_days(&rules.zone, &wide, |date| span.contains(&date.days()));
        let within = |day: &Range<Timestamp>| -> i64 {
            let cuts = meetings.iter().filter_map(|meeting| cut(meeting, day));
            cuts.map(|one| one.end.millis_since(one.start)).sum()
        };
        if days.iter().map(within).sum::<i64>() >= max_ms {
            out.extend(days.into_iter().map(|day| (day, why)));
        }
    }
    out
}

/// The local dates on which the range begins and ends, as days since 1970, and one more on each
/// side, as clocks that are set back show a day again.
fn dates(rules: &Rules, range: &Range<Timestamp>) -> (i32, i32) {
    let day = |at: Timestamp| rules.zone.civil(at).date().days();
    (day(range.start) - 1, day(range.end) + 1)
}

const fn monday(day: i32) -> i32 {
    day - Date::from_days(day).weekday().index() as i32
}
