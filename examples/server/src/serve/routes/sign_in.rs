//! Signing in to a provider, and what was agreed to.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, UserReader, UserWriter};
use super::super::problem::Problem;
use super::super::sign_in::{ReturnTo, Started, begin, begin_again};
use super::super::state::Server;
use crate::accounts::{GOOGLE, MICROSOFT};
use crate::commands::bounds;

/// An account to be connected with a browser.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "provider", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum NewSignIn {
    /// A Google account.
    Google {
        name: String,
        /// Ask to write to the person's own calendars too, for mirrors among their events.
        #[serde(default)]
        write: bool,
        /// One of the addresses that the server was started with.
        return_to: Option<String>,
    },
    /// A Microsoft account.
    Microsoft {
        name: String,
        /// One of the addresses that the server was started with.
        return_to: Option<String>,
    },
}

/// A page of what was agreed to.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentPage {
    /// At most so many; 100 where it is not named.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<i64>,
}

/// What was agreed to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consents {
    consents: Vec<Consent>,
    /// Where the next page goes on.
    next: Option<i64>,
}

/// What somebody agreed to on the way to a provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct Consent {
    provider: String,
    /// The account's name.
    name: String,
    scopes: Vec<String>,
    at: String,
}

/// Begin to connect a Google or Microsoft account: the answer's address is for the browser of the
/// person who signs in.
#[utoipa::path(
    post, path = "/sign-ins", tag = "accounts", operation_id = "begin_sign_in", request_body = NewSignIn,
    responses(
        (status = CREATED, body = Started),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn start(
    State(server): State<Server>,
    UserWriter(user, data): UserWriter,
    Body(new): Body<NewSignIn>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let (of, back) = match new {
        NewSignIn::Google { name, write, return_to } => ((GOOGLE, name, write), return_to),
        NewSignIn::Microsoft { name, return_to } => ((MICROSOFT, name, true), return_to),
    };
    Ok((StatusCode::CREATED, Json(begin(&server, (&user.name, &data), of, back)?)))
}

/// Begin to sign in again to a Google or Microsoft account that is there already.
#[utoipa::path(
    post, path = "/accounts/{name}/reconnect", tag = "accounts", operation_id = "reconnect_account", request_body = ReturnTo,
    params(("name" = String, Path, description = "The account's name")),
    responses(
        (status = CREATED, body = Started),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn again(
    State(server): State<Server>,
    UserWriter(user, data): UserWriter,
    Named(name): Named,
    Body(ReturnTo { return_to }): Body<ReturnTo>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let started = begin_again(&server, &user.name, (&data, &name), return_to).await?;
    Ok((StatusCode::CREATED, Json(started)))
}

/// What was agreed to on the way to providers, the newest first.
#[utoipa::path(
    get, path = "/consents", tag = "accounts", operation_id = "list_consents", params(ConsentPage),
    responses(
        (status = OK, body = Consents),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn consents(
    State(server): State<Server>,
    UserReader(user): UserReader,
    Fields(ConsentPage { limit, after }): Fields<ConsentPage>,
) -> Result<Json<Consents>, Problem> {
    let limit = bounds::page(limit, 100)?;
    let rows = server.registry.consents(&user.name, (after.unwrap_or(i64::MAX), limit))?;
    let is_last = rows.len() < limit as usize;
    let next = rows.last().filter(|_| !is_last).map(|(number, _)| *number);
    let consents = rows.into_iter().map(|(_, row)| Consent {
        provider: row.kind,
        name: row.name,
        scopes: row.scopes.split(' ').map(str::to_owned).collect(),
        at: row.at.to_string(),
    });
    Ok(Json(Consents { consents: consents.collect(), next }))
}
