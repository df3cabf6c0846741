//! Accounts.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer};
use crate::commands::{account, account_add, account_refresh};
use crate::view::{Accounts, Added, OneAccount, Refreshed, Removed};

/// An account to be added. The address of a CalDAV account may be its domain, or be left away: then
/// the domain of the user name is asked where its calendars are (RFC 6764).
#[derive(Deserialize, ToSchema)]
#[serde(tag = "provider", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum NewAccount {
    /// An account on a CalDAV server.
    Caldav { name: String, url: Option<String>, user: String, password: String },
    /// An iCalendar feed, read only.
    Feed { name: String, url: String, user: Option<String>, password: Option<String> },
}

/// Whether what was mirrored stays.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Abandon {
    /// Leave what was mirrored as it is, where it cannot be reached.
    #[serde(default)]
    pub(crate) abandon: bool,
}

/// All accounts.
#[utoipa::path(
    get, path = "/accounts", tag = "accounts", operation_id = "list_accounts",
    responses(
        (status = OK, body = Accounts),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(Reader(data): Reader) -> Answer {
    answer(account::list(&data).await)
}

/// Add an account, or give one that is known another password or address. Its calendars are looked
/// for at once.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts", operation_id = "add_account", request_body = NewAccount,
    responses(
        (status = CREATED, body = Added),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    Body(new): Body<NewAccount>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let added = match new {
        NewAccount::Caldav { name, url, user, password } => {
            account_add::caldav(&data, name, url.as_deref(), user, password).await
        }
        NewAccount::Feed { name, url, user, password } => {
            let login = user.map(|user| (user, password.unwrap_or_default()));
            account_add::feed(&data, name, url, login).await
        }
    };
    Ok((StatusCode::CREATED, answer(added)?))
}

/// One account with its calendars.
#[utoipa::path(
    get, path = "/accounts/{name}", tag = "accounts", operation_id = "show_account",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = OK, body = OneAccount),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(Reader(data): Reader, Named(name): Named) -> Answer {
    answer(account::show(&data, &name).await)
}

/// Remove an account; the next sync takes its mirrors back.
#[utoipa::path(
    delete, path = "/accounts/{name}", tag = "accounts", operation_id = "remove_account",
    params(("name" = String, Path, description = "The account's name"), Abandon),
    responses(
        (status = OK, body = Removed),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    Writer(data): Writer,
    Named(name): Named,
    Fields(Abandon { abandon }): Fields<Abandon>,
) -> Answer {
    answer(account::remove(&data, &name, abandon).await)
}

/// Refresh the tokens of a Google or Microsoft account now, though they are good still. A sync does
/// so by itself where it is time. No token is told.
#[utoipa::path(
    post, path = "/accounts/{name}/refresh", tag = "accounts", operation_id = "refresh_account",
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = OK, body = Refreshed),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn refresh(Writer(data): Writer, Named(name): Named) -> Answer {
    answer(account_refresh::run(&data, &name).await)
}
