//! Objects set aside.

use kalends_core::ids::{CalendarId, GraphId, ProviderId};
use kalends_core::ports::Vault;
use kalends_core::presence::Aside;
use kalends_core::wire;

use super::Query;
use crate::value::{Columns, Rows, Statement, Value};
use crate::{SqlError, seal};

/// Which objects are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AsideFilter {
    /// Marks of this graph without a row.
    Stray,
    /// Another product's.
    ForeignManaged,
    /// Not readable.
    Quarantined,
    /// Messages.
    Message,
}

/// Objects set aside for one reason, in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsidesPage {
    /// The graph.
    pub graph: GraphId,
    /// Which.
    pub filter: AsideFilter,
    /// The last object of the page before.
    pub after: Option<(CalendarId, ProviderId)>,
    /// How many at most.
    pub limit: u32,
}

impl Query for AsidesPage {
    type Output = Vec<Aside>;

    fn statement(&self) -> Statement {
        // The numbers that stand in the column, as `codes::aside` has them.
        let kind = match self.filter {
            AsideFilter::Stray => 0,
            AsideFilter::ForeignManaged => 1,
            AsideFilter::Quarantined => 2,
            AsideFilter::Message => 3,
        };
        let (calendar, object) = match &self.after {
            Some((calendar, object)) => {
                (Value::Id(*calendar.as_bytes()), Value::Text(object.0.clone()))
            }
            None => (Value::Blob(Vec::new()), Value::Text(String::new())),
        };
        Statement::new(
            "SELECT calendar, object, sealed FROM asides WHERE graph = ?1 AND kind = ?2 \
             AND (calendar, object) > (?3, ?4) ORDER BY calendar, object LIMIT ?5",
            [
                Value::Id(*self.graph.as_bytes()),
                Value::Integer(kind),
                calendar,
                object,
                Value::Integer(i64::from(self.limit)),
            ],
        )
    }

    fn read(&self, rows: Rows, vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        let aside = |row| {
            let mut row = Columns::of(row);
            let key = (CalendarId::from_bytes(row.bytes()?), ProviderId(row.text()?));
            open_aside(self.graph, key, &row.blob()?, vault)
        };
        rows.into_iter().map(aside).collect()
    }
}

/// Opens and reads the form of an object set aside.
pub(crate) fn open_aside(
    graph: GraphId,
    (calendar, object): (CalendarId, ProviderId),
    sealed: &[u8],
    vault: &dyn Vault,
) -> Result<Aside, SqlError> {
    let form = vault.open(&seal::aside(graph, calendar, &object), sealed)?;
    Ok(wire::aside(calendar, object, &form)?)
}
