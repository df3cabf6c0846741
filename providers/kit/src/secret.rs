//! What is kept of an account under seal: its address and its credential.

use std::fmt;

use crate::oauth::OauthClient;
use kalends_core::account::{Grant, Tokens};
use kalends_core::ports::{Credential, HttpRequest};
use kalends_core::provider::Failure;
use serde::{Deserialize, Serialize};

use crate::sign_in_form::SignInForm;

/// Address and credential of an account. The address is a secret too: that of a feed often is
/// its only key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Where the provider is talked to.
    pub address: String,
    /// What it is talked to with.
    pub credential: Credential,
    /// What the last discovery wanted its provider to be given again, opaque; or empty.
    pub memory: String,
    /// What a sign-in granted, where the credential is a token that runs out.
    pub sign_in: Option<Box<SignIn>>,
}

/// What a sign-in granted, and the program that it was granted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The grant; its token is the credential.
    pub grant: Grant,
    /// The program, and where it is asked.
    pub client: OauthClient,
}

impl SignIn {
    /// The request for new tokens. `why`: for what the provider refused the last one, if it did.
    #[must_use]
    pub fn refresh(&self, why: Option<&Failure>) -> HttpRequest {
        let claims = why.filter(|why| why.code == Failure::CLAIMS);
        let token = self.grant.refresh.as_deref().unwrap_or_default();
        self.client.refresh(token, claims.map(|why| why.detail.as_str()))
    }

    /// The grant after what that request brought. `why`: as there. Claims that were demanded wait
    /// for the next sign-in, also where the refusal to refresh with them does not say them again.
    #[must_use]
    pub fn after(&self, asked: &Result<Tokens, Failure>, why: Option<&Failure>) -> Grant {
        match asked {
            Ok(tokens) => self.grant.refreshed(tokens.clone()),
            Err(failure) => {
                let after = self.grant.failed(failure);
                let demanded = why.filter(|why| why.code == Failure::CLAIMS);
                let demanded = demanded.filter(|_| after.refused.is_some());
                let claims = demanded.map(|why| why.detail.clone());
                Grant { claims: after.claims.clone().or(claims), ..after }
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("credential", &self.credential).finish_non_exhaustive()
    }
}

impl Secret {
    /// An address and a credential that does not run out.
    #[must_use]
    pub fn new(address: impl Into<String>, credential: Credential) -> Self {
        Self { address: address.into(), credential, memory: String::new(), sign_in: None }
    }

    /// An address, and what a sign-in granted.
    #[must_use]
    pub fn signed_in(address: impl Into<String>, sign_in: SignIn) -> Self {
        let credential = Credential::Bearer(sign_in.grant.access.clone());
        Self { sign_in: Some(Box::new(sign_in)), ..Self::new(address, credential) }
    }

    /// The same with another grant.
    #[must_use]
    pub fn with(self, grant: Grant) -> Self {
        let credential = Credential::Bearer(grant.access.clone());
        let sign_in = self.sign_in.map(|signed| Box::new(SignIn { grant, ..*signed }));
        Self { credential, sign_in, ..self }
    }

    /// Whether what was granted is still this, whoever refreshes it: nobody signed in anew.
    #[must_use]
    pub fn is_still(&self, grant: &Grant) -> bool {
        let leased_until = grant.leased_until;
        let is_this = |now: &SignIn| Grant { leased_until, ..now.grant.clone() } == *grant;
        self.sign_in.as_deref().is_some_and(is_this)
    }

    /// The form that is sealed and stored: JSON with a version.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let credential = match &self.credential {
            Credential::Bearer(token) => Stored::Bearer { token: token.clone() },
            Credential::Basic { user, password } => {
                Stored::Basic { user: user.clone(), password: password.clone() }
            }
            Credential::Digest { user, password } => {
                Stored::Digest { user: user.clone(), password: password.clone() }
            }
            Credential::None => Stored::None,
        };
        let (address, memory) = (self.address.clone(), self.memory.clone());
        let sign_in = self.sign_in.as_deref().map(SignInForm::of);
        let form = Form { v: VERSION, address, credential, memory, sign_in };
        serde_json::to_vec(&form).unwrap_or_default()
    }

    /// Reads what [`Secret::to_bytes`] wrote; `None` for anything else, newer versions too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(bytes).ok()?;
        let credential = match form.credential {
            Stored::Bearer { token } => Credential::Bearer(token),
            Stored::Basic { user, password } => Credential::Basic { user, password },
            Stored::Digest { user, password } => Credential::Digest { user, password },
            Stored::None => Credential::None,
        };
        let sign_in = form.sign_in.map(|form| Box::new(form.read()));
        let Form { v, address, memory, .. } = form;
        (v == VERSION).then_some(Self { address, credential, memory, sign_in })
    }
}

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Form {
    v: u8,
    address: String,
    credential: Stored,
    memory: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_in: Option<SignInForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Stored {
    Bearer { token: String },
    Basic { user: String, password: String },
    Digest { user: String, password: String },
    None,
}

#[cfg(test)]
mod tests {
    use kalends_core::account::Refused;
    use kalends_core::time::Timestamp;

    use super::*;

    #[test]
    fn the_stored_form_is_fixed_and_reads_back() {
        let basic = Credential::Basic { user: "alice".to_owned(), password: "p\"w".to_owned() };
        for (credential, form) in [
            (basic, r#"{"kind":"basic","user":"alice","password":"p\"w"}"#),
            (Credential::Bearer("t".to_owned()), r#"{"kind":"bearer","token":"t"}"#),
            (
                Credential::Digest { user: "u".to_owned(), password: "p".to_owned() },
                r#"{"kind":"digest","user":"u","password":"p"}"#,
            ),
            (Credential::None, r#"{"kind":"none"}"#),
        ] {
            let (address, memory) = ("https://a/".to_owned(), "m".to_owned());
            let secret = Secret { memory, ..Secret::new(address, credential) };
            let bytes = secret.to_bytes();
            let whole =
                format!(r#"{{"v":1,"address":"https://a/","credential":{form},"memory":"m"}}"#);
            assert_eq!(String::from_utf8(bytes.clone()).unwrap(), whole);
            assert_eq!(Secret::from_bytes(&bytes), Some(secret));
        }
        assert_eq!(
            Secret::from_bytes(br#"{"v":2,"address":"","credential":{"kind":"none"},"memory":""}"#),
            None
        );
    }

    fn sign_in() -> SignIn {
        let at = Timestamp::from_millis(1_780_000_000_000);
        SignIn {
            grant: Grant {
                access: "token".to_owned(),
                refresh: Some("fresh".to_owned()),
                expires: Some(at),
                scopes: "a b".to_owned(),
                leased_until: Some(at),
                refused: Some(Refused { consent: true, code: "c".to_owned() }),
                claims: Some("e30".to_owned()),
            },
            client: OauthClient {
                authorize: "https://id/auth".to_owned(),
                token: "https://id/token".to_owned(),
                revoke: Some("https://id/revoke".to_owned()),
                id: "program".to_owned(),
                secret: Some("hush".to_owned()),
                scopes: vec!["a".to_owned()],
                extra: vec![("prompt".to_owned(), "consent".to_owned())],
            },
        }
    }

    #[test]
    fn a_sign_in_is_stored_whole_and_its_token_is_the_credential() {
        let secret = Secret::signed_in("https://a/", sign_in());
        assert_eq!(secret.credential, Credential::Bearer("token".to_owned()));
        let bytes = secret.to_bytes();
        assert_eq!(Secret::from_bytes(&bytes), Some(secret));
        let form = String::from_utf8(bytes).unwrap();
        assert_eq!(form, include_str!("secret_form.json").trim_end());
    }

    #[test]
    fn printing_shows_no_secret() {
        let secret = Secret {
            address: "https://feed/key".to_owned(),
            credential: Credential::Bearer("token".to_owned()),
            memory: "home".to_owned(),
            sign_in: Some(Box::new(sign_in())),
        };
        let shown = format!("{secret:?}");
        assert!(
            !["key", "token", "home", "fresh", "hush"].iter().any(|open| shown.contains(open)),
            "{shown}"
        );
    }
}
