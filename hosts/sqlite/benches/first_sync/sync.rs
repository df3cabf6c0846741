//! Load, decide, commit, as the driver does it.

use kalends_core::ids::{GraphId, RunId, ScopeId, StepSeed};
use kalends_core::ingest::{ingest, looked_up};
use kalends_core::keys::GraphKeys;
use kalends_core::plan::Plan;
use kalends_core::ports::GraphStore;
use kalends_core::provider::{Batch, Item};
use kalends_core::slice::{Missing, ReadSet};
use kalends_core::step::Env;
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::bulk::{AT, SOURCE};

/// What the steps of one listing know of the outside.
pub(crate) fn env(keys: &GraphKeys, run: u8) -> Env {
    Env { now: AT, seed: StepSeed([5; 32]), run: RunId::from_bytes([run; 16]), keys: keys.clone() }
}

/// Takes a listing in. `seen` is given every plan that is committed.
pub(crate) fn take_in(
    store: &SqliteStore,
    graph: GraphId,
    env: &Env,
    batches: Vec<Vec<Item>>,
    mut seen: impl FnMut(Plan),
) {
    let scope = ScopeId::from(SOURCE);
    let mut quiet = false;
    for items in batches {
        let mut batch = Batch { scope, items, unfinished: false };
        while !batch.items.is_empty() {
            let mut want = first_look(env, &batch, quiet);
            let (slice, plan) = loop {
                let slice = block_on(store.load(graph, &want)).unwrap();
                match ingest(&slice, &batch, env) {
                    Ok(plan) => break (slice, plan),
                    Err(Missing(more)) => want.merge(*more),
                }
            };
            quiet = plan.is_empty();
            batch.items.drain(..plan.taken);
            if !plan.is_empty() {
                block_on(store.commit(graph, slice.version, &plan)).unwrap();
                seen(plan);
            }
        }
    }
}

fn first_look(env: &Env, batch: &Batch, quiet: bool) -> ReadSet {
    let mut want = looked_up(batch.scope.calendar(), &batch.items);
    for item in &batch.items {
        match item {
            Item::Event(_) if quiet => {}
            Item::Event(event) => {
                want.events.insert(env.keys.event(&event.uid, "", 0));
            }
            Item::Listed(_) => {
                want.cursors.insert(batch.scope);
                want.runs.insert(env.run);
            }
            Item::Message(_) | Item::Removed { .. } | Item::AsRuled { .. } | Item::Broken(_) => {}
        }
    }
    want
}
