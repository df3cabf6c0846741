//! How much a graph holds.

use kalends_core::ids::{CalendarId, GraphId};
use kalends_core::ports::Vault;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// Counts the rows of a graph, for its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountsOf {
    /// The graph.
    pub graph: GraphId,
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Events that some calendar holds.
    pub events: u64,
    /// Presences.
    pub presences: u64,
    /// Presences with evidence of a deletion.
    pub gone: u64,
    /// Mirrors, wanted or not.
    pub mirrors: u64,
    /// Parts, parked ones too.
    pub parts: u64,
    /// Parts with work left to do.
    pub open: u64,
    /// Parts that are tried no more.
    pub parked: u64,
    /// Strays.
    pub strays: u64,
    /// Objects of other products.
    pub foreign: u64,
    /// Objects that could not be read.
    pub quarantined: u64,
    /// Jobs that wait or are worked on.
    pub jobs: u64,
}

impl Query for CountsOf {
    type Output = Counts;

    fn statement(&self) -> Statement {
        Statement::new(
            "SELECT (SELECT count(DISTINCT event) FROM presences WHERE graph = ?1), \
             (SELECT count(*) FROM presences WHERE graph = ?1), \
             (SELECT count(*) FROM presences WHERE graph = ?1 AND gone > 0), \
             (SELECT count(*) FROM mirrors WHERE graph = ?1), \
             (SELECT count(*) FROM parts WHERE graph = ?1), \
             (SELECT count(*) FROM parts WHERE graph = ?1 AND status > 0 AND status < 4), \
             (SELECT count(*) FROM parts WHERE graph = ?1 AND status > 0 AND status = 4), \
             (SELECT count(*) FROM asides WHERE graph = ?1 AND kind = 0), \
             (SELECT count(*) FROM asides WHERE graph = ?1 AND kind = 1), \
             (SELECT count(*) FROM asides WHERE graph = ?1 AND kind = 2), \
             (SELECT count(*) FROM jobs WHERE graph = ?1)",
            [Value::Id(*self.graph.as_bytes())],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Counts, SqlError> {
        let row = rows.into_iter().next().ok_or(SqlError::Shape("a row of counts"))?;
        let mut row = Columns::of(row);
        Ok(Counts {
            events: row.count()?,
            presences: row.count()?,
            gone: row.count()?,
            mirrors: row.count()?,
            parts: row.count()?,
            open: row.count()?,
            parked: row.count()?,
            strays: row.count()?,
            foreign: row.count()?,
            quarantined: row.count()?,
            jobs: row.count()?,
        })
    }
}

/// Counts what is left to do in a graph, and costs no more than there is: for what is asked again and
/// again of every graph of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftIn {
    /// The graph.
    pub graph: GraphId,
}

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Left {
    /// Presences with evidence of a deletion.
    pub gone: u64,
    /// Parts with work left to do.
    pub open: u64,
    /// Parts that are tried no more.
    pub parked: u64,
    /// Objects that could not be read.
    pub quarantined: u64,
    /// Jobs that wait or are worked on.
    pub jobs: u64,
}

impl Query for LeftIn {
    type Output = Left;

    fn statement(&self) -> Statement {
        Statement::new(
            "SELECT (SELECT count(*) FROM presences WHERE graph = ?1 AND gone > 0), \
             (SELECT count(*) FROM parts WHERE graph = ?1 AND status > 0 AND status < 4), \
             (SELECT count(*) FROM parts WHERE graph = ?1 AND status > 0 AND status = 4), \
             (SELECT count(*) FROM asides WHERE graph = ?1 AND kind = 2), \
             (SELECT count(*) FROM jobs WHERE graph = ?1)",
            [Value::Id(*self.graph.as_bytes())],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Left, SqlError> {
        let row = rows.into_iter().next().ok_or(SqlError::Shape("a row of counts"))?;
        let mut row = Columns::of(row);
        Ok(Left {
            gone: row.count()?,
            open: row.count()?,
            parked: row.count()?,
            quarantined: row.count()?,
            jobs: row.count()?,
        })
    }
}

/// Counts what is to be written into each calendar of a graph. Calendars without any are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenByCalendar {
    /// The graph.
    pub graph: GraphId,
}

/// What is to be written into a calendar, in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenOf {
    /// The calendar.
    pub calendar: CalendarId,
    /// With work left to do.
    pub open: u64,
    /// Tried no more.
    pub parked: u64,
}

impl Query for OpenByCalendar {
    type Output = Vec<OpenOf>;

    fn statement(&self) -> Statement {
        Statement::new(
            "SELECT calendar, sum(status < 4), sum(status = 4) FROM parts \
             WHERE graph = ?1 AND status > 0 GROUP BY calendar ORDER BY calendar",
            [Value::Id(*self.graph.as_bytes())],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Vec<OpenOf>, SqlError> {
        let open = |row| {
            let mut row = Columns::of(row);
            Ok(OpenOf {
                calendar: CalendarId::from_bytes(row.bytes()?),
                open: row.count()?,
                parked: row.count()?,
            })
        };
        rows.into_iter().map(open).collect()
    }
}

/// Counts what each calendar of a graph holds, as far as it was read. Calendars without anything are
/// left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldByCalendar {
    /// The graph.
    pub graph: GraphId,
}

impl Query for HeldByCalendar {
    type Output = Vec<(CalendarId, u64)>;

    fn statement(&self) -> Statement {
        Statement::new(
            "SELECT calendar, count(*) FROM presences WHERE graph = ?1 \
             GROUP BY calendar ORDER BY calendar",
            [Value::Id(*self.graph.as_bytes())],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Vec<(CalendarId, u64)>, SqlError> {
        let held = |row| {
            let mut row = Columns::of(row);
            Ok((CalendarId::from_bytes(row.bytes()?), row.count()?))
        };
        rows.into_iter().map(held).collect()
    }
}
