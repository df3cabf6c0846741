//! Services that people sign in to, and this program as they know it.

use kalends_google::{Asks, oauth_client};
use kalends_microsoft::{Tenant, admin_consent};
use kalends_tokio::OauthClient;

use crate::accounts::{GOOGLE, MICROSOFT};
use crate::error::CliError;

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
    /// Where an administrator allows this program for everyone of an organisation.
    pub(crate) consent: Option<String>,
    /// Where a program is registered with it.
    pub(crate) register: &'static str,
}

/// Google, as the environment has it.
pub(crate) fn google(write: bool) -> Service {
    let id = variable("KALENDS_GOOGLE_CLIENT_ID").unwrap_or_default();
    let (secret, auth) =
        (variable("KALENDS_GOOGLE_CLIENT_SECRET"), variable("KALENDS_GOOGLE_AUTH"));
    let asks = if write { Asks::Calendars } else { Asks::Overlays };
    let api = variable("KALENDS_GOOGLE_API").unwrap_or_else(|| kalends_google::API.to_owned());
    Service {
        kind: GOOGLE,
        variables: "KALENDS_GOOGLE",
        // The base alone, also where somebody gave the path that is always below it.
        api: api.trim_end_matches("/calendar/v3").to_owned(),
        client: oauth_client(&id, secret.as_deref(), auth.as_deref(), asks),
        consent: None,
        host: "127.0.0.1",
        register: "https://console.cloud.google.com/apis/credentials (type: desktop app)",
    }
}

/// Microsoft, as the environment has it.
pub(crate) fn microsoft() -> Result<Service, CliError> {
    let (id, secret) =
        (variable("KALENDS_MICROSOFT_CLIENT_ID"), variable("KALENDS_MICROSOFT_CLIENT_SECRET"));
    let (id, auth) = (id.unwrap_or_default(), variable("KALENDS_MICROSOFT_AUTH"));
    let tenant = match variable("KALENDS_MICROSOFT_TENANT") {
        Some(text) => Tenant::parse(&text).ok_or_else(|| {
            CliError::usage(format!(
                "KALENDS_MICROSOFT_TENANT {text} is no tenant: give common, organizations, \
                 consumers, or an organisation's id or domain"
            ))
        })?,
        None => Tenant::default(),
    };
    Ok(Service {
        kind: MICROSOFT,
        variables: "KALENDS_MICROSOFT",
        api: api("KALENDS_MICROSOFT_API", "https://graph.microsoft.com", "/v1.0"),
        client: kalends_microsoft::oauth_client(&id, secret.as_deref(), auth.as_deref(), &tenant),
        consent: Some(admin_consent(&id, auth.as_deref(), &tenant, "http://localhost")),
        // Its loopback redirects name this host, with any port.
        host: "localhost",
        register: "https://entra.microsoft.com (platform: mobile and desktop, http://localhost)",
    })
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
