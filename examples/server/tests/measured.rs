//! What a server says of itself: whether it is ready, how long changes take that nobody told of, where
//! its answers come from, and for how long it knows what was.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use support::api::{Api, interrupt, key, settle, value};
use support::carrier::now_ms;
use support::{Kalends, calendar, event, hours, stamp, two_accounts, until};

/// Catches a server that says it is ready and cannot read its store, and one that never is again.
#[test]
fn a_server_whose_store_cannot_be_read_is_not_ready() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--every 3600");
    let ready = || api.ask("GET /readyz", &[], "").status;
    assert_eq!(ready(), 200);
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    file.execute_batch("ALTER TABLE graphs RENAME TO elsewhere").unwrap();
    until("it is not ready", || ready() == 503);
    assert_eq!(api.ask("GET /healthz", &[], "").status, 200, "it is well, and its store is not");
    file.execute_batch("ALTER TABLE elsewhere RENAME TO graphs").unwrap();
    until("it is ready again", || ready() == 200);
}

/// Catches a server that has requests sent to it while it ends.
#[test]
fn a_server_that_ends_is_not_ready() {
    let kalends = Kalends::new();
    let mut api = Api::start(&kalends, "--every 3600");
    let mut asked = TcpStream::connect(api.host()).unwrap();
    write!(asked, "GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", api.host()).unwrap();
    // Whoever comes later was let in later.
    assert_eq!(api.ask("GET /readyz", &[], "").status, 200);
    interrupt(&api);
    until("nobody is let in", || TcpStream::connect(api.host()).is_err());
    asked.write_all(b"\r\n").unwrap();
    let mut told = String::new();
    asked.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("HTTP/1.1 503") && told.ends_with("the server ends\n"), "{told}");
    assert!(api.ended().success());
}

/// Catches changes that were found by looking and have no lag, one that counts from when it was seen though
/// the calendar says when it was made, and one that counts what a first reading finds.
#[test]
fn the_lag_of_what_was_found_by_looking_is_told() {
    let (server, kalends, work) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 5");
    let (key, scrape) = (key(&kalends, ""), key(&kalends, "--scope metrics"));
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home/desk"}"#).done();
    let desk = || server.sim().resources("/bob/desk/").len();
    until("what was there is mirrored", || desk() == 3);
    let lags = |what: &str, since: &str| {
        let told = api.with(&scrape, "GET /metrics", "").text;
        let name = format!("kalends_change_lag_seconds_{what}{{found=\"poll\",since=\"{since}\"}}");
        if told.contains(&name) { value(&told, &name) } else { 0.0 }
    };
    assert_eq!(["provider", "seen"].map(|since| lags("count", since)), [0.0; 2]);
    let put = |n: i64, more: &str| {
        let text = calendar(&[event(&format!("{n}@x"), "New", hours(24 * n + 9))]);
        let text = text.replace("SUMMARY", &format!("{more}SUMMARY"));
        server.sim().person(now_ms()).put(&work, &format!("{n}.ics"), &text).unwrap();
    };
    put(4, "");
    until("it is mirrored", || desk() == 4);
    until("it is counted", || lags("count", "seen") == 1.0);
    let made = kalends::core::time::Timestamp::from_millis(now_ms());
    put(5, &format!("LAST-MODIFIED:{}\r\n", stamp(made)));
    until("it is mirrored", || desk() == 5);
    until("it is counted", || lags("count", "provider") == 1.0);
    assert!((0.0..120.0).contains(&lags("sum", "provider")));
    assert_eq!(lags("count", "seen"), 1.0);
    // An old thing that comes in anew, as by an import, was not made a while ago.
    put(6, "LAST-MODIFIED:20200101T000000Z\r\n");
    until("it is mirrored", || desk() == 6);
    until("it is counted", || lags("count", "seen") == 2.0);
}

/// Catches a first question about free times that has to read all events, and one right behind a change,
/// over HTTP.
#[test]
fn free_times_are_worked_out_before_somebody_asks() {
    let (_server, kalends, _) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (key, scrape) = (key(&kalends, ""), key(&kalends, "--scope metrics"));
    settle(&api, &key);
    let asked = |from: &str| {
        let name = format!("kalends_free_times_total{{from=\"{from}\"}}");
        value(&api.with(&scrape, "GET /metrics", "").text, &name)
    };
    let told = || value(&api.with(&scrape, "GET /metrics", "").text, "kalends_free_times_kept");
    until("it is worked out", || told() == 1.0);
    let day = |days: i64| hours(24 * days).to_string()[..10].to_owned();
    let ask = || {
        let line = format!("GET /v1/availability?from={}&to={}", day(0), day(7));
        api.with(&key, &line, "").done()
    };
    ask();
    assert_eq!((asked("ahead"), asked("events")), (1.0, 0.0));
    for n in [1, 3, 5] {
        let new = json!({"title": "Ours", "start": format!("{}T0{n}:00:00Z", day(3))});
        api.with(&key, "POST /v1/events", &new.to_string()).done();
        assert!(ask().to_string().contains(&format!("{}T0{n}:00:00", day(3))));
    }
    assert_eq!((asked("ahead"), asked("events")), (4.0, 0.0));
}

/// Catches a server that keeps what the journal says for longer than it was told to, or forgets younger
/// things.
#[test]
fn what_the_journal_says_goes_after_as_many_days_as_the_server_is_told() {
    let (_server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail full");
    kalends.done("sync");
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    file.execute("UPDATE journal SET at = at - 31 * 86400000 WHERE seq <= 5", []).unwrap();
    let first = || {
        let found = file.query_row("SELECT min(seq) FROM payloads", [], |row| row.get(0));
        found.unwrap()
    };
    let before: i64 = first();
    let _api = Api::start(&kalends, "--allow-private --every 3600 --keep-history 30");
    until("it is forgotten", || first() == 6);
    assert_eq!(before, 1);
}
