//! Two hosts that live through the same end with the same digest, whatever store they stand on.

use std::collections::BTreeSet;

use crate::common::origin;
use kalends_core::graph::EdgeOptions;
use kalends_core::ports::GraphStore as _;
use kalends_core::read::GraphDigest;
use kalends_core::slice::ReadSet;
use kalends_oracle::Level;
use kalends_sim_tests::{Giving, History, Keep, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::hostile::Hostile;
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
        let (world, mut history) = crate::common::small::<S>(Profile::plain());
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

/// A random history over a store like this one, as it stands after each step: where its journal is,
/// whose every entry is sealed over all before it, all that its rows say, and what its server was sent.
fn walked(seed: u64, store: fn(MemoryStore, u64) -> Hostile<MemoryStore>) -> Vec<[String; 3]> {
    let mut world: World<Hostile<MemoryStore>> = World::new(Profile::plain(), seed, &[0, 1, 1]);
    world.store = store(MemoryStore::fresh(world.keys.graph), seed);
    world.sign_in();
    let mut giving = Giving::with_mishaps(&world, seed);
    let stands = |world: &World<Hostile<MemoryStore>>| {
        let loaded = block_on(world.store.load(world.keys.graph, &ReadSet::default()));
        let (rows, mut sim) = (world.store.inner().rows(world.keys.graph), world.http.sim());
        let sent: Vec<_> = sim.log().iter().map(|logged| logged.request.clone()).collect();
        sim.clear_log();
        [format!("{:?}", loaded.unwrap().head), format!("{rows:?}"), format!("{sent:?}")]
    };
    let mut walked = vec![stands(&world)];
    for _ in 0..20 {
        giving.step(&world);
        walked.push(stands(&world));
    }
    world.settle();
    walked.push(stands(&world));
    walked
}

/// Catches a step that looks at rows it did not ask for, and one that takes what was not loaded for
/// what is not there.
#[test]
fn every_step_decides_from_all_rows_as_from_those_that_it_asked_for() {
    let mut wrote = 0;
    for seed in 7_000_000..7_000_012 {
        let (least, most) = (walked(seed, Hostile::new), walked(seed, Hostile::generous));
        for (n, (least, most)) in least.iter().zip(&most).enumerate() {
            for (what, (least, most)) in
                ["journal", "rows", "requests"].iter().zip(least.iter().zip(most))
            {
                assert!(least == most, "seed {seed}, step {n}: other {what}");
            }
        }
        wrote += least.iter().filter(|[.., sent]| sent.contains("PUT")).count();
    }
    assert!(wrote > 12, "{wrote} steps wrote something");
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
    let (world, mut history) = crate::common::small::<SqliteStore>(Profile::plain());
    crate::common::at_rest(&world, &history);
    let before = in_sqlite(&world);
    world.sync();
    assert_eq!(in_sqlite(&world), before, "a sync that finds nothing changes nothing");
    history.put(&world, "person-e.ics", origin(0, "e", "Dinner", 14));
    world.plan();
    assert_ne!(in_sqlite(&world), before);
}
