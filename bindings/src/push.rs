//! Silent pushes: what a provider told the app's server, passed on to the device.

use kalends::core::notice::{InboundRequest, Notice};
use kalends::core::ports::Clock as _;
use kalends_kit::Secret;
use kalends_mobile::Catalog as _;

use crate::catalog::Known;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::host::Header;

/// A request of a provider to the app's server, as it came in below `notices_at`. The server
/// answers it with 202 and passes it on; one whose query has a `validationToken` it answers by
/// itself, with 200 and that token as plain text.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct PushNotice {
    /// The last part of the path that it came to: `google`, `microsoft`.
    pub provider: String,
    /// Header fields; names in any case.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for PushNotice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushNotice").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[uniffi::export]
impl Engine {
    /// Takes in a silent push, at once and without a network: what it speaks of is read by the next
    /// `sync_due`. One that is forged or that nobody waits for is `Invalid`, and changes nothing.
    ///
    /// # Errors
    /// `Invalid` for a notice that is forged, too large, or waited for by nobody; `Storage`, `Corrupt`.
    pub async fn deliver(&self, notice: PushNotice) -> Result<bool, EngineError> {
        if notice.body.len() > InboundRequest::BODY_BYTES_MAX {
            return Err(EngineError::invalid("no provider sends a notice that large"));
        }
        let driver = self.mobile.driver();
        let field = |header: Header| (header.name.to_ascii_lowercase(), header.value);
        let request = InboundRequest {
            method: "POST".to_owned(),
            path: format!("/{}", notice.provider),
            query: String::new(),
            headers: notice.headers.into_iter().map(field).collect(),
            body: notice.body,
            received: driver.ports().clock.now(),
        };
        // It is asked about the request alone, and talks to nobody.
        let nowhere = Secret::new(String::new(), kalends::Credential::None);
        let provider = Known.provider(&notice.provider, &nowhere)?;
        let keys = self.mobile.keys();
        match driver.notice(keys, (&notice.provider, &*provider), &request).await? {
            Notice::Heard(_) => Ok(true),
            Notice::Answer(_) => Ok(false),
            Notice::Refuse(refusal) => Err(EngineError::invalid(refusal)),
        }
    }
}
