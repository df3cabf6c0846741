//! When a person's time is taken.

use core::ops::Range;

use super::agenda::{gap, zone};
use crate::event::{Busy, Content, Kind, Response, Status};
use crate::instances::{self, Occurrence, View};
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;

/// The times inside `range` that an event takes: in whichever calendar holds it, tentative ones
/// too; free, declined and cancelled ones, birthdays and working locations take none. Cut to the
/// range; neither sorted nor merged.
///
/// What repeats too often to be followed to the end of the range takes all that is left of it:
/// nobody is to be told that time is free which nobody has looked at.
#[must_use]
pub fn busy(config: &Config, bundle: &Bundle, range: &Range<Timestamp>) -> Vec<Range<Timestamp>> {
    let mut taken = Vec::new();
    for (calendar, presence) in &bundle.presences {
        let zone = zone(config, *calendar);
        let view = View { zone: &zone, gap: gap(config, *calendar) };
        let occurrences = instances::occurrences(&presence.body, range.clone(), view);
        let inside = |one: &Occurrence<'_>| one.start.max(range.start)..one.end.min(range.end);
        let taking = occurrences.list.iter().filter(|one| takes_time(one.content)).map(inside);
        taken.extend(taking.filter(|one| one.start < one.end));
        let last = occurrences.list.last().filter(|last| takes_time(last.content));
        if let Some(last) = last.filter(|_| occurrences.cut) {
            taken.push(inside(last).start..range.end);
        }
    }
    taken
}

/// The same time as disjoint ranges, sorted; ranges that touch are one.
#[must_use]
pub fn merge(mut ranges: Vec<Range<Timestamp>>) -> Vec<Range<Timestamp>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<Timestamp>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    merged
}

fn takes_time(content: &Content) -> bool {
    let kind = match content.kind {
        Kind::Birthday | Kind::WorkingLocation => false,
        Kind::Event | Kind::Focus | Kind::OutOfOffice => true,
    };
    let busy = match content.busy {
        Busy::Free => false,
        Busy::Tentative | Busy::Busy | Busy::OutOfOffice | Busy::Elsewhere => true,
    };
    kind && busy && content.response != Response::Declined && content.status != Status::Cancelled
}
