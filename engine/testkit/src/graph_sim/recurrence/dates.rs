//! The days of a recurrence, counted from its first one.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::{End, Index, Kind, Pattern, Recurrence};

/// What the service does at the ends of months (3.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MonthEnds {
    /// A day beyond a month's end is its last day.
    pub(crate) clamp: bool,
    /// So it is with yearly patterns.
    pub(crate) clamp_years: bool,
}

/// Steps of a pattern after which no more days are sought: a day in 400 years is found by fewer.
const STEPS_MAX: i32 = 200_000;

impl Recurrence {
    /// The days up to and with `until`, in order.
    pub(crate) fn dates(&self, until: Date, ends: MonthEnds) -> Vec<Date> {
        let (last, count) = match self.end {
            End::Never => (until, usize::MAX),
            End::On(end) => (end.min(until), usize::MAX),
            End::After(count) => (until, usize::try_from(count).unwrap_or_default()),
        };
        let mut out = Vec::new();
        for step in 0..STEPS_MAX {
            let Some((first, days)) = self.pattern.step(self.start, step, ends) else {
                break;
            };
            if first > last {
                break;
            }
            out.extend(days.into_iter().filter(|day| *day >= self.start && *day <= last));
            if out.len() >= count {
                out.truncate(count);
                break;
            }
        }
        out
    }

    /// The first day at or after the start that matches; `None` where no day does.
    pub(crate) fn first(&self, ends: MonthEnds) -> Option<Date> {
        (0..STEPS_MAX).find_map(|step| {
            let (_, days) = self.pattern.step(self.start, step, ends)?;
            days.into_iter().find(|day| *day >= self.start)
        })
    }
}

impl Pattern {
    /// The first day of the nth step from a start, and the days that match within the step.
    fn step(&self, start: Date, nth: i32, ends: MonthEnds) -> Option<(Date, Vec<Date>)> {
        let ahead = nth.checked_mul(self.interval)?;
        match self.kind {
            Kind::Daily => {
                let day = start.checked_add(ahead.days()).ok()?;
                Some((day, vec![day]))
            }
            Kind::Weekly => {
                let first = self.first_day;
                let back = i32::from(start.weekday().since(first));
                let week = start.checked_sub(back.days()).ok()?;
                let week = week.checked_add(ahead.checked_mul(7)?.days()).ok()?;
                let mut days: Vec<Date> = Vec::new();
                for day in &self.days {
                    days.push(week.checked_add(i32::from(day.since(first)).days()).ok()?);
                }
                days.sort();
                Some((week, days))
            }
            Kind::AbsoluteMonthly | Kind::RelativeMonthly => {
                let month = start.first_of_month().checked_add(ahead.months()).ok()?;
                Some((month, self.in_month(month, ends.clamp)))
            }
            Kind::AbsoluteYearly | Kind::RelativeYearly => {
                let january = Date::new(start.year(), 1, 1).ok()?;
                let year = january.checked_add(ahead.years()).ok()?;
                let month = Date::new(year.year(), self.month, 1).ok()?;
                Some((year, self.in_month(month, ends.clamp && ends.clamp_years)))
            }
        }
    }

    fn in_month(&self, month: Date, clamps: bool) -> Vec<Date> {
        let day = match self.kind {
            Kind::AbsoluteMonthly | Kind::AbsoluteYearly => {
                let last = month.days_in_month();
                let day = if clamps { self.day.min(last) } else { self.day };
                Date::new(month.year(), month.month(), day).ok()
            }
            Kind::RelativeMonthly | Kind::RelativeYearly => pick(month, &self.days, self.index),
            Kind::Daily | Kind::Weekly => None,
        };
        day.into_iter().collect()
    }
}

/// The day of a month that is the first, second, ... among those on some weekdays.
fn pick(month: Date, weekdays: &[Weekday], index: Index) -> Option<Date> {
    let days = (1..=month.days_in_month()).filter_map(|day| month.with().day(day).build().ok());
    let mut fitting = days.filter(|day| weekdays.contains(&day.weekday()));
    match index {
        Index::First => fitting.next(),
        Index::Second => fitting.nth(1),
        Index::Third => fitting.nth(2),
        Index::Fourth => fitting.nth(3),
        Index::Last => fitting.next_back(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MonthEnds, Recurrence};
    use serde_json::{Value, json};

    fn days(pattern: Value, start: &str, count: i32, clamp: bool) -> Vec<String> {
        let sent = json!({
            "pattern": pattern,
            "range": {"type": "numbered", "startDate": start, "numberOfOccurrences": count},
        });
        let recurrence = Recurrence::read(&sent, "UTC", false).unwrap();
        let until = "2100-01-01".parse().unwrap();
        let ends = MonthEnds { clamp, clamp_years: clamp };
        recurrence.dates(until, ends).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn weeks_begin_on_the_day_the_pattern_names() {
        let every_other = |first: &str| {
            json!({"type": "weekly", "interval": 2, "firstDayOfWeek": first,
                   "daysOfWeek": ["sunday", "tuesday"]})
        };
        // 4 August 2026 is a Tuesday: the Sunday after it is in its week, or in the next one.
        let monday = days(every_other("monday"), "2026-08-04", 3, true);
        assert_eq!(monday, ["2026-08-04", "2026-08-09", "2026-08-18"]);
        let sunday = days(every_other("sunday"), "2026-08-04", 3, true);
        assert_eq!(sunday, ["2026-08-04", "2026-08-16", "2026-08-18"]);
    }

    #[test]
    fn the_end_of_a_month_clamps_or_is_skipped() {
        let pattern = || json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31});
        let clamped = days(pattern(), "2026-01-31", 3, true);
        assert_eq!(clamped, ["2026-01-31", "2026-02-28", "2026-03-31"]);
        let skipped = days(pattern(), "2026-01-31", 3, false);
        assert_eq!(skipped, ["2026-01-31", "2026-03-31", "2026-05-31"]);
    }

    #[test]
    fn a_leap_day_is_yearly_at_the_end_of_february_or_every_fourth_year() {
        let pattern =
            || json!({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 29, "month": 2});
        let clamped = days(pattern(), "2024-02-29", 3, true);
        assert_eq!(clamped, ["2024-02-29", "2025-02-28", "2026-02-28"]);
        let skipped = days(pattern(), "2024-02-29", 2, false);
        assert_eq!(skipped, ["2024-02-29", "2028-02-29"]);
    }

    #[test]
    fn the_nth_of_several_weekdays_is_one_day() {
        let workdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let last = json!({"type": "relativeMonthly", "interval": 1, "index": "last",
                          "daysOfWeek": workdays});
        assert_eq!(days(last, "2026-01-30", 2, true), ["2026-01-30", "2026-02-27"]);
        let second = json!({"type": "relativeYearly", "interval": 2, "index": "second",
                            "daysOfWeek": ["sunday"], "month": 5});
        assert_eq!(days(second, "2026-05-10", 2, true), ["2026-05-10", "2028-05-14"]);
    }

    #[test]
    fn a_pattern_without_days_or_interval_is_refused() {
        for pattern in [
            json!({"type": "weekly", "interval": 1, "daysOfWeek": []}),
            json!({"type": "daily", "interval": 0}),
            json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 0}),
            json!({"interval": 1}),
        ] {
            let range = json!({"type": "noEnd", "startDate": "2026-01-01"});
            let sent = json!({"pattern": pattern, "range": range});
            assert!(Recurrence::read(&sent, "UTC", false).is_err(), "{sent}");
        }
    }
}
