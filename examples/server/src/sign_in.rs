//! Services that people sign in to, and this program as they know it.

use kalends_google::{OWN_CALENDARS, READ_EVENTS, READ_LIST, WRITE_EVENTS};
use kalends_tokio::OauthClient;

use crate::accounts::{GOOGLE, MICROSOFT};

/// A service that people sign in to.
#[derive(Debug)]
pub(crate) struct Service {
    /// The kind of its accounts.
    pub(crate) kind: &'static str,
    /// What its variables in the environment begin with.
    pub(crate) variables: &'static str,
    /// Where its API is.
    pub(crate) api: String,
    /// This program; its id is empty where nobody gave one.
    pub(crate) client: OauthClient,
    /// What the service calls this machine in the address that a browser comes back to.
    pub(crate) host: &'static str,
    /// Where a program is registered with it.
    pub(crate) register: &'static str,
}

/// Google, as the environment has it.
pub(crate) fn google(write: bool) -> Service {
    let auth = variable("KALENDS_GOOGLE_AUTH");
    let at = |base: &str, path: &str| match &auth {
        Some(auth) => format!("{auth}{path}"),
        None => format!("{base}{path}"),
    };
    let mut scopes = vec![READ_EVENTS, READ_LIST, OWN_CALENDARS];
    scopes.extend(write.then_some(WRITE_EVENTS));
    Service {
        kind: GOOGLE,
        variables: "KALENDS_GOOGLE",
        api: api("KALENDS_GOOGLE_API", "https://www.googleapis.com", "/calendar/v3"),
        client: OauthClient {
            authorize: at("https://accounts.google.com", "/o/oauth2/v2/auth"),
            token: at("https://oauth2.googleapis.com", "/token"),
            revoke: Some(at("https://oauth2.googleapis.com", "/revoke")),
            id: variable("KALENDS_GOOGLE_CLIENT_ID").unwrap_or_default(),
            secret: variable("KALENDS_GOOGLE_CLIENT_SECRET"),
            scopes: scopes.into_iter().map(str::to_owned).collect(),
            // A refresh token is given again only to who asks for consent again.
            extra: pairs(&[
                ("access_type", "offline"),
                ("prompt", "consent"),
                ("include_granted_scopes", "true"),
            ]),
        },
        host: "127.0.0.1",
        register: "https://console.cloud.google.com/apis/credentials (type: desktop app)",
    }
}

/// Microsoft, as the environment has it.
pub(crate) fn microsoft() -> Service {
    let auth = variable("KALENDS_MICROSOFT_AUTH")
        .unwrap_or_else(|| "https://login.microsoftonline.com".to_owned());
    let tenant = variable("KALENDS_MICROSOFT_TENANT").unwrap_or_else(|| "common".to_owned());
    let at = |what: &str| format!("{auth}/{tenant}/oauth2/v2.0/{what}");
    let scopes = ["Calendars.ReadWrite", "MailboxSettings.Read", "User.Read", "offline_access"];
    Service {
        kind: MICROSOFT,
        variables: "KALENDS_MICROSOFT",
        api: api("KALENDS_MICROSOFT_API", "https://graph.microsoft.com", "/v1.0"),
        client: OauthClient {
            authorize: at("authorize"),
            token: at("token"),
            revoke: None,
            id: variable("KALENDS_MICROSOFT_CLIENT_ID").unwrap_or_default(),
            secret: variable("KALENDS_MICROSOFT_CLIENT_SECRET"),
            scopes: scopes.map(str::to_owned).to_vec(),
            extra: pairs(&[("response_mode", "query"), ("prompt", "select_account")]),
        },
        // Its loopback redirects name this host, with any port.
        host: "localhost",
        register: "https://entra.microsoft.com (platform: mobile and desktop, http://localhost)",
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Where an API is: its base from the environment, with the path that it always has.
fn api(name: &str, base: &str, path: &str) -> String {
    let base = variable(name).unwrap_or_else(|| base.to_owned());
    if base.ends_with(path) { base } else { format!("{base}{path}") }
}

/// What the environment says; an empty variable says nothing. Addresses lose a slash at their end.
fn variable(name: &str) -> Option<String> {
    let text = std::env::var(name).ok()?;
    let text = text.trim().trim_end_matches('/');
    (!text.is_empty()).then(|| text.to_owned())
}
