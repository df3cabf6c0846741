//! Credentials whose account is gone: the sign-in is ended at its provider, and then they go.

use std::cell::Cell;
use std::rc::Rc;

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{GraphStore as _, StoreError};
use kalends_core::provider::FailureClass;
use kalends_core::slice::ReadSet;
use kalends_kit::{Secret, oauth};

use crate::http::within;
use crate::refresh::ANSWER;
use crate::{ObjectAccounts, WorkerClock};

/// Somebody adds an account for as long as this lives: no credentials are forgotten meanwhile.
#[derive(Debug)]
pub struct Adding(Rc<Cell<u32>>);

impl Drop for Adding {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl<C> ObjectAccounts<C> {
    /// Says that an account is being added, whose credentials are kept before it is there.
    #[must_use]
    pub fn adding(&self) -> Adding {
        self.adding.set(self.adding.get() + 1);
        Adding(Rc::clone(&self.adding))
    }

    /// Ends the sign-ins of accounts that are gone and forgets their credentials, however they went.
    /// Those that wait for their mirrors to go are still there. Where a provider cannot be reached they
    /// stay for the next time: only they can end it.
    pub(crate) async fn forget_removed(&self, graph: GraphId) -> Result<(), StoreError> {
        let store = &self.secrets.0;
        for account in store.secrets(graph)? {
            if !self.is_gone(graph, account).await? {
                continue;
            }
            // What nobody can open is of no use to anybody.
            let kept = match store.secret(graph, account) {
                Err(StoreError::Corrupt(_)) => None,
                kept => kept?.and_then(|(bytes, _)| Secret::from_bytes(&bytes)),
            };
            let ends = match &kept {
                Some(secret) => self.ends(secret).await,
                None => true,
            };
            if ends && self.is_gone(graph, account).await? {
                store.delete_secret(graph, account)?;
            }
        }
        Ok(())
    }

    /// Whether credentials are of no more use: their sign-in has ended, or never will from here.
    async fn ends(&self, secret: &Secret) -> bool {
        let ended = within(ANSWER, oauth::end_grant(&self.http, secret, &WorkerClock)).await;
        let Ok(ended) = ended else { return false };
        ended.err().is_none_or(|failure| {
            let class = failure.class;
            let passes = matches!(
                class,
                FailureClass::Transient | FailureClass::Throttled | FailureClass::Unknown
            );
            worker::console_warn!("a sign-in was not ended at its provider: {}", failure.code);
            !passes
        })
    }

    /// Looked at after each wait: an account that was removed may have come back.
    async fn is_gone(&self, graph: GraphId, account: AccountId) -> Result<bool, StoreError> {
        let config = self.secrets.0.load(graph, &ReadSet::default()).await?.config;
        Ok(self.adding.get() == 0 && !config.accounts.contains_key(&account))
    }
}
