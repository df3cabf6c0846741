//! Microsoft as a place to sign in: where, for what, and with which parameters, as data.

use kalends_kit::oauth::OauthClient;

const AUTH: &str = "https://login.microsoftonline.com";
/// Work, school and personal accounts alike.
const TENANT: &str = "common";
const SCOPES: [&str; 4] =
    ["Calendars.ReadWrite", "MailboxSettings.Read", "User.Read", "offline_access"];

/// A program that Microsoft knows, with its secret where it has one (programs on devices have none).
///
/// `auth` is another address to sign in at: a national cloud's, a simulator's or a proxy's. Without
/// a `tenant` everybody may sign in.
#[must_use]
pub fn oauth_client(
    id: &str,
    secret: Option<&str>,
    auth: Option<&str>,
    tenant: Option<&str>,
) -> OauthClient {
    let auth = auth.unwrap_or(AUTH).trim_end_matches('/');
    let tenant = tenant.unwrap_or(TENANT);
    let at = |what: &str| format!("{auth}/{tenant}/oauth2/v2.0/{what}");
    let extra = [("response_mode", "query"), ("prompt", "select_account")];
    OauthClient {
        authorize: at("authorize"),
        token: at("token"),
        revoke: None,
        id: id.to_owned(),
        secret: secret.map(str::to_owned),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        extra: extra.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_may_sign_in_unless_a_tenant_is_named() {
        let client = oauth_client("id", None, None, None);
        let at = "https://login.microsoftonline.com/common/oauth2/v2.0/";
        assert_eq!(client.authorize, format!("{at}authorize"));
        assert_eq!(client.token, format!("{at}token"));
        assert!(
            client.scopes.contains(&"offline_access".to_owned()),
            "to be given a refresh token"
        );
        let there =
            oauth_client("id", Some("hush"), Some("http://127.0.0.1:8/"), Some("a.example"));
        assert_eq!(there.token, "http://127.0.0.1:8/a.example/oauth2/v2.0/token");
        assert_eq!(there.secret.as_deref(), Some("hush"));
    }
}
