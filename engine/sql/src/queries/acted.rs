//! Runs that changed something.

use kalends_core::ids::{GraphId, RunId};
use kalends_core::ports::Vault;
use kalends_core::time::Timestamp;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Runs that the journal knows, those that began last first: a run's id tells when it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActedPage {
    /// The graph.
    pub graph: GraphId,
    /// The last run of the page before.
    pub before: Option<RunId>,
    /// How many at most.
    pub limit: u32,
}

/// A run that changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acted {
    /// Which.
    pub run: RunId,
    /// When its last entry was written.
    pub last: Timestamp,
}

impl Query for ActedPage {
    type Output = Vec<Acted>;

    /// Goes from run to run along the index, however many entries each has.
    fn statement(&self) -> Statement {
        let before = self.before.map_or([255; 16], |run| *run.as_bytes());
        Statement::new(
            "WITH RECURSIVE found (run, number) AS (\
             SELECT (SELECT run FROM journal WHERE graph = ?1 AND run < ?2 \
             ORDER BY run DESC LIMIT 1), 1 \
             UNION ALL \
             SELECT (SELECT run FROM journal WHERE graph = ?1 AND run < found.run \
             ORDER BY run DESC LIMIT 1), number + 1 \
             FROM found WHERE run IS NOT NULL AND number < ?3) \
             SELECT run, (SELECT at FROM journal WHERE graph = ?1 AND run = found.run \
             ORDER BY seq DESC LIMIT 1) FROM found WHERE run IS NOT NULL ORDER BY number",
            [
                Value::Id(*self.graph.as_bytes()),
                Value::Id(before),
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let acted = |row| {
            let mut row = Columns::of(row);
            Ok(Acted { run: RunId::from_bytes(row.bytes()?), last: row.millis()? })
        };
        rows.into_iter().map(acted).collect()
    }
}
