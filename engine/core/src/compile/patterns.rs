//! Which series a target holds that keeps them as patterns.

use super::project::Compile;
use super::series;
use crate::event::Body;
use crate::form;
use crate::instances;
use crate::time::{Pattern, Timestamp};

const DAY_SECONDS: i64 = 86_400;

/// Whether a pattern says the series as the target is to show it: one rule that is a pattern, no
/// instance beside it, none as long as the next one is away, and no changed one on the day of
/// another or past it.
pub(super) fn can_say(c: &Compile<'_>) -> bool {
    let body = series::series(c, &series::without_tails(c));
    let start = &body.content.span.start;
    let Some(recurrence) = &body.recurrence else { return true };
    let [rule] = recurrence.rules.as_slice() else { return false };
    let Some(pattern) = Pattern::of(start, rule) else { return false };
    let (days, seconds) = form::length_parts(start, body.content.span.length);
    let length = i64::from(days) * DAY_SECONDS + seconds;
    recurrence.extras.is_empty()
        && length <= pattern.gap_days_min() * DAY_SECONDS
        && keeps_its_order(c, &body)
}

/// Whether the instances follow each other, a day each, in the order of their original starts.
fn keeps_its_order(c: &Compile<'_>, body: &Body) -> bool {
    let keys = body.exceptions.iter().flat_map(|exception| {
        [form::key(&exception.original), form::key(&exception.content.span.start)]
    });
    let (first, last) = keys.fold((Timestamp::MAX, Timestamp::MIN), |(first, last), key| {
        (first.min(key), last.max(key))
    });
    if first > last {
        return true;
    }
    let days = |days: i64| days * DAY_SECONDS * 1_000;
    let range = first.saturating_add_millis(days(-2))..last.saturating_add_millis(days(2));
    let all = instances::occurrences(body, range, c.view());
    let mut placed: Vec<_> = all
        .list
        .iter()
        .map(|one| {
            let own = form::in_form_of(&body.content.span.start, &one.span.start);
            (form::key(&one.original), own.civil().date())
        })
        .collect();
    placed.sort_unstable();
    // One that the rule does not give has no place among the others.
    let alone = Body { exceptions: Vec::new(), ..body.clone() };
    let given = body.exceptions.iter().all(|e| series::gives(c, &alone, &e.original));
    given && !all.cut && placed.windows(2).all(|pair| pair[0].1 < pair[1].1)
}
