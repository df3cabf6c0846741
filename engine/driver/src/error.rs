//! Why a run ended before its end.

use kalends_core::author::EditError;
use kalends_core::ports::StoreError;

/// Why the driver gave up. What a provider does wrong is never one of these: it is recorded with
/// the scope or the account, and the run goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other writers were faster each time.
    #[error("other writers of this graph were faster {attempts} times in a row: try again")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// A step asked for rows that it had been given, or took nothing of what it was given.
    #[error("the step `{step}` makes no progress: report this with the journal of the run")]
    Stuck {
        /// Which.
        step: &'static str,
    },
    /// An edit is refused; those before it were carried out.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A fail-point of the hooks ended the run here.
    #[error("ended at a fail-point")]
    Killed,
}
