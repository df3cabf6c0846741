//! Accounts whose address and credential lie sealed in the object.

use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Provider, StoreError};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_kit::Secret;

use crate::ObjectStore;

/// Makes providers by their kind: what the application plugs in.
pub trait Catalog {
    /// The provider of an account at its secret's address, with what its last discovery wanted to
    /// be given again.
    ///
    /// # Errors
    /// A [`Failure`] where the kind is not known here or the address makes no sense to it.
    fn provider(&self, account: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure>;
}

/// Accounts of the graph that the object holds. A credential is used as it was kept: one that runs
/// out has to be kept anew.
#[derive(Debug, Clone)]
pub struct ObjectAccounts<C> {
    store: ObjectStore,
    catalog: C,
}

impl<C: Catalog> ObjectAccounts<C> {
    /// Accounts in this store.
    #[must_use]
    pub const fn new(store: ObjectStore, catalog: C) -> Self {
        Self { store, catalog }
    }

    /// Keeps the secret of an account, in place of the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(
        &self,
        graph: GraphId,
        account: AccountId,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        self.store.put_secret(graph, account, &secret.to_bytes())
    }

    fn secret(&self, graph: GraphId, account: AccountId) -> Result<Secret, Failure> {
        let kept = self.store.secret(graph, account).map_err(|error| unread(&error))?;
        kept.and_then(|(bytes, _)| Secret::from_bytes(&bytes)).ok_or_else(|| Failure {
            class: FailureClass::SignIn,
            code: "account.no-secret".to_owned(),
            detail: "no credentials are kept: sign in again".to_owned(),
            retry_at: None,
        })
    }
}

impl<C: Catalog> Accounts for ObjectAccounts<C> {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        let secret = self.secret(graph, account.id)?;
        let provider = self.catalog.provider(account, &secret)?;
        Ok(Opened { provider, credential: secret.credential })
    }

    async fn remember(
        &self,
        graph: GraphId,
        account: AccountId,
        text: &str,
    ) -> Result<bool, Failure> {
        let mut secret = self.secret(graph, account)?;
        if secret.memory == text {
            return Ok(false);
        }
        text.clone_into(&mut secret.memory);
        self.keep(graph, account, &secret).map_err(|error| unread(&error))?;
        Ok(true)
    }
}

fn unread(error: &StoreError) -> Failure {
    Failure {
        class: FailureClass::Transient,
        code: "account.store".to_owned(),
        detail: error.to_string(),
        retry_at: None,
    }
}
