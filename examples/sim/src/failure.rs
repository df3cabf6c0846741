//! Why it ends before a signal ends it.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// A reason, as a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An argument, or a file that one names, cannot be taken.
    #[error("{0}")]
    Usage(String),
    /// Nobody can listen there.
    #[error("cannot listen at {address}: {why}; give another with --listen")]
    Deaf { address: String, why: io::Error },
    /// A file cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
    /// Something of this machine fails.
    #[error(transparent)]
    Machine(#[from] io::Error),
}

impl Failure {
    /// 2 where the caller has to change something, else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Deaf { .. } | Self::Write { .. } | Self::Machine(_) => ExitCode::FAILURE,
        }
    }
}
