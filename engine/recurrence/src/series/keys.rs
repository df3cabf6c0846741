//! Which originals are taken away: the excluded, and those that an override replaces.

use std::ops::ControlFlow;

use super::frame::{Frame, Original};
use crate::civil::DAY_SECONDS;
use crate::expand::Budget;
use crate::{Date, When};

/// The keys of exclusions and overrides, sorted.
#[derive(Debug)]
pub(super) struct Keys {
    excluded: Vec<i64>,
    /// Days on which a timed series has no instance.
    excluded_days: Vec<Date>,
    /// Each original with the override that holds for it, once each.
    pub(super) overridden: Vec<(Original, usize)>,
}

impl Keys {
    pub(super) fn new(frame: &Frame<'_>, budget: &mut Budget) -> Self {
        let mut keys =
            Self { excluded: Vec::new(), excluded_days: Vec::new(), overridden: Vec::new() };
        for when in frame.series.excluded {
            match when {
                When::Date(date) if !frame.dated => keys.excluded_days.push(*date),
                When::Date(_) | When::Floating(_) | When::Zoned(..) => {
                    keys.excluded.push(frame.place(when, 0).instant);
                }
            }
        }
        keys.excluded.sort_unstable();
        keys.excluded_days.sort_unstable();
        for (index, change) in frame.series.overrides.iter().enumerate() {
            let original = match change.original {
                When::Date(date) if !frame.dated => first_of_day(frame, date, budget),
                When::Date(_) | When::Floating(_) | When::Zoned(..) => {
                    frame.place(&change.original, 0)
                }
            };
            keys.overridden.push((original, index));
        }
        // The later one first, so that it is the one kept.
        keys.overridden.sort_by_key(|(original, index)| (original.instant, usize::MAX - index));
        keys.overridden.dedup_by_key(|(original, _)| original.instant);
        keys
    }

    /// Whether the series gives this original away, to an exclusion or an override.
    #[inline]
    pub(super) fn take(&self, original: &Original) -> bool {
        self.excludes(original)
            || (!self.overridden.is_empty()
                && self
                    .overridden
                    .binary_search_by_key(&original.instant, |(key, _)| key.instant)
                    .is_ok())
    }

    #[inline]
    pub(super) fn excludes(&self, original: &Original) -> bool {
        (!self.excluded.is_empty() && self.excluded.binary_search(&original.instant).is_ok())
            || (!self.excluded_days.is_empty() && {
                let day = Date::from_days(original.wall.div_euclid(DAY_SECONDS) as i32);
                self.excluded_days.binary_search(&day).is_ok()
            })
    }
}

/// The first original on a local day; its midnight if there is none.
fn first_of_day(frame: &Frame<'_>, date: Date, budget: &mut Budget) -> Original {
    let begin = i64::from(date.days()) * DAY_SECONDS;
    let mut first: Option<Original> = None;
    // An exhausted budget shows again in the expansion itself.
    let _ = frame.originals(begin..begin + DAY_SECONDS, budget, |original| {
        if first.is_none_or(|known| original.instant < known.instant) {
            first = Some(original);
        }
        ControlFlow::Continue(())
    });
    first.unwrap_or_else(|| frame.place(&When::Date(date), 0))
}
