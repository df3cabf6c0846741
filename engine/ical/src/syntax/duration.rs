//! DURATION: RFC 5545 section 3.3.6.

use kalends_recurrence::Length;

/// Reads a duration: days on the wall and exact seconds, both under the sign. Weeks may stand
/// beside days.
pub(crate) fn duration(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let text = text.strip_prefix(['P', 'p'])?;
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = total(date, &[('W', 7), ('D', 1)])?;
    let seconds = total(time, &[('H', 3_600), ('M', 60), ('S', 1)])?;
    Some((sign * days, sign * seconds))
}

/// The sum of `<number><unit>` for units of these names and sizes.
fn total(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let unit = rest[end..].chars().next()?;
        let (_, size) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(&unit))?;
        let count: i64 = rest[..end].parse().ok().filter(|count| *count <= 1 << 40)?;
        sum = sum.checked_add(count.checked_mul(*size)?)?;
        rest = &rest[end + unit.len_utf8()..];
    }
    Some(sum)
}

/// Writes a length as a duration; a negative one as none.
pub(crate) fn duration_text(length: Length) -> String {
    let (days, seconds) = match length {
        Length::Exact(seconds) => (0, seconds.max(0)),
        Length::Nominal { days, seconds } => (days.max(0), seconds.max(0)),
    };
    let mut out = String::from("P");
    if days > 0 {
        out.push_str(&format!("{days}D"));
    }
    if seconds > 0 || days == 0 {
        out.push('T');
    }
    let parts = [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M'), (seconds % 60, 'S')];
    for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
        out.push_str(&format!("{count}{unit}"));
    }
    if days == 0 && seconds == 0 {
        out.push_str("0S");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{duration, duration_text};
    use kalends_recurrence::Length;

    #[test]
    fn durations_are_read_with_their_days_apart() {
        let cases = [
            ("PT1H30M", Some((0, 5_400))),
            ("P1D", Some((1, 0))),
            ("PT24H", Some((0, 86_400))),
            ("P2W", Some((14, 0))),
            ("P1DT2H3M4S", Some((1, 7_384))),
            ("-PT15M", Some((0, -900))),
            ("+P1D", Some((1, 0))),
            ("pt1h", Some((0, 3_600))),
            ("PT0S", Some((0, 0))),
            ("P", None),
            ("1H", None),
            ("PT1X", None),
            ("PT5", None),
            ("PT99999999999999999999S", None),
        ];
        for (written, meant) in cases {
            assert_eq!(duration(written), meant, "{written}");
        }
    }

    #[test]
    fn durations_are_written_short() {
        assert_eq!(duration_text(Length::Exact(5_400)), "PT1H30M");
        assert_eq!(duration_text(Length::Exact(0)), "PT0S");
        assert_eq!(duration_text(Length::Nominal { days: 2, seconds: 0 }), "P2D");
        assert_eq!(duration_text(Length::Nominal { days: 1, seconds: 60 }), "P1DT1M");
    }
}
