//! What speaks for and against a start, in points.

use core::ops::Range;

use super::ask::{Seat, Taste, Wish};
use crate::read::merge;
use crate::schedule::Stretch;
use crate::schedule::local;
use crate::time::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// Points with their reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Why.
    pub reason: Reason,
    /// Whose, by the place in the list of seats; `None`: the meeting's.
    pub seat: Option<usize>,
    /// How many; below zero they speak against it.
    pub points: i64,
}

/// Why there are points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A tentative event, or an invitation without an answer, is in the way: up to 100 a meeting.
    Perhaps,
    /// A time of day that they like, or would rather keep free.
    Taste,
    /// It was this seat's turn more often than the others'.
    Turn,
    /// A role is filled that the meeting could do without.
    Optional,
    /// It is later than it could be.
    Later,
}

/// A seat with its tastes told as times, once for all starts.
pub(super) struct Sitter<'a> {
    time: &'a [Stretch],
    tastes: Vec<(Vec<Range<Timestamp>>, i64)>,
}

impl<'a> Sitter<'a> {
    pub(super) fn new(wish: &Wish, seat: &Seat<'a>) -> Self {
        let range = wish.range.start..last_end(wish);
        let times = |taste: &Taste| {
            let parts = local::parts(&seat.zone, &range, &taste.minutes, taste.days);
            (merge(parts), i64::from(taste.points))
        };
        Self { time: seat.time, tastes: seat.tastes.iter().map(times).collect() }
    }

    /// Its points for one start; `None` where it cannot take part.
    pub(super) fn points(&self, meetings: &[Range<Timestamp>]) -> Option<Vec<(Reason, i64)>> {
        let mut out = Vec::new();
        for meeting in meetings {
            let free = i64::from(free_permille(self.time, meeting)?);
            out.push((Reason::Perhaps, (free - 1_000) / 10));
            let tastes =
                self.tastes.iter().filter(|(times, points)| tells(times, *points, meeting));
            out.extend(tastes.map(|(_, points)| (Reason::Taste, *points)));
        }
        out.retain(|(_, points)| *points != 0);
        Some(out)
    }
}

/// No repeat of the meeting ends later.
fn last_end(wish: &Wish) -> Timestamp {
    let weeks = wish.repeat.map_or(0, |repeat| i64::from(repeat.times));
    wish.range.end.saturating_add_millis(weeks * (7 * DAY_MS) + DAY_MS)
}

/// Points for how late it begins, by whole days.
pub(super) fn later(wish: &Wish, start: Timestamp) -> i64 {
    -i64::from(wish.points_a_day) * (start.millis_since(wish.range.start) / DAY_MS)
}

/// The lowest chance to be free during the meeting; `None` where it is none at any time of it.
fn free_permille(time: &[Stretch], meeting: &Range<Timestamp>) -> Option<u16> {
    let first = time.partition_point(|stretch| stretch.range.end <= meeting.start);
    let (mut at, mut least) = (meeting.start, 1_000);
    for stretch in &time[first..] {
        if at >= meeting.end {
            break;
        }
        if stretch.range.start > at || stretch.free_permille == 0 {
            return None;
        }
        least = least.min(stretch.free_permille);
        at = stretch.range.end;
    }
    (at >= meeting.end).then_some(least)
}

/// Whether a taste counts: one that gives points where the meeting lies inside as a whole, one that
/// takes them where any of it does.
fn tells(times: &[Range<Timestamp>], points: i64, meeting: &Range<Timestamp>) -> bool {
    let first = times.partition_point(|time| time.end <= meeting.start);
    times.get(first).is_some_and(|time| {
        let whole = time.start <= meeting.start && meeting.end <= time.end;
        if points > 0 { whole } else { time.start < meeting.end }
    })
}
