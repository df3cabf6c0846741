//! Events by their ids.

use kalends_core::ids::{EventId, GraphId};
use kalends_core::ports::Vault;
use kalends_core::presence::Event;
use kalends_core::wire;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Events in the order of their ids, without what calendars hold of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// The graph.
    pub graph: GraphId,
    /// The last event of the page before.
    pub after: Option<EventId>,
    /// How many at most.
    pub limit: u32,
}

impl Query for EventsPage {
    type Output = Vec<Event>;

    fn statement(&self) -> Statement {
        let after = self.after.map_or(Value::Blob(Vec::new()), |id| Value::Id(*id.as_bytes()));
        Statement::new(
            "SELECT id, body FROM events WHERE graph = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            [Value::Id(*self.graph.as_bytes()), after, Value::Integer(i64::from(self.limit))],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let event = |row| {
            let mut row = Columns::of(row);
            let id = EventId::from_bytes(row.bytes()?);
            Ok(wire::event(id, row.text()?.as_bytes())?)
        };
        rows.into_iter().map(event).collect()
    }
}
