//! Accounts with sealed secrets.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kalends_core::account::{Grant, Next};
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{
    Clock as _, Credential, Http, HttpBody, HttpFailure, HttpHead, HttpRequest, Provider,
    StoreError,
};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_sqlite::SqliteStore;

use crate::clock::SystemClock;
use crate::tokens::ask_for_tokens;
use kalends_kit::Secret;

/// Bytes of an account, opened and as they lie sealed, if there are any.
pub type Kept<S> = Option<(Vec<u8>, S)>;

/// Keeps bytes of accounts beside the graphs, sealed.
pub trait SecretStore: Send + Sync {
    /// Bytes as they lie sealed: what others are put in the place of.
    type Sealed: Send + Sync;

    /// The bytes of an account, opened and as they lie sealed, if there are any.
    fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Kept<Self::Sealed>, StoreError>> + Send;

    /// Seals and keeps bytes of an account, in place of those that were read. Whether it did: where
    /// others lie there by now, nothing changes.
    fn replace(
        &self,
        graph: GraphId,
        account: AccountId,
        read: &Self::Sealed,
        plain: &[u8],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

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
    type Sealed = kalends_sqlite::Sealed;

    fn get(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Kept<Self::Sealed>, StoreError>> + Send {
        self.sealed_secret(graph, account)
    }

    fn replace(
        &self,
        graph: GraphId,
        account: AccountId,
        read: &Self::Sealed,
        plain: &[u8],
    ) -> impl Future<Output = Result<bool, StoreError>> + Send {
        self.replace_secret(graph, account, read, plain)
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
    /// The provider of an account at its secret's address, with what its last discovery wanted to
    /// be given again.
    ///
    /// # Errors
    /// A [`Failure`] where the kind is not known here or the address makes no sense to it.
    fn provider(&self, account: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure>;
}

/// Accounts whose address, credential and discovery text lie sealed in a store. Tokens that run out
/// are refreshed over `http`, each by one caller, and lie there before they are used.
#[derive(Debug, Clone, Copy)]
pub struct SealedAccounts<S, C, H = NoSignIn> {
    secrets: S,
    catalog: C,
    http: H,
}

/// For applications whose accounts have no tokens that run out.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSignIn;

impl Http for NoSignIn {
    type Body = Self;

    async fn send(&self, _: HttpRequest) -> Result<(HttpHead, Self), HttpFailure> {
        Err(HttpFailure::BadAddress)
    }
}

impl HttpBody for NoSignIn {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        Ok(None)
    }
}

impl<S: SecretStore, C: Catalog> SealedAccounts<S, C> {
    /// Accounts over a store of secrets and a catalogue of providers.
    #[must_use]
    pub const fn new(secrets: S, catalog: C) -> Self {
        Self { secrets, catalog, http: NoSignIn }
    }
}

impl<S: SecretStore, C: Catalog, H: Http> SealedAccounts<S, C, H> {
    /// The same, refreshing tokens over `http`.
    #[must_use]
    pub const fn refreshing(secrets: S, catalog: C, http: H) -> Self {
        Self { secrets, catalog, http }
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
        Ok(self.read(graph, account).await?.map(|(secret, _)| secret))
    }

    /// Forgets all that is kept of an account.
    ///
    /// # Errors
    /// A [`Failure`] where the store fails.
    pub async fn forget(&self, graph: GraphId, account: AccountId) -> Result<(), Failure> {
        self.secrets.remove(graph, account).await.map_err(|error| not_stored(&error))
    }

    async fn read(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<(Secret, S::Sealed)>, Failure> {
        let kept = self.secrets.get(graph, account).await.map_err(|error| not_stored(&error))?;
        let Some((plain, sealed)) = kept else { return Ok(None) };
        Ok(Some((Secret::from_bytes(&plain).ok_or_else(unreadable)?, sealed)))
    }

    async fn replace(
        &self,
        (graph, account): (GraphId, AccountId),
        read: &S::Sealed,
        secret: &Secret,
    ) -> Result<bool, Failure> {
        let put = self.secrets.replace(graph, account, read, &secret.to_bytes()).await;
        put.map_err(|error| not_stored(&error))
    }

    /// The secret with a token that can be used. `spent`: a token that was refused just now, and
    /// why.
    async fn fresh(
        &self,
        place: (GraphId, AccountId),
        spent: Option<(&str, &Failure)>,
    ) -> Result<Secret, Failure> {
        let token = spent.map(|(token, _)| token);
        for _ in 0..ROUNDS_MAX {
            let (secret, read) = self.read(place.0, place.1).await?.ok_or_else(no_secret)?;
            let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(secret) };
            match sign_in.grant.next(token, SystemClock.now()) {
                Next::Use => return Ok(secret),
                Next::Stop(failure) => return Err(failure),
                Next::Wait(_) => tokio::time::sleep(PAUSE).await,
                Next::Refresh(leased) => {
                    let leased = secret.with(*leased);
                    if self.replace(place, &read, &leased).await? {
                        return self.refresh(place, &leased, spent).await;
                    }
                }
            }
        }
        Err(failure(FailureClass::Transient, "account.busy", "others refresh the sign-in: wait"))
    }

    /// Refreshes under a lease. Where somebody signed in anew meanwhile, that holds.
    async fn refresh(
        &self,
        place: (GraphId, AccountId),
        leased: &Secret,
        spent: Option<(&str, &Failure)>,
    ) -> Result<Secret, Failure> {
        let Some(sign_in) = leased.sign_in.as_deref() else { return Err(no_secret()) };
        let request = sign_in.refresh(spent.map(|(_, why)| why));
        // Well within the lease: whoever takes it over afterwards is alone with the token.
        let asked = tokio::time::timeout(ANSWER, ask_for_tokens(&self.http, request)).await;
        let asked = asked.unwrap_or_else(|_| Err(too_slow()));
        let after = sign_in.after(&asked, spent.map(|(_, why)| why));
        for _ in 0..ROUNDS_MAX {
            let (secret, read) = self.read(place.0, place.1).await?.ok_or_else(no_secret)?;
            let still = secret.sign_in.as_deref().is_some_and(|now| {
                let leased_until = sign_in.grant.leased_until;
                Grant { leased_until, ..now.grant.clone() } == sign_in.grant
            });
            if !still {
                return Ok(secret);
            }
            // What was remembered meanwhile stays.
            let secret = secret.with(after.clone());
            if self.replace(place, &read, &secret).await? {
                let alive = after.is_alive(spent.map(|(token, _)| token), SystemClock.now());
                return match asked {
                    Err(failure) if !alive => Err(failure),
                    Ok(_) | Err(_) => Ok(secret),
                };
            }
        }
        Err(failure(FailureClass::Transient, "account.busy", "others change the account: wait"))
    }

    fn opened(&self, account: &Account, secret: Secret) -> Result<Opened, Failure> {
        let provider = self.catalog.provider(account, &secret)?;
        Ok(Opened { provider, credential: secret.credential })
    }
}

/// Tries of one change, and pauses for another's: together more than a lease.
const ROUNDS_MAX: u32 = 300;
const PAUSE: Duration = Duration::from_millis(200);
/// How long the service that refreshes may take; less than the lease.
const ANSWER: Duration = Duration::from_secs(20);

impl<S: SecretStore, C: Catalog, H: Http> Accounts for SealedAccounts<S, C, H> {
    async fn open(&self, graph: GraphId, account: &Account) -> Result<Opened, Failure> {
        let secret = self.fresh((graph, account.id), None).await?;
        self.opened(account, secret)
    }

    async fn remember(
        &self,
        graph: GraphId,
        account: AccountId,
        text: &str,
    ) -> Result<bool, Failure> {
        for _ in 0..ROUNDS_MAX {
            let Some((mut secret, read)) = self.read(graph, account).await? else {
                return Ok(false);
            };
            if secret.memory == text {
                return Ok(false);
            }
            text.clone_into(&mut secret.memory);
            if self.replace((graph, account), &read, &secret).await? {
                return Ok(true);
            }
        }
        Err(failure(FailureClass::Transient, "account.busy", "others change the account: wait"))
    }

    async fn refused(
        &self,
        graph: GraphId,
        account: &Account,
        spent: &Credential,
        failure: &Failure,
    ) -> Result<Option<Opened>, Failure> {
        let Credential::Bearer(token) = spent else { return Ok(None) };
        let secret = self.fresh((graph, account.id), Some((token, failure))).await?;
        if secret.credential == *spent {
            return Ok(None);
        }
        self.opened(account, secret).map(Some)
    }
}

fn too_slow() -> Failure {
    let detail = "the service that refreshes sign-ins does not answer: it is tried again";
    failure(FailureClass::Transient, "account.slow", detail)
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
