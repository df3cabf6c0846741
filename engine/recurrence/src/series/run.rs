//! The expansion of a series over a window.

use std::ops::{ControlFlow, Range};

use super::frame::{Frame, Original};
use super::keys::Keys;
use super::model::{Change, Extra, Instance, Options, Series};
use super::segment::{Segment, longest};
use crate::Timestamp;
use crate::expand::{Budget, Ended};

/// The instances in a window, sorted by start.
#[derive(Clone, Debug)]
pub struct Expansion {
    instances: std::vec::IntoIter<Instance>,
    exhausted: bool,
}

impl Expansion {
    /// Whether the step budget ended the expansion early, so that instances may be missing.
    #[must_use]
    pub fn exhausted(&self) -> bool {
        self.exhausted
    }
}

impl Iterator for Expansion {
    type Item = Instance;

    fn next(&mut self) -> Option<Instance> {
        self.instances.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.instances.size_hint()
    }
}

impl ExactSizeIterator for Expansion {}

impl Series<'_> {
    /// The instances that overlap the window: that start before its end and end after its start,
    /// or that have no length and start inside. Each once, sorted by start.
    ///
    /// The work is in proportion to the window and not to the age of the series, except for a COUNT
    /// over periods of unequal size, whose times are counted from the start.
    #[must_use]
    pub fn instances(&self, window: Range<Timestamp>, options: &Options<'_>) -> Expansion {
        let mut instances: Vec<Instance> = Vec::new();
        let mut budget = Budget(options.budget);
        let frame = Frame::new(self, options);
        let keys = Keys::new(&frame, &mut budget);
        let ended = unchanged(&frame, &keys, &window, &mut budget, |instance| {
            instances.push(instance);
            ControlFlow::Continue(())
        });
        if !instances.is_sorted_by(|a, b| a.original < b.original) {
            // Stable, so that of equal originals the first found stays.
            instances.sort_by_key(|instance| instance.original);
            instances.dedup_by_key(|instance| instance.original);
        }
        instances.extend(changed(&frame, &keys).filter(|instance| overlaps(instance, &window)));
        if !instances.is_sorted_by_key(|instance| instance.start) {
            instances.sort_by_key(|instance| (instance.start, instance.original));
        }
        let exhausted = ended == Err(Ended::Exhausted);
        Expansion { instances: instances.into_iter(), exhausted }
    }

    /// Whether any instance overlaps the window; stops at the first. Also `false` if the budget
    /// ended first.
    #[must_use]
    pub fn any_in(&self, window: Range<Timestamp>, options: &Options<'_>) -> bool {
        let mut budget = Budget(options.budget);
        let frame = Frame::new(self, options);
        let keys = Keys::new(&frame, &mut budget);
        let stop = |_| ControlFlow::Break(());
        changed(&frame, &keys).any(|instance| overlaps(&instance, &window))
            || unchanged(&frame, &keys, &window, &mut budget, stop) == Err(Ended::Enough)
    }
}

/// Calls back with each instance in the window that no exclusion and no override of its own takes.
fn unchanged(
    frame: &Frame<'_>,
    keys: &Keys,
    window: &Range<Timestamp>,
    budget: &mut Budget,
    mut found: impl FnMut(Instance) -> ControlFlow<()>,
) -> Result<(), Ended> {
    if window.start >= window.end {
        return Ok(());
    }
    let seconds = window.start.as_seconds()..window.end.as_seconds().saturating_add(1);
    let own_lengths = frame.series.extras.iter().map(|extra| match extra {
        Extra::At(_) => 0,
        Extra::Period { length, .. } => longest(*length),
    });
    let longest_extra = own_lengths.max().unwrap_or(0);
    let mut run = |mut segment: Segment<'_>| {
        let walls = segment.walls(frame, &seconds, longest_extra);
        frame.originals(walls, budget, |original| {
            if !segment.originals.contains(&original.instant) || keys.take(&original) {
                return ControlFlow::Continue(());
            }
            let instance = segment.place(&original);
            if overlaps(&instance, window) { found(instance) } else { ControlFlow::Continue(()) }
        })
    };
    if keys.overridden.is_empty() {
        return run(Segment::base(frame));
    }
    Segment::all(frame, keys).into_iter().try_for_each(run)
}

/// The instances that overrides put somewhere, anywhere.
fn changed<'a>(frame: &'a Frame<'a>, keys: &'a Keys) -> impl Iterator<Item = Instance> + 'a {
    let kept = keys.overridden.iter().filter(|(original, _)| !keys.excludes(original));
    kept.filter_map(|(original, index): &(Original, usize)| {
        match &frame.series.overrides[*index].change {
            Change::Cancelled => None,
            Change::Moved { start, length } => {
                let mut segment = Segment::at(frame, start, *length, Some(*index));
                Some(segment.place_alone(original, start))
            }
        }
    })
}

fn overlaps(instance: &Instance, window: &Range<Timestamp>) -> bool {
    let (start, end) = (instance.start, instance.end);
    start < window.end && (end > window.start || (start == end && start >= window.start))
}
