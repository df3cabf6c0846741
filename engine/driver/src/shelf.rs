//! Where a listing lays what memory is too small for: the store's scratch paper, for as long as the
//! listing goes on.

use std::sync::atomic::{AtomicU32, Ordering};

use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_core::scratch::{Pad, Piece, Scratch, Waste};
use kalends_core::time::Timestamp;

use crate::log::Log;

/// The pieces of one listing.
#[derive(Debug)]
pub(crate) struct Shelf<'a, S> {
    store: &'a S,
    graph: GraphId,
    pad: Pad,
    now: Timestamp,
    /// How many pieces were laid there.
    pieces: AtomicU32,
}

impl<'a, S: Scratch> Shelf<'a, S> {
    pub(crate) const fn new(store: &'a S, graph: GraphId, pad: Pad, now: Timestamp) -> Self {
        Self { store, graph, pad, now, pieces: AtomicU32::new(0) }
    }

    /// Lays a piece there. Numbers follow each other.
    pub(crate) async fn lay(&self, log: &Log) -> Result<(), StoreError> {
        let number = self.pieces.fetch_add(1, Ordering::Relaxed);
        let laid = Piece { number, at: self.now, bytes: log.bytes() };
        self.store.put_down(self.graph, self.pad, laid).await
    }

    /// Takes a piece up. One that is not there any more ends the listing: what it named would look
    /// absent.
    pub(crate) async fn take(&self, piece: u32) -> Result<Log, StoreError> {
        let bytes = self.store.pick_up(self.graph, self.pad, piece).await?;
        let lost = || StoreError::Failed("what a listing named was lost: sync again".to_owned());
        Ok(Log::from_bytes(&bytes.ok_or_else(lost)?))
    }

    /// The number of the next piece.
    pub(crate) fn next(&self) -> u32 {
        self.pieces.load(Ordering::Relaxed)
    }

    /// Throws away what lies there.
    pub(crate) async fn clear(&self) -> Result<(), StoreError> {
        if self.next() == 0 {
            return Ok(());
        }
        self.store.throw_away(self.graph, Waste::Pad(self.pad)).await
    }
}
