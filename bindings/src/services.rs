//! The services that people sign in to, as far as this library was built with them.

use kalends_kit::oauth::OauthClient;
use kalends_mobile::Asked;

use crate::error::EngineError;
use crate::sign_in::{OnlineService, ServiceClient};

/// What is asked of a service for this client.
pub(crate) fn asked(name: String, client: &ServiceClient) -> Result<Asked, EngineError> {
    let (kind, api, oauth) = match client.service {
        OnlineService::Google => google(client)?,
        OnlineService::Microsoft => microsoft(client)?,
    };
    let api = client.api.as_deref().unwrap_or(api).to_owned();
    Ok(Asked { kind: kind.to_owned(), name, api, client: oauth })
}

/// The kind of its accounts, its usual address, and how people sign in.
type Service = (&'static str, &'static str, OauthClient);

#[cfg(feature = "google")]
#[expect(clippy::unnecessary_wraps, reason = "as the one that a library without it has")]
fn google(client: &ServiceClient) -> Result<Service, EngineError> {
    use kalends_google::{API, Asks, oauth_client};
    let asks = match client.own_calendars {
        true => Asks::Calendars,
        false => Asks::Overlays,
    };
    let (id, secret) = (client.client_id.as_str(), client.client_secret.as_deref());
    let oauth = oauth_client(id, secret, client.auth.as_deref(), asks);
    Ok((crate::catalog::GOOGLE, API, oauth))
}

#[cfg(not(feature = "google"))]
fn google(_: &ServiceClient) -> Result<Service, EngineError> {
    Err(left_out("google"))
}

#[cfg(feature = "microsoft")]
fn microsoft(client: &ServiceClient) -> Result<Service, EngineError> {
    use kalends_microsoft::{GRAPH, Tenant, oauth_client};
    let tenant = match client.tenant.as_deref() {
        Some(text) => Tenant::parse(text)
            .ok_or_else(|| EngineError::invalid("that is the name of no tenant"))?,
        None => Tenant::default(),
    };
    let (id, secret) = (client.client_id.as_str(), client.client_secret.as_deref());
    let oauth = oauth_client(id, secret, client.auth.as_deref(), &tenant);
    Ok((crate::catalog::MICROSOFT, GRAPH, oauth))
}

#[cfg(not(feature = "microsoft"))]
fn microsoft(_: &ServiceClient) -> Result<Service, EngineError> {
    Err(left_out("microsoft"))
}

#[cfg(not(all(feature = "google", feature = "microsoft")))]
fn left_out(name: &str) -> EngineError {
    EngineError::invalid(format!(
        "the library was built without this service: build it with the feature `{name}`"
    ))
}
