//! Why an account was not found.

use kalends_core::provider::Failure;
use kalends_driver::DriverError;

/// Why an account was not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindFailure {
    /// What the provider said, or why it could not be asked.
    #[error(transparent)]
    Provider(#[from] Failure),
    /// A fail-point ended it.
    #[error(transparent)]
    Driver(#[from] DriverError),
}
