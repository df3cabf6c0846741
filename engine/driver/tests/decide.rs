//! The load-decide-commit loop.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::sync::atomic::Ordering;

use common::{TestPorts, block_on, keys, ports};
use kalends_core::cursor::Cursor;
use kalends_core::ids::{RunId, ScopeId};
use kalends_core::plan::{Change, Plan, Row};
use kalends_core::slice::{Missing, ReadSet, Slice};
use kalends_core::step::Env;
use kalends_driver::{Decider, DriverError, FailAt, NoHooks};

const RUN: RunId = RunId::from_bytes([9; 16]);

fn scope(n: u8) -> ScopeId {
    ScopeId::from_bytes([n; 16])
}

/// Counts the commits of a scope in its cursor, after a look at other scopes, one at a time.
fn count_up(others: u8) -> impl Fn(&Slice, &Env) -> Result<Plan, Missing> {
    move |slice, _| {
        for other in 1..=others {
            slice.cursor(&scope(other))?;
        }
        let cursor = slice.cursor(&scope(0))?.clone().unwrap_or_default();
        let count = cursor.committed.as_deref().map_or(0, |count| count.parse::<u32>().unwrap());
        let next = Cursor { committed: Some((count + 1).to_string()), ..cursor };
        let put = Change::Put(Row::Cursor(scope(0), next), Vec::new());
        Ok(Plan { changes: vec![put], ..Plan::default() })
    }
}

fn counted<K>(ports: &TestPorts<K>) -> Option<String> {
    ports.store.cursors.lock().unwrap().get(&scope(0))?.committed.clone()
}

#[test]
fn what_a_step_lacks_is_loaded_and_the_step_runs_again() {
    let (ports, keys) = (ports(NoHooks), keys());
    let decider = Decider::new(&ports, &keys, RUN);
    let plan = block_on(decider.decide("count", ReadSet::default(), count_up(30)));
    assert!(plan.is_ok(), "{plan:?}");
    assert_eq!(counted(&ports).as_deref(), Some("1"));
    assert_eq!(ports.store.loads.load(Ordering::Relaxed), 32, "only what was missing, once each");
}

#[test]
fn rows_of_two_versions_are_never_mixed() {
    let (ports, keys) = (ports(NoHooks), keys());
    ports.store.intrude.store(3, Ordering::Relaxed);
    let decider = Decider::new(&ports, &keys, RUN);
    let mut seen = Vec::new();
    let plan = block_on(decider.decide("count", ReadSet::default(), |slice, env| {
        seen.push(slice.version);
        count_up(4)(slice, env)
    }));
    assert!(plan.is_ok(), "{plan:?}");
    assert_eq!(counted(&ports).as_deref(), Some("1"));
    assert!(seen.is_sorted());
}

#[test]
fn a_conflict_decides_again_from_what_is_there_then() {
    let (ports, keys) = (ports(NoHooks), keys());
    ports.store.refuse.store(5, Ordering::Relaxed);
    let decider = Decider::new(&ports, &keys, RUN);
    let mut attempts = 0;
    let plan = block_on(decider.decide("count", ReadSet::default(), |slice, env| {
        let planned = count_up(0)(slice, env);
        attempts += u32::from(planned.is_ok());
        planned
    }));
    assert!(plan.is_ok(), "{plan:?}");
    assert_eq!((attempts, counted(&ports).as_deref()), (6, Some("1")));
}

#[test]
fn endless_conflicts_end_in_an_error() {
    let (ports, keys) = (ports(NoHooks), keys());
    ports.store.refuse.store(u32::MAX, Ordering::Relaxed);
    let decider = Decider::new(&ports, &keys, RUN);
    let ended = block_on(decider.decide("count", ReadSet::default(), count_up(0)));
    assert!(matches!(ended, Err(DriverError::Contended { .. })), "{ended:?}");
    assert_eq!(counted(&ports), None);
}

#[test]
fn a_step_that_asks_for_what_it_was_given_ends_in_an_error() {
    let (ports, keys) = (ports(NoHooks), keys());
    let decider = Decider::new(&ports, &keys, RUN);
    let mut want = ReadSet::default();
    want.cursors.insert(scope(3));
    let again = want.clone();
    let ended: Result<Plan, _> =
        block_on(decider.decide("greedy", want, |_, _| Err(Missing::of(again.clone()))));
    assert_eq!(ended, Err(DriverError::Stuck { step: "greedy" }));
}

#[test]
fn an_empty_plan_is_not_committed() {
    let (ports, keys) = (ports(NoHooks), keys());
    let decider = Decider::new(&ports, &keys, RUN);
    let plan = block_on(decider.decide("idle", ReadSet::default(), |_, _| Ok(Plan::default())));
    assert!(plan.is_ok(), "{plan:?}");
    assert_eq!(ports.store.commits.load(Ordering::Relaxed), 0);
}

#[test]
fn a_fail_point_ends_the_run_after_its_commit() {
    let (ports, keys) = (ports(FailAt::new(Some(2))), keys());
    let decider = Decider::new(&ports, &keys, RUN);
    let decide = || block_on(decider.decide("count", ReadSet::default(), count_up(0)));
    assert!(decide().is_ok());
    assert_eq!(decide(), Err(DriverError::Killed));
    assert_eq!(counted(&ports).as_deref(), Some("2"), "what was committed stays");
}

#[test]
fn steps_at_once_wait_for_each_other_instead_of_conflicting() {
    let (ports, keys) = (ports(NoHooks), keys());
    let decider = Decider::new(&ports, &keys, RUN);
    let one = |_| decider.decide("count", ReadSet::default(), count_up(2));
    let all = futures_util::future::join_all((0..10).map(one));
    assert!(block_on(all).into_iter().all(|plan| plan.is_ok()));
    assert_eq!(counted(&ports).as_deref(), Some("10"));
}
