//! Graphs, and the credentials of their accounts.

use kalends_core::ids::{AccountId, GraphId};
use kalends_core::ports::Vault;
use kalends_core::time::Timestamp;

use crate::value::{Columns, Rows, Statement, Value};
use crate::{SqlError, seal};

/// All tables that hold rows of graphs, beside `graphs` itself; in each of them the column `graph`
/// says whose a row is. A graph that is erased has no row in any of them.
pub const GRAPH_TABLES: [&str; 27] = [
    "accounts",
    "asides",
    "calendars",
    "cursors",
    "edges",
    "events",
    "health",
    "holds",
    "inbox",
    "jobs",
    "journal",
    "meetings",
    "mirrors",
    "objects",
    "outbox",
    "parts",
    "payloads",
    "policies",
    "presences",
    "reviews",
    "rules",
    "runs",
    "scratch",
    "secrets",
    "sessions",
    "sweeps",
    "watches",
];

/// Makes a graph, where there is none yet.
#[must_use]
pub fn create_graph(graph: GraphId) -> Statement {
    Statement::new(
        "INSERT INTO graphs (graph, version, setup, head_seq, head_hash, fence, moved) \
         VALUES (?1, 0, 0, 0, ?2, 0, (SELECT coalesce(max(moved), 0) + 1 FROM graphs)) \
         ON CONFLICT (graph) DO NOTHING",
        [Value::Id(*graph.as_bytes()), Value::Blob(vec![0; 32])],
    )
}

/// Gives a row if there is such a graph.
#[must_use]
pub fn graph_exists(graph: GraphId) -> Statement {
    Statement::new("SELECT 1 FROM graphs WHERE graph = ?1", [Value::Id(*graph.as_bytes())])
}

/// A page of graphs, in the order of their ids.
#[must_use]
pub fn list_graphs(after: Option<GraphId>, limit: u32) -> Statement {
    // Bytes of any length sort after none.
    let after = after.map_or(Value::Blob(Vec::new()), |id| Value::Id(*id.as_bytes()));
    Statement::new(
        "SELECT graph FROM graphs WHERE graph > ?1 ORDER BY graph LIMIT ?2",
        [after, Value::Integer(i64::from(limit))],
    )
}

/// Reads what [`list_graphs`] found.
///
/// # Errors
/// [`SqlError::Shape`].
pub fn read_graphs(rows: Rows) -> Result<Vec<GraphId>, SqlError> {
    rows.into_iter().map(|row| Columns::of(row).bytes().map(GraphId::from_bytes)).collect()
}

/// How many payloads [`erase_payloads`] erases at most, so that others have their turn.
pub const ERASED_AT_ONCE: usize = 1_000;

/// Erases the payloads of journal entries made before `before`, up to [`ERASED_AT_ONCE`] of them. The
/// entries stay, and with them the chain: it covers the hash of each payload (L11).
#[must_use]
pub fn erase_payloads(graph: GraphId, before: Timestamp) -> Statement {
    Statement::new(
        "DELETE FROM payloads WHERE graph = ?1 AND seq IN (SELECT kept.seq FROM payloads AS kept \
         CROSS JOIN journal ON journal.graph = ?1 AND journal.seq = kept.seq \
         WHERE kept.graph = ?1 AND journal.at < ?2 LIMIT ?3)",
        [
            Value::Id(*graph.as_bytes()),
            Value::Integer(before.as_millis()),
            Value::Integer(ERASED_AT_ONCE as i64),
        ],
    )
}

/// Keeps an account's credentials, sealed.
///
/// # Errors
/// [`SqlError::Vault`], [`SqlError::TooLarge`].
pub fn put_secret(
    graph: GraphId,
    account: AccountId,
    secret: &[u8],
    vault: &dyn Vault,
) -> Result<Statement, SqlError> {
    let sealed = vault.seal(&seal::secret(graph, account), secret)?;
    Ok(Statement::new(
        "INSERT INTO secrets (graph, account, sealed) VALUES (?1, ?2, ?3) \
         ON CONFLICT (graph, account) DO UPDATE SET sealed = excluded.sealed",
        [Value::Id(*graph.as_bytes()), Value::Id(*account.as_bytes()), Value::sealed(sealed)?],
    ))
}

/// Puts an account's credentials in the place of those that were read, and changes nothing where
/// others lie there by now: what is sealed anew has other bytes.
///
/// # Errors
/// [`SqlError::Vault`], [`SqlError::TooLarge`].
pub fn replace_secret(
    graph: GraphId,
    account: AccountId,
    read: &Sealed,
    secret: &[u8],
    vault: &dyn Vault,
) -> Result<Statement, SqlError> {
    let sealed = vault.seal(&seal::secret(graph, account), secret)?;
    Ok(Statement::new(
        "UPDATE secrets SET sealed = ?3 WHERE graph = ?1 AND account = ?2 AND sealed = ?4",
        [
            Value::Id(*graph.as_bytes()),
            Value::Id(*account.as_bytes()),
            Value::sealed(sealed)?,
            Value::sealed(read.0.clone())?,
        ],
    ))
}

/// Credentials as they lie sealed: what others are put in the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Finds an account's credentials.
#[must_use]
pub fn get_secret(graph: GraphId, account: AccountId) -> Statement {
    Statement::new(
        "SELECT sealed FROM secrets WHERE graph = ?1 AND account = ?2",
        [Value::Id(*graph.as_bytes()), Value::Id(*account.as_bytes())],
    )
}

/// Opens what [`get_secret`] found, and says how it lies sealed.
///
/// # Errors
/// [`SqlError::Vault`], [`SqlError::Shape`].
pub fn read_secret(
    graph: GraphId,
    account: AccountId,
    rows: Rows,
    vault: &dyn Vault,
) -> Result<Option<(Vec<u8>, Sealed)>, SqlError> {
    let open = |row| {
        let sealed = Columns::of(row).blob()?;
        Ok((vault.open(&seal::secret(graph, account), &sealed)?, Sealed(sealed)))
    };
    rows.into_iter().next().map(open).transpose()
}

/// Finds whose credentials a graph keeps, in order.
#[must_use]
pub fn list_secrets(graph: GraphId) -> Statement {
    Statement::new(
        "SELECT account FROM secrets WHERE graph = ?1 ORDER BY account",
        [Value::Id(*graph.as_bytes())],
    )
}

/// Reads what [`list_secrets`] found.
///
/// # Errors
/// [`SqlError::Shape`].
pub fn read_secrets(rows: Rows) -> Result<Vec<AccountId>, SqlError> {
    rows.into_iter().map(|row| Columns::of(row).bytes().map(AccountId::from_bytes)).collect()
}

/// Forgets an account's credentials.
#[must_use]
pub fn delete_secret(graph: GraphId, account: AccountId) -> Statement {
    Statement::new(
        "DELETE FROM secrets WHERE graph = ?1 AND account = ?2",
        [Value::Id(*graph.as_bytes()), Value::Id(*account.as_bytes())],
    )
}
