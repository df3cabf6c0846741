//! What can go wrong.

use kalends_core::ports::StoreError;
use kalends_driver::DriverError;

use crate::platform::StorageFailure;

/// Why something was not done. Nothing is lost by any of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MobileError {
    /// A sync is under way; one engine runs one at a time.
    #[error("a sync is under way: wait for it, or stop it")]
    Running,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Secure storage failed.
    #[error(transparent)]
    Storage(#[from] StorageFailure),
    /// The file is there, and the keys that belong to it are not.
    #[error(
        "the keys of this graph are not in secure storage: import its bundle into a new folder"
    )]
    KeysLost,
    /// A bundle was given for a folder in which another graph lives.
    #[error("another graph lives in this folder: give the bundle an empty one")]
    AnotherGraph,
    /// The device gives no random bytes.
    #[error("the device gives no random bytes: keys cannot be made")]
    NoRandomness,
    /// A step of the engine failed.
    #[error("{0}")]
    Engine(String),
}

impl From<DriverError> for MobileError {
    fn from(error: DriverError) -> Self {
        Self::Engine(error.to_string())
    }
}
