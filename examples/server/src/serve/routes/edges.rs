//! Edges.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::{Extension, Json};
use kalends::core::graph::EdgeOptions;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::caller::{Body, Fields, Named, Reader, Writer};
use super::super::problem::Problem;
use super::super::state::Server;
use super::accounts::Abandon;
use super::edge_body::EdgeBody;
use super::etag::{if_match, marked};
use super::{Answer, answer};
use crate::commands::birth::Birth;
use crate::commands::edge;
use crate::view::{EdgeTools, EdgeView, Edges, Made, Removed};

/// An edge to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEdge {
    /// The calendar that events come from: its id, or ACCOUNT/CALENDAR.
    from: String,
    /// The calendar that mirrors go to; an account's name alone means its overlay.
    to: String,
    /// Add the edge back too; edits and deletions of mirrors then go to their origins.
    #[serde(default)]
    two_way: bool,
    /// What it does.
    options: Option<EdgeBody>,
}

/// Whether tools may touch an edge.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolsBody {
    /// False: they leave it alone, and the events that it carries.
    open: bool,
}

/// All edges.
#[utoipa::path(
    get, path = "/edges", tag = "edges", operation_id = "list_edges",
    responses(
        (status = OK, body = Edges),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(Reader(data): Reader) -> Answer {
    answer(edge::list(&data).await)
}

/// Mirror a calendar into another, or into an overlay.
#[utoipa::path(
    post, path = "/edges", tag = "edges", operation_id = "add_edge", request_body = NewEdge,
    responses(
        (status = CREATED, body = Made),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    Writer(data): Writer,
    Extension(birth): Extension<Birth>,
    Body(new): Body<NewEdge>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let mut options = EdgeOptions::default();
    new.options.unwrap_or_default().apply(&mut options);
    let how = (&birth, new.two_way);
    let made = edge::make(&data, (&new.from, &new.to), options, how).await;
    Ok((StatusCode::CREATED, answer(made)?))
}

/// One edge with its options.
#[utoipa::path(
    get, path = "/edges/{edge}", tag = "edges", operation_id = "show_edge",
    params(("edge" = String, Path, description = "The edge's id")),
    responses(
        (status = OK, body = EdgeView, headers(("ETag" = String, description = "Its options"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(Reader(data): Reader, Named(edge): Named) -> Result<Response, Problem> {
    Ok(marked(edge::show(&data, &edge).await?))
}

/// Change an edge's options; with `If-Match` only if it still is what was read.
#[utoipa::path(
    patch, path = "/edges/{edge}", tag = "edges", operation_id = "change_edge", request_body = EdgeBody,
    params(
        ("edge" = String, Path, description = "The edge's id"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read"),
    ),
    responses(
        (status = OK, body = EdgeView, headers(("ETag" = String, description = "Its options"))),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    Writer(data): Writer,
    Named(edge): Named,
    headers: HeaderMap,
    Body(body): Body<EdgeBody>,
) -> Result<Response, Problem> {
    let etag = if_match(&headers)?;
    let changed = edge::alter_if(&data, (&edge, etag.as_deref()), |options| body.apply(options));
    Ok(marked(changed.await?))
}

/// Remove an edge; the next sync takes its mirrors back.
#[utoipa::path(
    delete, path = "/edges/{edge}", tag = "edges", operation_id = "remove_edge",
    params(("edge" = String, Path, description = "The edge's id"), Abandon),
    responses(
        (status = OK, body = Removed),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn remove(
    Writer(data): Writer,
    Named(edge): Named,
    Fields(Abandon { abandon }): Fields<Abandon>,
) -> Answer {
    answer(edge::remove(&data, &edge, abandon).await)
}

/// Whether tools of the Model Context Protocol may touch an edge.
#[utoipa::path(
    get, path = "/edges/{edge}/tools", tag = "edges", operation_id = "show_edge_tools",
    params(("edge" = String, Path, description = "The edge's id")),
    responses(
        (status = OK, body = EdgeTools),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn tools(
    State(server): State<Server>,
    Reader(data): Reader,
    Named(edge): Named,
) -> Answer {
    answer(edge::tools(&data, &server.registry, &edge).await)
}

/// Open an edge to tools of the Model Context Protocol, or close it.
#[utoipa::path(
    put, path = "/edges/{edge}/tools", tag = "edges", operation_id = "set_edge_tools", request_body = ToolsBody,
    params(("edge" = String, Path, description = "The edge's id")),
    responses(
        (status = OK, body = EdgeTools),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn set_tools(
    State(server): State<Server>,
    Writer(data): Writer,
    Named(edge): Named,
    Body(ToolsBody { open }): Body<ToolsBody>,
) -> Answer {
    answer(edge::set_tools(&data, &server.registry, &edge, open).await)
}
