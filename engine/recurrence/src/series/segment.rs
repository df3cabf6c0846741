//! Stretches of a series that are placed alike: the series itself up to the first override with
//! RANGE=THISANDFUTURE, and each of these up to the next.

use std::ops::Range;

use super::frame::{END_OF_TIME, Frame, Original, START_OF_TIME};
use super::keys::Keys;
use super::model::{Change, Instance};
use crate::civil::DAY_SECONDS;
use crate::zone::Resolver;
use crate::{Civil, Length, Timestamp, When, Zone};

/// How originals of a stretch become instances.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    /// The instants of its originals.
    pub(super) originals: Range<i64>,
    /// How far its instances move on the wall.
    shift: i64,
    /// Whether start and original differ at all.
    moved: bool,
    resolver: Resolver<'a>,
    length: Length,
    dated: bool,
    overridden: Option<usize>,
}

impl<'a> Segment<'a> {
    /// The stretches that hold instances, in order.
    pub(super) fn all(frame: &Frame<'a>, keys: &Keys) -> Vec<Self> {
        let mut segments = vec![Self::base(frame)];
        for (original, index) in &keys.overridden {
            let change = &frame.series.overrides[*index];
            if !change.this_and_future {
                continue;
            }
            if let Some(last) = segments.last_mut() {
                last.originals.end = original.instant;
            }
            segments.push(match &change.change {
                Change::Cancelled => Self { originals: 0..0, ..Self::base(frame) },
                Change::Moved { start, length } => Self {
                    originals: original.instant + 1..i64::MAX,
                    shift: start.civil().seconds() - original.wall,
                    moved: true,
                    ..Self::at(frame, start, *length, Some(*index))
                },
            });
        }
        segments.retain(|segment| !segment.originals.is_empty());
        segments
    }

    /// The series as its start and rules say.
    pub(super) fn base(frame: &Frame<'a>) -> Self {
        Self::at(frame, frame.series.start, frame.series.length, None)
    }

    /// Placed like `start`.
    pub(super) fn at(
        frame: &Frame<'a>,
        start: &'a When,
        length: Length,
        overridden: Option<usize>,
    ) -> Self {
        let zone: &'a Zone = start.zone().unwrap_or(frame.options.floating);
        Self {
            originals: i64::MIN..i64::MAX,
            shift: 0,
            moved: false,
            resolver: Resolver::new(zone),
            length: proper(length, start.is_date()),
            dated: start.is_date(),
            overridden,
        }
    }

    /// The wall-clock times of originals that may give an instance in the window (in seconds).
    pub(super) fn walls(&self, frame: &Frame<'_>, window: &Range<i64>, longest: i64) -> Range<i64> {
        let lasts = longest.max(self.seconds_at_most());
        let from = window.start.saturating_sub(lasts).max(START_OF_TIME);
        let to = window.end.min(END_OF_TIME);
        let (low, high) = self.resolver.walls(from, to);
        let mut range = low - self.shift..high - self.shift;
        let here = |instant: i64| frame.zone.civil(Timestamp::from_seconds(instant)).seconds();
        if self.originals.end != i64::MAX {
            range.end = range.end.min(here(self.originals.end) + DAY_SECONDS);
        }
        if self.originals.start != i64::MIN {
            range.start = range.start.max(here(self.originals.start) - DAY_SECONDS);
        }
        range
    }

    /// The instance that an original becomes.
    #[inline]
    pub(super) fn place(&mut self, original: &Original) -> Instance {
        let wall = original.wall + self.shift;
        let start = if self.moved { self.resolver.instant(wall).0 } else { original.instant };
        let length = original.length.unwrap_or(self.length);
        Instance {
            original: Timestamp::from_seconds(original.instant),
            original_civil: Civil::from_seconds(original.wall),
            start: Timestamp::from_seconds(start),
            end: Timestamp::from_seconds(self.end(start, wall, length)),
            overridden: self.overridden,
        }
    }

    /// The instance of an override that stands alone.
    pub(super) fn place_alone(&mut self, original: &Original, start: &When) -> Instance {
        self.moved = true;
        self.shift = start.civil().seconds() - original.wall;
        self.place(&Original { length: None, ..*original })
    }

    #[inline]
    fn end(&mut self, start: i64, wall: i64, length: Length) -> i64 {
        let end = match proper(length, self.dated) {
            Length::Exact(seconds) => start.saturating_add(seconds),
            Length::Nominal { days: 0, seconds } => start.saturating_add(seconds),
            Length::Nominal { days, seconds } => {
                let wall = wall.saturating_add(i64::from(days) * DAY_SECONDS);
                self.resolver.instant(wall).0.saturating_add(seconds)
            }
        };
        end.max(start)
    }

    fn seconds_at_most(&self) -> i64 {
        longest(self.length)
    }
}

/// An upper bound on how many seconds a length takes anywhere.
pub(super) fn longest(length: Length) -> i64 {
    match length {
        Length::Exact(seconds) | Length::Nominal { days: 0, seconds } => seconds.max(0),
        // A day on the wall that an offset change makes longer.
        Length::Nominal { days, seconds } => {
            (i64::from(days) + 1).saturating_mul(DAY_SECONDS).saturating_add(seconds).max(0)
        }
    }
}

/// Whole days last days on the wall, at least one of them.
fn proper(length: Length, dated: bool) -> Length {
    if !dated {
        return length;
    }
    let days = match length {
        Length::Exact(seconds) => (seconds.max(0) + DAY_SECONDS - 1) / DAY_SECONDS,
        Length::Nominal { days, seconds } => i64::from(days) + seconds / DAY_SECONDS,
    };
    Length::Nominal { days: i32::try_from(days).unwrap_or(i32::MAX).max(1), seconds: 0 }
}
