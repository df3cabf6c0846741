//! What a call answers where it does not work.

use kalends::core::provider::{Failure, FailureClass};
use kalends::{DriverError, FindFailure};
use kalends_mobile::{MobileError, SignInFailure, StorageFailure};

/// Why a call did not do what it was asked. Nothing is lost by any of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum EngineError {
    /// A server could not be talked to.
    #[error("{reason}")]
    Network {
        /// What happened, and what to do.
        reason: String,
        /// Whether the same may work later.
        retryable: bool,
    },
    /// The credentials were refused.
    #[error("{reason}")]
    NeedsSignIn {
        /// What happened, and what to do.
        reason: String,
    },
    /// The store or secure storage failed.
    #[error("{reason}")]
    Storage {
        /// What happened, and what to do.
        reason: String,
    },
    /// What was asked makes no sense here.
    #[error("{reason}")]
    Invalid {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The app's own code failed.
    #[error("{reason}")]
    Host {
        /// What happened.
        reason: String,
    },
    /// A sync is under way.
    #[error("a sync is under way: wait for it, or stop it")]
    AlreadyRunning,
    /// The file cannot be read, or its keys are lost.
    #[error("{reason}")]
    Corrupt {
        /// What happened, and what to do.
        reason: String,
    },
}

impl EngineError {
    pub(crate) fn invalid(reason: impl ToString) -> Self {
        Self::Invalid { reason: reason.to_string() }
    }
}

impl From<kalends::core::ports::StoreError> for EngineError {
    fn from(error: kalends::core::ports::StoreError) -> Self {
        MobileError::from(error).into()
    }
}

impl From<StorageFailure> for EngineError {
    fn from(error: StorageFailure) -> Self {
        MobileError::from(error).into()
    }
}

impl From<MobileError> for EngineError {
    fn from(error: MobileError) -> Self {
        use kalends::core::ports::StoreError;
        let reason = error.to_string();
        match error {
            MobileError::Running => Self::AlreadyRunning,
            MobileError::KeysLost | MobileError::Store(StoreError::Corrupt(_)) => {
                Self::Corrupt { reason }
            }
            MobileError::AnotherGraph => Self::Invalid { reason },
            MobileError::Storage(_)
            | MobileError::NoRandomness
            | MobileError::Engine(_)
            | MobileError::Store(
                StoreError::Conflict
                | StoreError::NoGraph
                | StoreError::Busy(_)
                | StoreError::Failed(_),
            ) => Self::Storage { reason },
        }
    }
}

impl From<DriverError> for EngineError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Edit(refused) => Self::invalid(refused),
            DriverError::Store(error) => error.into(),
            DriverError::Contended { .. } | DriverError::Stuck { .. } | DriverError::Killed => {
                Self::Storage { reason: error.to_string() }
            }
        }
    }
}

impl From<Failure> for EngineError {
    fn from(failure: Failure) -> Self {
        let reason = failure.to_string();
        match failure.class {
            FailureClass::SignIn | FailureClass::Consent => Self::NeedsSignIn { reason },
            FailureClass::Transient
            | FailureClass::Throttled
            | FailureClass::Quota
            | FailureClass::Unknown => Self::Network { reason, retryable: true },
            FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Refused
            | FailureClass::Protocol
            | FailureClass::Unsupported => Self::Network { reason, retryable: false },
        }
    }
}

impl From<FindFailure> for EngineError {
    fn from(failure: FindFailure) -> Self {
        match failure {
            FindFailure::Provider(failure) => failure.into(),
            FindFailure::Driver(error) => error.into(),
        }
    }
}

impl From<SignInFailure> for EngineError {
    fn from(failure: SignInFailure) -> Self {
        let reason = failure.to_string();
        match failure {
            SignInFailure::None => Self::Invalid { reason },
            SignInFailure::Browser(_) => Self::NeedsSignIn { reason },
            SignInFailure::Tokens(failure) => failure.into(),
            SignInFailure::Storage(failure) => failure.into(),
        }
    }
}
