//! The journal, and whether it holds.

use kalends::core::ids::EventId;
use kalends::core::journal::{Entry, Payload};
use kalends::core::time::Timestamp;
use kalends::queries::{JournalFilter, JournalPage};
use serde_json::json;

use crate::args::JournalArgs;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::show::{count, table};
use crate::view::{Entries, EntryView};

const ROWS: u32 = 500;

pub(crate) async fn run(data: &Data, args: JournalArgs) -> Result<Outcome, CliError> {
    match args.erase_before {
        Some(before) => erase(data, before).await,
        None if args.verify => verify(data).await,
        None => list(data, &args).await,
    }
}

async fn erase(data: &Data, before: Timestamp) -> Result<Outcome, CliError> {
    let erased = data.store.erase_payloads(data.keys.graph, before).await?;
    let text = format!("erased what {} said", count(erased as u64, "entry", "entries"));
    Ok(Outcome::new(json!({ "erased": erased }), text))
}

async fn verify(data: &Data) -> Result<Outcome, CliError> {
    match kalends::verify(&data.store, data.keys.graph).await? {
        Ok((entries, erased)) => {
            let text = format!("the journal holds: {}", count(entries, "entry", "entries"));
            Ok(Outcome::new(json!({"valid": true, "entries": entries, "erased": erased}), text))
        }
        Err(broken) => Err(CliError::broken("journal.broken", broken.to_string())),
    }
}

async fn list(data: &Data, args: &JournalArgs) -> Result<Outcome, CliError> {
    let entries = read(data, args).await?;
    let is_full = args.limit.is_some_and(|limit| entries.len() >= limit as usize);
    let next = entries.last().filter(|_| is_full).map(|(entry, _)| entry.seq);
    let json = entries.iter().map(|(entry, payload)| entry_view(entry, payload.as_ref())).collect();
    let rows = entries.iter().map(|(entry, _)| {
        let event = entry.event.map_or(String::new(), |event| event.to_string());
        [
            entry.seq.to_string(),
            entry.at.to_string(),
            entry.cause.what.code().to_owned(),
            event,
            entry.run.to_string(),
        ]
    });
    let text = table(["entry", "at", "cause", "event", "run"], rows, "nothing happened");
    Ok(Outcome::new(Entries { entries: json, next }, text))
}

/// Which entries to read, and of those, only which: a run's are few, whatever its event has lived
/// through.
fn filter(data: &Data, args: &JournalArgs) -> Result<(JournalFilter, Option<EventId>), CliError> {
    let event = args
        .event
        .as_ref()
        .map(|event| event.parse::<EventId>().unwrap_or_else(|_| data.keys.event(event, "", 0)));
    match (&args.run, event) {
        (Some(run), event) => {
            Ok((JournalFilter::Run(run.parse().map_err(|_| no_run(run))?), event))
        }
        (None, Some(event)) => Ok((JournalFilter::Event(event), None)),
        (None, None) => Ok((JournalFilter::All, None)),
    }
}

/// The run is not one.
pub(crate) fn no_run(run: &str) -> CliError {
    CliError::usage(format!("{run:?} is no run")).hinting("`runs` shows which there are")
}

/// Follows pages up to the limit.
async fn read(data: &Data, args: &JournalArgs) -> Result<Vec<(Entry, Option<Payload>)>, CliError> {
    let (filter, only) = filter(data, args)?;
    let (graph, mut after) = (data.keys.graph, args.after);
    let most = args.limit.map_or(usize::MAX, |limit| limit as usize);
    let mut entries = Vec::new();
    loop {
        let left = u32::try_from(most - entries.len()).unwrap_or(u32::MAX);
        let limit = if only.is_none() { left.min(ROWS) } else { ROWS };
        let page = data.store.query(JournalPage { graph, filter, after, limit }).await?;
        let is_last = page.len() < limit as usize;
        after = page.last().map_or(after, |(entry, _)| entry.seq);
        entries.extend(page.into_iter().filter(|(entry, _)| only.is_none() || entry.event == only));
        if is_last || entries.len() >= most {
            entries.truncate(most);
            return Ok(entries);
        }
    }
}

fn entry_view(entry: &Entry, payload: Option<&Payload>) -> EntryView {
    EntryView {
        seq: entry.seq,
        at: entry.at.to_string(),
        run: entry.run.to_string(),
        cause: entry.cause.what.code(),
        calendar: entry.cause.calendar.map(|id| id.to_string()),
        edge: entry.cause.edge.map(|id| id.to_string()),
        event: entry.event.map(|id| id.to_string()),
        changes: payload.and_then(|payload| serde_json::from_slice(&payload.0).ok()),
    }
}
