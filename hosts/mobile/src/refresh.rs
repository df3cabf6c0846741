//! Tokens that run out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::account::Next;
use kalends_core::ids::AccountId;
use kalends_core::ports::Clock as _;
use kalends_core::provider::{Failure, FailureClass};
use kalends_driver::Timer as _;
use kalends_kit::oauth::ask_for_tokens;
use kalends_kit::{Secret, SignIn};

use crate::accounts::{Catalog, KeptAccounts, failure, no_secret, not_kept};

/// Looks at what another caller refreshes, and the pause between two: together longer than one
/// request may take.
const LOOKS_MAX: u32 = 300;
const PAUSE_MS: i64 = 200;

impl<C: Catalog> KeptAccounts<C> {
    /// The secret with a token that can be used. `spent`: a token that was refused just now, and
    /// why.
    pub(crate) async fn fresh(
        &self,
        account: AccountId,
        spent: Option<(&str, &Failure)>,
    ) -> Result<Secret, Failure> {
        let token = spent.map(|(token, _)| token);
        for _ in 0..LOOKS_MAX {
            let secret = self.secret(account)?.ok_or_else(no_secret)?;
            let Some(sign_in) = secret.sign_in.as_deref() else { return Ok(secret) };
            match sign_in.grant.next(token, self.clock.now()) {
                Next::Use => return Ok(secret),
                Next::Stop(failure) => return Err(failure),
                // Nobody else works with this storage: who refreshes is known here, and no lease
                // is kept that would outlive a process.
                Next::Wait(_) | Next::Refresh(_) => match self.refreshing.begin(account) {
                    Some(_alone) => return self.refresh(account, sign_in, spent).await,
                    None => {
                        let soon = self.clock.now().saturating_add_millis(PAUSE_MS);
                        self.clock.until(soon).await;
                    }
                },
            }
        }
        let detail = "the sign-in is being refreshed: wait";
        Err(failure(FailureClass::Transient, "account.busy", detail))
    }

    /// Asks for new tokens. Where somebody signed in anew meanwhile, that holds.
    async fn refresh(
        &self,
        account: AccountId,
        before: &SignIn,
        spent: Option<(&str, &Failure)>,
    ) -> Result<Secret, Failure> {
        let request = before.refresh(spent.map(|(_, why)| why));
        let asked = ask_for_tokens(&self.http, request, &self.clock).await;
        let secret = self.secret(account)?.ok_or_else(no_secret)?;
        if secret.sign_in.as_deref() != Some(before) {
            return Ok(secret);
        }
        let after = before.after(&asked, spent.map(|(_, why)| why));
        let alive = after.is_alive(spent.map(|(token, _)| token), self.clock.now());
        // What was remembered meanwhile stays.
        let secret = secret.with(after);
        self.keep(account, &secret).map_err(|error| not_kept(&error))?;
        match asked {
            Err(failure) if !alive => Err(failure),
            Ok(_) | Err(_) => Ok(secret),
        }
    }
}

/// The accounts whose tokens are being refreshed. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refreshing(Arc<Mutex<BTreeSet<AccountId>>>);

impl Refreshing {
    /// Begins one, unless it is under way. Its end is the drop of what comes back, also where the
    /// sync is cancelled.
    fn begin(&self, account: AccountId) -> Option<Alone<'_>> {
        let first = self.held().insert(account);
        // Made only then: what is dropped ends the refresh.
        first.then(|| Alone { of: self, account })
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<AccountId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Alone<'a> {
    of: &'a Refreshing,
    account: AccountId,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.of.held().remove(&self.account);
    }
}
