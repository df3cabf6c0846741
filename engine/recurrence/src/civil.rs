//! Wall-clock time: a day and a time of day, without a zone.

use std::fmt;
use std::str::FromStr;

use crate::Date;
use crate::parse::{FormatError, ascii, digits, two_digits};

pub(crate) const DAY_SECONDS: i64 = 86_400;

/// A wall-clock time, in seconds since 1970-01-01T00:00:00 on the same wall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil(i64);

impl Civil {
    /// The time `seconds_of_day` after midnight of `date`; more than a day runs into later days.
    #[must_use]
    pub const fn new(date: Date, seconds_of_day: u32) -> Self {
        Self(date.days() as i64 * DAY_SECONDS + seconds_of_day as i64)
    }

    /// The time `seconds` after 1970-01-01T00:00:00.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The day.
    #[must_use]
    pub const fn date(self) -> Date {
        Date::from_days(self.0.div_euclid(DAY_SECONDS) as i32)
    }

    /// Seconds since midnight: 0 to 86,399.
    #[must_use]
    pub const fn seconds_of_day(self) -> u32 {
        self.0.rem_euclid(DAY_SECONDS) as u32
    }

    /// The time `seconds` later on the same wall, stopping at the ends of the range.
    #[must_use]
    pub const fn add_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl From<Date> for Civil {
    /// Midnight of the day.
    fn from(date: Date) -> Self {
        Self::new(date, 0)
    }
}

impl fmt::Display for Civil {
    /// `yyyy-mm-ddThh:mm:ss`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.seconds_of_day();
        let parts = [time / 3_600, time / 60 % 60, time % 60].map(two_digits);
        let [[a, b], [c, d], [e, g]] = parts;
        self.date().fmt(f)?;
        f.write_str(ascii(&[b'T', a, b, b':', c, d, b':', e, g]))
    }
}

impl FromStr for Civil {
    type Err = FormatError;

    /// Reads `yyyy-mm-ddThh:mm:ss`. Second 60 is read as 59 (RFC 5545 3.3.12).
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let error = FormatError::new("a local time as yyyy-mm-ddThh:mm:ss");
        let (date, time) = text.split_once(['T', 't']).ok_or(error)?;
        let seconds = seconds_of_day(time.as_bytes()).ok_or(error)?;
        Ok(Self::new(date.parse().map_err(|_| error)?, seconds))
    }
}

/// Reads `hh:mm:ss`.
pub(crate) fn seconds_of_day(time: &[u8]) -> Option<u32> {
    if time.len() != 8 || time[2] != b':' || time[5] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&time[..2])?, digits(&time[3..5])?);
    let second = digits(&time[6..])?;
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3_600 + minute * 60 + second.min(59))
}
