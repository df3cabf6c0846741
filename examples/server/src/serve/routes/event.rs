//! Events as resources.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::etag::{if_match, tagged};
use crate::commands::birth::Birth;
use crate::commands::event::{self, Way};
use crate::commands::event_body::EventBody;
use crate::view::{EventView, EventWritten};

/// Which calendar.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct InCalendar {
    /// The calendar that holds the event, by its id or ACCOUNT/CALENDAR; to be named for a change
    /// where several hold it.
    calendar: Option<String>,
}

/// How an event is changed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Changing {
    /// The calendar that holds the event, by its id or ACCOUNT/CALENDAR; to be named where several
    /// hold it.
    calendar: Option<String>,
    /// Change it although it has guests, and have its provider tell them: Google is asked to, Microsoft
    /// and CalDAV servers that schedule do so by themselves, other CalDAV servers tell nobody.
    #[serde(default)]
    #[param(required = false)]
    notify_guests: bool,
    /// Say what would be done, and do nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// Whether it is done.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Making {
    /// Say what would be done, and do nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// One event, as one calendar holds it.
#[utoipa::path(
    get, path = "/events/{event}", tag = "events", operation_id = "show_event",
    params(("event" = String, Path, description = "The event's id"), InCalendar),
    responses(
        (status = OK, body = EventView, headers(("ETag" = String, description = "Its content"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(
    Reader(data): Reader,
    Named(event): Named,
    Fields(InCalendar { calendar }): Fields<InCalendar>,
) -> Result<Response, Problem> {
    let which = event::Which { event, calendar, ..event::Which::default() };
    let shown = event::show(&data, &which).await?;
    Ok((tagged(&shown.etag), Json(shown)).into_response())
}

/// Make an event in the graph's own calendar, own/main: edges from there carry it to other
/// calendars. Nobody is invited.
#[utoipa::path(
    post, path = "/events", tag = "events", operation_id = "add_event", request_body = EventBody,
    params(Making),
    responses(
        (status = CREATED, body = EventWritten, headers(("ETag" = String, description = "Its content"))),
        (status = OK, body = EventWritten, description = "What would be done"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    Fields(Making { dry_run }): Fields<Making>,
    Extension(birth): Extension<Birth>,
    Body(new): Body<EventBody>,
) -> Result<Response, Problem> {
    let written = event::create(&data, &new, &birth, Way::of(dry_run)).await?;
    let status = if dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, tagged(&written.event.etag), Json(written)).into_response())
}

/// Change an event where it lies, at its provider too; with `If-Match` only if it still says what
/// was read.
#[utoipa::path(
    patch, path = "/events/{event}", tag = "events", operation_id = "change_event", request_body = EventBody,
    params(
        ("event" = String, Path, description = "The event's id"), Changing,
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read"),
    ),
    responses(
        (status = OK, body = EventWritten, headers(("ETag" = String, description = "Its content"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    Writer(data): Writer,
    Named(event): Named,
    Fields(changing): Fields<Changing>,
    (headers, Extension(birth)): (HeaderMap, Extension<Birth>),
    Body(body): Body<EventBody>,
) -> Result<Response, Problem> {
    let how = (&birth, Way::of(changing.dry_run));
    let written = event::change(&data, &which(event, changing, &headers)?, &body, how).await?;
    Ok((tagged(&written.event.etag), Json(written)).into_response())
}

/// Delete an event where it lies, at its provider too; its mirrors go with it.
#[utoipa::path(
    delete, path = "/events/{event}", tag = "events", operation_id = "remove_event",
    params(
        ("event" = String, Path, description = "The event's id"), Changing,
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read"),
    ),
    responses(
        (status = OK, body = EventWritten),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    Writer(data): Writer,
    Named(event): Named,
    Fields(changing): Fields<Changing>,
    headers: HeaderMap,
    Extension(birth): Extension<Birth>,
) -> Result<Json<EventWritten>, Problem> {
    let how = (&birth, Way::of(changing.dry_run));
    Ok(Json(event::remove(&data, &which(event, changing, &headers)?, how).await?))
}

fn which(event: String, changing: Changing, headers: &HeaderMap) -> Result<event::Which, Problem> {
    let Changing { calendar, notify_guests, .. } = changing;
    Ok(event::Which { event, calendar, etag: if_match(headers)?, notify_guests })
}
