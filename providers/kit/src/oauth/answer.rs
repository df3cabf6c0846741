//! The answer to a request for tokens, and its failures by class.

use kalends_core::account::Tokens;
use kalends_core::ports::HttpHead;
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use serde::Deserialize;

use crate::retry::retry_at;
use crate::status::{Intent, status_failure};

#[derive(Deserialize)]
struct Given {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<serde_json::Number>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    suberror: Option<String>,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    claims: Option<String>,
}

/// Reads the answer to a request for tokens (RFC 6749 sections 5.1 and 5.2).
///
/// # Errors
/// A [`Failure`] by class. A program that is set up wrongly is `Refused`, which marks no account:
/// no sign-in would mend it.
pub fn tokens(head: &HttpHead, body: &[u8], now: Timestamp) -> Result<Tokens, Failure> {
    if head.status == 200 {
        let given: Given = serde_json::from_slice(body).map_err(|_| garbled())?;
        let seconds = given.expires_in.and_then(|n| n.as_i64().or(n.as_f64().map(|f| f as i64)));
        let expires = seconds.map(|s| now.saturating_add_millis(s.clamp(0, YEAR_S) * 1_000));
        return Ok(Tokens {
            access: given.access_token,
            refresh: given.refresh_token.filter(|token| !token.is_empty()),
            expires,
            scopes: given.scope,
        });
    }
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
        return Err(status_failure(head, Intent::Read, now));
    };
    let (class, what) = class(&refusal, head.status);
    let (code, detail) = match refusal.claims {
        Some(claims) if class == FailureClass::SignIn => (Failure::CLAIMS.to_owned(), claims),
        Some(_) | None => (code(&refusal), what.to_owned()),
    };
    Err(Failure { class, code, detail, retry_at: retry_at(head, now) })
}

const YEAR_S: i64 = 366 * 86_400;

/// By `error` first and Microsoft's number second, never by text.
fn class(refusal: &Refusal, status: u16) -> (FailureClass, &'static str) {
    let has = |numbers: &[u32]| refusal.error_codes.iter().any(|code| numbers.contains(code));
    if refusal.suberror.as_deref() == Some("consent_required") || has(&CONSENT) {
        return CONSENT_NEEDED;
    }
    if has(&LOOP) {
        return (FailureClass::Throttled, "the provider was asked too often: wait");
    }
    if has(&SET_UP) {
        return WRONG_PROGRAM;
    }
    if has(&PASSING) {
        return LATER;
    }
    match refusal.error.as_str() {
        "temporarily_unavailable" | "server_error" => LATER,
        "slow_down" => (FailureClass::Throttled, "the provider asks for rest"),
        "consent_required" | "admin_policy_enforced" | "org_internal" => CONSENT_NEEDED,
        "invalid_grant" | "interaction_required" | "login_required" | "access_denied" => {
            (FailureClass::SignIn, "what was granted is refused: sign in again")
        }
        "invalid_client" | "unauthorized_client" => WRONG_PROGRAM,
        _ if status == 429 => (FailureClass::Throttled, "the provider asks for rest"),
        _ if status >= 500 => LATER,
        _ => (FailureClass::Refused, "the provider refuses this request for tokens"),
    }
}

const CONSENT_NEEDED: (FailureClass, &str) =
    (FailureClass::Consent, "an administrator of the organisation must allow it first");
const WRONG_PROGRAM: (FailureClass, &str) =
    (FailureClass::Refused, "check the client id, the client secret and the tenant");
const LATER: (FailureClass, &str) = (FailureClass::Transient, "try later");

/// Consent is missing, of the person or of an administrator.
const CONSENT: [u32; 3] = [65_001, 90_094, 90_093];
/// The directory is not itself for a moment, whatever else it says.
const PASSING: [u32; 2] = [90_033, 50_000];
/// The program, its secret or its tenant is not as the directory has it: one that is not found
/// (90002) is mistyped, and no waiting mends that.
const SET_UP: [u32; 7] = [50_105, 700_016, 50_020, 50_194, 7_000_215, 7_000_222, 90_002];
/// The provider sees a loop.
const LOOP: [u32; 1] = [50_196];

fn code(refusal: &Refusal) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let error: String = refusal.error.chars().filter(plain).take(40).collect();
    match refusal.error_codes.first() {
        Some(number) => format!("oauth.{error}.{number}"),
        None => format!("oauth.{error}"),
    }
}

fn garbled() -> Failure {
    Failure {
        class: FailureClass::Protocol,
        code: "oauth.garbled".to_owned(),
        detail: "the answer holds no token: check the address".to_owned(),
        retry_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

    fn answer(status: u16, body: &str) -> Result<Tokens, Failure> {
        tokens(&HttpHead { status, headers: Vec::new() }, body.as_bytes(), NOW)
    }

    fn class_of(status: u16, body: &str) -> Option<(FailureClass, String)> {
        answer(status, body).err().map(|failure| (failure.class, failure.code))
    }

    #[test]
    fn tokens_are_read_with_their_end() {
        let body = r#"{"access_token":"a","expires_in":3599,"scope":"x y","token_type":"Bearer"}"#;
        let given = answer(200, body).unwrap_or_default();
        assert_eq!((given.access.as_str(), given.refresh), ("a", None));
        assert_eq!(given.expires, Some(NOW.saturating_add_millis(3_599_000)));
        assert_eq!(given.scopes.as_deref(), Some("x y"));
        let odd = r#"{"access_token":"a","expires_in":1e300,"refresh_token":""}"#;
        let given = answer(200, odd).unwrap_or_default();
        assert!(given.refresh.is_none() && given.expires.is_some());
        assert_eq!(class_of(200, "<html>").map(|found| found.0), Some(FailureClass::Protocol));
    }

    #[test]
    fn refusals_are_told_apart_by_their_codes() {
        use FailureClass::{Consent, Refused, SignIn, Throttled, Transient};
        for (status, body, class, code) in [
            (400, r#"{"error":"invalid_grant"}"#, SignIn, "oauth.invalid_grant"),
            (401, r#"{"error":"invalid_client"}"#, Refused, "oauth.invalid_client"),
            (
                400,
                r#"{"error":"invalid_grant","error_codes":[70008]}"#,
                SignIn,
                "oauth.invalid_grant.70008",
            ),
            (
                400,
                r#"{"error":"invalid_grant","suberror":"consent_required","error_codes":[65001]}"#,
                Consent,
                "oauth.invalid_grant.65001",
            ),
            (
                403,
                r#"{"error":"access_denied","error_codes":[90094]}"#,
                Consent,
                "oauth.access_denied.90094",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_codes":[50105]}"#,
                Refused,
                "oauth.invalid_grant.50105",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_codes":[50196]}"#,
                Throttled,
                "oauth.invalid_grant.50196",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_codes":[90033]}"#,
                Transient,
                "oauth.invalid_grant.90033",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_codes":[50000]}"#,
                Transient,
                "oauth.invalid_grant.50000",
            ),
            (
                400,
                r#"{"error":"invalid_request","error_codes":[90002]}"#,
                Refused,
                "oauth.invalid_request.90002",
            ),
            (
                503,
                r#"{"error":"temporarily_unavailable"}"#,
                Transient,
                "oauth.temporarily_unavailable",
            ),
            (400, r#"{"error":"invalid_scope"}"#, Refused, "oauth.invalid_scope"),
        ] {
            assert_eq!(class_of(status, body), Some((class, code.to_owned())), "{body}");
        }
        assert_eq!(class_of(502, "bad gateway").map(|found| found.0), Some(Transient));
    }

    #[test]
    fn claims_are_kept_for_the_next_sign_in() {
        let body = r#"{"error":"interaction_required","error_codes":[50076],"claims":"{\"x\":1}"}"#;
        let failure = answer(400, body).err();
        let told = failure.map(|failure| (failure.class, failure.code, failure.detail));
        let claims = r#"{"x":1}"#.to_owned();
        assert_eq!(told, Some((FailureClass::SignIn, Failure::CLAIMS.to_owned(), claims)));
    }
}
