//! Faults that answer in place of the server; nothing is read or changed.

use super::super::clock::http_date;
use super::super::reply::{Body, Reply};
use super::super::xml::{CAL, DAV};
use crate::wire::SimRequest;

/// An answer in place of the server's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A redirect with this status (C2, X13).
    Redirect(u16, RedirectTo),
    /// A login page with status 200 (C6, X12).
    LoginPage,
    /// 401 with a challenge (C7).
    Unauthorized(Challenge),
    /// A bare status.
    Status(u16),
    /// 403 with `need-privileges` (C37).
    NeedPrivileges,
    /// 403 with `supported-calendar-component` (C39).
    Component,
    /// A status with `Retry-After` (C40, X14).
    Retry(u16, RetryAfter),
}

/// Where a redirect leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectTo {
    /// The server's context path.
    Base,
    /// This URL.
    Url(&'static str),
    /// The same host and path by plain http.
    PlainHttp,
    /// The URL that was asked.
    Itself,
}

/// `WWW-Authenticate` of a 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Basic.
    Basic,
    /// Digest, the nonce is stale.
    DigestStale,
    /// Bearer, the token is expired (RFC 6750 section 3).
    BearerExpired,
    /// Digest and Basic in two header fields.
    Two,
    /// Bearer, Digest and Basic in one field.
    Joined,
}

/// The nonce of the challenges here.
pub(in super::super) const FAULT_NONCE: &str = "5f2e";

/// Value of `Retry-After` (RFC 9110 section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds, or any other text.
    Text(&'static str),
    /// An HTTP date this many milliseconds from now.
    Date(i64),
    /// No header.
    Absent,
}

impl Instead {
    pub(crate) fn reply(self, request: &SimRequest, base: &str, now_ms: i64) -> Reply {
        match self {
            Self::Redirect(status, to) => {
                Reply::status(status).header("Location", &to.location(request, base))
            }
            Self::LoginPage => login_page(),
            Self::Unauthorized(challenge) => challenge
                .values()
                .iter()
                .fold(Reply::status(401), |reply, value| reply.header("WWW-Authenticate", value)),
            Self::Status(status) => Reply::status(status),
            Self::NeedPrivileges => Reply::refused(403, DAV, "need-privileges"),
            Self::Component => Reply::refused(403, CAL, "supported-calendar-component"),
            Self::Retry(status, after) => match after {
                RetryAfter::Text(text) => Reply::status(status).header("Retry-After", text),
                RetryAfter::Date(ms) => {
                    Reply::status(status).header("Retry-After", &http_date(now_ms + ms))
                }
                RetryAfter::Absent => Reply::status(status),
            },
        }
    }
}

fn login_page() -> Reply {
    let page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form \
                method=\"post\"><input name=\"user\"><input name=\"password\"></form>\
                </body></html>";
    Reply::status(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .body(Body::Bytes(page.as_bytes().to_vec()))
}

impl RedirectTo {
    fn location(self, request: &SimRequest, base: &str) -> String {
        match self {
            Self::Base => base.to_owned(),
            Self::Url(url) => url.to_owned(),
            Self::PlainHttp => {
                let origin = request.origin().replacen("https://", "http://", 1);
                format!("{origin}{}", request.raw_path())
            }
            Self::Itself => request.raw_path().to_owned(),
        }
    }
}

impl Challenge {
    fn values(self) -> &'static [&'static str] {
        match self {
            Self::Basic => &["Basic realm=\"calendars\""],
            Self::DigestStale => &[
                "Digest realm=\"calendars\", qop=\"auth\", nonce=\"5f2e\", opaque=\"c0\", stale=true",
            ],
            Self::BearerExpired => &["Bearer realm=\"calendars\", error=\"invalid_token\", \
                   error_description=\"the token expired\""],
            Self::Two => &[
                "Digest realm=\"calendars\", qop=\"auth\", nonce=\"5f2e\", opaque=\"c0\"",
                "Basic realm=\"calendars\"",
            ],
            Self::Joined => {
                &["Bearer realm=\"calendars\", Digest realm=\"calendars\", qop=\"auth\", \
                   nonce=\"5f2e\", opaque=\"c0\", Basic realm=\"calendars\""]
            }
        }
    }
}
