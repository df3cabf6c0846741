//! The person's own client, a process that lives as long as its world.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use kalends_servers::{Account, Running, Tools};
use serde_json::{Value, json};

/// `client/people.py`, signed in as somebody whom a server knows.
pub(crate) struct Client {
    child: Child,
    asks: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Client {
    pub(crate) fn start(server: &Running, account: &Account) -> Self {
        let mut child = Command::new(Tools::find().python().unwrap())
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("client/people.py"))
            .args([&server.url, &account.user, &account.password, &account.home])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asks = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, asks, answers }
    }

    /// What it answers; `None` when it ended instead, with the reason on standard error.
    pub(crate) fn act(&mut self, act: &str, what: &Value) -> Option<Value> {
        writeln!(self.asks.as_mut()?, "{}", json!([act, what])).ok()?;
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Its input ends, and so it does.
        drop(self.asks.take());
        let _ = self.child.wait();
    }
}
