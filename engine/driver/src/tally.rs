//! Counts of one run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kalends_core::ids::{AccountId, CalendarId, EventId, ProviderId, ScopeId};
use kalends_core::mirror::{PartRef, PartStatus};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::presence::AsideKind;
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::step::{Action, Subject, WriteOutcome};

/// Counts of one run, shared by its conversations.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: AtomicU64,
    pub(crate) pulled: AtomicU64,
    pub(crate) created: AtomicU64,
    pub(crate) updated: AtomicU64,
    pub(crate) deleted: AtomicU64,
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    quarantined: BTreeSet<(CalendarId, ProviderId)>,
    parked: BTreeSet<PartRef>,
    parked_origins: BTreeSet<(EventId, CalendarId)>,
    failures: Vec<(AccountId, Option<ScopeId>, Failure)>,
    unwritten: BTreeMap<Subject, (CalendarId, Failure)>,
}

impl Tally {
    /// Counts what a committed plan set aside and gave up.
    pub(crate) fn count_plan(&self, plan: &Plan) {
        let mut sets = self.sets();
        for change in &plan.changes {
            match change {
                Change::Put(Row::Aside(aside), _) => {
                    let key = (aside.calendar, aside.object.clone());
                    match aside.what {
                        AsideKind::Quarantined(_) => sets.quarantined.insert(key),
                        AsideKind::Stray { .. }
                        | AsideKind::ForeignManaged { .. }
                        | AsideKind::Message { .. }
                        | AsideKind::NotEvent => sets.quarantined.remove(&key),
                    };
                }
                Change::Delete(RowKey::Aside(calendar, object)) => {
                    sets.quarantined.remove(&(*calendar, object.clone()));
                }
                Change::Put(Row::Part(part, _, row), _) => {
                    match row.status {
                        PartStatus::Parked(_) => sets.parked.insert(*part),
                        PartStatus::Settled
                        | PartStatus::Due
                        | PartStatus::ReadBack
                        | PartStatus::Unsure => sets.parked.remove(part),
                    };
                }
                Change::Delete(RowKey::Part(part)) => {
                    sets.parked.remove(part);
                }
                Change::Put(Row::Presence(event, calendar, row), _) => {
                    let parked = row.pending.as_ref().is_some_and(|p| p.parked.is_some());
                    if parked {
                        sets.parked_origins.insert((*event, *calendar));
                    } else {
                        sets.parked_origins.remove(&(*event, *calendar));
                    }
                }
                Change::Delete(RowKey::Presence(event, calendar)) => {
                    sets.parked_origins.remove(&(*event, *calendar));
                }
                Change::Put(..) | Change::Delete(_) => {}
            }
        }
    }

    /// Counts a write that the provider took.
    pub(crate) fn count_outcome(&self, outcome: &WriteOutcome) -> bool {
        let counter = match (outcome.sent.action, &outcome.done) {
            (Action::Create, Done::Stored(_)) => &self.created,
            (Action::Replace | Action::Patch, Done::Stored(_)) => &self.updated,
            (Action::Delete, Done::Deleted) => &self.deleted,
            (
                Action::Create | Action::Replace | Action::Patch | Action::Delete | Action::Read,
                Done::Stored(_)
                | Done::Deleted
                | Done::Fetched
                | Done::Listed(_)
                | Done::MadeCalendar { .. }
                | Done::Watching(_)
                | Done::Discovered { .. }
                | Done::Failed(_),
            ) => return false,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        true
    }

    /// Keeps what a write failed of, until a later one of the same is taken.
    pub(crate) fn count_failure(&self, calendar: CalendarId, outcome: &WriteOutcome) {
        let mut sets = self.sets();
        match &outcome.done {
            Done::Failed(failure) if is_told(failure.class) => {
                sets.unwritten.insert(outcome.sent.subject, (calendar, failure.clone()));
            }
            Done::Failed(_)
            | Done::Stored(_)
            | Done::Deleted
            | Done::MadeCalendar { .. }
            | Done::Fetched
            | Done::Listed(_)
            | Done::Watching(_)
            | Done::Discovered { .. } => {
                sets.unwritten.remove(&outcome.sent.subject);
            }
        }
    }

    /// What the last writes to each calendar failed of: each of its failures once.
    pub(crate) fn unwritten(&self) -> Vec<(CalendarId, Failure)> {
        let mut told: Vec<(CalendarId, Failure)> = Vec::new();
        for (calendar, failure) in self.sets().unwritten.values() {
            if !told.iter().any(|(c, f)| c == calendar && f.code == failure.code) {
                told.push((*calendar, failure.clone()));
            }
        }
        told
    }

    /// Keeps a failure for the report.
    pub(crate) fn failed(&self, account: AccountId, scope: Option<ScopeId>, failure: &Failure) {
        self.sets().failures.push((account, scope, failure.clone()));
    }

    /// Forgets failures, when a new pass tries anew.
    pub(crate) fn forget_failures(&self) {
        self.sets().failures.clear();
    }

    /// The failures kept since.
    pub(crate) fn failures(&self) -> Vec<(AccountId, Option<ScopeId>, Failure)> {
        self.sets().failures.clone()
    }

    /// How many objects were set aside unread, and how many parts and changes of origins given up.
    pub(crate) fn set_aside(&self) -> (u64, u64) {
        let sets = self.sets();
        (sets.quarantined.len() as u64, (sets.parked.len() + sets.parked_origins.len()) as u64)
    }

    /// How many writes were taken.
    pub(crate) fn written(&self) -> u64 {
        [&self.created, &self.updated, &self.deleted]
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum()
    }

    // A panic elsewhere leaves counts that are still counts.
    fn sets(&self) -> MutexGuard<'_, Sets> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a write that failed so is worth a word: the rest is answered by a look at what is there.
const fn is_told(class: FailureClass) -> bool {
    match class {
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::Unknown
        | FailureClass::SignIn
        | FailureClass::Consent
        | FailureClass::Protocol
        | FailureClass::Forbidden
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported => true,
        FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::NotFound
        | FailureClass::CalendarGone
        | FailureClass::CursorLost => false,
    }
}
