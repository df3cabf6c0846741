//! Fixed offsets: how they are stored, and how they are found.

use crate::parse::digits;

/// `+05:30`, with seconds only if there are any.
pub(super) fn name(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3_600, all / 60 % 60, all % 60);
    match rest {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        rest => format!("{sign}{hours:02}:{minutes:02}:{rest:02}"),
    }
}

/// Seconds east of UTC out of the stored form.
pub(super) fn stored(text: &str) -> Option<i32> {
    offset(text).filter(|seconds| name(*seconds) == text)
}

/// Seconds east of UTC out of `GMT-0500`, `UTC+02:00`, `+0530` or `UTC-8`.
pub(super) fn found(text: &str) -> Option<i32> {
    let rest = ["UTC", "GMT"].into_iter().find_map(|prefix| {
        let (head, tail) = text.split_at_checked(3)?;
        head.eq_ignore_ascii_case(prefix).then_some(tail)
    });
    offset(rest.unwrap_or(text).trim())
}

fn offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes() {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let compact: Vec<u8> = rest.iter().copied().filter(|byte| *byte != b':').collect();
    let (hours, rest) = match compact.len() {
        1 | 2 => (&compact[..], &compact[..0]),
        3 | 5 => compact.split_at(1),
        4 | 6 => compact.split_at(2),
        _ => return None,
    };
    let pair = |from: usize| rest.get(from..from + 2).map_or(Some(0), digits);
    let (hours, minutes, seconds) = (digits(hours)?, pair(0)?, pair(2)?);
    (hours < 25 && minutes < 60 && seconds < 60)
        .then(|| sign * (hours * 3_600 + minutes * 60 + seconds) as i32)
}
