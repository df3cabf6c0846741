//! Faults that answer in place of the server; nothing is read or changed.

use serde_json::json;

use crate::google_sim::error::ApiError;
use crate::google_sim::reply::Reply;

/// An answer in place of the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// The access token is refused (F1).
    Credentials,
    /// The refresh token is refused (F2).
    InvalidGrant,
    /// The server fails (F3, F12).
    Backend(u16),
    /// The scopes do not do (F4).
    Scopes,
    /// Too many requests (F5), with a time to wait or without.
    Limited(u16, &'static str, Option<&'static str>),
    /// The sync token is dead (F7).
    FullSync,
    /// It was deleted before (F8).
    Deleted,
    /// There is no such thing (F9, F23).
    NotFound,
    /// The id is taken (F10).
    Duplicate,
    /// It has another version (F11).
    Condition,
    /// The address of a channel is not allowed (F22).
    WatchUnauthorized,
    /// This cannot be watched (F22).
    WatchUnsupported,
    /// A page of some network (X12).
    LoginPage,
}

impl Instead {
    pub(crate) fn reply(self) -> Reply {
        let error = |status, reason, words: &str| {
            Reply::refused(&ApiError::new(status, "global", reason, words))
        };
        match self {
            Self::Credentials => Reply::refused(&ApiError::credentials()),
            Self::InvalidGrant => {
                let words = "Token has been expired or revoked.";
                let body = json!({"error": "invalid_grant", "error_description": words});
                Reply { body: Some(body), ..Reply::status(400) }
            }
            Self::Backend(status) => error(status, "backendError", "Backend Error"),
            Self::Scopes => Reply::refused(&ApiError::scopes()),
            Self::Limited(status, reason, after) => {
                let words = "Rate Limit Exceeded";
                let refusal = ApiError::new(status, "usageLimits", reason, words);
                let reply = Reply::refused(&refusal);
                after.map_or(reply.clone(), |after| reply.header("Retry-After", after))
            }
            Self::FullSync => Reply::refused(&ApiError::full_sync()),
            Self::Deleted => Reply::refused(&ApiError::deleted()),
            Self::NotFound => Reply::refused(&ApiError::not_found()),
            Self::Duplicate => Reply::refused(&ApiError::duplicate()),
            Self::Condition => Reply::refused(&ApiError::condition()),
            Self::WatchUnauthorized => {
                let words = "Unauthorized WebHook callback channel";
                error(401, "push.webhookUrlUnauthorized", words)
            }
            Self::WatchUnsupported => {
                let words = "Push notifications are not supported by this resource.";
                error(400, "pushNotSupportedForRequestedResource", words)
            }
            Self::LoginPage => {
                let page = "<html><body>Sign in to this network</body></html>";
                let reply = Reply { body: Some(json!(page)), ..Reply::status(200) };
                reply.header("Content-Type", "text/html")
            }
        }
    }
}
