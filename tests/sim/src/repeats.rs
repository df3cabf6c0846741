//! What rules people write.

use kalends_oracle::Origin;

/// What kinds of series people of a storm make beside the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repeats {
    /// Days, series by the day, and those in a zone whose clocks change.
    Daily,
    /// The same, series by the week and by the month, and times of no zone.
    Any,
}

/// The days of a week, and those of June 2026, which begins with a Monday.
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

impl Repeats {
    /// Those of a history that is one of many.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        if (seed / 4) % 8 == 7 { Self::Daily } else { Self::Any }
    }

    /// Their name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Any => "any",
        }
    }

    /// How many ways there are to make something beside the usual.
    pub(crate) const fn ways(self) -> usize {
        match self {
            Self::Daily => 3,
            Self::Any => 6,
        }
    }
}

/// Makes a series of an event of June, by the week or by the month, or a single whose time is
/// whatever zone one is in.
pub(crate) fn shape(origin: &mut Origin, how: usize) {
    origin.exceptions.clear();
    origin.rule = if how > 4 {
        origin.start.truncate("20260610T090000".len());
        String::new()
    } else if how > 3 {
        "FREQ=MONTHLY;COUNT=3".to_owned()
    } else {
        let day: usize = origin.start[6..8].parse().unwrap();
        let mut days = [(day + 6) % 7, (day + 8) % 7];
        days.sort_unstable();
        format!("FREQ=WEEKLY;COUNT=4;BYDAY={}", days.map(|day| DAYS[day]).join(","))
    };
}

#[cfg(test)]
mod tests {
    use kalends_core::time::Timestamp;

    use super::*;

    #[test]
    fn a_series_by_the_week_begins_on_its_own_day() {
        let mut origin = crate::leaks::origin(false);
        shape(&mut origin, 3);
        // The tenth of June 2026 is a Wednesday.
        assert_eq!(origin.rule, "FREQ=WEEKLY;COUNT=4;BYDAY=WE,FR");
        let monday = Timestamp::from_seconds(1_780_272_000);
        assert_eq!(monday.to_string(), "2026-06-01T00:00:00Z");
        assert_eq!((monday.as_seconds() / 86_400 + 4) % 7, 1, "day 0 was a Thursday");
        shape(&mut origin, 4);
        assert_eq!(origin.rule, "FREQ=MONTHLY;COUNT=3");
        shape(&mut origin, 5);
        assert_eq!((origin.rule.as_str(), origin.start.len()), ("", 15));
    }
}
