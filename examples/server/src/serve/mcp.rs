//! Tools over HTTP: each request bears a key, as those of the API do.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::actor::Means;
use super::browser::is_of_these;
use super::caller::Caller;
use super::key::Scope;
use super::limit::limited;
use super::problem::Problem;
use super::state::Server;
use crate::mcp::{Toolbox, over_http};

/// The largest message, in bytes.
const BODY_MAX: usize = 1 << 20;
/// Codes of JSON-RPC 2.0: the text is no JSON, or no request.
const PARSE: i32 = -32_700;
const INVALID: i32 = -32_600;

/// The tools at `/mcp`.
pub(super) fn router(server: &Server) -> Router<Server> {
    let tools = over_http(server.doors.hosts.clone());
    Router::new()
        .route_service("/mcp", tools)
        .layer(from_fn(in_protocol))
        .layer(from_fn_with_state(server.clone(), with_toolbox))
        .layer(from_fn_with_state(server.clone(), limited))
        .layer(from_fn_with_state(server.clone(), no_foreign_pages))
}

/// Turns away browsers that another page sends here, as the protocol has it: that page may have made its
/// own name lead to this machine.
async fn no_foreign_pages(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match request.headers().get(header::ORIGIN) {
        Some(origin) if !is_of_these(origin, request.headers(), &server.doors) => {
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "mcp.origin",
                "a page from elsewhere may not use these tools: ask from a program, or a page of this server",
            ))
        }
        Some(_) | None => Ok(next.run(request).await),
    }
}

/// What is no message of the protocol is answered by an error of JSON-RPC 2.0, not by plain text.
async fn in_protocol(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(sent) = to_bytes(body, BODY_MAX).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, INVALID, "a message has 1 MiB at most");
    };
    if parts.method == "POST" && is_json(&parts.headers) {
        let wrong = match serde_json::from_slice::<Value>(&sent) {
            Err(_) => Some((PARSE, "that is no JSON: send one message of JSON-RPC 2.0")),
            Ok(message) => (message["jsonrpc"] != "2.0").then_some((
                INVALID,
                "that is no message of JSON-RPC 2.0: it says \"jsonrpc\": \"2.0\"",
            )),
        };
        if let Some((code, text)) = wrong {
            return refusal(StatusCode::BAD_REQUEST, code, text);
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(sent))).await;
    if response.status().is_client_error() && !is_json(response.headers()) {
        return said(response).await;
    }
    response
}

/// A refusal in plain text, as an error of the protocol.
async fn said(response: Response) -> Response {
    let status = response.status();
    let text = to_bytes(response.into_body(), BODY_MAX).await.unwrap_or_else(|_| Bytes::new());
    refusal(status, INVALID, &String::from_utf8_lossy(&text))
}

fn refusal(status: StatusCode, code: i32, text: &str) -> Response {
    let error = json!({"code": code, "message": text});
    (status, Json(json!({"jsonrpc": "2.0", "id": null, "error": error}))).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json"))
}

/// Lets in who bears a key for tools or one that may look, with the tools of its user.
async fn with_toolbox(
    State(server): State<Server>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::of(&server, &parts).await?;
    let has = |scope| caller.key.scopes.contains(&scope);
    let may_write = has(Scope::Tools) || has(Scope::Read) && has(Scope::Write);
    if !may_write && !has(Scope::Read) {
        return Err(Problem::no_scope(Scope::Tools));
    }
    let desks = Some(server.desks.clone());
    let (data, registry) = (caller.data.with(Means::Tool), server.registry.clone());
    parts.extensions.insert(Toolbox { data, registry, may_write, desks });
    Ok(next.run(Request::from_parts(parts, body)).await)
}
