//! The parts of a rule, as sets of bits where they are small numbers.

use crate::{Civil, Date, Timestamp, Weekday};

/// FREQ (RFC 5545 3.3.10), shortest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// Every so many seconds.
    Secondly,
    /// Every so many minutes.
    Minutely,
    /// Every so many hours.
    Hourly,
    /// Every so many days.
    Daily,
    /// Every so many weeks.
    Weekly,
    /// Every so many months.
    Monthly,
    /// Every so many years.
    Yearly,
}

/// UNTIL as it is written; what it means depends on the start of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// A day, the whole of it in the zone of the series.
    Date(Date),
    /// A local time in the zone of the series.
    Local(Civil),
    /// An instant.
    Utc(Timestamp),
}

/// One entry of BYDAY.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByDay {
    /// The how manieth of the month or year, from its end if negative; 0 for each. Always 0 under
    /// frequencies below MONTHLY, where a number has no meaning.
    pub ordinal: i8,
    /// The day of the week.
    pub weekday: Weekday,
}

/// A recurrence rule that keeps the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    pub(crate) text: Box<str>,
    pub(crate) parts: Parts,
}

/// What a rule says. In each set of bits, bit `n` stands for the value `n`; empty means not said.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Parts {
    pub(crate) freq: Frequency,
    pub(crate) interval: u32,
    pub(crate) count: Option<u32>,
    pub(crate) until: Option<Until>,
    pub(crate) week_start: Weekday,
    pub(crate) seconds: u64,
    pub(crate) minutes: u64,
    pub(crate) hours: u32,
    /// Entries of BYDAY without a number.
    pub(crate) weekdays: u8,
    /// Entries of BYDAY, sorted, each once.
    pub(crate) by_day: Vec<ByDay>,
    pub(crate) months: u16,
    pub(crate) month_days: u32,
    /// Days counted from the end of the month; bit 1 is the last day.
    pub(crate) month_days_back: u32,
    pub(crate) year_days: Vec<i16>,
    pub(crate) week_numbers: Vec<i8>,
    pub(crate) positions: Vec<i16>,
}

impl Parts {
    /// Whether some entry of BYDAY has a number.
    pub(crate) fn has_ordinals(&self) -> bool {
        self.by_day.iter().any(|entry| entry.ordinal != 0)
    }
}

impl Rule {
    /// The text it was read from, unchanged.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// FREQ.
    #[must_use]
    pub fn freq(&self) -> Frequency {
        self.parts.freq
    }

    /// INTERVAL, at least 1.
    #[must_use]
    pub fn interval(&self) -> u32 {
        self.parts.interval
    }

    /// COUNT, at least 1.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        self.parts.count
    }

    /// UNTIL.
    #[must_use]
    pub fn until(&self) -> Option<Until> {
        self.parts.until
    }

    /// WKST.
    #[must_use]
    pub fn week_start(&self) -> Weekday {
        self.parts.week_start
    }

    /// BYDAY, sorted by number and weekday.
    #[must_use]
    pub fn by_day(&self) -> &[ByDay] {
        &self.parts.by_day
    }

    /// BYMONTH: 1 to 12.
    #[must_use]
    pub fn by_month(&self) -> Vec<u8> {
        bits(u64::from(self.parts.months)).collect()
    }

    /// BYMONTHDAY: -31 to 31 without 0.
    #[must_use]
    pub fn by_month_day(&self) -> Vec<i8> {
        let mut back: Vec<i8> =
            bits(u64::from(self.parts.month_days_back)).map(|day| -(day as i8)).collect();
        back.reverse();
        back.extend(bits(u64::from(self.parts.month_days)).map(|day| day as i8));
        back
    }

    /// BYYEARDAY: -366 to 366 without 0.
    #[must_use]
    pub fn by_year_day(&self) -> &[i16] {
        &self.parts.year_days
    }

    /// BYWEEKNO: -53 to 53 without 0.
    #[must_use]
    pub fn by_week_no(&self) -> &[i8] {
        &self.parts.week_numbers
    }

    /// BYSETPOS: -366 to 366 without 0.
    #[must_use]
    pub fn by_set_pos(&self) -> &[i16] {
        &self.parts.positions
    }

    /// BYHOUR: 0 to 23.
    #[must_use]
    pub fn by_hour(&self) -> Vec<u8> {
        bits(u64::from(self.parts.hours)).collect()
    }

    /// BYMINUTE: 0 to 59.
    #[must_use]
    pub fn by_minute(&self) -> Vec<u8> {
        bits(self.parts.minutes).collect()
    }

    /// BYSECOND: 0 to 60; 60 is expanded as 59 (RFC 5545 3.3.12).
    #[must_use]
    pub fn by_second(&self) -> Vec<u8> {
        bits(self.parts.seconds).collect()
    }
}

/// The numbers of the bits that are set, in rising order.
pub(crate) fn bits(mut set: u64) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let bit = set.trailing_zeros() as u8;
            set &= set - 1;
            bit
        })
    })
}
