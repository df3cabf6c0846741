//! Small builders for the tests of projection.

use std::collections::BTreeMap;

use kalends_core::compile::{Compile, Compiled, Projected, compile};
use kalends_core::event::{Body, Content, Exception, Privacy, Recurrence, Span};
use kalends_core::graph::{Capabilities, DetailLevel, Edge, EdgeOptions, Lifecycle};
use kalends_core::ids::{CalendarId, EdgeId};
use kalends_core::mirror::PartKey;
use kalends_core::policy;
use kalends_core::time::{Length, Rule, Timestamp, When, Zone};

pub(crate) fn berlin() -> Zone {
    Zone::resolve("Europe/Berlin").unwrap()
}

/// A time in Berlin: `2026-03-10T09:00:00`.
pub(crate) fn at(civil: &str) -> When {
    When::Zoned(civil.parse().unwrap(), berlin())
}

pub(crate) fn utc(civil: &str) -> When {
    When::Zoned(civil.parse().unwrap(), Zone::utc())
}

pub(crate) fn floating(civil: &str) -> When {
    When::Floating(civil.parse().unwrap())
}

pub(crate) fn day(date: &str) -> When {
    When::Date(date.parse().unwrap())
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn span(start: When) -> Span {
    let length = match &start {
        When::Date(_) => Length::Nominal { days: 1, seconds: 0 },
        When::Zoned(..) | When::Floating(_) => Length::Exact(3_600),
    };
    Span { start, length, end_zone: None }
}

/// A content that says something everywhere.
pub(crate) fn content(title: &str, start: When) -> Content {
    Content {
        title: title.into(),
        description: "the notes".into(),
        location: "Room 9".into(),
        ..Content::at(span(start))
    }
}

pub(crate) fn single(title: &str, start: When) -> Body {
    Body::single(content(title, start))
}

/// A daily series for ten days unless the rule says otherwise.
pub(crate) fn series(title: &str, start: When, rule: &str) -> Body {
    let rules = vec![Rule::parse(rule).unwrap()];
    let recurrence = Recurrence { rules, ..Recurrence::default() };
    Body { recurrence: Some(recurrence), ..single(title, start) }
}

/// Ten days from 10 March 2026, 9:00 in Berlin.
pub(crate) fn daily() -> Body {
    series("Standup", at("2026-03-10T09:00:00"), "FREQ=DAILY;COUNT=10")
}

pub(crate) fn exception(original: When, content: Content) -> Exception {
    Exception { original, this_and_future: false, content }
}

pub(crate) fn edge(level: DetailLevel) -> Edge {
    edge_with(EdgeOptions { level, ..EdgeOptions::default() })
}

pub(crate) fn edge_with(options: EdgeOptions) -> Edge {
    Edge {
        id: EdgeId::from_bytes([1; 16]),
        from: CalendarId::from_bytes([2; 16]),
        to: CalendarId::from_bytes([3; 16]),
        options,
        state: Lifecycle::Active,
        pair: None,
    }
}

/// Compiles on 1 March 2026 as if the body were the only presence.
pub(crate) fn compiled(body: &Body, edge: &Edge, target: &Capabilities) -> Compiled {
    with_compile(body, edge, target, compile)
}

pub(crate) fn with_compile<T>(
    body: &Body,
    edge: &Edge,
    target: &Capabilities,
    run: impl FnOnce(&Compile<'_>) -> T,
) -> T {
    let disclosure = policy::disclosure(&edge.options, &BTreeMap::new());
    run(&Compile {
        body,
        strictest: Privacy::Default,
        edge,
        disclosure: &disclosure,
        target,
        now: instant("2026-03-01T00:00:00Z"),
    })
}

pub(crate) fn parts(
    body: &Body,
    edge: &Edge,
    target: &Capabilities,
) -> BTreeMap<PartKey, Projected> {
    match compiled(body, edge, target) {
        Compiled::Parts(parts) => parts,
        Compiled::No(reason) => panic!("no mirror: {reason:?}"),
    }
}

/// The only part, on a target that holds everything.
pub(crate) fn whole(body: &Body, edge: &Edge) -> Projected {
    let mut parts = parts(body, edge, &Capabilities::default());
    assert_eq!(parts.len(), 1);
    parts.remove(&PartKey::Whole).unwrap()
}
