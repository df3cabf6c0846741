//! Accounts with sealed secrets.

use std::future::Future;
use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Provider, StoreError};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_sqlite::SqliteStore;

use crate::secret::Secret;

/// Keeps bytes of accounts beside the graphs, sealed.
pub trait SecretStore: Send + Sync {
    /// The bytes of an account, opened, if there are any.
    fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Seals and keeps bytes of an account, in place of those before.
    fn put(
        &self,
        graph: GraphId,
        account: AccountId,
        plain: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the bytes of an account.
    fn remove(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl SecretStore for SqliteStore {
    fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        self.secret(graph, account)
    }

    fn put(
        &self,
        graph: GraphId,
        account: AccountId,
        plain: &[u8],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.put_secret(graph, account, plain)
    }

    fn remove(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.delete_secret(graph, account)
    }
}

/// Makes providers by their kind: what the application plugs in.
pub trait Catalog: Send + Sync {
    /// The provider of an account at this address. `memory` is what its last discovery wanted to
    /// be given again, or empty.
    ///
    /// # Errors
    /// A [`Failure`] where the kind is not known here or the address makes no sense to it.
    fn provider(
        &self,
        account: &Account,
        address: &str,
        memory: &str,
    ) -> Result<Arc<dyn Provider>, Failure>;
}

/// Accounts whose address, credential and discovery text lie sealed in a store.
#[derive(Debug, Clone, Copy)]
pub struct SealedAccounts<S, C> {
    secrets: S,
    catalog: C,
}

impl<S: SecretStore, C: Catalog> SealedAccounts<S, C> {
    /// Accounts over a store of secrets and a catalogue of providers.
    #[must_use]
    pub const fn new(secrets: S, catalog: C) -> Self {
        Self { secrets, catalog }
    }

    /// Keeps the secret of an account, in place of the one before.
    ///
    /// # Errors
    /// A [`Failure`] where the store fails.
    pub async fn keep(
        &self,
        graph: GraphId,
        account: AccountId,
        secret: &Secret,
    ) -> Result<(), Failure> {
        let put = self.secrets.put(graph, account, &secret.to_bytes()).await;
        put.map_err(|error| not_stored(&error))
    }

    /// The secret of an account, if it has one.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be read.
    pub async fn secret(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<Secret>, Failure> {
        let plain = self.secrets.get(graph, account).await.map_err(|error| not_stored(&error))?;
        let secret = plain.map(|plain| Secret::from_bytes(&plain).ok_or_else(unreadable));
        secret.transpose()
    }

    /// Forgets all that is kept of an account.
    ///
    /// # Errors
    /// A [`Failure`] where the store fails.
    pub async fn forget(&self, graph: GraphId, account: AccountId) -> Result<(), Failure> {
        self.secrets.remove(graph, account).await.map_err(|error| not_stored(&error))
    }
}

impl<S: SecretStore, C: Catalog> Accounts for SealedAccounts<S, C> {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        let secret = self.secret(graph, account.id).await?.ok_or_else(no_secret)?;
        let provider = self.catalog.provider(account, &secret.address, &secret.memory)?;
        Ok(Opened { provider, credential: secret.credential })
    }

    async fn remember(
        &self,
        graph: GraphId,
        account: AccountId,
        text: &str,
    ) -> Result<bool, Failure> {
        // Read just before it is written: a new credential may have come meanwhile.
        let Some(mut secret) = self.secret(graph, account).await? else { return Ok(false) };
        if secret.memory == text {
            return Ok(false);
        }
        text.clone_into(&mut secret.memory);
        self.keep(graph, account, &secret).await?;
        Ok(true)
    }
}

fn no_secret() -> Failure {
    failure(FailureClass::SignIn, "account.no-secret", "no credentials are kept: sign in again")
}

fn unreadable() -> Failure {
    let detail = "the credentials were kept by another version: sign in again";
    failure(FailureClass::SignIn, "account.unreadable", detail)
}

fn not_stored(error: &StoreError) -> Failure {
    failure(FailureClass::Transient, "account.store", &error.to_string())
}

fn failure(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
