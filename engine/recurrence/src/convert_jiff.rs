//! Conversions for jiff's types, behind the feature `jiff`.

use crate::parse::FormatError;
use crate::{Civil, Date, Timestamp};

const RANGE: FormatError = FormatError::new("a time in the years -9999 to 9999");

impl From<jiff::Timestamp> for Timestamp {
    /// The same instant, cut to milliseconds.
    fn from(time: jiff::Timestamp) -> Self {
        Self::from_millis(time.as_millisecond())
    }
}

impl TryFrom<Timestamp> for jiff::Timestamp {
    type Error = FormatError;

    fn try_from(time: Timestamp) -> Result<Self, FormatError> {
        Self::from_millisecond(time.as_millis()).map_err(|_| RANGE)
    }
}

impl From<jiff::civil::Date> for Date {
    fn from(date: jiff::civil::Date) -> Self {
        Self::from_parts(date.year().into(), date.month() as u8, date.day() as u8)
    }
}

impl TryFrom<Date> for jiff::civil::Date {
    type Error = FormatError;

    fn try_from(date: Date) -> Result<Self, FormatError> {
        let (year, month, day) = date.ymd();
        let year = i16::try_from(year).map_err(|_| RANGE)?;
        Self::new(year, month as i8, day as i8).map_err(|_| RANGE)
    }
}

impl From<jiff::civil::DateTime> for Civil {
    /// The same wall-clock time, cut to seconds.
    fn from(time: jiff::civil::DateTime) -> Self {
        let seconds = i64::from(time.hour()) * 3_600
            + i64::from(time.minute()) * 60
            + i64::from(time.second());
        Self::from(Date::from(time.date())).add_seconds(seconds)
    }
}
