//! Asking a provider for tokens.

use std::future::Future;

use kalends_core::account::Tokens;
use kalends_core::ports::{Clock as _, Http, HttpRequest};
use kalends_core::provider::Failure;
use kalends_kit::{Intent, Secret, lost, oauth, status_failure};

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

/// What became of a grant that was to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantEnd {
    /// It has ended, or had before.
    Ended,
    /// The provider has no place where grants are ended, or there is no grant.
    NoPlace,
}

/// Ends what a person granted, for every device and scope of the program (RFC 7009). To be called
/// once nothing is to be taken back any more at the provider.
///
/// # Errors
/// A [`Failure`] by class: of those that may pass, keep the secret and try again.
pub async fn end_grant<H: Http>(http: &H, secret: &Secret) -> Result<GrantEnd, Failure> {
    let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(GrantEnd::NoPlace) };
    let token = sign_in.grant.refresh.as_deref().unwrap_or(&sign_in.grant.access);
    let Some(request) = sign_in.client.end(token) else { return Ok(GrantEnd::NoPlace) };
    let (head, _) = http.send(request).await.map_err(|error| lost(error, Intent::Read))?;
    match head.status {
        // A token that is not valid any more is said to be a bad request.
        200..=299 | 400 => Ok(GrantEnd::Ended),
        _ => Err(status_failure(&head, Intent::Read, SystemClock.now())),
    }
}
