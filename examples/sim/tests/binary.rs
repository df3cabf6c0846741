//! The binary: what it prints, how it ends, and what it says of what it cannot take.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kalends-sim"));
    command.args(line.split_whitespace()).stdin(Stdio::null());
    command
}

fn run(line: &str) -> Output {
    command(line).output().unwrap()
}

/// A process that serves, and what its READY line says.
struct Serving(Child, Value);

impl Serving {
    fn start(line: &str) -> Self {
        let mut child = command(line).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let ready = said.strip_prefix("READY ").unwrap_or_else(|| panic!("{said}"));
        Self(child, serde_json::from_str(ready).unwrap())
    }

    fn ask(&self, request: &str) -> String {
        let url = self.1["url"].as_str().unwrap();
        let at = url.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(at).unwrap();
        let head = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
        // alice:secret
        write!(stream, "{head}Authorization: Basic YWxpY2U6c2VjcmV0\r\n\r\n").unwrap();
        let mut answer = String::new();
        // A connection that is reset is an answer, too.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already where the test got so far.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_says_where_it_is_and_ends_at_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let serving = Serving::start(
            "caldav --user alice:secret --user bob:x:y --calendar alice/Work --calendar bob/Home",
        );
        let ready = &serving.1;
        assert_eq!((&ready["user"], &ready["password"]), (&"alice".into(), &"secret".into()));
        assert_eq!(ready["users"][1]["password"], "x:y");
        let home = serving.ask("PROPFIND /dav/calendars/alice/");
        assert!(home.starts_with("HTTP/1.1 207 ") && home.contains("/alice/Work/"), "{home}");
        assert_eq!(serving.end(signal), Some(0), "{signal}");
    }
}

#[test]
fn faults_come_from_a_file_and_exchanges_go_to_one() {
    let dir = tempfile::tempdir().unwrap();
    let (faults, log) = (dir.path().join("faults.json"), dir.path().join("log.jsonl"));
    let rules = r#"[{"method": "GET", "when": {"nth": 2}, "fault": "C40-503"},
                    {"method": "GET", "when": {"nth": 3}, "fault": "X6"}]"#;
    std::fs::write(&faults, rules).unwrap();
    let line = format!("caldav --faults {} --log {}", faults.display(), log.display());
    let serving = Serving::start(&line);
    let answers: Vec<_> = (0..3).map(|_| serving.ask("GET /dav/calendars/alice/x.ics")).collect();
    assert!(answers[0].starts_with("HTTP/1.1 404 "), "{answers:?}");
    assert!(answers[1].starts_with("HTTP/1.1 503 "), "{answers:?}");
    assert_eq!(answers[2], "", "{answers:?}");
    assert_eq!(serving.end("-TERM"), Some(0));
    let lines = std::fs::read_to_string(log).unwrap();
    let said: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), 3);
    assert_eq!((&said[1]["status"], &said[1]["method"]), (&503.into(), &"GET".into()));
    assert_eq!(said[2]["delivery"], "DropAfterCommit");
    assert!(!lines.contains("YWxpY2U6c2VjcmV0"), "{lines}");
}

#[test]
fn what_it_cannot_take_it_says_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let faults = dir.path().join("faults.json");
    std::fs::write(&faults, r#"[{"fault": "C99"}]"#).unwrap();
    let wrong_fault = format!("caldav --faults {}", faults.display());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("caldav --listen {}", taken.local_addr().unwrap());
    for (line, code, says) in [
        ("caldav --profile exchange", 2, "no profile exchange; --list"),
        ("caldav --user alice", 2, "--user alice is not of the form LOGIN:PASSWORD"),
        ("caldav --calendar bob/Work", 2, "add --user bob:PASSWORD"),
        ("caldav --faults /nowhere.json", 2, "the faults in /nowhere.json"),
        ("caldav --log /nowhere/log", 1, "cannot write /nowhere/log"),
        ("caldav --listen nowhere", 2, "--listen"),
        ("gopher", 2, "gopher"),
        (&wrong_fault, 2, "no fault C99; --list"),
        (&taken, 1, "cannot listen at 127.0.0.1:"),
    ] {
        let output = run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(said.contains(says) && output.stdout.is_empty(), "{line}: {said}");
    }
}

#[test]
fn graph_says_where_it_is_and_lets_its_ready_token_in() {
    let ann = "ann@contoso.example";
    let line = format!("graph --user {ann} --calendar {ann}/Work --doubt month-ends-clamp");
    let serving = Serving::start(&line);
    let ready = &serving.1;
    let at = ready["api"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(at).unwrap();
    let token = ready["token"].as_str().unwrap();
    let head = "GET /v1.0/me/calendars HTTP/1.1\r\nConnection: close\r\n";
    write!(stream, "{head}Authorization: Bearer {token}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"Work\""), "{answer}");
    assert_eq!((&ready["user"], &ready["auth"]), (&ann.into(), &ready["api"]));
    assert_eq!(serving.end("-TERM"), Some(0));
    for (line, says) in [
        ("graph --doubt gravity", "no belief gravity; --list"),
        ("graph --calendar bob@x.example/Work", "add --user bob@x.example"),
    ] {
        let output = run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(says), "{line}: {said}");
    }
    let listed = String::from_utf8(run("graph --list").stdout).unwrap();
    assert!(
        listed.contains(" G6-410-location ") && listed.contains("month-ends-clamp"),
        "{listed}"
    );
}

#[test]
fn the_names_it_knows_are_listed() {
    let listed = String::from_utf8(run("caldav --list").stdout).unwrap();
    assert!(listed.contains("radicale") && listed.contains(" C14-410-bare "), "{listed}");
    let help = String::from_utf8(run("caldav --help").stdout).unwrap();
    assert!(help.contains("kalends-sim caldav --profile sabre"), "{help}");
}
