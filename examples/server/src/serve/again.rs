//! Requests that come again: one that bears `Idempotency-Key` is carried out once, and answered the
//! same each time.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kalends::core::ports::Clock as _;
use kalends_tokio::SystemClock;
use sha2::{Digest as _, Sha256};

use super::caller::Caller;
use super::problem::Problem;
use super::registry::Before;
use super::state::Server;

/// The header's name.
const TOKEN: &str = "idempotency-key";
/// Set on an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";
/// The most that a request or an answer holds.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// The longest token.
const TOKEN_MAX: usize = 255;
/// A request that is under way for so long has died.
const DEAD_MS: i64 = 120_000;

/// Carries a request out unless it was carried out before.
pub(crate) async fn once(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(token) = request.headers().get(TOKEN).cloned() else {
        return Ok(next.run(request).await);
    };
    if request.method() == Method::GET {
        return Ok(next.run(request).await);
    }
    let token = readable(&token)?;
    let (parts, body) = request.into_parts();
    let key = Caller::of(&server, &parts).await?.key.id;
    let body = to_bytes(body, BYTES_MAX).await.map_err(|_| {
        Problem::request(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too large")
    })?;
    let print = fingerprint(&parts, &body);
    let claim = (key.as_str(), token.as_str());
    let now = SystemClock.now();
    match server.registry.claim(claim, &print, now)? {
        Before::New => {}
        Before::UnderWay(since) if since < now.saturating_add_millis(-DEAD_MS) => {}
        Before::UnderWay(_) => return Err(under_way()),
        Before::Answered(status, body) => return Ok(replayed(status, body)),
        Before::Another => return Err(reused()),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(&server, claim, response).await
}

fn readable(token: &HeaderValue) -> Result<String, Problem> {
    let text = token.to_str().ok().filter(|text| !text.is_empty() && text.len() <= TOKEN_MAX);
    text.map(str::to_owned).ok_or_else(|| {
        Problem::request(
            StatusCode::BAD_REQUEST,
            "Idempotency-Key holds 1 to 255 readable characters",
        )
    })
}

/// What tells requests apart. The key's own text is in it, which nobody keeps, so that a password in
/// the body cannot be guessed from what is kept.
fn fingerprint(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let key = parts.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let target = parts.uri.to_string();
    let mut hash = Sha256::new();
    for part in [key.unwrap_or_default(), parts.method.as_str().as_bytes(), target.as_bytes(), body]
    {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

/// An answer that says "try again" is none: the claim is given back.
async fn keep(
    server: &Server,
    claim: (&str, &str),
    response: Response,
) -> Result<Response, Problem> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, BYTES_MAX).await.unwrap_or_else(|_| Bytes::new());
    if parts.status.is_server_error() {
        server.registry.release(claim)?;
    } else {
        server.registry.answer(claim, parts.status.as_u16(), &body)?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replayed(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let headers = [(header::CONTENT_TYPE.as_str(), kind), (REPLAYED, "true")];
    (status, headers, body).into_response()
}

fn under_way() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "idempotency.under-way",
        "a request with this Idempotency-Key is being carried out: ask again later",
    )
}

fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency.reused",
        "another request bore this Idempotency-Key: take a new one for each request",
    )
}
