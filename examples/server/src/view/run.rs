//! Runs: what they will do, what they did, and what taking them back left alone.

use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::ActorView;

/// What a sync would write.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    pub(crate) run: String,
    pub(crate) operations: Vec<Operation>,
    /// Deletions that would wait for a word.
    pub(crate) held: u64,
    /// Requests it took to find out.
    pub(crate) requests: u64,
}

/// One write.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Operation {
    /// `create`, `update`, `delete`, `change-origin`, `make-calendar`, ...
    pub(crate) action: &'static str,
    /// The name of the account that is written to.
    pub(crate) account: String,
    /// The calendar, by its account's name and its own.
    pub(crate) calendar: String,
    /// The event's id.
    pub(crate) event: Option<String>,
    /// The id of the edge that wants it.
    pub(crate) edge: Option<String>,
    pub(crate) title: Option<String>,
    /// A day, or RFC 3339 in UTC.
    pub(crate) start: Option<String>,
    /// In words.
    pub(crate) why: &'static str,
}

/// What a sync did. Exactly the fields that programs rely on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Report {
    run: String,
    /// Whether nothing is left to do.
    settled: bool,
    passes: u32,
    /// Items read.
    pulled: u64,
    created: u64,
    updated: u64,
    deleted: u64,
    /// Deletions that wait for a word.
    held: u64,
    /// Items that could not be read.
    quarantined: u64,
    /// Writes that are tried no more.
    parked: u64,
    /// Every request sent, failed ones and discovery too.
    requests: u64,
}

impl Report {
    pub(crate) fn of(report: &kalends::Report) -> Self {
        Self {
            run: report.run.to_string(),
            settled: report.settled,
            passes: report.passes,
            pulled: report.pulled,
            created: report.created,
            updated: report.updated,
            deleted: report.deleted,
            held: report.held,
            quarantined: report.quarantined,
            parked: report.parked,
            requests: report.requests,
        }
    }
}

/// What a sync on demand did, and what it could not talk to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Synced {
    #[serde(flatten)]
    pub(crate) report: Report,
    pub(crate) failures: Vec<FailureView>,
}

/// What could not be talked to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureView {
    /// The account's name, or its calendar's behind it.
    pub(crate) place: String,
    pub(crate) code: String,
    /// In words.
    pub(crate) detail: String,
}

/// Runs, those that began last first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<RunView>,
    /// What to ask for older ones after; none where there are no more.
    pub(crate) next: Option<String>,
}

/// A run that changed something here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunView {
    pub(crate) run: String,
    /// When its last change was made.
    pub(crate) at: String,
    /// What happened in it, the first first; of a long run the first 500 entries.
    pub(crate) happened: Vec<Happened>,
    /// Whether a person changed something in it that can be taken back: an event that its provider has
    /// deleted cannot.
    pub(crate) undoable: bool,
    /// Who asked for it; none on the command line, for what follows by itself, and where accounts go since
    /// everything of somebody is erased.
    pub(crate) by: Option<ActorView>,
}

/// Changes of a run that have one cause.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Happened {
    /// As the journal has it.
    pub(crate) cause: &'static str,
    pub(crate) times: u32,
}

/// A run that was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Undone {
    /// The run that was taken back.
    pub(crate) undone: String,
    /// The run that did so.
    pub(crate) run: String,
    /// What was left alone.
    pub(crate) kept: Vec<UndoneKept>,
}

/// A mirror that follows its origin again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Resumed {
    pub(crate) event: String,
    pub(crate) edge: String,
    pub(crate) run: String,
}

/// A content that was brought back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Restored {
    /// The number of the entry that held it.
    pub(crate) restored: u64,
    pub(crate) run: String,
}

/// What taking a run back left alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UndoneKept {
    pub(crate) what: String,
    pub(crate) why: &'static str,
}
