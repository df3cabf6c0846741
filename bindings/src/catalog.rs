//! The providers of the bindings.

use std::sync::Arc;

use kalends::core::ports::Provider;
use kalends::core::provider::{Failure, FailureClass};
use kalends_caldav::Caldav;
#[cfg(feature = "feed")]
use kalends_feed::Feed;
#[cfg(feature = "google")]
use kalends_google::Google;
use kalends_kit::Secret;
#[cfg(feature = "microsoft")]
use kalends_microsoft::Microsoft;
use kalends_mobile::Catalog;

pub(crate) const CALDAV: &str = "caldav";
pub(crate) const FEED: &str = "feed";
#[cfg(feature = "google")]
pub(crate) const GOOGLE: &str = "google";
#[cfg(feature = "microsoft")]
pub(crate) const MICROSOFT: &str = "microsoft";

/// All that this library was built with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known;

impl Catalog for Known {
    fn provider(&self, kind: &str, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        match kind {
            CALDAV => Ok(Arc::new(Caldav::new(secret.into()))),
            #[cfg(feature = "feed")]
            FEED => Ok(Arc::new(Feed::new(secret.into()))),
            #[cfg(feature = "google")]
            GOOGLE => Ok(Arc::new(Google::new(secret.into()))),
            #[cfg(feature = "microsoft")]
            MICROSOFT => Ok(Arc::new(Microsoft::new(secret.into()))),
            _ => Err(Failure {
                class: FailureClass::Unsupported,
                code: "account.kind".to_owned(),
                detail: "this app does not know the account's kind: remove the account".to_owned(),
                retry_at: None,
            }),
        }
    }
}
