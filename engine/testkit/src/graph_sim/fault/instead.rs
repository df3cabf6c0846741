//! Answers that replace the service's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::accounts::{self, CLAIMS};
use super::super::answer::{Answer, Refusal};
use super::super::state::State;
use super::super::times;

const YEAR_SECONDS: u64 = 31_536_000;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A refusal with a status, a code and a message.
    Error(u16, &'static str, &'static str),
    /// 410 that offers a place to begin again (G6).
    GoneWithLocation,
    /// 401 for a token that has run out (G3).
    TokenExpired,
    /// 401 that demands claims (G4).
    ClaimsChallenge,
    /// An error of the token endpoint (G2).
    Aadsts(u32),
    /// 429 with a spelling of `Retry-After` (G28).
    Throttled(&'static str),
    /// 429 that names the mailbox's concurrency (G29).
    MailboxConcurrency,
    /// 429 with `Retry-After` as a date in the past (X14).
    ThrottledUntilPast,
    /// A page of a captive portal (X12).
    LoginPage,
}

impl Instead {
    /// The answer at a moment.
    pub(crate) fn answer(&self, state: &mut State, now_ms: i64) -> Answer {
        let plain =
            |refusal: Refusal| refusal.answer(&times::show_plain(now_ms), FAULT_ID, FAULT_ID);
        match self {
            Self::Error(status, code, message) => plain(Refusal::new(*status, code, message)),
            Self::GoneWithLocation => {
                let refusal =
                    Refusal::new(410, "syncStateNotFound", "The sync state is not found.");
                plain(
                    refusal.header(
                        "Location",
                        "http://localhost/v1.0/me/calendarView/delta?$deltatoken=",
                    ),
                )
            }
            Self::TokenExpired => {
                let message = "Access token has expired or is not yet valid.";
                plain(Refusal::new(401, "InvalidAuthenticationToken", message))
                    .header("WWW-Authenticate", "Bearer realm=\"\"")
            }
            Self::ClaimsChallenge => {
                let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired.";
                plain(Refusal::new(401, "InvalidAuthenticationToken", message))
                    .header("WWW-Authenticate", &challenge())
            }
            Self::Aadsts(number) => accounts::refused(state, &accounts::row(*number), now_ms),
            Self::Throttled(after) => {
                let answer = plain(Refusal::new(429, "TooManyRequests", "Too many requests."));
                if after.is_empty() { answer } else { answer.header("Retry-After", after) }
            }
            Self::MailboxConcurrency => {
                let message = "Application is over its MailboxConcurrency limit.";
                plain(Refusal::new(429, "ApplicationThrottled", message)).header("Retry-After", "1")
            }
            Self::ThrottledUntilPast => {
                let past = now_ms - i64::try_from(YEAR_SECONDS).unwrap_or_default() * 1_000;
                plain(Refusal::new(429, "TooManyRequests", "Too many requests."))
                    .header("Retry-After", &times::http_date(past))
            }
            Self::LoginPage => {
                Answer::new(200, json!("<html><body>Welcome. Please sign in.</body></html>"))
                    .header("Content-Type", "text/html; charset=utf-8")
            }
        }
    }
}

const FAULT_ID: &str = "00000000-0000-0000-0000-00000000fa17";

/// The header of a claims challenge (3.14).
pub(crate) fn challenge() -> String {
    let claims = STANDARD.encode(CLAIMS);
    format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", error=\"insufficient_claims\", claims=\"{claims}\""
    )
}
