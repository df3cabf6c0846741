//! One module for each group of routes. Each answers with what the command line shows.

#![allow(unused_qualifications, reason = "the macro of utoipa writes them")]

mod accounts;
mod calendars;
mod changes;
mod edge_body;
mod edges;
mod erasure;
mod etag;
mod event;
mod events;
mod export;
mod feeds;
mod holds;
mod meetings;
mod planning;
mod reviews;
mod runs;
mod sign_in;
mod users;
mod webhooks;

use axum::Json;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use edge_body::{EdgeBody, FiltersBody, ToolEdgeBody};
pub(super) use feeds::make as make_feed;

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

/// An id in a path.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, CliError> {
    text.parse().map_err(|_| CliError::not_found(format!("there is nothing by the id {text:?}")))
}

/// What is for everybody who knows its address.
pub(crate) fn open() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(erasure::key))
        .routes(routes!(erasure::certificate))
        .routes(routes!(feeds::read))
}

/// Everything under `/v1`.
pub(crate) fn v1() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::add))
        .routes(routes!(accounts::show, accounts::remove))
        .routes(routes!(accounts::refresh))
        .routes(routes!(sign_in::start))
        .routes(routes!(sign_in::again))
        .routes(routes!(sign_in::consents))
        .routes(routes!(calendars::list))
        .routes(routes!(calendars::change))
        .routes(routes!(calendars::replace))
        .routes(routes!(edges::list, edges::add))
        .routes(routes!(edges::show, edges::change, edges::remove))
        .routes(routes!(edges::tools, edges::set_tools))
        .routes(routes!(events::occurrences))
        .routes(routes!(events::free_busy))
        .routes(routes!(event::add))
        .routes(routes!(event::show, event::change, event::remove))
        .routes(routes!(events::explain))
        .routes(routes!(events::resume))
        .routes(routes!(runs::plan))
        .routes(routes!(runs::list, runs::sync))
        .routes(routes!(runs::undo))
        .routes(routes!(runs::journal))
        .routes(routes!(runs::status))
        .routes(routes!(changes::follow))
        .routes(routes!(planning::available))
        .routes(routes!(planning::free_time))
        .routes(routes!(planning::propose))
        .routes(routes!(planning::rules, planning::set_rule))
        .routes(routes!(planning::remove_rule))
        .routes(routes!(planning::spent))
        .routes(routes!(planning::settings, planning::set_settings))
        .routes(routes!(holds::list, holds::add))
        .routes(routes!(holds::extend, holds::release))
        .routes(routes!(holds::convert))
        .routes(routes!(holds::sessions, holds::open))
        .routes(routes!(holds::show, holds::cancel))
        .routes(routes!(holds::choose))
        .routes(routes!(holds::commit))
        .routes(routes!(meetings::list))
        .routes(routes!(meetings::accept))
        .routes(routes!(meetings::refuse))
        .routes(routes!(erasure::erase, erasure::show, erasure::call_off))
        .routes(routes!(export::events))
        .routes(routes!(feeds::list, feeds::add))
        .routes(routes!(feeds::remove))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::show, webhooks::switch, webhooks::remove))
        .routes(routes!(webhooks::messages))
        .routes(routes!(webhooks::replay))
        .routes(routes!(webhooks::replay_all))
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::keys, users::add_key))
        .routes(routes!(users::revoke))
        .routes(routes!(export::identity))
        .routes(routes!(reviews::held))
        .routes(routes!(reviews::judge))
        .routes(routes!(reviews::parked))
        .routes(routes!(reviews::retry))
        .routes(routes!(reviews::restore))
}
