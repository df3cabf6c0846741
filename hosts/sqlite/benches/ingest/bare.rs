//! The anchor: the same rows as plans put, inserted with nothing around it.
//!
//! The arguments are made beforehand, sealed payloads too; what is timed is SQLite alone, with
//! cached statements and one transaction a plan, in a file with the store's own settings.

use std::path::Path;

use kalends_core::ids::GraphId;
use kalends_core::plan::Plan;
use kalends_core::ports::Vault;
use kalends_core::slice::GraphVersion;
use kalends_sql::{Commit, MIGRATIONS, Value, commit, create_graph};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

/// The rows of one plan: a statement with its arguments for each.
pub(crate) type Rows = Vec<(String, Vec<Value>)>;

/// The rows of each plan, as plain inserts.
pub(crate) fn rows(graph: GraphId, plans: &[Plan], vault: &dyn Vault) -> Vec<Rows> {
    let of_plan = |plan| {
        let Commit { writes, .. } = commit(graph, GraphVersion(0), plan, vault).unwrap();
        let plain = |sql: &str| sql.split(" ON CONFLICT").next().unwrap_or(sql).to_owned();
        writes.into_iter().map(|statement| (plain(&statement.sql), statement.args)).collect()
    };
    plans.iter().map(of_plan).collect()
}

/// A new database file with the schema and the graph.
pub(crate) fn open(path: &Path, graph: GraphId, wal_autocheckpoint: u32) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.set_prepared_statement_cache_capacity(128);
    let pragmas = format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
         PRAGMA wal_autocheckpoint = {wal_autocheckpoint};"
    );
    connection.execute_batch(&pragmas).unwrap();
    for migration in MIGRATIONS {
        connection.execute_batch(migration.statements).unwrap();
    }
    let graph = create_graph(graph);
    let args = graph.args.iter().map(Bound);
    connection.execute(&graph.sql, params_from_iter(args)).unwrap();
    connection
}

/// Inserts the rows, one transaction a plan.
pub(crate) fn insert(connection: &mut Connection, plans: &[Rows]) {
    for rows in plans {
        let transaction = connection.transaction().unwrap();
        for (sql, args) in rows {
            let mut statement = transaction.prepare_cached(sql).unwrap();
            statement.execute(params_from_iter(args.iter().map(Bound))).unwrap();
        }
        transaction.commit().unwrap();
    }
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
