//! One pass over the beginnings and ends of all that speaks for or against a time.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use super::availability::Stretch;
use super::local::cut;
use super::why::Why;
use crate::ids::EventId;
use crate::time::Timestamp;

/// Something that holds for a time.
pub(super) struct Mark {
    pub(super) range: Range<Timestamp>,
    pub(super) what: What,
}

/// What holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// An event takes it, so likely of a thousand.
    Event(EventId, u16),
    /// A rule speaks against it.
    Against(Why),
    /// The person opened it.
    Open,
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
    let (mut held, mut out, mut at) = (Held::default(), Vec::new(), range.start);
    let mut turns = turns.into_iter().peekable();
    while at < range.end {
        while let Some((_, begins, what)) = turns.next_if(|(when, ..)| *when <= at) {
            held.turn(begins, what);
        }
        let next = turns.peek().map_or(range.end, |(when, ..)| *when);
        push(&mut out, held.stretch(at..next, waived));
        at = next;
    }
    out
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

    fn stretch(&self, range: Range<Timestamp>, waived: &BTreeSet<Why>) -> Stretch {
        let opened =
            self.0.contains_key(&What::Open) && !self.0.contains_key(&What::Against(Why::Closed));
        let (mut why, mut events) = (BTreeSet::new(), BTreeMap::<EventId, u16>::new());
        for what in self.0.keys() {
            match *what {
                What::Event(event, permille) => {
                    let most = events.entry(event).or_default();
                    *most = permille.max(*most);
                }
                What::Against(rule) => {
                    let lifted = opened && !rule.outlasts_opening();
                    let waived = rule.can_be_waived() && waived.contains(&rule);
                    if !lifted && !waived {
                        why.insert(rule);
                    }
                }
                What::Open => {}
            }
        }
        let certain = |permille: &u16| if *permille == 1_000 { Why::Busy } else { Why::Perhaps };
        let stopped = !why.is_empty();
        why.extend(events.values().map(certain));
        let free_permille = if stopped { 0 } else { free(events.into_values().collect()) };
        Stretch { range, free_permille, why }
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

fn push(out: &mut Vec<Stretch>, next: Stretch) {
    match out.last_mut() {
        Some(last) if last.free_permille == next.free_permille && last.why == next.why => {
            last.range.end = next.range.end;
        }
        Some(_) | None => out.push(next),
    }
}
