//! Mirror parts by their status.

use kalends_core::ids::{CalendarId, EdgeId, EventId, GraphId};
use kalends_core::mirror::{Part, PartKey, PartRef};
use kalends_core::ports::Vault;
use kalends_core::wire;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Which parts are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartFilter {
    /// A write is due.
    Due,
    /// The stored form is to be read.
    ReadBack,
    /// A read must say what is there.
    Unsure,
    /// Tried no more.
    Parked,
}

/// Parts of one status, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsPage {
    /// The graph.
    pub graph: GraphId,
    /// Which.
    pub filter: PartFilter,
    /// The last part of the page before.
    pub after: Option<PartRef>,
    /// How many at most.
    pub limit: u32,
}

/// A part with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRow {
    /// Its key.
    pub key: PartRef,
    /// The calendar it lies in.
    pub calendar: CalendarId,
    /// The part.
    pub part: Part,
}

impl Query for PartsPage {
    type Output = Vec<PartRow>;

    fn statement(&self) -> Statement {
        // The numbers that stand in the column, as `codes::status` has them.
        let status = match self.filter {
            PartFilter::Due => 1,
            PartFilter::ReadBack => 2,
            PartFilter::Unsure => 3,
            PartFilter::Parked => 4,
        };
        let none = || Value::Blob(Vec::new());
        let [event, edge, part] = self.after.map_or([none(), none(), none()], |key| {
            let part = Value::Blob(key.part.to_bytes().to_vec());
            [Value::Id(*key.event.as_bytes()), Value::Id(*key.edge.as_bytes()), part]
        });
        Statement::new(
            "SELECT event, edge, part, calendar, body FROM parts WHERE graph = ?1 \
             AND status > 0 AND status = ?2 AND (event, edge, part) > (?3, ?4, ?5) \
             ORDER BY event, edge, part LIMIT ?6",
            [
                Value::Id(*self.graph.as_bytes()),
                Value::Integer(status),
                event,
                edge,
                part,
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let part = |row| {
            let mut row = Columns::of(row);
            let event = EventId::from_bytes(row.bytes()?);
            let edge = EdgeId::from_bytes(row.bytes()?);
            let part =
                PartKey::from_bytes(row.bytes()?).ok_or(SqlError::Shape("the key of a part"))?;
            Ok(PartRow {
                key: PartRef { event, edge, part },
                calendar: CalendarId::from_bytes(row.bytes()?),
                part: wire::part(row.text()?.as_bytes())?,
            })
        };
        rows.into_iter().map(part).collect()
    }
}
