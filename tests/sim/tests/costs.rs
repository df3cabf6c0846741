//! Work over many events costs as much as there are events, and no more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::origin;
use kalends_core::ids::GraphId;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, StoreError};
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::step::UserEdit;
use kalends_core::time::Timestamp;
use kalends_oracle::Level;
use kalends_sim_tests::{History, Keep, World};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

/// Counts loads, the events that pages of mirrors brought along, and what is asked of deletions.
#[derive(Debug, Clone)]
struct Counting {
    inner: MemoryStore,
    loads: Arc<AtomicUsize>,
    paged: Arc<AtomicUsize>,
    /// Which calendars have any.
    whether: Arc<AtomicUsize>,
    /// What there is of a calendar.
    which: Arc<AtomicUsize>,
}

impl GraphStore for Counting {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.whether.fetch_add(want.evidence.len(), Ordering::Relaxed);
        self.which.fetch_add(want.gone.len(), Ordering::Relaxed);
        let slice = self.inner.load(graph, want).await?;
        let paged = slice.mirrors.values().map(|page| page.events.len()).sum();
        self.paged.fetch_add(paged, Ordering::Relaxed);
        Ok(slice)
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

impl Keep for Counting {
    fn fresh(graph: GraphId) -> Self {
        Self {
            inner: MemoryStore::fresh(graph),
            loads: Arc::default(),
            paged: Arc::default(),
            whether: Arc::default(),
            which: Arc::default(),
        }
    }
}

/// How many events were looked at until an edge with so many mirrors was gone.
fn looked_at(mirrors: usize) -> usize {
    let (world, history) = many(mirrors);
    let _edge = world.edge(0, 1, Level::Busy);
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), mirrors);
    world.store.paged.store(0, Ordering::Relaxed);
    let edge = world.config().edges.keys().next().copied();
    world.author(UserEdit::RemoveEdge {
        edge: edge.unwrap_or_else(|| panic!("it is there")),
        abandon: false,
    });
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 0);
    assert!(world.config().edges.is_empty());
    world.store.paged.load(Ordering::Relaxed)
}

/// Catches a retirement that begins again from the first mirror at every step.
#[test]
fn removing_an_edge_looks_at_each_mirror_a_few_times() {
    let mirrors = 1_000;
    let looked_at = looked_at(mirrors);
    assert!(looked_at <= 4 * mirrors, "{looked_at} events were looked at");
}

/// Catches an undo that asks for the events of a run one after the other.
#[test]
fn an_undo_asks_for_all_events_of_its_run_at_once() {
    let (world, history) = many(60);
    let _edge = world.edge(0, 1, Level::Busy);
    world.settle();
    let mut history = history;
    for n in 0..60 {
        let uid = format!("e{n:04}");
        history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, "Other", 12));
    }
    let run = world.sync().run;
    world.store.loads.store(0, Ordering::Relaxed);
    world.author(UserEdit::Undo { run });
    let loads = world.store.loads.load(Ordering::Relaxed);
    assert!(loads <= 5, "{loads} loads");
}

/// A world whose first calendar holds so many events.
fn many(events: usize) -> (World<Counting>, History) {
    let world: World<Counting> = World::new(Profile::plain(), 23, &[0, 1]);
    let mut history = History::default();
    for n in 0..events {
        let uid = format!("e{n:04}");
        history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, &uid, 10));
    }
    (world, history)
}

/// How many loads a sync takes in which nothing changed, with so many calendars that are not read.
fn loads_beside(unread: usize) -> usize {
    let world: World<Counting> = World::new(Profile::plain(), 5, &vec![0; unread + 1]);
    world.sync();
    for place in 0..unread {
        world.author(UserEdit::SetScope { calendar: world.calendar(place), on: false });
    }
    world.settle();
    world.store.loads.store(0, Ordering::Relaxed);
    world.sync();
    world.store.loads.load(Ordering::Relaxed)
}

/// Catches a look at each calendar that is not read by itself, in every step.
#[test]
fn calendars_that_are_not_read_cost_no_loads() {
    assert_eq!(loads_beside(2), loads_beside(12));
}

/// How many loads a sync takes a day later, with so many edges between four calendars.
fn loads_a_day_later(edges: usize) -> usize {
    let world: World<Counting> = World::new(Profile::plain(), 5, &[0, 1, 0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 20));
    let pairs = (0..4).flat_map(|from| (0..4).map(move |to| (from, to)));
    for (from, to) in pairs.filter(|(from, to)| from != to).take(edges) {
        let _edge = world.edge(from, to, Level::Busy);
    }
    world.settle();
    world.clock.advance_millis(25 * 3_600_000);
    world.store.loads.store(0, Ordering::Relaxed);
    world.sync();
    world.store.loads.load(Ordering::Relaxed)
}

/// Catches a sweep that asks for the pages of each edge alone, and begins anew for each.
#[test]
fn a_days_sweep_of_many_edges_asks_for_their_pages_together() {
    let (few, many) = (loads_a_day_later(3), loads_a_day_later(12));
    assert!(many <= few + 3, "{few} loads for 3 edges, {many} for 12");
}

/// How often a sync asks which of so many calendars have deletions, and of how many what there is.
fn asked_of_deletions(world: &World<Counting>) -> (usize, usize) {
    let (whether, which) = (&world.store.whether, &world.store.which);
    whether.store(0, Ordering::Relaxed);
    which.store(0, Ordering::Relaxed);
    world.sync();
    (whether.load(Ordering::Relaxed), which.load(Ordering::Relaxed))
}

/// Catches a sync that asks each calendar for deletions, though there are none.
#[test]
fn a_sync_at_rest_asks_as_much_of_many_calendars_as_of_few() {
    let [few, many] = [3, 30].map(|calendars| {
        let world: World<Counting> = World::new(Profile::plain(), 5, &vec![0; calendars]);
        world.settle();
        asked_of_deletions(&world)
    });
    assert!(many.0 > 0 && many == few, "{many:?} is more than {few:?}");
    assert_eq!(many.1, 0, "there is nothing to be told of any");
}

/// Catches a deletion that is not found where calendars are no longer asked one by one.
#[test]
fn a_deletion_is_asked_for_in_the_calendar_that_it_is_gone_from() {
    let (world, mut history) = many(10);
    let _edge = world.edge(0, 1, Level::Busy);
    world.settle();
    history.delete(&world, 0, "person-e0004.ics");
    let (whether, which) = asked_of_deletions(&world);
    assert!(which > 0 && which <= whether, "{which} after {whether}");
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 9, "its mirror went with it");
}
