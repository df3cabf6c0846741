//! What a request did that died before it was answered, and that comes again: its run has a name of its
//! own, under which the journal says what it did. What became of it since is taken back, entry by entry.

use std::collections::BTreeMap;

use kalends::core::journal::Payload;
use kalends::core::plan::RowKey;
use kalends::core::presence::Presence;
use kalends::core::wire::{self, Touch};
use kalends::ids::{CalendarId, EdgeId, EventId, RunId};
use kalends::queries::{JournalFilter, JournalPage};

use super::birth::Birth;
use crate::data::Data;
use crate::error::CliError;

/// The most entries of one request's run that are looked at.
const ENTRIES_MAX: u32 = 100;
/// The most of what happened to an event since.
const SINCE_MAX: usize = 1_000;

/// The two sides of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// An event in the calendar in which a run changed it.
pub(super) struct Then {
    pub(super) uid: String,
    pub(super) calendar: CalendarId,
    pub(super) presence: Presence,
}

/// The run of a request that may have been carried out before, where it did something then.
pub(super) async fn run_of(data: &Data, birth: &Birth) -> Result<Option<RunId>, CliError> {
    if !birth.may_be_again() {
        return Ok(None);
    }
    let run = birth.run();
    Ok((!entries(data, JournalFilter::Run(run), 0, 1).await?.is_empty()).then_some(run))
}

/// The edges that a run added.
pub(super) async fn edges_added(data: &Data, run: RunId) -> Result<Vec<EdgeId>, CliError> {
    let all = entries(data, JournalFilter::Run(run), 0, ENTRIES_MAX).await?;
    let touched = all.iter().flat_map(|(_, payload)| touched(payload.as_ref()));
    let added =
        |touched| if let (RowKey::Edge(id), Touch::Added) = touched { Some(id) } else { None };
    Ok(touched.filter_map(added).collect())
}

/// What an event said before or after a run changed it, whatever became of it since; none where the
/// journal does not tell.
pub(super) async fn at(
    data: &Data,
    (run, side): (RunId, Side),
    event: EventId,
) -> Result<Option<Then>, CliError> {
    let done = entries(data, JournalFilter::Run(run), 0, ENTRIES_MAX).await?;
    let Some(first) = done.first().map(|(seq, _)| *seq) else { return Ok(None) };
    let mut keys = done.iter().flat_map(|(_, payload)| touched(payload.as_ref()));
    let calendar = keys.find_map(|(key, _)| {
        let RowKey::Presence(of, calendar) = key else { return None };
        (of == event).then_some(calendar)
    });
    let (Some(calendar), Some(since)) = (calendar, since(data, event, first).await?) else {
        return Ok(None);
    };
    let in_run: Vec<u64> = done.iter().map(|(seq, _)| *seq).collect();
    let undone =
        since.iter().rev().filter(|(seq, _)| side == Side::Before || !in_run.contains(seq));
    let mut rows = BTreeMap::new();
    for payload in undone.filter_map(|(_, payload)| payload.as_ref()) {
        // What cannot be read says nothing.
        let _ = wire::unplay(payload, &mut rows);
    }
    let bytes = |key: &RowKey| rows.get(&wire::key(key)).map(|row| row.to_string().into_bytes());
    let presence = bytes(&RowKey::Presence(event, calendar));
    let presence = presence.and_then(|bytes| wire::presence(&bytes).ok());
    let uid = bytes(&RowKey::Event(event)).and_then(|bytes| wire::event(event, &bytes).ok());
    let uid = uid.map_or_else(String::new, |event| event.uid);
    Ok(presence.map(|presence| Then { uid, calendar, presence }))
}

/// All entries about an event from this one on; none where they are too many.
async fn since(
    data: &Data,
    event: EventId,
    first: u64,
) -> Result<Option<Vec<(u64, Option<Payload>)>>, CliError> {
    let (mut all, mut after) = (Vec::new(), first.saturating_sub(1));
    loop {
        let page = entries(data, JournalFilter::Event(event), after, ENTRIES_MAX).await?;
        let Some((last, _)) = page.last() else { return Ok(Some(all)) };
        after = *last;
        all.extend(page);
        if all.len() > SINCE_MAX {
            return Ok(None);
        }
    }
}

fn touched(payload: Option<&Payload>) -> Vec<(RowKey, Touch)> {
    payload.and_then(|payload| wire::touched(payload).ok()).unwrap_or_default()
}

async fn entries(
    data: &Data,
    filter: JournalFilter,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, Option<Payload>)>, CliError> {
    let page = JournalPage { graph: data.keys.graph, filter, after, limit };
    let page = data.store.query(page).await?;
    Ok(page.into_iter().map(|(entry, payload)| (entry.seq, payload)).collect())
}
