//! What a provider allows: data that it describes itself with.

use crate::provider::ProviderOp;

/// What a provider allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// What the rates of everyone together are counted under: a word for the provider.
    pub provider: &'static str,
    /// Requests in a time.
    pub rates: &'static [Rate],
    /// Requests of one account that may be under way at once; `None`: as many as we like.
    pub at_once: Option<u32>,
    /// What things take there.
    pub costs: Costs,
}

/// How many requests things take, as a rule; for forecasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// A look at which calendars there are.
    pub look: u32,
    /// A list of what changed in one calendar.
    pub list: u32,
    /// One thing that people changed, where a list only names it.
    pub read: u32,
    /// One write, with what is read for it.
    pub write: u32,
}

/// So many requests in any stretch of time that is this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Whose requests are counted.
    pub of: Of,
    /// The most of them; at least 1.
    pub requests: u32,
    /// The length, in milliseconds.
    pub span_ms: i64,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// Those of one account.
    Account,
    /// Those of all accounts that this program talks to there.
    Everyone,
}

/// What a request is for. Reading goes on while writing uses up its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is part of a reading.
    Read,
    /// It is part of a writing.
    Write,
}

impl Allowance {
    /// Of a provider that says nothing of limits.
    pub const NONE: Self = Self { provider: "", rates: &[], at_once: None, costs: Costs::ONE };
}

impl Costs {
    /// One request for everything that is not told already.
    pub const ONE: Self = Self { look: 1, list: 1, read: 0, write: 1 };
}

impl Rate {
    /// The most of them that may be of a kind: a fifth is left to reading.
    #[must_use]
    pub const fn share(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Read => self.requests,
            Kind::Write if self.requests < 5 => self.requests.div_ceil(2),
            Kind::Write => self.requests / 5 * 4,
        }
    }
}

impl Kind {
    /// What the requests of an operation are for.
    #[must_use]
    pub const fn of(op: &ProviderOp) -> Self {
        match op {
            ProviderOp::Discover
            | ProviderOp::List { .. }
            | ProviderOp::Fetch { .. }
            | ProviderOp::FreeBusy { .. } => Self::Read,
            ProviderOp::Create { .. }
            | ProviderOp::Replace { .. }
            | ProviderOp::Delete { .. }
            | ProviderOp::Patch { .. }
            | ProviderOp::MakeCalendar { .. }
            | ProviderOp::DeleteCalendar { .. }
            | ProviderOp::Watch(_) => Self::Write,
        }
    }
}
