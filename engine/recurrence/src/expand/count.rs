//! Where COUNT ends a rule, by arithmetic where each period has equally many times.

use std::ops::ControlFlow;

use super::plan::Plan;
use super::walk::{Budget, Ended};
use crate::civil::DAY_SECONDS;
use crate::rule::Frequency;

/// Where the counted times end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// This is the wall-clock time of the last one.
    Last(i64),
    /// The last one lies at or after the limit of the search.
    Beyond,
}

impl Plan<'_> {
    /// The last of `count` times of the rule, of which the start itself is the first (RFC 5545
    /// 3.3.10). Where they must be counted one by one, the search ends at `limit`.
    pub(crate) fn last_of(
        &self,
        count: u64,
        limit: i64,
        budget: &mut Budget,
    ) -> Result<Counted, Ended> {
        let after_start = count.saturating_sub(1);
        if after_start == 0 {
            return Ok(Counted::Last(self.start));
        }
        match self.each_period() {
            Some(each) => self.by_arithmetic(after_start, each, limit, budget),
            None => self.by_walking(self.start + 1, after_start, limit, budget),
        }
    }

    fn by_arithmetic(
        &self,
        wanted: u64,
        each: u64,
        limit: i64,
        budget: &mut Budget,
    ) -> Result<Counted, Ended> {
        let first = self.period_of(self.start);
        let next = self.period_begin(first + 1);
        let mut in_first = 0;
        self.walk(self.start + 1..next, budget, |_| {
            in_first += 1;
            ControlFlow::Continue(())
        })?;
        if wanted <= in_first {
            return self.by_walking(self.start + 1, wanted, limit, budget);
        }
        let (periods, rest) = ((wanted - in_first - 1) / each, (wanted - in_first - 1) % each);
        let period = i64::try_from(periods)
            .ok()
            .and_then(|periods| (periods + 1).checked_mul(self.interval))
            .and_then(|ahead| first.checked_add(ahead));
        match period {
            Some(period) if period <= self.period_of(limit) => {
                self.by_walking(self.period_begin(period), rest + 1, limit, budget)
            }
            Some(_) | None => Ok(Counted::Beyond),
        }
    }

    fn by_walking(
        &self,
        from: i64,
        wanted: u64,
        limit: i64,
        budget: &mut Budget,
    ) -> Result<Counted, Ended> {
        let (mut left, mut last) = (wanted, self.start);
        let ended = self.walk(from..limit, budget, |wall| {
            left -= 1;
            last = wall;
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match ended {
            Ok(()) => Ok(Counted::Beyond),
            Err(Ended::Enough) => Ok(Counted::Last(last)),
            Err(Ended::Exhausted) => Err(Ended::Exhausted),
        }
    }

    /// The wall-clock time at which a period made of days begins.
    fn period_begin(&self, period: i64) -> i64 {
        let day = match self.freq {
            Frequency::Secondly | Frequency::Minutely | Frequency::Hourly | Frequency::Daily => {
                period
            }
            Frequency::Weekly => {
                i64::from(super::weeks::week_begin(period as i32 * 7 + 6, self.week_start))
            }
            Frequency::Monthly => {
                let (year, month) = (period.div_euclid(12) as i32, period.rem_euclid(12) as u8 + 1);
                i64::from(crate::Date::from_parts(year, month, 1).days())
            }
            Frequency::Yearly => i64::from(crate::Date::from_parts(period as i32, 1, 1).days()),
        };
        day * DAY_SECONDS
    }

    /// How many times every period has, if all have equally many.
    fn each_period(&self) -> Option<u64> {
        if !self.has_days() || self.filtered || self.by_year || self.by_week_year {
            return None;
        }
        let days = self.days_each_period();
        if !self.picks() {
            return days.exact.map(|days| days * self.times.len() as u64);
        }
        // Places counted from one end are all there if the smallest set reaches that far.
        let positions = &self.parts.positions;
        let one_side = positions[0] > 0 || positions[positions.len() - 1] < 0;
        let reach = positions.iter().map(|position| u64::from(position.unsigned_abs())).max()?;
        (one_side && reach <= days.least * self.times.len() as u64)
            .then_some(positions.len() as u64)
    }

    fn days_each_period(&self) -> Days {
        match self.freq {
            Frequency::Secondly | Frequency::Minutely | Frequency::Hourly | Frequency::Daily => {
                Days::exactly(1)
            }
            Frequency::Weekly if self.weekdays == 0 => Days::exactly(7),
            Frequency::Weekly => Days::exactly(u64::from(self.weekdays.count_ones())),
            Frequency::Monthly if self.months != 0 => Days { exact: None, least: 0 },
            Frequency::Monthly => self.days_each_month(),
            Frequency::Yearly => {
                let month = self.days_each_month();
                let months =
                    if self.months == 0 { 12 } else { u64::from(self.months.count_ones()) };
                Days { exact: month.exact.map(|days| days * months), least: month.least * months }
            }
        }
    }

    fn days_each_month(&self) -> Days {
        const SAFE: u32 = (1 << 29) - 2;
        let (from_start, from_end) = (self.month_days, self.month_days_back);
        let by_day = &self.parts.by_day;
        if from_start | from_end == 0 {
            let plain = by_day.iter().all(|entry| entry.ordinal == 0);
            if plain {
                return Days { exact: None, least: 4 * by_day.len() as u64 };
            }
            let first = by_day.iter().all(|entry| (1..=4).contains(&entry.ordinal));
            let last = by_day.iter().all(|entry| (-4..=-1).contains(&entry.ordinal));
            if first || last {
                return Days::exactly(by_day.len() as u64);
            }
        } else if by_day.is_empty() && (from_start == 0 || from_end == 0) {
            let days = from_start | from_end;
            if days & !SAFE == 0 {
                return Days::exactly(u64::from(days.count_ones()));
            }
        }
        Days { exact: None, least: 0 }
    }
}

/// How many days a period has.
struct Days {
    exact: Option<u64>,
    least: u64,
}

impl Days {
    fn exactly(days: u64) -> Self {
        Self { exact: Some(days), least: days }
    }
}
