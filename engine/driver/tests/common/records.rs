//! Accounts whose provider is an app's records.

use std::sync::Arc;

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Credential, RecordsCall};
use kalends_core::provider::{Done, Failure, Output};
use kalends_driver::{Accounts, Opened};
use kalends_testkit::mailbox::Post;
use kalends_testkit::records::World;

/// An app with records and, where it reads mail, a mailbox under an account of its own.
#[derive(Clone, Default)]
pub(crate) struct App {
    pub(crate) world: World,
    pub(crate) post: Option<(AccountId, Post)>,
}

impl App {
    fn post(&self, account: AccountId) -> Option<&Post> {
        self.post.as_ref().filter(|(id, _)| *id == account).map(|(_, post)| post)
    }
}

impl Accounts for App {
    async fn open(&self, _: GraphId, account: &Account) -> Result<Opened, Failure> {
        let credential = Credential::None;
        Ok(match self.post(account.id) {
            Some(post) => Opened { provider: Arc::new(post.clone()), credential },
            None => Opened { provider: Arc::new(self.world.clone()), credential },
        })
    }

    async fn remember(&self, _: GraphId, _: AccountId, _: &str) -> Result<bool, Failure> {
        Ok(false)
    }

    async fn records(&self, account: AccountId, call: RecordsCall) -> (Vec<Output>, Done) {
        match self.post(account) {
            Some(post) => post.carry(&call.op),
            None => self.world.carry(&call.op),
        }
    }
}
