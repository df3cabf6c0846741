//! Asking a provider for tokens.

use kalends_core::account::Tokens;
use kalends_core::ports::{Clock, Http, HttpBody, HttpRequest};
use kalends_core::provider::Failure;
use kalends_kit::oauth::tokens;
use kalends_kit::{Intent, lost};

use crate::clock::SystemClock;

/// Sends a request for tokens and reads its answer.
///
/// # Errors
/// A [`Failure`] by class: what the provider refused, or why there was no answer.
pub async fn ask_for_tokens<H: Http>(http: &H, request: HttpRequest) -> Result<Tokens, Failure> {
    let most = request.answer_bytes_max;
    let (head, mut body) = http.send(request).await.map_err(|error| lost(error, Intent::Read))?;
    let mut bytes = Vec::new();
    while let Some(piece) = body.chunk().await.map_err(|error| lost(error, Intent::Read))? {
        bytes.extend(piece);
        if bytes.len() as u64 > most {
            break;
        }
    }
    tokens(&head, &bytes, SystemClock.now())
}
