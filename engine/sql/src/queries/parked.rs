//! Changes of origins that are tried no more.

use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::ports::Vault;
use kalends_core::presence::Presence;
use kalends_core::wire;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Presences with a change that is tried no more, in the order of their keys: what waits for a
/// person, however much the graph holds beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedOriginsPage {
    /// The graph.
    pub graph: GraphId,
    /// The last of the page before.
    pub after: Option<(EventId, CalendarId)>,
    /// How many at most.
    pub limit: u32,
}

/// A presence with such a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedOrigin {
    /// The event.
    pub event: EventId,
    /// The calendar that holds it.
    pub calendar: CalendarId,
    /// What the calendar holds, and the change.
    pub presence: Presence,
}

impl Query for ParkedOriginsPage {
    type Output = Vec<ParkedOrigin>;

    fn statement(&self) -> Statement {
        let none = || Value::Blob(Vec::new());
        let [event, calendar] = self.after.map_or([none(), none()], |(event, calendar)| {
            [Value::Id(*event.as_bytes()), Value::Id(*calendar.as_bytes())]
        });
        Statement::new(
            "SELECT event, calendar, body FROM presences WHERE graph = ?1 AND parked > 0 \
             AND (event, calendar) > (?2, ?3) ORDER BY event, calendar LIMIT ?4",
            [
                Value::Id(*self.graph.as_bytes()),
                event,
                calendar,
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let origin = |row| {
            let mut row = Columns::of(row);
            Ok(ParkedOrigin {
                event: EventId::from_bytes(row.bytes()?),
                calendar: CalendarId::from_bytes(row.bytes()?),
                presence: wire::presence(row.text()?.as_bytes())?,
            })
        };
        rows.into_iter().map(origin).collect()
    }
}
