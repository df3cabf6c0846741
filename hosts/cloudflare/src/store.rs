//! The store, and what it does beside the ports.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{Clock as _, StoreError, Vault};
use kalends_core::time::Timestamp;
use kalends_sql::queries::{Queries, Query};
use kalends_sql::{
    Sealed, Setup, create_graph, delete_secret, get_secret, graph_exists, outbox, put_secret,
    queue, read_secret, replace_secret,
};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::WorkerClock;
use crate::atomic::Storage;
use crate::migrate::migrate;
use crate::sql::{Sql, failed};
use crate::wishes;

/// Graphs in the database of a Durable Object, which a host gives one user's graph.
///
/// Nothing here waits: a future is ready when it is first polled, so no other event of the object
/// comes between two statements. A commit is one transaction, and sets the object's one alarm in it,
/// to the first of these: the next job is due; what waits in the outbox is to be handed on again;
/// the host asked for it. So the object's class needs a handler of alarms: without one the runtime
/// refuses to set any, and every commit with it.
#[derive(Clone)]
pub struct ObjectStore(pub(crate) Rc<Inner>);

pub(crate) struct Inner {
    pub(crate) storage: Storage,
    pub(crate) sql: Sql,
    pub(crate) vault: Rc<dyn Vault>,
    setup: RefCell<Option<(GraphId, Setup)>>,
    /// When what waits in the outbox is to be handed on again.
    again: Cell<Option<Timestamp>>,
}

/// What waits in an outbox is handed on right after its commit. Where the object ended before, it is
/// woken after so many milliseconds.
const AGAIN_MS: i64 = 15_000;

impl std::fmt::Debug for ObjectStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectStore").finish_non_exhaustive()
    }
}

impl ObjectStore {
    /// Opens the object's database, and brings it to the present schema. Give it
    /// `state.storage()`, in the object's constructor.
    ///
    /// # Errors
    /// [`StoreError`] where the object has no SQLite (it needs `new_sqlite_classes`), or its
    /// database belongs to a later program.
    pub fn open(storage: &worker::Storage, vault: Rc<dyn Vault>) -> Result<Self, StoreError> {
        let storage: &JsValue = storage.as_raw().as_ref();
        let storage = storage.unchecked_ref::<Storage>().clone();
        let sql = storage.sql().map_err(|thrown| failed(&thrown))?;
        migrate(&storage, &sql)?;
        let (setup, again) = (RefCell::default(), Cell::default());
        Ok(Self(Rc::new(Inner { storage, sql, vault, setup, again })))
    }

    /// Makes a graph, where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(&self, graph: GraphId) -> Result<(), StoreError> {
        self.0.sql.execute(&create_graph(graph)).map(drop)
    }

    /// Ends every lease of a graph's jobs: for the object's constructor, as whoever held one was
    /// the object before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_leases(&self, graph: GraphId) -> Result<(), StoreError> {
        self.0.atomically(graph, || self.0.sql.execute(&queue::end_leases(graph)).map(drop))
    }

    /// Asks for the object to be woken at a time, whatever its jobs say, in place of what was asked
    /// for before. It is asked for until something else is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wake_at(&self, graph: GraphId, at: Option<Timestamp>) -> Result<(), StoreError> {
        self.0.atomically(graph, || self.0.sql.execute(&wishes::put(graph, at)).map(drop))
    }

    /// When it was asked to be woken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn wakes_at(&self, graph: GraphId) -> Result<Option<Timestamp>, StoreError> {
        wishes::read(&self.0.sql.query(&wishes::get(graph))?)
    }

    /// Keeps an account's credentials, sealed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_secret(
        &self,
        graph: GraphId,
        account: AccountId,
        secret: &[u8],
    ) -> Result<(), StoreError> {
        let statement = put_secret(graph, account, secret, &*self.0.vault)?;
        self.0.sql.execute(&statement).map(drop)
    }

    /// Puts an account's credentials in the place of those that were read as `read`. Whether it
    /// did: others may have come there first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn replace_secret(
        &self,
        graph: GraphId,
        account: AccountId,
        read: &Sealed,
        secret: &[u8],
    ) -> Result<bool, StoreError> {
        let statement = replace_secret(graph, account, read, secret, &*self.0.vault)?;
        self.0.sql.execute(&statement)
    }

    /// An account's credentials, and how they lie sealed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn secret(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> Result<Option<(Vec<u8>, Sealed)>, StoreError> {
        let rows = self.0.sql.query(&get_secret(graph, account))?;
        Ok(read_secret(graph, account, rows, &*self.0.vault)?)
    }

    /// Forgets an account's credentials.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_secret(&self, graph: GraphId, account: AccountId) -> Result<(), StoreError> {
        self.0.sql.execute(&delete_secret(graph, account)).map(drop)
    }
}

impl Queries for ObjectStore {
    async fn query<Q: Query>(&self, question: Q) -> Result<Q::Output, StoreError> {
        Ok(question.read(self.0.sql.query(&question.statement())?, &*self.0.vault)?)
    }
}

impl Inner {
    /// Runs a block that may move jobs as one transaction, and sets the alarm for them in it.
    pub(crate) fn atomically<T>(
        &self,
        graph: GraphId,
        block: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.storage.atomically(|| {
            let value = block()?;
            let due = queue::read_next_due(self.sql.query(&queue::next_due(graph))?)?;
            let asked = wishes::read(&self.sql.query(&wishes::get(graph))?)?;
            let all = [due.map(|(at, _)| at), self.hands_on_at(graph)?, asked];
            self.storage.wake(all.into_iter().flatten().min())?;
            Ok(value)
        })
    }

    /// When the outbox is to be looked at; `None`: nothing waits there. It is not put off by what is
    /// committed meanwhile.
    fn hands_on_at(&self, graph: GraphId) -> Result<Option<Timestamp>, StoreError> {
        let waits = !self.sql.query(&outbox::waiting(graph, None, 1))?.is_empty();
        let now = WorkerClock.now();
        let at = self.again.get().filter(|at| *at > now);
        self.again.set(waits.then(|| at.unwrap_or(now.saturating_add_millis(AGAIN_MS))));
        Ok(self.again.get())
    }

    pub(crate) fn must_exist(&self, graph: GraphId) -> Result<(), StoreError> {
        match self.sql.query(&graph_exists(graph))?.is_empty() {
            true => Err(StoreError::NoGraph),
            false => Ok(()),
        }
    }

    /// The set-up of a graph as last loaded.
    pub(crate) fn setup(&self, graph: GraphId) -> Option<Setup> {
        let kept = self.setup.borrow();
        kept.as_ref().filter(|(of, _)| *of == graph).map(|(_, setup)| setup.clone())
    }

    pub(crate) fn keep_setup(&self, graph: GraphId, setup: Setup) {
        self.setup.replace(Some((graph, setup)));
    }
}
