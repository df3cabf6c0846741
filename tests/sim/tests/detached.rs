//! Mirrors that a person made theirs.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ids::EdgeId;
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_oracle::Edge;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Person, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

fn detaching() -> EdgeOptions {
    EdgeOptions { level: DetailLevel::Full, on_edit: OnEdit::Detach, ..EdgeOptions::default() }
}

fn person(world: &Memory, work: impl FnOnce(&mut Person<'_>) -> Result<(), String>) {
    let now = world.clock.now().as_millis();
    assert_eq!(work(&mut world.http.sim().person(now)), Ok(()));
}

fn held(world: &Memory, place: usize) -> Vec<(String, String)> {
    world.http.sim().resources(&world.path(place).unwrap_or_default()).into_iter().collect()
}

fn make_theirs(world: &Memory, place: usize, mirror: &str) {
    let path = world.path(place).unwrap_or_default();
    person(world, |person| {
        person.edit(&path, mirror, |text| text.replace("SUMMARY:", "SUMMARY:My "))
    });
}

/// The same event in two calendars, mirrored from both to a third, where a person just changed the
/// mirror of the first, and the first leaves it out.
fn left_out_and_made_theirs() -> (Memory, Edge) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.put(&world, "person-b.ics", origin(1, "a", "Dentist", 10));
    let _first = world.edge_with(0, 2, detaching());
    let second = world.edge_with(1, 2, EdgeOptions::default());
    world.settle();
    let [(mirror, _)] = held(&world, 2).try_into().unwrap_or_default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist #nosync", 10));
    make_theirs(&world, 2, &mirror);
    // The target is read only after the other edge took over.
    assert!(world.http.sim().plan("REPORT", "*/cal2/*", When::Nth(1), "C40-503"));
    assert!(world.http.sim().plan("DELETE", "*/cal2/*", When::Nth(1), "C40-503"));
    world.settle();
    (world, second)
}

/// Catches a second mirror beside what a person made theirs.
#[test]
fn no_other_edge_shows_what_a_person_made_theirs() {
    let (world, _) = left_out_and_made_theirs();
    let held = held(&world, 2);
    assert!(held.len() == 1 && held[0].1.contains("SUMMARY:My Dentist"), "{held:?}");
}

/// Catches an edge that never ends, since another's mirror was made a person's.
#[test]
fn an_edge_ends_though_a_person_made_anothers_mirror_theirs() {
    let (world, second) = left_out_and_made_theirs();
    world.remove_edge(&second);
    world.settle();
    assert!(!world.config().edges.contains_key(&EdgeId::from_bytes(second.rank)));
    assert_eq!(held(&world, 2).len(), 1);
}

/// A mirror in the second calendar that a person changed, and its name.
fn made_theirs() -> (Memory, Edge, String) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let edge = world.edge_with(0, 1, detaching());
    world.settle();
    let [(theirs, _)] = held(&world, 1).try_into().unwrap_or_default();
    make_theirs(&world, 1, &theirs);
    world.settle();
    (world, edge, theirs)
}

/// The event is mirrored beside what the person made theirs, however often that changes.
fn lies_beside(world: &Memory, theirs: &str) {
    for _ in 0..2 {
        // Everything is compared anew once a week.
        world.clock.advance_millis(8 * 86_400_000);
        world.settle();
        let held = held(world, 1);
        let my = held.iter().find(|(name, _)| *name == theirs);
        assert!(my.is_some_and(|(_, text)| text.contains("SUMMARY:My ")), "{held:?}");
        assert_eq!(held.len(), 2);
        make_theirs(world, 1, theirs);
    }
}

/// Catches writing over a person's copy once its edge is to mirror the event again.
#[test]
fn a_mirror_that_is_resumed_lies_beside_the_persons_copy() {
    let (world, edge, theirs) = made_theirs();
    let event = world.keys.event("a@person", "", 0);
    world.author(UserEdit::Resume { event, edge: EdgeId::from_bytes(edge.rank) });
    lies_beside(&world, &theirs);
}

/// Catches taking in a person's copy for an edge that was removed and is there again.
#[test]
fn an_edge_that_is_there_again_mirrors_beside_the_persons_copy() {
    let (world, edge, theirs) = made_theirs();
    world.remove_edge(&edge);
    world.settle();
    assert_eq!(held(&world, 1).len(), 1);
    let _again = world.edge_with(0, 1, detaching());
    lies_beside(&world, &theirs);
}
