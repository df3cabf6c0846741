//! `kalends-sim google` before Google's own client library, which knows nothing of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::path::Path;
use std::process::Command;

use kalends_servers::{Simulated, Tools};
use serde_json::{Value, json};

/// Runs the tour on a simulator: what it saw.
#[track_caller]
fn tour(sim: &Simulated) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("client/tour_google.py");
    let mut python = Command::new(Tools::find().python().unwrap());
    let output = python.arg(script).arg(&sim.ready).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn start(faults: &str) -> Simulated {
    Simulated::start("google --seed 7 --calendar alice@example.com/Work", faults)
}

/// Each exchange as method, status and what was wrong with it.
fn exchanges(sim: &Simulated) -> Vec<Value> {
    sim.exchanges().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Catches an answer that Google's library cannot read or reads as something else, and one that
/// Google's discovery document does not describe.
#[test]
fn googles_library_lists_writes_watches_and_is_refused_as_by_google() {
    let sim = start("");
    let saw = tour(&sim);
    assert_eq!(saw["calendars"], json!(["Work", "alice@example.com"]));
    assert_eq!(saw["sync"], json!(["secret", "sync", "1"]));
    assert_eq!(saw["exists"], json!(["secret", "exists", "2"]));
    assert_eq!((&saw["first"], &saw["patched"]), (&json!(["One"]), &json!("Here")));
    let refused = json!({
        "stale": [412, "conditionNotMet"],
        "taken": [409, "duplicate"],
        "unknown": [404, "notFound"],
        "window": [400, "timeRangeEmpty"],
    });
    assert_eq!(saw["refused"], refused);
    let instances =
        ["12T09", "13T15", "15T09", "16T09"].map(|at| format!("2026-12-{at}:00:00+01:00"));
    assert_eq!(saw["instances"], json!(instances));
    assert_eq!(saw["deleted_twice"], json!([410, "deleted"]));
    assert_eq!(saw["changed"], json!(["Series", "Series", "Two", "cancelled", "cancelled"]));
    assert_eq!(saw["forged"], json!([410, "fullSyncRequired"]));
    assert_eq!(saw["heard"], 6, "one message for each write");
    assert_eq!((&saw["stopped"], &saw["unheard"]), (&json!(""), &json!(0)));
    assert_eq!(saw["stopped_twice"], json!([404, "notFound"]));
    assert_eq!(saw["busy"][0]["start"], "2026-12-11T08:00:00Z");
    assert_eq!(saw["overlay"][1], saw["calendars"]);
    assert_eq!(saw["refreshed"], saw["calendars"], "its access token was refreshed");
    let exchanges = exchanges(&sim);
    assert!(exchanges.len() > 25, "{}", exchanges.len());
    for exchange in exchanges {
        let wrong = exchange["violations"].to_string();
        assert!(!wrong.contains("the reply itself"), "{exchange}");
        // What it sends is as Google's document says; how careful it is, is not our concern here.
        for rule in ["Method", "UnknownParameter", "BadParameter", "Field", "Body", "ContentType"] {
            assert!(!wrong.contains(&format!("\"{rule}:")), "{exchange}");
        }
    }
}

/// Catches a fault from a file that does not reach a webhook, and pages that the library cannot
/// follow.
#[test]
fn faults_of_a_file_reach_pages_and_webhooks() {
    let sim = start(
        r#"[{"method": "PUSH", "fault": "F20-twice"}, {"method": "GET", "path": "*/events", "fault": "F14"}]"#,
    );
    let saw = tour(&sim);
    assert_eq!(saw["heard"], 13, "two for each of six writes, and the second of the first");
    assert_eq!(saw["first"], json!(["One"]));
}
