//! What a person takes away with them.

use axum::Json;
use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use kalends::core::ports::Clock as _;
use kalends::ical::Export;
use kalends_tokio::SystemClock;
use serde_json::Value;

use super::super::caller::{Reader, Writer};
use super::super::problem::Problem;
use crate::commands::bundle;
use crate::commands::export::{Telling, Whole, Writing};
use crate::error::CliError;
use crate::outcome::warn;

/// All events as an iCalendar file.
#[utoipa::path(
    get, path = "/export", tag = "export", operation_id = "export_events",
    responses(
        (status = OK, body = String, content_type = "text/calendar"),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn events(Reader(data): Reader) -> Result<Response, Problem> {
    let export = Export::new(SystemClock.now());
    let writing = Writing::begin(&data, Whole, export).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"kalends.ics\""),
    ];
    Ok((headers, streamed(writing)).into_response())
}

/// The graph's identity and edges, without credentials and events, to carry it to another data
/// folder with `kalends bundle import`. To be kept like a password: who holds it can sign its marks.
#[utoipa::path(
    get, path = "/bundle", tag = "export", operation_id = "export_bundle",
    responses(
        (status = OK, body = Object),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn identity(Writer(data): Writer) -> Result<Json<Value>, Problem> {
    let text = bundle::text(&data).await?;
    let json = serde_json::from_str(&text).map_err(|error| CliError::failed("bundle", &error))?;
    Ok(Json(json))
}

/// A text as it is written. One that cannot be written to its end breaks off, which whoever reads it
/// sees.
pub(crate) fn streamed<T: Telling + Sync + 'static>(writing: Writing<T>) -> Body {
    Body::from_stream(stream::try_unfold(writing, |mut writing| async {
        let piece = writing.next().await.inspect_err(|error| warn(&format!("export: {error}")))?;
        Ok::<_, CliError>(piece.map(|bytes| (bytes, writing)))
    }))
}
