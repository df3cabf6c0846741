//! The kinds of accounts that this program knows.

use std::sync::Arc;

use kalends::Credential;
use kalends::core::graph::Account;
use kalends::core::ports::Provider;
use kalends::core::provider::{Failure, FailureClass};
use kalends_caldav::Caldav;
use kalends_cloudflare::{Catalog, Secret};
use kalends_feed::Feed;
use kalends_google::Google;
use kalends_microsoft::Microsoft;

pub(crate) const CALDAV: &str = "caldav";
pub(crate) const FEED: &str = "feed";
pub(crate) const GOOGLE: &str = "google";
pub(crate) const MICROSOFT: &str = "microsoft";

/// Makes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kinds;

impl Catalog for Kinds {
    fn provider(&self, account: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        provider(&account.provider, secret)
    }
}

/// The provider of a kind at the secret's address.
pub(crate) fn provider(kind: &str, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
    match kind {
        CALDAV => Ok(Arc::new(Caldav::new(secret.into()))),
        FEED => Ok(Arc::new(Feed::new(secret.into()))),
        GOOGLE => Ok(Arc::new(Google::new(secret.into()))),
        MICROSOFT => Ok(Arc::new(Microsoft::new(secret.into()))),
        _ => Err(Failure {
            class: FailureClass::Unsupported,
            code: "account.kind".to_owned(),
            detail: "this program does not know the account's kind: remove the account".to_owned(),
            retry_at: None,
        }),
    }
}

/// A provider for its notices alone.
pub(crate) fn for_notices(kind: &str) -> Option<Arc<dyn Provider>> {
    provider(kind, &Secret::new("", Credential::None)).ok()
}
