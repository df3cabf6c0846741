//! The outbox in the same database as the rows, so that a commit puts its messages there.

use kalends_core::ids::{GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::wire;

use crate::SqlError;
use crate::load::chunk;
use crate::value::{Columns, Rows, Statement, Value};

/// Puts a message into the outbox; one that waits there already stays as it is.
pub(crate) fn push(graph: GraphId, message: &Message) -> Result<Statement, SqlError> {
    Ok(Statement::new(
        "INSERT INTO outbox (graph, message, body) VALUES (?1, ?2, ?3) \
         ON CONFLICT (graph, message) DO NOTHING",
        [
            Value::Id(*graph.as_bytes()),
            Value::Id(*message.id.as_bytes()),
            Value::form(&wire::message(message))?,
        ],
    ))
}

/// Reads up to `max` messages with an id after `after`, in the order of their ids.
#[must_use]
pub fn waiting(graph: GraphId, after: Option<MessageId>, max: usize) -> Statement {
    // Bytes of any length sort after none.
    let after = after.map_or(Value::Blob(Vec::new()), |id| Value::Id(*id.as_bytes()));
    Statement::new(
        "SELECT body FROM outbox WHERE graph = ?1 AND message > ?2 ORDER BY message LIMIT ?3",
        [Value::Id(*graph.as_bytes()), after, Value::count(max as u64)],
    )
}

/// Reads what [`waiting`] found.
///
/// # Errors
/// [`SqlError`] where a message cannot be read.
pub fn read_waiting(rows: Rows) -> Result<Vec<Message>, SqlError> {
    let message = |row| Ok(wire::read_message(Columns::of(row).text()?.as_bytes())?);
    rows.into_iter().map(message).collect()
}

/// Takes messages out, in as few statements as every store allows.
#[must_use]
pub fn sent(graph: GraphId, messages: &[MessageId]) -> Vec<Statement> {
    let ids = messages.iter().map(|id| Value::Id(*id.as_bytes()));
    let head = "DELETE FROM outbox WHERE graph = ?1 AND message IN ";
    chunk::statements((head, ""), &[Value::Id(*graph.as_bytes())], ids)
}
