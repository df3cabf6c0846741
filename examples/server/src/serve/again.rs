//! Requests that come again: one that bears `Idempotency-Key` is carried out once, and answered the
//! same each time.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kalends::core::ports::{Clock as _, Vault as _, VaultError};
use kalends_tokio::SystemClock;
use sha2::{Digest as _, Sha256};

use super::caller::Caller;
use super::problem::{Passing, Problem};
use super::registry::{Before, Kept, KeptBody};
use super::state::Server;
use crate::commands::birth::Birth;
use crate::error::CliError;
use crate::failpoint;

/// The header's name.
const TOKEN: &str = "idempotency-key";
/// Set on an answer that was given before.
const REPLAYED: &str = "idempotency-replayed";
/// The most that a request holds.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// The most that an answer holds: what came in one byte goes out in six at most, twice where it is shown
/// before and after.
const ANSWER_MAX: usize = 16 * BYTES_MAX;
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
    let mut request = request;
    request.extensions_mut().insert(Birth::now());
    let Some(token) = request.headers().get(TOKEN).cloned() else {
        return Ok(next.run(request).await);
    };
    if request.method().is_safe() || tells_a_secret(request.uri().path()) {
        return Ok(next.run(request).await);
    }
    let token = readable(&token)?;
    let (mut parts, body) = request.into_parts();
    let key = Caller::of(&server, &parts).await?.key.id;
    let body = to_bytes(body, BYTES_MAX).await.map_err(|_| {
        Problem::request(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too large")
    })?;
    let print = fingerprint(&parts, &body);
    let claim = (key.as_str(), token.as_str());
    let now = SystemClock.now();
    let first = match server.registry.claim(claim, &print, now)? {
        Before::New => now,
        // Of several who take it up again, one does.
        Before::UnderWay { since, first }
            if since < now.saturating_add_millis(-DEAD_MS)
                && server.registry.reclaim(claim, since, now)? =>
        {
            first
        }
        Before::UnderWay { .. } => return Err(under_way()),
        Before::Answered(kept) => return replayed(&server, claim, kept),
        Before::Another => return Err(reused()),
    };
    parts.extensions.insert(Birth::of_request(claim, first));
    // Whoever asked may hang up: what was begun is ended, and its answer kept for when they come again.
    let work = tokio::spawn(async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        failpoint::named("answer");
        keep(&server, (&key, &token), response).await
    });
    work.await.unwrap_or_else(|_| Err(failed()))
}

/// Whether the answer holds what is kept nowhere. A sign-in that is begun twice is done once all the
/// same: each address is good once.
pub(super) fn tells_a_secret(path: &str) -> bool {
    ["/sign-ins", "/reconnect", "/feeds", "/webhooks", "/keys"]
        .iter()
        .any(|end| path.ends_with(end))
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
    let Ok(body) = to_bytes(body, ANSWER_MAX).await else {
        server.registry.release(claim)?;
        return Err(failed());
    };
    if parts.status.is_server_error() || parts.extensions.get::<Passing>().is_some() {
        server.registry.release(claim)?;
    } else {
        let etag = parts.headers.get(header::ETAG).and_then(|value| value.to_str().ok());
        let sealed = server.data.vault.seal(&place_of(claim), &body).map_err(unsealed)?;
        server.registry.answer(claim, (parts.status.as_u16(), &sealed, etag))?;
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The place that a sealed answer belongs to: that of a key's id, a slash, and a token.
pub(super) fn place(claim: &str) -> String {
    format!("server/answer/{claim}")
}

fn place_of((key, token): (&str, &str)) -> String {
    place(&format!("{key}/{token}"))
}

fn unsealed(error: VaultError) -> CliError {
    CliError::failed("sealing-key", &error)
}

fn replayed(
    server: &Server,
    claim: (&str, &str),
    Kept { status, body, etag }: Kept,
) -> Result<Response, Problem> {
    let body = match body {
        KeptBody::Sealed(sealed) => {
            server.data.vault.open(&place_of(claim), &sealed).map_err(unsealed)?
        }
        KeptBody::Plain(body) => body,
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    let headers = [(header::CONTENT_TYPE.as_str(), kind), (REPLAYED, "true")];
    let mut response = (status, headers, body).into_response();
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}

fn under_way() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "idempotency.under-way",
        "a request with this Idempotency-Key is being carried out: ask again later",
    )
}

fn failed() -> Problem {
    let text = "the server failed on the way: see what it says on standard error";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "engine.failed", text)
}

fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency.reused",
        "another request bore this Idempotency-Key: take a new one for each request",
    )
}
