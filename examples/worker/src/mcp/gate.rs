//! What tools leave alone: what a closed edge carries, and what people alone take back: with the set-up
//! that was before, tools could open what people closed.

use kalends::core::journal::{CauseKind, Entry, Payload};
use kalends::core::plan::RowKey;
use kalends::core::wire;
use kalends::queries::{JournalPage, Queries as _};
use serde_json::Value;

use super::desk::Desk;
use crate::api::config;
use crate::problem::Problem;
use crate::runs;

/// Entries that are read together.
const PAGE: u32 = 500;

/// Refuses a plan to change an event of a calendar that a closed edge carries.
pub(super) async fn is_open(desk: Desk<'_>, planned: &Value) -> Result<(), Problem> {
    let calendar = planned["event"]["calendar"].as_str().and_then(|text| text.parse().ok());
    let calendar = calendar.ok_or_else(|| Problem::not_found("calendar"))?;
    desk.closed.calendar_is_open(&*config(desk.object).await?, calendar)
}

/// How many entries a run has. One that touched a closed edge, a calendar that one carries, or what all
/// edges lean on while one is closed, is refused; so is one in which people changed accounts, calendars
/// or edges that were there, or a policy or rule.
pub(super) async fn run_is_open(desk: Desk<'_>, text: &str) -> Result<u64, Problem> {
    let Desk { object, closed } = desk;
    let (run, config) = (runs::known(object, text).await?, config(object).await?);
    let (mut page, mut count) = (runs::page(object, run, PAGE), 0);
    loop {
        let entries = object.driver().ports().store.query(page.clone()).await?;
        for (entry, payload) in &entries {
            entry.cause.edge.map_or(Ok(()), |edge| closed.edge_is_open(edge))?;
            let calendar = entry.cause.calendar;
            calendar.map_or(Ok(()), |calendar| closed.calendar_is_open(&config, calendar))?;
            for key in payload.iter().flat_map(touched) {
                if let RowKey::Edge(edge) = key {
                    closed.edge_is_open(edge)?;
                } else if is_common(&key) {
                    closed.common_is_open(&config)?;
                }
            }
        }
        if entries.iter().any(|(entry, payload)| is_of_people(entry, payload.as_ref())) {
            let text = "it changed what people alone set: a person takes it back";
            return Err(Problem::new(403, "tools.people", text));
        }
        let Some((last, _)) = entries.last() else { return Ok(count) };
        page = JournalPage { after: last.seq, ..page };
        count += entries.len() as u64;
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

/// Whether an entry is one that a tool leaves alone. What cannot be read is.
fn is_of_people(entry: &Entry, payload: Option<&Payload>) -> bool {
    let by_people = matches!(entry.cause.what, CauseKind::Authored | CauseKind::Undone);
    if !by_people || entry.event.is_some() {
        return false;
    }
    let changes = payload.and_then(|it| serde_json::from_slice::<Vec<Value>>(&it.0).ok());
    changes.is_none_or(|changes| changes.iter().any(is_set_up))
}

fn is_set_up(change: &Value) -> bool {
    let Some(key) = change["k"].as_str().and_then(wire::read_key) else { return true };
    let was_there = !change["b"].is_null();
    matches!(key, RowKey::Policy(_) | RowKey::Rule(_))
        || was_there && matches!(key, RowKey::Account(_) | RowKey::Calendar(_) | RowKey::Edge(_))
}
