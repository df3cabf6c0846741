//! The port for what a conversation must hold and memory should not: what a long listing named.

use std::future::Future;

use crate::ids::{CalendarId, GraphId, RunId};
use crate::ports::StoreError;
use crate::time::Timestamp;

/// Whose pieces they are: those of one run's listing of one calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pad {
    /// The calendar that is listed.
    pub calendar: CalendarId,
    /// The run that lists it.
    pub run: RunId,
}

/// Some bytes under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The number.
    pub number: u32,
    /// When it was put down.
    pub at: Timestamp,
    /// Under 2 MB, as every row.
    pub bytes: Vec<u8>,
}

/// What is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waste {
    /// All of a pad.
    Pad(Pad),
    /// What any pad of the graph holds from before a time, whose run has died.
    Before(Timestamp),
}

/// Pieces of bytes, put down by number and picked up again within one conversation. They are no
/// rows of the graph: no step sees them, no version counts them, and what a dead process left
/// behind means nothing to anyone.
pub trait Scratch {
    /// Puts a piece down, in place of one with the same number.
    fn put_down(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: Piece,
    ) -> impl Future<Output = Result<(), StoreError>>;

    /// Picks the bytes of a piece up, which stays there; `None`: there is none.
    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// Throws pieces away.
    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>>;
}

/// [`Scratch`] for hosts with threads: the same verbs, with futures that may move.
pub trait SendScratch: Send + Sync {
    /// As [`Scratch::put_down`].
    fn put_down(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: Piece,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// As [`Scratch::pick_up`].
    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// As [`Scratch::throw_away`].
    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<T: SendScratch> Scratch for T {
    fn put_down(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: Piece,
    ) -> impl Future<Output = Result<(), StoreError>> {
        SendScratch::put_down(self, graph, pad, piece)
    }

    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> {
        SendScratch::pick_up(self, graph, pad, number)
    }

    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>> {
        SendScratch::throw_away(self, graph, waste)
    }
}
