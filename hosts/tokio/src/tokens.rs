//! Asking a provider for tokens.

use kalends_core::account::Tokens;
use kalends_core::ports::{Http, HttpRequest};
use kalends_core::provider::Failure;
use kalends_kit::oauth;

use crate::clock::SystemClock;

/// Sends a request for tokens and reads its answer.
///
/// # Errors
/// A [`Failure`] by class: what the provider refused, or why there was no answer.
pub async fn ask_for_tokens<H: Http>(http: &H, request: HttpRequest) -> Result<Tokens, Failure> {
    oauth::ask_for_tokens(http, request, &SystemClock).await
}
