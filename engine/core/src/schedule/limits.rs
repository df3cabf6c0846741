//! Days and weeks that hold as much meeting time as the person wants.

use core::ops::Range;
use std::collections::BTreeMap;

use super::local::{cut, days, whole_days};
use super::rules::Rules;
use super::taken::Taken;
use super::why::Why;
use crate::read::merge;
use crate::time::{Civil, Date, Timestamp};

/// Full days and weeks, at least those inside the range.
pub(super) fn full(
    rules: &Rules,
    range: &Range<Timestamp>,
    taken: &[&Taken],
) -> Vec<(Range<Timestamp>, Why)> {
    let limits = [
        (rules.limits.day_ms, Why::DailyLimit, itself as fn(i32) -> i32),
        (rules.limits.week_ms, Why::WeeklyLimit, monday),
    ];
    if limits.iter().all(|(max_ms, ..)| max_ms.is_none()) {
        return Vec::new();
    }
    let sure = taken.iter().filter(|one| one.is_sure() && one.is_meeting);
    let meetings = merge(sure.map(|one| one.range.clone()).collect());
    let days = days(&rules.zone, &widened(rules, range));
    let mut out = Vec::new();
    for (max_ms, why, span_of) in limits {
        let mut spans = BTreeMap::<i32, (i64, Vec<Range<Timestamp>>)>::new();
        for (date, day) in max_ms.iter().flat_map(|_| &days) {
            let (spent_ms, pieces) = spans.entry(span_of(date.days())).or_default();
            *spent_ms += within(&meetings, day);
            pieces.push(day.clone());
        }
        let full = spans.into_values().filter(|(spent_ms, _)| Some(*spent_ms) >= max_ms);
        out.extend(full.flat_map(|(_, pieces)| pieces).map(|day| (day, why)));
    }
    out
}

/// The range widened to whole days and weeks, where limits look at them.
pub(super) fn widened(rules: &Rules, range: &Range<Timestamp>) -> Range<Timestamp> {
    let dates = || days(&rules.zone, range).into_iter().map(|(date, _)| date.days());
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
        return range.clone();
    };
    let (first, last) = match (rules.limits.day_ms, rules.limits.week_ms) {
        (None, None) => return range.clone(),
        (Some(_), None) => (first, last),
        (_, Some(_)) => (monday(first), monday(last) + 6),
    };
    // A day more on both sides than any offset of a zone.
    let utc = |day: i32| Timestamp::from_seconds(Civil::new(Date::from_days(day), 0).seconds());
    let around = utc(first - 1)..utc(last + 2);
    let whole = whole_days(&rules.zone, &around, |date| (first..=last).contains(&date.days()));
    whole.iter().fold(range.clone(), |wide, day| wide.start.min(day.start)..wide.end.max(day.end))
}

/// How much of a time meetings take, which follow each other without touching.
fn within(meetings: &[Range<Timestamp>], day: &Range<Timestamp>) -> i64 {
    let first = meetings.partition_point(|meeting| meeting.end <= day.start);
    let upto = meetings.partition_point(|meeting| meeting.start < day.end);
    let cuts = meetings[first..upto.max(first)].iter().filter_map(|meeting| cut(meeting, day));
    cuts.map(|one| one.end.millis_since(one.start)).sum()
}

const fn itself(day: i32) -> i32 {
    day
}

const fn monday(day: i32) -> i32 {
    day - Date::from_days(day).weekday().index() as i32
}
