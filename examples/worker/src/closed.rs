//! Edges that are closed to tools: rows of the Worker's own in the object's database.

use std::collections::BTreeSet;

use kalends::core::slice::Config;
use kalends::ids::{CalendarId, EdgeId};
use worker::{SqlStorage, SqlStorageValue};

use crate::problem::Problem;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS worker_closed (edge TEXT NOT NULL PRIMARY KEY) \
    STRICT, WITHOUT ROWID";

/// The closed edges of an object.
pub(crate) struct Closed(SqlStorage);

impl Closed {
    /// Those of the object that has this database.
    pub(crate) fn new(sql: SqlStorage) -> Result<Self, Problem> {
        sql.exec(TABLE, None)?;
        Ok(Self(sql))
    }

    /// Those of the set-up. One that was removed stays closed, should it come back.
    pub(crate) fn all(&self, config: &Config) -> Result<BTreeSet<EdgeId>, Problem> {
        let mut all = self.kept()?;
        all.retain(|edge| config.edges.contains_key(edge));
        Ok(all)
    }

    fn kept(&self) -> Result<BTreeSet<EdgeId>, Problem> {
        let rows = self.0.exec("SELECT edge FROM worker_closed", None)?;
        let rows = rows.raw().collect::<Result<Vec<_>, _>>()?;
        let edge = |row: &Vec<SqlStorageValue>| match row.as_slice() {
            [SqlStorageValue::String(edge)] => edge.parse().ok(),
            _ => None,
        };
        Ok(rows.iter().filter_map(edge).collect())
    }

    /// Opens an edge to tools, or closes it.
    pub(crate) fn set(&self, edge: EdgeId, open: bool) -> Result<(), Problem> {
        let statement = match open {
            true => "DELETE FROM worker_closed WHERE edge = ?1",
            false => "INSERT INTO worker_closed VALUES (?1) ON CONFLICT DO NOTHING",
        };
        self.0.exec(statement, vec![edge.to_string().into()])?;
        Ok(())
    }

    /// Refuses to touch an edge that is closed.
    pub(crate) fn edge_is_open(&self, edge: EdgeId) -> Result<(), Problem> {
        if self.kept()?.contains(&edge) { Err(closed(edge)) } else { Ok(()) }
    }

    /// Refuses to touch a calendar whose events a closed edge carries.
    pub(crate) fn calendar_is_open(
        &self,
        config: &Config,
        calendar: CalendarId,
    ) -> Result<(), Problem> {
        let all = self.all(config)?;
        let mut edges = config.edges.values();
        let carries = edges.find(|edge| edge.from == calendar && all.contains(&edge.id));
        carries.map_or(Ok(()), |edge| Err(closed(edge.id)))
    }

    /// Refuses to change what all edges lean on while one is closed: what it shows could change.
    pub(crate) fn common_is_open(&self, config: &Config) -> Result<(), Problem> {
        self.all(config)?.first().map_or(Ok(()), |edge| Err(closed(*edge)))
    }
}

fn closed(edge: EdgeId) -> Problem {
    let text = format!("edge {edge} is closed to tools: a person opens it, or does this");
    Problem::new(403, "edge.closed", text)
}
