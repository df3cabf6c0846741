//! The times of one period: every hour with every minute with every second.

use std::ops::ControlFlow;

use crate::rule::bits;

/// A set of seconds, the product of three sets of numbers; never empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    hours: u32,
    minutes: u64,
    seconds: u64,
    /// The only second, where there is just one: the common case.
    single: Option<i64>,
    len: u32,
}

impl Times {
    pub(super) fn new(hours: u32, minutes: u64, seconds: u64) -> Self {
        // A leap second is read as the second before it (RFC 5545 3.3.12).
        let seconds = if seconds >> 60 == 0 { seconds } else { seconds & !(1 << 60) | 1 << 59 };
        let len = hours.count_ones() * minutes.count_ones() * seconds.count_ones();
        let first = |set: u64| i64::from(set.trailing_zeros());
        let only = first(u64::from(hours)) * 3_600 + first(minutes) * 60 + first(seconds);
        Self { hours, minutes, seconds, single: (len == 1).then_some(only), len }
    }

    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The only one, if there is just one.
    #[inline]
    pub(super) fn single(&self) -> Option<i64> {
        self.single
    }

    /// Calls back with each second, rising.
    pub(super) fn each(&self, mut found: impl FnMut(i64) -> ControlFlow<()>) -> ControlFlow<()> {
        for hour in bits(u64::from(self.hours)) {
            for minute in bits(self.minutes) {
                for second in bits(self.seconds) {
                    found(i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second))?;
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// The second at a place, which must be below [`Times::len`].
    pub(super) fn at(&self, index: usize) -> i64 {
        let (minutes, seconds) =
            (self.minutes.count_ones() as usize, self.seconds.count_ones() as usize);
        let pick = |set: u64, index: usize| bits(set).nth(index).map_or(0, i64::from);
        pick(u64::from(self.hours), index / (minutes * seconds)) * 3_600
            + pick(self.minutes, index / seconds % minutes) * 60
            + pick(self.seconds, index % seconds)
    }
}
