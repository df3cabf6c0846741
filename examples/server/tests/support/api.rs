//! The server in a process of its own, and requests to it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

use super::Kalends;

/// A new key.
pub(crate) fn key(kalends: &Kalends, flags: &str) -> String {
    let made = kalends.done(format!("key create --name app {flags}").trim());
    made["key"].as_str().unwrap().to_owned()
}

/// The value of a counter.
pub(crate) fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.starts_with(&format!("{name} ")));
    let line = line.unwrap_or_else(|| panic!("{name}: {metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Asks for syncs until one finds nothing to do, three at most.
pub(crate) fn settle(api: &Api, key: &str) -> Value {
    for _ in 0..3 {
        let report = api.with(key, "POST /v1/runs", "").done();
        let wrote = ["created", "updated", "deleted"].map(|field| report[field].as_u64().unwrap());
        if report["settled"] == true && wrote == [0; 3] {
            return report;
        }
    }
    panic!("it does not come to rest");
}

/// Asks a server to end, as whoever started it does.
pub(crate) fn interrupt(api: &Api) {
    let id = api.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

/// A running server, until this is dropped.
pub(crate) struct Api {
    child: Child,
    host: String,
}

/// What it answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    /// The text, where it is JSON.
    pub(crate) json: Value,
}

impl Api {
    /// Starts it over a data folder, with these flags, and waits until it is ready.
    pub(crate) fn start(kalends: &Kalends, flags: &str) -> Self {
        Self::start_at(kalends, 0, flags)
    }

    /// The same, on a port that is known before.
    pub(crate) fn start_at(kalends: &Kalends, port: u16, flags: &str) -> Self {
        let line = format!("serve --listen 127.0.0.1:{port} {flags}");
        Self::spawn(kalends.command(line.trim()))
    }

    /// The same, and what it says on standard error goes into a file.
    pub(crate) fn start_told(kalends: &Kalends, flags: &str, said: &Path) -> Self {
        let mut command = kalends.command(format!("serve --listen 127.0.0.1:0 {flags}").trim());
        command.stderr(File::create(said).unwrap());
        Self::spawn(command)
    }

    fn spawn(command: Command) -> Self {
        let (api, ready) = Self::ready(command);
        assert_eq!(ready["page"], Value::Null, "nothing that opens the page lies in a log");
        api
    }

    /// Starts what has a server, waits until that is ready, and gives what it says then.
    pub(crate) fn ready(mut command: Command) -> (Self, Value) {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(line.strip_prefix("READY ").unwrap()).unwrap();
        let host = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        (Self { child, host }, ready)
    }

    /// What it is called.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Its process, as the system numbers it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Sends one request; an empty body is none.
    pub(crate) fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = ("Host", self.host.as_str());
        self.ask_as(&[&[host], headers].concat(), line, body)
    }

    /// The same, with all headers said.
    pub(crate) fn ask_as(&self, headers: &[(&str, &str)], line: &str, body: &str) -> Answer {
        let length = body.len().to_string();
        let kind = (!body.is_empty()).then_some(("Content-Type", "application/json"));
        let more: Vec<_> = kind.into_iter().chain([("Content-Length", length.as_str())]).collect();
        self.ask_bare(&[headers, &more].concat(), line, body)
    }

    /// The same, with no header that is not said.
    pub(crate) fn ask_bare(&self, headers: &[(&str, &str)], line: &str, body: &str) -> Answer {
        read(&self.told(headers, line, body))
    }

    /// All that comes back, nothing at all where the server ends on the way.
    fn told(&self, headers: &[(&str, &str)], line: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("\r\n{body}"));
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Sends one request whose answer never comes, since the server dies of it.
    pub(crate) fn dies_of(&mut self, line: &str, headers: &[(&str, &str)], body: &str) {
        let length = body.len().to_string();
        let own = [
            ("Host", self.host.as_str()),
            ("Content-Type", "application/json"),
            ("Content-Length", length.as_str()),
        ];
        assert_eq!(self.told(&[&own, headers].concat(), line, body), "", "it was answered");
        assert!(!self.ended().success());
    }

    /// Sends one request without a body, and goes away after this, before it is answered.
    pub(crate) fn hang_up(&self, line: &str, headers: &[(&str, &str)], after: impl FnOnce()) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n", self.host);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        after();
    }

    /// Sends a form, as a browser with these headers does.
    pub(crate) fn form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let length = form.len().to_string();
        let own = [("Host", self.host.as_str()), kind, ("Content-Length", &length)];
        self.ask_bare(&[&own, headers].concat(), &format!("POST {path}"), form)
    }

    /// Sends one request with a key.
    pub(crate) fn with(&self, key: &str, line: &str, body: &str) -> Answer {
        self.ask(line, &[("Authorization", &format!("Bearer {key}"))], body)
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    /// The cookie that it sets, as it is sent back.
    #[track_caller]
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    /// What the page's forms bear.
    #[track_caller]
    pub(crate) fn token(&self) -> String {
        let at = self.text.split("name=\"token\" value=\"").nth(1);
        at.unwrap().split('"').next().unwrap().to_owned()
    }

    /// The JSON of an answer that says it was done.
    #[track_caller]
    pub(crate) fn done(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }

    /// The status and the code of a problem.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, &str) {
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/problem+json"), "{self:?}");
        assert_eq!(self.json["status"], self.status, "{self:?}");
        let code = self.json["code"].as_str().unwrap();
        assert!(is_listed(code), "docs/codes.md does not list {code}");
        (self.status, code)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether the list of codes has it, by itself or by who speaks.
fn is_listed(code: &str) -> bool {
    let list = include_str!("../../docs/codes.md");
    let speaker = code.split_once('.').map(|(speaker, _)| format!("`{speaker}.`"));
    list.contains(&format!("| `{code}` |")) || speaker.is_some_and(|one| list.contains(&one))
}

/// An answer, with a length or in pieces.
fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { joined(body) } else { body.to_owned() };
    let body = body.as_str();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    let json = serde_json::from_str(body).unwrap_or(Value::Null);
    Answer { status, headers: lines.map(pair).collect(), text: body.to_owned(), json }
}

/// The text whose pieces come each behind its length; the last one is empty.
fn joined(mut body: &str) -> String {
    let mut whole = String::new();
    loop {
        let (length, rest) = body.split_once("\r\n").unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return whole;
        }
        whole.push_str(&rest[..length]);
        body = rest[length..].strip_prefix("\r\n").unwrap();
    }
}
