//! Pieces that conversations put down for a while, beside the rows of the graph.

use kalends_core::ids::GraphId;
use kalends_core::scratch::{Pad, Piece, Waste};

use crate::SqlError;
use crate::value::{Columns, Rows, Statement, VALUE_BYTES_MAX, Value};

/// Puts a piece down, in place of one with the same number.
///
/// # Errors
/// [`SqlError::TooLarge`].
pub fn put_down(graph: GraphId, pad: Pad, piece: Piece) -> Result<Statement, SqlError> {
    let Piece { number, at, bytes } = piece;
    if bytes.len() > VALUE_BYTES_MAX {
        return Err(SqlError::TooLarge { bytes: bytes.len() });
    }
    let [graph, calendar, run] = key(graph, pad);
    Ok(Statement::new(
        "INSERT INTO scratch (graph, calendar, run, piece, at, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (graph, calendar, run, piece) DO UPDATE SET at = ?5, body = ?6",
        [graph, calendar, run, Value::count(number.into()), Value::millis(at), Value::Blob(bytes)],
    ))
}

/// Picks a piece up.
#[must_use]
pub fn pick_up(graph: GraphId, pad: Pad, number: u32) -> Statement {
    let [graph, calendar, run] = key(graph, pad);
    Statement::new(
        "SELECT body FROM scratch WHERE graph = ?1 AND calendar = ?2 AND run = ?3 AND piece = ?4",
        [graph, calendar, run, Value::count(number.into())],
    )
}

/// Reads what [`pick_up`] found.
///
/// # Errors
/// [`SqlError::Shape`].
pub fn read_piece(rows: Rows) -> Result<Option<Vec<u8>>, SqlError> {
    rows.into_iter().next().map(|row| Columns::of(row).blob()).transpose()
}

/// Throws pieces away.
#[must_use]
pub fn throw_away(graph: GraphId, waste: Waste) -> Statement {
    match waste {
        Waste::Pad(pad) => Statement::new(
            "DELETE FROM scratch WHERE graph = ?1 AND calendar = ?2 AND run = ?3",
            key(graph, pad),
        ),
        Waste::Before(before) => Statement::new(
            "DELETE FROM scratch WHERE graph = ?1 AND at < ?2",
            [Value::Id(*graph.as_bytes()), Value::millis(before)],
        ),
    }
}

fn key(graph: GraphId, pad: Pad) -> [Value; 3] {
    [
        Value::Id(*graph.as_bytes()),
        Value::Id(*pad.calendar.as_bytes()),
        Value::Id(*pad.run.as_bytes()),
    ]
}
