//! What the app's platform implements.

/// Why the platform did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum HostError {
    /// It took too long.
    #[error("it took too long")]
    Timeout,
    /// The connection broke: the request may have been acted on.
    #[error("the connection broke")]
    Network,
    /// The device is locked.
    #[error("the device is locked")]
    Locked,
    /// Anything else; of the reason only its kind is used, and it is never recorded.
    #[error("the app's own code failed")]
    Host {
        /// What it said.
        reason: String,
    },
    /// There is no connection: nothing was sent.
    #[error("there is no connection")]
    Offline,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for HostError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { reason: error.reason }
    }
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A request, to be sent as it is; redirects are not followed.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpRequest {
    /// The method, WebDAV's too: PROPFIND, REPORT, ...
    pub method: String,
    /// The absolute address.
    pub url: String,
    /// Header fields, credentials among them.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: i64,
    /// The most bytes of body the answer may have.
    pub answer_bytes_max: i64,
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// An answer, whole.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct HttpResponse {
    /// The status code.
    pub status: i32,
    /// Header fields.
    pub headers: Vec<Header>,
    /// The body, decoded of any transfer coding.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Sends requests: URLSession, OkHttp, `http.client` and their like.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends a request and gives the whole answer, whatever its status.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HostError>;
}

/// Keeps small secrets: Keychain, Keystore and their like. What says that it worked is `true`:
/// a failure that gets lost must not look like success.
#[uniffi::export(foreign)]
pub trait SecureStorage: Send + Sync {
    /// The bytes under a key, if there are any.
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, HostError>;
    /// Keeps bytes under a key. `true` once they are safe.
    fn put(&self, key: String, value: Vec<u8>) -> Result<bool, HostError>;
    /// Forgets what is under a key. `true` once it is gone, or was not there.
    fn delete(&self, key: String) -> Result<bool, HostError>;
}

/// Waits; without one, a thread of the library's own does.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait HostTimer: Send + Sync {
    /// Comes back after so many milliseconds, with `true`.
    async fn sleep(&self, ms: i64) -> Result<bool, HostError>;
}

/// Hears of progress, on the thread that runs the sync; comes back quickly. What it throws is
/// passed over.
#[uniffi::export(foreign)]
pub trait SyncListener: Send + Sync {
    /// The sync moved on.
    fn on_progress(&self, stage: SyncStage) -> Result<bool, HostError>;
}

/// What a sync is doing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SyncStage {
    /// A pass begins; counted from one.
    Pass {
        /// Which.
        number: i32,
    },
    /// An account is asked for its calendars.
    Discovering {
        /// Which.
        account: String,
    },
    /// A calendar is being read.
    Reading {
        /// Which.
        calendar_id: String,
        /// Items so far.
        items: i64,
    },
    /// Changes are being written.
    Writing {
        /// Writes so far.
        writes: i64,
    },
}
