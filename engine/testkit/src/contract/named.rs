//! Cases by their names.

use kalends_core::ports::Vault;

use super::Subject;
use crate::{outbox_cases, queue_cases, scratch_cases, store_cases, vault_cases};

/// A case, and the suite that it stands in: `store::a_new_graph_is_empty`.
pub type Case<S> = (&'static str, fn(&S));

/// Every case that a store has to pass; each is given a fresh subject that is
/// [ready](Subject::ready).
#[must_use]
pub fn of_stores<S: Subject>() -> Vec<Case<S>> {
    let mut cases: Vec<Case<S>> = Vec::new();
    let mut take = |name, case: fn(&S)| cases.push((name, case));
    store_cases!(contract_calls, take);
    queue_cases!(contract_calls, take);
    outbox_cases!(contract_calls, take);
    scratch_cases!(contract_calls, take);
    cases
}

/// Every case that a vault has to pass.
#[must_use]
pub fn of_vaults<V: Vault>() -> Vec<Case<V>> {
    let mut cases: Vec<Case<V>> = Vec::new();
    let mut take = |name, case: fn(&V)| cases.push((name, case));
    vault_cases!(contract_calls, take);
    cases
}
