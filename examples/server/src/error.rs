//! What goes wrong, as a code, a text that says what to do, and an exit code.

use std::fmt::Display;
use std::io::ErrorKind;
use std::process::ExitCode;

use kalends::core::author::EditError;
use kalends::core::ports::StoreError;
use kalends::core::provider::{Failure, FailureClass};
use kalends::driver::DriverError;
use kalends::{AskError, BundleError, FindFailure};
use kalends_sqlite::KeyError;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Done,
    /// 1: it failed.
    Failed,
    /// 2: the command line makes no sense as it is.
    Usage,
    /// 3: not settled, something is held for review or was given up, or a calendar of an edge is
    /// gone.
    Unsettled,
    /// 4: an account needs its password again.
    SignIn,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Unsettled => 3,
            Exit::SignIn => 4,
        })
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct CliError {
    pub(crate) code: String,
    pub(crate) message: String,
    /// What to type on the command line; nobody else is told it.
    pub(crate) hint: Option<String>,
    pub(crate) exit: Exit,
}

impl CliError {
    /// The code of a word on another number than is asked about.
    pub(crate) const REVIEW_CHANGED: &'static str = EditError::REVIEW_CHANGED;
    /// The code of what a provider does not do now and may do later.
    pub(crate) const LATER: &'static str = "provider.not-now";

    pub(crate) fn new(code: &str, message: impl Into<String>, exit: Exit) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: None, exit }
    }

    /// The same, with what to type on the command line.
    pub(crate) fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What is said on the command line.
    pub(crate) fn on_command_line(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}: {hint}", self.message),
            None => self.message.clone(),
        }
    }

    /// The command line names what is not there, or what does not fit together.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message, Exit::Usage)
    }

    /// There is nothing by that name.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("not-found", message, Exit::Usage)
    }

    /// Something of the machine failed.
    pub(crate) fn failed(code: &str, error: &dyn Display) -> Self {
        Self::new(code, error.to_string(), Exit::Failed)
    }

    /// A file cannot be read or written.
    pub(crate) fn file(shown: &str, error: &std::io::Error) -> Self {
        Self::new("file", format!("{shown}: {}", machine(error)), Exit::Failed)
    }

    /// A check found what it looked for.
    pub(crate) fn broken(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, message, Exit::Failed)
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::Conflict => "store.conflict",
            StoreError::NoGraph => "store.no-graph",
            StoreError::Busy(_) => "store.busy",
            StoreError::Corrupt(_) => "store.corrupt",
            StoreError::Failed(_) => "store.failed",
        };
        Self::failed(code, &error)
    }
}

impl From<DriverError> for CliError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Store(error) => error.into(),
            DriverError::Contended { .. } => Self::failed("store.contended", &error),
            DriverError::Stuck { .. } => Self::failed("engine.stuck", &error),
            DriverError::Edit(error @ EditError::ReviewChanged { .. }) => {
                Self::new(Self::REVIEW_CHANGED, error.to_string(), Exit::Failed)
            }
            DriverError::Edit(error @ EditError::EdgeChanged(_)) => {
                Self::new(EditError::EDGE_CHANGED, error.to_string(), Exit::Failed)
            }
            DriverError::Edit(error @ EditError::PolicyChanged) => {
                Self::new(EditError::POLICY_CHANGED, error.to_string(), Exit::Failed)
            }
            DriverError::Edit(error) => Self::new("refused", error.to_string(), Exit::Usage),
            DriverError::Killed => Self::failed("fail-point", &error),
        }
    }
}

impl From<FindFailure> for CliError {
    fn from(error: FindFailure) -> Self {
        match error {
            FindFailure::Provider(failure) => (&failure).into(),
            FindFailure::Driver(error) => error.into(),
        }
    }
}

impl From<&Failure> for CliError {
    fn from(failure: &Failure) -> Self {
        let shut_out = matches!(failure.class, FailureClass::SignIn | FailureClass::Consent);
        let exit = if shut_out { Exit::SignIn } else { Exit::Failed };
        let hint = match failure.class {
            FailureClass::SignIn => "the server refuses the user name or the password",
            FailureClass::NotFound | FailureClass::CalendarGone => "nothing is at that address",
            FailureClass::Protocol if failure.code.starts_with("http.redirect") => {
                "nothing is at that address itself"
            }
            FailureClass::Protocol => "what is at that address speaks another protocol",
            FailureClass::Forbidden => "the server does not allow it",
            FailureClass::Transient | FailureClass::Unknown => "the server cannot be reached now",
            FailureClass::Throttled => "the server asks for rest",
            FailureClass::Quota => "the server takes no more writes for some hours",
            FailureClass::Consent => "an administrator of the organisation must allow it first",
            FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Refused
            | FailureClass::Unsupported => "it does not work so",
        };
        Self::new(&failure.code, format!("{hint}: {}", failure.detail), exit)
    }
}

impl From<rusqlite::Error> for CliError {
    fn from(error: rusqlite::Error) -> Self {
        let busy = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
        Self::failed(if busy { "store.busy" } else { "store.failed" }, &error)
    }
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        match &error {
            KeyError::File(cause) => {
                let text = format!("the key file: {}", machine(cause));
                Self::new("sealing-key", text, Exit::Failed)
            }
            KeyError::Form(_) | KeyError::Exposed | KeyError::Random(_) => {
                Self::failed("sealing-key", &error)
            }
        }
    }
}

impl From<AskError> for CliError {
    fn from(error: AskError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<BundleError> for CliError {
    fn from(error: BundleError) -> Self {
        Self::failed("bundle", &error)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::new("io", machine(&error), Exit::Failed)
    }
}

/// What the machine refuses, and what to do about it.
const REFUSED: [(ErrorKind, &str); 8] = [
    (ErrorKind::NotFound, "it is not there: make it, or name one that is"),
    (ErrorKind::PermissionDenied, "this user may not do that: allow it, or name another place"),
    (ErrorKind::IsADirectory, "it is a folder: name a file in it"),
    (ErrorKind::NotADirectory, "a part of it is no folder: name another place"),
    (ErrorKind::ReadOnlyFilesystem, "nothing can be written there: name another place"),
    (ErrorKind::StorageFull, "the disk is full: make room, then do it again"),
    (ErrorKind::AddrInUse, "another program listens there: end it, or name another address"),
    (ErrorKind::AddrNotAvailable, "this machine has no such address: name one of its own"),
];

/// An error of the machine in words that say what to do, where they are known.
pub(crate) fn machine(error: &std::io::Error) -> String {
    let known = REFUSED.iter().find(|(kind, _)| *kind == error.kind());
    known.map_or_else(|| without_number(&error.to_string()), |(_, text)| (*text).to_owned())
}

/// The system's own words, without the number that they bear.
fn without_number(text: &str) -> String {
    text.split(" (os error ").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches words of the system that say nothing to do, and flags of the command line in answers to
    /// others.
    #[test]
    fn an_error_says_what_to_do_to_whoever_can_do_it() {
        let missing = std::fs::File::open("/nowhere/at/all").unwrap_err();
        let said = CliError::file("/nowhere/at/all", &missing).message;
        assert!(said.contains("name one") && !said.contains("os error"), "{said}");
        let other = std::io::Error::from_raw_os_error(5);
        assert!(!CliError::from(other).message.contains("os error"));
        let hinted = CliError::usage("no").hinting("say --yes");
        assert_eq!((hinted.message.as_str(), hinted.on_command_line().as_str()), {
            ("no", "no: say --yes")
        });
    }
}
