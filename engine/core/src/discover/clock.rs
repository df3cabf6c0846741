//! Whether the host's clock can be trusted with what destroys.

use crate::cursor::{ClockWord, Health};
use crate::time::Timestamp;

const DAY_MILLIS: i64 = 86_400_000;

/// What an account says of the clock: by the time that its provider shows, or, where it shows none,
/// by whether the clock jumped since it answered last: behind by anything, or ahead by more than a
/// day. A jump that no provider confirms is believed from the next answer on, since time may well
/// have passed.
pub(super) fn word(health: &mut Health, shown: Option<Timestamp>, now: Timestamp) -> ClockWord {
    let last = health.seen_at;
    let jumped = last.is_some_and(|at| now < at || now > at.saturating_add_millis(DAY_MILLIS));
    let word = match shown {
        Some(date) if now.millis_since(date).abs() <= DAY_MILLIS => ClockWord::Agrees,
        Some(_) => ClockWord::Differs,
        None if jumped => ClockWord::Jumped,
        None => ClockWord::WentOn,
    };
    if word.is_trusted() || (shown.is_none() && last.is_none_or(|at| now > at)) {
        health.seen_at = Some(now);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DAY_MILLIS;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn seen(millis: i64) -> Health {
        Health { seen_at: Some(at(millis)), ..Health::default() }
    }

    fn agrees(health: &mut Health, shown: Option<Timestamp>, now: Timestamp) -> bool {
        word(health, shown, now).is_trusted()
    }

    #[test]
    fn a_clock_that_goes_on_is_trusted_and_one_that_jumps_is_not() {
        assert!(agrees(&mut Health::default(), None, at(5 * DAY)));
        assert!(agrees(&mut seen(5 * DAY), None, at(5 * DAY + 1)));
        assert!(!agrees(&mut seen(5 * DAY), None, at(5 * DAY - 3_600_000)));
        assert!(!agrees(&mut seen(5 * DAY), None, at(7 * DAY)));
    }

    #[test]
    fn a_provider_that_agrees_settles_it_and_one_that_does_not_too() {
        assert!(agrees(&mut seen(5 * DAY), Some(at(9 * DAY)), at(9 * DAY + 60_000)));
        assert!(!agrees(&mut seen(5 * DAY), Some(at(5 * DAY)), at(9 * DAY)));
        assert!(!agrees(&mut Health::default(), Some(at(5 * DAY)), at(9 * DAY)));
    }

    #[test]
    fn a_jump_ahead_that_nobody_confirms_is_believed_from_the_next_answer_on() {
        let mut health = seen(5 * DAY);
        assert!(!agrees(&mut health, None, at(9 * DAY)));
        assert!(agrees(&mut health, None, at(9 * DAY + 60_000)));
    }

    #[test]
    fn silence_outvotes_nobody_and_a_time_that_differs_outvotes_all() {
        use ClockWord::{Agrees, Differs, Jumped, WentOn};
        let new = word(&mut Health::default(), None, at(400 * DAY));
        for (words, trusted) in [
            (vec![new], true),
            (vec![new, Jumped], false),
            (vec![Jumped, Agrees, WentOn], true),
            (vec![Differs, new], false),
            (vec![Agrees, Differs, WentOn, Jumped], false),
        ] {
            let heaviest = words.iter().max().copied().unwrap_or_default();
            assert_eq!(heaviest.is_trusted(), trusted, "{words:?}");
        }
    }
}
