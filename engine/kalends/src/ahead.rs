//! Free times of people, worked out before the next question.

mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::ids::GraphId;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::{Inquiry, Rules, Stretch};
use kalends_core::slice::{Config, ReadSet};
use kalends_core::time::Timestamp;

use crate::time::own_time;
use kept::Kept;

const DAY_MS: i64 = 86_400_000;
/// A graph is active for so long after a question about it, in milliseconds: a day.
const ACTIVE_MS: i64 = DAY_MS;
/// Graphs that are remembered; of more, those go that were asked for longest ago.
const GRAPHS_MAX: usize = 1_000;
/// Times of events that are kept: while there are more, only those of graphs that somebody asked for are
/// worked out.
const TIMES_MAX: usize = 1_000_000;

/// What events take of people's time: of those somebody asked for within a day, and of others as far as
/// there is room. Clones are the same one.
///
/// What is kept is bound to the last entry of the graph's journal, which every change of an event, a
/// rule or a hold moves; each question reads that entry, so that no answer is older than the graph. A
/// question costs the set-up alone where what is kept is of that entry, what changed since where that is
/// little, and else all events of its time. The host calls [`Ahead::renew`] for each of [`Ahead::due`]
/// when a graph has come to rest, and [`Ahead::keep`] to have it know of graphs before the first question.
#[derive(Debug, Clone, Default)]
pub struct Ahead(Arc<Mutex<All>>);

/// How many questions about free times there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AheadCounts {
    /// Answered from what was worked out before.
    pub ahead: u64,
    /// Answered from events.
    pub events: u64,
}

#[derive(Debug, Default)]
struct All {
    graphs: BTreeMap<GraphId, Active>,
    counts: AheadCounts,
}

#[derive(Debug)]
struct Active {
    /// When somebody asked for it last; never where it is only likely that somebody will.
    asked: Option<Timestamp>,
    /// Whether it is to be worked out anew.
    due: bool,
    kept: Option<Arc<Kept>>,
}

impl Ahead {
    /// As [`own_time`], from what was worked out before where that is still so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn own_time<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        inquiry: &Inquiry,
    ) -> Result<(Arc<Config>, Vec<Stretch>), StoreError> {
        if let Some(kept) = self.asked(graph, inquiry.now) {
            let slice = store.load(graph, &ReadSet::default()).await?;
            let (config, is_current) = (slice.config.clone(), kept.head == slice.head);
            let current =
                if is_current { Some(kept) } else { kept.moved_on(store, graph, slice).await? };
            match current {
                Some(current) => {
                    let rules = Rules::of(config.rules.values());
                    self.keep_current(graph, &current);
                    if current.taking.covers(&rules, &inquiry.range) {
                        self.all().counts.ahead += 1;
                        let time = current.taking.availability(&config, &rules, inquiry);
                        return Ok((config, time));
                    }
                }
                None => self.moved(graph),
            }
        }
        self.all().counts.events += 1;
        own_time(store, graph, inquiry).await
    }

    /// How many questions there were.
    #[must_use]
    pub fn counts(&self) -> AheadCounts {
        self.all().counts
    }

    /// Of how many graphs the free times are worked out, as they are or were.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.all().graphs.values().filter(|active| active.kept.is_some()).count()
    }

    /// A graph moved, or may have: what is kept of it is to be worked out anew.
    pub fn moved(&self, graph: GraphId) {
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            active.due = true;
        }
    }

    /// Nothing is kept of other graphs than these. Those that nobody asked for yet are worked out before
    /// the first question, as many as there is room for.
    pub fn keep(&self, there: &BTreeSet<GraphId>) {
        let graphs = &mut self.all().graphs;
        graphs.retain(|graph, _| there.contains(graph));
        let held: usize = graphs.values().map(Active::times).sum();
        let room = if held < TIMES_MAX { GRAPHS_MAX.saturating_sub(graphs.len()) } else { 0 };
        let new: Vec<GraphId> =
            there.iter().filter(|graph| !graphs.contains_key(graph)).take(room).copied().collect();
        let likely = || Active { asked: None, due: true, kept: None };
        graphs.extend(new.into_iter().map(|graph| (graph, likely())));
    }

    /// The graphs that are to be worked out anew, those that somebody asked for first: what changed, and what
    /// was worked out a day ago. What somebody asked for long ago is as if nobody had.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<GraphId> {
        let mut all = self.all();
        let is_over = |asked: &Timestamp| now.millis_since(*asked) >= ACTIVE_MS;
        for active in all.graphs.values_mut().filter(|one| one.asked.as_ref().is_some_and(is_over))
        {
            active.asked = None;
        }
        let held: usize = all.graphs.values().map(Active::times).sum();
        let is_full = |active: &Active| held >= TIMES_MAX && active.asked.is_none();
        let is_due = |active: &Active| active.due || active.is_old(now);
        let due = all.graphs.iter().filter(|(_, active)| is_due(active) && !is_full(active));
        let mut due: Vec<(bool, GraphId)> =
            due.map(|(graph, active)| (active.asked.is_none(), *graph)).collect();
        due.sort_unstable();
        due.into_iter().map(|(_, graph)| graph).collect()
    }

    /// Works out what events take of a graph's time around now, from what changed since where that is
    /// known, unless it is known already. Where nobody asked and little changed, that is left to the first
    /// question; where a series is too much to be followed, it is tried again a day later.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // What moves from here on is due again.
        let (mut kept, mut is_likely) = (None, false);
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            active.due = false;
            (kept, is_likely) = (active.kept.clone(), active.asked.is_none());
        }
        if let Some(kept) = kept.filter(|kept| !kept.is_old(now)) {
            if !kept.taking.is_whole() {
                // Nothing is answered from it, nor would be from another.
                return Ok(());
            }
            let slice = store.load(graph, &ReadSet::default()).await?;
            let is_near = is_likely && kept.since(&slice).is_some();
            if is_near || kept.head == slice.head {
                return Ok(());
            }
            if let Some(current) = kept.moved_on(store, graph, slice).await? {
                self.keep_current(graph, &current);
                return Ok(());
            }
        }
        let current = Arc::new(Kept::worked_out(store, graph, now).await?);
        self.keep_current(graph, &current);
        Ok(())
    }

    /// Marks a graph as active: what is kept of it.
    fn asked(&self, graph: GraphId, now: Timestamp) -> Option<Arc<Kept>> {
        let graphs = &mut self.all().graphs;
        if graphs.len() >= GRAPHS_MAX && !graphs.contains_key(&graph) {
            let oldest = graphs.iter().min_by_key(|(_, active)| active.asked);
            let oldest = oldest.map(|(graph, _)| *graph);
            oldest.map(|oldest| graphs.remove(&oldest));
        }
        let active = graphs.entry(graph).or_insert(Active { asked: None, due: true, kept: None });
        active.asked = Some(now);
        active.kept.clone()
    }

    /// Of a graph that is remembered; of two at once the later holds.
    fn keep_current(&self, graph: GraphId, current: &Arc<Kept>) {
        if let Some(active) = self.all().graphs.get_mut(&graph) {
            let known = active.kept.as_ref();
            if known
                .is_none_or(|known| (known.head.seq, known.at) <= (current.head.seq, current.at))
            {
                active.kept = Some(current.clone());
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn is_old(&self, now: Timestamp) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.is_old(now))
    }

    fn times(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.taking.len())
    }
}

#[cfg(test)]
mod tests;
