//! The providers of the bindings.

use std::sync::Arc;

use kalends::Credential;
use kalends::core::ports::Provider;
use kalends::core::provider::{Failure, FailureClass};
use kalends_caldav::{Caldav, CaldavConfig};
#[cfg(feature = "feed")]
use kalends_feed::{Feed, FeedConfig};
#[cfg(feature = "google")]
use kalends_google::{Google, GoogleConfig};
use kalends_kit::Secret;
#[cfg(feature = "microsoft")]
use kalends_microsoft::{Microsoft, MicrosoftConfig};
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
        let (url, remember) = (secret.address.clone(), secret.memory.clone());
        match kind {
            CALDAV => {
                let user = match &secret.credential {
                    Credential::Basic { user, .. } | Credential::Digest { user, .. } => {
                        user.clone()
                    }
                    Credential::Bearer(_) | Credential::None => String::new(),
                };
                Ok(Arc::new(Caldav::new(CaldavConfig { url, user, remember })))
            }
            #[cfg(feature = "feed")]
            FEED => Ok(Arc::new(Feed::new(FeedConfig { url, remember }))),
            #[cfg(feature = "google")]
            GOOGLE => {
                let granted = secret.sign_in.as_deref().map(|signed| signed.grant.scopes.clone());
                let (api, granted) = (url, granted.unwrap_or_default());
                Ok(Arc::new(Google::new(GoogleConfig { api, granted, remember })))
            }
            #[cfg(feature = "microsoft")]
            MICROSOFT => Ok(Arc::new(Microsoft::new(MicrosoftConfig { api: url, remember }))),
            _ => Err(Failure {
                class: FailureClass::Unsupported,
                code: "account.kind".to_owned(),
                detail: "this app does not know the account's kind: remove the account".to_owned(),
                retry_at: None,
            }),
        }
    }
}
