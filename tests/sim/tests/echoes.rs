//! What a server holds after a write whose version it did not tell.

use std::collections::BTreeMap;

use crate::common::{at_rest, origin};
use kalends_core::event::{Body, Content, Span};
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ids::{EdgeId, EventId, ProviderId, RunId};
use kalends_core::mirror::{FieldHashes, PartKey, PartRef};
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::Clock;
use kalends_core::presence::ContentHash;
use kalends_core::provider::{Done, Stored};
use kalends_core::settle::settle;
use kalends_core::slice::ReadSet;
use kalends_core::step::{Action, Sent, Subject, WriteOutcome};
use kalends_core::time::{Civil, Length, When as Time, Zone};
use kalends_driver::Decider;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// An origin whose mirror was written to a server that tells no version, and not read back; then
/// someone wrote over it.
fn written_over(on_edit: OnEdit) -> (Memory, History, String) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    let options = EdgeOptions { level: DetailLevel::Full, on_edit, ..EdgeOptions::default() };
    let _edge = world.edge_with(0, 1, options);
    world.settle();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    for (method, fault) in [("PUT", "C31"), ("REPORT", "C40-504")] {
        assert!(world.http.sim().plan(method, "*/cal1/*", When::Always, fault));
    }
    let _unread = world.sync();
    let (name, text) = history.ours(&world, 1).pop_first().unwrap_or_default();
    assert!(text.contains("SUMMARY:Dentist"), "{text}");
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    let change = |text: String| text.replace("SUMMARY:Dentist", "SUMMARY:Someone's");
    assert_eq!(world.http.sim().person(now).edit(&path, &name, change), Ok(()));
    (world, history, path)
}

fn lost(world: &Memory) -> bool {
    let journal = world.store.journal(world.keys.graph).into_iter();
    journal.filter_map(|(_, payload)| payload).any(|payload| {
        let text = String::from_utf8_lossy(&payload.0).into_owned();
        text.contains("\"lost:") && text.contains("Someone's")
    })
}

/// Catches an edit that is taken for what the server made of our write, and stays.
#[test]
fn an_edit_before_the_read_back_is_written_back() {
    let (world, history, _) = written_over(OnEdit::Revert);
    world.http.sim().faults_mut().clear();
    world.settle();
    assert!(history.mirrors(&world, 1).iter().all(|mirror| mirror.title == "Dentist"));
    assert!(lost(&world), "what it said can be brought back");
}

/// Catches what a server made of our write, taken for a person's edit and to the origin, because
/// something else was wanted before it was read back.
#[test]
fn what_was_never_read_back_is_not_taken_to_the_origin() {
    let (world, mut history, _) = written_over(OnEdit::Propagate);
    history.put(&world, "person-a.ics", origin(0, "a", "Moved on", 11));
    let _unread = world.sync();
    world.clock.advance_millis(3_600_000);
    world.http.sim().faults_mut().clear();
    world.settle();
    let origin = world.http.sim().resources(&world.path(0).unwrap_or_default());
    assert!(origin["person-a.ics"].contains("SUMMARY:Moved on"), "{origin:?}");
    assert!(history.mirrors(&world, 1).iter().all(|mirror| mirror.title == "Moved on"));
    assert!(lost(&world), "what it said can be brought back");
}

/// Catches a late answer about an object that is gone, which makes our own content look edited.
#[test]
fn a_late_answer_about_an_object_that_is_gone_says_nothing() {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let edge = EdgeId::from_bytes(world.edge_with(0, 1, EdgeOptions::default()).rank);
    world.settle();
    let (name, _) = history.ours(&world, 1).pop_first().unwrap_or_default();
    let (path, now) = (world.path(1).unwrap_or_default(), world.clock.now().as_millis());
    assert_eq!(world.http.sim().person(now).delete(&path, &name), Ok(()));
    world.settle();
    let before = world.store.rows(world.keys.graph);
    let event: EventId = world.keys.event("a@person", "", 0);
    let calendar = &world.config().calendars[&world.calendar(1)];
    let body = Body::single(Content::at(Span {
        start: Time::Zoned(Civil::from_seconds(1_780_400_000), Zone::utc()),
        length: Length::Exact(0),
        end_zone: None,
    }));
    let sent = Sent {
        subject: Subject::Part(PartRef { event, edge, part: PartKey::Whole }),
        action: Action::Create,
        generation: 0,
        want: Some(ContentHash([7; 32])),
        fields: Some(FieldHashes::of(&body, &calendar.capabilities)),
    };
    let stored = Stored {
        id: ProviderId(name),
        version: None,
        body: Some(Box::new(body)),
        resets_instances: false,
    };
    let outcome = [WriteOutcome { sent, done: Done::Stored(stored) }];
    let driver = world.driver();
    let decider = Decider::new(driver.ports(), &world.keys, RunId::from_bytes([3; 16]));
    let want = ReadSet { events: [event].into(), ..ReadSet::default() };
    let settled =
        block_on(decider.decide("settle", want, |s: &_, env: &_| settle(s, &outcome, env)));
    assert!(settled.is_ok(), "{settled:?}");
    let part = |rows: &BTreeMap<RowKey, Row>| {
        rows.values()
            .find_map(|row| if let Row::Part(_, _, part) = row { Some(part.clone()) } else { None })
    };
    assert_eq!(part(&world.store.rows(world.keys.graph)), part(&before));
}

/// Catches our own content, stored once more by a program under a new version, taken for a person's
/// edit: the newest is an echo, an older one a replay.
#[test]
fn our_own_content_stored_again_is_no_edit() {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    let on_edit = OnEdit::Detach;
    let options = EdgeOptions { level: DetailLevel::Full, on_edit, ..EdgeOptions::default() };
    history.edges.push(world.edge_with(0, 1, options));
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    at_rest(&world, &history);
    let path = world.path(1).unwrap_or_default();
    let (name, older) = history.ours(&world, 1).pop_first().unwrap_or_default();
    for title in ["Doctor", "Surgeon"] {
        history.put(&world, "person-a.ics", origin(0, "a", title, 10));
        at_rest(&world, &history);
        let now = world.clock.now().as_millis();
        let same = |text: String| text.replace("DTSTAMP:2", "DTSTAMP:1");
        assert_eq!(world.http.sim().person(now).edit(&path, &name, same), Ok(()));
        at_rest(&world, &history);
        let now = world.clock.now().as_millis();
        assert_eq!(world.http.sim().person(now).put(&path, &name, &older), Ok(()));
        at_rest(&world, &history);
    }
}
