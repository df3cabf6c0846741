//! Runs: planned, made, taken back and looked back at; and how everything is.

use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::caller::{Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::{Answer, answer};
use crate::args::JournalArgs;
use crate::commands::{bounds, journal, plan, runs, status, sync, undo};
use crate::view::{Entries, Plan, Runs, Status, Synced, Undone};

/// The most entries that one page shows.
const PAGE: u32 = 500;

/// Which entries of the journal.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Only those about this event.
    event: Option<String>,
    /// Only those of this run.
    run: Option<String>,
    /// Only those behind this number.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// Which runs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Older {
    /// At most so many; 20 where it is not named.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What a sync would write, event by event, and why. Nothing is changed.
#[utoipa::path(
    get, path = "/plan", tag = "runs", operation_id = "plan",
    responses(
        (status = OK, body = Plan),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn plan(Reader(data): Reader) -> Answer {
    answer(plan::run(&data).await)
}

/// Read what changed everywhere and write what follows, until settled or for half a minute; what is
/// left goes on by itself.
#[utoipa::path(
    post, path = "/runs", tag = "runs", operation_id = "sync",
    responses(
        (status = OK, body = Synced),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn sync(Writer(data): Writer) -> Answer {
    answer(sync::on_demand(&data).await)
}

/// Runs, what happened in each, and which of them can be taken back, those that began last first.
#[utoipa::path(
    get, path = "/runs", tag = "runs", operation_id = "list_runs", params(Older),
    responses(
        (status = OK, body = Runs),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    Reader(data): Reader,
    Fields(Older { limit, after }): Fields<Older>,
) -> Answer {
    let limit = bounds::page(limit, 20)?;
    answer(runs::run(&data, &runs::Page { limit, after }).await)
}

/// Take back what a run changed here.
#[utoipa::path(
    post, path = "/runs/{run}/undo", tag = "runs", operation_id = "undo_run",
    params(("run" = String, Path, description = "The run's id")),
    responses(
        (status = OK, body = Undone),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn undo(Writer(data): Writer, Named(run): Named) -> Answer {
    answer(undo::undo(&data, &run).await)
}

/// What changed, when and why: 500 entries at most, the oldest first.
#[utoipa::path(
    get, path = "/journal", tag = "runs", operation_id = "list_journal", params(Which),
    responses(
        (status = OK, body = Entries),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn journal(
    Reader(data): Reader,
    Fields(Which { event, run, after }): Fields<Which>,
) -> Answer {
    let after = u64::try_from(after.unwrap_or(0)).map_err(|_| {
        Problem::request(StatusCode::BAD_REQUEST, "after is the number of an entry")
    })?;
    let args =
        JournalArgs { event, run, verify: false, erase_before: None, limit: Some(PAGE), after };
    answer(journal::run(&data, args).await)
}

/// How accounts, calendars and edges are.
#[utoipa::path(
    get, path = "/status", tag = "runs", operation_id = "status",
    responses(
        (status = OK, body = Status),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn status(Reader(data): Reader) -> Answer {
    answer(status::run(&data, false).await)
}
