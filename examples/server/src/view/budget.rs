//! What is spent of what providers allow.

use serde::Serialize;
use utoipa::ToSchema;

/// What a day costs, as things are now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Budget {
    /// Seconds between two syncs that it is counted with.
    pub(crate) every: u32,
    /// Changes a day in each calendar that it is counted with.
    pub(crate) changes: u32,
    /// Writes that are open now.
    pub(crate) open: u64,
    pub(crate) accounts: Vec<AccountBudget>,
}

/// What one account spends on a day.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountBudget {
    pub(crate) account: String,
    pub(crate) provider: String,
    /// Calendars that are read.
    pub(crate) calendars: u32,
    /// Those of them whose provider tells of changes.
    pub(crate) watched: u32,
    /// Requests to see whether anything changed.
    pub(crate) looking: u64,
    /// Requests to read what people changed.
    pub(crate) reading: u64,
    /// Requests to write mirrors, and to hear of our own writes.
    pub(crate) writing: u64,
    /// Requests to keep watches open.
    pub(crate) watching: u64,
    pub(crate) requests_a_day: u64,
    /// Requests that may be under way at once; none: no limit is known.
    pub(crate) at_once: Option<u32>,
    /// Minutes that the open writes take at least, if all go there.
    pub(crate) first_minutes: Option<u64>,
    pub(crate) limits: Vec<LimitBudget>,
    /// What it comes to, and what to do.
    pub(crate) verdict: String,
}

/// How a day stands to one limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitBudget {
    /// In words.
    pub(crate) limit: String,
    /// So many requests,
    pub(crate) requests: u32,
    /// in so many seconds.
    pub(crate) seconds: i64,
    pub(crate) allowed_a_day: u64,
    /// What a day takes of it, in thousandths.
    pub(crate) permille: u64,
}
