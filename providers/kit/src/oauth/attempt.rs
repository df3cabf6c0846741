//! One sign-in under way: what it is recognised by when the browser comes back.

use core::fmt;
use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use form_urlencoded::Serializer;
use kalends_core::keys::same_time_for_all;
use sha2::{Digest, Sha256};

use super::client::OauthClient;

/// A sign-in under way. `Debug` shows neither its state nor its verifier.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    redirect: String,
    state: String,
    verifier: String,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("redirect", &self.redirect).finish_non_exhaustive()
    }
}

/// Why the browser brought no code back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// It is not the answer to this sign-in.
    #[error("this answer belongs to another sign-in: begin again")]
    State,
    /// The person said no.
    #[error("access was not granted: begin again and allow it")]
    Denied,
    /// An administrator must allow it first.
    #[error("an administrator of the organisation must allow it first ({0})")]
    Consent(String),
    /// The provider refused, by its code.
    #[error("the provider refused the sign-in ({0})")]
    Refused(String),
    /// Neither a code nor an error.
    #[error("the answer holds no code: begin again")]
    Nothing,
}

impl Attempt {
    /// A sign-in that comes back to `redirect`, from 32 random bytes that nothing else is made of.
    #[must_use]
    pub fn new(redirect: &str, seed: &[u8; 32]) -> Self {
        let draw = |label: &[u8]| {
            URL_SAFE_NO_PAD.encode(Sha256::new_with_prefix(label).chain_update(seed).finalize())
        };
        Self {
            redirect: redirect.to_owned(),
            state: draw(b"kalends oauth state"),
            verifier: draw(b"kalends oauth verifier"),
        }
    }

    /// The address that the browser goes to (RFC 6749 section 4.1.1, RFC 7636 section 4.3). `hint`:
    /// who is expected to sign in. `claims`: what the provider wants the sign-in to bring.
    #[must_use]
    pub fn address(
        &self,
        client: &OauthClient,
        hint: Option<&str>,
        claims: Option<&str>,
    ) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()));
        let scopes = client.scopes.join(" ");
        let claims = claims.map(claims_text);
        let mut query = Serializer::new(String::new());
        query
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("response_type", "code")
            .append_pair("scope", &scopes)
            .append_pair("state", &self.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(&client.extra)
            .extend_pairs(hint.map(|hint| ("login_hint", hint)))
            .extend_pairs(claims.as_deref().map(|claims| ("claims", claims)));
        format!("{}?{}", client.authorize, query.finish())
    }

    /// The code in the query that the browser came back with.
    ///
    /// # Errors
    /// [`SignInError`] says why there is none.
    pub fn code(&self, query: &str) -> Result<String, SignInError> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let shown = field("state").map(|state| state.as_bytes()).unwrap_or_default();
        if !same_time_for_all(shown, self.state.as_bytes()) {
            return Err(SignInError::State);
        }
        match field("error").map(AsRef::as_ref) {
            Some("access_denied") if is_consent(&pairs) => {
                Err(SignInError::Consent("access_denied".to_owned()))
            }
            Some("access_denied") => Err(SignInError::Denied),
            Some(code @ ("admin_policy_enforced" | "org_internal" | "consent_required")) => {
                Err(SignInError::Consent(code.to_owned()))
            }
            Some(code) => Err(SignInError::Refused(short(code))),
            None => match field("code") {
                Some(code) if !code.is_empty() => Ok(code.to_string()),
                Some(_) | None => Err(SignInError::Nothing),
            },
        }
    }

    pub(super) fn redirect(&self) -> &str {
        &self.redirect
    }

    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }
}

/// Microsoft tells a missing administrator's consent by the number at the head of its text alone.
fn is_consent(pairs: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
    let told = pairs.iter().find(|(key, _)| key == "error_description").map(|(_, value)| value);
    told.is_some_and(|text| text.starts_with("AADSTS90094:") || text.starts_with("AADSTS90093:"))
}

/// Claims as JSON: a challenge brings them in base64 (OpenID Connect Core section 5.5).
pub(super) fn claims_text(claims: &str) -> Cow<'_, str> {
    let decoded =
        [STANDARD.decode(claims), URL_SAFE.decode(claims), URL_SAFE_NO_PAD.decode(claims)];
    let text = decoded.into_iter().flatten().find_map(|bytes| String::from_utf8(bytes).ok());
    text.map_or(Cow::Borrowed(claims), Cow::Owned)
}

/// A code of somebody else, fit to be shown.
fn short(code: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    code.chars().filter(plain).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> OauthClient {
        OauthClient {
            authorize: "https://id.example/auth".to_owned(),
            token: "https://id.example/token".to_owned(),
            revoke: None,
            id: "program".to_owned(),
            secret: Some("hush".to_owned()),
            scopes: vec!["https://a/x".to_owned(), "y".to_owned()],
            extra: vec![("access_type".to_owned(), "offline".to_owned())],
        }
    }

    fn field(address: &str, name: &str) -> Option<String> {
        let (_, query) = address.split_once('?')?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    #[test]
    fn the_address_says_who_asks_for_what_and_proves_the_code_later() {
        let attempt = Attempt::new("http://127.0.0.1:7/", &[3; 32]);
        let claims = STANDARD.encode(r#"{"access_token":{}}"#);
        let address = attempt.address(&client(), Some("ann@a.example"), Some(&claims));
        assert!(address.starts_with("https://id.example/auth?"));
        assert_eq!(field(&address, "scope").as_deref(), Some("https://a/x y"));
        assert_eq!(field(&address, "code_challenge_method").as_deref(), Some("S256"));
        assert_eq!(field(&address, "login_hint").as_deref(), Some("ann@a.example"));
        assert_eq!(field(&address, "claims").as_deref(), Some(r#"{"access_token":{}}"#));
        assert!(!address.contains("hush") && !address.contains(attempt.verifier()));
        let body = String::from_utf8(client().redeem(&attempt, "c").body).unwrap_or_default();
        let verifier = form_urlencoded::parse(body.as_bytes())
            .find(|(key, _)| key == "code_verifier")
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default();
        // RFC 7636 section 4.1: 43 characters at least.
        assert!(verifier.len() >= 43);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        assert_eq!(field(&address, "code_challenge"), Some(challenge));
    }

    #[test]
    fn only_the_answer_to_this_sign_in_gives_a_code() {
        let attempt = Attempt::new("http://127.0.0.1:7/", &[3; 32]);
        let address = attempt.address(&client(), None, None);
        let state = field(&address, "state").unwrap_or_default();
        let with = |rest: &str| attempt.code(&format!("state={state}&{rest}"));
        assert_eq!(with("code=4%2Fx"), Ok("4/x".to_owned()));
        assert_eq!(with("code="), Err(SignInError::Nothing));
        assert_eq!(with("error=access_denied"), Err(SignInError::Denied));
        let admin = "error=access_denied&error_description=AADSTS90094%3A+ask+your+admin";
        assert!(matches!(with(admin), Err(SignInError::Consent(_))));
        assert!(matches!(with("error=admin_policy_enforced"), Err(SignInError::Consent(_))));
        let odd = with("error=%3Cscript%3E&code=x");
        assert_eq!(odd, Err(SignInError::Refused("script".to_owned())));
        let other = Attempt::new("http://127.0.0.1:7/", &[4; 32]);
        assert_eq!(other.code(&format!("state={state}&code=x")), Err(SignInError::State));
        assert_eq!(attempt.code("code=x"), Err(SignInError::State));
    }

    #[test]
    fn printing_shows_no_secret() {
        let attempt = Attempt::new("http://127.0.0.1:7/", &[3; 32]);
        let shown = format!("{attempt:?} {:?}", client());
        assert!(!shown.contains("hush") && !shown.contains(attempt.verifier()), "{shown}");
    }
}
