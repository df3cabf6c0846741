//! Ending what a person granted.

use kalends_core::ports::{Clock, Http};
use kalends_core::provider::Failure;

use crate::secret::Secret;
use crate::status::{Intent, lost, status_failure};

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
pub async fn end_grant<H: Http, C: Clock>(
    http: &H,
    secret: &Secret,
    clock: &C,
) -> Result<GrantEnd, Failure> {
    let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(GrantEnd::NoPlace) };
    let token = sign_in.grant.refresh.as_deref().unwrap_or(&sign_in.grant.access);
    let Some(request) = sign_in.client.end(token) else { return Ok(GrantEnd::NoPlace) };
    let (head, _) = http.send(request).await.map_err(|error| lost(error, Intent::Read))?;
    match head.status {
        // A token that is not valid any more is said to be a bad request.
        200..=299 | 400 => Ok(GrantEnd::Ended),
        _ => Err(status_failure(&head, Intent::Read, clock.now())),
    }
}
