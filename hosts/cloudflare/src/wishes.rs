//! When a host asked to be woken: a table of this host's own, beside the schema that all stores share.

use std::borrow::Cow;

use kalends_core::ids::GraphId;
use kalends_core::ports::StoreError;
use kalends_core::time::Timestamp;
use kalends_sql::{Rows, Statement, Value};

/// Makes the table, where there is none.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS object_wakes \
    (graph BLOB NOT NULL PRIMARY KEY, at INTEGER) STRICT, WITHOUT ROWID";

/// Keeps a time in place of the one before.
pub(crate) fn put(graph: GraphId, at: Option<Timestamp>) -> Statement {
    Statement {
        sql: Cow::Borrowed(
            "INSERT INTO object_wakes (graph, at) VALUES (?1, ?2) \
             ON CONFLICT (graph) DO UPDATE SET at = excluded.at",
        ),
        args: vec![
            Value::Id(*graph.as_bytes()),
            at.map_or(Value::Null, |at| Value::Integer(at.as_millis())),
        ],
    }
}

/// Reads it.
pub(crate) fn get(graph: GraphId) -> Statement {
    Statement {
        sql: Cow::Borrowed("SELECT at FROM object_wakes WHERE graph = ?1 AND at IS NOT NULL"),
        args: vec![Value::Id(*graph.as_bytes())],
    }
}

/// What [`get`] found.
pub(crate) fn read(rows: &Rows) -> Result<Option<Timestamp>, StoreError> {
    match rows.first().and_then(|row| row.first()) {
        None => Ok(None),
        Some(Value::Integer(at)) => Ok(Some(Timestamp::from_millis(*at))),
        Some(_) => Err(StoreError::Corrupt("a time to wake at is no number".to_owned())),
    }
}
