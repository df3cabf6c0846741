//! Notices that a graph moved, whoever moved it: its own loop, a request, or another process beside
//! this one. Whoever shows what happens is told, and the graph's loop where somebody changed it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kalends::Ahead;
use kalends::core::ports::{Clock as _, StoreError};
use kalends::ids::GraphId;
use kalends::queries::{HeadOf, HeadsPage, Moved, Stir, Stirred};
use kalends_sqlite::SqliteStore;
use kalends_tokio::SystemClock;
use tokio::sync::watch::{Receiver, Sender};

use super::desks::Desks;
use crate::data::Data;
use crate::outcome::warn;

/// How often it is looked whether the file is another one.
const BEAT: Duration = Duration::from_millis(200);
/// How long it is waited where the store cannot be asked.
const AGAIN: Duration = Duration::from_secs(5);
/// Graphs that are looked at together.
const PAGE: u32 = 500;

/// How far a graph has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mark {
    /// Grows with every commit.
    pub(crate) version: u64,
    /// The last entry of its journal.
    pub(crate) seq: u64,
}

/// Who is told about which graph. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse(Arc<Mutex<BTreeMap<GraphId, Sender<Mark>>>>);

impl Pulse {
    /// Tells from now on when a graph moves.
    pub(crate) fn of(&self, graph: GraphId) -> Receiver<Mark> {
        let mut listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|_, sender| sender.receiver_count() > 0);
        listeners.entry(graph).or_insert_with(|| Sender::new(Mark::default())).subscribe()
    }

    /// Looks until `stop` turns true.
    pub(crate) async fn run(self, data: Data, desks: Desks, mut stop: Receiver<bool>) {
        let Data { store, ahead, .. } = data;
        let mut look = Look {
            pulse: self,
            store,
            ahead,
            desks,
            stamp: None,
            last: None,
            known: BTreeMap::new(),
        };
        loop {
            let pause = match look.once().await {
                Ok(()) => BEAT,
                Err(error) => {
                    warn(&format!("it cannot be seen now what changed: {error}"));
                    AGAIN
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|asked| *asked) => return,
            }
        }
    }

    fn tell(&self, graph: GraphId, mark: Mark) {
        let listeners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = listeners.get(&graph) {
            sender.send_replace(mark);
        }
    }
}

/// What was seen so far.
struct Look {
    pulse: Pulse,
    store: SqliteStore,
    ahead: Ahead,
    desks: Desks,
    stamp: Option<i64>,
    /// The last move that was seen of any graph.
    last: Option<Moved>,
    known: BTreeMap<GraphId, Mark>,
}

impl Look {
    /// Costs a glance where nobody committed anything.
    async fn once(&mut self) -> Result<(), StoreError> {
        let stamp = Some(self.store.stamp().await?);
        let moved = if stamp == self.stamp { BTreeSet::new() } else { self.heads(stamp).await? };
        self.look_ahead(&moved).await
    }

    /// Looks at the graphs that moved since the last look.
    async fn heads(&mut self, stamp: Option<i64>) -> Result<BTreeSet<GraphId>, StoreError> {
        let mut moved = BTreeSet::new();
        loop {
            let heads = self.store.query(HeadsPage { after: self.last, limit: PAGE }).await?;
            for head in &heads {
                if self.see(head).await? {
                    moved.insert(head.graph);
                }
                self.last = Some(head.moved);
            }
            if heads.len() < PAGE as usize {
                self.stamp = stamp;
                return Ok(moved);
            }
        }
    }

    /// Works out the free times of one who is likely to be asked for them, once their graph rests.
    async fn look_ahead(&self, moved: &BTreeSet<GraphId>) -> Result<(), StoreError> {
        let now = SystemClock.now();
        let due = self.ahead.due(now).into_iter().find(|graph| !moved.contains(graph));
        match due {
            Some(graph) => match self.ahead.renew(&self.store, graph, now).await {
                // It was erased: the clockwork forgets it.
                Err(StoreError::NoGraph) => Ok(()),
                renewed => renewed,
            },
            None => Ok(()),
        }
    }

    /// Whether the graph moved.
    async fn see(
        &mut self,
        &HeadOf { graph, version, seq, .. }: &HeadOf,
    ) -> Result<bool, StoreError> {
        let mark = Mark { version: version.0, seq };
        let before = self.known.get(&graph).copied();
        if before == Some(mark) {
            return Ok(false);
        }
        // Where the journal stands, nothing changed that anybody asks for.
        if before.is_none_or(|before| before.seq != seq) {
            self.ahead.moved(graph);
        }
        self.pulse.tell(graph, mark);
        if let Some(before) = before {
            self.wake(graph, before.seq, seq).await?;
        }
        self.known.insert(graph, mark);
        Ok(true)
    }

    /// Requests wake the loop themselves, so this is for what other processes and graphs do. Other graphs
    /// have nobody's providers read: whoever may ask for a meeting could pace that.
    async fn wake(&self, graph: GraphId, before: u64, seq: u64) -> Result<(), StoreError> {
        let after = before.max(self.desks.heard(graph));
        if seq > after {
            match self.store.query(Stirred { graph, after }).await? {
                Stir::None => {}
                Stir::Met => self.desks.look_at(graph, seq),
                Stir::Changed => self.desks.wake_at(graph, seq),
            }
        }
        Ok(())
    }
}
