//! One module for each group of routes. Each answers with what the command line shows.

#![allow(unused_qualifications, reason = "the macro of utoipa writes them")]

mod accounts;
mod calendars;
mod edge_body;
mod edges;
mod events;
mod reviews;
mod runs;

use axum::Json;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::state::Server;
use crate::error::CliError;
use crate::outcome::Outcome;

/// What a route answers with.
type Answer = Result<Json<Value>, Problem>;

/// The same document that the command line prints with `--json`.
fn answer(outcome: Result<Outcome, CliError>) -> Answer {
    Ok(Json(outcome?.json))
}

/// Everything under `/v1`.
pub(crate) fn v1() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::show, accounts::remove))
        .routes(routes!(calendars::list))
        .routes(routes!(calendars::change))
        .routes(routes!(edges::list, edges::add))
        .routes(routes!(edges::show, edges::change, edges::remove))
        .routes(routes!(events::occurrences))
        .routes(routes!(events::free_busy))
        .routes(routes!(events::explain))
        .routes(routes!(events::resume))
        .routes(routes!(runs::plan))
        .routes(routes!(runs::sync))
        .routes(routes!(runs::undo))
        .routes(routes!(runs::journal))
        .routes(routes!(runs::status))
        .routes(routes!(reviews::held))
        .routes(routes!(reviews::judge))
        .routes(routes!(reviews::parked))
        .routes(routes!(reviews::retry))
        .routes(routes!(reviews::restore))
}
