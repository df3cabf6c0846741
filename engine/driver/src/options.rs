//! What a sync is asked, and what it answers.

use kalends_core::ids::{AccountId, RunId, ScopeId};
use kalends_core::provider::Failure;
use kalends_core::time::Timestamp;

use crate::stop::Stop;

/// For how long who listens does so at least, in milliseconds.
pub(crate) const LISTENS_MS: i64 = 2 * 3_600_000;

/// What one sync may do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nothing new is begun after this time, and conversations end at it.
    pub deadline: Option<Timestamp>,
    /// The most passes.
    pub max_passes: u32,
    /// Ends the run early when asked.
    pub stop: Stop,
    /// What becomes of what rests after failures.
    pub rests: Rests,
    /// What the first pass begins with.
    pub first: First,
    /// The public address, https, below which notices come in, without a slash at its end: those
    /// of an account at this, a slash and the name of its kind. Watches are kept open for them,
    /// and a calendar whose watch is silent is read now and then only. `None`: none can come in;
    /// watches are let be, and all is read.
    pub notices_at: Option<String>,
    /// For how long they are listened to there though no sync says so again, in milliseconds: beyond that
    /// a calendar does not count as told of.
    pub listens_ms: i64,
}

/// What the first pass of a sync begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum First {
    /// All accounts are read.
    #[default]
    Reading,
    /// What is queued is done. Accounts are read only where that asks for it.
    Queue,
}

/// What becomes of accounts, calendars and writes that rest after failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rests {
    /// They rest to the end, so that syncs in a row wear no server out.
    #[default]
    Kept,
    /// They are tried now: somebody asks for it. What a provider asked for itself holds.
    Ended,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: None,
            max_passes: 8,
            stop: Stop::new(),
            rests: Rests::default(),
            first: First::default(),
            notices_at: None,
            listens_ms: LISTENS_MS,
        }
    }
}

/// How a sync went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The run, as the journal names it.
    pub run: RunId,
    /// Whether every scope that was to be read was, and nothing waits to be written.
    pub settled: bool,
    /// How many passes it took.
    pub passes: u32,
    /// Items that providers gave.
    pub pulled: u64,
    /// Objects made at providers.
    pub created: u64,
    /// Objects changed at providers.
    pub updated: u64,
    /// Objects deleted at providers.
    pub deleted: u64,
    /// Deletions that wait for a person's word, in all.
    pub held: u64,
    /// Objects set aside in this run because they could not be read.
    pub quarantined: u64,
    /// Mirror parts given up in this run.
    pub parked: u64,
    /// Requests sent, failed and discovery too.
    pub requests: u64,
    /// What could not be talked to, by account and, where it was one calendar, its scope.
    pub failures: Vec<(AccountId, Option<ScopeId>, Failure)>,
}
