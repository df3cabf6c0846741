//! What whoever runs `kalends serve` sees of it: counters, lines of its log, limits and its end.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::api::{Api, interrupt, key, settle};
use support::{Kalends, two_accounts};

/// The value of a counter.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("{name}: {metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Catches a secret, a title or a name in what is written down or counted, and counters that stand
/// still.
#[test]
fn what_is_written_down_and_counted_tells_no_secret_and_no_title() {
    const CANARIES: [&str; 4] = ["canary-pw", "canary-feed", "canary-title", "canary-name"];
    let (server, mut kalends, _) = two_accounts();
    server.sim().add_user("dora", "canary-pw");
    kalends.password = "canary-pw".to_owned();
    let said = kalends.path("said");
    let flags = "--allow-private --every 3600 --log json";
    let api = Api::start_told(&kalends, flags, &said);
    let (key, counts) = (key(&kalends, ""), key(&kalends, "--scope metrics"));
    let url = &server.url;
    let add = |name: &str, password: &str| {
        let account = json!({
            "provider": "caldav", "name": name, "url": url, "user": "dora", "password": password
        });
        api.with(&key, "POST /v1/accounts", &account.to_string())
    };
    assert_eq!(add("wrong", "canary-pw-wrong").status, 422);
    assert_eq!(add("canary-name", "canary-pw").status, 201);
    let feed = json!({"provider": "feed", "name": "f", "url": format!("{url}/canary-feed.ics")});
    assert_eq!(api.with(&key, "POST /v1/accounts", &feed.to_string()).status, 422);
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let event = json!({"title": "canary-title", "start": "2030-01-01"});
    let made = api.with(&key, "POST /v1/events", &event.to_string()).done();
    let at = format!("/v1/events/{}", made["event"]["id"].as_str().unwrap());
    api.with(&key, &format!("GET {at}"), "").done();
    api.with(&key, "GET /v1/accounts/canary-name", "").done();
    api.with(&key, "GET /v1/nothing/canary-name", "");
    settle(&api, &key);
    assert_eq!(api.with(&key, "GET /metrics", "").problem(), (403, "key.scope"));
    assert_eq!(api.ask("GET /metrics", &[], "").problem(), (401, "key.unknown"));
    let metrics = api.with(&counts, "GET /metrics", "").text;
    let route =
        "kalends_requests_total{method=\"GET\",route=\"/v1/events/{event}\",status=\"200\"}";
    assert!(value(&metrics, route) >= 1.0);
    assert!(value(&metrics, "kalends_request_seconds_count") > 5.0);
    assert_eq!(value(&metrics, "kalends_users"), 1.0);
    assert_eq!(value(&metrics, "kalends_writes_open"), 0.0);
    drop(api);
    let said = std::fs::read_to_string(said).unwrap();
    let lines: Vec<Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(lines.iter().any(|line| line["route"] == "/v1/events/{event}"), "{said}");
    for canary in CANARIES {
        assert!(!said.contains(canary), "{canary}: {said}");
        assert!(!metrics.contains(canary), "{canary}: {metrics}");
    }
    for file in ["data/kalends.sqlite", "data/kalends.sqlite-wal"] {
        let bytes = std::fs::read(kalends.path(file)).unwrap_or_default();
        for secret in [key.as_bytes(), b"canary-pw", b"canary-feed"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{file}");
        }
    }
}

/// Catches somebody without a key who makes up methods until the server has no memory left.
#[test]
fn methods_that_nobody_knows_are_counted_as_one() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "");
    let counts = key(&kalends, "--scope metrics");
    for n in 0..20 {
        api.ask(&format!("MADEUP{n} /healthz"), &[], "");
    }
    let metrics = api.with(&counts, "GET /metrics", "").text;
    assert!(!metrics.contains("MADEUP"), "{metrics}");
    let other = "kalends_requests_total{method=\"other\",route=\"/healthz\",status=\"405\"}";
    assert_eq!(value(&metrics, other), 20.0);
}

/// Catches a limit that is not kept, one that is another key's, and answers that do not say it.
#[test]
fn a_key_that_asks_too_often_is_asked_to_wait() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--rate 5");
    let (one, other) = (key(&kalends, ""), key(&kalends, ""));
    let first = api.with(&one, "GET /v1/accounts", "");
    assert_eq!(first.header("ratelimit-policy"), Some("\"key\";q=5;w=60"));
    assert!(first.header("ratelimit").unwrap().starts_with("\"key\";r=4;t="), "{first:?}");
    for _ in 0..4 {
        api.with(&one, "GET /v1/accounts", "").done();
    }
    let limited = api.with(&one, "GET /v1/accounts", "");
    assert_eq!(limited.problem(), (429, "rate-limit"));
    let wait: u32 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{limited:?}");
    api.with(&other, "GET /v1/accounts", "").done();
    assert_eq!(api.ask("GET /v1/accounts", &[], "").problem(), (401, "key.unknown"));
    assert_eq!(api.with(&one, "POST /mcp", "{}").status, 429, "tools count too");
}

/// Catches a request that is cut off because the server was asked to end.
#[test]
fn what_is_under_way_is_answered_before_the_end() {
    let (server, kalends, _) = two_accounts();
    let flags = "--allow-private --every 3600";
    let (mut api, key) = (Api::start(&kalends, flags), key(&kalends, ""));
    settle(&api, &key);
    assert_eq!(api.ask("GET /readyz", &[], "").status, 200);
    assert_eq!(api.ask("GET /healthz", &[], "").status, 200);
    let before = server.sim().log().len();
    thread::scope(|scope| {
        let asked = scope.spawn(|| api.with(&key, "POST /v1/runs", ""));
        let deadline = Instant::now() + Duration::from_secs(30);
        while server.sim().log().len() == before {
            assert!(Instant::now() < deadline, "nothing is asked for");
            thread::sleep(Duration::from_millis(1));
        }
        interrupt(&api);
        let answer = asked.join().unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    });
    assert!(api.ended().success());
}
