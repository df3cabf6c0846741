//! Many wall-clock times of one zone to instants, mostly without a search.

use std::ops::Range;

use super::Zone;
use super::table::{Stretch, Table};

/// Turns wall-clock times into instants; remembers the stretch of the last one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver<'a> {
    table: Option<&'a Table>,
    known: Stretch,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(zone: &'a Zone) -> Self {
        let table = zone.table();
        let known = match table {
            Some(_) => Stretch { from: 0, to: 0, offset: 0 },
            None => Stretch { from: i64::MIN, to: i64::MAX, offset: 0 },
        };
        Self { table, known }
    }

    /// The instant in seconds, moved forward where the time does not exist, and whether it exists.
    #[inline]
    pub(crate) fn instant(&mut self, wall: i64) -> (i64, bool) {
        if self.known.from <= wall && wall < self.known.to {
            return (wall - self.known.offset, true);
        }
        self.search(wall)
    }

    #[cold]
    fn search(&mut self, wall: i64) -> (i64, bool) {
        let Some(table) = self.table else {
            return (wall, true);
        };
        let (seconds, stretch) = table.resolve(wall);
        if let Some(stretch) = stretch {
            self.known = stretch;
        }
        (seconds, stretch.is_some())
    }

    /// Bounds on the wall-clock times whose instants lie in `from..to`.
    pub(crate) fn walls(&self, from: i64, to: i64) -> (i64, i64) {
        const DAY: i64 = 86_400;
        let Some(table) = self.table else {
            return (from, to);
        };
        // A wall-clock time may be resolved with an offset that held up to a day away.
        let (low, high) = table.offsets_between(from.saturating_sub(DAY), to.saturating_add(DAY));
        (from.saturating_add(low), to.saturating_add(high))
    }

    /// The gaps that begin before the wall-clock time `to` and end after `from`.
    pub(crate) fn gaps(&self, from: i64, to: i64) -> impl Iterator<Item = Range<i64>> + 'a {
        let gaps = self.table.into_iter().flat_map(move |table| table.gaps(from, to));
        gaps.filter(move |gap| gap.start < to && gap.end > from)
    }
}
