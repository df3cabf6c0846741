//! A catalogue of one provider, which asks its address once and then is done.

use std::path::Path;
use std::sync::{Arc, Mutex};

use kalends_core::graph::Account;
use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Call, Credential, Exchange, HttpRequest, Input, Provider, Turn};
use kalends_core::provider::{Done, Failure, FailureClass, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_sqlite::{KeyVault, SqliteStore};
use kalends_tokio::{Catalog, Secret};

pub(crate) const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
pub(crate) const ACCOUNT: AccountId = AccountId::from_bytes([2; 16]);

/// A store in a folder, with the graph of the tests.
pub(crate) async fn store(folder: &Path) -> SqliteStore {
    let vault = Arc::new(KeyVault::new([9; 32], &[]));
    let store = SqliteStore::open(&folder.join("kalends.db"), vault).unwrap();
    store.create(GRAPH).await.unwrap();
    store
}

/// Remembers what it was asked for.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<(String, String)>>>);

impl Asked {
    /// Addresses and memories, in order.
    pub(crate) fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Catalog for Asked {
    fn provider(&self, _: &Account, secret: &Secret) -> Result<Arc<dyn Provider>, Failure> {
        self.0.lock().unwrap().push((secret.address.clone(), secret.memory.clone()));
        Ok(Arc::new(Once(secret.address.clone())))
    }
}

struct Once(String);

impl Provider for Once {
    fn start(&self, _: &ProviderOp, _: &Credential) -> Result<Box<dyn Exchange>, Failure> {
        Ok(Box::new(Self(self.0.clone())))
    }
}

impl Exchange for Once {
    fn resume(&mut self, input: Input, _: Timestamp) -> Turn {
        match input {
            Input::Start => Turn::Send(Call::Http(HttpRequest {
                method: "GET",
                url: self.0.clone(),
                headers: Vec::new(),
                body: Vec::new(),
                answer_bytes_max: 1_000,
            })),
            Input::Head(_) | Input::Chunk(_) => Turn::More,
            Input::End | Input::Records(..) | Input::Drawn(_) => Turn::Done(Done::Discovered {
                subject: "me".to_owned(),
                makes_calendars: false,
                remember: "home".to_owned(),
            }),
            Input::Failed(failure) => Turn::Done(Done::Failed(Failure {
                class: FailureClass::Transient,
                code: format!("{failure:?}"),
                detail: String::new(),
                retry_at: None,
            })),
        }
    }
}
