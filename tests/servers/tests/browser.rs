//! The page of `kalends demo` in Chromium: what a person does there, and what they see meanwhile.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use kalends_servers::{Simulated, Tools, built};
use serde_json::Value;

/// Ends with the test, however that ends.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        // As somebody at the terminal ends it, so that it takes its server and its folder along.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Catches a page that shows something only after it is loaded anew, an error on its console, a request
/// to elsewhere, what people with a keyboard or a screen reader cannot use, light and dark, and a demo that
/// leaves something behind.
/// `KALENDS_PICTURES=FOLDER` keeps pictures of it.
#[test]
fn a_person_connects_draws_an_edge_sees_its_copy_come_and_takes_it_back() {
    let tools = Tools::find();
    let chromium = tools.browser().unwrap();
    let two = "caldav --profile radicale --user alice:secret --user bob:secret";
    let closed = r#"[{"method": "PUT", "path": "*bob*", "fault": "C8-403"}]"#;
    let sim = Simulated::start(two, closed);
    let ready: Value = serde_json::from_str(&sim.ready).unwrap();
    let mut demo = Command::new(built("kalends"));
    let folder = tempfile::tempdir().unwrap();
    let demo = demo.args(["demo", "--no-open", "--edits-every", "0"]).env("TMPDIR", folder.path());
    let demo = demo.stdout(Stdio::piped());
    let mut demo = Demo(demo.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(demo.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let shown: Value = serde_json::from_str(line.strip_prefix("READY ").unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/page.mjs");
    let seen = Command::new("node")
        .arg(script)
        .arg(tools.folder())
        .arg(chromium)
        .arg(shown["page"].as_str().unwrap())
        .arg(ready["url"].as_str().unwrap())
        .args(std::env::var_os("KALENDS_PICTURES"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&seen.stdout);
    assert!(seen.status.success(), "{said}{}", String::from_utf8_lossy(&seen.stderr));
    drop(demo);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo leaves nothing");
}
