//! The parts of the host together: futures that move, and the loop that watches.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::Request;
use common::{ACCOUNT, Asked, GRAPH, Server, store};
use kalends_core::ids::{CalendarId, ScopeId};
use kalends_core::keys::GraphKeys;
use kalends_core::notice::{InboundRequest, Notice};
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Credential, Exchange, GraphStore as _, Provider};
use kalends_core::provider::{Failure, ProviderOp};
use kalends_core::slice::ReadSet;
use kalends_core::step::UserEdit;
use kalends_core::time::Timestamp;
use kalends_core::watch::WatchSecrets;
use kalends_driver::{Driver, Limits, NoHooks, Options, Parts, Report};
use kalends_sqlite::SqliteStore;
use kalends_tokio::{
    HttpOptions, Listening, OsEntropy, ReqwestHttp, SealedAccounts, Secret, SystemClock, Visits,
    WatchOptions, watch, watch_listening,
};

type Host = Driver<
    Parts<
        SqliteStore,
        ReqwestHttp,
        SystemClock,
        OsEntropy,
        SealedAccounts<SqliteStore, Asked>,
        SystemClock,
        NoHooks,
    >,
>;

const KEYS: GraphKeys = GraphKeys { graph: GRAPH, secret: [7; 32] };

async fn host(folder: &std::path::Path) -> Host {
    let store = store(folder).await;
    let parts = Parts {
        store: store.clone(),
        http: ReqwestHttp::new(HttpOptions::personal()).unwrap(),
        clock: SystemClock,
        entropy: OsEntropy,
        accounts: SealedAccounts::new(store, Asked::default()),
        timer: SystemClock,
        hooks: NoHooks,
    };
    Driver::new(parts, Limits::default())
}

/// A host with one account, at this address.
async fn with_account(folder: &std::path::Path, address: String) -> Host {
    let host = host(folder).await;
    let secret = Secret::new(address, Credential::None);
    host.ports().accounts.keep(GRAPH, ACCOUNT, &secret).await.unwrap();
    let add = UserEdit::AddAccount {
        id: ACCOUNT,
        provider: "test".to_owned(),
        name: "me".to_owned(),
        subject: "me".to_owned(),
    };
    host.author(&KEYS, &[add]).await.unwrap();
    host
}

#[tokio::test]
async fn a_sync_moves_between_threads_and_reports_what_it_could_not_reach() {
    let folder = tempfile::tempdir().unwrap();
    let host = with_account(folder.path(), "http://127.0.0.1:1/".to_owned()).await;
    let report: Report = tokio::spawn(async move { host.sync(&KEYS, &Options::default()).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((report.settled, report.requests, report.failures.len()), (false, 1, 1));
    assert_eq!(report.failures[0].2.code, "Refused");
}

#[tokio::test]
async fn a_preview_moves_too() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let preview =
        tokio::spawn(async move { host.preview(&KEYS, &Options::default()).await }).await.unwrap();
    assert!(preview.unwrap().operations.is_empty());
}

#[tokio::test]
async fn watching_syncs_until_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let (ask, stop) = tokio::sync::watch::channel(false);
    let syncs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&syncs);
    let watching = tokio::spawn(async move {
        let options = WatchOptions { every_ms: 10, rest_ms: 1, ..WatchOptions::default() };
        watch(&host, &KEYS, options, stop, |ended| {
            assert!(ended.unwrap().settled);
            counted.fetch_add(1, Ordering::Relaxed);
            ControlFlow::Continue(())
        })
        .await;
    });
    while syncs.load(Ordering::Relaxed) < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ask.send(true).unwrap();
    watching.await.unwrap();
}

#[tokio::test]
async fn between_two_syncs_there_is_a_rest_whatever_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let (_ask, stop) = tokio::sync::watch::channel(false);
    let options = WatchOptions { every_ms: 0, rest_ms: 60, ..WatchOptions::default() };
    let (began, mut syncs) = (Instant::now(), 0);
    watch(&host, &KEYS, options, stop, |_| {
        syncs += 1;
        if syncs == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .await;
    assert!(began.elapsed() >= Duration::from_millis(120), "{:?}", began.elapsed());
}

/// Believes every notice.
struct Believing;

impl Provider for Believing {
    fn start(&self, _: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        unreachable!("it is asked for notices alone")
    }

    fn notice(&self, _: &InboundRequest, _: &WatchSecrets) -> Notice {
        Notice::Heard(Vec::new())
    }
}

/// A job that is due.
async fn commit_job(store: &SqliteStore) {
    let due = Job {
        key: JobKey::Pull(ScopeId::from_bytes([3; 16])),
        lane: CalendarId::from_bytes([3; 16]),
        run_at: Timestamp::from_millis(0),
        starts: Timestamp::from_millis(0),
    };
    let base = store.load(GRAPH, &ReadSet::default()).await.unwrap().version;
    store.commit(GRAPH, base, &Plan { jobs: vec![due], ..Plan::default() }).await.unwrap();
}

/// Catches a notice that waits for the rest between two syncs.
#[tokio::test]
async fn what_a_notice_tells_of_is_looked_at_before_the_rest_is_over() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path()).await;
    let store = host.ports().store.clone();
    let (desk, mut visits) = Visits::new();
    let (ask, stop) = tokio::sync::watch::channel(false);
    let (ended, mut syncs) = tokio::sync::mpsc::unbounded_channel();
    let watching = tokio::spawn(async move {
        let provider = |_: &str| Some(Arc::new(Believing) as Arc<dyn Provider>);
        let public = Some("https://here".to_owned());
        let listening = Listening { public, visits: &mut visits, provider: &provider };
        let options =
            WatchOptions { every_ms: HOUR_MS, rest_ms: HOUR_MS, ..WatchOptions::default() };
        watch_listening(&host, &KEYS, (options, Some(listening)), stop, |_| {
            ended.send(()).unwrap();
            ControlFlow::Continue(())
        })
        .await;
    });
    syncs.recv().await.unwrap();
    commit_job(&store).await;
    let told = desk.take(Request::post("/notices/test").body(Body::empty()).unwrap()).await;
    assert_eq!(told.status(), 202);
    tokio::time::timeout(Duration::from_secs(120), syncs.recv()).await.unwrap().unwrap();
    ask.send(true).unwrap();
    watching.await.unwrap();
}

/// Catches a word of another graph that has all accounts read, so that whoever sends words paces that.
#[tokio::test]
async fn what_comes_from_elsewhere_reads_no_account() {
    const HOUR_MS: i64 = 3_600_000;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|peer| {
        peer.read();
        peer.ok("");
    });
    let host = with_account(folder.path(), server.url()).await;
    let store = host.ports().store.clone();
    let (desk, mut visits) = Visits::new();
    let (ask, stop) = tokio::sync::watch::channel(false);
    let (ended, mut syncs) = tokio::sync::mpsc::unbounded_channel();
    let watching = tokio::spawn(async move {
        let provider = |_: &str| None;
        let listening = Listening { public: None, visits: &mut visits, provider: &provider };
        let options =
            WatchOptions { every_ms: HOUR_MS, rest_ms: HOUR_MS, ..WatchOptions::default() };
        watch_listening(&host, &KEYS, (options, Some(listening)), stop, |_| {
            ended.send(()).unwrap();
            ControlFlow::Continue(())
        })
        .await;
    });
    syncs.recv().await.unwrap();
    let read = server.request_count();
    assert!(read > 0);
    commit_job(&store).await;
    desk.look();
    tokio::time::timeout(Duration::from_secs(120), syncs.recv()).await.unwrap().unwrap();
    assert_eq!(server.request_count(), read);
    desk.wake();
    tokio::time::timeout(Duration::from_secs(120), syncs.recv()).await.unwrap().unwrap();
    assert!(server.request_count() > read, "somebody changed something");
    ask.send(true).unwrap();
    watching.await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_a_long_rest_at_once_and_lets_a_sync_end_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let slow = Server::start(|peer| {
        peer.read();
        peer.rest(300);
        peer.ok("");
    });
    let host = with_account(folder.path(), slow.url()).await;
    let (ask, stop) = tokio::sync::watch::channel(false);
    let began = Instant::now();
    let watching = tokio::spawn(async move {
        let mut reports = Vec::new();
        watch(&host, &KEYS, WatchOptions::default(), stop, |ended| {
            reports.push(ended.unwrap());
            ControlFlow::Continue(())
        })
        .await;
        reports
    });
    while slow.request_count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ask.send(true).unwrap();
    let reports = watching.await.unwrap();
    assert_eq!((reports.len(), reports[0].settled, reports[0].requests), (1, false, 1));
    assert!(began.elapsed() < Duration::from_secs(10));
}
