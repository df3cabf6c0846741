//! Entries of the journal without what they changed.

use kalends_core::ids::{GraphId, RunId};
use kalends_core::journal::{CauseKind, Entry};
use kalends_core::ports::Vault;

use super::Query;
use super::journal::read_entry;
use crate::SqlError;
use crate::value::{Rows, Statement, Value};

/// Which entries are looked for, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntriesOf {
    /// Those behind one, in their order.
    After(u64),
    /// Those of a run, in their order.
    Run(RunId),
    /// Those behind one that somebody changed something in, or took something back, the last first.
    /// Costs a look at each entry behind that one.
    AuthoredAfter(u64),
}

/// Entries of the journal. No payload is opened, so that one that does not open is in nobody's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntriesPage {
    /// The graph.
    pub graph: GraphId,
    /// Which.
    pub of: EntriesOf,
    /// How many at most.
    pub limit: u32,
}

/// The columns that [`read_entry`] reads, without a payload.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "SELECT seq, at, run, cause, calendar, edge, event, payload_hash, hash, NULL \
             FROM journal WHERE graph = ?1 AND ",
            $rest
        )
    };
}

impl Query for EntriesPage {
    type Output = Vec<Entry>;

    fn statement(&self) -> Statement {
        let graph = Value::Id(*self.graph.as_bytes());
        let limit = Value::Integer(i64::from(self.limit));
        match self.of {
            EntriesOf::After(seq) => Statement::new(
                columns!("seq > ?2 ORDER BY seq LIMIT ?3"),
                [graph, Value::count(seq), limit],
            ),
            EntriesOf::Run(run) => Statement::new(
                columns!("run = ?2 ORDER BY seq LIMIT ?3"),
                [graph, Value::Id(*run.as_bytes()), limit],
            ),
            EntriesOf::AuthoredAfter(seq) => {
                let [authored, undone] = [CauseKind::Authored, CauseKind::Undone]
                    .map(|cause| Value::Text(cause.code().to_owned()));
                Statement::new(
                    columns!("seq > ?2 AND cause IN (?4, ?5) ORDER BY seq DESC LIMIT ?3"),
                    [graph, Value::count(seq), limit, authored, undone],
                )
            }
        }
    }

    fn read(&self, rows: Rows, vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let entry = |row| Ok(read_entry(self.graph, row, vault)?.0);
        rows.into_iter().map(entry).collect()
    }
}
