//! The stores that are tested.

use std::sync::Arc;

use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_sqlite::{KeyVault, Settings, SqliteStore};
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::Subject;
use kalends_testkit::hostile::Hostile;
use kalends_testkit::memory::MemoryStore;
use tempfile::TempDir;

/// The vault of the tests.
pub type TestVault = KeyVault;

/// A vault with a key for tests.
#[must_use]
pub fn vault() -> TestVault {
    KeyVault::new([42; 32], &[])
}

/// In memory.
#[derive(Debug, Default)]
pub struct Memory(MemoryStore);

impl Subject for Memory {
    type Store = MemoryStore;

    fn store(&self) -> &MemoryStore {
        &self.0
    }

    fn create(&self, graph: GraphId) {
        self.0.create(graph);
    }
}

/// In memory, behind the hostile store.
#[derive(Debug)]
pub struct HostileMemory(Hostile<MemoryStore>);

impl Default for HostileMemory {
    fn default() -> Self {
        Self(Hostile::new(MemoryStore::new(), 8))
    }
}

impl Subject for HostileMemory {
    type Store = Hostile<MemoryStore>;

    fn store(&self) -> &Self::Store {
        &self.0
    }

    fn create(&self, graph: GraphId) {
        self.0.inner().create(graph);
    }
}

/// SQLite in a file of its own.
#[derive(Debug)]
pub struct SqliteFile {
    store: SqliteStore,
    _disk: Disk,
}

/// A folder that goes away with the test.
#[derive(Debug)]
pub struct Disk(TempDir);

impl Disk {
    /// A new folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn new() -> std::io::Result<Self> {
        TempDir::new().map(Self)
    }

    /// Opens the folder's database.
    ///
    /// # Errors
    /// Those of the store.
    pub fn open(&self) -> Result<SqliteStore, StoreError> {
        SqliteStore::open(&self.0.path().join("kalends.db"), Arc::new(vault()))
    }
}

impl Default for SqliteFile {
    fn default() -> Self {
        let opened = Disk::new()
            .map_err(|error| error.to_string())
            .and_then(|disk| disk.open().map(|store| (disk, store)).map_err(|e| e.to_string()));
        match opened {
            Ok((disk, store)) => Self { store, _disk: disk },
            Err(error) => unreachable!("a database in a new folder opens: {error}"),
        }
    }
}

impl Subject for SqliteFile {
    type Store = SqliteStore;

    fn store(&self) -> &SqliteStore {
        &self.store
    }

    fn create(&self, graph: GraphId) {
        assert_eq!(block_on(self.store.create(graph)), Ok(()));
    }
}

/// SQLite in memory.
#[derive(Debug)]
pub struct SqliteMemory(SqliteStore);

impl Default for SqliteMemory {
    fn default() -> Self {
        match SqliteStore::in_memory(Arc::new(vault()), Settings::default()) {
            Ok(store) => Self(store),
            Err(error) => unreachable!("a database in memory opens: {error}"),
        }
    }
}

impl Subject for SqliteMemory {
    type Store = SqliteStore;

    fn store(&self) -> &SqliteStore {
        &self.0
    }

    fn create(&self, graph: GraphId) {
        assert_eq!(block_on(self.0.create(graph)), Ok(()));
    }
}
