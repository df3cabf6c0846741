//! Edges that are closed to tools.

use std::collections::BTreeSet;

use kalends::ids::{EdgeId, GraphId};
use rusqlite::{Row, params};

use super::registry::Registry;
use crate::error::CliError;

impl Registry {
    /// The edges of a graph that are closed to tools.
    pub(crate) fn closed(&self, graph: GraphId) -> Result<BTreeSet<EdgeId>, CliError> {
        let statement = "SELECT edge FROM server_closed WHERE graph = ?";
        let texts: Vec<String> = self.look(|connection| {
            let read = |row: &Row<'_>| row.get(0);
            connection.prepare(statement)?.query_map([graph.as_bytes()], read)?.collect()
        })?;
        Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
    }

    /// Opens an edge to tools, or closes it.
    pub(crate) fn open_to_tools(
        &self,
        graph: GraphId,
        edge: EdgeId,
        open: bool,
    ) -> Result<(), CliError> {
        let statement = match open {
            true => "DELETE FROM server_closed WHERE graph = ? AND edge = ?",
            false => "INSERT INTO server_closed VALUES (?, ?) ON CONFLICT DO NOTHING",
        };
        let values = params![graph.as_bytes(), edge.to_string()];
        self.with(|connection| connection.execute(statement, values)).map(drop)
    }
}
