//! Asking a provider for tokens.

use std::future::Future;

use kalends_core::account::Tokens;
use kalends_core::ports::{Http, HttpRequest};
use kalends_core::provider::Failure;
pub use kalends_kit::oauth::GrantEnd;
use kalends_kit::{Secret, oauth};

use crate::clock::SystemClock;
use crate::http::ReqwestHttp;

/// Asks providers for tokens, in a task that whoever asked need not wait for.
pub trait TokenDesk: Clone + Send + Sync + 'static {
    /// Sends a request for tokens and reads its answer.
    ///
    /// # Errors
    /// A [`Failure`] by class: what the provider refused, or why there was no answer.
    fn ask(&self, request: HttpRequest) -> impl Future<Output = Result<Tokens, Failure>> + Send;
}

impl TokenDesk for ReqwestHttp {
    fn ask(&self, request: HttpRequest) -> impl Future<Output = Result<Tokens, Failure>> + Send {
        ask_for_tokens(self, request)
    }
}

/// Sends a request for tokens and reads its answer.
///
/// # Errors
/// A [`Failure`] by class: what the provider refused, or why there was no answer.
pub async fn ask_for_tokens<H: Http>(http: &H, request: HttpRequest) -> Result<Tokens, Failure> {
    oauth::ask_for_tokens(http, request, &SystemClock).await
}

/// Ends what a person granted, for every device and scope of the program (RFC 7009). To be called
/// once nothing is to be taken back any more at the provider.
///
/// # Errors
/// A [`Failure`] by class: of those that may pass, keep the secret and try again.
pub async fn end_grant<H: Http>(http: &H, secret: &Secret) -> Result<GrantEnd, Failure> {
    oauth::end_grant(http, secret, &SystemClock).await
}
