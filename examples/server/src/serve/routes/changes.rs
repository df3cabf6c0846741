//! What happens, as it does.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::caller::{Caller, Fields};
use super::super::feed::{self, Wanted};
use super::super::key::Scope;
use super::super::problem::Problem;
use super::super::state::Server;
use crate::view::ChangeView;

/// Where to begin, and whether to stay.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    /// The number of the entry that was seen last; 0: all that ever happened. `Last-Event-ID` counts
    /// more. Without either: what happens from now on.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// Whether to stay once all that happened is told.
    #[serde(default = "stays")]
    #[param(default = true)]
    follow: bool,
}

const fn stays() -> bool {
    true
}

/// What changes, as it does: server-sent events. `ready` comes first, and says behind which entry of
/// the journal the rest is. Each `change` is an entry, without what it changed, and its id is the
/// entry's number: whoever comes again with `Last-Event-ID` goes on behind it, so that nothing is lost
/// or told twice. `status`, without an id, says that something moved which is no entry: a calendar was
/// read, a write was sent. A comment comes at least every 15 seconds. The stream ends when the server
/// does, or the key. Where nobody follows, `end` comes last: without it not all was told.
#[utoipa::path(
    get, path = "/changes", tag = "runs", operation_id = "follow_changes",
    params(Since, ("last-event-id" = Option<String>, Header, description =
        "The id of the event that was seen last")),
    responses(
        (status = OK, body = ChangeView, content_type = "text/event-stream"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn follow(
    State(server): State<Server>,
    caller: Caller,
    headers: HeaderMap,
    Fields(Since { after, follow }): Fields<Since>,
) -> Result<Response, Problem> {
    let caller = caller.may(Scope::Read)?;
    let after = after.map(u64::try_from).transpose().map_err(|_| {
        Problem::request(StatusCode::BAD_REQUEST, "after is the number of an entry")
    })?;
    let after = feed::last_seen(&headers)?.or(after);
    let (registry, key) = (server.registry.clone(), caller.key.id);
    // A question that cannot be asked now is asked again soon.
    let may = Box::new(move || registry.is_good(&key).unwrap_or(true));
    feed::open(&server, caller.data, Wanted { after, follow, may }).await
}
