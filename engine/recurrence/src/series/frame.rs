//! The originals of a series: what start, rules and extra dates give before any change.

use std::ops::{ControlFlow, Range};

use super::model::{Extra, Options, Series};
use crate::civil::DAY_SECONDS;
use crate::expand::{Budget, Counted, Ended, Plan};
use crate::zone::Resolver;
use crate::{Civil, Date, Gap, Length, Rule, Until, When, Zone};

/// 10000-01-01: no rule goes further.
pub(super) const END_OF_TIME: i64 = 253_402_300_800;
/// 10000 years before the epoch.
pub(super) const START_OF_TIME: i64 = -315_569_520_000;

/// A start before any change, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Original {
    pub(super) wall: i64,
    pub(super) instant: i64,
    /// Its own length, of a PERIOD.
    pub(super) length: Option<Length>,
}

/// A series seen in its zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) series: &'a Series<'a>,
    pub(super) options: &'a Options<'a>,
    pub(super) zone: &'a Zone,
    /// Whether the series is one of whole days.
    pub(super) dated: bool,
    pub(super) start: i64,
}

/// Where UNTIL ends a rule.
pub(super) struct Limit {
    /// The wall-clock time that is too late.
    pub(super) wall: i64,
    /// The last instant.
    pub(super) instant: i64,
}

impl<'a> Frame<'a> {
    pub(super) fn new(series: &'a Series<'a>, options: &'a Options<'a>) -> Self {
        Self {
            series,
            options,
            zone: series.start.zone().unwrap_or(options.floating),
            dated: series.start.is_date(),
            start: series.start.civil().seconds(),
        }
    }

    /// Calls back with each original whose wall-clock time lies in the range: the start, the extra
    /// dates, then each rule's times rising. The same instant may come more than once.
    pub(super) fn originals(
        &self,
        range: Range<i64>,
        budget: &mut Budget,
        mut found: impl FnMut(Original) -> ControlFlow<()>,
    ) -> Result<(), Ended> {
        let mut resolver = Resolver::new(self.zone);
        for extra in self.series.extras {
            let original = self.of_extra(extra);
            if range.contains(&original.wall) && found(original).is_break() {
                return Err(Ended::Enough);
            }
        }
        if range.contains(&self.start) {
            let (instant, _) = resolver.instant(self.start);
            let original = Original { wall: self.start, instant, length: None };
            if found(original).is_break() {
                return Err(Ended::Enough);
            }
        }
        let after_start = range.start.max(self.start + 1)..range.end.min(END_OF_TIME);
        if after_start.is_empty() {
            return Ok(());
        }
        for rule in self.series.rules {
            self.of_rule(rule, after_start.clone(), budget, &mut found)?;
        }
        Ok(())
    }

    fn of_rule(
        &self,
        rule: &Rule,
        mut range: Range<i64>,
        budget: &mut Budget,
        found: &mut impl FnMut(Original) -> ControlFlow<()>,
    ) -> Result<(), Ended> {
        let limit = self.until(rule);
        range.end = range.end.min(limit.wall);
        if range.is_empty() {
            return Ok(());
        }
        let plan = Plan::new(&rule.parts, Civil::from_seconds(self.start));
        if let Some(count) = rule.count()
            && let Counted::Last(last) = self.counted(&plan, count, range.end, budget)?
        {
            range.end = range.end.min(last + 1);
        }
        let mut resolver = Resolver::new(self.zone);
        let skips = self.options.gap == Gap::Skip && !self.dated;
        plan.walk(range, budget, |wall| {
            let (instant, exists) = resolver.instant(wall);
            if (exists || !skips) && instant <= limit.instant {
                found(Original { wall, instant, length: None })
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// The last counted time of a rule; under [`Gap::Skip`] the times that do not exist are not
    /// counted, so as many more are.
    pub(super) fn counted(
        &self,
        plan: &Plan<'_>,
        count: u32,
        limit: i64,
        budget: &mut Budget,
    ) -> Result<Counted, Ended> {
        let mut skipped = 0;
        loop {
            let counted = plan.last_of(u64::from(count) + skipped, limit, budget)?;
            let Counted::Last(last) = counted else {
                return Ok(counted);
            };
            if self.options.gap == Gap::Shift || self.dated {
                return Ok(counted);
            }
            let now_skipped = self.skipped(plan, self.start + 1..last + 1, budget)?;
            if now_skipped == skipped {
                return Ok(counted);
            }
            skipped = now_skipped;
        }
    }

    /// How many times of a rule in the range fall into gaps.
    fn skipped(
        &self,
        plan: &Plan<'_>,
        range: Range<i64>,
        budget: &mut Budget,
    ) -> Result<u64, Ended> {
        let mut skipped = 0;
        for gap in Resolver::new(self.zone).gaps(range.start, range.end) {
            let part = gap.start.max(range.start)..gap.end.min(range.end);
            plan.walk(part, budget, |_| {
                skipped += 1;
                ControlFlow::Continue(())
            })?;
        }
        Ok(skipped)
    }

    /// UNTIL in the terms of the start (RFC 5545 3.3.10): a day means the whole of it.
    pub(super) fn until(&self, rule: &Rule) -> Limit {
        let whole_day = |date: Date| (i64::from(date.days()) + 1) * DAY_SECONDS;
        let wall = match rule.until() {
            None => END_OF_TIME,
            Some(Until::Date(date)) => whole_day(date),
            Some(Until::Local(civil)) if self.dated => whole_day(civil.date()),
            Some(Until::Local(civil)) => civil.seconds() + 1,
            Some(Until::Utc(instant)) => {
                let seconds = instant.as_seconds();
                match self.series.start {
                    When::Date(_) => whole_day(Civil::from_seconds(seconds).date()),
                    When::Floating(_) => seconds + 1,
                    When::Zoned(..) => {
                        let (_, wall) = Resolver::new(self.zone).walls(seconds, seconds + 1);
                        return Limit { wall, instant: seconds };
                    }
                }
            }
        };
        Limit { wall, instant: i64::MAX }
    }

    fn of_extra(&self, extra: &Extra) -> Original {
        let (when, length) = match extra {
            Extra::At(when) => (when, None),
            Extra::Period { start, length } => (start, Some(*length)),
        };
        let time_of_day = Civil::from_seconds(self.start).seconds_of_day();
        Original { length, ..self.place(when, time_of_day) }
    }

    /// A value of RDATE, EXDATE or RECURRENCE-ID in the terms of the series. A day in a timed series
    /// is taken at the time of day given.
    pub(super) fn place(&self, when: &When, time_of_day: u32) -> Original {
        let of_wall = |civil: Civil| {
            let wall = civil.seconds();
            let (instant, _) = Resolver::new(self.zone).instant(wall);
            Original { wall, instant, length: None }
        };
        match when {
            When::Date(date) if self.dated => of_wall(Civil::from(*date)),
            When::Date(date) => of_wall(Civil::new(*date, time_of_day)),
            When::Floating(civil) if self.dated => of_wall(Civil::from(civil.date())),
            When::Floating(civil) => of_wall(*civil),
            When::Zoned(civil, zone) => {
                let instant = zone.instant(*civil, Gap::Shift);
                let here = self.zone.civil(instant);
                // A day written as an instant: its midnight here, else the day as it was written.
                match (self.dated, here.seconds_of_day()) {
                    (true, 1..) => of_wall(Civil::from(civil.date())),
                    (true, 0) | (false, _) => Original {
                        wall: here.seconds(),
                        instant: instant.as_seconds(),
                        length: None,
                    },
                }
            }
        }
    }
}
