//! The contracts of stores and vaults, inside a Durable Object.

use std::rc::Rc;

use kalends_cloudflare::{BoundVault, ObjectStore};
use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_testkit::contract::{Subject, of_stores, of_vaults};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::host;

const KEY: &str = "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a";

/// An object that is asked for one case.
#[durable_object(alarm)]
#[derive(Debug)]
pub struct Contract {
    state: State,
}

impl DurableObject for Contract {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    /// `/OBJECT/cases` lists the cases; `/OBJECT/SUITE::CASE` runs one. A case that fails panics,
    /// and whoever asked is told so.
    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let path = request.path();
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "cases" {
            let stores = of_stores::<InObject>().into_iter().map(|(name, _)| name);
            let vaults = of_vaults::<BoundVault>().into_iter().map(|(name, _)| name);
            let all = stores.chain(vaults).chain(host::CASES);
            return Response::ok(all.collect::<Vec<_>>().join("\n"));
        }
        let vault = || BoundVault::from_text(KEY).map_err(|error| error.to_string());
        if let Some((_, case)) = of_vaults().into_iter().find(|(of, _)| *of == name) {
            case(&vault()?);
        } else if let Some((_, case)) = of_stores().into_iter().find(|(of, _)| *of == name) {
            let store = ObjectStore::open(&self.state.storage(), Rc::new(vault()?));
            case(&InObject(store.map_err(|error| error.to_string())?).ready());
        } else if !host::run(name, &self.state.storage()).await {
            return Response::error("no such case", 404);
        }
        Response::ok("passed")
    }

    /// Jobs of the contract were due long ago, and wake the object at once; nobody works on them.
    async fn alarm(&self) -> worker::Result<Response> {
        Response::ok("awake")
    }
}

struct InObject(ObjectStore);

impl Subject for InObject {
    type Store = ObjectStore;

    fn store(&self) -> &ObjectStore {
        &self.0
    }

    fn create(&self, graph: GraphId) {
        assert_eq!(self.0.create(graph), Ok::<(), StoreError>(()));
    }
}
