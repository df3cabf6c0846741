//! What a step costs by itself, without a store: 50 items of a calendar with two edges, decided from
//! rows that are loaded. Criterion tells the time, and the allocator what it was asked for.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark ends where it cannot run, and says what it measured"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use kalends_core::dispatch::dispatch;
use kalends_core::ids::{CalendarId, EdgeId, GraphId, ProviderId, RunId, StepSeed, Version};
use kalends_core::ingest::{ingest, looked_up};
use kalends_core::keys::GraphKeys;
use kalends_core::mirror::{PartKey, PartRef};
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::GraphStore as _;
use kalends_core::provider::{Batch, Done, Item, Listed, Payload, Stored};
use kalends_core::settle::settle;
use kalends_core::slice::{GraphVersion, Missing, ReadSet, Slice};
use kalends_core::step::{Dispatch, Env, Sent, WriteOutcome};
use kalends_testkit::block_on::block_on;
use kalends_testkit::bulk;
use kalends_testkit::memory::MemoryStore;

const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
const ITEMS: u32 = 50;

/// A store that has taken the events in.
struct World {
    store: MemoryStore,
    env: Env,
}

impl World {
    fn new() -> Self {
        let keys = GraphKeys { graph: GRAPH, secret: [7; 32] };
        let run = RunId::from_bytes([1; 16]);
        let env = Env { now: bulk::AT, seed: StepSeed([5; 32]), run, keys };
        let world = Self { store: MemoryStore::default(), env };
        world.store.create(GRAPH);
        world.commit(GraphVersion(0), &bulk::set_up());
        for n in [2, 3] {
            let scope = CalendarId::from_bytes([n; 16]).into();
            let end = Listed { token: Some("token-1".to_owned()), tag: None, whole: true };
            let read = Batch { scope, items: vec![Item::Listed(end)] };
            let (slice, plan) = world.decided(ReadSet::default(), |s, env| ingest(s, &read, env));
            world.commit(slice.version, &plan);
        }
        world
    }

    fn commit(&self, base: GraphVersion, plan: &Plan) {
        block_on(self.store.commit(GRAPH, base, plan)).unwrap();
    }

    /// All that a step wants, and what it decides.
    fn decided<T>(
        &self,
        mut want: ReadSet,
        step: impl Fn(&Slice, &Env) -> Result<T, Missing>,
    ) -> (Slice, T) {
        loop {
            let slice = block_on(self.store.load(GRAPH, &want)).unwrap();
            match step(&slice, &self.env) {
                Ok(decided) => return (slice, decided),
                Err(Missing(more)) => want.merge(*more),
            }
        }
    }
}

fn batch() -> Batch {
    let items = bulk::listing(ITEMS, ITEMS).remove(0);
    let items = items.into_iter().filter(|item| matches!(item, Item::Event(_)));
    Batch { scope: bulk::SOURCE.into(), items: items.collect() }
}

/// The same events, each with another title under another version.
fn changed(mut batch: Batch) -> Batch {
    for item in &mut batch.items {
        let Item::Event(event) = item else { continue };
        event.version = Some(Version("\"changed\"".to_owned()));
        let Payload::Whole(body) = &mut event.payload else { continue };
        body.content.title.push_str(", moved");
    }
    batch
}

fn steps(criterion: &mut Criterion) {
    let world = World::new();
    let batch = batch();
    let want = looked_up(bulk::SOURCE, &batch.items);
    let take_in = |batch: &Batch| world.decided(want.clone(), |s, env| ingest(s, batch, env));

    let (unknown, plan) = take_in(&batch);
    world.commit(unknown.version, &plan);
    let changed = changed(batch.clone());
    let (known, replan) = take_in(&changed);
    assert_eq!((plan.taken, replan.taken), (ITEMS as usize, ITEMS as usize));
    assert_eq!((plan.jobs.len(), replan.jobs.len()), (2 * ITEMS as usize, ITEMS as usize));

    let env = &world.env;
    let mut one = |name: &str, step: &dyn Fn()| measure(criterion, name, step);
    one("ingest 50 new events", &|| drop(black_box(ingest(&unknown, &batch, env))));
    one("ingest 50 changed events", &|| drop(black_box(ingest(&known, &changed, env))));
    one("ingest 50 unchanged events", &|| drop(black_box(ingest(&known, &batch, env))));

    let event = env.keys.event("uid-0@example.org", "", 0);
    let part = PartRef { event, edge: EdgeId::from_bytes([3; 16]), part: PartKey::Whole };
    let job = Job { key: JobKey::Part(part), lane: bulk::SOURCE, run_at: env.now, starts: env.now };
    let (slice, sent) = world.decided(ReadSet::default(), |s, env| dispatch(s, &job, env));
    one("dispatch one write", &|| drop(black_box(dispatch(&slice, &job, env))));
    let Dispatch::Send(operation) = sent else { return };
    let outcomes = [stored(operation.sent)];
    let (slice, _) = world.decided(ReadSet::default(), |s, env| settle(s, &outcomes, env));
    one("settle one write", &|| drop(black_box(settle(&slice, &outcomes, env))));
}

fn stored(sent: Sent) -> WriteOutcome {
    let (id, version) = (ProviderId("/made.ics".to_owned()), Some(Version("\"1\"".to_owned())));
    let stored = Stored { id, version, body: None, resets_instances: false };
    WriteOutcome { sent, done: Done::Stored(stored) }
}

fn measure(criterion: &mut Criterion, name: &str, step: &dyn Fn()) {
    let asked = allocation_counter::measure(step);
    println!("{name}: {} allocations, {} bytes", asked.count_total, asked.bytes_total);
    criterion.bench_function(name, |bencher| bencher.iter(step));
}

criterion_group!(benches, steps);
criterion_main!(benches);
