//! `kalends serve` before schemathesis, which reads its OpenAPI document and then tries what comes
//! to its mind.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::process::Command;

use kalends_servers::{Serving, Simulated, Tools, built};
use serde_json::Value;

/// Runs a command of the binary to its end.
fn kalends(data: &std::path::Path, line: &str) -> Value {
    let mut command = Command::new(built("kalends"));
    command.args(line.split(' ')).arg("--json");
    command.env("KALENDS_DATA", data).env("KALENDS_PASSWORD", "secret");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Catches an answer of the server that its document does not describe, a failure of the server by
/// anything that is sent, and a request that is taken though the document forbids it.
#[test]
fn the_server_answers_as_its_document_says_whatever_is_sent() {
    let sim = Simulated::start("caldav --user alice:secret --user bob:secret", "");
    let ready: Value = serde_json::from_str(&sim.ready).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let url = ready["url"].as_str().unwrap();
    kalends(data, &format!("account add caldav --name work --url {url} --user alice"));
    kalends(data, &format!("account add caldav --name home --url {url} --user bob"));
    kalends(data, "edge add --from work/Work --to home");
    let made =
        |flags: &str| kalends(data, &format!("key create --name judge{flags}"))["key"].clone();
    // What a document allows may still name nothing that is there.
    let checks = "positive_data_acceptance";
    judge(data, &made(""), (&[], checks));
    // Whoever administers a server reaches what others are refused. `key` is a key's secret where one is
    // made, by which no path names it.
    let checks = format!("{checks},ensure_resource_availability");
    let paths = ["--include-path-regex", "^/v1/(users|keys)"];
    judge(data, &made(" --scope admin"), (&paths, &checks));
}

/// What changes is told for as long as somebody listens. The first of it is enough here: the server's own
/// tests hold each event to the document.
const STREAMS: &str = "max-stream-events = 1\n";

/// Lets schemathesis try the paths that are named.
fn judge(data: &std::path::Path, key: &Value, (paths, without): (&[&str], &str)) {
    let key = key.as_str().unwrap();
    let server = Serving::start(data, &["--rate", "0"]);
    std::fs::write(data.join("schemathesis.toml"), STREAMS).unwrap();
    let document = format!("{}/v1/openapi.json", server.url);
    let judged = Command::new(Tools::find().judge().unwrap())
        .args(["-m", "schemathesis.cli", "run", &document])
        .args(["-H", &format!("Authorization: Bearer {key}"), "--max-examples", "15"])
        .args(paths)
        .args(["--exclude-checks", without, "--seed", "1", "--no-color"])
        .current_dir(data)
        .output();
    let judged = judged.unwrap();
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}{}", String::from_utf8_lossy(&judged.stderr));
    assert!(said.contains("Tested: "), "{said}");
}
