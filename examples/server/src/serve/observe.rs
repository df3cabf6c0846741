//! Each request, counted and written down: its route, never its address, which may hold names.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kalends::core::ports::{Clock as _, GraphStore as _};
use kalends::core::slice::ReadSet;
use kalends::queries::LeftIn;
use kalends_tokio::SystemClock;
use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument as _, info_span};

use super::caller::Caller;
use super::key::Scope;
use super::metrics::Gauges;
use super::problem::Problem;
use super::state::Server;
use crate::outcome::log;

/// Counts a request, and writes it down where the server was asked to.
pub(crate) async fn observed(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Response {
    let (began, method) = (Instant::now(), word(request.method()));
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let span = info_span!("request", method, route, status = Empty);
    let response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    span.record("status", status);
    server.metrics.request((method, &route), status, took);
    if server.logs {
        let line = json!({
            "at": SystemClock.now().to_string(),
            "event": "request",
            "method": method,
            "route": route,
            "status": status,
            "ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        });
        log(&line);
    }
    response
}

/// What a method is counted as. Whoever asks can make methods up, so those have one word together.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// What is counted, for a key with the scope.
pub(crate) async fn metrics(
    State(server): State<Server>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    Caller::of(&server, &parts).await?.may(Scope::Metrics)?;
    let used = server.data.budget.used(SystemClock.now());
    let ahead = &server.data.ahead;
    let (times, kept) = (ahead.counts(), ahead.kept() as u64);
    let mut gauges = Gauges { times, kept, used, ..Gauges::default() };
    for user in server.registry.users()? {
        let left = server.data.store.query(LeftIn { graph: user.graph }).await;
        let left = left.map_err(crate::error::CliError::from)?;
        gauges.users += 1;
        gauges.open += left.open;
        gauges.parked += left.parked;
        gauges.gone += left.gone;
        gauges.quarantined += left.quarantined;
        gauges.jobs += left.jobs;
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, server.metrics.text(gauges)).into_response())
}

/// Whether the store answers, and the server is to stay.
pub(crate) async fn ready(State(server): State<Server>) -> Response {
    use axum::http::StatusCode;
    if *server.stop.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server ends\n").into_response();
    }
    let looked = server.data.store.load(server.data.keys.graph, &ReadSet::default()).await;
    match looked {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}
