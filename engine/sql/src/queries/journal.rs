//! The journal.

use kalends_core::ids::{CalendarId, EdgeId, EventId, GraphId, RunId};
use kalends_core::journal::{Cause, CauseKind, Entry, Payload};
use kalends_core::ports::Vault;

use super::Query;
use crate::value::{Columns, Rows, Statement, Value};
use crate::{SqlError, seal};

/// Which entries are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFilter {
    /// All.
    All,
    /// Those about an event.
    Event(EventId),
    /// Those of a run.
    Run(RunId),
}

/// Entries of the journal in their order, with payloads; `None` where one was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalPage {
    /// The graph.
    pub graph: GraphId,
    /// Which.
    pub filter: JournalFilter,
    /// The number of the entry before the first.
    pub after: u64,
    /// How many at most.
    pub limit: u32,
}

/// The columns that [`read_entry`] reads, up to the graph's condition.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT journal.seq, at, run, cause, calendar, edge, event, payload_hash, hash, \
             payloads.sealed FROM journal LEFT JOIN payloads \
             ON payloads.graph = journal.graph AND payloads.seq = journal.seq \
             WHERE journal.graph = ?1",
            $rest
        )
    };
}

pub(crate) const JOURNAL_COLUMNS: &str = columns!("");

impl Query for JournalPage {
    type Output = Vec<(Entry, Option<Payload>)>;

    fn statement(&self) -> Statement {
        let graph = Value::Id(*self.graph.as_bytes());
        let (after, limit) = (Value::count(self.after), Value::Integer(i64::from(self.limit)));
        match self.filter {
            JournalFilter::All => Statement::new(
                columns!(" AND journal.seq > ?2 ORDER BY journal.seq LIMIT ?3"),
                [graph, after, limit],
            ),
            JournalFilter::Event(event) => Statement::new(
                columns!(
                    " AND event = ?4 AND event IS NOT NULL AND journal.seq > ?2 \
                     ORDER BY journal.seq LIMIT ?3"
                ),
                [graph, after, limit, Value::Id(*event.as_bytes())],
            ),
            JournalFilter::Run(run) => Statement::new(
                columns!(" AND run = ?4 AND journal.seq > ?2 ORDER BY journal.seq LIMIT ?3"),
                [graph, after, limit, Value::Id(*run.as_bytes())],
            ),
        }
    }

    fn read(&self, rows: Rows, vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        rows.into_iter().map(|row| read_entry(self.graph, row, vault)).collect()
    }
}

/// All entries of a run.
pub(crate) fn of_run(graph: GraphId, run: RunId) -> Statement {
    Statement::new(
        columns!(" AND run = ?2 ORDER BY journal.seq"),
        [Value::Id(*graph.as_bytes()), Value::Id(*run.as_bytes())],
    )
}

/// An entry with its payload.
pub(crate) fn read_entry(
    graph: GraphId,
    row: Vec<Value>,
    vault: &dyn Vault,
) -> Result<(Entry, Option<Payload>), SqlError> {
    let mut row = Columns::of(row);
    let (seq, at) = (row.count()?, row.millis()?);
    let run = RunId::from_bytes(row.bytes()?);
    let what = CauseKind::from_code(&row.text()?).ok_or(SqlError::Shape("a known cause"))?;
    let calendar = row.maybe_id()?.map(CalendarId::from_bytes);
    let edge = row.maybe_id()?.map(EdgeId::from_bytes);
    let event = row.maybe_id()?.map(EventId::from_bytes);
    let entry = Entry {
        seq,
        at,
        run,
        cause: Cause { what, calendar, edge },
        event,
        payload_hash: row.bytes()?,
        hash: row.bytes()?,
    };
    let sealed = row.maybe_blob()?;
    let open = |sealed: Vec<u8>| vault.open(&seal::payload(graph, seq), &sealed).map(Payload);
    Ok((entry, sealed.map(open).transpose()?))
}
