//! Reading a rule.

use super::parts::{ByDay, Frequency, Parts, Rule, Until};
use crate::parse::digits;
use crate::{Civil, Date, Timestamp, Weekday};

/// Why a text is not a rule that can be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no FREQ.
    #[error("say how often with FREQ")]
    NoFrequency,
    /// A part that RFC 5545 and RFC 7529 do not know.
    #[error("remove the unknown part {0:?}")]
    UnknownPart(String),
    /// A part that stands twice.
    #[error("write {0} only once")]
    Twice(&'static str),
    /// A value that the part cannot have.
    #[error("{part} is {value:?}: write {expected}")]
    Value {
        /// The name of the part.
        part: &'static str,
        /// What was found.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

impl Rule {
    /// Reads the value of an RRULE property (RFC 5545 3.3.10), with or without `RRULE:` before it,
    /// in either case.
    ///
    /// Lenient where a meaning is plain: UNTIL in any of its three forms, COUNT beside UNTIL,
    /// BYDAY=-53MO, BYSECOND=60, numbers in BYDAY under WEEKLY (ignored). `RSCALE=GREGORIAN` and
    /// `SKIP=OMIT` (RFC 7529) say what holds anyway.
    ///
    /// # Errors
    ///
    /// A [`RuleError`] that names the part: without FREQ, with an unknown or repeated part, with a
    /// value out of range, or with a calendar scale other than Gregorian.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut parts = Parts::empty();
        let mut seen = 0_u32;
        for part in strip_name(text.trim()).split(';') {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let field = Field::find(name.trim())
                .ok_or_else(|| RuleError::UnknownPart(name.trim().to_owned()))?;
            let bit = 1 << field as u32;
            if seen & bit != 0 {
                return Err(RuleError::Twice(field.name()));
            }
            seen |= bit;
            parts.read(field, value.trim())?;
        }
        if seen & (1 << Field::Freq as u32) == 0 {
            return Err(RuleError::NoFrequency);
        }
        parts.finish();
        Ok(Self { text: text.into(), parts })
    }
}

fn strip_name(text: &str) -> &str {
    match text.get(..6) {
        Some(name) if name.eq_ignore_ascii_case("RRULE:") => &text[6..],
        Some(_) | None => text,
    }
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Freq,
    Interval,
    Count,
    Until,
    Wkst,
    BySecond,
    ByMinute,
    ByHour,
    ByDay,
    ByMonthDay,
    ByYearDay,
    ByWeekNo,
    ByMonth,
    BySetPos,
    Rscale,
    Skip,
}

const FIELDS: [(Field, &str); 16] = [
    (Field::Freq, "FREQ"),
    (Field::Interval, "INTERVAL"),
    (Field::Count, "COUNT"),
    (Field::Until, "UNTIL"),
    (Field::Wkst, "WKST"),
    (Field::BySecond, "BYSECOND"),
    (Field::ByMinute, "BYMINUTE"),
    (Field::ByHour, "BYHOUR"),
    (Field::ByDay, "BYDAY"),
    (Field::ByMonthDay, "BYMONTHDAY"),
    (Field::ByYearDay, "BYYEARDAY"),
    (Field::ByWeekNo, "BYWEEKNO"),
    (Field::ByMonth, "BYMONTH"),
    (Field::BySetPos, "BYSETPOS"),
    (Field::Rscale, "RSCALE"),
    (Field::Skip, "SKIP"),
];

impl Field {
    fn find(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(field, _)| *field)
    }

    fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    fn error(self, value: &str, expected: &'static str) -> RuleError {
        RuleError::Value { part: self.name(), value: value.to_owned(), expected }
    }
}

impl Parts {
    fn empty() -> Self {
        Self {
            freq: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Monday,
            seconds: 0,
            minutes: 0,
            hours: 0,
            weekdays: 0,
            by_day: Vec::new(),
            months: 0,
            month_days: 0,
            month_days_back: 0,
            year_days: Vec::new(),
            week_numbers: Vec::new(),
            positions: Vec::new(),
        }
    }

    fn read(&mut self, field: Field, value: &str) -> Result<(), RuleError> {
        match field {
            Field::Freq => self.freq = frequency(value)?,
            Field::Interval => self.interval = positive(field, value)?,
            Field::Count => self.count = Some(positive(field, value)?),
            Field::Until => {
                let expected = "a date or a date-time as 20260131T235959Z";
                self.until = Some(until(value).ok_or_else(|| field.error(value, expected))?);
            }
            Field::Wkst => {
                let found = Weekday::from_code(value);
                self.week_start = found.ok_or_else(|| field.error(value, "a weekday as MO"))?;
            }
            Field::BySecond => self.seconds = set(field, value, 0, 60, "seconds from 0 to 60")?,
            Field::ByMinute => self.minutes = set(field, value, 0, 59, "minutes from 0 to 59")?,
            Field::ByHour => self.hours = set(field, value, 0, 23, "hours from 0 to 23")? as u32,
            Field::ByMonth => self.months = set(field, value, 1, 12, "months from 1 to 12")? as u16,
            Field::ByDay => self.by_day = by_day(value)?,
            Field::ByMonthDay => {
                for day in signed(field, value, 31, "days from 1 to 31 or -31 to -1")? {
                    let side =
                        if day > 0 { &mut self.month_days } else { &mut self.month_days_back };
                    *side |= 1 << day.unsigned_abs();
                }
            }
            Field::ByYearDay => {
                self.year_days = signed(field, value, 366, "days from 1 to 366 or -366 to -1")?;
            }
            Field::ByWeekNo => {
                let numbers = signed(field, value, 53, "weeks from 1 to 53 or -53 to -1")?;
                self.week_numbers = numbers.into_iter().map(|number| number as i8).collect();
            }
            Field::BySetPos => {
                self.positions = signed(field, value, 366, "places from 1 to 366 or -366 to -1")?;
            }
            Field::Rscale if value.eq_ignore_ascii_case("GREGORIAN") => {}
            Field::Rscale => return Err(field.error(value, "GREGORIAN, the only scale here")),
            Field::Skip if value.eq_ignore_ascii_case("OMIT") => {}
            Field::Skip => return Err(field.error(value, "OMIT, the only way here")),
        }
        Ok(())
    }

    /// Numbers in BYDAY mean something only under MONTHLY and YEARLY.
    fn finish(&mut self) {
        if self.freq < Frequency::Monthly {
            for entry in &mut self.by_day {
                entry.ordinal = 0;
            }
        }
        self.by_day.sort_unstable();
        self.by_day.dedup();
        for entry in self.by_day.iter().filter(|entry| entry.ordinal == 0) {
            self.weekdays |= 1 << entry.weekday.index();
        }
    }
}

pub(super) const FREQUENCIES: [(Frequency, &str); 7] = [
    (Frequency::Secondly, "SECONDLY"),
    (Frequency::Minutely, "MINUTELY"),
    (Frequency::Hourly, "HOURLY"),
    (Frequency::Daily, "DAILY"),
    (Frequency::Weekly, "WEEKLY"),
    (Frequency::Monthly, "MONTHLY"),
    (Frequency::Yearly, "YEARLY"),
];

fn frequency(value: &str) -> Result<Frequency, RuleError> {
    FREQUENCIES
        .iter()
        .find(|(_, name)| name.eq_ignore_ascii_case(value))
        .map(|(frequency, _)| *frequency)
        .ok_or_else(|| Field::Freq.error(value, "one of SECONDLY to YEARLY"))
}

fn positive(field: Field, value: &str) -> Result<u32, RuleError> {
    match value.strip_prefix('+').unwrap_or(value).parse() {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) | Err(_) => Err(field.error(value, "a number of at least 1")),
    }
}

/// A list of numbers from `low` to `high` (at most 63), as bits.
fn set(
    field: Field,
    value: &str,
    low: u32,
    high: u32,
    expected: &'static str,
) -> Result<u64, RuleError> {
    let mut bits = 0;
    for item in value.split(',') {
        let number = digits(item.trim().as_bytes()).filter(|n| (low..=high).contains(n));
        bits |= 1_u64 << number.ok_or_else(|| field.error(value, expected))?;
    }
    Ok(bits)
}

/// A list of numbers from -`limit` to `limit` without 0, sorted, each once.
fn signed(
    field: Field,
    value: &str,
    limit: i16,
    expected: &'static str,
) -> Result<Vec<i16>, RuleError> {
    let mut numbers = Vec::new();
    for item in value.split(',') {
        let number = signed_number(item.trim()).filter(|n| *n != 0 && n.abs() <= limit);
        numbers.push(number.ok_or_else(|| field.error(value, expected))?);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

fn signed_number(item: &str) -> Option<i16> {
    let (sign, rest) = match item.as_bytes() {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let number = i16::try_from(digits(rest)?).ok()?;
    Some(sign * number)
}

fn by_day(value: &str) -> Result<Vec<ByDay>, RuleError> {
    value
        .split(',')
        .map(|item| day_entry(item.trim()))
        .collect::<Option<_>>()
        .ok_or_else(|| Field::ByDay.error(value, "weekdays as MO, 2TU or -1FR"))
}

fn day_entry(item: &str) -> Option<ByDay> {
    let (number, code) = item.split_at_checked(item.len().checked_sub(2)?)?;
    let weekday = Weekday::from_code(code)?;
    if number.is_empty() {
        return Some(ByDay { ordinal: 0, weekday });
    }
    let ordinal = signed_number(number).filter(|n| *n != 0 && n.abs() <= 53)?;
    Some(ByDay { ordinal: ordinal as i8, weekday })
}

/// Reads `20260131`, `20260131T235959` or `20260131T235959Z`, with or without dashes and colons.
fn until(value: &str) -> Option<Until> {
    let compact: String = value.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let text = compact.as_bytes();
    let part = |from: usize, to: usize| digits(text.get(from..to)?);
    let date = Date::new(part(0, 4)? as i32, part(4, 6)? as u8, part(6, 8)? as u8)?;
    if text.len() == 8 {
        return Some(Until::Date(date));
    }
    let (hour, minute, second) = (part(9, 11)?, part(11, 13)?, part(13, 15)?);
    if !text[8].eq_ignore_ascii_case(&b'T') || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let civil = Civil::new(date, hour * 3_600 + minute * 60 + second.min(59));
    match &text[15..] {
        b"" => Some(Until::Local(civil)),
        b"Z" | b"z" => Some(Until::Utc(Timestamp::from_seconds(civil.seconds()))),
        _ => None,
    }
}
