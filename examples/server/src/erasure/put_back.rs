//! Edges that ended on their way out, as they were before an erasure that is called off.

use std::collections::BTreeMap;

use kalends::core::graph::{CalendarKind, Edge, Lifecycle};
use kalends::core::ids::AccountId;
use kalends::core::journal::{Entry, Payload};
use kalends::core::plan::RowKey;
use kalends::core::wire::{self, Touch};
use kalends::driver::DriverError;
use kalends::ids::{EdgeId, RunId};
use kalends::queries::{JournalFilter, JournalPage};
use kalends::{Driver, EdgeTarget, UserEdit};
use serde_json::Value;

use crate::data::Data;
use crate::error::CliError;
use crate::host::Host;

/// How many entries of the journal are read at once.
const PAGE: u32 = 500;

type Entries = Vec<(Entry, Option<Payload>)>;

/// Adds edges again that have ended since a run took them out of use: they held no mirrors any more.
pub(super) async fn put_back(
    data: &Data,
    driver: &Driver<Host>,
    (run, gone): (RunId, &[EdgeId]),
) -> Result<(), CliError> {
    let mut edges = before(data, run, gone).await?;
    while let Some((_, edge)) = edges.pop_first() {
        let Some(to) = target(data, &edge).await? else { continue };
        let pair = edge.pair.and_then(|pair| edges.remove(&pair));
        let options = Box::new(edge.options.clone());
        let two_way = pair.is_some();
        let from = edge.from;
        carry_out(data, driver, UserEdit::AddEdge { from, to, options, two_way }).await?;
        for Edge { id, options, .. } in pair.into_iter().flat_map(|pair| [edge.clone(), pair]) {
            // Each of the two has options of its own.
            let options = Box::new(options);
            carry_out(data, driver, UserEdit::ChangeEdge { edge: id, base: None, options }).await?;
        }
    }
    Ok(())
}

/// What does not fit what is there any more is left alone.
async fn carry_out(data: &Data, driver: &Driver<Host>, edit: UserEdit) -> Result<(), CliError> {
    match kalends::edit(driver, &data.keys, edit).await {
        Ok(_) | Err(DriverError::Edit(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Where an edge went; none where that account is gone.
async fn target(data: &Data, edge: &Edge) -> Result<Option<EdgeTarget>, CliError> {
    let config = data.config().await?;
    let is_its = |id: &AccountId| data.keys.overlay(*id) == edge.to;
    Ok(match edge.options.kind {
        CalendarKind::TrueMirror => Some(EdgeTarget::Calendar(edge.to)),
        CalendarKind::BusyOverlay => {
            config.accounts.keys().copied().find(is_its).map(EdgeTarget::Overlay)
        }
    })
}

/// Those of the edges that were to stay before the run, as they were then, as far as the journal tells.
async fn before(
    data: &Data,
    run: RunId,
    gone: &[EdgeId],
) -> Result<BTreeMap<EdgeId, Edge>, CliError> {
    let its = entries(data, JournalFilter::Run(run), 0).await?;
    let mut rows = BTreeMap::new();
    let mut after = its.first().map(|(entry, _)| entry.seq);
    while let Some(seq) = after {
        let page = entries(data, JournalFilter::All, seq).await?;
        for payload in page.iter().filter_map(|(_, payload)| payload.as_ref()) {
            if takes_any(payload, gone) {
                // What it took is as it was; all else of it is not looked at.
                let _ = wire::unplay_untouched(payload, &mut rows);
            }
        }
        after = page.last().map(|(entry, _)| entry.seq);
    }
    for payload in its.iter().rev().filter_map(|(_, payload)| payload.as_ref()) {
        let _ = wire::unplay_untouched(payload, &mut rows);
    }
    let edge = |id: &EdgeId| read(&rows, *id).map(|edge| (*id, edge));
    Ok(gone.iter().filter_map(edge).filter(|(_, edge)| stays(edge)).collect())
}

fn takes_any(payload: &Payload, gone: &[EdgeId]) -> bool {
    let is_one =
        |touched: &_| matches!(touched, (RowKey::Edge(id), Touch::Removed) if gone.contains(id));
    wire::touched(payload).is_ok_and(|all| all.iter().any(is_one))
}

fn read(rows: &BTreeMap<String, Value>, id: EdgeId) -> Option<Edge> {
    let row = rows.get(&wire::key(&RowKey::Edge(id)))?;
    wire::edge(id, row.to_string().as_bytes()).ok()
}

const fn stays(edge: &Edge) -> bool {
    match edge.state {
        Lifecycle::Active | Lifecycle::Paused(_) => true,
        Lifecycle::Retiring | Lifecycle::Abandoned => false,
    }
}

async fn entries(data: &Data, filter: JournalFilter, after: u64) -> Result<Entries, CliError> {
    let page = JournalPage { graph: data.keys.graph, filter, after, limit: PAGE };
    Ok(data.store.query(page).await?)
}
