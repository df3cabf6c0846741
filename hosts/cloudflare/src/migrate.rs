//! Bringing an object's database to the present schema.

use kalends_core::ports::StoreError;
use kalends_sql::{MIGRATIONS, SCHEMA_VERSION, SCHEMA_VERSION_QUERY, SCHEMA_VERSION_TABLE, Value};

use crate::atomic::Storage;
use crate::sql::Sql;
use crate::{keys, wishes};

/// Runs the migrations that are missing, all in one transaction.
pub(crate) fn migrate(storage: &Storage, sql: &Sql) -> Result<(), StoreError> {
    storage.atomically(|| {
        sql.run(SCHEMA_VERSION_TABLE)?;
        sql.run(wishes::TABLE)?;
        sql.run(keys::TABLE)?;
        let version = match sql.run(SCHEMA_VERSION_QUERY)?.first().and_then(|row| row.first()) {
            Some(Value::Integer(version)) => *version,
            _ => return Err(StoreError::Corrupt("the schema has no version".to_owned())),
        };
        if version > SCHEMA_VERSION {
            return Err(StoreError::Failed(format!(
                "the object has schema {version} and this program knows {SCHEMA_VERSION}: \
                 deploy a later version of the program"
            )));
        }
        for migration in MIGRATIONS.iter().filter(|migration| migration.version > version) {
            sql.run(migration.statements)?;
            sql.run(&migration.record())?;
        }
        Ok(())
    })
}
