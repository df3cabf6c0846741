//! Credentials of accounts, sealed in the store, and the providers this program knows.

use std::sync::Arc;

use kalends::core::graph::Account;
use kalends::core::ports::Provider;
use kalends::core::provider::{Failure, FailureClass};
use kalends_caldav::Caldav;
use kalends_feed::Feed;
use kalends_google::Google;
use kalends_microsoft::Microsoft;
use kalends_sqlite::SqliteStore;
use kalends_tokio::{Catalog, SealedAccounts, Secret};

use crate::failpoint::Passing;

/// The kind of CalDAV accounts.
pub(crate) const CALDAV: &str = "caldav";
/// The kind of feeds.
pub(crate) const FEED: &str = "feed";
/// The kind of Google accounts.
pub(crate) const GOOGLE: &str = "google";
/// The kind of Microsoft accounts.
pub(crate) const MICROSOFT: &str = "microsoft";

/// The accounts of a data folder.
pub(crate) type StoredAccounts = SealedAccounts<SqliteStore, Kinds, Passing>;

/// The kinds of accounts that this program knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kinds;

impl Catalog for Kinds {
    fn provider(&self, account: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        provider(&account.provider, secret)
    }
}

/// The provider of this kind at the secret's address.
pub(crate) fn provider(kind: &str, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
    match kind {
        CALDAV => Ok(Arc::new(Caldav::new(secret.into()))),
        FEED => Ok(Arc::new(Feed::new(secret.into()))),
        GOOGLE => Ok(Arc::new(Google::new(secret.into()))),
        MICROSOFT => Ok(Arc::new(Microsoft::new(secret.into()))),
        _ => Err(failure(
            FailureClass::Unsupported,
            "account.kind",
            "this program does not know the account's kind: remove the account",
        )),
    }
}

fn failure(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
