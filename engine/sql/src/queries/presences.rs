//! Presences by time.

use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::ports::Vault;
use kalends_core::presence::Presence;
use kalends_core::time::Timestamp;
use kalends_core::wire;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Presences of a calendar that may have an instance between two times, those that begin first
/// first. Some of them may have none: series are expanded by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresencesPage {
    /// The graph.
    pub graph: GraphId,
    /// The calendar.
    pub calendar: CalendarId,
    /// Inclusive lower bound of the time looked at.
    pub from: Timestamp,
    /// Exclusive upper bound of it.
    pub to: Timestamp,
    /// The last row of the page before: its `starts` and event.
    pub after: Option<(Timestamp, EventId)>,
    /// How many at most.
    pub limit: u32,
}

/// A presence, and where it stands in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceRow {
    /// The event.
    pub event: EventId,
    /// No instance starts earlier.
    pub starts: Timestamp,
    /// What the calendar holds.
    pub presence: Presence,
}

impl Query for PresencesPage {
    type Output = Vec<PresenceRow>;

    fn statement(&self) -> Statement {
        let (starts, event) = match &self.after {
            Some((starts, event)) => (Value::millis(*starts), Value::Id(*event.as_bytes())),
            None => (Value::millis(Timestamp::MIN), Value::Blob(Vec::new())),
        };
        Statement::new(
            "SELECT event, starts, body FROM presences WHERE graph = ?1 AND calendar = ?2 \
             AND starts < ?4 AND (ends IS NULL OR ends >= ?3) AND (starts, event) > (?5, ?6) \
             ORDER BY starts, event LIMIT ?7",
            [
                Value::Id(*self.graph.as_bytes()),
                Value::Id(*self.calendar.as_bytes()),
                Value::millis(self.from),
                Value::millis(self.to),
                starts,
                event,
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let presence = |row| {
            let mut row = Columns::of(row);
            Ok(PresenceRow {
                event: EventId::from_bytes(row.bytes()?),
                starts: row.millis()?,
                presence: wire::presence(row.text()?.as_bytes())?,
            })
        };
        rows.into_iter().map(presence).collect()
    }
}
