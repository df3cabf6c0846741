//! What waits for a person's word, or was set aside.

use serde::Serialize;
use utoipa::ToSchema;

/// Calendars whose deletions wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Held {
    pub(crate) held: Vec<HeldView>,
}

/// Deletions of one calendar that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldView {
    /// The calendar's id.
    pub(crate) calendar: String,
    /// Its account's name and its own.
    pub(crate) name: String,
    /// The run that saw them.
    pub(crate) run: String,
    /// `deleted`: events that were deleted. `unseen`: mirrors of events that the calendar lacks since it
    /// is read again. A calendar may have both, and each is answered on its own.
    pub(crate) question: &'static str,
    /// How many were deleted,
    pub(crate) count: u32,
    /// of how many.
    pub(crate) total: u32,
    /// `waiting`, `approved` or `rejected`.
    pub(crate) verdict: &'static str,
}

/// A word on held deletions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Judged {
    /// The calendar's id.
    pub(crate) calendar: String,
    /// Which question of the calendar it answers: `deleted` or `unseen`.
    pub(crate) question: &'static str,
    /// `approved` or `rejected`.
    pub(crate) verdict: &'static str,
    pub(crate) run: String,
}

/// What is tried no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Parked {
    pub(crate) parked: Vec<ParkedView>,
    /// Where the next page goes on.
    pub(crate) next: Option<String>,
}

/// One write that is tried no more.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedView {
    /// Its name, for trying it again.
    pub(crate) part: String,
    /// `mirror` or `origin`.
    pub(crate) kind: &'static str,
    /// The event's id.
    pub(crate) event: String,
    /// The edge's id, of a mirror.
    pub(crate) edge: Option<String>,
    /// The id of the calendar that is written to.
    pub(crate) calendar: String,
    pub(crate) code: String,
    /// In words.
    pub(crate) reason: String,
}

/// What is tried again at the next sync.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retried {
    pub(crate) retried: Vec<String>,
}

/// An object that is not mirrored, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AsideView {
    /// The calendar's id.
    pub(crate) calendar: String,
    /// Its account's name and its own.
    pub(crate) name: String,
    /// The provider's name of the object.
    pub(crate) object: String,
    pub(crate) code: String,
    /// In words.
    pub(crate) reason: String,
    /// When it was set aside, RFC 3339, of what could not be read.
    pub(crate) at: Option<String>,
}
