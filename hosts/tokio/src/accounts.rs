//! Accounts with sealed secrets.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kalends_core::account::{Grant, Next, Tokens};
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Clock as _, Credential, HttpRequest, Provider, StoreError};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_sqlite::SqliteStore;

use crate::clock::SystemClock;
use crate::refresh::{Spent, refresh};
use crate::tokens::TokenDesk;
use kalends_kit::Secret;

/// Bytes of an account, opened and as they lie sealed, if there are any.
pub type Kept<S> = Option<(Vec<u8>, S)>;

/// Keeps bytes of accounts beside the graphs, sealed.
pub trait SecretStore: Clone + Send + Sync + 'static {
    /// Bytes as they lie sealed: what others are put in the place of.
    type Sealed: Send + Sync + 'static;

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

impl TokenDesk for NoSignIn {
    async fn ask(&self, _: HttpRequest) -> Result<Tokens, Failure> {
        Err(no_desk())
    }
}

impl<S: SecretStore, C: Catalog> SealedAccounts<S, C> {
    /// Accounts over a store of secrets and a catalogue of providers.
    #[must_use]
    pub const fn new(secrets: S, catalog: C) -> Self {
        Self { secrets, catalog, http: NoSignIn }
    }
}

impl<S: SecretStore, C: Catalog, H: TokenDesk> SealedAccounts<S, C, H> {
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
        Ok(self.read((graph, account)).await?.map(|(secret, _)| secret))
    }

    /// Refreshes the sign-in of an account now, though its token may be good still, and says what is
    /// granted since. Who refreshes it meanwhile, here or in another process, is waited for: two who
    /// want it at once are one refresh.
    ///
    /// # Errors
    /// A [`Failure`] by class: `SignIn` and `Consent` where only a person helps, `Unsupported` where
    /// nothing of the account can be refreshed, and those that may pass.
    pub async fn refresh(&self, graph: GraphId, account: AccountId) -> Result<Grant, Failure> {
        let place = (graph, account);
        let (secret, _) = self.read(place).await?.ok_or_else(no_secret)?;
        let sign_in = secret.sign_in.ok_or_else(nothing_to_refresh)?;
        let is_bare = sign_in.grant.refresh.is_none();
        if is_bare && sign_in.grant.is_alive(None, SystemClock.now()) {
            return Err(nothing_to_refresh());
        }
        let why = failure(FailureClass::SignIn, "account.asked", "a refresh was asked for");
        let fresh = self.fresh(place, Some((&sign_in.grant.access, &why))).await?;
        fresh.sign_in.map(|sign_in| sign_in.grant).ok_or_else(nothing_to_refresh)
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
        place: (GraphId, AccountId),
    ) -> Result<Option<(Secret, S::Sealed)>, Failure> {
        read(&self.secrets, place).await.map_err(|error| not_stored(&error))?.transpose()
    }

    async fn replace(
        &self,
        place: (GraphId, AccountId),
        read: &S::Sealed,
        secret: &Secret,
    ) -> Result<bool, Failure> {
        replace(&self.secrets, place, read, secret).await.map_err(|error| not_stored(&error))
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
            let (secret, read) = self.read(place).await?.ok_or_else(no_secret)?;
            let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(secret) };
            match sign_in.grant.next(token, SystemClock.now()) {
                Next::Use => return Ok(secret),
                Next::Stop(failure) => return Err(failure),
                Next::Wait(_) => tokio::time::sleep(PAUSE).await,
                Next::Refresh(leased) => {
                    let leased = secret.with(*leased);
                    if self.replace(place, &read, &leased).await? {
                        let spent = spent.map(|(token, why)| Spent {
                            token: token.to_owned(),
                            why: why.clone(),
                        });
                        let (secrets, desk) = (self.secrets.clone(), self.http.clone());
                        return refresh(secrets, desk, place, (leased, spent)).await;
                    }
                }
            }
        }
        Err(busy())
    }

    fn opened(&self, account: &Account, secret: Secret) -> Result<Opened, Failure> {
        let provider = self.catalog.provider(account, &secret)?;
        Ok(Opened { provider, credential: secret.credential })
    }
}

/// Tries of one change, and pauses for another's: together more than a lease.
pub(crate) const ROUNDS_MAX: u32 = 300;
const PAUSE: Duration = Duration::from_millis(200);
impl<S: SecretStore, C: Catalog, H: TokenDesk> Accounts for SealedAccounts<S, C, H> {
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
            let Some((mut secret, read)) = self.read((graph, account)).await? else {
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
        Err(busy())
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
        Ok(self.opened(account, secret)?.unless_spent(spent))
    }
}

/// The bytes of an account, opened and read, and as they lie sealed.
pub(crate) async fn read<S: SecretStore>(
    secrets: &S,
    (graph, account): (GraphId, AccountId),
) -> Result<Option<Result<(Secret, S::Sealed), Failure>>, StoreError> {
    let kept = secrets.get(graph, account).await?;
    Ok(kept.map(|(plain, sealed)| {
        Secret::from_bytes(&plain).map(|secret| (secret, sealed)).ok_or_else(unreadable)
    }))
}

/// Keeps a secret in place of the one that was read; whether it did.
pub(crate) async fn replace<S: SecretStore>(
    secrets: &S,
    (graph, account): (GraphId, AccountId),
    read: &S::Sealed,
    secret: &Secret,
) -> Result<bool, StoreError> {
    secrets.replace(graph, account, read, &secret.to_bytes()).await
}

pub(crate) fn busy() -> Failure {
    let detail = "others change the account, or refresh its sign-in: wait";
    failure(FailureClass::Transient, "account.busy", detail)
}

fn no_desk() -> Failure {
    let detail = "this program refreshes no sign-ins: sign in again";
    failure(FailureClass::SignIn, "account.no-desk", detail)
}

pub(crate) fn no_secret() -> Failure {
    failure(FailureClass::SignIn, "account.no-secret", "no credentials are kept: sign in again")
}

fn nothing_to_refresh() -> Failure {
    let detail = "the account has no sign-in whose tokens are refreshed";
    failure(FailureClass::Unsupported, "account.nothing-to-refresh", detail)
}

fn unreadable() -> Failure {
    let detail = "the credentials were kept by another version: sign in again";
    failure(FailureClass::SignIn, "account.unreadable", detail)
}

fn not_stored(error: &StoreError) -> Failure {
    failure(FailureClass::Transient, "account.store", &error.to_string())
}

pub(crate) fn failure(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
