//! What can be wrong with rows and plans.

use kalends_core::ports::{StoreError, VaultError};
use kalends_core::wire::WireError;

/// Why rows could not be read, or a plan not be turned into statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// A stored form cannot be read.
    #[error(transparent)]
    Form(#[from] WireError),
    /// Something does not seal or open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A row is not as its table says.
    #[error("a row holds something else than {0}: restore the database from a backup")]
    Shape(&'static str),
    /// A row is larger than every store takes.
    #[error("a row of {bytes} bytes is too large: cut its content to less than 2 MB")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// There is no such graph.
    #[error("no such graph: create it first")]
    NoGraph,
}

impl From<SqlError> for StoreError {
    fn from(error: SqlError) -> Self {
        match error {
            SqlError::NoGraph => Self::NoGraph,
            SqlError::TooLarge { .. } => Self::Failed(error.to_string()),
            SqlError::Form(_) | SqlError::Vault(_) | SqlError::Shape(_) => {
                Self::Corrupt(error.to_string())
            }
        }
    }
}
