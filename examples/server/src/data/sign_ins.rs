//! Credentials of accounts, and the end of those whose account is gone.

use std::time::Duration;

use kalends::core::ids::AccountId;
use kalends::core::ports::StoreError;
use kalends::core::provider::FailureClass;
use kalends_tokio::{Secret, end_grant};

use super::{Data, GRAPH_SECRET};
use crate::error::CliError;
use crate::failpoint::Passing;
use crate::outcome::warn;

impl Data {
    /// Ends the sign-ins of accounts that are gone and forgets their credentials, whoever removed
    /// them and however that ended. Those that wait for their mirrors to go are still there. While an
    /// account is added, none is forgotten: the next sync does so.
    pub(crate) async fn forget_removed(&self) -> Result<(), CliError> {
        self.forget_removed_within(Duration::ZERO).await
    }

    /// The same; whoever adds an account is waited for so long.
    pub(crate) async fn forget_removed_within(&self, patience: Duration) -> Result<(), CliError> {
        if self.removed().await?.is_empty() {
            return Ok(());
        }
        let Some(_nobody_adds) = self.nobody_adds(patience).await? else { return Ok(()) };
        for account in self.removed().await? {
            self.end_sign_in(account).await?;
        }
        Ok(())
    }

    /// What credentials are kept for that is no account.
    async fn removed(&self) -> Result<Vec<AccountId>, CliError> {
        let kept = self.store.secrets(self.keys.graph).await?;
        let config = self.config().await?;
        let gone = |id: &AccountId| *id != GRAPH_SECRET && !config.accounts.contains_key(id);
        Ok(kept.into_iter().filter(gone).collect())
    }

    /// The credentials of an account, where they can be opened: what nobody can open is of no use to
    /// anybody.
    pub(crate) async fn credentials(
        &self,
        account: AccountId,
    ) -> Result<Option<Vec<u8>>, CliError> {
        match self.store.secret(self.keys.graph, account).await {
            Err(StoreError::Corrupt(_)) => Ok(None),
            kept => Ok(kept?),
        }
    }

    /// Ends the sign-in of an account at its provider, then forgets its credentials. Where the
    /// provider cannot be reached they stay for the next time: only they can end it. Where the provider
    /// refuses, an erasure that is under way is told so before they go.
    pub(crate) async fn end_sign_in(&self, account: AccountId) -> Result<(), CliError> {
        let kept = self.credentials(account).await?;
        if let Some(secret) = kept.and_then(|bytes| Secret::from_bytes(&bytes))
            && let Err(failure) = end_grant(&Passing(self.http()?), &secret).await
        {
            let passes = matches!(
                failure.class,
                FailureClass::Transient | FailureClass::Throttled | FailureClass::Unknown
            );
            warn(&format!(
                "a sign-in could not be ended at its provider ({}){}",
                failure.code,
                if passes { ": the next sync tries again" } else { ": end it there" }
            ));
            if passes {
                return Ok(());
            }
            self.registry().await?.sign_in_stays(self.keys.graph, account)?;
        }
        self.store.delete_secret(self.keys.graph, account).await?;
        Ok(())
    }
}
