//! Refusals in the exact form of Google's APIs.

use std::fmt;

use serde_json::{Value, json};

/// A refusal: clients switch on `reason`, never on the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    domain: &'static str,
    pub(crate) reason: &'static str,
    message: String,
    location: Option<(&'static str, String)>,
}

impl ApiError {
    pub(crate) fn new(
        status: u16,
        domain: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { status, domain, reason, message: message.into(), location: None }
    }

    /// Says which parameter, header or field is meant.
    #[must_use]
    pub(crate) fn at(mut self, kind: &'static str, name: &str) -> Self {
        self.location = Some((kind, name.to_owned()));
        self
    }

    /// 400 for a value that cannot be.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "global", "invalid", message)
    }

    /// 400 for something that must be there.
    pub(crate) fn required(message: impl Into<String>) -> Self {
        Self::new(400, "global", "required", message)
    }

    /// 401: the access token is missing, expired or revoked.
    pub(crate) fn credentials() -> Self {
        Self::new(401, "global", "authError", "Invalid Credentials").at("header", "Authorization")
    }

    /// 403: the token's scopes do not allow this.
    pub(crate) fn scopes() -> Self {
        let words = "Request had insufficient authentication scopes.";
        Self::new(403, "global", "insufficientPermissions", words)
    }

    /// 403: the role on the calendar does not allow this.
    pub(crate) fn access(role: &str) -> Self {
        let words = format!("You need to have {role} access to this calendar.");
        Self::new(403, "calendar", "requiredAccessLevel", words)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "global", "forbidden", "Forbidden")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "global", "notFound", "Not Found")
    }

    pub(crate) fn duplicate() -> Self {
        Self::new(409, "global", "duplicate", "The requested identifier already exists.")
    }

    /// 410: a second delete.
    pub(crate) fn deleted() -> Self {
        Self::new(410, "global", "deleted", "Resource has been deleted")
    }

    /// 410: the sync token is dead.
    pub(crate) fn full_sync() -> Self {
        let words = "Sync token is no longer valid, a full sync is required.";
        Self::new(410, "calendar", "fullSyncRequired", words).at("parameter", "syncToken")
    }

    /// 412: `If-Match` names another version.
    pub(crate) fn condition() -> Self {
        let words = "Precondition Failed";
        Self::new(412, "global", "conditionNotMet", words).at("header", "If-Match")
    }

    /// The body of the reply.
    pub(crate) fn body(&self) -> Value {
        let mut entry =
            json!({"domain": self.domain, "reason": self.reason, "message": self.message});
        if let (Some((kind, name)), Some(entry)) = (&self.location, entry.as_object_mut()) {
            entry.insert("locationType".to_owned(), json!(kind));
            entry.insert("location".to_owned(), json!(name));
        }
        json!({"error": {"code": self.status, "message": self.message, "errors": [entry]}})
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.reason, self.message)
    }
}
