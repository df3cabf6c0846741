//! What changes, told to the page as it does.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;

use super::super::feed::{self, Wanted};
use super::super::sign_in::Ticket;
use super::super::state::Server;
use super::session::{Visitor, cookie};

/// The feed of the visitor's graph, as long as they are signed in.
pub(super) async fn live(
    State(server): State<Server>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Response {
    let after = match feed::last_seen(&headers) {
        Ok(after) => after,
        Err(problem) => return problem.into_response(),
    };
    let ticket = Ticket::offered(cookie(&headers).unwrap_or_default());
    let registry = server.registry.clone();
    let may = Box::new(move || {
        // A question that cannot be asked now is asked again soon.
        registry.visitor(&ticket, SystemClock.now()).map_or(true, |found| found.is_some())
    });
    match feed::open(&server, visitor.data, Wanted { after, follow: true, may }).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}
