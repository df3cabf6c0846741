//! Tokens that count seconds.
//!
//! SOGo's token is the second of the last change. What changes in that second behind the answer gives the
//! calendar no other token, and nobody would ask again until something else changes.

use kalends_core::http_date::http_date;
use kalends_kit::Reply;

/// A token to go on from: one that is no older than the answer that it came with is taken a second back, so
/// that the calendar shows another, is asked again, and tells that second once more.
pub(crate) fn settled(token: String, reply: &Reply) -> String {
    let Some(answered) = reply.head.header("date").and_then(http_date) else { return token };
    let answered = answered.as_millis().div_euclid(1_000);
    match token.parse::<i64>() {
        // The answer may have been worked out in the second before its date.
        Ok(second) if (answered - 1..=answered + 1).contains(&second) => (second - 1).to_string(),
        Ok(_) | Err(_) => token,
    }
}
