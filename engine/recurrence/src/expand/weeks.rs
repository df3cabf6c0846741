//! Numbered weeks (RFC 5545 3.3.10, BYWEEKNO): week 1 is the first with four days in the year.

use crate::{Date, Weekday};

/// The first day of the week that holds `day`.
#[inline]
pub(super) fn week_begin(day: i32, week_start: Weekday) -> i32 {
    // Day 0 was a Thursday, three days after a Monday.
    day - (day + 3 - i32::from(week_start.index())).rem_euclid(7)
}

/// The year that the week of a day belongs to: the one of the week's fourth day.
pub(super) fn week_year(day: i32, week_start: Weekday) -> i32 {
    Date::from_days(week_begin(day, week_start) + 3).ymd().0
}

/// Whether the week that begins at `begin` has one of the numbers, counted from either end of the
/// year it belongs to.
pub(super) fn week_in(begin: i32, week_start: Weekday, numbers: &[i8]) -> bool {
    let year = week_year(begin, week_start);
    let first = first_week(year, week_start);
    let number = (begin - first) / 7 + 1;
    let weeks = (first_week(year + 1, week_start) - first) / 7;
    numbers.iter().any(|wanted| {
        let wanted = i32::from(*wanted);
        wanted == number || wanted == number - weeks - 1
    })
}

/// The week of 4 January is the first.
pub(super) fn first_week(year: i32, week_start: Weekday) -> i32 {
    week_begin(Date::from_parts(year, 1, 4).days(), week_start)
}
