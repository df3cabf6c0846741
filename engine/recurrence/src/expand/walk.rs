//! The wall-clock times of a rule in a range, found by jumping to its first period.

use std::ops::{ControlFlow, Range};

use super::plan::Plan;
use super::weeks::{week_begin, week_year};
use crate::civil::DAY_SECONDS;
use crate::rule::{Frequency, bits};
use crate::{Civil, Date};

/// The steps left; each period looked at and each time found is one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget(pub(crate) u32);

/// Why a walk ended before its range did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The caller had enough.
    Enough,
    /// There were no steps left.
    Exhausted,
}

/// What is found so far, and the buffers of BYSETPOS.
struct Walk<'w, F> {
    range: Range<i64>,
    budget: &'w mut Budget,
    found: F,
    ended: Ended,
    days: Vec<i32>,
    places: Vec<usize>,
}

impl Plan<'_> {
    /// Calls back with each time of the rule in the range of wall-clock seconds, rising, without
    /// regard to COUNT and UNTIL. Times before the start of the series are not times of the rule;
    /// the range must begin at or after it.
    pub(crate) fn walk(
        &self,
        range: Range<i64>,
        budget: &mut Budget,
        found: impl FnMut(i64) -> ControlFlow<()>,
    ) -> Result<(), Ended> {
        if range.start >= range.end {
            return Ok(());
        }
        let (days, places) = (Vec::new(), Vec::new());
        let mut walk = Walk { range, budget, found, ended: Ended::Enough, days, places };
        let flow = if self.has_days() { self.by_days(&mut walk) } else { self.by_units(&mut walk) };
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(walk.ended),
        }
    }

    fn by_days<F: FnMut(i64) -> ControlFlow<()>>(&self, walk: &mut Walk<'_, F>) -> ControlFlow<()> {
        let last = self.period_of(walk.range.end - 1);
        let mut period = self.first_period(walk.range.start);
        while period <= last {
            walk.step()?;
            if self.picks() {
                self.pick_of_days(period, walk)?;
            } else {
                self.days_of(period, |day| walk.times(self, i64::from(day) * DAY_SECONDS))?;
            }
            period += self.interval;
        }
        ControlFlow::Continue(())
    }

    /// The number of the period that holds a wall-clock time.
    pub(super) fn period_of(&self, wall: i64) -> i64 {
        let day = wall.div_euclid(DAY_SECONDS) as i32;
        match self.freq {
            Frequency::Secondly | Frequency::Minutely | Frequency::Hourly | Frequency::Daily => {
                i64::from(day)
            }
            Frequency::Weekly => i64::from(week_begin(day, self.week_start)).div_euclid(7),
            Frequency::Monthly => {
                let (year, month, _) = Date::from_days(day).ymd();
                i64::from(year) * 12 + i64::from(month) - 1
            }
            Frequency::Yearly if self.by_week_year => i64::from(week_year(day, self.week_start)),
            Frequency::Yearly => i64::from(Date::from_days(day).ymd().0),
        }
    }

    /// The first period of the rule that does not end before a time.
    fn first_period(&self, wall: i64) -> i64 {
        // INTERVAL counts years from the calendar's year of the start, also over numbered weeks;
        // the start itself may lie in a week of the year before.
        let first = match self.by_week_year {
            true => i64::from(Civil::from_seconds(self.start).date().ymd().0),
            false => self.period_of(self.start),
        };
        let behind = first - self.period_of(wall);
        first - behind.div_euclid(self.interval) * self.interval
    }

    /// Calls back with each day of a period, rising.
    pub(super) fn days_of(
        &self,
        period: i64,
        mut found: impl FnMut(i32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        match self.freq {
            Frequency::Secondly | Frequency::Minutely | Frequency::Hourly | Frequency::Daily => {
                let day = period as i32;
                if !self.filtered || self.day_passes(day) {
                    found(day)
                } else {
                    ControlFlow::Continue(())
                }
            }
            Frequency::Weekly => self.days_of_week(period, found),
            Frequency::Monthly => {
                let (year, month) = (period.div_euclid(12) as i32, period.rem_euclid(12) as u8 + 1);
                self.days_of_month(year, month, found)
            }
            Frequency::Yearly if self.by_week_year => self.days_of_week_year(period as i32, found),
            Frequency::Yearly => self.days_of_year(period as i32, &mut found),
        }
    }

    fn days_of_week(
        &self,
        week: i64,
        mut found: impl FnMut(i32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let begin = week_begin(week as i32 * 7 + 6, self.week_start);
        // The same weekdays, counted from the first day of the week; none said means all.
        let set = u32::from(if self.weekdays == 0 { 127 } else { self.weekdays });
        let turned = (set | set << 7) >> self.week_start.index() & 127;
        for day in bits(u64::from(turned)) {
            let day = begin + i32::from(day);
            if !self.filtered || self.day_passes(day) {
                found(day)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn pick_of_days<F: FnMut(i64) -> ControlFlow<()>>(
        &self,
        period: i64,
        walk: &mut Walk<'_, F>,
    ) -> ControlFlow<()> {
        let mut days = std::mem::take(&mut walk.days);
        days.clear();
        let _ = self.days_of(period, |day| {
            days.push(day);
            ControlFlow::Continue(())
        });
        let times = self.times.len();
        let flow = walk.pick(&self.parts.positions, days.len() * times, |place| {
            i64::from(days[place / times]) * DAY_SECONDS + self.times.at(place % times)
        });
        walk.days = days;
        flow
    }

    /// HOURLY, MINUTELY and SECONDLY: unit by unit, leaping over what the sets leave out.
    fn by_units<F: FnMut(i64) -> ControlFlow<()>>(
        &self,
        walk: &mut Walk<'_, F>,
    ) -> ControlFlow<()> {
        let size = self.unit_seconds();
        let mut unit = self.unit_at_or_after(walk.range.start.div_euclid(size));
        let mut passed_day = i64::MIN;
        while unit * size < walk.range.end {
            walk.step()?;
            let wall = unit * size;
            let day = wall.div_euclid(DAY_SECONDS);
            if day != passed_day && self.filtered && !self.day_passes(day as i32) {
                unit = self.unit_at_or_after((day + 1) * DAY_SECONDS / size);
                continue;
            }
            passed_day = day;
            if let Some(skipped_to) = self.next_allowed(wall.rem_euclid(DAY_SECONDS)) {
                let next = day * DAY_SECONDS + skipped_to;
                unit = self.unit_at_or_after(next.div_euclid(size));
                continue;
            }
            if self.picks() {
                walk.pick(&self.parts.positions, self.times.len(), |place| {
                    wall + self.times.at(place)
                })?;
            } else {
                walk.times(self, wall)?;
            }
            unit += self.interval;
        }
        ControlFlow::Continue(())
    }

    fn unit_seconds(&self) -> i64 {
        match self.freq {
            Frequency::Secondly => 1,
            Frequency::Minutely => 60,
            Frequency::Hourly => 3_600,
            Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly => {
                DAY_SECONDS
            }
        }
    }

    /// The first unit of the rule that is not before `unit`.
    fn unit_at_or_after(&self, unit: i64) -> i64 {
        let first = self.start.div_euclid(self.unit_seconds());
        let ahead = (unit - first).max(0);
        first + (ahead + self.interval - 1) / self.interval * self.interval
    }

    /// `None` if BYHOUR, BYMINUTE and BYSECOND let the unit at this second of the day pass; else
    /// the next second of the day (or the end of it) at which one of them changes its mind.
    fn next_allowed(&self, second: i64) -> Option<i64> {
        let parts = self.parts;
        let (hour, minute) = (second / 3_600, second / 60 % 60);
        if parts.hours != 0 && parts.hours & 1 << hour == 0 {
            let later = u64::from(parts.hours) >> hour;
            let skipped = if later == 0 { 24 } else { i64::from(later.trailing_zeros()) };
            return Some((hour + skipped).min(24) * 3_600);
        }
        if self.freq <= Frequency::Minutely && parts.minutes != 0 {
            let later = parts.minutes >> minute;
            if later & 1 == 0 {
                let skipped = if later == 0 { 60 } else { i64::from(later.trailing_zeros()) };
                return Some(hour * 3_600 + (minute + skipped).min(60) * 60);
            }
        }
        if self.freq == Frequency::Secondly && parts.seconds != 0 {
            let seconds =
                if parts.seconds >> 60 == 0 { parts.seconds } else { parts.seconds | 1 << 59 };
            let later = (seconds & !(1 << 60)) >> (second % 60);
            if later & 1 == 0 {
                let skipped = if later == 0 { 60 } else { i64::from(later.trailing_zeros()) };
                return Some(second / 60 * 60 + (second % 60 + skipped).min(60));
            }
        }
        None
    }
}

impl<F: FnMut(i64) -> ControlFlow<()>> Walk<'_, F> {
    #[inline]
    fn step(&mut self) -> ControlFlow<()> {
        match self.budget.0.checked_sub(1) {
            Some(left) => {
                self.budget.0 = left;
                ControlFlow::Continue(())
            }
            None => {
                self.ended = Ended::Exhausted;
                ControlFlow::Break(())
            }
        }
    }

    /// Gives out one time if it lies in the range.
    #[inline]
    fn give(&mut self, wall: i64) -> ControlFlow<()> {
        if wall < self.range.start || wall >= self.range.end {
            return ControlFlow::Continue(());
        }
        self.step()?;
        (self.found)(wall)
    }

    /// Gives out all times of a period that begins at `base`.
    #[inline]
    fn times(&mut self, plan: &Plan<'_>, base: i64) -> ControlFlow<()> {
        match plan.times.single() {
            Some(second) => self.give(base + second),
            None => plan.times.each(|second| self.give(base + second)),
        }
    }

    /// Gives out the places that BYSETPOS names out of `len`, rising.
    fn pick(
        &mut self,
        positions: &[i16],
        len: usize,
        at: impl Fn(usize) -> i64,
    ) -> ControlFlow<()> {
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        places.extend(positions.iter().filter_map(|position| {
            let from_end = usize::from(position.unsigned_abs());
            let place = if *position > 0 { from_end - 1 } else { len.checked_sub(from_end)? };
            (place < len).then_some(place)
        }));
        places.sort_unstable();
        places.dedup();
        let flow = places.iter().try_for_each(|place| self.give(at(*place)));
        self.places = places;
        flow
    }
}
