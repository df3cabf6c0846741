//! What a request did that died before it was answered, and that comes again: its run has a name of its
//! own, under which the journal says what it did.

use std::collections::BTreeMap;

use kalends::core::journal::Payload;
use kalends::core::plan::RowKey;
use kalends::core::presence::Presence;
use kalends::core::wire;
use kalends::ids::{CalendarId, EdgeId, EventId, RunId};
use kalends::queries::{JournalFilter, JournalPage};
use serde_json::Value;

use super::birth::Birth;
use crate::data::Data;
use crate::error::CliError;

/// The most entries of one request's run that are looked at.
const ENTRIES_MAX: u32 = 100;

/// The run of a request that may have been carried out before, where it did something then.
pub(super) async fn run_of(data: &Data, birth: &Birth) -> Result<Option<RunId>, CliError> {
    if !birth.may_be_again() {
        return Ok(None);
    }
    let run = birth.run();
    Ok((!payloads(data, run, 1).await?.is_empty()).then_some(run))
}

/// The edges that a run added.
pub(super) async fn edges_added(data: &Data, run: RunId) -> Result<Vec<EdgeId>, CliError> {
    let mut added = Vec::new();
    for payload in payloads(data, run, ENTRIES_MAX).await?.into_iter().flatten() {
        let changes: Vec<Value> = serde_json::from_slice(&payload.0).unwrap_or_default();
        let new = changes.iter().filter(|change| change["b"].is_null());
        let keys = new.filter_map(|change| wire::read_key(change["k"].as_str()?));
        added.extend(
            keys.filter_map(|key| if let RowKey::Edge(id) = key { Some(id) } else { None }),
        );
    }
    Ok(added)
}

/// Where an event lay, and as what, before a run took it away.
pub(super) async fn taken_away(
    data: &Data,
    run: RunId,
    event: EventId,
) -> Result<Option<(CalendarId, Presence)>, CliError> {
    let mut rows = BTreeMap::new();
    for payload in payloads(data, run, ENTRIES_MAX).await?.into_iter().flatten().rev() {
        // What cannot be read says nothing.
        let _ = wire::unplay(&payload, &mut rows);
    }
    Ok(rows.iter().find_map(|(key, row)| match wire::read_key(key) {
        Some(RowKey::Presence(of, calendar)) if of == event => {
            Some((calendar, wire::presence(row.to_string().as_bytes()).ok()?))
        }
        Some(_) | None => None,
    }))
}

async fn payloads(data: &Data, run: RunId, limit: u32) -> Result<Vec<Option<Payload>>, CliError> {
    let filter = JournalFilter::Run(run);
    let page = JournalPage { graph: data.keys.graph, filter, after: 0, limit };
    Ok(data.store.query(page).await?.into_iter().map(|(_, payload)| payload).collect())
}
