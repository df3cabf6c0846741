//! What went wrong, as an answer.

use kalends::core::ports::StoreError;
use kalends::core::provider::{Failure, FailureClass};
use kalends::{AskError, DraftError, DriverError, FindFailure};
use serde_json::{Value, json};
use worker::{Headers, Response};

/// Why a request is not carried out: RFC 9457, with a stable code.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    code: String,
    detail: String,
    /// Whether the same request may be done another time.
    passes: bool,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), passes: status >= 500 }
    }

    /// The request makes no sense.
    pub(crate) fn usage(detail: impl Into<String>) -> Self {
        Self::new(400, "request.wrong", detail)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "request.not-found", format!("there is no such {what}"))
    }

    pub(crate) fn no_key() -> Self {
        Self::new(401, "key.none", "send a key of this server as a bearer token")
    }

    /// One that an object answered with.
    pub(crate) fn read(status: u16, body: &str) -> Self {
        let said: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        let code = text("code").unwrap_or_else(|| "worker.failed".to_owned());
        Self::new(status, &code, text("detail").unwrap_or_default())
    }

    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the same request may be done another time.
    pub(crate) const fn passes(&self) -> bool {
        self.passes
    }

    /// Whether it is sure that nothing was done: after a failure of the Worker it is not.
    pub(crate) const fn did_nothing(&self) -> bool {
        self.status < 500
    }

    /// The stable code, and what to do.
    pub(crate) fn said(&self) -> (&str, &str) {
        (&self.code, &self.detail)
    }

    pub(crate) fn answer(&self) -> worker::Result<Response> {
        let Self { status, code, detail, .. } = self;
        let body = json!({ "status": status, "code": code, "detail": detail });
        let headers = Headers::new();
        headers.set("content-type", "application/problem+json")?;
        Ok(Response::from_bytes(body.to_string().into_bytes())?
            .with_status(*status)
            .with_headers(headers))
    }
}

impl From<worker::Error> for Problem {
    fn from(error: worker::Error) -> Self {
        Self::new(500, "worker.failed", error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::new(500, "store.failed", error.to_string())
    }
}

impl From<DriverError> for Problem {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Edit(refused) => Self::new(409, "edit.refused", refused.to_string()),
            DriverError::Store(error) => error.into(),
            DriverError::Contended { .. } | DriverError::Stuck { .. } | DriverError::Killed => {
                Self::new(503, "engine.failed", error.to_string())
            }
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<DraftError> for Problem {
    fn from(error: DraftError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<Failure> for Problem {
    /// What a provider answered is no failure of this Worker. Until somebody signs in anew it stays as it
    /// is; anything else may be otherwise another time.
    fn from(failure: Failure) -> Self {
        let shut_out = matches!(failure.class, FailureClass::SignIn | FailureClass::Consent);
        Self { passes: !shut_out, ..Self::new(422, &failure.code, failure.detail) }
    }
}

impl From<FindFailure> for Problem {
    fn from(error: FindFailure) -> Self {
        match error {
            FindFailure::Provider(failure) => failure.into(),
            FindFailure::Driver(error) => error.into(),
        }
    }
}
