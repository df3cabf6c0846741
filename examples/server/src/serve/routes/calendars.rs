//! Calendars, and which of them are read.

use axum::extract::State;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::super::state::Server;
use super::{Answer, answer};
use crate::commands::calendars;
use crate::view::{Calendars, OneCalendar, Replaced};

/// Which calendars are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfAccount {
    /// Only those of the account by this name.
    account: Option<String>,
}

/// Whether a calendar is read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeBody {
    /// False: what it showed is forgotten and its mirrors retire.
    on: bool,
}

/// Which calendar takes the place of another.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplaceBody {
    /// The calendar that takes it: its id, or ACCOUNT/CALENDAR.
    with: String,
    /// Also where mirrors go or show more by it, or a change was not written yet.
    #[serde(default)]
    anyway: bool,
}

/// The calendars of all accounts, or of one.
#[utoipa::path(
    get, path = "/calendars", tag = "calendars", operation_id = "list_calendars", params(OfAccount),
    responses(
        (status = OK, body = Calendars),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    Reader(data): Reader,
    Fields(OfAccount { account }): Fields<OfAccount>,
) -> Answer {
    answer(calendars::list(&data, account.as_deref()).await)
}

/// Read a calendar from now on, or do not.
#[utoipa::path(
    patch, path = "/calendars/{calendar}", tag = "calendars", operation_id = "change_calendar", request_body = ScopeBody,
    params(("calendar" = String, Path, description = "The calendar's id")),
    responses(
        (status = OK, body = OneCalendar),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    Writer(data): Writer,
    Named(calendar): Named,
    Body(ScopeBody { on }): Body<ScopeBody>,
) -> Answer {
    answer(calendars::scope(&data, &calendar, on).await)
}

/// Let another calendar that shows the same events take the place of one, as a calendar of an account
/// does of a feed of it: edges start there, and keep their ids and mirrors.
#[utoipa::path(
    post, path = "/calendars/{calendar}/replace", tag = "calendars", operation_id = "replace_calendar", request_body = ReplaceBody,
    params(("calendar" = String, Path, description = "The id of the calendar whose place is taken")),
    responses(
        (status = OK, body = Replaced),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn replace(
    State(server): State<Server>,
    Writer(data): Writer,
    Named(calendar): Named,
    Body(ReplaceBody { with, anyway }): Body<ReplaceBody>,
) -> Answer {
    answer(calendars::replace(&data, &server.registry, [&calendar, &with], anyway).await)
}
