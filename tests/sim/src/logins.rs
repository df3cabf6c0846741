//! Who signs in to the simulator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kalends_caldav::{Caldav, CaldavConfig};
use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::Credential;
use kalends_core::provider::Failure;
use kalends_driver::{Accounts, Opened};

/// The sign-ins of a world. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Logins(Arc<Mutex<BTreeMap<AccountId, CaldavConfig>>>);

impl Logins {
    /// Keeps how an account is talked to.
    pub fn add(&self, account: AccountId, config: CaldavConfig) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(account, config);
    }

    /// What a sign-in comes to. Every password is the user's name.
    #[must_use]
    pub fn opened(config: &CaldavConfig) -> Opened {
        let user = config.user.clone();
        Opened {
            provider: Arc::new(Caldav::new(config.clone())),
            credential: Credential::Basic { password: user.clone(), user },
        }
    }
}

impl Accounts for Logins {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Self::opened(&logins[&account.id]))
    }

    async fn remember(&self, _: GraphId, account: AccountId, text: &str) -> Result<bool, Failure> {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(config) = logins.get_mut(&account) else { return Ok(false) };
        let other = config.remember != text;
        text.clone_into(&mut config.remember);
        Ok(other)
    }
}
