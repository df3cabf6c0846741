//! A day of the proleptic Gregorian calendar.

use std::fmt;
use std::str::FromStr;

use crate::parse::{FormatError, ascii, digits, two_digits};

/// A day, counted from 1970-01-01 (day 0) in the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// A day of the week, Monday first (RFC 5545 3.3.10, the default of WKST).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    /// MO
    Monday,
    /// TU
    Tuesday,
    /// WE
    Wednesday,
    /// TH
    Thursday,
    /// FR
    Friday,
    /// SA
    Saturday,
    /// SU
    Sunday,
}

impl Date {
    /// The day `y-m-d`, or `None` where there is no such day. Years run from -9999 to 9999.
    #[must_use]
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        if year < -9999 || year > 9999 || month < 1 || month > 12 || day < 1 {
            return None;
        }
        if day > days_in_month(year, month) {
            return None;
        }
        Some(Self::from_parts(year, month, day))
    }

    /// The day that lies `days` after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Year, month (1 to 12) and day (1 to 31).
    #[must_use]
    pub const fn ymd(self) -> (i32, u8, u8) {
        // Counts in eras of 400 years that begin on 1 March, so that the leap day is the last one.
        let shifted = self.0 as i64 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097) as u32;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u8;
        let year = year_of_era as i64 + era * 400 + (month <= 2) as i64;
        (year as i32, month, day)
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        Weekday::from_index((self.0 as i64 + 3).rem_euclid(7) as u8)
    }

    /// The day `days` later (earlier if negative), stopping at the ends of the range.
    #[must_use]
    pub const fn add_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// As [`Date::new`] for parts known to be a day.
    pub(crate) const fn from_parts(year: i32, month: u8, day: u8) -> Self {
        let shifted_year = year as i64 - (month <= 2) as i64;
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let shifted_month = (month as i64 + 9) % 12;
        let day_of_year = (153 * shifted_month + 2) / 5 + day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self((era * 146_097 + day_of_era - 719_468) as i32)
    }
}

/// Whether the year has a 29 February.
pub(crate) const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days the month (1 to 12) has.
pub(crate) const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 => 28 + is_leap(year) as u8,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// Days since Monday: 0 to 6.
    #[must_use]
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// The two letters of RFC 5545 3.3.10: `MO` to `SU`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][self as usize]
    }

    /// The weekday of two letters in either case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|day| day.code().eq_ignore_ascii_case(code))
    }

    pub(crate) const fn from_index(index: u8) -> Self {
        Self::ALL[(index % 7) as usize]
    }
}

impl fmt::Display for Date {
    /// `yyyy-mm-dd`; a year before 0 has a sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        if year < 0 {
            f.write_str("-")?;
        }
        let year = year.unsigned_abs();
        match year {
            ..=9_999 => {
                let [[a, b], [c, d]] = [two_digits(year / 100), two_digits(year % 100)];
                f.write_str(ascii(&[a, b, c, d]))?;
            }
            _ => year.fmt(f)?,
        }
        let [[a, b], [c, d]] = [month, day].map(|part| two_digits(u32::from(part)));
        f.write_str(ascii(&[b'-', a, b, b'-', c, d]))
    }
}

impl FromStr for Date {
    type Err = FormatError;

    /// Reads `yyyy-mm-dd`, with a sign before the year allowed.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        parse_date(text.as_bytes()).ok_or(FormatError::new("a date as yyyy-mm-dd"))
    }
}

fn parse_date(text: &[u8]) -> Option<Date> {
    let (sign, rest) = match text.strip_prefix(b"-") {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    if rest.len() != 10 || rest[4] != b'-' || rest[7] != b'-' {
        return None;
    }
    let year = sign * digits(&rest[..4])? as i32;
    Date::new(year, digits(&rest[5..7])? as u8, digits(&rest[8..])? as u8)
}
