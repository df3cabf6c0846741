//! How far graphs have come.

use kalends_core::ids::GraphId;
use kalends_core::journal::CauseKind;
use kalends_core::ports::Vault;
use kalends_core::slice::GraphVersion;

use super::Query;
use crate::SqlError;
use crate::value::{Columns, Rows, Statement, Value};

/// How far graphs of the store have come that moved since, those first that moved first: a graph that
/// rests costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadsPage {
    /// The last that was seen of the page before; `None`: all graphs.
    pub after: Option<Moved>,
    /// How many at most.
    pub limit: u32,
}

/// When a graph moved last, by the order of the commits of its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved(u64, GraphId);

/// How far a graph has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadOf {
    /// The graph.
    pub graph: GraphId,
    /// Grows with every commit.
    pub version: GraphVersion,
    /// The number of its journal's last entry; 0 before the first.
    pub seq: u64,
    /// When it moved last.
    pub moved: Moved,
}

impl Query for HeadsPage {
    type Output = Vec<HeadOf>;

    fn statement(&self) -> Statement {
        let (moved, graph) = match self.after {
            Some(Moved(moved, graph)) => (Value::count(moved), Value::Id(*graph.as_bytes())),
            // Bytes of any length sort after none.
            None => (Value::Integer(0), Value::Blob(Vec::new())),
        };
        Statement::new(
            "SELECT graph, version, head_seq, moved FROM graphs \
             WHERE (moved, graph) > (?1, ?2) ORDER BY moved, graph LIMIT ?3",
            [moved, graph, Value::Integer(i64::from(self.limit))],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Self::Output, SqlError> {
        rows.into_iter().map(head).collect()
    }
}

fn head(row: Vec<Value>) -> Result<HeadOf, SqlError> {
    let mut row = Columns::of(row);
    let graph = GraphId::from_bytes(row.bytes()?);
    Ok(HeadOf {
        graph,
        version: GraphVersion(row.count()?),
        seq: row.count()?,
        moved: Moved(row.count()?, graph),
    })
}

/// What happened in a graph behind an entry of its journal that is not of its own doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stirred {
    /// The graph.
    pub graph: GraphId,
    /// The number of the entry.
    pub after: u64,
}

/// What is to be looked at because of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stir {
    /// Nothing.
    None,
    /// Another graph said something: what is to be written because of it.
    Met,
    /// Somebody changed the graph, or its set-up became another: its providers.
    Changed,
}

impl Query for Stirred {
    type Output = Stir;

    fn statement(&self) -> Statement {
        let causes =
            [CauseKind::Authored, CauseKind::Undone, CauseKind::Discovered, CauseKind::Met];
        let causes = causes.map(|cause| Value::Text(cause.code().to_owned()));
        let [authored, undone, discovered, met] = causes;
        Statement::new(
            "SELECT coalesce(max(CASE cause WHEN ?6 THEN 1 ELSE 2 END), 0) FROM journal \
             WHERE graph = ?1 AND seq > ?2 AND cause IN (?3, ?4, ?5, ?6)",
            [
                Value::Id(*self.graph.as_bytes()),
                Value::count(self.after),
                authored,
                undone,
                discovered,
                met,
            ],
        )
    }

    fn read(&self, rows: Rows, _vault: &dyn Vault) -> Result<Stir, SqlError> {
        let row = rows.into_iter().next().ok_or(SqlError::Shape("what happened"))?;
        Ok(match Columns::of(row).count()? {
            0 => Stir::None,
            1 => Stir::Met,
            _ => Stir::Changed,
        })
    }
}
