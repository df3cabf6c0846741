//! What speaks for and against a start, in points.

use core::ops::Range;

use super::ask::{Seat, Taste, Wish};
use crate::schedule::Stretch;
use crate::schedule::local::{self, cut};
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

/// The points of one seat for one start; `None` where it cannot take part.
pub(super) fn seat_points(
    seat: &Seat<'_>,
    meetings: &[Range<Timestamp>],
) -> Option<Vec<(Reason, i64)>> {
    let mut out = Vec::new();
    for meeting in meetings {
        let free = i64::from(free_permille(seat.time, meeting)?);
        out.push((Reason::Perhaps, (free - 1_000) / 10));
        out.extend(seat.tastes.iter().map(|taste| (Reason::Taste, liked(taste, seat, meeting))));
    }
    out.retain(|(_, points)| *points != 0);
    Some(out)
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

fn liked(taste: &Taste, seat: &Seat<'_>, meeting: &Range<Timestamp>) -> i64 {
    let parts = local::parts(&seat.zone, meeting, &taste.minutes, taste.days);
    let inside: i64 = parts
        .iter()
        .filter_map(|part| cut(part, meeting))
        .map(|part| part.end.millis_since(part.start))
        .sum();
    let whole = inside == meeting.end.millis_since(meeting.start);
    let counts = if taste.points > 0 { whole } else { inside > 0 };
    if counts { i64::from(taste.points) } else { 0 }
}
