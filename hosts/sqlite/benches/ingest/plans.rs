//! Plans as a first listing makes them: 250 events each, two mirrors an event.

use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{CalendarId, EdgeId, EventId, ProviderId, RunId, Version};
use kalends_core::journal::{Cause, CauseKind, Entry, Head};
use kalends_core::keys::GraphKeys;
use kalends_core::mirror::{Mirror, MirrorMode, Part, PartKey, PartRef, PartStatus, Wanted};
use kalends_core::plan::{Change, Job, JobKey, Plan, Row};
use kalends_core::presence::{ContentHash, Event, Presence};
use kalends_core::slice::{ObjectRow, Owner};
use kalends_core::time::{Civil, Length, Timestamp, When, Zone};
use kalends_core::wire;

pub(crate) const AT: Timestamp = Timestamp::from_millis(1_772_355_600_000);

/// `count` plans of `size` events.
pub(crate) fn first_listing(keys: &GraphKeys, count: u32, size: u32) -> Vec<Plan> {
    let mut head = Head::default();
    (0..count).map(|n| plan(keys, n * size..(n + 1) * size, &mut head)).collect()
}

fn plan(keys: &GraphKeys, events: std::ops::Range<u32>, head: &mut Head) -> Plan {
    let mut plan = Plan::default();
    for n in events {
        let id = keys.event(&format!("uid-{n}@example.org"), "", 0);
        let mut deltas = Vec::new();
        for row in rows(id, n) {
            let form = wire::encode(&row);
            if !matches!(row, Row::Object(..)) {
                deltas.push(wire::delta(&row.key(), None, Some(&form)));
            }
            plan.changes.push(Change::Put(row, form));
        }
        let payload = wire::payload(&deltas);
        let cause = Cause::of(CauseKind::Seen).in_calendar(calendar(0));
        let run = RunId::from_bytes([9; 16]);
        let entry = Entry::after(*head, (AT, run), cause, Some(id), &payload);
        *head = entry.head();
        plan.entries.push((entry, payload));
        plan.jobs.extend((1..=2).map(|target| Job {
            key: JobKey::Part(part_ref(id, target)),
            lane: calendar(target),
            run_at: AT,
            starts: AT,
        }));
    }
    plan
}

fn rows(id: EventId, n: u32) -> Vec<Row> {
    let object = ProviderId(format!("/alice/main/{n:08}.ics"));
    let version = Some(Version(format!("\"{n:032x}\"")));
    let owner = Owner::Presence(id);
    let row = ObjectRow { version: version.clone(), owner, gone: false };
    let mut rows = vec![
        Row::Event(Event { id, uid: format!("uid-{n}@example.org") }),
        Row::Object(calendar(0), object.clone(), row),
    ];
    for target in 1..=2 {
        let calendar = calendar(target);
        let mirror = Mirror { calendar, wanted: Wanted::Yes, mode: MirrorMode::Kept };
        rows.push(Row::Mirror(id, edge(target), mirror));
        rows.push(Row::Part(part_ref(id, target), calendar, part(target)));
    }
    let body = body(n);
    let (instances, gone, pending) = (Vec::new(), None, None);
    let doubts = Vec::new();
    let presence = Presence { object, version, body, doubts, instances, gone, pending };
    rows.push(Row::Presence(id, calendar(0), Box::new(presence)));
    rows
}

pub(crate) fn body(n: u32) -> Body {
    let zone = Zone::parse("Europe/Amsterdam").unwrap_or(Zone::utc());
    let start = When::Zoned(Civil::from_seconds(1_772_355_600 + 1_800 * i64::from(n)), zone);
    let span = Span { start, length: Length::Exact(3_600), end_zone: None };
    let mut content = Content::at(span);
    content.title = format!("Meeting {n} about the next quarter");
    content.description = "Agenda, notes and an address to join. ".repeat(9);
    content.location = "Room 4.12, second building".to_owned();
    Body::single(content)
}

fn part(target: u32) -> Part {
    Part {
        generation: 0,
        want: Some(ContentHash([target as u8; 32])),
        object: None,
        acks: Vec::new(),
        before: Vec::new(),
        status: PartStatus::Due,
        reverts: Vec::new(),
        attempts: 0,
        stale: 0,
        starts: AT,
        gone: None,
    }
}

fn part_ref(event: EventId, target: u32) -> PartRef {
    PartRef { event, edge: edge(target), part: PartKey::Whole }
}

pub(crate) fn calendar(n: u32) -> CalendarId {
    CalendarId::from_bytes([n as u8 + 1; 16])
}

pub(crate) fn edge(n: u32) -> EdgeId {
    EdgeId::from_bytes([n as u8 + 1; 16])
}
