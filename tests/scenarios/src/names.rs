//! What calendars and edges are called in a story.

use std::collections::BTreeMap;

use kalends_core::graph::CalendarRole;
use kalends_core::ids::{CalendarId, EdgeId};
use kalends_sim_tests::World;
use kalends_testkit::memory::MemoryStore;

use crate::step::Cast;

/// Names by id; edges that are gone keep theirs.
#[derive(Debug, Default)]
pub(crate) struct Names {
    calendars: BTreeMap<CalendarId, String>,
    edges: BTreeMap<EdgeId, String>,
}

impl Names {
    /// Learns the names of what is there now.
    pub(crate) fn learn(&mut self, cast: &Cast, world: &World<MemoryStore>) {
        for (place, (name, _)) in cast.calendars.iter().enumerate() {
            self.calendars.insert(world.calendar(place), name.clone());
        }
        let config = world.config();
        for calendar in config.calendars.values() {
            let owner = world.accounts.iter().position(|account| *account == calendar.account);
            if let (CalendarRole::Overlay(_), Some(owner)) = (calendar.role, owner) {
                self.calendars.insert(calendar.id, place(cast, cast.calendars.len() + owner));
            }
        }
        for edge in config.edges.values() {
            let name = format!("{} -> {}", self.calendar(edge.from), self.calendar(edge.to));
            self.edges.insert(edge.id, name);
        }
    }

    pub(crate) fn calendar(&self, id: CalendarId) -> &str {
        self.calendars.get(&id).map_or("a calendar", String::as_str)
    }

    pub(crate) fn edge(&self, id: EdgeId) -> &str {
        self.edges.get(&id).map_or("an edge", String::as_str)
    }
}

/// The name of a place.
pub(crate) fn place(cast: &Cast, place: usize) -> String {
    let named = cast.calendars.get(place).map(|(name, _)| name.clone());
    let overlay = if place == cast.calendars.len() { "alice-overlay" } else { "bob-overlay" };
    named.unwrap_or_else(|| overlay.to_owned())
}
