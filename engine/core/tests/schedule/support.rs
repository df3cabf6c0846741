//! Graphs of presences alone.

use std::collections::BTreeMap;

use kalends_core::event::Body;
use kalends_core::graph::{Calendar, CalendarRole, Capabilities, ScopeKind};
use kalends_core::ids::{AccountId, CalendarId, EventId, ProviderId};
use kalends_core::presence::Presence;
use kalends_core::slice::{Bundle, Config};
use kalends_core::time::Zone;

pub(crate) const CALENDAR: CalendarId = CalendarId::from_bytes([2; 16]);

pub(crate) fn zone(name: &str) -> Zone {
    Zone::resolve(name).unwrap()
}

/// A set-up of one calendar, whose days and floating times are those of the zone.
pub(crate) fn config(of: &str) -> Config {
    let calendar = Calendar {
        id: CALENDAR,
        account: AccountId::from_bytes([1; 16]),
        provider_id: Some(ProviderId("/cal/".into())),
        name: "cal".into(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities { zone: zone(of), ..Capabilities::default() },
        role: CalendarRole::Theirs,
    };
    Config { calendars: [(CALENDAR, calendar)].into(), ..Config::default() }
}

/// Each body as an event of its own in that calendar.
pub(crate) fn events(bodies: Vec<Body>) -> BTreeMap<EventId, Bundle> {
    let bundle = |body: Body| {
        let presence = Presence {
            object: ProviderId("/cal/a.ics".into()),
            version: None,
            body,
            doubts: Vec::new(),
            instances: Vec::new(),
            gone: None,
            pending: None,
        };
        Bundle { presences: [(CALENDAR, presence)].into(), ..Bundle::default() }
    };
    let numbered = (1_u8..).map(|n| EventId::from_bytes([n; 16]));
    numbered.zip(bodies.into_iter().map(bundle)).collect()
}
