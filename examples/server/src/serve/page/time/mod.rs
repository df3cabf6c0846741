//! When there is time: the week's free times with every reason against the rest, the best times for
//! a meeting, what is held and searched for, and how the person wants to work.

mod days;
mod deeds;
mod fields;
mod held;
mod kinds;
mod look;
mod rules;
mod sessions;
mod wish;

use axum::Router;
use axum::routing::{get, post};

use super::super::state::Server;

/// Where the page is.
const PAGE: &str = "/page/time";

/// Its addresses.
pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PAGE, get(look::time))
        .route("/page/time/proposals", get(look::time).post(look::propose))
        .route("/page/time/parts", get(look::parts))
        .route("/page/time/holds", post(deeds::hold))
        .route("/page/time/sessions", post(deeds::session))
        .route("/page/time/meetings", post(deeds::meeting))
        .route("/page/time/rules", post(deeds::rule))
}
