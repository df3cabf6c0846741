//! Tags that tell one content from another, in the headers of requests and answers.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::problem::Problem;
use crate::commands::etag;
use crate::outcome::Outcome;

/// The one ETag of `If-Match`; `*` names whatever is there.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let etag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let etag = etag.filter(|etag| !etag.contains('"')).map(str::to_owned);
    etag.map(Some).ok_or_else(|| {
        Problem::request(StatusCode::BAD_REQUEST, "If-Match holds one ETag in quotes, or *")
    })
}

pub(super) fn tagged(etag: &str) -> [(header::HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(&format!("\"{etag}\""));
    [(header::ETAG, value.unwrap_or(HeaderValue::from_static("\"\"")))]
}

/// An answer with the tag of all that it says.
pub(super) fn marked(outcome: Outcome) -> Response {
    (tagged(&etag::of(&outcome.json)), Json(outcome.json)).into_response()
}
