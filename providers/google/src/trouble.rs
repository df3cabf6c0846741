//! What Google says went wrong: the reason decides, then the status, and never the message.

use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Reply, status_failure};
use serde::Deserialize;

/// Letters of a reason that are shown.
const REASON_CHARS_MAX: usize = 48;

/// What an answer says beside its status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    /// A word such as `rateLimitExceeded`; empty where there is none.
    pub(crate) reason: String,
    /// The parameter it speaks of.
    location: String,
}

#[derive(Deserialize)]
struct Answer {
    error: Problem,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    errors: Vec<One>,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    location: String,
}

impl Said {
    /// Reads the body of an answer that is no success; nothing where it is no such thing.
    pub(crate) fn read(body: &[u8]) -> Self {
        let Ok(Answer { error }) = serde_json::from_slice(body) else {
            return Self::default();
        };
        let Problem { errors, status } = error;
        match errors.into_iter().next() {
            Some(One { reason, location }) => Self { reason: word(&reason), location },
            None => Self { reason: word(&status), location: String::new() },
        }
    }
}

/// A reason as far as it is a word.
fn word(text: &str) -> String {
    let known = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '_';
    text.chars().filter(known).take(REASON_CHARS_MAX).collect()
}

/// What an answer that is no success means.
pub(crate) fn failure(reply: &Reply, intent: Intent, now: Timestamp) -> Failure {
    let said = Said::read(&reply.body);
    let mut failure = status_failure(&reply.head, intent, now);
    failure.class = class(reply.status(), &said, failure.class);
    if !said.reason.is_empty() {
        failure.code = format!("google.{}", said.reason);
        failure.detail = format!(
            "google answered {} {}: {}",
            reply.status(),
            said.reason,
            advice(failure.class)
        );
    }
    failure
}

/// The class of a reason; `by_status` for all that is known by its status alone.
fn class(status: u16, said: &Said, by_status: FailureClass) -> FailureClass {
    match (status, said.reason.as_str()) {
        (
            403 | 429,
            "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "dailyLimitExceeded"
            | "RESOURCE_EXHAUSTED",
        ) => FailureClass::Throttled,
        (
            403 | 429,
            "quotaExceeded" | "calendarUsageLimitsExceeded" | "variableTermLimitExceeded",
        ) => FailureClass::Quota,
        (410, "fullSyncRequired" | "updatedMinTooLongAgo") => FailureClass::CursorLost,
        (400, _) if matches!(said.location.as_str(), "syncToken" | "pageToken") => {
            FailureClass::CursorLost
        }
        (400, "pushNotSupportedForRequestedResource" | "push.webhookUrlNotHttps")
        | (401, "push.webhookUrlUnauthorized") => FailureClass::Unsupported,
        (409, _) => FailureClass::Taken,
        _ => by_status,
    }
}

const fn advice(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Throttled => "ask more slowly",
        FailureClass::Quota => "write nothing more for some hours",
        FailureClass::Forbidden => "ask for the right to do this there",
        FailureClass::CursorLost => "list everything again",
        FailureClass::Taken => "use another id",
        FailureClass::Stale | FailureClass::NotFound => "read the event again",
        FailureClass::Unsupported => "use another way",
        FailureClass::SignIn | FailureClass::Consent => "sign in again",
        FailureClass::Refused => "change what is sent",
        FailureClass::Transient
        | FailureClass::Unknown
        | FailureClass::CalendarGone
        | FailureClass::TooLarge
        | FailureClass::Protocol => "try later",
    }
}
