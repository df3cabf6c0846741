//! A rule joined with its start: what the rule does not say is taken from the start.

use super::times::Times;
use crate::rule::{Frequency, Parts};
use crate::{Civil, Weekday};

/// A rule made ready for one start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    pub(super) parts: &'a Parts,
    /// The start, in wall-clock seconds.
    pub(super) start: i64,
    /// The frequency to walk by; DAILY over some weekdays is walked by weeks.
    pub(super) freq: Frequency,
    pub(super) interval: i64,
    pub(super) months: u16,
    pub(super) month_days: u32,
    pub(super) month_days_back: u32,
    pub(super) weekdays: u8,
    pub(super) week_start: Weekday,
    /// The times of one period: of a day, or of an hour, minute or second.
    pub(super) times: Times,
    /// Whether days found by the frequency still have to be looked at one by one.
    pub(super) filtered: bool,
    /// Whether the days of a year must be found by the year and not month by month.
    pub(super) by_year: bool,
    /// Whether the years are those that numbered weeks belong to.
    pub(super) by_week_year: bool,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(parts: &'a Parts, start: Civil) -> Self {
        let mut plan = Self {
            parts,
            start: start.seconds(),
            freq: parts.freq,
            interval: i64::from(parts.interval),
            months: parts.months,
            month_days: parts.month_days,
            month_days_back: parts.month_days_back,
            weekdays: parts.weekdays,
            week_start: parts.week_start,
            times: times(parts, start.seconds_of_day()),
            filtered: false,
            by_year: false,
            by_week_year: parts.freq == Frequency::Yearly && !parts.week_numbers.is_empty(),
        };
        plan.take_day_from_start(start);
        let numbered = !parts.year_days.is_empty() || !parts.week_numbers.is_empty();
        if plan.by_week_year {
            // A number in BYDAY has no meaning in a numbered week (RFC 5545 3.3.10).
            plan.weekdays = parts.by_day.iter().fold(0, |set, e| set | 1 << e.weekday.index());
        }
        plan.by_year = parts.freq == Frequency::Yearly
            && !plan.by_week_year
            && (numbered || (plan.months == 0 && parts.has_ordinals()));
        let by_month = plan.months != 0 || plan.month_days | plan.month_days_back != 0;
        plan.filtered = match parts.freq {
            Frequency::Yearly => false,
            Frequency::Monthly => numbered,
            Frequency::Weekly => numbered || by_month,
            Frequency::Daily if plan.walks_by_weeks(numbered || by_month) => false,
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {
                numbered || by_month || plan.weekdays != 0
            }
        };
        plan
    }

    /// Whether BYSETPOS picks out of each period.
    pub(super) fn picks(&self) -> bool {
        !self.parts.positions.is_empty()
    }

    fn take_day_from_start(&mut self, start: Civil) {
        let parts = self.parts;
        let no_day = parts.by_day.is_empty()
            && self.month_days | self.month_days_back == 0
            // A numbered week alone stands for all its days, as every library reads it.
            && parts.week_numbers.is_empty()
            && parts.year_days.is_empty();
        if !no_day || self.freq < Frequency::Weekly {
            return;
        }
        if self.freq == Frequency::Weekly {
            self.weekdays = 1 << start.date().weekday().index();
        } else {
            let (_, month, day) = start.date().ymd();
            self.month_days = 1 << day;
            if self.freq == Frequency::Yearly && self.months == 0 {
                self.months = 1 << month;
            }
        }
    }

    /// Every day, but only on some weekdays: the same as every week on those days.
    fn walks_by_weeks(&mut self, filtered_otherwise: bool) -> bool {
        let same = self.interval == 1 && self.weekdays != 0 && !filtered_otherwise && !self.picks();
        if same {
            self.freq = Frequency::Weekly;
        }
        same
    }
}

/// The times of one period, with what is missing taken from the start.
fn times(parts: &Parts, start: u32) -> Times {
    let or = |set: u64, value: u32| if set == 0 { 1 << value } else { set };
    let hours = or(u64::from(parts.hours), start / 3_600) as u32;
    let minutes = or(parts.minutes, start / 60 % 60);
    let seconds = or(parts.seconds, start % 60);
    match parts.freq {
        Frequency::Secondly => Times::new(1, 1, 1),
        Frequency::Minutely => Times::new(1, 1, seconds),
        Frequency::Hourly => Times::new(1, minutes, seconds),
        Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly => {
            Times::new(hours, minutes, seconds)
        }
    }
}
