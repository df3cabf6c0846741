//! Opening the file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kalends_core::ports::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::Hooks;
use crate::error::store_error;

/// What each connection keeps of the file in memory. The keys of rows are hashes, so a batch of
/// events touches leaves all over the tables: SQLite's own 2 MB hold too few of them.
const CACHE_KIB: u32 = 16 * 1024;

/// How a store is opened.
#[derive(Clone)]
pub struct Settings {
    /// After how many pages (of 4 KiB) the write-ahead log is copied into the file. A large first
    /// sync writes up to three times as fast with 20,000 as with SQLite's own 1,000, at the price
    /// of a log of up to 80 MB.
    pub wal_autocheckpoint_pages: u32,
    /// How long a statement waits for another process.
    pub busy_ms_max: u32,
    /// Called around each commit.
    pub hooks: Option<Arc<dyn Hooks>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { wal_autocheckpoint_pages: 20_000, busy_ms_max: 10_000, hooks: None }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("wal_autocheckpoint_pages", &self.wal_autocheckpoint_pages)
            .field("busy_ms_max", &self.busy_ms_max)
            .finish_non_exhaustive()
    }
}

/// A connection that writes.
pub(crate) fn writing(path: &Path, settings: &Settings) -> Result<Connection, StoreError> {
    private_file(path).map_err(|error| {
        StoreError::Failed(format!("the database file cannot be opened or made: {error}"))
    })?;
    let connection = Connection::open(path).map_err(store_error)?;
    prepare(&connection, settings)?;
    let mode = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))
        .map_err(store_error)?;
    if mode != "wal" {
        return Err(StoreError::Failed(
            "the file system cannot hold a write-ahead log: put the database on a local disk"
                .to_owned(),
        ));
    }
    connection.execute_batch("PRAGMA synchronous = NORMAL;").map_err(store_error)?;
    copy_log_after(&connection, settings.wal_autocheckpoint_pages)?;
    Ok(connection)
}

/// The commit that makes the log so long copies it into the file.
pub(crate) fn copy_log_after(connection: &Connection, pages: u32) -> Result<(), StoreError> {
    connection.execute_batch(&format!("PRAGMA wal_autocheckpoint = {pages};")).map_err(store_error)
}

/// A connection to the same file that only reads.
pub(crate) fn reading(path: &Path, settings: &Settings) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(store_error)?;
    prepare(&connection, settings)?;
    connection.execute_batch("PRAGMA query_only = ON;").map_err(store_error)?;
    Ok(connection)
}

/// A database that ends with its connection.
pub(crate) fn in_memory(settings: &Settings) -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory().map_err(store_error)?;
    prepare(&connection, settings)?;
    Ok(connection)
}

fn prepare(connection: &Connection, settings: &Settings) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(128);
    // A plan that may depend on a bound value is made anew for each value: of every `LIMIT ?`.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(store_error)?;
    connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB};")).map_err(store_error)?;
    connection
        .busy_timeout(Duration::from_millis(u64::from(settings.busy_ms_max)))
        .map_err(store_error)
}

/// Makes the file, readable by its owner only.
fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    /// Catches a statement that is compiled again each time it is run: one per calendar and sync made
    /// a notice of one in a thousand calendars wait for 50 ms.
    #[test]
    fn no_statement_is_planned_anew_for_each_value() {
        let connection = in_memory(&Settings::default()).unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        let mut limited = connection.prepare("SELECT x FROM t LIMIT ?1").unwrap();
        for most in 1..=3 {
            limited.query([most]).unwrap().next().unwrap();
        }
        assert_eq!(limited.get_status(StatementStatus::RePrepare), 0);
    }
}
