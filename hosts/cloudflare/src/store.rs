//! The store, and what it does beside the ports.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::keys::GraphKeys;
use kalends_core::ports::{Clock as _, StoreError, Vault};
use kalends_core::time::Timestamp;
use kalends_driver::Stop;
use kalends_sql::queries::{Queries, Query};
use kalends_sql::{
    Sealed, Setup, create_graph, delete_secret, get_secret, graph_exists, list_secrets, outbox,
    put_secret, queue, read_secret, read_secrets, replace_secret,
};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::atomic::Storage;
use crate::migrate::migrate;
use crate::sql::{Sql, failed};
use crate::{WorkerClock, keys, wishes};

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
    /// The alarm is set no earlier.
    rests_until: Cell<Timestamp>,
    /// Rows that may still be changed, and whom to ask to stop then.
    left: RefCell<(u64, Stop)>,
    /// Rows that commits have changed in all.
    changed: Cell<u64>,
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
        let rests_until = Cell::new(Timestamp::from_millis(0));
        let left = RefCell::new((u64::MAX, Stop::new()));
        Ok(Self(Rc::new(Inner {
            storage,
            sql,
            vault,
            setup,
            again,
            rests_until,
            left,
            changed: Cell::new(0),
        })))
    }

    /// Makes a graph, where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(&self, graph: GraphId) -> Result<(), StoreError> {
        self.0.sql.execute(&create_graph(graph)).map(drop)
    }

    /// Makes a graph and keeps its keys, its secret sealed, where the object holds none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create_with(&self, keys: &GraphKeys) -> Result<(), StoreError> {
        let kept = keys::put(keys, &*self.0.vault)?;
        self.0.storage.atomically(|| {
            if self.0.sql.execute(&kept)? {
                self.0.sql.execute(&create_graph(keys.graph))?;
            }
            Ok(())
        })
    }

    /// The keys of the graph that was made by [`ObjectStore::create_with`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keys(&self) -> Result<Option<GraphKeys>, StoreError> {
        keys::read(&self.0.sql.query(&keys::get())?, &*self.0.vault)
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

    /// From now on the object is woken no earlier than this, whatever falls due: how it rests. The
    /// next object knows nothing of it.
    pub(crate) fn rest_until(&self, at: Timestamp) {
        self.0.rests_until.set(at);
    }

    /// Rows that commits have changed since the object was made.
    pub(crate) fn changed(&self) -> u64 {
        self.0.changed.get()
    }

    /// Asks whoever works to stop once commits have changed so many rows from now on.
    pub(crate) fn bound(&self, rows: u64, stop: &Stop) {
        self.0.left.replace((rows, stop.clone()));
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

    /// Whose credentials a graph keeps, in order; those of accounts that are gone among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn secrets(&self, graph: GraphId) -> Result<Vec<AccountId>, StoreError> {
        Ok(read_secrets(self.0.sql.query(&list_secrets(graph))?)?)
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
            let first = all.into_iter().flatten().min();
            self.storage.wake(first.map(|at| at.max(self.rests_until.get())))?;
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

    /// So many rows were changed.
    pub(crate) fn count(&self, rows: usize) {
        self.changed.set(self.changed.get() + rows as u64);
        let (left, stop) = &mut *self.left.borrow_mut();
        *left = left.saturating_sub(rows as u64);
        if *left == 0 {
            stop.ask();
        }
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
