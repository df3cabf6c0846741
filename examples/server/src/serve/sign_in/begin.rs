//! The beginning of a sign-in, asked for with a key.

use axum::http::StatusCode;
use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::actor::Actor;
use super::super::problem::Problem;
use super::super::state::Server;
use super::rows::SignInRow;
use super::ticket::Ticket;
use crate::accounts::{GOOGLE, MICROSOFT};
use crate::commands::account_add::check_name;
use crate::commands::account_sign_in;
use crate::data::Data;
use crate::error::CliError;
use crate::sign_in::{self, Service};
use crate::view::AskView;
use crate::{limited, lookup};

/// How long a sign-in may take.
const LASTS_MS: i64 = 600_000;

/// Where a browser is sent when a sign-in has ended.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::serve) struct ReturnTo {
    /// One of the addresses that the server was started with (`--return-to`); `account` or `error`
    /// is added to it. By default a page of the server says how it ended.
    pub(in crate::serve) return_to: Option<String>,
}

/// A sign-in that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::serve) struct Started {
    /// To be opened in the browser of the person who signs in, once.
    address: String,
    /// Until when.
    expires: String,
    /// The account's name.
    name: String,
    provider: String,
    /// What the person is asked for, in plain words.
    asks: Vec<AskView>,
}

impl Started {
    /// Where the browser goes.
    pub(in crate::serve) fn address(&self) -> &str {
        &self.address
    }
}

/// The service of a kind, as this server knows it.
pub(super) fn service(kind: &str, write: bool) -> Result<Service, CliError> {
    let service = match kind {
        GOOGLE => sign_in::google(write),
        MICROSOFT => sign_in::microsoft()?,
        _ => return Err(CliError::usage("people sign in to google and microsoft")),
    };
    if service.client.id.is_empty() {
        return Err(CliError::usage(format!(
            "this server has no program registered there: set {}_CLIENT_ID and {}_CLIENT_SECRET",
            service.variables, service.variables
        )));
    }
    Ok(service)
}

/// Refuses an address that a browser is not to be sent to.
fn check_return(server: &Server, back: Option<&str>) -> Result<(), Problem> {
    match back {
        Some(back) if !server.doors.return_to.iter().any(|known| known == back) => {
            Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "sign-in.return-to",
                "return_to is none of the addresses that the server was started with",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// Begins a sign-in of an account by this name.
pub(in crate::serve) fn begin(
    server: &Server,
    (user, data): (&str, &Data),
    (kind, name, write): (&str, String, bool),
    back: Option<String>,
) -> Result<Started, Problem> {
    check_return(server, back.as_deref())?;
    check_name(&name)?;
    let service = service(kind, write)?;
    let ticket = Ticket::draw()?;
    let expires = SystemClock.now().saturating_add_millis(LASTS_MS);
    let row = SignInRow {
        user: user.to_owned(),
        kind: kind.to_owned(),
        name: name.clone(),
        write,
        back,
        by: data.actor().map(Actor::view),
    };
    server.registry.begin_sign_in(&ticket, &row, expires)?;
    Ok(Started {
        address: format!("{}/sign-in/{}", server.doors.base(service.host), ticket.expose()),
        expires: expires.to_string(),
        name,
        provider: kind.to_owned(),
        asks: limited::asks(&service.client.scopes),
    })
}

/// Begins to sign in again to an account that is there.
pub(in crate::serve) async fn begin_again(
    server: &Server,
    user: &str,
    (data, name): (&Data, &str),
    back: Option<String>,
) -> Result<Started, Problem> {
    let config = data.config().await?;
    let account = lookup::account(&config, name)?;
    // What was asked for before is asked for again, and no more.
    let signed = account_sign_in::signed(data, account).await?;
    let asked = signed.map(|signed| signed.client.scopes).unwrap_or_default();
    let write = asked.iter().any(|scope| scope == kalends_google::WRITE_EVENTS);
    begin(server, (user, data), (account.provider.as_str(), account.name.clone(), write), back)
}
