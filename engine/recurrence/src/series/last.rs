//! Where a series ends.

use super::frame::{END_OF_TIME, Frame};
use super::model::{Change, Options, Series};
use crate::civil::DAY_SECONDS;
use crate::expand::{Budget, Counted, Plan};
use crate::zone::Resolver;
use crate::{Civil, Extra, Rule, Timestamp};

impl Series<'_> {
    /// When the last instance ends; of instances that end together, that end. `None` if there is no
    /// last one, if all are excluded, or if the budget ended first.
    #[must_use]
    pub fn last(&self, options: &Options<'_>) -> Option<Timestamp> {
        let bound = self.last_original(options)?;
        let mut reach = DAY_SECONDS;
        loop {
            let from = Timestamp::from_seconds(bound.saturating_sub(reach));
            let found = self.instances(from..Timestamp::MAX, options);
            if found.exhausted() {
                return None;
            }
            // Whatever ends later than one of these overlaps the window too.
            if let Some(end) = found.map(|instance| instance.end).max() {
                return Some(end);
            }
            if reach > 2 * END_OF_TIME {
                return None;
            }
            reach *= 16;
        }
    }

    /// An instant in seconds that no original start lies after, give or take a day.
    fn last_original(&self, options: &Options<'_>) -> Option<i64> {
        let frame = Frame::new(self, options);
        let mut resolver = Resolver::new(frame.zone);
        let mut budget = Budget(options.budget);
        let mut bound = frame.start;
        for rule in self.rules {
            bound = bound.max(self.last_of_rule(rule, &frame, &mut budget)?);
        }
        for extra in self.extras {
            let (Extra::At(start) | Extra::Period { start, .. }) = extra;
            bound = bound.max(frame.place(start, 0).wall + DAY_SECONDS);
        }
        Some(resolver.instant(bound).0 + DAY_SECONDS)
    }

    /// The wall-clock time that no time of the rule lies after.
    fn last_of_rule(&self, rule: &Rule, frame: &Frame<'_>, budget: &mut Budget) -> Option<i64> {
        if let Some(end) = self.cut_off(frame) {
            return Some(end);
        }
        let until = frame.until(rule).wall;
        let counted = rule.count().map(|count| {
            let plan = Plan::new(&rule.parts, Civil::from_seconds(frame.start));
            frame.counted(&plan, count, until, budget)
        });
        match counted {
            None => rule.until().map(|_| until),
            Some(Ok(Counted::Last(last))) => Some(last.min(until)),
            Some(Ok(Counted::Beyond)) => Some(until),
            Some(Err(_)) => None,
        }
    }

    /// Where an override cancels all later instances.
    fn cut_off(&self, frame: &Frame<'_>) -> Option<i64> {
        let cancelled = self
            .overrides
            .iter()
            .filter(|change| change.this_and_future && matches!(change.change, Change::Cancelled));
        let cut = cancelled.map(|change| frame.place(&change.original, 0).wall).min();
        cut.map(|wall| wall + DAY_SECONDS)
    }
}
