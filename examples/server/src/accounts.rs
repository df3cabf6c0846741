//! Credentials of accounts, sealed in the store, and the providers this program knows.

use std::sync::Arc;

use kalends::core::graph::Account;
use kalends::core::ids::{AccountId, GraphId};
use kalends::core::ports::{Credential, Provider, StoreError};
use kalends::core::provider::{Failure, FailureClass};
use kalends::driver::{Accounts, Opened};
use kalends_caldav::{Caldav, CaldavConfig};
use kalends_feed::{Feed, FeedConfig};
use kalends_sqlite::SqliteStore;
use kalends_tokio::Secret;

/// The kind of CalDAV accounts.
pub(crate) const CALDAV: &str = "caldav";
/// The kind of feeds.
pub(crate) const FEED: &str = "feed";

/// The accounts of one graph.
#[derive(Debug, Clone)]
pub(crate) struct StoredAccounts {
    store: SqliteStore,
    graph: GraphId,
}

impl StoredAccounts {
    pub(crate) fn new(store: SqliteStore, graph: GraphId) -> Self {
        Self { store, graph }
    }

    /// Keeps address and credential, in place of those before.
    pub(crate) async fn keep(&self, account: AccountId, secret: &Secret) -> Result<(), StoreError> {
        self.store.put_secret(self.graph, account, &secret.to_bytes()).await
    }

    /// Address and credential, if there are any.
    pub(crate) async fn secret(&self, account: AccountId) -> Result<Option<Secret>, StoreError> {
        let bytes = self.store.secret(self.graph, account).await?;
        Ok(bytes.as_deref().and_then(Secret::from_bytes))
    }

    /// Forgets all that is kept of an account.
    pub(crate) async fn forget(&self, account: AccountId) -> Result<(), StoreError> {
        self.store.delete_secret(self.graph, account).await
    }
}

impl Accounts for StoredAccounts {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let secret = self.secret(account.id).await.map_err(|error| not_stored(&error))?;
        let secret = secret.ok_or_else(no_secret)?;
        let provider = provider(&account.provider, &secret)?;
        Ok(Opened { provider, credential: secret.credential })
    }

    async fn remember(&self, _: GraphId, account: AccountId, text: &str) -> Result<bool, Failure> {
        // Read just before it is written: a new password may have come meanwhile.
        let secret = self.secret(account).await.map_err(|error| not_stored(&error))?;
        let Some(secret) = secret.filter(|secret| secret.memory != text) else {
            return Ok(false);
        };
        let secret = Secret { memory: text.to_owned(), ..secret };
        self.keep(account, &secret).await.map(|()| true).map_err(|error| not_stored(&error))
    }
}

/// The provider of this kind at the secret's address.
pub(crate) fn provider(kind: &str, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
    let (url, remember) = (secret.address.clone(), secret.memory.clone());
    match kind {
        CALDAV => {
            let user = match &secret.credential {
                Credential::Basic { user, .. } | Credential::Digest { user, .. } => user.clone(),
                Credential::Bearer(_) | Credential::None => String::new(),
            };
            Ok(Arc::new(Caldav::new(CaldavConfig { url, user, remember })))
        }
        FEED => Ok(Arc::new(Feed::new(FeedConfig { url, remember }))),
        _ => Err(failure(
            FailureClass::Unsupported,
            "account.kind",
            "this program does not know the account's kind: remove the account",
        )),
    }
}

fn no_secret() -> Failure {
    failure(
        FailureClass::SignIn,
        "account.no-secret",
        "no credentials are kept for the account: add it again under the same name",
    )
}

fn not_stored(error: &StoreError) -> Failure {
    failure(FailureClass::Transient, "account.store", &error.to_string())
}

fn failure(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
