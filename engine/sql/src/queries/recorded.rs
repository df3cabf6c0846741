//! The recorded rows of a graph, table by table in the order of their keys: for its digest.

use kalends_core::ids::{CalendarId, EdgeId, EventId, GraphId, MeetingId, ProviderId};
use kalends_core::mirror::{PartKey, PartRef};
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::Vault;
use kalends_core::wire;

use super::{Query, open_aside};
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Which rows, the set-up apart: that always comes along with a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recorded {
    /// Events.
    Events,
    /// Presences.
    Presences,
    /// Mirrors.
    Mirrors,
    /// Parts of mirrors.
    Parts,
    /// Objects set aside.
    Asides,
    /// Meetings with other graphs.
    Meetings,
}

impl Recorded {
    /// All of them, in the order of their rows' keys.
    pub const ALL: [Self; 6] =
        [Self::Events, Self::Presences, Self::Mirrors, Self::Parts, Self::Asides, Self::Meetings];
}

/// Recorded rows in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedPage {
    /// The graph.
    pub graph: GraphId,
    /// Which.
    pub of: Recorded,
    /// The last row of the page before.
    pub after: Option<RowKey>,
    /// How many at most.
    pub limit: u32,
}

impl Query for RecordedPage {
    type Output = Vec<Row>;

    fn statement(&self) -> Statement {
        let (keys, sql) = match self.of {
            Recorded::Events => {
                (1, "SELECT id, body FROM events WHERE graph = ?1 AND id > ?3 ORDER BY id LIMIT ?2")
            }
            Recorded::Presences => (
                2,
                "SELECT event, calendar, body FROM presences WHERE graph = ?1 \
                 AND (event, calendar) > (?3, ?4) ORDER BY event, calendar LIMIT ?2",
            ),
            Recorded::Mirrors => (
                2,
                "SELECT event, edge, body FROM mirrors WHERE graph = ?1 \
                 AND (event, edge) > (?3, ?4) ORDER BY event, edge LIMIT ?2",
            ),
            Recorded::Parts => (
                3,
                "SELECT event, edge, part, calendar, body FROM parts WHERE graph = ?1 \
                 AND (event, edge, part) > (?3, ?4, ?5) ORDER BY event, edge, part LIMIT ?2",
            ),
            Recorded::Asides => (
                2,
                "SELECT calendar, object, sealed FROM asides WHERE graph = ?1 \
                 AND (calendar, object) > (?3, ?4) ORDER BY calendar, object LIMIT ?2",
            ),
            Recorded::Meetings => (
                1,
                "SELECT id, body FROM meetings WHERE graph = ?1 AND id > ?3 ORDER BY id LIMIT ?2",
            ),
        };
        let mut args =
            vec![Value::Id(*self.graph.as_bytes()), Value::Integer(i64::from(self.limit))];
        args.extend(self.after.as_ref().map_or_else(|| self.first(keys), columns));
        Statement::new(sql, args)
    }

    fn read(&self, rows: Rows, vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        rows.into_iter().map(|row| self.row(Columns::of(row), vault)).collect()
    }
}

impl RecordedPage {
    /// What sorts before all keys.
    fn first(&self, keys: usize) -> Vec<Value> {
        let mut none = vec![Value::Blob(Vec::new()); keys];
        if self.of == Recorded::Asides {
            none[keys - 1] = Value::Text(String::new());
        }
        none
    }

    fn row(&self, mut row: Columns, vault: &dyn Vault) -> Result<Row, SqlError> {
        Ok(match self.of {
            Recorded::Events => {
                let id = EventId::from_bytes(row.bytes()?);
                Row::Event(wire::event(id, row.text()?.as_bytes())?)
            }
            Recorded::Presences => {
                let event = EventId::from_bytes(row.bytes()?);
                let calendar = CalendarId::from_bytes(row.bytes()?);
                let presence = wire::presence(row.text()?.as_bytes())?;
                Row::Presence(event, calendar, Box::new(presence))
            }
            Recorded::Mirrors => {
                let event = EventId::from_bytes(row.bytes()?);
                let edge = EdgeId::from_bytes(row.bytes()?);
                Row::Mirror(event, edge, wire::mirror(row.text()?.as_bytes())?)
            }
            Recorded::Parts => {
                let event = EventId::from_bytes(row.bytes()?);
                let edge = EdgeId::from_bytes(row.bytes()?);
                let part = PartKey::from_bytes(row.bytes()?)
                    .ok_or(SqlError::Shape("the key of a part"))?;
                let calendar = CalendarId::from_bytes(row.bytes()?);
                let key = PartRef { event, edge, part };
                Row::Part(key, calendar, wire::part(row.text()?.as_bytes())?)
            }
            Recorded::Asides => {
                let key = (CalendarId::from_bytes(row.bytes()?), ProviderId(row.text()?));
                Row::Aside(open_aside(self.graph, key, &row.blob()?, vault)?)
            }
            Recorded::Meetings => {
                let id = MeetingId::from_bytes(row.bytes()?);
                Row::Meeting(wire::meeting(id, row.text()?.as_bytes())?)
            }
        })
    }
}

/// The columns of a key, as far as rows of it are paged here.
fn columns(key: &RowKey) -> Vec<Value> {
    let id = |bytes: &[u8; 16]| Value::Id(*bytes);
    match key {
        RowKey::Event(event) => vec![id(event.as_bytes())],
        RowKey::Presence(event, calendar) => vec![id(event.as_bytes()), id(calendar.as_bytes())],
        RowKey::Mirror(event, edge) => vec![id(event.as_bytes()), id(edge.as_bytes())],
        RowKey::Part(PartRef { event, edge, part }) => {
            let part = Value::Blob(part.to_bytes().to_vec());
            vec![id(event.as_bytes()), id(edge.as_bytes()), part]
        }
        RowKey::Aside(calendar, object) => {
            vec![id(calendar.as_bytes()), Value::Text(object.0.clone())]
        }
        RowKey::Meeting(meeting) => vec![id(meeting.as_bytes())],
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_)
        | RowKey::Object(..)
        | RowKey::Sweep(_)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Health(_)
        | RowKey::Received(_)
        | RowKey::Watch(_) => Vec::new(),
    }
}
