//! The offsets of a zone, laid out for two searches: by instant and by wall-clock time.

use std::ops::Range;

use jiff::Timestamp as Instant;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Timestamp;

/// 1800-01-01T00:00:00Z: before every zone's first change.
const FIRST: i64 = -5_364_662_400;
/// 2100-01-01T00:00:00Z: from here on jiff is asked each time.
const LAST: i64 = 4_102_444_800;
/// The years of the table where a zone is one rule without a beginning, as a POSIX string is.
const FIRST_OF_RULE: i64 = -2_208_988_800;

/// The offsets of one zone.
#[derive(Debug)]
pub(super) struct Table {
    zone: TimeZone,
    /// Seconds since the epoch at which the offset changes, rising.
    starts: Vec<i64>,
    /// For each change, the wall-clock time from which on the later offset is the one to use: the
    /// end of the gap, or of the first pass through a fold.
    walls: Vec<i64>,
    /// The offset before the first change, and the one after each.
    offsets: Vec<i32>,
}

/// A stretch of wall-clock time with one offset, in which every time exists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) offset: i64,
}

impl Table {
    pub(super) fn new(zone: TimeZone) -> Self {
        let first = if zone.iana_name().is_some() { FIRST } else { FIRST_OF_RULE };
        let begin = instant(first);
        let mut offsets = vec![zone.to_offset(begin).seconds()];
        let (mut starts, mut walls) = (Vec::new(), Vec::new());
        for change in zone.following(begin) {
            let at = change.timestamp().as_second();
            if at >= LAST {
                break;
            }
            let (before, after) = (offsets[offsets.len() - 1], change.offset().seconds());
            if before != after {
                starts.push(at);
                walls.push(at + i64::from(before.max(after)));
                offsets.push(after);
            }
        }
        Self { zone, starts, walls, offsets }
    }

    /// Where the table ends: 2100-01-01T00:00:00Z.
    pub(super) const END: i64 = LAST;

    /// The offset before the first of the changes, and the one after each; rising, and apart from
    /// each other. None follow the last one.
    pub(super) fn of_changes(before: i32, changes: Vec<(i64, i32)>) -> Option<Self> {
        let last = changes.last().map_or(before, |(_, offset)| *offset);
        let zone = jiff::tz::Offset::from_seconds(last).ok()?.to_time_zone();
        let mut table = Self { zone, starts: Vec::new(), walls: Vec::new(), offsets: vec![before] };
        let mut held = before;
        for (at, after) in changes {
            if after != held {
                table.starts.push(at);
                table.walls.push(at + i64::from(held.max(after)));
                table.offsets.push(after);
                held = after;
            }
        }
        Some(table)
    }

    /// Seconds east of UTC at an instant.
    pub(super) fn offset_at(&self, seconds: i64) -> i32 {
        if seconds >= LAST {
            return self.zone.to_offset(instant(seconds)).seconds();
        }
        self.offsets[self.starts.partition_point(|start| *start <= seconds)]
    }

    /// The instant of a wall-clock time, and the stretch it lies in; no stretch for a time that
    /// does not exist.
    pub(super) fn resolve(&self, wall: i64) -> (i64, Option<Stretch>) {
        let index = self.walls.partition_point(|from| *from <= wall);
        let offset = i64::from(self.offsets[index]);
        let seconds = wall - offset;
        let next = self.starts.get(index).copied().unwrap_or(LAST);
        if seconds >= LAST {
            return self.resolve_late(wall);
        }
        let from = index.checked_sub(1).map_or(i64::MIN, |before| self.walls[before]);
        let stretch = Stretch { from, to: next + offset, offset };
        (seconds, (seconds < next).then_some(stretch))
    }

    fn resolve_late(&self, wall: i64) -> (i64, Option<Stretch>) {
        let ambiguous = self.zone.to_ambiguous_timestamp(wall_clock(wall));
        let exists = !matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        let seconds = ambiguous.compatible().map_or(wall, Instant::as_second);
        let stretch = Stretch { from: wall, to: wall + 1, offset: wall - seconds };
        (seconds, exists.then_some(stretch))
    }

    /// The changes after `from` and before `to`.
    pub(super) fn changes(&self, from: i64, to: i64) -> Vec<(Timestamp, i32)> {
        let range = self.starts.iter().zip(&self.offsets[1..]);
        range
            .filter(|(start, _)| (from + 1..to).contains(*start))
            .map(|(start, offset)| (Timestamp::from_seconds(*start), *offset))
            .collect()
    }

    /// The wall-clock times left out by changes from about `from` to `to`, as far as the table goes.
    pub(super) fn gaps(&self, from: i64, to: i64) -> impl Iterator<Item = Range<i64>> {
        const DAY: i64 = 86_400;
        let first = self.starts.partition_point(|start| *start < from.saturating_sub(DAY));
        let last = self.starts.partition_point(|start| *start < to.saturating_add(DAY));
        (first..last.max(first)).filter_map(|index| {
            let (before, after) = (self.offsets[index], self.offsets[index + 1]);
            let start = self.starts[index];
            (after > before).then(|| start + i64::from(before)..start + i64::from(after))
        })
    }

    /// The smallest and the largest offset between two instants.
    pub(super) fn offsets_between(&self, from: i64, to: i64) -> (i64, i64) {
        let first = self.starts.partition_point(|start| *start <= from);
        let last = self.starts.partition_point(|start| *start <= to);
        let late = (to >= LAST).then(|| &self.offsets[self.offsets.len().saturating_sub(3)..]);
        let seen = self.offsets[first..=last.max(first)].iter();
        let seen = seen.chain(late.unwrap_or_default());
        seen.fold((i64::MAX, i64::MIN), |(low, high), offset| {
            (low.min(i64::from(*offset)), high.max(i64::from(*offset)))
        })
    }
}

fn instant(seconds: i64) -> Instant {
    let (low, high) = (Instant::MIN.as_second(), Instant::MAX.as_second());
    Instant::from_second(seconds.clamp(low, high)).unwrap_or(Instant::MAX)
}

fn wall_clock(seconds: i64) -> DateTime {
    TimeZone::UTC.to_datetime(instant(seconds))
}
