//! Which graph an object holds: its id, and its secret under seal, in a table of this host's own.

use std::borrow::Cow;

use kalends_core::ids::GraphId;
use kalends_core::keys::GraphKeys;
use kalends_core::ports::{StoreError, Vault};
use kalends_sql::{Rows, Statement, Value};

/// Makes the table, where there is none. An object holds one graph.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS object_keys \
    (only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1), graph BLOB NOT NULL, \
     secret BLOB NOT NULL) STRICT";

/// Keeps the keys, where there are none yet.
pub(crate) fn put(keys: &GraphKeys, vault: &dyn Vault) -> Result<Statement, StoreError> {
    let sealed = vault.seal(&context(keys.graph), &keys.secret).map_err(unsealed)?;
    Ok(Statement {
        sql: Cow::Borrowed(
            "INSERT INTO object_keys (only, graph, secret) VALUES (1, ?1, ?2) \
             ON CONFLICT (only) DO NOTHING",
        ),
        args: vec![Value::Id(*keys.graph.as_bytes()), Value::Blob(sealed)],
    })
}

/// Reads them.
pub(crate) fn get() -> Statement {
    Statement {
        sql: Cow::Borrowed("SELECT graph, secret FROM object_keys WHERE only = 1"),
        args: Vec::new(),
    }
}

/// What [`get`] found.
pub(crate) fn read(rows: &Rows, vault: &dyn Vault) -> Result<Option<GraphKeys>, StoreError> {
    match rows.first().map(Vec::as_slice) {
        None => Ok(None),
        Some([Value::Id(graph), Value::Blob(sealed)]) => {
            let graph = GraphId::from_bytes(*graph);
            let opened = vault.open(&context(graph), sealed).map_err(unsealed)?;
            let secret = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| corrupt())?;
            Ok(Some(GraphKeys { graph, secret }))
        }
        Some(_) => Err(corrupt()),
    }
}

fn context(graph: GraphId) -> String {
    format!("graph-keys/{graph}")
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("the keys of the graph are no keys".to_owned())
}

fn unsealed(error: kalends_core::ports::VaultError) -> StoreError {
    StoreError::Failed(format!("the graph's keys: {error}"))
}
