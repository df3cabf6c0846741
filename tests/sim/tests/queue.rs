//! Jobs may be lost: the rows say what is left to do, and a sweep finds it.

use crate::common::{at_rest, origin, small};
use kalends_core::graph::{EdgeOptions, OnEdit};
use kalends_core::ports::{Clock, SendJobQueue};
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const DAY_MS: i64 = 86_400_000;

/// The queue is emptied behind the engine's back.
fn lose_all_jobs(world: &Memory) -> usize {
    let (graph, late) = (world.keys.graph, world.clock.now().saturating_add_millis(400 * DAY_MS));
    let mut lost = 0;
    loop {
        let claims = block_on(SendJobQueue::claim(&world.store, graph, late, 50, 1)).unwrap();
        if claims.is_empty() {
            return lost;
        }
        for claim in claims {
            block_on(SendJobQueue::finish(&world.store, graph, &claim, None)).unwrap();
            lost += 1;
        }
    }
}

/// Catches a sweep that passes over parts whose rows it does not change.
#[test]
fn what_lost_jobs_were_to_write_is_written_a_day_later() {
    let (world, mut history) = small(Profile::plain());
    at_rest(&world, &history);
    history.put(&world, "person-e.ics", origin(0, "e", "New", 14));
    history.put(&world, "person-a.ics", origin(0, "a", "Renamed", 10));
    history.delete(&world, 1, "person-c.ics");
    for method in ["PUT", "DELETE"] {
        assert!(world.http.sim().plan(method, "*", When::Always, "C40-503"));
    }
    let _fails = world.sync();
    world.http.sim().faults_mut().clear();
    assert!(lose_all_jobs(&world) > 3);
    assert_ne!(history.differences(&world), Vec::<String>::new());

    world.clock.advance_millis(DAY_MS + 3_600_000);
    at_rest(&world, &history);
}

/// Catches an overlay that is never made because one job was lost.
#[test]
fn an_overlay_whose_job_was_lost_is_made_a_day_later() {
    let world: Memory = World::new(Profile::plain(), 4, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.edges.push(world.edge(0, 3, Level::Title));
    assert_eq!(lose_all_jobs(&world), 1);
    world.sync();
    lose_all_jobs(&world);
    world.clock.advance_millis(DAY_MS + 3_600_000);
    at_rest(&world, &history);
    assert_eq!(history.mirrors(&world, 3).len(), 1);
}

/// Catches an edge that stays half removed.
#[test]
fn an_edge_whose_deletions_were_lost_is_still_taken_away() {
    let (world, mut history) = small(Profile::plain());
    at_rest(&world, &history);
    world.remove_edge(&history.edges.remove(0));
    assert!(world.http.sim().plan("DELETE", "*", When::Always, "C40-503"));
    let _fails = world.sync();
    world.http.sim().faults_mut().clear();
    assert!(lose_all_jobs(&world) >= 2);
    world.clock.advance_millis(DAY_MS + 3_600_000);
    at_rest(&world, &history);
    assert_eq!(world.config().edges.len(), 2);
}

/// Catches a change of an origin that waits for ever.
#[test]
fn a_change_of_an_origin_whose_job_was_lost_is_still_made() {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let options = EdgeOptions {
        level: kalends_core::graph::DetailLevel::Full,
        on_edit: OnEdit::Propagate,
        ..EdgeOptions::default()
    };
    history.edges.push(world.edge_with(0, 1, options));
    at_rest(&world, &history);
    let (name, _) = history.ours(&world, 1).pop_first().unwrap();
    let path = world.path(1).unwrap();
    let now = world.clock.now().as_millis();
    let edited = |text: String| text.replacen("SUMMARY:Dentist", "SUMMARY:Surgeon", 1);
    assert_eq!(world.http.sim().person(now).edit(&path, &name, edited), Ok(()));
    assert!(world.http.sim().plan("PUT", "*", When::Always, "C40-503"));
    let _fails = world.sync();
    world.http.sim().faults_mut().clear();
    lose_all_jobs(&world);
    world.clock.advance_millis(DAY_MS + 3_600_000);
    world.settle();
    let origin = world.http.sim().resources(&world.path(0).unwrap())["person-a.ics"].clone();
    assert_eq!(kalends_sim_tests::read(&origin).title, "Surgeon");
}
