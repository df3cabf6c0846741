//! Asking a provider for tokens.

use kalends_core::account::Tokens;
use kalends_core::ports::{Clock, Http, HttpBody, HttpRequest};
use kalends_core::provider::Failure;

use super::answer::tokens;
use crate::status::{Intent, lost};

/// Sends a request for tokens by a host's HTTP and reads its answer.
///
/// # Errors
/// A [`Failure`] by class: what the provider refused, or why there was no answer.
pub async fn ask_for_tokens<H: Http, C: Clock>(
    http: &H,
    request: HttpRequest,
    clock: &C,
) -> Result<Tokens, Failure> {
    let most = request.answer_bytes_max;
    let (head, mut body) = http.send(request).await.map_err(|error| lost(error, Intent::Read))?;
    let mut bytes = Vec::new();
    while let Some(piece) = body.chunk().await.map_err(|error| lost(error, Intent::Read))? {
        bytes.extend(piece);
        if bytes.len() as u64 > most {
            break;
        }
    }
    tokens(&head, &bytes, clock.now())
}
