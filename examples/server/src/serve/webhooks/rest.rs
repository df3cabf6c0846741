//! How long it is waited before something is told again.

use kalends::core::ports::HttpHead;
use kalends::core::time::Timestamp;
use kalends_kit::retry_at;

/// Seconds until the next try, after each that failed, as Standard Webhooks proposes: over three days.
/// Behind the last of them the message is dead.
const REST_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// What failed together is not tried together again: a rest is longer by up to a tenth.
const SPREAD: i64 = 10;
/// How long an endpoint that is asked for too much is told nothing, in milliseconds, where it does not
/// say so itself.
const TOO_MUCH_MS: i64 = 60_000;

/// When a message is tried again that was tried so often before; `None`: never. `drawn` is any byte.
pub(super) fn next_try(tries: u32, drawn: u8, now: Timestamp) -> Option<Timestamp> {
    let rest_ms = REST_S.get(tries as usize)? * 1_000;
    let more_ms = rest_ms * i64::from(drawn) / (SPREAD * 255);
    Some(now.saturating_add_millis(rest_ms + more_ms))
}

/// Until when an endpoint that answered like this is told nothing at all.
pub(super) fn rests_until(head: &HttpHead, now: Timestamp) -> Option<Timestamp> {
    let is_too_much = matches!(head.status, 429 | 502 | 504);
    retry_at(head, now).or_else(|| is_too_much.then(|| now.saturating_add_millis(TOO_MUCH_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    /// Catches a message that is given up before days have gone by, one that is tried for ever, and
    /// endpoints that are all asked again at one moment.
    #[test]
    fn a_message_is_tried_for_three_days_at_times_of_its_own() {
        let wait_ms = |tries, drawn| Some(next_try(tries, drawn, NOW)?.millis_since(NOW));
        assert_eq!((wait_ms(0, 0), wait_ms(0, 255)), (Some(5_000), Some(5_500)));
        let all: i64 = (0..).map_while(|tries| wait_ms(tries, 0)).sum();
        assert_eq!(all, (75 * 60 + 35) * 60_000 + 5_000);
    }

    /// Catches an endpoint that is told the next message although it asked for a rest.
    #[test]
    fn an_endpoint_rests_as_long_as_it_says() {
        let rests_ms = |status, retry_after: Option<&str>| {
            let headers = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
            let head = HttpHead { status, headers: headers.into_iter().collect() };
            Some(rests_until(&head, NOW)?.millis_since(NOW))
        };
        assert_eq!(rests_ms(503, Some("120")), Some(120_000));
        assert_eq!(rests_ms(429, Some("1")), Some(1_000));
        assert_eq!(rests_ms(504, Some("soon")), Some(TOO_MUCH_MS));
        assert_eq!((rests_ms(429, None), rests_ms(500, None)), (Some(TOO_MUCH_MS), None));
    }
}
