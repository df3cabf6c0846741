//! Executing statements.

use kalends_core::ports::StoreError;
use kalends_sql::{Rows, Statement, Value};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::error::store_error;

/// Runs a statement that gives rows.
pub(crate) fn query(connection: &Connection, statement: &Statement) -> Result<Rows, StoreError> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(store_error)?;
    let columns = prepared.column_count();
    let args = params_from_iter(statement.args.iter().map(Bound));
    let mut found = prepared.query(args).map_err(store_error)?;
    let mut rows = Rows::new();
    while let Some(row) = found.next().map_err(store_error)? {
        let values = (0..columns).map(|column| read(row.get_ref(column).map_err(store_error)?));
        rows.push(values.collect::<Result<_, _>>()?);
    }
    Ok(rows)
}

/// Runs a statement that changes rows, and counts them.
pub(crate) fn execute(connection: &Connection, statement: &Statement) -> Result<usize, StoreError> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(store_error)?;
    let args = params_from_iter(statement.args.iter().map(Bound));
    prepared.execute(args).map_err(store_error)
}

/// Runs statements that change rows, in their order. Neighbours with one text are prepared once.
pub(crate) fn execute_all(
    connection: &Connection,
    statements: &[Statement],
) -> Result<(), StoreError> {
    for alike in statements.chunk_by(|a, b| a.sql == b.sql) {
        let Some(first) = alike.first() else { continue };
        let mut prepared = connection.prepare_cached(&first.sql).map_err(store_error)?;
        for statement in alike {
            let args = params_from_iter(statement.args.iter().map(Bound));
            prepared.execute(args).map_err(store_error)?;
        }
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(integer) => ValueRef::Integer(*integer),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::Id(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn read(value: ValueRef<'_>) -> Result<Value, StoreError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(integer) => Ok(Value::Integer(integer)),
        ValueRef::Real(_) => Err(StoreError::Corrupt("a number is not whole".to_owned())),
        ValueRef::Text(text) => String::from_utf8(text.to_vec())
            .map(Value::Text)
            .map_err(|_| StoreError::Corrupt("a text is not UTF-8".to_owned())),
        ValueRef::Blob(bytes) => Ok(match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Value::Id(id),
            Err(_) => Value::Blob(bytes.to_vec()),
        }),
    }
}
