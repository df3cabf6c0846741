//! Counts of one run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kalends_core::ids::{AccountId, CalendarId, ProviderId, ScopeId};
use kalends_core::mirror::{PartRef, PartStatus};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::presence::AsideKind;
use kalends_core::provider::{Done, Failure};
use kalends_core::step::{Action, WriteOutcome};

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
    failures: Vec<(AccountId, Option<ScopeId>, Failure)>,
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
                Change::Put(..) | Change::Delete(_) => {}
            }
        }
    }

    /// Counts a write that the provider took.
    pub(crate) fn count_outcome(&self, outcome: &WriteOutcome) {
        let counter = match (outcome.sent.action, &outcome.done) {
            (Action::Create, Done::Stored(_)) => &self.created,
            (Action::Replace | Action::Patch, Done::Stored(_)) => &self.updated,
            (Action::Delete, Done::Deleted) => &self.deleted,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
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

    /// How many objects were set aside unread, and how many parts given up.
    pub(crate) fn set_aside(&self) -> (u64, u64) {
        let sets = self.sets();
        (sets.quarantined.len() as u64, sets.parked.len() as u64)
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
