//! Bringing a file to the present schema.

use kalends_core::ports::StoreError;
use kalends_sql::{MIGRATIONS, SCHEMA_VERSION, SCHEMA_VERSION_QUERY, SCHEMA_VERSION_TABLE};
use rusqlite::{Connection, TransactionBehavior};

use crate::error::store_error;

/// Runs the migrations that are missing, all in one transaction: another process waits, and then
/// finds them done.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    transaction.execute_batch(SCHEMA_VERSION_TABLE).map_err(store_error)?;
    let version: i64 =
        transaction.query_row(SCHEMA_VERSION_QUERY, [], |row| row.get(0)).map_err(store_error)?;
    if version > SCHEMA_VERSION {
        return Err(StoreError::Failed(format!(
            "the database has schema {version} and this program knows {SCHEMA_VERSION}: \
             use a later version of the program"
        )));
    }
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > version) {
        transaction.execute_batch(migration.statements).map_err(store_error)?;
        transaction.execute_batch(&migration.record()).map_err(store_error)?;
    }
    transaction.commit().map_err(store_error)
}
