//! A meeting is mirrored like any event of the own calendar.

use std::sync::Arc;

use kalends_core::graph::{
    Calendar, CalendarKind, CalendarRole, Capabilities, Edge, EdgeOptions, Lifecycle, ScopeKind,
};
use kalends_core::ids::{CalendarId, EdgeId};
use kalends_core::meeting::MessageBody;
use kalends_core::mirror::PartStatus;
use kalends_core::presence::ContentHash;
use kalends_core::step::UserEdit;

use super::support::*;

const TARGET: CalendarId = CalendarId::from_bytes([30; 16]);
const EDGE: EdgeId = EdgeId::from_bytes([31; 16]);

#[test]
fn its_mirrors_follow_from_the_question_to_the_end() {
    let mut bob = mirrored();
    bob.hear(&[says(ANN, BOB, hold())]);
    let tentative = wanted(&bob);
    assert!(tentative.is_some());
    bob.edit(UserEdit::Answer { meeting: MEETING, accept: true });
    assert_eq!(wanted(&bob), tentative);
    let confirmed = bob.hear(&[says(ANN, BOB, MessageBody::Confirm)]);
    assert_eq!(confirmed.jobs.len(), 1);
    assert!(wanted(&bob).is_some() && wanted(&bob) != tentative);
    bob.hear(&[says(ANN, BOB, MessageBody::Cancel)]);
    assert_eq!(wanted(&bob), None);
}

/// What the only mirror should say; due wherever it should say anything.
fn wanted(graph: &Graph) -> Option<ContentHash> {
    let bundle = graph.rows.events.values().flatten().next().unwrap();
    let parts: Vec<_> = bundle.mirrors[&EDGE].parts.values().collect();
    let [part] = parts[..] else { return None };
    assert!(part.want.is_none() || part.status == PartStatus::Due, "{part:?}");
    part.want
}

/// Bob, with an edge from his own calendar into another of his.
fn mirrored() -> Graph {
    let mut bob = Graph::new(BOB);
    let account = keys(BOB).account("caldav", "bob");
    let own = keys(BOB).calendar(keys(BOB).account("own", ""), "main");
    let target = Calendar {
        id: TARGET,
        account,
        provider_id: None,
        name: "work".to_owned(),
        kind: ScopeKind::Calendar,
        on: true,
        capabilities: Capabilities::default(),
        role: CalendarRole::Theirs,
    };
    let edge = Edge {
        id: EDGE,
        from: own,
        to: TARGET,
        options: EdgeOptions { kind: CalendarKind::TrueMirror, ..EdgeOptions::default() },
        state: Lifecycle::Active,
        pair: None,
    };
    let config = Arc::make_mut(&mut bob.rows.config);
    config.calendars.insert(TARGET, target);
    config.edges.insert(EDGE, edge);
    bob
}
