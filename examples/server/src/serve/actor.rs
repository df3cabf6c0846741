//! Who changed something: a person at the page, a key, or a tool with a key. The journal says what was
//! changed and why; who asked for it is the server's to know.

use std::collections::BTreeMap;

use kalends::ids::{GraphId, RunId};
use rusqlite::{Row, params};
use serde::Serialize;
use utoipa::ToSchema;

use super::registry::Registry;
use crate::error::CliError;

/// What changes are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// The page.
    Page,
    /// A key of the API.
    Key,
    /// A tool of the Model Context Protocol, with a key.
    Tool,
}

impl Means {
    const fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Key => "key",
            Self::Tool => "tool",
        }
    }
}

/// Who asks a server for a change, and where that is written down.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) registry: Registry,
    pub(crate) means: Means,
    /// The name of the user at the page, or of the key.
    pub(crate) name: String,
}

/// Who made a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ActorView {
    /// `page`, `key` or `tool`.
    pub(crate) with: String,
    /// The name of the user at the page, or of the key.
    pub(crate) name: String,
}

impl Actor {
    /// The same, at another means.
    pub(crate) fn with(self, means: Means) -> Self {
        Self { means, ..self }
    }

    /// Writes down that a run is theirs.
    pub(crate) fn made(&self, graph: GraphId, run: RunId) -> Result<(), CliError> {
        let statement = "INSERT INTO server_actor VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
        let (run, means) = (run.to_string(), self.means.word());
        let values = params![graph.as_bytes(), run, means, self.name];
        self.registry.with(|connection| connection.execute(statement, values)).map(drop)
    }
}

impl Registry {
    /// Who made which of these runs. Those of the command line and of the server itself are nobody's.
    pub(crate) fn actors(
        &self,
        graph: GraphId,
        runs: &[RunId],
    ) -> Result<BTreeMap<RunId, ActorView>, CliError> {
        let statement = "SELECT means, name FROM server_actor WHERE graph = ? AND run = ?";
        let read = |row: &Row<'_>| Ok(ActorView { with: row.get(0)?, name: row.get(1)? });
        self.look(|connection| {
            let mut look = connection.prepare(statement)?;
            let mut found = BTreeMap::new();
            for run in runs {
                let mut rows = look.query_map(params![graph.as_bytes(), run.to_string()], read)?;
                if let Some(actor) = rows.next() {
                    found.insert(*run, actor?);
                }
            }
            Ok(found)
        })
    }
}
