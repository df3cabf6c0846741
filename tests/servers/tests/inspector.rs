//! Our tools before the inspector of the Model Context Protocol, over standard input and output, and
//! over HTTP behind a key; and before its conformance suite.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::path::Path;
use std::process::Command;

use kalends_servers::{Serving, Tools, built};
use serde_json::Value;

fn kalends(data: &Path, line: &str) -> Command {
    let mut command = Command::new(built("kalends"));
    command.args(line.split(' ')).env("KALENDS_DATA", data);
    command
}

/// The server, the address of its tools, and a key.
fn serving(data: &Path) -> (Serving, String, String) {
    let made = kalends(data, "key create --name inspector --json").output().unwrap();
    let key: Value = serde_json::from_slice(&made.stdout).unwrap();
    let serving = Serving::start(data, &[]);
    let url = format!("{}/mcp", serving.url);
    (serving, url, key["key"].as_str().unwrap().to_owned())
}

/// What the inspector prints of one method.
fn inspected(data: &Path, args: &[&str]) -> Value {
    let mut command = Command::new(Tools::find().inspector().unwrap());
    // It keeps a catalogue in the home folder.
    let output = command.arg("--cli").args(args).env("HOME", data).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Catches a tool that a strict client cannot read, and a call that does not get through.
#[test]
fn the_inspector_lists_and_calls_the_tools_in_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let (_serving, url, key) = serving(data);
    let program = built("kalends").display().to_string();
    let home = format!("KALENDS_DATA={}", data.display());
    let over_stdio = [program.as_str(), "mcp", "-e", home.as_str()];
    let bearer = format!("Authorization: Bearer {key}");
    let over_http = [url.as_str(), "--transport", "http", "--header", bearer.as_str()];
    for way in [&over_stdio[..], &over_http[..]] {
        let listed = inspected(data, &[way, &["--method", "tools/list", "--strict"]].concat());
        let tools = listed["tools"].as_array().unwrap();
        assert!(tools.iter().any(|tool| tool["name"] == "calendar.list_events"), "{listed}");
        let call = |arguments: &[&str]| {
            inspected(data, &[way, &["--method", "tools/call"], arguments].concat())
        };
        let events = call(&[
            "--tool-name",
            "calendar.list_events",
            "--tool-arg",
            "from=2030-01-01",
            "to=2030-02-01",
        ]);
        assert_eq!(events["structuredContent"]["occurrences"], serde_json::json!([]), "{events}");
        let planned = call(&[
            "--tool-name",
            "calendar.create_event",
            "--tool-arg",
            r#"event={"title": "Planned", "start": "2030-01-05"}"#,
        ]);
        assert_eq!(planned["structuredContent"]["done"], false, "{planned}");
    }
}

/// Those of the suite's scenarios that ask for nothing but what every server has: the others call the
/// tools, prompts and resources of a server made for them.
const GENERIC: [&str; 4] = ["server-initialize", "ping", "tools-list", "dns-rebinding-protection"];

/// Catches a handshake, a list or an answer that the protocol's own judge turns down, and a server that
/// another page in a browser can talk to under a name of its own.
#[test]
fn the_conformance_suite_passes_what_holds_for_every_server() {
    let suite = Tools::find().conformance().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_serving, url, key) = serving(folder.path());
    for scenario in GENERIC {
        let mut judge = Command::new("node");
        judge.args(["--import", concat!(env!("CARGO_MANIFEST_DIR"), "/strict/conformance.mjs")]);
        judge.arg(&suite).args(["server", "--scenario", scenario]);
        let judged = judge.env("TARGET", &url).env("KEY", &key).output().unwrap();
        let said = String::from_utf8_lossy(&judged.stdout);
        let wrong = format!("{scenario}: {said}{}", String::from_utf8_lossy(&judged.stderr));
        assert!(judged.status.success(), "{wrong}");
        assert!(said.contains(", 0 failed, 0 warnings") && !said.contains("Passed: 0/"), "{wrong}");
    }
}
