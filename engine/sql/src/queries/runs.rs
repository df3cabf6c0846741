//! Runs, the last first.

use kalends_core::cursor::Run;
use kalends_core::ids::{GraphId, RunId};
use kalends_core::ports::Vault;
use kalends_core::time::Timestamp;
use kalends_core::wire;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Runs, those that began last first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunsPage {
    /// The graph.
    pub graph: GraphId,
    /// The last run of the page before, with its start.
    pub before: Option<(Timestamp, RunId)>,
    /// How many at most.
    pub limit: u32,
}

impl Query for RunsPage {
    type Output = Vec<Run>;

    fn statement(&self) -> Statement {
        let (started, run) = match &self.before {
            Some((started, run)) => (Value::millis(*started), Value::Id(*run.as_bytes())),
            None => (Value::millis(Timestamp::MAX), Value::Id([255; 16])),
        };
        Statement::new(
            "SELECT run, body FROM runs WHERE graph = ?1 AND (started, run) < (?2, ?3) \
             ORDER BY started DESC, run DESC LIMIT ?4",
            [
                Value::Id(*self.graph.as_bytes()),
                started,
                run,
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let run = |row| {
            let mut row = Columns::of(row);
            let id = RunId::from_bytes(row.bytes()?);
            Ok(wire::run(id, row.text()?.as_bytes())?)
        };
        rows.into_iter().map(run).collect()
    }
}
