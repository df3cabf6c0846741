//! A person's time: events and rules joined.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use super::local::cut;
use super::rules::Rules;
use super::sweep::{Mark, What, sweep};
use super::taken::{Taken, taken};
use super::why::Why;
use super::{limits, local};
use crate::ids::EventId;
use crate::read::merge;
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;

/// Who asks for what time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The time now: notice and horizon count from it.
    pub now: Timestamp,
    /// The time asked for.
    pub range: Range<Timestamp>,
    /// Rules that do not count for who asks (VIPs); those that stand for everyone are passed
    /// over, see [`Why::can_be_waived`].
    pub waived: BTreeSet<Why>,
}

/// A time over which nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// From when to when; never empty.
    pub range: Range<Timestamp>,
    /// How likely the person is free, of a thousand. Where a rule speaks against it, 0.
    pub free_permille: u16,
    /// All that speaks against it.
    pub why: BTreeSet<Why>,
}

impl Stretch {
    /// Whether nothing at all speaks against it.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.why.is_empty()
    }
}

/// When a person has time: stretches that follow each other and cover the range asked for.
///
/// `events` holds at least those that take place within [`reach`]; more do no harm.
#[must_use]
pub fn availability(
    config: &Config,
    events: &BTreeMap<EventId, Bundle>,
    rules: &Rules,
    inquiry: &Inquiry,
) -> Vec<Stretch> {
    let (taken, _) = taken(config, events, &rules.zone, &reach(rules, &inquiry.range));
    joined(config, &taken, rules, inquiry)
}

/// What events take of a person's time, for many questions about it.
#[derive(Debug, Clone)]
pub struct Taking {
    range: Range<Timestamp>,
    taken: Vec<Taken>,
    /// Whether no series was cut: with another range, what is cut is cut elsewhere.
    is_whole: bool,
}

impl Taking {
    /// What `events`, at least those that take place within the range, take of it.
    #[must_use]
    pub fn of(
        config: &Config,
        events: &BTreeMap<EventId, Bundle>,
        rules: &Rules,
        range: &Range<Timestamp>,
    ) -> Self {
        let (taken, is_whole) = taken(config, events, &rules.zone, range);
        Self { range: range.clone(), taken, is_whole }
    }

    /// The same after some events changed: `events` are those of them that are still there. The zones of
    /// calendars and the person's own are as they were. None where a series was cut, now or before.
    #[must_use]
    pub fn anew(
        &self,
        config: &Config,
        rules: &Rules,
        (changed, events): (&BTreeSet<EventId>, &BTreeMap<EventId, Bundle>),
    ) -> Option<Self> {
        let (theirs, is_whole) = taken(config, events, &rules.zone, &self.range);
        let rest = self.taken.iter().filter(|one| !changed.contains(&one.event));
        let mut taken: Vec<Taken> = rest.cloned().chain(theirs).collect();
        taken.sort_by_key(|one| one.event);
        let is_whole = self.is_whole && is_whole;
        is_whole.then(|| Self { range: self.range.clone(), taken, is_whole })
    }

    /// How many times it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Whether no series was cut. What was cut covers nothing, and is not followed.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether it knows all that has a say in a range.
    #[must_use]
    pub fn covers(&self, rules: &Rules, range: &Range<Timestamp>) -> bool {
        let reach = reach(rules, range);
        self.is_whole && self.range.start <= reach.start && reach.end <= self.range.end
    }

    /// As [`availability`] has it of the events and with the set-up and the rules that this was
    /// made with, where it [covers](Self::covers) the range asked for.
    #[must_use]
    pub fn availability(&self, config: &Config, rules: &Rules, inquiry: &Inquiry) -> Vec<Stretch> {
        joined(config, &self.taken, rules, inquiry)
    }
}

/// What events take, and all rules.
fn joined(config: &Config, taken: &[Taken], rules: &Rules, inquiry: &Inquiry) -> Vec<Stretch> {
    // What is held counts by its hold alone: it may have run out before its event went.
    let held: BTreeSet<EventId> = config.holds.values().map(|hold| hold.event).collect();
    let taken: Vec<&Taken> = taken.iter().filter(|one| !held.contains(&one.event)).collect();
    let range = &inquiry.range;
    let mut marks = events_marks(&taken, range);
    let mut against = |ranges: Vec<Range<Timestamp>>, why: Why| {
        marks.extend(ranges.into_iter().map(|range| Mark { range, what: What::Against(why) }));
    };
    let held = config.holds.values().filter(|hold| hold.is_live(inquiry.now));
    against(held.map(|hold| hold.range.clone()).collect(), Why::Held);
    against(buffers(rules, range, &taken), Why::Buffer);
    against(local::complement(range, &local::working(rules, range)), Why::Hours);
    against(local::focus(rules, range), Why::Focus);
    let is_milestone = |date| rules.milestones.contains(&date);
    against(local::whole_days(&rules.zone, range, is_milestone), Why::Milestone);
    let trips = rules.trips.iter().filter(|trip| trip.blocks);
    against(trips.map(|trip| trip.range.clone()).collect(), Why::Trip);
    let soonest = inquiry.now.saturating_add_millis(rules.notice_ms);
    against(vec![range.start..soonest], Why::Notice);
    if let Some(ahead_ms) = rules.horizon_ms {
        against(vec![inquiry.now.saturating_add_millis(ahead_ms)..range.end], Why::Horizon);
    }
    for (full, why) in limits::full(rules, range, &taken) {
        against(vec![full], why);
    }
    marks.extend(rules.overrides.iter().map(|one| Mark {
        range: one.range.clone(),
        what: if one.open { What::Open } else { What::Against(Why::Closed) },
    }));
    sweep(&marks, range, &inquiry.waived)
}

/// The time whose events have a say in a range: limits count whole days and weeks, and the way to
/// an event outside of the range may begin inside.
#[must_use]
pub fn reach(rules: &Rules, range: &Range<Timestamp>) -> Range<Timestamp> {
    let wide = limits::widened(rules, range);
    let start = range.start.saturating_add_millis(-rules.after_ms.max(0));
    let end = range.end.saturating_add_millis(rules.before_ms.max(0));
    wide.start.min(start)..wide.end.max(end)
}

/// What events take of the range, which come in the order of their ids.
fn events_marks(taken: &[&Taken], range: &Range<Timestamp>) -> Vec<Mark> {
    let (mut marks, mut number, mut last) = (Vec::new(), 0, None);
    for one in taken {
        number += u32::from(last.replace(one.event).is_some_and(|last| last != one.event));
        let part = cut(&one.range, range);
        let what = What::Event(number, one.permille);
        marks.extend(part.map(|range| Mark { range, what }));
    }
    marks
}

fn buffers(rules: &Rules, range: &Range<Timestamp>, taken: &[&Taken]) -> Vec<Range<Timestamp>> {
    let sure = taken.iter().filter(|one| one.is_sure() && one.is_meeting);
    let sides = sure.flat_map(|one| {
        let before = one.range.start.saturating_add_millis(-rules.before_ms.max(0));
        let after = one.range.end.saturating_add_millis(rules.after_ms.max(0));
        [before..one.range.start, one.range.end..after]
    });
    merge(sides.filter_map(|side| cut(&side, range)).collect())
}
