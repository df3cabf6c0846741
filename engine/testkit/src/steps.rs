//! Steps decided from rows that are loaded, ready to be measured: 50 items of a calendar with two
//! edges, and one write of what came of them.

use std::hint::black_box;

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

use crate::block_on::block_on;
use crate::bulk;
use crate::memory::MemoryStore;

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
            let read = Batch { scope, items: vec![Item::Listed(end)], unfinished: false };
            let (slice, plan) = world.decided(ReadSet::default(), |s, env| ingest(s, &read, env));
            world.commit(slice.version, &plan);
        }
        world
    }

    fn commit(&self, base: GraphVersion, plan: &Plan) {
        let committed = block_on(self.store.commit(GRAPH, base, plan));
        assert!(committed.is_ok(), "nobody else writes here: {committed:?}");
    }

    /// All that a step wants, and what it decides.
    fn decided<T>(
        &self,
        mut want: ReadSet,
        step: impl Fn(&Slice, &Env) -> Result<T, Missing>,
    ) -> (Slice, T) {
        loop {
            let Ok(slice) = block_on(self.store.load(GRAPH, &want)) else {
                panic!("the graph is there")
            };
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
    Batch { scope: bulk::SOURCE.into(), items: items.collect(), unfinished: false }
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

/// Calls `measure` with each step under its name. It may run as often as one likes: it changes
/// nothing.
///
/// # Panics
/// Where the steps do not decide what is to be measured.
pub fn steps(measure: &mut dyn FnMut(&str, &dyn Fn())) {
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
    measure("ingest 50 new events", &|| drop(black_box(ingest(&unknown, &batch, env))));
    measure("ingest 50 changed events", &|| drop(black_box(ingest(&known, &changed, env))));
    measure("ingest 50 unchanged events", &|| drop(black_box(ingest(&known, &batch, env))));

    let event = env.keys.event("uid-0@example.org", "", 0);
    let part = PartRef { event, edge: EdgeId::from_bytes([3; 16]), part: PartKey::Whole };
    let job = Job { key: JobKey::Part(part), lane: bulk::SOURCE, run_at: env.now, starts: env.now };
    let (slice, sent) = world.decided(ReadSet::default(), |s, env| dispatch(s, &job, env));
    measure("dispatch one write", &|| drop(black_box(dispatch(&slice, &job, env))));
    let Dispatch::Send(operation) = sent else { panic!("nothing to write") };
    let outcomes = [stored(operation.sent)];
    let (slice, _) = world.decided(ReadSet::default(), |s, env| settle(s, &outcomes, env));
    measure("settle one write", &|| drop(black_box(settle(&slice, &outcomes, env))));
}

fn stored(sent: Sent) -> WriteOutcome {
    let (id, version) = (ProviderId("/made.ics".to_owned()), Some(Version("\"1\"".to_owned())));
    let stored = Stored { id, version, body: None, resets_instances: false };
    WriteOutcome { sent, done: Done::Stored(stored) }
}
