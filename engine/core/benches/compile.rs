//! Projection of a typical single event, at each level, with its hash.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark, not an interface")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_core::compile::{Compile, compile};
use kalends_core::event::{Body, Content, Person, Privacy, Recurrence, Span};
use kalends_core::graph::{Capabilities, DetailLevel, Edge, EdgeOptions, Lifecycle};
use kalends_core::ids::{CalendarId, EdgeId};
use kalends_core::policy;
use kalends_core::time::{Length, Rule, Timestamp, When, Zone};

fn edge(level: DetailLevel) -> Edge {
    Edge {
        id: EdgeId::from_bytes([1; 16]),
        from: CalendarId::from_bytes([2; 16]),
        to: CalendarId::from_bytes([3; 16]),
        options: EdgeOptions { level, ..EdgeOptions::default() },
        state: Lifecycle::Active,
        pair: None,
    }
}

fn meeting() -> Body {
    let start = When::Zoned(
        "2026-03-10T14:30:00".parse().unwrap(),
        Zone::resolve("Europe/Berlin").unwrap(),
    );
    let mut content = Content::at(Span { start, length: Length::Exact(3_600), end_zone: None });
    content.title = "Quarterly planning with the platform team".into();
    content.description = "Agenda:\r\n1. What we shipped\r\n2. What we learned\r\n3. What is next\
        \r\n\r\nPlease read the notes of the last meeting before, and bring one thing that you \
        would stop doing.\r\n\r\nJoin by the link below or by telephone."
        .into();
    content.location = "Room 4.12, second floor".into();
    content.meeting = "https://meet.example/abc-defg-hij".into();
    content.attendees = (0..6)
        .map(|n| Person { name: format!("Person {n}"), email: format!("p{n}@example.org") })
        .collect();
    Body::single(content)
}

fn levels(c: &mut Criterion) {
    let body = meeting();
    let target = Capabilities::default();
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    for level in [DetailLevel::Busy, DetailLevel::Title, DetailLevel::Full] {
        let edge = edge(level);
        let disclosure = policy::disclosure(&edge.options, &BTreeMap::new());
        let asked = Compile {
            body: &body,
            strictest: Privacy::Default,
            edge: &edge,
            disclosure: &disclosure,
            target: &target,
            now,
        };
        c.bench_function(&format!("compile and hash a single at {level:?}"), |b| {
            b.iter(|| compile(black_box(&asked)));
        });
    }
}

fn series(c: &mut Criterion) {
    let mut body = meeting();
    let rules = vec![Rule::parse("FREQ=WEEKLY;BYDAY=TU").unwrap()];
    body.recurrence = Some(Recurrence { rules, ..Recurrence::default() });
    let target = Capabilities::default();
    let edge = edge(DetailLevel::Busy);
    let disclosure = policy::disclosure(&edge.options, &BTreeMap::new());
    let asked = Compile {
        body: &body,
        strictest: Privacy::Default,
        edge: &edge,
        disclosure: &disclosure,
        target: &target,
        now: "2026-03-01T00:00:00Z".parse().unwrap(),
    };
    c.bench_function("compile and hash a weekly series at Busy", |b| {
        b.iter(|| compile(black_box(&asked)));
    });
}

criterion_group!(benches, levels, series);
criterion_main!(benches);
