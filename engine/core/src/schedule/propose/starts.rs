//! When the meeting could begin: every time of the grid, with its repeats.

use core::ops::Range;

use super::ask::Wish;
use crate::schedule::local::even;
use crate::time::{Gap, Timestamp};

const MINUTE_MS: i64 = 60_000;
const WEEK_SECONDS: i64 = 7 * 86_400;

/// All meetings of one start.
pub(super) type Meetings = Vec<Range<Timestamp>>;

/// The starts on the grid, the earliest first, whose first meeting fits into the range.
pub(super) fn starts(wish: &Wish) -> impl Iterator<Item = Meetings> {
    let step_ms = i64::from(wish.grid_minutes.max(1)) * MINUTE_MS;
    let parts = if wish.length_ms > 0 { even(&wish.zone, &wish.range) } else { Vec::new() };
    parts.into_iter().flat_map(move |(part, offset_ms)| {
        let civil = part.start.as_millis() + offset_ms;
        let first = civil.div_euclid(step_ms) + i64::from(civil.rem_euclid(step_ms) > 0);
        let instants = (first..).map(move |n| Timestamp::from_millis(n * step_ms - offset_ms));
        instants
            .take_while(move |at| *at < part.end && fits(wish, *at))
            .map(|at| meetings(wish, at))
    })
}

fn fits(wish: &Wish, start: Timestamp) -> bool {
    start.saturating_add_millis(wish.length_ms) <= wish.range.end
}

/// The meeting and its repeats, at the same time of day by the wish's clock.
fn meetings(wish: &Wish, start: Timestamp) -> Meetings {
    let civil = wish.zone.civil(start);
    let at = |n: u16| match n {
        0 => start,
        _ => wish.zone.instant(civil.add_seconds(i64::from(n) * WEEK_SECONDS), Gap::Shift),
    };
    let times = wish.repeat.map_or(1, |repeat| repeat.times.max(1));
    (0..times).map(at).map(|at| at..at.saturating_add_millis(wish.length_ms)).collect()
}
