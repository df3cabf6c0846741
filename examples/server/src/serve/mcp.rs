//! Tools over HTTP: each request bears a key, as those of the API do.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use super::caller::Caller;
use super::key::Scope;
use super::limit::limited;
use super::problem::Problem;
use super::state::Server;
use crate::mcp::{Toolbox, over_http};

/// The tools at `/mcp`.
pub(super) fn router(server: &Server) -> Router<Server> {
    let tools = over_http(server.doors.hosts.clone());
    Router::new()
        .route_service("/mcp", tools)
        .layer(from_fn_with_state(server.clone(), with_toolbox))
        .layer(from_fn_with_state(server.clone(), limited))
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
    let registry = server.registry.clone();
    parts.extensions.insert(Toolbox { data: caller.data, registry, may_write, desks });
    Ok(next.run(Request::from_parts(parts, body)).await)
}
