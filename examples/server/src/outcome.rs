//! What a command came to, and how it is printed.

use std::io::Write as _;
use std::process::ExitCode;

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
}

impl Outcome {
    pub(crate) fn new(json: impl Serialize, text: impl Into<String>) -> Self {
        // Values of ours have names as keys, so all of them are JSON.
        let json = serde_json::to_value(json).unwrap_or_default();
        Self { json, text: text.into(), exit: Exit::Done }
    }

    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}

pub(crate) fn print_outcome(outcome: &Outcome, json: bool) -> ExitCode {
    let text = if json { outcome.json.to_string() } else { outcome.text.clone() };
    print(&text);
    outcome.exit.into()
}

/// An error is one JSON document on standard output too, so that programs read one stream.
pub(crate) fn print_error(error: &CliError, json: bool) -> ExitCode {
    if json {
        print(&json!({"error": {"code": error.code, "message": error.message}}).to_string());
    } else {
        warn(&format!("error: {}", error.message));
    }
    error.exit.into()
}

/// A line for people on standard error, where it does not disturb programs.
pub(crate) fn warn(text: &str) {
    // Nobody may be left to read it.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
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
