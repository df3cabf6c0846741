//! What the platform gives.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use kalends_core::ports::{HttpFailure, HttpHead, HttpRequest};

/// A future of a platform's own.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests.
pub trait PlatformHttp: Send + Sync {
    /// Sends a request as it is, follows no redirect, and gives the whole answer within
    /// `timeout_ms`. Header names of the answer in any case. Dropping the future ends the request.
    fn send(
        &self,
        request: HttpRequest,
        timeout_ms: i64,
    ) -> Boxed<'_, Result<(HttpHead, Vec<u8>), HttpFailure>>;
}

/// Keeps small secrets: a keychain, a keystore.
pub trait SecureStorage: Send + Sync {
    /// The bytes under a key, if there are any.
    ///
    /// # Errors
    /// [`StorageFailure`].
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StorageFailure>;

    /// Keeps bytes under a key, in place of those before. They are safe once this comes back.
    ///
    /// # Errors
    /// [`StorageFailure`].
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StorageFailure>;

    /// Forgets what is under a key; nothing to forget is no failure.
    ///
    /// # Errors
    /// [`StorageFailure`].
    fn delete(&self, key: &str) -> Result<(), StorageFailure>;
}

/// Why a secret could not be kept or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StorageFailure {
    /// The device is locked, or the person did not let us.
    #[error("secure storage is locked: try again when the device is unlocked")]
    Locked,
    /// It did not work.
    #[error("secure storage failed")]
    Failed,
}

/// Waits.
pub trait PlatformTimer: Send + Sync {
    /// Comes back after so many milliseconds, with `true`; `false`: it cannot wait.
    fn sleep(&self, ms: i64) -> Boxed<'_, bool>;
}

/// All that the platform gives.
#[derive(Clone)]
pub struct Platform {
    /// Sends requests.
    pub http: Arc<dyn PlatformHttp>,
    /// Keeps secrets.
    pub storage: Arc<dyn SecureStorage>,
    /// Waits; `None`: a thread of a timer that comes with this library.
    pub timer: Option<Arc<dyn PlatformTimer>>,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("timer", &self.timer.is_some()).finish_non_exhaustive()
    }
}
