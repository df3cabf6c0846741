//! One event: why it is mirrored where it is, and what happened.

use kalends::core::journal::Entry;
use kalends::core::read::Reason;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Why, as a code and in words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonView {
    code: String,
    text: String,
}

impl ReasonView {
    pub(crate) fn of(reason: &Reason) -> Self {
        Self { code: reason.code.clone(), text: reason.text.clone() }
    }

    pub(crate) fn all(reasons: &[Reason]) -> Vec<Self> {
        reasons.iter().map(Self::of).collect()
    }
}

/// Why an event is mirrored where it is, and where it is not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explained {
    pub(crate) event: String,
    pub(crate) uid: Option<String>,
    /// The calendars that hold it.
    pub(crate) presences: Vec<ExplainedPresence>,
    /// Every edge from there, mirrored or not.
    pub(crate) mirrors: Vec<ExplainedMirror>,
    /// Mirrors of it that no row names.
    pub(crate) strays: Vec<ExplainedStray>,
    pub(crate) history: Vec<HistoryLine>,
}

/// A calendar that holds the event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedPresence {
    pub(crate) calendar: String,
    pub(crate) name: String,
    pub(crate) object: String,
    pub(crate) title: String,
    pub(crate) reasons: Vec<ReasonView>,
}

/// A mirror of the event, wanted or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedMirror {
    pub(crate) edge: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) wanted: bool,
    pub(crate) detail: &'static str,
    pub(crate) reasons: Vec<ReasonView>,
    pub(crate) parts: Vec<ExplainedPart>,
}

/// One object of a mirror.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedPart {
    pub(crate) part: String,
    pub(crate) object: Option<String>,
    pub(crate) state: String,
    pub(crate) text: String,
}

/// A mirror that no row names.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedStray {
    pub(crate) calendar: String,
    pub(crate) object: String,
    pub(crate) reasons: Vec<ReasonView>,
}

/// A line of the event's history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryLine {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) run: String,
    pub(crate) cause: &'static str,
    pub(crate) calendar: Option<String>,
    pub(crate) edge: Option<String>,
}

/// An entry of the journal, without what it changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// Its number, from 1, without gaps.
    seq: u64,
    at: String,
    run: String,
    /// Why: `seen`, `wrote`, `authored`, ...
    cause: &'static str,
    /// The calendar it happened in, if it did in one.
    calendar: Option<String>,
    /// The edge it happened for, if it did for one.
    edge: Option<String>,
    /// The event it is about, if it is about one.
    event: Option<String>,
}

impl ChangeView {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at.to_string(),
            run: entry.run.to_string(),
            cause: entry.cause.what.code(),
            calendar: entry.cause.calendar.map(|id| id.to_string()),
            edge: entry.cause.edge.map(|id| id.to_string()),
            event: entry.event.map(|id| id.to_string()),
        }
    }
}

/// How far somebody was told.
#[derive(Debug, Serialize)]
pub(crate) struct CameSoFar {
    pub(crate) seq: u64,
}

/// Entries of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Entries {
    pub(crate) entries: Vec<EntryView>,
    /// The number behind which the next page begins, where there may be more.
    pub(crate) next: Option<u64>,
}

/// An entry of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) run: String,
    pub(crate) cause: &'static str,
    pub(crate) calendar: Option<String>,
    pub(crate) edge: Option<String>,
    pub(crate) event: Option<String>,
    /// Field by field, before and after; none where it was erased.
    #[schema(value_type = Option<Vec<Object>>)]
    pub(crate) changes: Option<Value>,
}
