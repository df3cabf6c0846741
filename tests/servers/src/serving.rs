//! `kalends serve` on a port of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::built;

/// The server of a data folder. It ends with the test, however that ends.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    /// Where it accepts: `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Serving {
    /// Starts it with these flags, and waits until it accepts.
    ///
    /// # Panics
    ///
    /// When it does not say that it does.
    #[must_use]
    pub fn start(data: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(built("kalends"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(flags).env("KALENDS_DATA", data);
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("the server starts: {error}"));
        let mut line = String::new();
        let said = child.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
        let ready = line.strip_prefix("READY ").and_then(|text| serde_json::from_str(text).ok());
        let url = ready.and_then(|ready: Value| Some(ready["url"].as_str()?.to_owned()));
        let url = url.unwrap_or_else(|| panic!("the server accepts: {said:?}, {line:?}"));
        Self { child, url }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
