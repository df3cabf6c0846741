//! What a server holds after a write whose version it did not tell.

mod common;

use common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ports::Clock;
use kalends_sim_tests::{History, World};
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
