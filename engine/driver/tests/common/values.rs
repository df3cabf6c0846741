//! Accounts whose provider is a server of values.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Credential, RecordsCall};
use kalends_core::provider::{Done, Failure, Output};
use kalends_driver::{Accounts, Opened};
use kalends_testkit::values::User;

/// The user behind each account.
#[derive(Clone, Default)]
pub(crate) struct Users(pub(crate) Arc<BTreeMap<AccountId, User>>);

impl Accounts for Users {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let user = self.0[&account.id].clone();
        Ok(Opened { provider: Arc::new(user), credential: Credential::None })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        self.0[&account].carry(&call.op)
    }
}
