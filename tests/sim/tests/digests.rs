//! Two hosts that live through the same end with the same digest, whatever store they stand on.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::collections::BTreeSet;

use common::origin;
use kalends_core::graph::EdgeOptions;
use kalends_core::read::GraphDigest;
use kalends_oracle::Level;
use kalends_sim_tests::{History, Keep, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

/// By the rows themselves, without any page.
fn in_memory(world: &World<MemoryStore>) -> [u8; 32] {
    let mut digest = GraphDigest::default();
    let rows = world.store.rows(world.keys.graph).into_values();
    rows.for_each(|row| digest.take(row).unwrap());
    digest.end()
}

fn in_sqlite(world: &World<SqliteStore>) -> [u8; 32] {
    block_on(kalends::digest(&world.store, world.keys.graph)).unwrap()
}

/// New, changed, moved and deleted origins, a deleted mirror and a lowered level, with syncs between.
/// Nothing fails: then the order of what happens at once changes nothing.
fn lived<S: Keep>() -> Vec<World<S>> {
    let mut ends = Vec::new();
    for until in 0..5 {
        let (world, mut history) = common::small::<S>(Profile::plain());
        world.settle();
        let edge = history.edges[0].clone();
        for step in 0..until {
            match step {
                0 => history.put(&world, "person-e.ics", origin(0, "e", "Dinner", 14)),
                1 => history.carry(&world, 0, "person-a.ics", 1),
                2 => {
                    history.delete(&world, 1, "person-c.ics");
                    let mirror = history.names_of_ours(&world, 1).remove(0);
                    history.delete(&world, 1, &mirror);
                }
                _ => {
                    world.change_edge(&edge, EdgeOptions::default());
                }
            }
            world.settle();
        }
        ends.push(world);
    }
    ends
}

#[test]
fn the_same_history_on_two_stores_has_one_digest() {
    let memory: Vec<_> = lived().iter().map(in_memory).collect();
    let sqlite: Vec<_> = lived().iter().map(in_sqlite).collect();
    assert_eq!(memory, sqlite);
    let different: BTreeSet<_> = memory.iter().collect();
    assert_eq!(different.len(), memory.len());
}

#[test]
fn a_digest_covers_every_page() {
    let many = |title: &str| {
        let world: World<SqliteStore> = World::new(Profile::plain(), 1, &[0, 1]);
        let mut history = History::default();
        for n in 0..210 {
            let title = if n == 209 { title } else { "Busy day" };
            let one = origin(0, &format!("e{n}"), title, 10);
            history.put(&world, &format!("person-{n}.ics"), one);
        }
        history.edges.push(world.edge(0, 1, Level::Title));
        world.settle();
        in_sqlite(&world)
    };
    let digest = many("Board");
    assert_eq!(many("Board"), digest);
    assert_ne!(many("Bored"), digest);
}

#[test]
fn what_waits_to_be_written_is_in_the_digest_and_a_look_is_not() {
    let (world, mut history) = common::small::<SqliteStore>(Profile::plain());
    common::at_rest(&world, &history);
    let before = in_sqlite(&world);
    world.sync();
    assert_eq!(in_sqlite(&world), before, "a sync that finds nothing changes nothing");
    history.put(&world, "person-e.ics", origin(0, "e", "Dinner", 14));
    world.plan();
    assert_ne!(in_sqlite(&world), before);
}
