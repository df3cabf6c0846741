//! A store of somebody else's, put under whole worlds: what a host does to be judged as ours are.
//!
//! The store here stands for any: it is looked at by its port alone. One that forgets something is
//! found, whatever it forgets it of.

use kalends_core::ids::GraphId;
use kalends_core::plan::{Change, Job, JobKey, Plan, Row};
use kalends_core::ports::{Claim, GraphStore, JobQueue, StoreError};
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_sim_tests::{Check, Depth, Keep, Kind, Tale};
use kalends_testkit::memory::MemoryStore;

/// A store of somebody else's. One that forgets does not know whose each object is.
#[derive(Debug, Clone)]
struct Theirs<const FORGETS: bool>(MemoryStore);

impl<const FORGETS: bool> GraphStore for Theirs<FORGETS> {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        self.0.load(graph, want).await
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        let mut plan = plan.clone();
        let is_kept = |change: &Change| !matches!(change, Change::Put(Row::Object(..), _));
        plan.changes.retain(|change| !FORGETS || is_kept(change));
        self.0.commit(graph, base, &plan).await
    }
}

impl<const FORGETS: bool> Scratch for Theirs<FORGETS> {
    async fn put_down(&self, graph: GraphId, pad: Pad, piece: Piece) -> Result<(), StoreError> {
        self.0.put_down(graph, pad, piece).await
    }

    async fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.pick_up(graph, pad, piece).await
    }

    async fn throw_away(&self, graph: GraphId, waste: Waste) -> Result<(), StoreError> {
        self.0.throw_away(graph, waste).await
    }
}

impl<const FORGETS: bool> JobQueue for Theirs<FORGETS> {
    async fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> Result<Vec<Claim>, StoreError> {
        self.0.claim(graph, now, max, lease_ms).await
    }

    async fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.0.finish(graph, claim, again).await
    }

    async fn next_due(&self, graph: GraphId) -> Result<Option<(Timestamp, JobKey)>, StoreError> {
        self.0.next_due(graph).await
    }

    async fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> Result<Vec<Job>, StoreError> {
        self.0.peek(graph, now, after, limit).await
    }
}

impl<const FORGETS: bool> Keep for Theirs<FORGETS> {
    fn fresh(graph: GraphId) -> Self {
        Self(MemoryStore::fresh(graph))
    }
}

/// Random histories of every kind, with people, faults, deaths and clocks.
fn tales() -> impl Iterator<Item = Tale> {
    let seeds = (0..16).zip(Kind::ALL.into_iter().cycle());
    seeds.map(|(seed, kind)| Tale::new(Depth::Values, kind, seed, 25))
}

#[test]
fn a_store_of_somebody_else_carries_whole_worlds() {
    for tale in tales() {
        let life = tale.live_on::<Theirs<false>>();
        assert_eq!(life.trouble, None, "{tale}");
        assert!(life.coverage.times("check", "rows") > 0, "{tale}");
        assert!(life.coverage.times("check", "journal") > 0, "{tale}");
    }
}

/// Catches judges that take for granted what a store of ours would hold.
#[test]
fn a_store_that_forgets_is_found() {
    let found = tales().filter(|tale| tale.live_on::<Theirs<true>>().check() == Some(Check::Rows));
    assert!(found.count() >= 12, "the linter finds it in most histories");
}
