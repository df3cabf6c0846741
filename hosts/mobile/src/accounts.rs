//! Accounts whose address and credential lie in the platform's secure storage.

use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Credential, Provider};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_kit::Secret;

use crate::clock::SteadyClock;
use crate::http::MobileHttp;
use crate::platform::{SecureStorage, StorageFailure};
use crate::refresh::Refreshing;

/// Makes providers by their kind: what the application plugs in.
pub trait Catalog: Send + Sync {
    /// The provider of an account with this secret.
    ///
    /// # Errors
    /// A [`Failure`] where the kind is not known here or the address makes no sense to it.
    fn provider(&self, kind: &str, secret: &Secret) -> Result<Arc<dyn Provider>, Failure>;
}

/// Accounts in secure storage, one entry each. Tokens that run out are refreshed, each by one
/// caller, and lie there before they are used.
#[derive(Clone)]
pub struct KeptAccounts<C> {
    storage: Arc<dyn SecureStorage>,
    catalog: C,
    pub(crate) http: MobileHttp,
    pub(crate) clock: SteadyClock,
    pub(crate) refreshing: Refreshing,
}

impl<C> std::fmt::Debug for KeptAccounts<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAccounts").finish_non_exhaustive()
    }
}

impl<C: Catalog> KeptAccounts<C> {
    pub(crate) fn new(
        storage: Arc<dyn SecureStorage>,
        catalog: C,
        (http, clock): (MobileHttp, SteadyClock),
    ) -> Self {
        Self { storage, catalog, http, clock, refreshing: Refreshing::default() }
    }

    /// Keeps the secret of an account, in place of the one before.
    ///
    /// # Errors
    /// [`StorageFailure`].
    pub fn keep(&self, account: AccountId, secret: &Secret) -> Result<(), StorageFailure> {
        self.storage.put(&key(account), &secret.to_bytes())
    }

    /// Forgets all that is kept of an account.
    ///
    /// # Errors
    /// [`StorageFailure`].
    pub fn forget(&self, account: AccountId) -> Result<(), StorageFailure> {
        self.storage.delete(&key(account))
    }

    /// A provider and what it is talked to with, for an account that is not added yet.
    ///
    /// # Errors
    /// As [`Catalog::provider`].
    pub fn try_out(&self, kind: &str, secret: &Secret) -> Result<Opened, Failure> {
        let provider = self.catalog.provider(kind, secret)?;
        Ok(Opened { provider, credential: secret.credential.clone() })
    }

    /// The secret of an account, if it has one.
    ///
    /// # Errors
    /// A [`Failure`] where it cannot be read.
    pub fn secret(&self, account: AccountId) -> Result<Option<Secret>, Failure> {
        let bytes = self.storage.get(&key(account)).map_err(|error| not_kept(&error))?;
        Ok(bytes.as_deref().and_then(Secret::from_bytes))
    }
}

impl<C: Catalog> Accounts for KeptAccounts<C> {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let secret = self.fresh(account.id, None).await?;
        self.try_out(&account.provider, &secret)
    }

    async fn refused(
        &self,
        _: GraphId,
        account: &Account,
        spent: &Credential,
        failure: &Failure,
    ) -> Result<Option<Opened>, Failure> {
        let Credential::Bearer(token) = spent else { return Ok(None) };
        let secret = self.fresh(account.id, Some((token, failure))).await?;
        Ok(self.try_out(&account.provider, &secret)?.unless_spent(spent))
    }

    async fn remember(&self, _: GraphId, account: AccountId, text: &str) -> Result<bool, Failure> {
        let Some(mut secret) = self.secret(account)?.filter(|secret| secret.memory != text) else {
            return Ok(false);
        };
        text.clone_into(&mut secret.memory);
        self.keep(account, &secret).map_err(|error| not_kept(&error))?;
        Ok(true)
    }
}

fn key(account: AccountId) -> String {
    format!("kalends.account.{account}")
}

pub(crate) fn no_secret() -> Failure {
    failure(FailureClass::SignIn, "account.no-secret", "no credentials are kept: sign in again")
}

pub(crate) fn not_kept(error: &StorageFailure) -> Failure {
    failure(FailureClass::Transient, "account.storage", &error.to_string())
}

pub(crate) fn failure(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
