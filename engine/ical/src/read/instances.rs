//! The instances that a list of starts names.

use std::collections::BTreeSet;

use kalends_recurrence::{Date, Gap, Timestamp, When, Zone};

/// Instances of a series by their starts: the same by instant, and where one of two is a day, by
/// the day. Objects name thousands, so that they are sorted once and not compared one by one.
#[derive(Debug)]
pub(crate) struct Instances<'z> {
    zone: &'z Zone,
    at: BTreeSet<Timestamp>,
    /// The days of all of them.
    days: BTreeSet<Date>,
    /// Those that are named by their day alone.
    whole_days: BTreeSet<Date>,
}

impl<'z> Instances<'z> {
    /// The instances of a series in this zone.
    pub(crate) fn of<'a>(starts: impl IntoIterator<Item = &'a When>, zone: &'z Zone) -> Self {
        let (at, days, whole_days) = Default::default();
        let mut named = Self { zone, at, days, whole_days };
        for start in starts {
            let day = day(start, zone);
            named.days.insert(day);
            if start.is_date() {
                named.whole_days.insert(day);
            } else {
                named.at.insert(start.instant(zone, Gap::Shift));
            }
        }
        named
    }

    /// Whether this start names one of them.
    pub(crate) fn have(&self, start: &When) -> bool {
        let day = || day(start, self.zone);
        if start.is_date() {
            return self.days.contains(&day());
        }
        let by_day = !self.whole_days.is_empty() && self.whole_days.contains(&day());
        by_day || self.at.contains(&start.instant(self.zone, Gap::Shift))
    }
}

fn day(when: &When, zone: &Zone) -> Date {
    match when {
        When::Zoned(civil, own) if own != zone => {
            zone.civil(own.instant(*civil, Gap::Shift)).date()
        }
        When::Zoned(civil, _) | When::Floating(civil) => civil.date(),
        When::Date(date) => *date,
    }
}
