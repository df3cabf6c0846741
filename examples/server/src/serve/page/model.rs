//! What the page reads of the answers of commands.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::matrix::LEVELS;
use crate::commands::status;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Status {
    pub(super) accounts: Vec<Account>,
    pub(super) calendars: Vec<Calendar>,
    pub(super) edges: Vec<Edge>,
    pub(super) counts: Counts,
    pub(super) set_aside: Vec<SetAside>,
    pub(super) erasure: Option<Erasure>,
}

/// An object that takes part in nothing.
#[derive(Debug, Deserialize)]
pub(super) struct SetAside {
    pub(super) name: String,
    pub(super) object: String,
    pub(super) reason: String,
}

/// An erasure that was begun.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Erasure {
    pub(super) state: String,
    pub(super) waiting: Vec<Waiting>,
}

impl Erasure {
    /// Whether what is recorded here is being deleted: then nobody calls it off.
    pub(super) fn is_ending(&self) -> bool {
        self.state == "ending"
    }
}

/// An account that it waits for.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Waiting {
    pub(super) account: String,
}

impl Status {
    pub(super) async fn of(data: &Data) -> Result<Self, CliError> {
        read(status::run(data, false).await)
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) provider: String,
    pub(super) state: String,
    pub(super) needs_sign_in: bool,
    pub(super) needs_consent: bool,
    pub(super) failing: Option<String>,
    pub(super) throttled_until: Option<String>,
    pub(super) asked_at: Option<String>,
}

impl Account {
    /// What goes wrong, and whether somebody must do something about it.
    pub(super) fn trouble(&self) -> Option<(bool, String)> {
        if self.needs_sign_in {
            return Some((true, "its sign-in is over: connect it again".to_owned()));
        }
        if self.needs_consent {
            return Some((true, "an administrator must allow it".to_owned()));
        }
        match (&self.failing, &self.throttled_until) {
            (Some(code), _) => Some((false, format!("failing: {code}"))),
            (None, Some(until)) => Some((false, format!("asked to rest until {until}"))),
            (None, None) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Calendar {
    pub(super) id: String,
    pub(super) account: Option<String>,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) on: bool,
    pub(super) writable: bool,
    pub(super) phase: String,
    pub(super) held: u64,
    pub(super) read_at: Option<String>,
    pub(super) failing: Option<String>,
    pub(super) same_since: Option<String>,
    pub(super) stale: Option<String>,
}

impl Calendar {
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.account.as_deref().unwrap_or("?"), self.name)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Edge {
    pub(super) id: String,
    pub(super) from: End,
    pub(super) to: End,
    pub(super) state: String,
    pub(super) kind: String,
    pub(super) detail: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    pub(super) id: String,
    pub(super) name: String,
}

/// All that an edge does.
#[derive(Debug, Deserialize)]
pub(super) struct EdgeOptions {
    pub(super) id: String,
    pub(super) from: End,
    pub(super) to: End,
    pub(super) title: Option<String>,
    pub(super) filters: Filters,
    pub(super) past_days: u16,
    pub(super) future_days: u16,
    pub(super) private_grant: bool,
    pub(super) may_notify: bool,
    pub(super) people: bool,
    pub(super) meeting: bool,
    pub(super) on_edit: String,
    pub(super) on_delete: String,
    pub(super) on_conflict: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Filters {
    pub(super) skip_all_day: bool,
    pub(super) with_free: bool,
    pub(super) with_declined: bool,
    pub(super) skip_tentative: bool,
    pub(super) only_keywords: Vec<String>,
    pub(super) skip_keywords: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) mirrors: u64,
    pub(super) open: u64,
    pub(super) parked: u64,
    pub(super) quarantined: u64,
    pub(super) strays: u64,
    pub(super) foreign: u64,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HeldList {
    pub(super) held: Vec<HeldOne>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HeldOne {
    pub(super) calendar: String,
    pub(super) name: String,
    pub(super) question: String,
    pub(super) count: u32,
    pub(super) total: u32,
    pub(super) verdict: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ParkedList {
    pub(super) parked: Vec<ParkedOne>,
    pub(super) next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ParkedOne {
    pub(super) part: String,
    pub(super) event: String,
    pub(super) calendar: String,
    pub(super) reason: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Agenda {
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) next: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Occurrence {
    pub(super) event: String,
    pub(super) calendar: String,
    pub(super) title: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) all_day: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Plan {
    pub(super) operations: Vec<Operation>,
    pub(super) held: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) action: String,
    pub(super) calendar: String,
    pub(super) title: Option<String>,
    pub(super) start: Option<String>,
    pub(super) why: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Explained {
    pub(super) presences: Vec<Presence>,
    pub(super) mirrors: Vec<Mirror>,
    pub(super) history: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Presence {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) reasons: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Mirror {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) wanted: bool,
    pub(super) detail: String,
    pub(super) reasons: Vec<Reason>,
    pub(super) parts: Vec<Part>,
}

impl Mirror {
    /// How much shows, in words.
    pub(super) fn shows(&self) -> &str {
        let known = LEVELS.iter().find(|(value, _)| *value == self.detail);
        known.map_or(&self.detail, |(_, word)| word)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Reason {
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Part {
    /// EVENT/EDGE/PART.
    pub(super) part: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Line {
    pub(super) at: String,
    pub(super) cause: String,
}

/// A run that was taken back, and what was left alone.
#[derive(Debug, Default, Deserialize)]
pub(super) struct TakenBack {
    pub(super) kept: Vec<Kept>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    pub(super) what: String,
    pub(super) why: String,
}

/// Reads what a command said.
pub(super) fn read<T: DeserializeOwned>(outcome: Result<Outcome, CliError>) -> Result<T, CliError> {
    let json: Value = outcome?.json;
    serde_json::from_value(json).map_err(|error| CliError::failed("page", &error))
}
