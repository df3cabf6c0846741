//! What the contract of all stores does not say: the object's alarm, and its schema.

use std::rc::Rc;

use kalends_cloudflare::{BoundVault, ObjectStore};
use kalends_core::plan::{Job, Plan};
use kalends_core::ports::{GraphStore as _, JobQueue as _, Outbox as _, StoreError};
use kalends_core::slice::{GraphVersion, ReadSet};
use kalends_core::time::Timestamp;
use kalends_testkit::contract::outbox::message;
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::{AT, GRAPH};
use worker::Storage;

/// The names of the cases here.
pub(crate) const CASES: [&str; 6] = [
    "host::the_alarm_is_set_by_the_commit_that_queues",
    "host::a_refused_commit_leaves_the_alarm_alone",
    "host::a_later_schema_is_left_alone",
    "host::what_was_committed_is_there_for_the_next_object",
    "host::a_message_that_waits_wakes_the_object",
    "host::what_the_host_asked_for_outlives_commits_and_objects",
];

/// Runs a case; whether there is one of that name.
pub(crate) async fn run(name: &str, storage: &Storage) -> bool {
    match CASES.iter().position(|case| *case == name) {
        Some(0) => the_alarm_is_set_by_the_commit_that_queues(storage).await,
        Some(1) => a_refused_commit_leaves_the_alarm_alone(storage).await,
        Some(2) => a_later_schema_is_left_alone(storage),
        Some(3) => what_was_committed_is_there_for_the_next_object(storage).await,
        Some(4) => a_message_that_waits_wakes_the_object(storage).await,
        Some(5) => what_the_host_asked_for_outlives_commits_and_objects(storage).await,
        _ => return false,
    }
    true
}

/// Fails if a commit, or the end of a job, sets no alarm: then nobody works on what is queued.
async fn the_alarm_is_set_by_the_commit_that_queues(storage: &Storage) {
    let store = made(storage);
    assert_eq!(alarm(storage).await, None);
    let (soon, later) = (far(1), far(2));
    let jobs = vec![due(1, 1, later), due(2, 2, soon)];
    let queued = Plan { jobs, ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &queued).await, Ok(GraphVersion(1)));
    assert_eq!(alarm(storage).await, Some(soon));
    let claims = store.claim(GRAPH, soon, 9, 60_000).await;
    let Ok([claim]) = claims.as_deref() else { unreachable!("one is due: {claims:?}") };
    // The end of the lease: whoever holds it may not come back.
    assert_eq!(alarm(storage).await, Some(soon.saturating_add_millis(60_000)));
    assert_eq!(store.finish(GRAPH, claim, None).await, Ok(()));
    assert_eq!(alarm(storage).await, Some(later));
}

/// Fails if a commit that did not happen moves the alarm.
async fn a_refused_commit_leaves_the_alarm_alone(storage: &Storage) {
    let store = made(storage);
    let queued = Plan { jobs: vec![due(1, 1, far(2))], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &queued).await, Ok(GraphVersion(1)));
    let sooner = Plan { jobs: vec![due(2, 1, far(1))], ..Plan::default() };
    let refused = store.commit(GRAPH, GraphVersion(0), &sooner).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(alarm(storage).await, Some(far(2)));
}

/// Fails if an older program writes into what a later one made.
fn a_later_schema_is_left_alone(storage: &Storage) {
    drop(made(storage));
    let later = storage.sql().exec("INSERT INTO schema_version (version) VALUES (1000)", None);
    assert!(later.is_ok_and(|cursor| cursor.rows_written() == 1));
    let opened = ObjectStore::open(storage, vault());
    assert!(matches!(opened, Err(StoreError::Failed(text)) if text.contains("later version")));
}

/// Fails if opening makes anew what is there, or leases outlive who held them.
async fn what_was_committed_is_there_for_the_next_object(storage: &Storage) {
    let store = made(storage);
    let queued = Plan { jobs: vec![job(1, 1)], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &queued).await, Ok(GraphVersion(1)));
    assert!(store.claim(GRAPH, AT, 9, 60_000).await.is_ok_and(|claims| claims.len() == 1));
    let next = made(storage);
    let loaded = next.load(GRAPH, &ReadSet::default()).await;
    assert_eq!(loaded.map(|slice| slice.version), Ok(GraphVersion(1)));
    assert_eq!(next.claim(GRAPH, AT, 9, 60_000).await, Ok(Vec::new()));
    assert_eq!(next.end_leases(GRAPH), Ok(()));
    assert!(next.claim(GRAPH, AT, 9, 60_000).await.is_ok_and(|claims| claims.len() == 1));
}

/// Fails if an object that is evicted between a commit and the handing on of its message, with
/// nothing else to do, is never woken; or if it is woken though nothing waits.
async fn a_message_that_waits_wakes_the_object(storage: &Storage) {
    let store = made(storage);
    let said = Plan { messages: vec![message(1), message(2)], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &said).await, Ok(GraphVersion(1)));
    let first = alarm(storage).await;
    assert!(first.is_some_and(|at| at < far(0)), "{first:?}");
    // What is done beside it does not put it off.
    let queued = Plan { jobs: vec![due(1, 1, far(1))], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(1), &queued).await, Ok(GraphVersion(2)));
    assert_eq!(store.sent(GRAPH, &[message(1).id]).await, Ok(()));
    assert_eq!(alarm(storage).await, first);
    assert_eq!(store.sent(GRAPH, &[message(2).id]).await, Ok(()));
    assert_eq!(alarm(storage).await, Some(far(1)));
}

/// Fails if a commit takes away what the host asked for, which no job says: the end of a hold, or
/// the next reading of calendars that tell nothing.
async fn what_the_host_asked_for_outlives_commits_and_objects(storage: &Storage) {
    let store = made(storage);
    assert_eq!(store.wake_at(GRAPH, Some(far(2))), Ok(()));
    assert_eq!(alarm(storage).await, Some(far(2)));
    let later = Plan { jobs: vec![due(1, 1, far(3))], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &later).await, Ok(GraphVersion(1)));
    assert_eq!(alarm(storage).await, Some(far(2)));
    let next = made(storage);
    let sooner = Plan { jobs: vec![due(2, 2, far(1))], ..Plan::default() };
    assert_eq!(next.commit(GRAPH, GraphVersion(1), &sooner).await, Ok(GraphVersion(2)));
    assert_eq!(alarm(storage).await, Some(far(1)));
    let claims = next.claim(GRAPH, far(1), 1, 1).await;
    let Ok([claim]) = claims.as_deref() else { unreachable!("one is due: {claims:?}") };
    assert_eq!(next.finish(GRAPH, claim, None).await, Ok(()));
    assert_eq!(alarm(storage).await, Some(far(2)));
    assert_eq!(next.wake_at(GRAPH, None), Ok(()));
    assert_eq!(alarm(storage).await, Some(far(3)));
}

pub(crate) fn made(storage: &Storage) -> ObjectStore {
    let store = match ObjectStore::open(storage, vault()) {
        Ok(store) => store,
        Err(error) => unreachable!("the database opens: {error}"),
    };
    assert_eq!(store.create(GRAPH), Ok(()));
    store
}

pub(crate) fn vault() -> Rc<BoundVault> {
    match BoundVault::from_text(&"2a".repeat(32)) {
        Ok(vault) => Rc::new(vault),
        Err(error) => unreachable!("32 bytes in hex are a key: {error}"),
    }
}

fn due(n: u32, lane: u32, run_at: Timestamp) -> Job {
    Job { run_at, ..job(n, lane) }
}

/// A time that no alarm fires at while a test runs.
pub(crate) fn far(hours: i64) -> Timestamp {
    let now = i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(now - now % 3_600_000 + (24 + hours) * 3_600_000)
}

pub(crate) async fn alarm(storage: &Storage) -> Option<Timestamp> {
    match storage.get_alarm().await {
        Ok(at) => at.map(Timestamp::from_millis),
        Err(error) => unreachable!("the alarm can be read: {error}"),
    }
}
