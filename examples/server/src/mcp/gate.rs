//! What tools leave alone: edges that were closed to them, and what those carry.

use std::collections::BTreeSet;

use kalends::core::journal::{CauseKind, Payload};
use kalends::core::plan::RowKey;
use kalends::core::slice::Config;
use kalends::core::wire;
use kalends::ids::{CalendarId, EdgeId, RunId};
use kalends::queries::{JournalFilter, JournalPage};
use serde_json::Value;

use super::handler::Toolbox;
use super::people;
use crate::error::{CliError, Exit};

impl Toolbox {
    /// The edges of the graph that are closed to tools.
    pub(super) fn closed(&self) -> Result<BTreeSet<EdgeId>, CliError> {
        self.registry.closed(self.data.keys.graph)
    }

    /// Refuses to touch an edge that is closed.
    pub(super) fn edge_is_open(&self, edge: EdgeId) -> Result<(), CliError> {
        if self.closed()?.contains(&edge) { Err(closed(edge)) } else { Ok(()) }
    }

    /// Refuses to touch a calendar whose events a closed edge carries.
    pub(super) fn calendar_is_open(
        &self,
        config: &Config,
        calendar: CalendarId,
    ) -> Result<(), CliError> {
        let closed_edges = self.closed()?;
        let mut edges = config.edges.values();
        let carries = edges.find(|edge| edge.from == calendar && closed_edges.contains(&edge.id));
        carries.map_or(Ok(()), |edge| Err(closed(edge.id)))
    }

    /// Refuses to change what all edges lean on while one is closed: what it shows could change.
    fn common_is_open(&self) -> Result<(), CliError> {
        self.closed()?.first().map_or(Ok(()), |edge| Err(closed(*edge)))
    }

    /// Refuses to take a run back that touched a closed edge, a calendar that one carries, or what all
    /// edges lean on, or one whose undo would open what people alone open.
    pub(super) async fn run_is_open(&self, config: &Config, run: RunId) -> Result<(), CliError> {
        let (graph, filter) = (self.data.keys.graph, JournalFilter::Run(run));
        let mut page = JournalPage { graph, filter, after: 0, limit: 500 };
        let mut set_up = Vec::new();
        loop {
            let entries = self.data.store.query(page.clone()).await?;
            for (entry, payload) in &entries {
                for key in payload.as_ref().map(touched).unwrap_or_default() {
                    if let RowKey::Edge(edge) = key {
                        self.edge_is_open(edge)?;
                    } else if is_common(&key) {
                        self.common_is_open()?;
                    }
                }
                if let Some(edge) = entry.cause.edge {
                    self.edge_is_open(edge)?;
                }
                if let Some(calendar) = entry.cause.calendar {
                    self.calendar_is_open(config, calendar)?;
                }
            }
            let Some((last, _)) = entries.last() else { break };
            page.after = last.seq;
            let of_set_up = entries.into_iter().filter(|(entry, _)| {
                let by_people = matches!(entry.cause.what, CauseKind::Authored | CauseKind::Undone);
                by_people && entry.event.is_none()
            });
            set_up.extend(of_set_up.filter_map(|(_, payload)| payload));
        }
        if people::undo_opens(config, &set_up) {
            let text = "it changed what people alone set: a person takes it back";
            return Err(CliError::new("tools.people", text, Exit::Usage));
        }
        Ok(())
    }
}

/// Whether all edges may lean on a row.
const fn is_common(key: &RowKey) -> bool {
    matches!(key, RowKey::Account(_) | RowKey::Calendar(_) | RowKey::Policy(_) | RowKey::Rule(_))
}

/// The rows that an entry changed.
fn touched(payload: &Payload) -> Vec<RowKey> {
    let changes: Vec<Value> = serde_json::from_slice(&payload.0).unwrap_or_default();
    changes.iter().filter_map(|change| wire::read_key(change["k"].as_str()?)).collect()
}

fn closed(edge: EdgeId) -> CliError {
    let text = format!("edge {edge} is closed to tools: a person opens it, or does this");
    CliError::new("edge.closed", text, Exit::Usage)
}
