//! How everything is.

use kalends::core::cursor::Cursor;
use kalends::queries::Counts;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AccountView, AsideView, CalendarView, EdgeView, ErasureView, LimitView};

/// How a graph is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// The graph's id.
    pub(crate) graph: String,
    /// A hash of all that is recorded; none while it is written to, or where it was not asked for.
    pub(crate) digest: Option<String>,
    pub(crate) accounts: Vec<AccountStatus>,
    pub(crate) calendars: Vec<CalendarStatus>,
    pub(crate) edges: Vec<EdgeView>,
    pub(crate) counts: CountsView,
    pub(crate) set_aside: Vec<AsideView>,
    /// The erasure of all this, where one was begun. It can be called off until the first row is
    /// deleted.
    pub(crate) erasure: Option<ErasureView>,
}

/// How an account is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountStatus {
    #[serde(flatten)]
    pub(crate) account: AccountView,
    pub(crate) needs_sign_in: bool,
    /// Whether an administrator must allow it first.
    pub(crate) needs_consent: bool,
    /// What goes wrong, as a code.
    pub(crate) failing: Option<String>,
    pub(crate) retry_at: Option<String>,
    pub(crate) throttled_until: Option<String>,
    pub(crate) read_only_until: Option<String>,
    /// When its provider answered last, whatever it was asked.
    pub(crate) asked_at: Option<String>,
    /// What its owner did not allow of what they were asked for.
    pub(crate) limits: Vec<LimitView>,
}

/// How a calendar is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarStatus {
    #[serde(flatten)]
    pub(crate) calendar: CalendarView,
    /// How far its first reading is.
    pub(crate) phase: Phase,
    /// Events that are known of it, as far as it was read.
    pub(crate) held: u64,
    /// When it was read last. One whose provider says that nothing changed is not read again: when that
    /// was asked, its account says.
    pub(crate) read_at: Option<String>,
    /// What goes wrong, as a code.
    pub(crate) failing: Option<String>,
    /// Of a feed: since when it says the same.
    pub(crate) same_since: Option<String>,
    /// Of a feed that was not read for too long: since when, and what to do.
    pub(crate) stale: Option<String>,
    /// How it is kept up to date, in a word.
    pub(crate) upkeep: &'static str,
}

/// How far the first reading of a calendar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// It is not read.
    Off,
    /// Nothing was read yet.
    Waiting,
    /// It is being read for the first time.
    Reading,
    /// It was read to its end at least once.
    Read,
}

impl Phase {
    pub(crate) fn of(on: bool, cursor: Option<&Cursor>, held: u64) -> Self {
        match cursor {
            _ if !on => Self::Off,
            Some(cursor) if cursor.read_at.is_some() => Self::Read,
            Some(cursor) if cursor.in_progress.is_some() || held > 0 => Self::Reading,
            Some(_) | None => Self::Waiting,
        }
    }
}

/// How much there is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsView {
    pub(crate) events: u64,
    presences: u64,
    gone: u64,
    mirrors: u64,
    parts: u64,
    /// Writes that are open.
    open: u64,
    parked: u64,
    strays: u64,
    foreign: u64,
    quarantined: u64,
    jobs: u64,
}

impl CountsView {
    pub(crate) fn of(counts: &Counts) -> Self {
        Self {
            events: counts.events,
            presences: counts.presences,
            gone: counts.gone,
            mirrors: counts.mirrors,
            parts: counts.parts,
            open: counts.open,
            parked: counts.parked,
            strays: counts.strays,
            foreign: counts.foreign,
            quarantined: counts.quarantined,
            jobs: counts.jobs,
        }
    }
}
