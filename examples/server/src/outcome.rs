//! What a command came to, and how it is printed.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{CliError, Exit};

/// What a command came to: one JSON document, and the same for people.
pub(crate) struct Outcome {
    /// With `--json`.
    pub(crate) json: Value,
    /// Without.
    pub(crate) text: String,
    /// How the process ends.
    pub(crate) exit: Exit,
    /// What else a person at a terminal is told. It may name accounts and people, so that a server,
    /// whose standard error is a log, says none of it.
    pub(crate) remarks: Vec<String>,
}

impl Outcome {
    pub(crate) fn new(json: impl Serialize, text: impl Into<String>) -> Self {
        // Values of ours have names as keys, so all of them are JSON.
        let json = serde_json::to_value(json).unwrap_or_default();
        Self { json, text: text.into(), exit: Exit::Done, remarks: Vec::new() }
    }

    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    pub(crate) fn with_remarks(mut self, remarks: impl IntoIterator<Item = String>) -> Self {
        self.remarks.extend(remarks);
        self
    }
}

pub(crate) fn print_outcome(outcome: &Outcome, json: bool) -> ExitCode {
    outcome.remarks.iter().for_each(|remark| warn(remark));
    // Some commands say all they have to say by themselves.
    let says_nothing = outcome.json.is_null();
    let text = if json && !says_nothing { outcome.json.to_string() } else { outcome.text.clone() };
    print(&text);
    outcome.exit.into()
}

/// An error is one JSON document on standard output too, so that programs read one stream.
pub(crate) fn print_error(error: &CliError, json: bool) -> ExitCode {
    if json {
        let message = error.on_command_line();
        print(&json!({"error": {"code": error.code, "message": message}}).to_string());
    } else {
        warn(&format!("error: {}", error.on_command_line()));
    }
    error.exit.into()
}

/// Whether standard error is a log that programs read.
static IS_LOG: AtomicBool = AtomicBool::new(false);

/// From now on every line on standard error is JSON.
pub(crate) fn write_log() {
    IS_LOG.store(true, Ordering::Relaxed);
}

/// A line for people on standard error, where it does not disturb programs. In a log it is one line
/// whatever it says, so that no text of others makes lines of its own.
pub(crate) fn warn(text: &str) {
    if IS_LOG.load(Ordering::Relaxed) {
        let at = SystemClock.now().to_string();
        return log(&json!({"at": at, "event": "warning", "text": text}));
    }
    // Nobody may be left to read it.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A line of the log.
pub(crate) fn log(line: &Value) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A line that programs wait for on standard output.
pub(crate) fn announce(line: &str) {
    print(line);
    let _ = std::io::stdout().flush();
}

fn print(text: &str) {
    let text = text.trim_end();
    if !text.is_empty() {
        // A reader that went away has read enough.
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }
}
