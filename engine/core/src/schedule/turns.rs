//! Whose turn it was: read from the meetings that a person has, so that nothing is kept beside them.

use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};

use super::taken_permille;
use crate::event::Content;
use crate::ids::EventId;
use crate::instances::{self, View};
use crate::read;
use crate::slice::{Bundle, Config};
use crate::time::Timestamp;

/// A turn is forgotten so long after it, in milliseconds: thirty days.
pub const TURNS_MS: i64 = 30 * 86_400_000;

/// A meeting that some of a group were asked to. It sorts by its start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// When it begins.
    pub start: Timestamp,
    /// The event.
    pub event: EventId,
    /// Who of the group, as the group calls them.
    pub who: BTreeSet<String>,
}

/// The meetings that begin inside a range and name some of a group and not all of it, sorted: those
/// that take the person's time, each once, however many calendars hold it. Addresses agree whatever
/// their case.
#[must_use]
pub fn turns(
    config: &Config,
    events: &BTreeMap<EventId, Bundle>,
    group: &BTreeSet<String>,
    range: &Range<Timestamp>,
) -> Vec<Turn> {
    let mut list = Vec::new();
    for (event, bundle) in events {
        let Some((calendar, presence)) = read::speaker(bundle, |_| true) else { continue };
        let zone = read::zone(config, calendar);
        let view = View { zone: &zone, gap: read::gap(config, calendar) };
        instances::each_time(&presence.body, range, view, &mut |content, time| {
            if !range.contains(&time.start) || taken_permille(content) == 0 {
                return;
            }
            let who = named(content, group);
            if !who.is_empty() && who.len() < group.len() {
                list.push(Turn { start: time.start, event: *event, who });
            }
        });
    }
    list.sort_unstable();
    list
}

fn named(content: &Content, group: &BTreeSet<String>) -> BTreeSet<String> {
    let is_named = |one: &&String| {
        content.attendees.iter().any(|person| person.email.eq_ignore_ascii_case(one))
    };
    group.iter().filter(is_named).cloned().collect()
}
