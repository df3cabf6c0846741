//! The store, and what it does beside the ports.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::{StoreError, Vault};
use kalends_core::time::Timestamp;
use kalends_sql::queries::Query;
use kalends_sql::{
    ERASED_AT_ONCE, Sealed, SealedRow, SealedTable, SqlError, Statement, create_graph,
    delete_secret, erase_payloads, get_secret, list_graphs, list_secrets, put_secret, queue,
    read_graphs, read_secret, read_secrets, replace_secret,
};

use crate::connection::{self, Settings};
use crate::error::store_error;
use crate::migrate::migrate;
use crate::run::{execute, query};
use crate::vault::KeyVault;
use crate::worker::{Desk, Worker};

/// How many values are sealed anew before others have their turn.
const RESEALED: u32 = 200;

/// A vault that the store's threads may use.
pub type SharedVault = Arc<dyn Vault + Send + Sync>;

/// Graphs in a SQLite file. Clones share one store; it is closed with the last of them.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Worker,
    /// None in memory, where the database belongs to one connection.
    reader: Option<Worker>,
    vault: SharedVault,
    settings: Settings,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a file, or makes it. Blocks while it is brought to the present schema.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be opened, is no database, or belongs to a later program.
    pub fn open(path: &Path, vault: SharedVault) -> Result<Self, StoreError> {
        Self::open_with(path, vault, Settings::default())
    }

    /// As [`SqliteStore::open`], with settings.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(
        path: &Path,
        vault: SharedVault,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let mut writing = connection::writing(path, &settings)?;
        migrate(&mut writing)?;
        let reading = connection::reading(path, &settings)?;
        let writer = Worker::start("kalends-write", writing)?;
        let reader = Some(Worker::start("kalends-read", reading)?);
        Ok(Self { inner: Arc::new(Inner { writer, reader, vault, settings }) })
    }

    /// A database in memory, which ends with the store.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub fn in_memory(vault: SharedVault, settings: Settings) -> Result<Self, StoreError> {
        let mut writing = connection::in_memory(&settings)?;
        migrate(&mut writing)?;
        let writer = Worker::start("kalends-write", writing)?;
        Ok(Self { inner: Arc::new(Inner { writer, reader: None, vault, settings }) })
    }

    /// Makes a graph, where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn create(&self, graph: GraphId) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.change(Ok(create_graph(graph)))
    }

    /// A page of graphs, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn graphs(
        &self,
        after: Option<GraphId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<GraphId>, StoreError>> + Send {
        self.reader().run(move |desk| {
            let rows = query(&desk.connection, &list_graphs(after, limit))?;
            Ok(read_graphs(rows)?)
        })
    }

    /// Asks a question outside any step.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn query<Q: Query>(
        &self,
        question: Q,
    ) -> impl Future<Output = Result<Q::Output, StoreError>> + Send + use<Q> {
        let vault = self.inner.vault.clone();
        self.reader().run(move |desk| {
            let rows = query(&desk.connection, &question.statement())?;
            Ok(question.read(rows, &*vault)?)
        })
    }

    /// A number that is another one after each commit to the file, whichever process made it. It
    /// costs next to nothing to look at, and stands still in memory, where nobody else commits.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stamp(&self) -> impl Future<Output = Result<i64, StoreError>> + Send + use<> {
        self.reader().run(move |desk| {
            let stamp = desk.connection.query_row("PRAGMA data_version", [], |row| row.get(0));
            stamp.map_err(store_error)
        })
    }

    /// Ends every lease of a graph's jobs. Only for who knows that nobody works on the graph: after
    /// a process that did was killed, its jobs need not wait until their leases run out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_leases(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.change(Ok(queue::end_leases(graph)))
    }

    /// From now on the write-ahead log is copied into the file after so many pages, whatever the settings
    /// said. The commit that does so waits for the disk, and the longer the more there is to copy: for
    /// programs that are to answer in time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn copy_log_after(&self, pages: u32) -> Result<(), StoreError> {
        self.writer().run(move |desk| connection::copy_log_after(&desk.connection, pages)).await
    }

    /// Erases what journal entries made before `before` say of their changes; the entries stay, and
    /// the chain holds without it. How many were erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn erase_payloads(
        &self,
        graph: GraphId,
        before: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut all = 0;
        loop {
            let statement = erase_payloads(graph, before);
            let work = self.writer().run(move |desk| execute(&desk.connection, &statement));
            let erased = work.await?;
            all += erased;
            if erased < ERASED_AT_ONCE {
                return Ok(all);
            }
        }
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
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let sealed = put_secret(graph, account, secret, &*self.inner.vault);
        self.change(sealed.map_err(StoreError::from))
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
    ) -> impl Future<Output = Result<bool, StoreError>> + Send + use<> {
        let statement = replace_secret(graph, account, read, secret, &*self.inner.vault);
        self.writer().run(move |desk| {
            let statement = statement.map_err(StoreError::from)?;
            Ok(execute(&desk.connection, &statement)? > 0)
        })
    }

    /// An account's credentials.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the vault cannot open it; else any [`StoreError`].
    pub fn secret(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        let read = self.sealed_secret(graph, account);
        async { Ok(read.await?.map(|(secret, _)| secret)) }
    }

    /// An account's credentials, and how they lie sealed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the vault cannot open it; else any [`StoreError`].
    pub fn sealed_secret(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<Option<(Vec<u8>, Sealed)>, StoreError>> + Send + use<> {
        let vault = self.inner.vault.clone();
        self.reader().run(move |desk| {
            let rows = query(&desk.connection, &get_secret(graph, account))?;
            Ok(read_secret(graph, account, rows, &*vault)?)
        })
    }

    /// Whose credentials a graph keeps, in order; those of accounts that are gone among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn secrets(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Vec<AccountId>, StoreError>> + Send {
        self.reader().run(move |desk| {
            let rows = query(&desk.connection, &list_secrets(graph))?;
            Ok(read_secrets(rows)?)
        })
    }

    /// Forgets an account's credentials.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_secret(
        &self,
        graph: GraphId,
        account: AccountId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.change(Ok(delete_secret(graph, account)))
    }

    /// Seals anew what lies sealed under another key than the vault's newest; how many values. What
    /// comes in meanwhile is sealed as the vault of its process has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reseal(
        &self,
        vault: Arc<KeyVault>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send + use<> {
        let inner = self.inner.clone();
        async move {
            let mut count = 0;
            for table in SealedTable::ALL {
                let mut after = None;
                loop {
                    let vault = vault.clone();
                    let work = move |desk: &mut Desk| page(desk, table, after.as_ref(), &vault);
                    let (done, last) = inner.writer.run(work).await?;
                    count += done;
                    match last {
                        Some(last) => after = Some(last),
                        None => break,
                    }
                }
            }
            Ok(count)
        }
    }

    fn change(
        &self,
        statement: Result<Statement, StoreError>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.writer().run(move |desk| execute(&desk.connection, &statement?).map(drop))
    }

    pub(crate) fn writer(&self) -> &Worker {
        &self.inner.writer
    }

    pub(crate) fn reader(&self) -> &Worker {
        self.inner.reader.as_ref().unwrap_or(&self.inner.writer)
    }

    pub(crate) fn vault(&self) -> &SharedVault {
        &self.inner.vault
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}

/// Seals a page of a table anew; how many values, and the last row, unless it is the table's.
fn page(
    desk: &mut Desk,
    table: SealedTable,
    after: Option<&SealedRow>,
    vault: &KeyVault,
) -> Result<(u64, Option<SealedRow>), StoreError> {
    let rows = table.read(query(&desk.connection, &table.page(after, RESEALED))?)?;
    let is_last = rows.len() < RESEALED as usize;
    let mut count = 0;
    for row in rows.iter().filter(|row| vault.needs_reseal(&row.sealed)) {
        let plain = vault.open(&row.place, &row.sealed).map_err(SqlError::from)?;
        let sealed = vault.seal(&row.place, &plain).map_err(SqlError::from)?;
        count += execute(&desk.connection, &row.replace(sealed)?)? as u64;
    }
    Ok((count, rows.into_iter().next_back().filter(|_| !is_last)))
}
