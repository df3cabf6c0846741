//! The best starts of a meeting.

use core::ops::Range;

use super::ask::{Role, Seat, Wish};
use super::fill::{Filled, Filler};
use super::score::{Point, Reason, Sitter, later};
use super::starts::{Meetings, starts};
use crate::time::Timestamp;

/// A time for the meeting, who takes part, and why it is as good as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The meeting, and its repeats after it.
    pub meetings: Vec<Range<Timestamp>>,
    /// Who fills each role, by their places in the list of seats; empty where an optional role
    /// stays open.
    pub roles: Vec<Vec<usize>>,
    /// The sum of all points.
    pub score: i64,
    /// Where they come from; none of zero.
    pub points: Vec<Point>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposals {
    /// The best first; of equal ones the earliest.
    pub list: Vec<Proposal>,
    /// Whether they are proven best: the budget of steps was enough.
    pub proven: bool,
}

/// One start, weighed.
struct Weighed {
    meetings: Meetings,
    filled: Filled,
    score: i64,
}

/// The best times for a meeting of these seats in these roles.
#[must_use]
pub fn propose(wish: &Wish, seats: &[Seat<'_>], roles: &[Role]) -> Proposals {
    let burdens: Vec<i64> = seats.iter().map(|seat| i64::from(seat.burden)).collect();
    let sitters: Vec<Sitter<'_>> = seats.iter().map(|seat| Sitter::new(wish, seat)).collect();
    let (mut kept, mut steps) = (Vec::<Weighed>::new(), wish.steps_max);
    let once = roles.iter().map(|role| role.pick as u32).sum::<u32>();
    for meetings in starts(wish) {
        let points: Vec<Option<i64>> =
            sitters.iter().map(|sitter| sum(sitter, &meetings)).collect();
        let late = later(wish, meetings[0].start);
        let Some(filler) = Filler::new(roles, &points, &burdens) else { continue };
        let is_full = kept.len() == wish.proposals_max;
        let beaten = |last: &Weighed| is_full && filler.bound() + late <= last.score;
        if kept.last().is_some_and(beaten) || wish.proposals_max == 0 {
            continue;
        }
        // Where the budget is spent, each start is still filled once.
        let allowed = steps.max(once);
        let (filled, left) = filler.best(allowed);
        steps = steps.saturating_sub(allowed - left);
        if let Some(filled) = filled {
            let score = filled.points + late;
            keep(&mut kept, Weighed { meetings, filled, score }, wish.proposals_max);
        }
    }
    let explained = |one| explained(wish, (&sitters, &burdens), roles, one);
    let list = kept.into_iter().map(explained).collect();
    Proposals { list, proven: steps > 0 }
}

fn sum(sitter: &Sitter<'_>, meetings: &[Range<Timestamp>]) -> Option<i64> {
    Some(sitter.points(meetings)?.into_iter().map(|(_, points)| points).sum())
}

/// Starts come in order, so behind equals the later one stands last by itself.
fn keep(kept: &mut Vec<Weighed>, next: Weighed, max: usize) {
    let at = kept.partition_point(|one| one.score >= next.score);
    kept.insert(at, next);
    kept.truncate(max);
}

fn explained(
    wish: &Wish,
    (sitters, burdens): (&[Sitter<'_>], &[i64]),
    roles: &[Role],
    one: Weighed,
) -> Proposal {
    let mut points = Vec::new();
    for (role, filled) in roles.iter().zip(&one.filled.roles) {
        let has_choice = role.of.len() > role.pick;
        for seat in filled {
            let own = sitters[*seat].points(&one.meetings).unwrap_or_default();
            let turn = has_choice.then(|| (Reason::Turn, -burdens[*seat]));
            let own = own.into_iter().chain(turn);
            points.extend(own.map(|(reason, points)| Point { reason, seat: Some(*seat), points }));
        }
        if let Some(bonus) = role.optional.filter(|_| !filled.is_empty()) {
            points.push(Point { reason: Reason::Optional, seat: None, points: i64::from(bonus) });
        }
    }
    let late = later(wish, one.meetings[0].start);
    points.push(Point { reason: Reason::Later, seat: None, points: late });
    points.retain(|point| point.points != 0);
    let Weighed { meetings, filled, score } = one;
    Proposal { meetings, roles: filled.roles, score, points }
}
