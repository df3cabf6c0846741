//! What a request is answered with that was not done: problem details (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kalends::AskError;
use kalends::core::author::EditError;
use serde::Serialize;
use utoipa::ToSchema;

use super::key::Scope;
use crate::error::{CliError, Exit};

/// Why a request was not done (RFC 9457). `code` is stable; `detail` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: `code` says more than an address could.
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// For programs.
    code: String,
    /// For people.
    detail: String,
    /// Whether the same request may be done another time.
    #[serde(skip)]
    passes: bool,
}

/// Marks an answer that may be another one for the same request, another time: a provider that could not
/// be reached, or refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passing;

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            passes: false,
        }
    }

    /// Nobody is known by that key, or no key came.
    pub(crate) fn no_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "key.unknown",
            "send a key of this server as `Authorization: Bearer kal_...`: `kalends key create` \
             makes one",
        )
    }

    /// The key is not good for this.
    pub(crate) fn no_scope(lacks: Scope) -> Self {
        let scope = lacks.word();
        let detail = format!("the key lacks the scope `{scope}`: ask for one that has it");
        Self::new(StatusCode::FORBIDDEN, "key.scope", detail)
    }

    /// What to do, for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status that it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The request makes no sense as it is.
    pub(crate) fn request(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "request", detail)
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        CliError::from(error).into()
    }
}

impl From<CliError> for Problem {
    fn from(error: CliError) -> Self {
        let status = match (error.code.as_str(), error.exit) {
            ("not-found", _) => StatusCode::NOT_FOUND,
            // Whoever asked was erased meanwhile.
            ("store.no-graph", _) => StatusCode::GONE,
            ("event.changed-since" | EditError::EDGE_CHANGED | EditError::POLICY_CHANGED, _) => {
                StatusCode::PRECONDITION_FAILED
            }
            (CliError::REVIEW_CHANGED, _) => StatusCode::CONFLICT,
            ("store.contended" | "store.conflict" | "store.busy" | CliError::LATER, _) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            (code, _) if code.starts_with("store.") || code.starts_with("engine.") => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            // What a provider answered is no failure of this server.
            (_, Exit::Usage | Exit::SignIn | Exit::Failed | Exit::Unsettled | Exit::Done) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        let passes = error.exit == Exit::Failed;
        Self { passes, ..Self::new(status, &error.code, error.message) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if self.passes {
            response.extensions_mut().insert(Passing);
        }
        response
    }
}
