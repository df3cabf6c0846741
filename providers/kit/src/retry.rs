//! When to try again.

use kalends_core::http_date::http_date;
use kalends_core::ports::HttpHead;
use kalends_core::time::Timestamp;

/// The longest rest a provider can ask for; more is taken as this: one day.
pub const RETRY_AFTER_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// The shortest: less is taken as this.
const RETRY_AFTER_MS_MIN: i64 = 1_000;

/// The time before which the provider does not want to be asked (RFC 9110 section 10.2.3).
///
/// Seconds, whole or decimal, or a date; a date is measured against the answer's own `Date`, so that
/// a server with a wrong clock still says how long. A time that does not lie ahead says nothing: a
/// server that fails has rest all the same.
#[must_use]
pub fn retry_at(head: &HttpHead, now: Timestamp) -> Option<Timestamp> {
    let value = head.header("retry-after")?.trim();
    let wait_ms = match decimal_seconds_ms(value) {
        Some(ms) => ms,
        None => {
            let until = http_date(value)?;
            let server_now = head.header("date").and_then(http_date).unwrap_or(now);
            until.as_millis().saturating_sub(server_now.as_millis())
        }
    };
    let is_ahead = wait_ms > 0;
    let wait_ms = wait_ms.clamp(RETRY_AFTER_MS_MIN, RETRY_AFTER_MS_MAX);
    is_ahead.then(|| now.saturating_add_millis(wait_ms))
}

fn decimal_seconds_ms(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    if negative {
        return Some(0);
    }
    // More digits than fit are more than the cap.
    let seconds = whole.parse::<i64>().unwrap_or(i64::MAX);
    let millis = format!("{part:0<3}").get(..3).and_then(|s| s.parse::<i64>().ok()).unwrap_or(0);
    Some(seconds.saturating_mul(1000).saturating_add(millis))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(784_111_777);

    fn wait(value: &str) -> Option<i64> {
        let head = HttpHead { status: 503, headers: vec![("retry-after".into(), value.into())] };
        retry_at(&head, NOW).map(|at| at.millis_since(NOW))
    }

    #[test]
    fn waits_are_read_and_capped() {
        assert_eq!(wait("120"), Some(120_000));
        assert_eq!(wait("1.5"), Some(1_500));
        assert_eq!(wait("0.02"), Some(RETRY_AFTER_MS_MIN));
        assert_eq!(wait("0"), None);
        assert_eq!(wait("-7"), None);
        assert_eq!(wait("31536000"), Some(RETRY_AFTER_MS_MAX));
        assert_eq!(wait("99999999999999999999999"), Some(RETRY_AFTER_MS_MAX));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60_000));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), None);
        assert_eq!(wait("soon"), None);
        assert_eq!(wait(""), None);
        assert_eq!(wait("1e9"), None);
    }

    #[test]
    fn a_date_is_measured_by_the_servers_own_clock() {
        let head = HttpHead {
            status: 503,
            headers: vec![
                ("retry-after".into(), "Sun, 06 Nov 1994 12:01:00 GMT".into()),
                ("date".into(), "Sun, 06 Nov 1994 12:00:00 GMT".into()),
            ],
        };
        assert_eq!(retry_at(&head, NOW).unwrap().millis_since(NOW), 60_000);
    }

    proptest! {
        #[test]
        fn no_header_panics(text in "\\PC{0,40}") {
            let _ = wait(&text);
        }
    }
}
