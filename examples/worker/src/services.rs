//! Services that people sign in to, and this program as they know it.

use kalends_cloudflare::OauthClient;
use kalends_google::{ASK_BUSY, OWN_CALENDARS, READ_EVENTS};
use kalends_google::{Asks, READ_LIST, WRITE_EVENTS};
use kalends_microsoft::Tenant;
use worker::Env;

use crate::kinds::{GOOGLE, MICROSOFT};
use crate::problem::Problem;
use crate::settings::text;

/// A service that people sign in to.
#[derive(Debug)]
pub(crate) struct Service {
    /// The kind of its accounts.
    pub(crate) kind: &'static str,
    /// What people call it.
    pub(crate) name: &'static str,
    /// Where its API is.
    pub(crate) api: String,
    /// This program; its id is empty where none is bound.
    pub(crate) client: OauthClient,
}

/// A service by its kind. `write`: ask Google for a person's own calendars too, for mirrors among their
/// events.
pub(crate) fn service(kind: &str, write: bool, env: &Env) -> Result<Service, Problem> {
    match kind {
        GOOGLE => Ok(google(write, env)),
        MICROSOFT => microsoft(env),
        _ => Err(Problem::usage("people sign in to google and microsoft")),
    }
}

impl Service {
    /// Refuses to send people to a service that does not know this program.
    pub(crate) fn must_be_registered(self) -> Result<Self, Problem> {
        if self.client.id.is_empty() {
            let name = self.kind.to_ascii_uppercase();
            let text = format!("no program is registered there: bind {name}_CLIENT_ID");
            return Err(Problem::new(501, "settings.client", text));
        }
        Ok(self)
    }
}

fn google(write: bool, env: &Env) -> Service {
    let id = text(env, "GOOGLE_CLIENT_ID").unwrap_or_default();
    let (secret, auth) = (text(env, "GOOGLE_CLIENT_SECRET"), text(env, "GOOGLE_AUTH"));
    let asks = if write { Asks::Calendars } else { Asks::Overlays };
    Service {
        kind: GOOGLE,
        name: "Google",
        api: text(env, "GOOGLE_API").unwrap_or_else(|| kalends_google::API.to_owned()),
        client: kalends_google::oauth_client(&id, secret.as_deref(), auth.as_deref(), asks),
    }
}

fn microsoft(env: &Env) -> Result<Service, Problem> {
    let id = text(env, "MICROSOFT_CLIENT_ID").unwrap_or_default();
    let (secret, auth) = (text(env, "MICROSOFT_CLIENT_SECRET"), text(env, "MICROSOFT_AUTH"));
    let tenant = match text(env, "MICROSOFT_TENANT") {
        Some(text) => Tenant::parse(&text).ok_or_else(|| {
            let how = "MICROSOFT_TENANT is common, organizations, consumers, an id or a domain";
            Problem::new(500, "settings.tenant", how)
        })?,
        None => Tenant::default(),
    };
    Ok(Service {
        kind: MICROSOFT,
        name: "Microsoft",
        api: text(env, "MICROSOFT_API").unwrap_or_else(|| kalends_microsoft::GRAPH.to_owned()),
        client: kalends_microsoft::oauth_client(&id, secret.as_deref(), auth.as_deref(), &tenant),
    })
}

/// What a scope allows, in plain words.
pub(crate) fn means(scope: &str) -> &'static str {
    match scope {
        READ_EVENTS => "read the events of all your calendars",
        READ_LIST => "see which calendars you have",
        OWN_CALENDARS => "make calendars of its own beside yours, and write to those alone",
        ASK_BUSY => "see when you and others are busy, in calendars you have access to",
        WRITE_EVENTS | "Calendars.ReadWrite" => {
            "read, make, change and delete events in your calendars"
        }
        "MailboxSettings.Read" => "see your time zone and your working hours",
        "User.Read" => "see your name and your address",
        "offline_access" => "go on while you are away, until you take it back",
        _ => "something that only its provider explains",
    }
}
