//! One pass over the beginnings and ends of all that speaks for or against a time.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use super::availability::Stretch;
use super::local::cut;
use super::why::Why;
use crate::time::Timestamp;

/// Something that holds for a time.
pub(super) struct Mark {
    pub(super) range: Range<Timestamp>,
    pub(super) what: What,
}

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// An event, by its number, takes it, so likely of a thousand.
    Event(u32, u16),
    /// A rule speaks against it.
    Against(Why),
    /// The person opened it.
    Open,
}

impl What {
    fn is_of(&self, event: u32) -> bool {
        matches!(self, Self::Event(same, _) if *same == event)
    }
}

/// Stretches that cover the range, neighbours different from each other.
pub(super) fn sweep(
    marks: &[Mark],
    range: &Range<Timestamp>,
    waived: &BTreeSet<Why>,
) -> Vec<Stretch> {
    let mut turns = Vec::with_capacity(2 * marks.len());
    for mark in marks {
        if let Some(part) = cut(&mark.range, range) {
            turns.extend([(part.start, true, mark.what), (part.end, false, mark.what)]);
        }
    }
    turns.sort_unstable();
    let (mut held, mut at) = (Held::default(), range.start);
    let mut out: Vec<(Seen, Range<Timestamp>)> = Vec::new();
    let mut turns = turns.into_iter().peekable();
    while at < range.end {
        while let Some((_, begins, what)) = turns.next_if(|(when, ..)| *when <= at) {
            held.turn(begins, what);
        }
        let next = turns.peek().map_or(range.end, |(when, ..)| *when);
        let seen = held.seen(waived);
        match out.last_mut() {
            Some((last, range)) if *last == seen => range.end = next,
            Some(_) | None => out.push((seen, at..next)),
        }
        at = next;
    }
    out.into_iter().map(|(seen, range)| seen.stretch(range)).collect()
}

/// What a stretch says, in a form that is cheap to make and to compare.
#[derive(Default, PartialEq)]
struct Seen {
    /// A bit for each reason, by its place in [`Why::ALL`].
    why: u16,
    free_permille: u16,
}

impl Seen {
    const fn add(&mut self, why: Why) {
        self.why |= 1 << why as u16;
    }

    fn stretch(&self, range: Range<Timestamp>) -> Stretch {
        let why = Why::ALL.into_iter().filter(|why| self.why & (1 << *why as u16) != 0);
        Stretch { range, free_permille: self.free_permille, why: why.collect() }
    }
}

/// What holds at one time, and how often.
#[derive(Default)]
struct Held(BTreeMap<What, u32>);

impl Held {
    fn turn(&mut self, begins: bool, what: What) {
        let count = self.0.entry(what).or_default();
        // At one time ends come before beginnings, so the count of what ends is at least one.
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            self.0.remove(&what);
        }
    }

    fn seen(&self, waived: &BTreeSet<Why>) -> Seen {
        let opened =
            self.0.contains_key(&What::Open) && !self.0.contains_key(&What::Against(Why::Closed));
        let (mut seen, mut stopped, mut taken) = (Seen::default(), false, Vec::new());
        let mut all = self.0.keys().peekable();
        while let Some(what) = all.next() {
            match *what {
                What::Event(event, permille) => {
                    // An event in two calendars counts as the one has it that is surer, which is
                    // the later one here.
                    let surer = all.peek().is_some_and(|next| next.is_of(event));
                    if !surer {
                        seen.add(if permille == 1_000 { Why::Busy } else { Why::Perhaps });
                        taken.push(permille);
                    }
                }
                What::Against(rule) => {
                    let lifted = opened && !rule.outlasts_opening();
                    let waived = rule.can_be_waived() && waived.contains(&rule);
                    if !lifted && !waived {
                        stopped = true;
                        seen.add(rule);
                    }
                }
                What::Open => {}
            }
        }
        seen.free_permille = if stopped { 0 } else { free(taken) };
        seen
    }
}

/// How likely none of the events takes place, each on its own; the least likely first, so that
/// rounding does not hang on their order.
fn free(mut taken: Vec<u16>) -> u16 {
    taken.sort_unstable();
    taken.into_iter().fold(1_000, |free, permille| {
        (u32::from(free) * (1_000 - u32::from(permille)) / 1_000) as u16
    })
}
