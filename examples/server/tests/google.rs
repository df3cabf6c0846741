//! The binary and Google: ready tokens, a sign-in with a browser, mirrors, and notices.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::GoogleSim;
use serde_json::{Value, json};
use support::Kalends;
use support::running::{free_port, get, redirect, spawn};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

async fn google() -> (Served<GoogleSim>, Kalends) {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC") && sim.add_user(BOB, "UTC"));
    sim.set_browser(Some(BOB));
    sim.add_client("program", "hush");
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    let mut set = |name: &str, value: &str| kalends.extra.push((name.to_owned(), value.to_owned()));
    set("KALENDS_GOOGLE_API", &served.url());
    set("KALENDS_GOOGLE_AUTH", &served.url());
    (served, kalends)
}

fn add_event(served: &Served<GoogleSim>, of: &str, title: &str, day: i64) {
    let start = chronological(day);
    let event = json!({"summary": title, "start": {"date": start.0}, "end": {"date": start.1}});
    served.sim().person(of, now_ms()).add(of, &event).unwrap();
}

/// A day from now, and the day after it.
fn chronological(day: i64) -> (String, String) {
    let date = |day: i64| {
        let at = support::hours(24 * day).to_string();
        at.split('T').next().unwrap_or_default().to_owned()
    };
    (date(day), date(day + 1))
}

/// Adds Ann by a bare token, and Bob by the JSON of an answer whose token has run out.
fn add_both(served: &Served<GoogleSim>, kalends: &Kalends) {
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    let added = kalends.done("account add google --name ann --token-file ann");
    assert_eq!(added["account"]["subject"], ANN);
    let bob = served.sim().grant(BOB, "program", &[], now_ms());
    let refresh = bob.refresh;
    let file = json!({
        "refresh_token": refresh, "client_id": "program", "client_secret": "hush",
        "type": "authorized_user",
    });
    std::fs::write(kalends.path("bob"), file.to_string()).unwrap();
    let added = kalends.done("account add google --name bob --token-file bob");
    assert_eq!(added["account"]["subject"], BOB);
    for name in ["ann", "bob"] {
        let shown = kalends.done(&format!("account show {name}")).to_string();
        let secrets = [ann.access.as_str(), &refresh, "hush"];
        assert!(!secrets.iter().any(|secret| shown.contains(secret)), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_account_are_mirrored_into_another_and_the_next_sync_writes_nothing() {
    let (served, kalends) = google().await;
    add_both(&served, &kalends);
    add_event(&served, ANN, "Standup", 3);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    let report = kalends.done("sync");
    assert_eq!((&report["created"], &report["settled"]), (&json!(1), &json!(true)), "{report}");
    add_event(&served, ANN, "Review", 4);
    let report = kalends.done("sync");
    assert_eq!(report["created"], 1, "{report}");
    let report = kalends.done("sync");
    let written = [&report["created"], &report["updated"], &report["deleted"]];
    assert_eq!(written, [&json!(0); 3], "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_and_what_was_granted_is_refreshed() {
    let (served, mut kalends) = google().await;
    let (code, status) = kalends.json("account add google --name me");
    assert_eq!(status, 2, "{code}");
    assert!(code["error"]["message"].as_str().unwrap().contains("KALENDS_GOOGLE_CLIENT_ID"));
    kalends.extra.push(("KALENDS_GOOGLE_CLIENT_ID".to_owned(), "program".to_owned()));
    kalends.extra.push(("KALENDS_GOOGLE_CLIENT_SECRET".to_owned(), "hush".to_owned()));
    let mut adding = spawn(&kalends, "account add google --name me --no-browser --json");
    let address = adding.line_with("http").trim().to_owned();
    let back = redirect(&address).await;
    assert!(back.starts_with("http://127.0.0.1:"), "{back}");
    get(&back).await;
    let output = adding.ended();
    assert!(output.status.success());
    let added: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(added["account"]["subject"], BOB);
    // The access token is refused: it is refreshed once, and nobody is asked.
    assert!(served.sim().plan("GET", "*/users/me/calendarList", When::Nth(1), "F1-expired"));
    let report = kalends.done("sync");
    assert_eq!((&report["settled"], &report["failures"]), (&json!(true), &Value::Null), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_listens_is_told_and_mirrors_at_once() {
    let (served, kalends) = google().await;
    add_both(&served, &kalends);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    kalends.done("sync");
    let port = free_port();
    let here = format!("127.0.0.1:{port}");
    let line = format!("watch --every 3000 --listen {here} --public http://{here}/notices");
    let mut watching = spawn(&kalends, &line);
    watching.line_with("run_");
    add_event(&served, ANN, "Told", 5);
    let told = watching.line_with("1 created");
    // The notice of the mirror itself may come within the same turn.
    assert!(told.contains("1 read") || told.contains("2 read"), "{told}");
    let status = kalends.done("status");
    let calendars = status["calendars"].as_array().unwrap();
    assert!(calendars.iter().all(|calendar| calendar["upkeep"] == "active"), "{status}");
}
