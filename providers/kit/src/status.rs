//! What an answer's status, or its absence, means for the caller.

use kalends_core::ports::{HttpFailure, HttpHead};
use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;

use crate::auth::challenges;
use crate::retry::retry_at;

/// Bytes of claims that are kept.
const CLAIMS_BYTES_MAX: usize = 8 * 1024;

/// Whether a call changes something: then a lost answer leaves it open whether it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// It only reads.
    Read,
    /// It changes something.
    Write,
}

impl Intent {
    const fn lost(self) -> FailureClass {
        match self {
            Self::Read => FailureClass::Transient,
            Self::Write => FailureClass::Unknown,
        }
    }
}

/// The class of a status, where nothing in the body says more.
#[must_use]
pub const fn status_class(status: u16, intent: Intent) -> FailureClass {
    match status {
        401 | 407 => FailureClass::SignIn,
        402 | 403 | 451 => FailureClass::Forbidden,
        404 | 410 => FailureClass::NotFound,
        405 | 501 => FailureClass::Unsupported,
        408 => intent.lost(),
        412 => FailureClass::Stale,
        413 | 414 => FailureClass::TooLarge,
        423 | 425 | 503 | 507 => FailureClass::Transient,
        429 => FailureClass::Throttled,
        400..=499 => FailureClass::Refused,
        500..=599 => intent.lost(),
        _ => FailureClass::Protocol,
    }
}

/// A failure from an answer's head: class by status, `http.<status>` as code, and the rest asked
/// for.
#[must_use]
pub fn status_failure(head: &HttpHead, intent: Intent, now: Timestamp) -> Failure {
    let retry_at = retry_at(head, now);
    if let Some(claims) = demanded_claims(head) {
        let code = Failure::CLAIMS.to_owned();
        return Failure { class: FailureClass::SignIn, code, detail: claims, retry_at };
    }
    let mut class = status_class(head.status, intent);
    if class == FailureClass::Transient && retry_at.is_some() {
        class = FailureClass::Throttled;
    }
    Failure {
        class,
        code: format!("http.{}", head.status),
        detail: format!("the server answered {}: {}", head.status, advice(class)),
        retry_at,
    }
}

/// The claims that a token must bring from now on, as the challenge gives them: Microsoft's
/// continuous evaluation of access.
fn demanded_claims(head: &HttpHead) -> Option<String> {
    if head.status != 401 {
        return None;
    }
    challenges(head).into_iter().filter(|challenge| challenge.scheme == "bearer").find_map(|one| {
        let value = |name: &str| one.parameters.iter().find(|(key, _)| key == name);
        let lacking = value("error").is_some_and(|(_, error)| error == "insufficient_claims");
        let (_, claims) = value("claims").filter(|_| lacking)?;
        (!claims.is_empty() && claims.len() <= CLAIMS_BYTES_MAX).then(|| claims.clone())
    })
}

/// A failure from an answer that did not come, or not whole.
#[must_use]
pub fn lost(failure: HttpFailure, intent: Intent) -> Failure {
    let (class, code, detail) = match failure {
        HttpFailure::Dns => {
            (FailureClass::Transient, "net.dns", "the host name is not known: check the address")
        }
        HttpFailure::Refused => {
            (FailureClass::Transient, "net.refused", "the server takes no connection: try later")
        }
        HttpFailure::Tls => (
            FailureClass::Transient,
            "net.tls",
            "no safe connection: check the server's certificate and the clock",
        ),
        HttpFailure::Reset => (intent.lost(), "net.reset", "the connection broke: try later"),
        HttpFailure::Cut => (intent.lost(), "net.cut", "the answer broke off: try later"),
        HttpFailure::Deadline => (intent.lost(), "net.deadline", "no answer in time: try later"),
        HttpFailure::TooLarge => (
            match intent {
                Intent::Read => FailureClass::Protocol,
                Intent::Write => FailureClass::Unknown,
            },
            "net.too-large",
            "the answer is larger than allowed: check the address, or have it say less",
        ),
        HttpFailure::BadAddress => {
            (FailureClass::Refused, "net.bad-address", "the address cannot be used: correct it")
        }
    };
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}

/// Whether an answer came in part, or was too large: that may be the fault of what was asked for alone, and
/// not of the way.
#[must_use]
pub fn came_in_part(failure: &Failure) -> bool {
    matches!(failure.code.as_str(), "net.cut" | "net.too-large")
}

/// The failure of a conversation of which a write was taken before: of what is written nobody may say
/// that nothing was done.
#[must_use]
pub fn after_write(failure: Failure) -> Failure {
    let class = match failure.class {
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent
        | FailureClass::Protocol => FailureClass::Unknown,
        class @ (FailureClass::Unknown
        | FailureClass::Forbidden
        | FailureClass::NotFound
        | FailureClass::CalendarGone
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported) => class,
    };
    Failure { class, ..failure }
}

const fn advice(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Transient => "try later",
        FailureClass::Throttled => "wait as long as it asks",
        FailureClass::Unknown => "read the object before trying again",
        FailureClass::SignIn => "sign in again",
        FailureClass::Forbidden => "ask for the right to do this there",
        FailureClass::NotFound | FailureClass::CalendarGone => "list the calendar again",
        FailureClass::CursorLost => "list everything again",
        FailureClass::Stale => "read the object again",
        FailureClass::Taken => "use another name",
        FailureClass::TooLarge => "send less",
        FailureClass::Refused => "change what is sent",
        FailureClass::Protocol => "check the address",
        FailureClass::Unsupported => "use another way",
        FailureClass::Quota => "wait some hours, or write less",
        FailureClass::Consent => "ask an administrator to allow it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(status: u16, headers: &[(&str, &str)], intent: Intent) -> Failure {
        let headers = headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        status_failure(&HttpHead { status, headers }, intent, Timestamp::from_seconds(0))
    }

    #[test]
    fn every_class_of_status_is_reached() {
        for (status, read, write) in [
            (302, FailureClass::Protocol, FailureClass::Protocol),
            (400, FailureClass::Refused, FailureClass::Refused),
            (401, FailureClass::SignIn, FailureClass::SignIn),
            (403, FailureClass::Forbidden, FailureClass::Forbidden),
            (404, FailureClass::NotFound, FailureClass::NotFound),
            (405, FailureClass::Unsupported, FailureClass::Unsupported),
            (408, FailureClass::Transient, FailureClass::Unknown),
            (410, FailureClass::NotFound, FailureClass::NotFound),
            (412, FailureClass::Stale, FailureClass::Stale),
            (413, FailureClass::TooLarge, FailureClass::TooLarge),
            (423, FailureClass::Transient, FailureClass::Transient),
            (429, FailureClass::Throttled, FailureClass::Throttled),
            (500, FailureClass::Transient, FailureClass::Unknown),
            (503, FailureClass::Transient, FailureClass::Transient),
            (504, FailureClass::Transient, FailureClass::Unknown),
            (200, FailureClass::Protocol, FailureClass::Protocol),
        ] {
            assert_eq!(fail(status, &[], Intent::Read).class, read, "{status}");
            assert_eq!(fail(status, &[], Intent::Write).class, write, "{status}");
        }
    }

    #[test]
    fn a_503_that_says_when_is_a_throttle() {
        let failure = fail(503, &[("retry-after", "30")], Intent::Write);
        assert_eq!(failure.class, FailureClass::Throttled);
        assert_eq!(failure.retry_at, Some(Timestamp::from_seconds(30)));
        assert_eq!(failure.code, "http.503");
    }

    #[test]
    fn claims_that_are_demanded_are_told() {
        let challenge = r#"Bearer realm="", authorization_uri="https://a.example/", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
        let told = fail(401, &[("www-authenticate", challenge)], Intent::Write);
        assert_eq!((told.class, told.code.as_str()), (FailureClass::SignIn, Failure::CLAIMS));
        assert_eq!(told.detail, "eyJhIjoxfQ==");
        let long = challenge.replace("eyJh", &"a".repeat(9_000));
        for other in [
            r#"Bearer error="invalid_token", claims="eyJhIjoxfQ==""#,
            r#"Bearer error="insufficient_claims""#,
            r#"Basic error="insufficient_claims", claims="e30=""#,
            &long,
        ] {
            assert_eq!(fail(401, &[("www-authenticate", other)], Intent::Read).code, "http.401");
        }
        assert_eq!(fail(403, &[("www-authenticate", challenge)], Intent::Read).code, "http.403");
    }

    #[test]
    fn only_what_may_have_arrived_is_unknown() {
        for (failure, class) in [
            (HttpFailure::Dns, FailureClass::Transient),
            (HttpFailure::Refused, FailureClass::Transient),
            (HttpFailure::Tls, FailureClass::Transient),
            (HttpFailure::Reset, FailureClass::Unknown),
            (HttpFailure::Cut, FailureClass::Unknown),
            (HttpFailure::Deadline, FailureClass::Unknown),
            (HttpFailure::TooLarge, FailureClass::Unknown),
            (HttpFailure::BadAddress, FailureClass::Refused),
        ] {
            assert_eq!(lost(failure, Intent::Write).class, class, "{failure:?}");
        }
        assert_eq!(lost(HttpFailure::Reset, Intent::Read).class, FailureClass::Transient);
        assert_eq!(lost(HttpFailure::TooLarge, Intent::Read).class, FailureClass::Protocol);
    }
}
