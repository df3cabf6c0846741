//! Dates and times as written: RFC 5545 sections 3.3.4 and 3.3.5.

use std::ops::Deref;

use kalends_recurrence::{Civil, Date, Timestamp, Zone};

/// A date or time as written, before its zone is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Date(Date),
    /// Without a word on its zone.
    Local(Civil),
    /// With a `Z`.
    Utc(Civil),
    /// With an offset in seconds, which RFC 5545 does not allow.
    Offset(Civil, i32),
}

/// Reads a date or a time; also with the dashes and colons of ISO 8601, without seconds, in lower
/// case, at 24:00 and in a second 60.
pub(crate) fn clock(text: &str) -> Option<Clock> {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let date = day(date)?;
    let Some(time) = time.filter(|time| !time.is_empty()) else {
        return Some(Clock::Date(date));
    };
    let (time, zone) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let civil = Civil::from(date).add_seconds(seconds_of_day(time)?);
    match zone {
        "" => Some(Clock::Local(civil)),
        "Z" | "z" => Some(Clock::Utc(civil)),
        offset => Some(Clock::Offset(civil, offset_seconds(offset)?)),
    }
}

/// `+hhmm`, `-hh:mm`, `+hhmmss` (RFC 5545 section 3.3.14).
pub(crate) fn offset_seconds(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let digits = compact(rest)?;
    let seconds = match digits.len() {
        2 => pair(&digits, 0)? * 3_600,
        4 => pair(&digits, 0)? * 3_600 + pair(&digits, 2)? * 60,
        6 => pair(&digits, 0)? * 3_600 + pair(&digits, 2)? * 60 + pair(&digits, 4)?,
        _ => return None,
    };
    (seconds < 86_400).then(|| sign * seconds as i32)
}

fn day(text: &str) -> Option<Date> {
    let digits = compact(text.trim())?;
    if digits.len() != 8 {
        return None;
    }
    let year = pair(&digits, 0)? * 100 + pair(&digits, 2)?;
    Date::new(year as i32, pair(&digits, 4)? as u8, pair(&digits, 6)? as u8)
}

fn seconds_of_day(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = compact(text.split(['.', ',']).next()?)?;
    let seconds = match digits.len() {
        4 => 0,
        6 => pair(&digits, 4)?.min(60),
        _ => return None,
    };
    let (hours, minutes) = (pair(&digits, 0)?, pair(&digits, 2)?);
    let last = hours == 24 && minutes == 0 && seconds == 0;
    (minutes < 60 && (hours < 24 || last))
        .then(|| i64::from(hours * 3_600 + minutes * 60 + seconds.min(59)))
}

/// The digits without dashes and colons; `None` where anything else stands, and of more digits
/// than any date or time has.
fn compact(text: &str) -> Option<Digits> {
    let mut digits = Digits { bytes: [0; DIGITS_MAX], len: 0 };
    for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b':')) {
        let place = digits.bytes.get_mut(digits.len)?;
        *place = Some(byte).filter(u8::is_ascii_digit)?;
        digits.len += 1;
    }
    (digits.len > 0).then_some(digits)
}

const DIGITS_MAX: usize = 8;

struct Digits {
    bytes: [u8; DIGITS_MAX],
    len: usize,
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

fn pair(digits: &[u8], at: usize) -> Option<u32> {
    let pair = digits.get(at..at + 2)?;
    Some(u32::from(pair[0] - b'0') * 10 + u32::from(pair[1] - b'0'))
}

/// `20260101`; what four digits cannot say becomes the first or the last day that they can.
pub(crate) fn date_text(date: Date) -> String {
    let (year, month, day) = date.ymd();
    match year {
        ..0 => "00000101".to_owned(),
        0..=9999 => format!("{year:04}{month:02}{day:02}"),
        10_000.. => "99991231".to_owned(),
    }
}

/// `20260101T090000`.
pub(crate) fn time_text(civil: Civil) -> String {
    let time = civil.seconds_of_day();
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{}T{hour:02}{minute:02}{second:02}", date_text(civil.date()))
}

/// `20260101T090000Z`.
pub(crate) fn utc_text(at: Timestamp) -> String {
    format!("{}Z", time_text(Zone::utc().civil(at)))
}

#[cfg(test)]
mod tests {
    use super::{clock, offset_seconds};

    #[test]
    fn times_are_read_in_every_form_that_occurs() {
        let cases = [
            ("20260102", "Some(Date(2026-01-02"),
            ("20260102T030405", "Local 2026-01-02T03:04:05"),
            ("20260102T030405Z", "Utc 2026-01-02T03:04:05"),
            ("2026-01-02T03:04:05Z", "Utc 2026-01-02T03:04:05"),
            ("20260102t030405z", "Utc 2026-01-02T03:04:05"),
            ("20260102T0304", "Local 2026-01-02T03:04:00"),
            ("20260102T240000", "Local 2026-01-03T00:00:00"),
            ("20260102T030460", "Local 2026-01-02T03:04:59"),
            ("20260102T030405.123Z", "Utc 2026-01-02T03:04:05"),
            ("20260102T030405+0200", "Offset 2026-01-02T03:04:05 7200"),
            ("16010101T000000", "Local 1601-01-01T00:00:00"),
            ("99991231T235959Z", "Utc 9999-12-31T23:59:59"),
        ];
        for (written, meant) in cases {
            let found = match clock(written).expect(written) {
                super::Clock::Date(date) => format!("Some(Date({date}"),
                super::Clock::Local(civil) => format!("Local {civil}"),
                super::Clock::Utc(civil) => format!("Utc {civil}"),
                super::Clock::Offset(civil, offset) => format!("Offset {civil} {offset}"),
            };
            assert_eq!(found, meant, "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "T", "20261301", "20260230T000000", "20260101T250000", "tomorrow", "2026"]
        {
            assert_eq!(clock(text), None, "{text}");
        }
        assert_eq!(offset_seconds("+5"), None);
        assert_eq!(offset_seconds("-0530"), Some(-19_800));
    }
}
