//! Notices that a graph moved, whoever moved it: its own loop, a request, or another process beside
//! this one. Whoever shows what happens is told, and the graph's loop where somebody changed it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kalends::core::ports::StoreError;
use kalends::ids::GraphId;
use kalends::queries::{HeadOf, HeadsPage, WasChanged};
use kalends_sqlite::SqliteStore;
use tokio::sync::watch::{Receiver, Sender};

use super::desks::Desks;
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
    pub(crate) async fn run(self, store: SqliteStore, desks: Desks, mut stop: Receiver<bool>) {
        let mut look = Look { pulse: self, store, desks, stamp: None, known: BTreeMap::new() };
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
    desks: Desks,
    stamp: Option<i64>,
    known: BTreeMap<GraphId, Mark>,
}

impl Look {
    /// Costs a glance where nobody committed anything.
    async fn once(&mut self) -> Result<(), StoreError> {
        let stamp = Some(self.store.stamp().await?);
        if stamp == self.stamp {
            return Ok(());
        }
        let mut after = None;
        loop {
            let heads = self.store.query(HeadsPage { after, limit: PAGE }).await?;
            for head in &heads {
                self.see(head).await?;
            }
            after = heads.last().map(|head| head.graph);
            if heads.len() < PAGE as usize {
                self.stamp = stamp;
                return Ok(());
            }
        }
    }

    async fn see(&mut self, &HeadOf { graph, version, seq }: &HeadOf) -> Result<(), StoreError> {
        let mark = Mark { version: version.0, seq };
        let before = self.known.get(&graph).copied();
        if before == Some(mark) {
            return Ok(());
        }
        self.pulse.tell(graph, mark);
        if let Some(before) = before {
            self.wake(graph, before.seq, seq).await?;
        }
        self.known.insert(graph, mark);
        Ok(())
    }

    /// Requests wake the loop themselves, so this is for what other processes do.
    async fn wake(&self, graph: GraphId, before: u64, seq: u64) -> Result<(), StoreError> {
        let after = before.max(self.desks.heard(graph));
        if seq > after && self.store.query(WasChanged { graph, after }).await? {
            self.desks.wake_at(graph, seq);
        }
        Ok(())
    }
}
