//! Erasing everything of the caller, and what says so.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::caller::{Body, Named, Reader, UserWriter, Writer};
use super::super::problem::Problem;
use super::super::state::Server;
use crate::erasure::{self, Certificate};
use crate::error::CliError;
use crate::view::{CalledOffView, ErasureView};

/// What is to be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erase {
    /// The name of the key's user, so that nobody erases by mistake.
    user: String,
    /// Accounts whose mirrors are left as they are, where their providers cannot be reached.
    #[serde(default)]
    abandon: Vec<String>,
}

/// What certificates are verified with.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicKey {
    /// `Ed25519`.
    algorithm: &'static str,
    /// The key, in base64.
    public_key: String,
}

/// Erase the user of the key: mirrors at every provider first, then sign-ins, then every row, keys
/// too. It may take several requests, where a provider cannot be reached; it goes on without them.
#[utoipa::path(
    post, path = "/erasure", tag = "erasure", operation_id = "erase", request_body = Erase,
    responses(
        (status = OK, body = ErasureView, description = "All is gone, and the key opens nothing"),
        (status = ACCEPTED, body = ErasureView, description = "A provider holds mirrors still"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn erase(
    UserWriter(user, data): UserWriter,
    State(server): State<Server>,
    Body(Erase { user: named, abandon }): Body<Erase>,
) -> Result<(StatusCode, Json<ErasureView>), Problem> {
    if named != user.name {
        return Err(CliError::usage("`user` is not the name of the key's user").into());
    }
    let view = erasure::erase(&data, &server.registry, &user, &abandon).await?;
    let done = view.certificate.is_some();
    Ok((if done { StatusCode::OK } else { StatusCode::ACCEPTED }, Json(view)))
}

/// How far the erasure of the key's user is.
#[utoipa::path(
    get, path = "/erasure", tag = "erasure", operation_id = "show_erasure",
    responses(
        (status = OK, body = ErasureView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show(
    Reader(data): Reader,
    State(server): State<Server>,
) -> Result<Json<ErasureView>, Problem> {
    let begun = erasure::begun(&data, &server.registry).await?;
    let none = || CliError::not_found("no erasure was begun");
    Ok(Json(begun.ok_or_else(none)?))
}

/// Call the erasure of the key's user off, as long as no row was deleted: accounts and edges that were on
/// their way out stay, and edges that ended come back. Ask again where it fails: it goes on.
#[utoipa::path(
    delete, path = "/erasure", tag = "erasure", operation_id = "call_off_erasure",
    responses(
        (status = OK, body = CalledOffView),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn call_off(
    Writer(data): Writer,
    State(server): State<Server>,
) -> Result<Json<CalledOffView>, Problem> {
    Ok(Json(erasure::call_off(&data, &server.registry).await?))
}

/// The certificate of an erasure.
#[utoipa::path(
    get, path = "/certificates/{certificate}", tag = "erasure", operation_id = "show_certificate",
    params(("certificate" = String, Path, description = "The erasure's id")), security(()),
    responses(
        (status = OK, body = Certificate),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn certificate(
    State(server): State<Server>,
    Named(certificate): Named,
) -> Result<Json<Certificate>, Problem> {
    Ok(Json(erasure::certified(&server.registry, &certificate)?))
}

/// The key that certificates are verified with.
#[utoipa::path(
    get, path = "/certificates/key", tag = "erasure", operation_id = "certificate_key", security(()),
    responses(
        (status = OK, body = PublicKey),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn key(State(server): State<Server>) -> Result<Json<PublicKey>, Problem> {
    let public_key = erasure::public_key(&server.data, &server.registry)?;
    Ok(Json(PublicKey { algorithm: "Ed25519", public_key }))
}
