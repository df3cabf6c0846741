//! The contracts of stores and vaults, inside a Durable Object.

use std::rc::Rc;

use kalends_cloudflare::{BoundVault, ObjectStore};
use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_testkit::contract::{Subject, of_stores, of_vaults};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::synced::{self, Places};
use crate::{host, measure, object, seeds, signed_in, undone};

const KEY: &str = "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a";

/// An object that is asked for one case.
#[durable_object(alarm)]
#[derive(Debug)]
pub struct Contract {
    state: State,
    env: Env,
}

impl DurableObject for Contract {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    /// `/OBJECT/cases` lists the cases; `/OBJECT/SUITE::CASE` runs one. A case that fails panics,
    /// and whoever asked is told so. `/OBJECT/commit_ms` measures, and deeds of histories
    /// are those of `seeds`.
    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let path = request.path();
        let name = path.rsplit('/').next().unwrap_or_default();
        if name == "cases" {
            let stores = of_stores::<InObject>().into_iter().map(|(name, _)| name);
            let vaults = of_vaults::<BoundVault>().into_iter().map(|(name, _)| name);
            let all = stores.chain(vaults).chain(host::CASES).chain(synced::CASES);
            let all = all.chain(undone::CASES);
            let all = all.chain(signed_in::CASES).chain(object::CASES);
            return Response::ok(all.collect::<Vec<_>>().join("\n"));
        }
        if name == "commit_ms" {
            let vault = BoundVault::from_text(KEY).map_err(|error| error.to_string())?;
            let told = measure::commit_ms(&self.state.storage(), Rc::new(vault)).await?;
            return Response::ok(told);
        }
        if let Some(told) = seeds::answer(name, &mut request, &self.state.storage()).await? {
            return Response::ok(told);
        }
        match self.run(name).await? {
            true => Response::ok("passed"),
            false => Response::error("no such case", 404),
        }
    }

    /// Jobs of the contract were due long ago, and wake the object at once; nobody works on them.
    async fn alarm(&self) -> worker::Result<Response> {
        Response::ok("awake")
    }
}

impl Contract {
    /// Whether there is such a case.
    async fn run(&self, name: &str) -> worker::Result<bool> {
        let storage = self.state.storage();
        let vault = || BoundVault::from_text(KEY).map_err(|error| error.to_string());
        if let Some((_, case)) = of_vaults().into_iter().find(|(of, _)| *of == name) {
            case(&vault()?);
            return Ok(true);
        }
        if let Some((_, case)) = of_stores().into_iter().find(|(of, _)| *of == name) {
            let store = ObjectStore::open(&storage, Rc::new(vault()?));
            case(&InObject(store.map_err(|error| error.to_string())?).ready());
            return Ok(true);
        }
        let place = |name: &str| self.env.var(name).map(|place| place.to_string());
        let places = Places {
            sim: place("SIM")?,
            silent: place("SILENT")?,
            google: place("GOOGLE")?,
            refresh: place("REFRESH")?,
        };
        Ok(host::run(name, &storage).await
            || undone::run(name, &storage).await
            || synced::run(name, &storage, &places).await
            || signed_in::run(name, &storage, &places).await
            || object::run(name, &storage, &places).await)
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
