//! An instant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeZone as _, Utc};

use crate::civil::seconds_of_day;
use crate::parse::{FormatError, digits};
use crate::{Civil, Date};

/// An instant, in milliseconds since 1970-01-01T00:00:00Z without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest value, before every year that can be written.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest value, after every year that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// The instant `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant `seconds` seconds after the epoch, stopping at the ends of the range.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The instant `millis` later, or `None` out of range.
    #[must_use]
    pub const fn checked_add_millis(self, millis: i64) -> Option<Self> {
        match self.0.checked_add(millis) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The instant `millis` later, stopping at the ends of the range.
    #[must_use]
    pub const fn saturating_add_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The milliseconds from `earlier` to here, negative if it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, `2026-03-01T09:00:00Z`, with three decimals only if they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Civil::from_seconds(self.as_seconds()))?;
        match self.0.rem_euclid(1_000) {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = FormatError;

    /// Reads RFC 3339 with any offset. Decimals beyond milliseconds are cut.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        parse_rfc3339(text).ok_or(FormatError::new("a time as yyyy-mm-ddThh:mm:ssZ"))
    }
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let date: Date = date.parse().ok()?;
    let (time, rest) = (rest.get(..8)?, rest.get(8..)?);
    let (decimals, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("000", rest),
    };
    let shown = decimals.get(..3).unwrap_or(decimals);
    let millis = digits(shown.as_bytes())? * 10_u32.pow(3 - shown.len() as u32);
    let civil = Civil::new(date, seconds_of_day(time.as_bytes())?);
    let seconds = civil.seconds() - offset_seconds(zone)?;
    Some(Timestamp(seconds * 1_000 + i64::from(millis)))
}

/// Reads `Z`, `+hh:mm` or `-hh:mm`.
fn offset_seconds(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let bytes = zone.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if bytes.len() != 6 || bytes[3] != b':' {
        return None;
    }
    let (hours, minutes) = (digits(&bytes[1..3])?, digits(&bytes[4..])?);
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 3_600 + minutes * 60))
}

impl From<DateTime<Utc>> for Timestamp {
    /// The same instant, cut to milliseconds.
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl TryFrom<Timestamp> for DateTime<Utc> {
    type Error = FormatError;

    /// The same instant; an error outside the years that chrono can hold.
    fn try_from(time: Timestamp) -> Result<Self, FormatError> {
        Utc.timestamp_millis_opt(time.0)
            .single()
            .ok_or(FormatError::new("a time in the years -262142 to 262142"))
    }
}
