//! A calendar of many decoded events, as a provider would show it, and the set-up under which it is
//! read: for measurements.

use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::{
    Account, Calendar, CalendarRole, Capabilities, DetailLevel, Edge, EdgeOptions, Lifecycle,
    ScopeKind, Sweep,
};
use kalends_core::ids::{AccountId, CalendarId, EdgeId, ProviderId, Version};
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::provider::{EventItem, Item, Listed, Payload};
use kalends_core::time::{Civil, Length, Timestamp, When, Zone};
use kalends_core::wire;

/// The time of the first listing, and of the first event.
pub const AT: Timestamp = Timestamp::from_millis(1_772_355_600_000);

/// The calendar that is read.
pub const SOURCE: CalendarId = CalendarId::from_bytes([1; 16]);

/// One account, its calendar, and two calendars that mirror it: busy and with the title.
pub fn set_up() -> Plan {
    let account = AccountId::from_bytes([9; 16]);
    let mut rows = vec![Row::Account(Account {
        id: account,
        provider: "caldav".to_owned(),
        name: "work".to_owned(),
        subject: "alice".to_owned(),
        makes_calendars: Some(true),
        state: Lifecycle::Active,
    })];
    for n in 1..=3 {
        rows.push(Row::Calendar(Calendar {
            id: CalendarId::from_bytes([n; 16]),
            account,
            provider_id: Some(ProviderId(format!("/alice/{n}/"))),
            name: format!("calendar {n}"),
            kind: ScopeKind::Calendar,
            on: true,
            capabilities: Capabilities::default(),
            role: CalendarRole::Theirs,
        }));
    }
    for (n, level) in [(2, DetailLevel::Busy), (3, DetailLevel::Title)] {
        let id = EdgeId::from_bytes([n; 16]);
        rows.push(Row::Edge(Edge {
            id,
            from: SOURCE,
            to: CalendarId::from_bytes([n; 16]),
            options: EdgeOptions { level, ..EdgeOptions::default() },
            state: Lifecycle::Active,
            pair: None,
        }));
        rows.push(Row::Sweep(id, Sweep::Done(AT)));
    }
    let mut plan = Plan::default();
    plan.changes.extend(rows.into_iter().map(|row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    }));
    plan
}

/// A listing of `events` single events, in batches of `size` items, its end in the last.
#[must_use]
pub fn listing(events: u32, size: u32) -> Vec<Vec<Item>> {
    let all: Vec<u32> = (0..events).collect();
    let mut batches: Vec<Vec<Item>> =
        all.chunks(size as usize).map(|chunk| chunk.iter().copied().map(item).collect()).collect();
    let end = Listed { token: Some("token-1".to_owned()), tag: None, whole: true };
    if let Some(last) = batches.last_mut() {
        last.push(Item::Listed(end));
    }
    batches
}

fn item(n: u32) -> Item {
    let uid = format!("uid-{n}@example.org");
    Item::Event(Box::new(EventItem {
        id: ProviderId(format!("/alice/main/{n:08}.ics")),
        version: Some(Version(format!("\"{n:032x}\""))),
        native: uid.clone(),
        uid,
        payload: Payload::Whole(body(n)),
        mark: None,
        foreign: None,
        fresh: false,
        doubts: Vec::new(),
        changed_at: None,
    }))
}

/// About 600 bytes in its stored form.
fn body(n: u32) -> Body {
    let zone = Zone::parse("Europe/Amsterdam").unwrap_or(Zone::utc());
    let start = When::Zoned(Civil::from_seconds(1_772_355_600 + 1_800 * i64::from(n)), zone);
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    let mut content = Content::at(span);
    content.title = format!("Meeting {n} about the next quarter");
    content.description = "Agenda, notes and an address to join. ".repeat(9);
    content.location = "Room 4.12, second building".to_owned();
    Body::single(content)
}
