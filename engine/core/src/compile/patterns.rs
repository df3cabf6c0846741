//! Which series a target holds that keeps them as patterns.

use std::collections::BTreeSet;

use super::project::Compile;
use super::series;
use crate::event::Body;
use crate::form;
use crate::instances;
use crate::time::{Pattern, Timestamp};

const DAY_SECONDS: i64 = 86_400;

/// Whether a pattern says the series as the target is to show it: one rule that is a pattern, no
/// instance beside it, none as long as the next one is away, and no instance on the day of another
/// or past it but changed ones, which can stand beside it. What a pattern means in a month without
/// its day is only believed, so such a series is written so that it shows the same either way.
pub(super) fn can_say(c: &Compile<'_>) -> bool {
    let body = series::series(c, &series::without_tails(c));
    let start = &body.content.span.start;
    let Some(recurrence) = &body.recurrence else { return true };
    let [rule] = recurrence.rules.as_slice() else { return false };
    let Some(pattern) = Pattern::of(start, rule) else { return false };
    if pattern.every.long_day().is_some() {
        return false;
    }
    let (days, seconds) = form::length_parts(start, body.content.span.length);
    let length = i64::from(days) * DAY_SECONDS + seconds;
    recurrence.extras.is_empty()
        && length <= pattern.gap_days_min() * DAY_SECONDS
        && out_of_order(c, &body).is_some()
}

/// The changed instances, by the keys of their original starts, that are on the day of another one
/// or past it: without them the instances follow each other, a day each. `None` where they do not.
pub(super) fn out_of_order(c: &Compile<'_>, body: &Body) -> Option<BTreeSet<Timestamp>> {
    let keys = body.exceptions.iter().flat_map(|exception| {
        [form::key(&exception.original), form::key(&exception.content.span.start)]
    });
    let (first, last) = keys.fold((Timestamp::MAX, Timestamp::MIN), |(first, last), key| {
        (first.min(key), last.max(key))
    });
    if first > last {
        return Some(BTreeSet::new());
    }
    let days = |days: i64| days * DAY_SECONDS * 1_000;
    let range = first.saturating_add_millis(days(-2))..last.saturating_add_millis(days(2));
    let all = instances::occurrences(body, range, c.view());
    // One that the rule does not give has no place among the others.
    let alone = Body { exceptions: Vec::new(), ..body.clone() };
    let given = body.exceptions.iter().all(|e| series::gives(c, &alone, &e.original));
    if !given || all.cut {
        return None;
    }
    let start = &body.content.span.start;
    let mut placed: Vec<Placed> = all
        .list
        .iter()
        .map(|one| Placed {
            key: form::key(&one.original),
            of: one.original.civil().date().days(),
            on: form::in_form_of(start, &one.span.start).civil().date().days(),
        })
        .collect();
    placed.sort_unstable_by_key(|one| one.key);
    ordered(placed)
}

/// An instance between the others.
struct Placed {
    key: Timestamp,
    /// The day its series gives it.
    of: i32,
    /// The day it is on.
    on: i32,
}

impl Placed {
    const fn moved_by(&self) -> u32 {
        self.on.abs_diff(self.of)
    }
}

/// Those that have to go so that the others follow each other: of two that do not, the one that was
/// moved farther.
fn ordered(placed: Vec<Placed>) -> Option<BTreeSet<Timestamp>> {
    let (mut kept, mut apart): (Vec<Placed>, _) = (Vec::new(), BTreeSet::new());
    for one in placed {
        let mut stays = true;
        while let Some(before) = kept.pop_if(|before| before.on >= one.on) {
            if before.moved_by() == 0 && one.moved_by() == 0 {
                return None;
            }
            if one.moved_by() > before.moved_by() {
                apart.insert(one.key);
                kept.push(before);
                stays = false;
                break;
            }
            apart.insert(before.key);
        }
        if stays {
            kept.push(one);
        }
    }
    Some(apart)
}
