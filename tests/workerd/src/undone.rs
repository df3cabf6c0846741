//! Commits that end before their time, and databases that an older program left.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use kalends::queries::{CountsOf, Queries as _};
use kalends_cloudflare::ObjectStore;
use kalends_core::journal::Head;
use kalends_core::plan::{Change, Job, Plan, Row};
use kalends_core::ports::{GraphStore as _, JobQueue as _, Outbox as _, StoreError};
use kalends_core::slice::{GraphVersion, ReadSet};
use kalends_core::time::Timestamp;
use kalends_core::wire;
use kalends_testkit::contract::outbox::message;
use kalends_testkit::contract::queue::job;
use kalends_testkit::contract::rows::{GRAPH, event_id, whole_event};
use wasm_bindgen::prelude::*;
use worker::Storage;

use crate::host::{alarm, far, made, vault};
use crate::measure::entries;

/// The names of the cases here.
pub(crate) const CASES: [&str; 3] = [
    "undone::a_commit_whose_last_statement_fails_leaves_nothing",
    "undone::a_panic_leaves_nothing_and_the_object_goes_on",
    "undone::objects_of_older_schemas_open_and_work",
];

/// Runs a case; whether there is one of that name.
pub(crate) async fn run(name: &str, storage: &Storage) -> bool {
    match CASES.iter().position(|case| *case == name) {
        Some(0) => a_commit_whose_last_statement_fails_leaves_nothing(storage).await,
        Some(1) => a_panic_leaves_nothing_and_the_object_goes_on(storage).await,
        Some(2) => objects_of_older_schemas_open_and_work(storage).await,
        _ => return false,
    }
    true
}

/// A job that starts then is refused by the database.
const REFUSED: Timestamp = Timestamp::from_millis(77);

/// Fails if anything is left of what ran before the last statement, which queues the last job.
async fn a_commit_whose_last_statement_fails_leaves_nothing(storage: &Storage) {
    let store = made(storage);
    let queued = Plan { jobs: vec![Job { run_at: far(2), ..job(1, 1) }], ..Plan::default() };
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &queued).await, Ok(GraphVersion(1)));
    run_sql(
        storage,
        "CREATE TRIGGER refuses BEFORE INSERT ON jobs WHEN NEW.starts = 77 \
         BEGIN SELECT RAISE(ABORT, 'refused by the test'); END",
    );
    let mut plan = full();
    plan.jobs = vec![
        Job { run_at: far(1), ..job(2, 2) },
        Job { run_at: far(1), starts: REFUSED, ..job(3, 3) },
    ];
    let refused = store.commit(GRAPH, GraphVersion(1), &plan).await;
    assert!(
        matches!(&refused, Err(StoreError::Failed(text)) if text.contains("refused by the test")),
        "{refused:?}"
    );
    is_as_before(&store, GraphVersion(1)).await;
    assert_eq!(alarm(storage).await, Some(far(2)));
    assert_eq!(store.next_due(GRAPH).await.map(|due| due.map(|(at, _)| at)), Ok(Some(far(2))));
    // Nothing stands in the way of the same commit without that job.
    plan.jobs.pop();
    assert_eq!(store.commit(GRAPH, GraphVersion(1), &plan).await, Ok(GraphVersion(2)));
    // The message waits, so it comes before the job.
    assert!(alarm(storage).await.is_some_and(|at| at < far(1)));
}

#[wasm_bindgen]
extern "C" {
    /// `ctx.storage`: what the crate `worker` does not bind of it.
    type Transactions;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactions,
        block: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
}

/// Fails if a mistake of ours, which panics in the middle of a transaction, leaves what was written
/// before it, or an object that answers no more.
async fn a_panic_leaves_nothing_and_the_object_goes_on(storage: &Storage) {
    let store = made(storage);
    let mut plan = full();
    plan.jobs = vec![Job { run_at: far(1), ..job(1, 1) }];
    let storage_of_it: &JsValue = storage.as_raw().as_ref();
    let inside = AssertUnwindSafe((&store, &plan));
    let ran = storage_of_it.unchecked_ref::<Transactions>().transaction_sync(&mut || {
        let inside = &inside;
        let (store, plan) = inside.0;
        // Nothing in it waits.
        let committed = store.commit(GRAPH, GraphVersion(0), plan).now_or_never();
        assert_eq!(committed, Some(Ok(GraphVersion(1))));
        panic!("a mistake of ours")
    });
    assert!(ran.is_err());
    is_as_before(&store, GraphVersion(0)).await;
    assert_eq!(alarm(storage).await, None);
    assert_eq!(store.commit(GRAPH, GraphVersion(0), &plan).await, Ok(GraphVersion(1)));
    assert!(alarm(storage).await.is_some_and(|at| at < far(1)));
}

/// Dumps of databases of each schema as released.
const RELEASED: [&str; 6] = [
    include_str!("../../../engine/sql/migrations/sqlite/released/0001.sql"),
    include_str!("../../../engine/sql/migrations/sqlite/released/0002.sql"),
    include_str!("../../../engine/sql/migrations/sqlite/released/0003.sql"),
    include_str!("../../../engine/sql/migrations/sqlite/released/0004.sql"),
    include_str!("../../../engine/sql/migrations/sqlite/released/0005.sql"),
    include_str!("../../../engine/sql/migrations/sqlite/released/0006.sql"),
];

/// Fails if an object that an older program made does not wake under this one.
async fn objects_of_older_schemas_open_and_work(storage: &Storage) {
    for released in RELEASED {
        assert!(storage.delete_all().await.is_ok());
        run_sql(storage, released);
        let store = made(storage);
        assert_eq!(store.commit(GRAPH, GraphVersion(0), &full()).await, Ok(GraphVersion(1)));
        let want = ReadSet { events: [event_id(1)].into(), ..ReadSet::default() };
        let loaded = store.load(GRAPH, &want).await.map(|slice| slice.events.len());
        assert_eq!(loaded, Ok(1));
        assert!(ObjectStore::open(storage, vault()).is_ok(), "what was brought up opens again");
    }
}

/// Rows, entries of the journal and a message.
fn full() -> Plan {
    let put = |row: Row| {
        let form = wire::encode(&row);
        Change::Put(row, form)
    };
    Plan {
        changes: whole_event(1).into_iter().map(put).collect(),
        entries: entries(Head::default(), 20, 100),
        messages: vec![message(1)],
        ..Plan::default()
    }
}

async fn is_as_before(store: &ObjectStore, version: GraphVersion) {
    let want = ReadSet { events: [event_id(1)].into(), ..ReadSet::default() };
    let slice = match store.load(GRAPH, &want).await {
        Ok(slice) => slice,
        Err(error) => unreachable!("the graph is read: {error}"),
    };
    assert_eq!((slice.version, slice.head.seq), (version, 0));
    assert!(slice.events.values().all(Option::is_none));
    assert_eq!(store.waiting(GRAPH, None, 9).await, Ok(Vec::new()));
    let counts = store.query(CountsOf { graph: GRAPH }).await;
    assert!(counts.is_ok_and(|counts| counts.events == 0));
}

fn run_sql(storage: &Storage, text: &str) {
    let ran = storage.sql().exec(text, None);
    assert!(ran.is_ok(), "{:?}", ran.err());
}
