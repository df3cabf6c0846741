//! Edits of mirrors at odd moments.

use crate::common::{at_rest, origin, small};
use kalends_core::ports::Clock;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Catches an edit that is passed over because the mirror was to be deleted just then, and stays
/// when it is wanted again after all.
#[test]
fn a_mirror_edited_while_it_was_not_wanted_is_put_right_when_it_is_wanted_again() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    assert!(world.http.sim().plan("DELETE", "*", When::Always, "X1"));
    history.delete(&world, 0, "person-a.ics");
    let _waits = world.sync();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    for name in history.ours(&world, 1).into_keys() {
        let edited = world
            .http
            .sim()
            .person(now)
            .edit(&path, &name, |text| text.replacen("SUMMARY:Dentist", "SUMMARY:Tampered", 1));
        assert_eq!(edited, Ok(()));
    }
    let _waits = world.sync();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let _wanted = world.sync();
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
}

/// Catches a mirror that counts as right because its origin says again what it said when the
/// mirror was written last, though someone wrote over it since.
#[test]
fn an_edited_mirror_is_written_back_though_its_origin_came_back_to_what_it_said() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.edges.push(world.edge(0, 1, Level::Title));
    at_rest(&world, &history);
    let (name, text) = history.ours(&world, 1).pop_first().unwrap_or_default();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    let tampered = text.replace("SUMMARY:Dentist", "SUMMARY:Tampered");
    assert_eq!(world.http.sim().person(now).put(&path, &name, &tampered), Ok(()));
    assert!(world.http.sim().plan("PUT", "*/cal1/*", When::Always, "C40-503"));
    for title in ["Dentist", "Doctor", "Dentist"] {
        history.put(&world, "person-a.ics", origin(0, "a", title, 10));
        let _failed = world.sync();
        world.clock.advance_millis(3_600_000);
    }
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
}

/// Catches an edit that is overwritten without a trace because the write that made the mirror was
/// never answered: nobody can tell whose content it is, so it has to be kept.
#[test]
fn an_edit_of_a_mirror_whose_creation_was_never_answered_can_be_brought_back() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.edges.push(world.edge(0, 1, Level::Title));
    at_rest(&world, &history);
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    assert!(world.http.sim().plan("PUT", "*/cal1/*", When::Nth(1), "C41"));
    assert!(world.http.sim().plan("REPORT", "*/cal1/*", When::Always, "X1"));
    let _unanswered = world.sync();
    let (name, text) = history.ours(&world, 1).pop_first().unwrap_or_default();
    let path = world.path(1).unwrap_or_default();
    let now = world.clock.now().as_millis();
    let edited = text.replace("SUMMARY:Dentist", "SUMMARY:Mine alone");
    assert_eq!(world.http.sim().person(now).put(&path, &name, &edited), Ok(()));
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
    let journal = world.store.journal(world.keys.graph).into_iter();
    let mut payloads = journal.filter_map(|(_, payload)| payload);
    assert!(payloads.any(|payload| String::from_utf8_lossy(&payload.0).contains("Mine alone")));
}
