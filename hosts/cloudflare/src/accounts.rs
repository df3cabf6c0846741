//! Accounts whose address and credential lie sealed in the object.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kalends_core::account::Next;
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Clock as _, Credential, Provider, StoreError};
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::{Accounts, Opened};
use kalends_kit::Secret;
use worker::Delay;

use crate::refresh::{Spent, refresh};
use crate::{FetchHttp, ObjectStore, WorkerClock};

/// Makes providers by their kind: what the application plugs in.
pub trait Catalog {
    /// The provider of an account at its secret's address, with what its last discovery wanted to
    /// be given again.
    ///
    /// # Errors
    /// A [`Failure`] where the kind is not known here or the address makes no sense to it.
    fn provider(&self, account: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure>;
}

/// Accounts of the graph that the object holds. Tokens that run out are refreshed, each by one caller,
/// and lie sealed in the object before they are used.
#[derive(Debug, Clone)]
pub struct ObjectAccounts<C> {
    pub(crate) secrets: Secrets,
    pub(crate) http: FetchHttp,
    catalog: Rc<C>,
    pub(crate) adding: Rc<Cell<u32>>,
}

impl<C: Catalog> ObjectAccounts<C> {
    /// Accounts in this store, whose tokens are refreshed over `http`.
    #[must_use]
    pub fn new(store: ObjectStore, http: FetchHttp, catalog: C) -> Self {
        let (secrets, adding) = (Secrets(store), Rc::default());
        Self { secrets, http, catalog: Rc::new(catalog), adding }
    }

    /// Keeps the secret of an account, in place of the one before. For one that is not there yet, hold
    /// what [`ObjectAccounts::adding`] gives until it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(
        &self,
        graph: GraphId,
        account: AccountId,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        self.secrets.0.put_secret(graph, account, &secret.to_bytes())
    }

    /// The secret with a token that can be used. `spent`: a token that was refused just now, and
    /// why.
    async fn fresh(
        &self,
        place: (GraphId, AccountId),
        spent: Option<(&str, &Failure)>,
    ) -> Result<Secret, Failure> {
        for _ in 0..ROUNDS_MAX {
            let secret = self.secrets.read(place)?;
            let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(secret) };
            let token = spent.map(|(token, _)| token);
            match sign_in.grant.next(token, WorkerClock.now()) {
                Next::Use => return Ok(secret),
                Next::Stop(failure) => return Err(failure),
                Next::Wait(_) => Delay::from(PAUSE).await,
                Next::Refresh(leased) => {
                    // Nothing comes between the reading and this: the lease is ours alone.
                    let leased = secret.with(*leased);
                    self.secrets.keep(place, &leased)?;
                    let spent = spent.map(|(token, why)| Spent::new(token, why));
                    return refresh(self.secrets.clone(), self.http.clone(), place, leased, spent)
                        .await;
                }
            }
        }
        Err(failed(FailureClass::Transient, "account.busy", "others refresh its sign-in: wait"))
    }

    fn opened(&self, account: &Account, secret: Secret) -> Result<Opened, Failure> {
        let provider = self.catalog.provider(account, &secret)?;
        Ok(Opened { provider, credential: secret.credential })
    }
}

/// Pauses for another's refresh: together more than a lease.
const ROUNDS_MAX: u32 = 300;
const PAUSE: Duration = Duration::from_millis(200);

impl<C: Catalog> Accounts for ObjectAccounts<C> {
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
        let mut secret = self.secrets.read((graph, account))?;
        if secret.memory == text {
            return Ok(false);
        }
        text.clone_into(&mut secret.memory);
        self.secrets.keep((graph, account), &secret)?;
        Ok(true)
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

/// Secrets of accounts, where they lie.
#[derive(Debug, Clone)]
pub(crate) struct Secrets(pub(crate) ObjectStore);

impl Secrets {
    pub(crate) fn read(&self, (graph, account): (GraphId, AccountId)) -> Result<Secret, Failure> {
        let kept = self.0.secret(graph, account).map_err(|error| unstored(&error))?;
        kept.and_then(|(bytes, _)| Secret::from_bytes(&bytes)).ok_or_else(|| {
            let detail = "no credentials are kept: sign in again";
            failed(FailureClass::SignIn, "account.no-secret", detail)
        })
    }

    pub(crate) fn keep(
        &self,
        (graph, account): (GraphId, AccountId),
        secret: &Secret,
    ) -> Result<(), Failure> {
        let kept = self.0.put_secret(graph, account, &secret.to_bytes());
        kept.map_err(|error| unstored(&error))
    }
}

fn unstored(error: &StoreError) -> Failure {
    failed(FailureClass::Transient, "account.store", &error.to_string())
}

pub(crate) fn failed(class: FailureClass, code: &str, detail: &str) -> Failure {
    Failure { class, code: code.to_owned(), detail: detail.to_owned(), retry_at: None }
}
