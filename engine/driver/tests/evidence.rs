//! What a sync asks its store of deletions.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::records::App;
use common::{Wire, block_on, keys};
use kalends_core::ids::GraphId;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, StoreError};
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::step::UserEdit;
use kalends_core::time::Timestamp;
use kalends_driver::{Driver, Limits, NoHooks, NoTimer, Options, Parts, Report};
use kalends_testkit::clock::{SeededEntropy, VirtualClock};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::records::{World, event};

/// Counts what is asked of deletions.
#[derive(Clone)]
struct Counting {
    inner: MemoryStore,
    /// Which calendars have any.
    whether: Arc<AtomicUsize>,
    /// What there is of a calendar.
    which: Arc<AtomicUsize>,
}

impl GraphStore for Counting {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.whether.fetch_add(want.evidence.len(), Ordering::Relaxed);
        self.which.fetch_add(want.gone.len(), Ordering::Relaxed);
        self.inner.load(graph, want).await
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        self.inner.commit(graph, base, plan).await
    }
}

impl JobQueue for Counting {
    async fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        self.inner.claim(graph, now, max, lease_ms).await
    }

    async fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.inner.finish(graph, claim, again).await
    }

    async fn next_due(&self, graph: GraphId) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        self.inner.next_due(graph).await
    }

    async fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        self.inner.peek(graph, now, after, limit).await
    }
}

impl Scratch for Counting {
    async fn put_down(&self, graph: GraphId, pad: Pad, piece: Piece) -> Result<(), StoreError> {
        self.inner.put_down(graph, pad, piece).await
    }

    async fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.pick_up(graph, pad, piece).await
    }

    async fn throw_away(&self, graph: GraphId, waste: Waste) -> Result<(), StoreError> {
        self.inner.throw_away(graph, waste).await
    }
}

struct Scene {
    world: World,
    store: Counting,
    clock: VirtualClock,
}

impl Scene {
    /// An account with so many calendars, an event in each, read once.
    fn new(calendars: usize) -> Self {
        let world = World::default();
        for n in 0..calendars {
            world.put(&format!("c{n:03}"), "talk", event("Talk", 6, 3));
        }
        let (inner, clock) = (MemoryStore::new(), "2026-06-01T00:00:00Z".parse().unwrap());
        inner.create(keys().graph);
        let store = Counting { inner, whether: Arc::default(), which: Arc::default() };
        let scene = Self { world, store, clock: VirtualClock::at(clock) };
        let add = UserEdit::AddAccount {
            id: keys().account("records", "me"),
            provider: "records".to_owned(),
            name: "me".to_owned(),
            subject: "me".to_owned(),
        };
        block_on(scene.driver().author(&keys(), &[add])).unwrap();
        assert!(scene.sync().settled && scene.sync().settled);
        scene.asked();
        scene
    }

    fn driver(
        &self,
    ) -> Driver<Parts<Counting, Wire, VirtualClock, SeededEntropy, App, NoTimer, NoHooks>> {
        let parts = Parts {
            store: self.store.clone(),
            http: Wire::default(),
            clock: self.clock.clone(),
            entropy: SeededEntropy::new(7),
            accounts: App { world: self.world.clone(), post: None },
            timer: NoTimer,
            hooks: NoHooks,
        };
        Driver::new(parts, Limits::default())
    }

    fn sync(&self) -> Report {
        self.clock.advance_millis(60_000);
        block_on(self.driver().sync(&keys(), &Options::default())).unwrap()
    }

    /// How often it was asked which calendars have deletions, and of how many what there is.
    fn asked(&self) -> (usize, usize) {
        (self.store.whether.swap(0, Ordering::Relaxed), self.store.which.swap(0, Ordering::Relaxed))
    }
}

/// Catches a sync that asks each calendar for deletions, though there are none.
#[test]
fn a_sync_at_rest_asks_as_much_of_a_hundred_calendars_as_of_ten() {
    let [few, many] = [10, 100].map(|calendars| {
        let scene = Scene::new(calendars);
        assert!(scene.sync().settled);
        scene.asked()
    });
    assert!(many.0 > 0 && many == few, "{many:?} is more than {few:?}");
    assert_eq!(many.1, 0, "there is nothing to be told of any");
}

#[test]
fn what_is_gone_is_asked_of_the_calendar_that_it_is_gone_from() {
    let scene = Scene::new(10);
    scene.world.delete("c004", "talk");
    assert!(scene.sync().settled);
    let (whether, which) = scene.asked();
    assert!(which > 0 && which <= whether, "{which} after {whether}");
    let gone = block_on(scene.store.load(
        keys().graph,
        &ReadSet {
            gone: [keys().calendar(keys().account("records", "me"), "c004")].into(),
            ..ReadSet::default()
        },
    ));
    let gone = gone.unwrap().gone;
    assert!(gone.values().all(|page| page.presences == 0), "the deletion took effect: {gone:?}");
}
