//! The instances of a series: those of the pattern, and what was changed or deleted of them.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::profile::{Belief, Profile};
use super::recurrence::{MonthEnds, Recurrence};
use super::state::{Content, Event, Slot};
use super::times::{self, instant_ms, rules};

/// One instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    /// The day the pattern gives: it names the instance, also when it was moved.
    pub(crate) date: Date,
    pub(crate) slot: Slot,
    pub(crate) is_exception: bool,
}

/// From and until, UTC milliseconds.
pub(crate) type Window = (i64, i64);

impl Slot {
    pub(crate) fn start_ms(&self) -> i64 {
        self.edge_ms(self.start, &self.start_zone)
    }

    pub(crate) fn end_ms(&self) -> i64 {
        self.edge_ms(self.end, &self.end_zone)
    }

    /// All-day events have no zone: their days are compared as days of UTC.
    fn edge_ms(&self, civil: DateTime, zone: &str) -> i64 {
        let zone = if self.all_day { "UTC" } else { zone };
        instant_ms(civil, &rules(zone))
    }

    pub(crate) fn is_within(&self, window: Window, profile: &Profile) -> bool {
        let (start, end) = (self.start_ms(), self.end_ms());
        if !profile.holds(Belief::ViewsHoldOverlaps) {
            return window.0 <= start && start < window.1;
        }
        // What has no length is in where it starts.
        start < window.1 && (end > window.0 || (start == end && start >= window.0))
    }
}

pub(crate) fn month_ends(profile: &Profile) -> MonthEnds {
    MonthEnds {
        clamp: profile.holds(Belief::MonthEndsClamp),
        clamp_years: profile.holds(Belief::YearsAreMonths),
    }
}

impl Event {
    /// Whether something of the event is in a window.
    pub(crate) fn touches(&self, window: Window, profile: &Profile) -> bool {
        match &self.recurrence {
            None => self.content.slot.is_within(window, profile),
            Some(_) => !self.instances(window, profile).is_empty(),
        }
    }

    /// The instances of a series in a window, by their days; none of a single event.
    pub(crate) fn instances(&self, window: Window, profile: &Profile) -> Vec<Instance> {
        let Some(recurrence) = &self.recurrence else {
            return Vec::new();
        };
        let zone = rules(&recurrence.zone);
        let last = times::civil(window.1, &zone).date().saturating_add(2.days());
        let last = self.exceptions.keys().next_back().map_or(last, |held| last.max(*held));
        let dates = recurrence.dates(last, month_ends(profile));
        let all = dates.into_iter().filter_map(|date| self.instance(recurrence, date));
        all.filter(|instance| instance.slot.is_within(window, profile)).collect()
    }

    /// The instance of a day; `None` where the pattern has none, or it was deleted.
    pub(crate) fn instance_on(&self, date: Date, profile: &Profile) -> Option<Instance> {
        let recurrence = self.recurrence.as_ref()?;
        let is_there = recurrence.dates(date, month_ends(profile)).last() == Some(&date);
        is_there.then(|| self.instance(recurrence, date)).flatten()
    }

    fn instance(&self, recurrence: &Recurrence, date: Date) -> Option<Instance> {
        if self.cancelled.contains(&date) {
            return None;
        }
        let exception = self.exceptions.get(&date);
        let slot = exception.map_or_else(
            || self.slot_on(recurrence, date),
            |exception| exception.content.slot.clone(),
        );
        Some(Instance { date, slot, is_exception: exception.is_some() })
    }

    /// Where the pattern puts the instance of a day.
    pub(crate) fn slot_on(&self, recurrence: &Recurrence, date: Date) -> Slot {
        let slot = &self.content.slot;
        let zone = if slot.all_day { &slot.start_zone } else { &recurrence.zone };
        let (start, end) = slot.in_zone(zone);
        let length = end.duration_since(start);
        let start = date.to_datetime(start.time());
        Slot {
            start,
            end: start.saturating_add(length),
            start_zone: zone.clone(),
            end_zone: zone.clone(),
            all_day: slot.all_day,
        }
    }

    /// What an instance says.
    pub(crate) fn content_of(&self, instance: &Instance) -> Content {
        match self.exceptions.get(&instance.date) {
            Some(exception) => exception.content.clone(),
            None => Content { slot: instance.slot.clone(), ..self.content.clone() },
        }
    }
}

impl Slot {
    /// Start and end as clocks in a zone show them; days stay days.
    pub(crate) fn in_zone(&self, zone: &str) -> (DateTime, DateTime) {
        if self.all_day {
            return (self.start, self.end);
        }
        let rules = rules(zone);
        let seen = |civil: DateTime, own: &str| {
            if own == zone {
                civil
            } else {
                times::civil(instant_ms(civil, &times::rules(own)), &rules)
            }
        };
        (seen(self.start, &self.start_zone), seen(self.end, &self.end_zone))
    }
}
