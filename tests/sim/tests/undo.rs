//! Runs taken back: what they did to origins, and what waited.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, Lifecycle, OnEdit};
use kalends_core::ids::RunId;
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// An origin mirrored whole, from where edits go back.
fn mirrored() -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let options = EdgeOptions {
        level: DetailLevel::Full,
        on_edit: OnEdit::Propagate,
        ..EdgeOptions::default()
    };
    let _edge = world.edge_with(0, 1, options);
    world.settle();
    (world, history)
}

fn edit(world: &Memory, place: usize, name: &str, change: impl FnOnce(String) -> String) {
    let path = world.path(place).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).edit(&path, name, change), Ok(()));
}

/// A person changes title and hour of the mirror; the run that takes it in.
fn edit_mirror(world: &Memory, history: &History) -> RunId {
    let name = history.ours(world, 1).into_keys().next().unwrap_or_default();
    edit(world, 1, &name, |text| {
        text.replace("SUMMARY:Dentist", "SUMMARY:Mine").replace("T090000", "T110000")
    });
    world.sync().run
}

fn undo(world: &Memory, run: RunId) {
    world.author(UserEdit::Undo { run });
    world.settle();
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
}

fn held(world: &Memory) -> String {
    let path = world.path(0).unwrap_or_default();
    world.http.sim().resources(&path).get("person-a.ics").cloned().unwrap_or_default()
}

/// Catches an undo after which the origin still says what the undone run wrote into it.
#[test]
fn an_origin_that_the_run_wrote_says_again_what_it_said() {
    let (world, history) = mirrored();
    let run = edit_mirror(&world, &history);
    assert!(held(&world).contains("SUMMARY:Mine"), "{}", held(&world));
    undo(&world, run);
    assert!(held(&world).contains("SUMMARY:Dentist"), "{}", held(&world));
    assert!(held(&world).contains("T090000"), "{}", held(&world));
    assert!(history.mirrors(&world, 1).iter().all(|mirror| mirror.title == "Dentist"));
}

/// Catches an undo that takes a person's later change away.
#[test]
fn what_a_person_changed_since_stays() {
    let (world, history) = mirrored();
    let run = edit_mirror(&world, &history);
    edit(&world, 0, "person-a.ics", |text| text.replace("SUMMARY:Mine", "SUMMARY:Later"));
    world.settle();
    undo(&world, run);
    assert!(held(&world).contains("SUMMARY:Later"), "{}", held(&world));
    assert!(held(&world).contains("T090000"), "{}", held(&world));
}

/// Catches an undo that takes away what a person set since: it would show more than they want.
#[test]
fn what_was_set_since_stays() {
    let (world, history) = mirrored();
    let edge = world.config().edges.keys().next().copied().unwrap();
    let set = |level| {
        let options = Box::new(EdgeOptions { level, ..EdgeOptions::default() });
        let driver = world.driver();
        let edits = vec![UserEdit::ChangeEdge { edge, base: None, options }];
        block_on(driver.author(&world.keys, &edits)).unwrap()
    };
    let _title = set(DetailLevel::Title);
    let (full, _) = set(DetailLevel::Full);
    let _busy = set(DetailLevel::Busy);
    let (_, notes) = {
        let driver = world.driver();
        block_on(driver.author(&world.keys, &[UserEdit::Undo { run: full }])).unwrap()
    };
    assert!(notes.iter().any(|note| note.code == "undo.touched-since" && note.edge == Some(edge)));
    world.settle();
    let shown: Vec<String> = history.mirrors(&world, 1).into_iter().map(|one| one.title).collect();
    assert_eq!(shown, ["Busy"]);
}

/// Catches an undo that says nothing of what it cannot bring back.
#[test]
fn what_is_gone_since_is_named() {
    let (world, _) = mirrored();
    let edge = world.config().edges.keys().next().copied().unwrap();
    let author = |edit| block_on(world.driver().author(&world.keys, &[edit])).unwrap();
    let (run, _) = author(UserEdit::RemoveEdge { edge, abandon: false });
    let _kept = author(UserEdit::Undo { run });
    assert!(world.config().edges[&edge].state == Lifecycle::Active, "it comes back in time");
    let (run, _) = author(UserEdit::RemoveEdge { edge, abandon: false });
    world.settle();
    let (_, notes) = author(UserEdit::Undo { run });
    assert!(notes.iter().any(|note| note.code == "undo.gone" && note.edge == Some(edge)));
}

/// Catches a change that is written after it was taken back.
#[test]
fn a_change_that_waits_is_called_off() {
    let (world, history) = mirrored();
    assert!(world.http.sim().plan("PUT", "*/cal0/*", When::Always, "C40-503"));
    let run = edit_mirror(&world, &history);
    world.author(UserEdit::Undo { run });
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(3_600_000);
    world.settle();
    assert!(held(&world).contains("SUMMARY:Dentist"), "{}", held(&world));
}

/// Catches an undo of a sync that finds nothing, because a plan had read what the sync wrote.
#[test]
fn a_sync_after_a_plan_is_taken_back_too() {
    let (world, mut history) = mirrored();
    history.put(&world, "person-a.ics", origin(0, "a", "Renamed", 10));
    let _plan = world.plan();
    let run = world.sync().run;
    assert!(history.mirrors(&world, 1).iter().all(|mirror| mirror.title == "Renamed"));
    undo(&world, run);
    let name = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    let rests = world.store.rows(world.keys.graph).into_values().any(|row| {
        matches!(row, kalends_core::plan::Row::Mirror(_, _, mirror)
            if mirror.mode == kalends_core::mirror::MirrorMode::Paused)
    });
    assert!(rests, "{name} rests until its origin changes again");
}
