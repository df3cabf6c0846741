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

    /// What a word says.
    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Page, Self::Key, Self::Tool].into_iter().find(|means| means.word() == word)
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
    /// As it is shown.
    pub(crate) fn view(&self) -> ActorView {
        ActorView { with: self.means.word().to_owned(), name: self.name.clone() }
    }

    /// Who is shown so.
    pub(crate) fn of(registry: Registry, ActorView { with, name }: ActorView) -> Option<Self> {
        Means::of(&with).map(|means| Self { registry, means, name })
    }

    /// The same, at another means.
    pub(crate) fn with(self, means: Means) -> Self {
        Self { means, ..self }
    }

    /// Writes down that a run is theirs, where the journal has it: one that was refused or changed
    /// nothing is nobody's, and nothing is left behind for a graph that was erased meanwhile.
    pub(crate) fn made(&self, graph: GraphId, run: RunId) -> Result<(), CliError> {
        let statement = "INSERT INTO server_actor SELECT ?1, ?2, ?3, ?4
            WHERE EXISTS (SELECT 1 FROM journal WHERE graph = ?1 AND run = ?5)
            ON CONFLICT DO NOTHING";
        let (name, means) = (run.to_string(), self.means.word());
        let values = params![graph.as_bytes(), name, means, self.name, run.as_bytes()];
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::settings::{self, Change};
    use crate::data::Data;

    /// Catches a row that outlives what it is about: of a run that was refused or changed nothing, of one
    /// in another graph, and of one whose graph is erased before it is written down.
    #[tokio::test]
    async fn runs_are_somebodys_only_while_the_journal_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let registry = Registry::of(&data).unwrap();
        let (means, name) = (Means::Key, "app".to_owned());
        let data = data.by(Actor { registry: registry.clone(), means, name });
        let written = || {
            let statement = "SELECT graph, run FROM server_actor";
            let read = |row: &Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?));
            registry.list(statement, read).unwrap()
        };
        let home = || Change { home: Some("Europe/Paris".to_owned()), ..Change::default() };
        settings::change(&data, home()).await.unwrap();
        let first = written();
        assert_eq!(first.len(), 1);
        // Nothing is changed by it.
        settings::change(&data, home()).await.unwrap();
        data.made(RunId::from_bytes([7; 16]));
        assert_eq!(written(), first);
        let run: RunId = first[0].1.parse().unwrap();
        data.new_graph().await.unwrap().made(run);
        assert_eq!(written(), first);
        // The erasure comes between the change and what is written down of it.
        let erased = "DELETE FROM journal; DELETE FROM server_actor";
        registry.with(|on| on.execute_batch(erased)).unwrap();
        data.made(run);
        assert_eq!(written(), []);
    }
}
