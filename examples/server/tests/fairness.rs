//! Nobody waits for another: not for the store, not for others' webhooks, and not for who was here before.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};
use support::api::{Api, key};
use support::receiver::Receiver;
use support::{Kalends, two_accounts, until};

/// Shorter than a statement waits for who writes, longer than anything else here takes.
const SOON: Duration = Duration::from_secs(5);

/// Catches a server that stands still while somebody else writes into its file, and a look that fails
/// because its key's use cannot be written down just then.
#[test]
fn whoever_only_looks_waits_for_nobody_who_writes() {
    let kalends = Kalends::new();
    let (api, used) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    api.with(&used, "GET /v1/accounts", "").done();
    let fresh: Vec<String> = (0..4).map(|_| key(&kalends, "")).collect();
    let file = Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    file.execute_batch("BEGIN IMMEDIATE").unwrap();
    let feed = json!({"name": "f"}).to_string();
    thread::scope(|scope| {
        let add = || api.with(&used, "POST /v1/feeds", &feed);
        let adding: Vec<_> = (0..4).map(|_| scope.spawn(add)).collect();
        let began = Instant::now();
        for key in &fresh {
            api.with(key, "GET /v1/status", "").done();
        }
        assert_eq!(api.ask("GET /healthz", &[], "").status, 200);
        api.with(&used, "GET /v1/accounts", "").done();
        let took = began.elapsed();
        file.execute_batch("ROLLBACK").unwrap();
        assert!(took < SOON, "it took {took:?}");
        for one in adding {
            one.join().unwrap().done();
        }
    });
}

/// Catches somebody whose webhooks hear nothing because another's endpoints never answer.
#[test]
fn endpoints_that_never_answer_hold_up_nobody_elses() {
    let kalends = Kalends::new();
    kalends.done("user add eve");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (own, eve) = (key(&kalends, ""), key(&kalends, "--user eve"));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}/", silent.local_addr().unwrap());
    let reached = Arc::<AtomicUsize>::default();
    let count = reached.clone();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in silent.incoming() {
            kept.push(stream.unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    for _ in 0..20 {
        api.with(&eve, "POST /v1/webhooks", &json!({"url": at}).to_string()).done();
    }
    let event = json!({"title": "x", "start": "2030-01-01"}).to_string();
    api.with(&eve, "POST /v1/events", &event).done();
    until("her endpoints are told", || reached.load(Ordering::SeqCst) >= 3);
    let heard = Receiver::start(&[]);
    api.with(&own, "POST /v1/webhooks", &json!({"url": heard.url}).to_string()).done();
    let began = Instant::now();
    api.with(&own, "POST /v1/events", &event).done();
    heard.until(|all| !all.is_empty());
    let took = began.elapsed();
    assert!(took < SOON, "it took {took:?}");
}

/// Catches a user who was erased, comes back with the same graph, and is never kept in step again.
#[test]
fn somebody_who_was_erased_and_comes_back_is_kept_in_step() {
    let (server, kalends, _) = two_accounts();
    let other = Kalends::new();
    let exported = other.done("bundle export graph.json");
    let bundle = std::fs::read_to_string(other.path("graph.json")).unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let (api, admin) =
        (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, "--scope admin"));
    let add = || {
        let user = json!({"name": "eve", "bundle": bundle});
        api.with(&admin, "POST /v1/users", &user.to_string()).done();
        key(&kalends, "--user eve")
    };
    let before = add();
    // Once something of hers is written by itself, her graph is kept in step.
    mirrored(&api, &before, &server);
    let erased = api.with(&before, "POST /v1/erasure", r#"{"user": "eve"}"#).done();
    assert_eq!(erased["state"], "erased", "{erased}");
    let desk = format!("POST /notices/{}/google", exported["graph"].as_str().unwrap());
    let is_closed = || api.ask(&desk, &[], "").json["code"] == "not-found";
    until("nobody works for her any more", is_closed);
    mirrored(&api, &add(), &server);
}

/// Adds both accounts and an edge, and waits until somebody mirrors what is there.
fn mirrored(api: &Api, key: &str, server: &support::carrier::Server) {
    for (name, user) in [("work", "alice"), ("home", "bob")] {
        let account = json!({
            "provider": "caldav", "name": name, "url": server.url, "user": user, "password": "secret"
        });
        api.with(key, "POST /v1/accounts", &account.to_string()).done();
    }
    api.with(key, "POST /v1/edges", r#"{"from": "work/work", "to": "home/desk"}"#).done();
    until("it is mirrored", || server.sim().resources("/bob/desk/").len() == 3);
}

/// Catches a look that is taken for a write because only its head is asked for.
#[test]
fn the_head_of_an_answer_is_a_look() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, "--scope read"));
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    for _ in 0..2 {
        let answer = api.ask("HEAD /v1/status", &headers, "");
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, None));
    }
}
