//! A thread that owns a connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use futures_channel::oneshot;
use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_sql::Setup;
use rusqlite::Connection;

/// How many graphs' set-ups a thread keeps.
const SETUPS_MAX: usize = 64;

/// What a thread works with.
pub(crate) struct Desk {
    pub(crate) connection: Connection,
    setups: BTreeMap<GraphId, Setup>,
    /// Commits of plans so far.
    pub(crate) commits: u64,
}

impl Desk {
    pub(crate) fn setup(&self, graph: GraphId) -> Option<Setup> {
        self.setups.get(&graph).cloned()
    }

    pub(crate) fn keep_setup(&mut self, graph: GraphId, setup: Setup) {
        if self.setups.len() >= SETUPS_MAX && !self.setups.contains_key(&graph) {
            self.setups.clear();
        }
        self.setups.insert(graph, setup);
    }
}

type Task = Box<dyn FnOnce(&mut Desk) + Send>;

/// Works through tasks in order, until it is dropped; then the connection is closed.
#[derive(Debug)]
pub(crate) struct Worker {
    tasks: Option<Sender<Task>>,
    /// How many tasks it has not come to the end of.
    open: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn start(name: &str, connection: Connection) -> Result<Self, StoreError> {
        let (tasks, inbox) = channel::<Task>();
        let work = move || {
            let mut desk = Desk { connection, setups: BTreeMap::new(), commits: 0 };
            for task in inbox {
                task(&mut desk);
            }
        };
        let thread = Builder::new().name(name.to_owned()).spawn(work);
        let thread = thread.map_err(|error| {
            StoreError::Failed(format!("the store cannot start a thread: {error}"))
        })?;
        Ok(Self { tasks: Some(tasks), open: Arc::default(), thread: Some(thread) })
    }

    /// Whether a task would be begun at once.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.load(Ordering::Relaxed) == 0
    }

    /// Queues a task at once; the future gives its result. Dropped early, the task still runs.
    pub(crate) fn run<T, F>(
        &self,
        task: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let open = self.open.clone();
        open.fetch_add(1, Ordering::Relaxed);
        let task: Task = Box::new(move |desk| {
            let result = task(desk);
            // Before the answer: whoever has it finds this idle.
            open.fetch_sub(1, Ordering::Relaxed);
            // Nobody waits any more where the future was dropped.
            let _ = answer.send(result);
        });
        let queued = self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok());
        async move {
            let stopped = || StoreError::Failed("the store's thread has stopped".to_owned());
            if !queued {
                return Err(stopped());
            }
            result.await.unwrap_or_else(|_| Err(stopped()))
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A thread that panicked has answered nobody, and everyone knows.
            let _ = thread.join();
        }
    }
}
