//! What is sent along with a request, never read beyond what its kind may hold: all users of an isolate
//! share its memory.

use futures_util::TryStreamExt as _;
use serde::de::DeserializeOwned;
use worker::Request;

use crate::problem::Problem;

/// The most bytes of what a user sends, or a program for them.
pub(crate) const OF_USERS_MAX: usize = 1 << 20;

/// Reads a body to its end, or to where it is too long; one that says so itself is not begun.
pub(crate) async fn read(request: &mut Request, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let said = request.headers().get("content-length")?;
    if said.and_then(|text| text.parse::<usize>().ok()).is_some_and(|it| it > bytes_max) {
        return Err(too_large());
    }
    if request.inner().body().is_none() {
        return Ok(Vec::new());
    }
    let (mut stream, mut body) = (request.stream()?, Vec::new());
    while let Some(chunk) = stream.try_next().await? {
        if body.len() + chunk.len() > bytes_max {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a body as JSON.
pub(crate) async fn json<T: DeserializeOwned>(request: &mut Request) -> Result<T, Problem> {
    let body = read(request, OF_USERS_MAX).await?;
    serde_json::from_slice(&body).map_err(|error| Problem::usage(error.to_string()))
}

fn too_large() -> Problem {
    Problem::new(413, "request.too-large", "the request's body is too large")
}
