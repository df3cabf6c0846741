//! The stored form of a sign-in.

use crate::oauth::OauthClient;
use kalends_core::account::{Grant, Refused};
use kalends_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::secret::SignIn;

#[derive(Serialize, Deserialize)]
pub(crate) struct SignInForm {
    access: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<String>,
    /// Milliseconds since 1970, as all times here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scopes: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leased_until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claims: Option<String>,
    client: ClientForm,
}

#[derive(Serialize, Deserialize)]
struct RefusedForm {
    consent: bool,
    code: String,
}

#[derive(Serialize, Deserialize)]
struct ClientForm {
    authorize: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoke: Option<String>,
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extra: Vec<(String, String)>,
}

impl SignInForm {
    pub(crate) fn of(sign_in: &SignIn) -> Self {
        let (grant, client) = (sign_in.grant.clone(), sign_in.client.clone());
        let refused = grant.refused.map(|Refused { consent, code }| RefusedForm { consent, code });
        Self {
            access: grant.access,
            refresh: grant.refresh,
            expires: grant.expires.map(Timestamp::as_millis),
            scopes: grant.scopes,
            leased_until: grant.leased_until.map(Timestamp::as_millis),
            refused,
            claims: grant.claims,
            client: ClientForm {
                authorize: client.authorize,
                token: client.token,
                revoke: client.revoke,
                id: client.id,
                secret: client.secret,
                scopes: client.scopes,
                extra: client.extra,
            },
        }
    }

    pub(crate) fn read(self) -> SignIn {
        let refused = self.refused.map(|RefusedForm { consent, code }| Refused { consent, code });
        SignIn {
            grant: Grant {
                access: self.access,
                refresh: self.refresh,
                expires: self.expires.map(Timestamp::from_millis),
                scopes: self.scopes,
                leased_until: self.leased_until.map(Timestamp::from_millis),
                refused,
                claims: self.claims,
            },
            client: OauthClient {
                authorize: self.client.authorize,
                token: self.client.token,
                revoke: self.client.revoke,
                id: self.client.id,
                secret: self.client.secret,
                scopes: self.client.scopes,
                extra: self.client.extra,
            },
        }
    }
}
