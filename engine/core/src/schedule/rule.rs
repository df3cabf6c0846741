//! Rules as rows: how a person wants to work, each by itself, and what they come to together.

use std::collections::BTreeSet;

use super::propose::Taste;
use super::rules::{Hours, Limits, Override, Rules, Trip};
use super::why::Why;
use crate::ids::{GraphId, RuleId};
use crate::keys::GraphKeys;
use crate::plan::Row;
use crate::time::{Date, Zone};
use crate::wire;

/// One rule, as it is recorded. Of those marked (one) there is one at most: the next takes its
/// place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// (one) Where the person is when not on a trip.
    Home(Zone),
    /// Working hours; any of them is enough.
    Hours(Hours),
    /// (one for each date) Other hours on this day, in minutes; none: a day off.
    Day(Date, Vec<core::ops::Range<u16>>),
    /// A time in another place, and what it is called. Where it blocks, an event of the graph's
    /// own calendar carries it to all that its edges lead to.
    Trip(Trip, String),
    /// (one) Time kept free around meetings, in milliseconds: before, after.
    Buffers(i64, i64),
    /// (one) How long beforehand one must ask, in milliseconds.
    Notice(i64),
    /// (one) How far ahead one may ask, in milliseconds.
    Horizon(i64),
    /// Time kept for work alone.
    Focus(Hours),
    /// (one) How much meeting is enough.
    Limits(Limits),
    /// (one for each date) A day kept for something else.
    Milestone(Date),
    /// A time opened or closed by hand.
    Override(Override),
    /// What the person would rather have.
    Taste(Taste),
    /// (one for each address) For whom some reasons do not count.
    Vip(String, BTreeSet<Why>),
    /// (one for each graph) What another person may do.
    Consent(GraphId, Tier),
}

/// What another person may see of one's time, and ask of it. Ordered: the greater may more. Nobody
/// is allowed anything unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// See when the time is taken, and ask: each booking waits for the person's word.
    Ask,
    /// And book what is free, without a word.
    Book,
    /// And book where rules that may be waived speak against it.
    Waive,
}

impl Tier {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Book => "book",
            Self::Waive => "waive",
        }
    }

    /// The reasons that do not count for whom this holds.
    #[must_use]
    pub fn waived(self) -> BTreeSet<Why> {
        match self {
            Self::Ask | Self::Book => BTreeSet::new(),
            Self::Waive => Why::ALL.into_iter().filter(|why| why.can_be_waived()).collect(),
        }
    }
}

impl Rule {
    /// A stable code of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Home(_) => "home",
            Self::Hours(_) => "hours",
            Self::Day(..) => "day",
            Self::Trip(..) => "trip",
            Self::Buffers(..) => "buffers",
            Self::Notice(_) => "notice",
            Self::Horizon(_) => "horizon",
            Self::Focus(_) => "focus",
            Self::Limits(_) => "limits",
            Self::Milestone(_) => "milestone",
            Self::Override(_) => "override",
            Self::Taste(_) => "taste",
            Self::Vip(..) => "vip",
            Self::Consent(..) => "consent",
        }
    }

    /// Whether it has the place that another one takes, or would take: of what there is one of, each has the
    /// same.
    pub(crate) fn has_place_of(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.place() == other.place()
    }

    /// Its id: set again, it is the same rule, and what there is one of takes its own place.
    #[must_use]
    pub fn id(&self, keys: &GraphKeys) -> RuleId {
        RuleId::from_bytes(keys.derive("rule", &[self.kind().as_bytes(), &self.place()]))
    }

    /// What tells it from others of its kind.
    fn place(&self) -> Vec<u8> {
        match self {
            Self::Home(_)
            | Self::Buffers(..)
            | Self::Notice(_)
            | Self::Horizon(_)
            | Self::Limits(_) => Vec::new(),
            Self::Day(date, _) | Self::Milestone(date) => date.days().to_be_bytes().to_vec(),
            Self::Vip(who, _) => who.as_bytes().to_vec(),
            Self::Consent(graph, _) => graph.as_bytes().to_vec(),
            Self::Hours(_)
            | Self::Trip(..)
            | Self::Focus(_)
            | Self::Override(_)
            | Self::Taste(_) => wire::encode(&Row::Rule(RuleId::from_bytes([0; 16]), self.clone())),
        }
    }

    /// The zone it says the person is at home in.
    #[must_use]
    pub const fn home(&self) -> Option<&Zone> {
        if let Self::Home(zone) = self { Some(zone) } else { None }
    }

    /// Whether it says something that makes sense.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let of_a_day = |minutes: &core::ops::Range<u16>| {
            minutes.start < minutes.end && minutes.start < 1_440 && minutes.end <= 2_880
        };
        match self {
            Self::Hours(hours) | Self::Focus(hours) => {
                of_a_day(&hours.minutes) && hours.days.0 & 127 != 0
            }
            Self::Day(_, parts) => parts.iter().all(of_a_day),
            Self::Trip(trip, _) => trip.range.start < trip.range.end,
            Self::Override(one) => one.range.start < one.range.end,
            Self::Buffers(before, after) => {
                [before, after].iter().all(|ms| (0..=MS_MAX).contains(*ms))
            }
            Self::Notice(ms) | Self::Horizon(ms) => (0..=MS_MAX).contains(ms),
            Self::Limits(limits) => {
                [limits.day_ms, limits.week_ms].iter().flatten().all(|ms| (0..=MS_MAX).contains(ms))
            }
            Self::Taste(taste) => of_a_day(&taste.minutes) && taste.days.0 & 127 != 0,
            Self::Home(_) | Self::Milestone(_) | Self::Vip(..) | Self::Consent(..) => true,
        }
    }
}

/// No rule speaks of more than three years.
const MS_MAX: i64 = 3 * 366 * 86_400_000;

impl Rules {
    /// What recorded rules come to. Of two trips at once the one that begins later counts.
    #[must_use]
    pub fn of<'a>(recorded: impl IntoIterator<Item = &'a Rule>) -> Self {
        let mut rules = Self::none(Zone::utc());
        for rule in recorded {
            match rule.clone() {
                Rule::Home(zone) => rules.zone = zone,
                Rule::Hours(hours) => rules.hours.push(hours),
                Rule::Day(date, parts) => drop(rules.other_days.insert(date, parts)),
                Rule::Trip(trip, _) => rules.trips.push(trip),
                Rule::Buffers(before, after) => (rules.before_ms, rules.after_ms) = (before, after),
                Rule::Notice(ms) => rules.notice_ms = ms,
                Rule::Horizon(ms) => rules.horizon_ms = Some(ms),
                Rule::Focus(hours) => rules.focus.push(hours),
                Rule::Limits(limits) => rules.limits = limits,
                Rule::Milestone(date) => drop(rules.milestones.insert(date)),
                Rule::Override(one) => rules.overrides.push(one),
                Rule::Taste(_) | Rule::Vip(..) | Rule::Consent(..) => {}
            }
        }
        rules.trips.sort_by_key(|trip| (trip.range.start, trip.range.end));
        rules
    }
}
