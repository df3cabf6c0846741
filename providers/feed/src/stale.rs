//! When a feed that was not read is called stale.

use crate::token::Token;

/// However often a publisher wants it to be read, no feed is stale before that, in milliseconds.
const AT_LEAST_MS: i64 = 86_400_000;
/// Whatever a server says of how long its answers may be kept, each feed is stale after that, in
/// milliseconds.
const AT_MOST_MS: i64 = 30 * AT_LEAST_MS;

/// After how many milliseconds without a successful read what is known of a feed is stale: a day, or
/// twice the time that its publisher wants it to be left between two reads, where that is longer, up
/// to thirty days.
///
/// `token`: that of its last listing; of another there is no such time but the day.
#[must_use]
pub fn stale_after_ms(token: &str) -> i64 {
    let refresh_s = Token::from_text(token).and_then(|token| token.refresh_s).unwrap_or(0);
    refresh_s.saturating_mul(2_000).clamp(AT_LEAST_MS, AT_MOST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a weekly feed that is stale after a day, one that is to be read each minute and is
    /// stale as soon as nobody syncs, and one whose cache keeps answers for a year.
    #[test]
    fn a_feed_is_stale_after_a_day_or_twice_its_own_time() {
        let token = |refresh_s| Token { refresh_s, ..Token::default() }.to_text();
        let day = 86_400_000;
        assert_eq!(stale_after_ms(&token(Some(7 * 86_400))), 14 * day);
        for other in [token(Some(60)), token(None), "of another provider".to_owned()] {
            assert_eq!(stale_after_ms(&other), day);
        }
        for ever in [365 * 86_400, i64::MAX] {
            assert_eq!(stale_after_ms(&token(Some(ever))), 30 * day);
        }
    }
}
