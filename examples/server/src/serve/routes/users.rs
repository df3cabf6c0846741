//! Users and keys, for whoever runs the server: each needs a key of scope `admin`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::super::caller::{Admin, Body, Fields, Named};
use super::super::key::Scope;
use super::super::problem::Problem;
use super::super::state::Server;
use super::answer;
use crate::commands::{bounds, key, user};
use crate::view::{KeyMade, KeyView, UserView};

/// A user to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// Letters, digits, `.`, `_` and `-`.
    #[schema(max_length = 64)]
    name: String,
    /// What `GET /v1/bundle` gave of a graph that is to go on here; else the graph is empty.
    #[schema(value_type = Option<Object>)]
    bundle: Option<Value>,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// Whose graph it opens.
    user: String,
    /// What to call it.
    #[schema(max_length = 200)]
    name: String,
    /// `read`, `write`, `tools`, `metrics`, `admin`; read and write where none is named.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
}

/// A page of users, or of keys.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPage {
    /// At most so many; 100 where it is not named.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of users, by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserList {
    users: Vec<UserView>,
    /// Where the next page goes on.
    next: Option<String>,
}

/// A page of keys, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyList {
    keys: Vec<KeyView>,
    /// Where the next page goes on.
    next: Option<String>,
}

/// A key that opens nothing any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyRevoked {
    revoked: String,
}

/// All users.
#[utoipa::path(
    get, path = "/users", tag = "users", operation_id = "list_users", params(ListPage),
    responses(
        (status = OK, body = UserList),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    _: Admin,
    State(server): State<Server>,
    Fields(ListPage { limit, after }): Fields<ListPage>,
) -> Result<Json<UserList>, Problem> {
    let limit = bounds::page(limit, 100)?;
    let users = server.registry.users_after(&after.unwrap_or_default(), limit)?;
    let is_last = users.len() < limit as usize;
    let next = users.last().filter(|_| !is_last).map(|user| user.name.clone());
    Ok(Json(UserList { users: users.iter().map(UserView::of).collect(), next }))
}

/// Add a user, with an empty graph or with one that a bundle describes.
#[utoipa::path(
    post, path = "/users", tag = "users", operation_id = "add_user", request_body = NewUser,
    responses(
        (status = CREATED, body = UserView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add(
    _: Admin,
    State(server): State<Server>,
    Body(NewUser { name, bundle }): Body<NewUser>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let bundle = bundle.map(|bundle| bundle.to_string());
    let added = user::add(&server.data, &server.registry, name, bundle.as_deref()).await;
    Ok((StatusCode::CREATED, answer(added)?))
}

/// All keys, without their secrets, and when each was last used.
#[utoipa::path(
    get, path = "/keys", tag = "users", operation_id = "list_keys", params(ListPage),
    responses(
        (status = OK, body = KeyList),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn keys(
    _: Admin,
    State(server): State<Server>,
    Fields(ListPage { limit, after }): Fields<ListPage>,
) -> Result<Json<KeyList>, Problem> {
    let limit = bounds::page(limit, 100)?;
    let keys = server.registry.keys_after(&after.unwrap_or_default(), limit)?;
    let is_last = keys.len() < limit as usize;
    let next = keys.last().filter(|_| !is_last).map(|key| key.id.clone());
    Ok(Json(KeyList { keys: keys.iter().map(KeyView::of).collect(), next }))
}

/// Make a key. It is told this once.
#[utoipa::path(
    post, path = "/keys", tag = "users", operation_id = "add_key", request_body = NewKey,
    responses(
        (status = CREATED, body = KeyMade),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn add_key(
    _: Admin,
    State(server): State<Server>,
    Body(NewKey { user, name, scopes }): Body<NewKey>,
) -> Result<(StatusCode, Json<KeyMade>), Problem> {
    let made = key::make(&server.registry, name, user, scopes)?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// End a key at once.
#[utoipa::path(
    delete, path = "/keys/{key}", tag = "users", operation_id = "revoke_key",
    params(("key" = String, Path, description = "The key's id")),
    responses(
        (status = OK, body = KeyRevoked),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn revoke(
    _: Admin,
    State(server): State<Server>,
    Named(key): Named,
) -> Result<Json<KeyRevoked>, Problem> {
    key::end(&server.registry, &key)?;
    Ok(Json(KeyRevoked { revoked: key }))
}
