//! The core's ports on SQLite.

use std::future::Future;

use kalends_core::ids::{GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, SendGraphStore, SendJobQueue, SendOutbox, StoreError, Vault};
use kalends_core::scratch::{Pad, Piece, SendScratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_sql::queries::{Queries, Query};
use kalends_sql::{Commit, Loader, commit, graph_exists, outbox, queue, scratch};
use rusqlite::{Connection, TransactionBehavior};

use crate::error::store_error;
use crate::run::{execute, execute_all, query};
use crate::worker::Desk;
use crate::{Hooks, SqliteStore};

impl SendGraphStore for SqliteStore {
    /// On the connection that writes, if it has nothing to do: what a step reads is what its commit
    /// changes next, and a commit empties the page cache of every other connection. A commit may wait
    /// for another process; nobody who reads waits with it.
    fn load(
        &self,
        graph: GraphId,
        want: &ReadSet,
    ) -> impl Future<Output = Result<Slice, StoreError>> + Send {
        let (want, vault) = (want.clone(), self.vault().clone());
        let worker = if self.writer().is_idle() { self.writer() } else { self.reader() };
        worker.run(move |desk| load(desk, graph, want, &*vault))
    }

    fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> impl Future<Output = Result<GraphVersion, StoreError>> + Send {
        let commit = commit(graph, base, plan, &**self.vault()).map_err(StoreError::from);
        let hooks = self.settings().hooks.clone();
        let written = self.writer().run(move |desk| {
            let commit = commit?;
            let version = write(desk, graph, &commit, hooks.as_deref())?;
            Ok((version, commit))
        });
        // The statements are freed where they were made, which costs the allocator less.
        async move { written.await.map(|(version, _commit)| version) }
    }
}

impl SendJobQueue for SqliteStore {
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>> + Send {
        self.writer().run(move |desk| {
            in_transaction(&mut desk.connection, |connection| {
                let jobs = queue::read_due(query(connection, &queue::due(graph, now, max))?)?;
                if jobs.is_empty() {
                    return must_exist(connection, graph).map(|()| Vec::new());
                }
                let fences = query(connection, &queue::fences(graph, jobs.len()))?;
                let until = now.saturating_add_millis(lease_ms);
                let (claims, leases) = queue::lease(graph, jobs, fences, until)?;
                for lease in &leases {
                    execute(connection, lease)?;
                }
                Ok(claims)
            })
        })
    }

    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let statements = queue::finish(graph, claim, again);
        self.writer().run(move |desk| {
            in_transaction(&mut desk.connection, |connection| {
                must_exist(connection, graph)?;
                statements.iter().try_for_each(|statement| execute(connection, statement).map(drop))
            })
        })
    }

    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>> + Send {
        self.reader().run(move |desk| {
            must_exist(&desk.connection, graph)?;
            Ok(queue::read_next_due(query(&desk.connection, &queue::next_due(graph))?)?)
        })
    }

    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>> + Send {
        self.reader().run(move |desk| {
            must_exist(&desk.connection, graph)?;
            let asked = queue::peek(graph, now, after, limit);
            Ok(queue::read_due(query(&desk.connection, &asked)?)?)
        })
    }
}

impl SendOutbox for SqliteStore {
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> + Send {
        self.reader().run(move |desk| {
            must_exist(&desk.connection, graph)?;
            let waiting = outbox::waiting(graph, after, max);
            Ok(outbox::read_waiting(query(&desk.connection, &waiting)?)?)
        })
    }

    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let statements = outbox::sent(graph, messages);
        self.writer().run(move |desk| {
            in_transaction(&mut desk.connection, |connection| {
                must_exist(connection, graph)?;
                statements.iter().try_for_each(|statement| execute(connection, statement).map(drop))
            })
        })
    }
}

impl SendScratch for SqliteStore {
    fn put_down(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: Piece,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let statement = scratch::put_down(graph, pad, piece);
        self.writer().run(move |desk| execute(&desk.connection, &statement?).map(drop))
    }

    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        self.writer().run(move |desk| {
            let rows = query(&desk.connection, &scratch::pick_up(graph, pad, piece))?;
            Ok(scratch::read_piece(rows)?)
        })
    }

    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let statement = scratch::throw_away(graph, waste);
        self.writer().run(move |desk| execute(&desk.connection, &statement).map(drop))
    }
}

impl Queries for SqliteStore {
    fn query<Q: Query>(&self, question: Q) -> impl Future<Output = Result<Q::Output, StoreError>> {
        Self::query(self, question)
    }
}

/// All rounds in one transaction, so that they see one version.
fn load(
    desk: &mut Desk,
    graph: GraphId,
    want: ReadSet,
    vault: &dyn Vault,
) -> Result<Slice, StoreError> {
    let mut loader = Loader::new(graph, want, desk.setup(graph));
    let transaction = desk.connection.transaction().map_err(store_error)?;
    while let Some(statements) = loader.next_round() {
        for statement in &statements {
            loader.feed(query(&transaction, statement)?, vault)?;
        }
    }
    transaction.finish().map_err(store_error)?;
    let (slice, setup) = loader.finish()?;
    desk.keep_setup(graph, setup);
    Ok(slice)
}

fn write(
    desk: &mut Desk,
    graph: GraphId,
    commit: &Commit,
    hooks: Option<&dyn Hooks>,
) -> Result<GraphVersion, StoreError> {
    let transaction = desk
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    if execute(&transaction, &commit.check)? != 1 {
        must_exist(&transaction, graph)?;
        return Err(StoreError::Conflict);
    }
    execute_all(&transaction, &commit.writes)?;
    desk.commits += 1;
    if let Some(hooks) = hooks {
        hooks.before_commit(desk.commits);
    }
    transaction.commit().map_err(store_error)?;
    if let Some(hooks) = hooks {
        hooks.after_commit(desk.commits);
    }
    Ok(commit.version)
}

fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    let result = work(&transaction)?;
    transaction.commit().map_err(store_error)?;
    Ok(result)
}

fn must_exist(connection: &Connection, graph: GraphId) -> Result<(), StoreError> {
    match query(connection, &graph_exists(graph))?.is_empty() {
        true => Err(StoreError::NoGraph),
        false => Ok(()),
    }
}
