//! A program as a provider knows it, and the requests that it sends for tokens.

use core::fmt;

use form_urlencoded::Serializer;
use kalends_core::ports::HttpRequest;

use super::attempt::Attempt;

/// The most bytes that an answer with tokens has.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// A program that a provider knows, and where it is asked. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct OauthClient {
    /// The page where people sign in.
    pub authorize: String,
    /// Where tokens are asked for.
    pub token: String,
    /// Where a grant is ended, if there is such a place.
    pub revoke: Option<String>,
    /// The program's id.
    pub id: String,
    /// The program's secret; `None` for a public client.
    pub secret: Option<String>,
    /// What it asks people for.
    pub scopes: Vec<String>,
    /// Further parameters of the sign-in page.
    pub extra: Vec<(String, String)>,
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthClient").field("token", &self.token).finish_non_exhaustive()
    }
}

impl OauthClient {
    /// Asks for the first tokens, with the code that the browser brought back (RFC 6749 section
    /// 4.1.3).
    #[must_use]
    pub fn redeem(&self, attempt: &Attempt, code: &str) -> HttpRequest {
        self.ask(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", attempt.redirect()),
            ("code_verifier", attempt.verifier()),
        ])
    }

    /// Asks for new tokens (RFC 6749 section 6), with claims where the provider wants some.
    #[must_use]
    pub fn refresh(&self, token: &str, claims: Option<&str>) -> HttpRequest {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        let claims = claims.map(super::attempt::claims_text);
        form.extend(claims.as_deref().map(|claims| ("claims", claims)));
        self.ask(&form)
    }

    /// Ends the grant of a token (RFC 7009); `None` where the provider has no place for that.
    #[must_use]
    pub fn end(&self, token: &str) -> Option<HttpRequest> {
        Some(post(self.revoke.clone()?, &[("token", token)]))
    }

    fn ask(&self, form: &[(&str, &str)]) -> HttpRequest {
        let mut form = form.to_vec();
        form.push(("client_id", &self.id));
        form.extend(self.secret.as_deref().map(|secret| ("client_secret", secret)));
        post(self.token.clone(), &form)
    }
}

fn post(url: String, form: &[(&str, &str)]) -> HttpRequest {
    let body = Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    HttpRequest {
        method: "POST",
        url,
        headers: vec![
            field("accept", "application/json"),
            field("content-type", "application/x-www-form-urlencoded"),
        ],
        body,
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}
