//! What a sync would write, and taking back what a run changed.

use std::collections::BTreeSet;

use kalends::core::event::Body;
use kalends::core::plan::Note;
use kalends::core::ports::GraphStore as _;
use kalends::core::read;
use kalends::core::slice::{Config, ReadSet};
use kalends::core::step::Operation;
use kalends::ids::{EventId, RunId};
use kalends::queries::{JournalFilter, JournalPage, Queries as _};
use kalends::{Draft, Planned, UserEdit};
use serde_json::{Value, json};

use crate::api::config;
use crate::graph::Object;
use crate::lookup::label;
use crate::problem::Problem;

/// Entries of a run that are shown together.
const ENTRIES: u32 = 50;
/// Writes of a plan that are shown.
const OPERATIONS: usize = 250;

/// Reads the calendars, and says what a sync would write.
pub(crate) async fn plan(object: &Object) -> Result<Value, Problem> {
    let (preview, is_whole) = object.preview().await?;
    let config = config(object).await?;
    let mut operations = Vec::new();
    for operation in preview.operations.iter().take(OPERATIONS) {
        operations.push(planned(object, &config, operation).await?);
    }
    Ok(json!({
        "run": preview.run.to_string(),
        "operations": operations,
        "count": preview.operations.len(),
        "whole": is_whole,
        "held": preview.held,
        "requests": preview.requests,
        "failures": preview.failures.len(),
    }))
}

async fn planned(
    object: &Object,
    config: &Config,
    operation: &Operation,
) -> Result<Value, Problem> {
    let read = Planned::of(operation);
    let body = match (read.body, read.event) {
        (Some(body), _) => Some(body.clone()),
        // What is deleted is named as the origin was last seen.
        (None, Some(event)) => origin(object, event).await?,
        (None, None) => None,
    };
    let said = body.as_ref().map(Draft::of).unwrap_or_default();
    Ok(json!({
        "action": read.action,
        "why": read.why,
        "calendar": label(config, operation.calendar),
        "event": read.event.map(|event| event.to_string()),
        "edge": read.edge.map(|edge| edge.to_string()),
        "title": said.title,
        "start": said.start,
        "zone": said.zone,
    }))
}

async fn origin(object: &Object, event: EventId) -> Result<Option<Body>, Problem> {
    let want = ReadSet { events: [event].into(), ..ReadSet::default() };
    let slice = object.driver().ports().store.load(object.keys().graph, &want).await?;
    let bundle = slice.events.get(&event).and_then(Option::as_ref);
    Ok(bundle.and_then(read::origin).map(|(_, body)| body))
}

/// Takes back what a run changed here, as far as nobody touched it since.
pub(crate) async fn undo(object: &Object, text: &str) -> Result<Value, Problem> {
    let run = known(object, text).await?;
    let (made, notes) =
        kalends::edit(object.driver(), object.keys(), UserEdit::Undo { run }).await?;
    object.wake()?;
    let kept: BTreeSet<(String, &str)> = notes.iter().filter_map(kept).collect();
    let kept = kept.into_iter().map(|(what, why)| json!({ "what": what, "why": why }));
    Ok(json!({
        "done": true,
        "undone": run.to_string(),
        "run": made.to_string(),
        "kept": kept.collect::<Vec<_>>(),
    }))
}

/// What a run changed, a page behind an entry's number.
pub(crate) async fn changes(object: &Object, text: &str, after: u64) -> Result<Value, Problem> {
    let run = known(object, text).await?;
    let page = JournalPage { after, ..page(object, run, ENTRIES + 1) };
    let mut entries = object.driver().ports().store.query(page).await?;
    let is_cut = entries.len() > ENTRIES as usize;
    entries.truncate(ENTRIES as usize);
    let next = entries.last().filter(|_| is_cut).map(|(entry, _)| entry.seq);
    let entries = entries.iter().map(|(entry, _)| {
        json!({
            "entry": entry.seq,
            "what": entry.cause.what.code(),
            "event": entry.event.map(|event| event.to_string()),
        })
    });
    Ok(json!({ "done": false, "run": text, "entries": entries.collect::<Vec<_>>(), "next": next }))
}

/// A run that something was recorded in, and is there still.
pub(crate) async fn known(object: &Object, text: &str) -> Result<RunId, Problem> {
    let run: RunId = text.parse().map_err(|_| Problem::not_found("run"))?;
    match object.driver().ports().store.query(page(object, run, 1)).await?.first() {
        Some((_, Some(_))) => Ok(run),
        Some((_, None)) => {
            let text = "what the run changed was erased from the journal: change it back";
            Err(Problem::new(410, "run.erased", text))
        }
        None => Err(Problem::not_found("run")),
    }
}

pub(crate) fn page(object: &Object, run: RunId, limit: u32) -> JournalPage {
    JournalPage { graph: object.keys().graph, filter: JournalFilter::Run(run), after: 0, limit }
}

/// What an undo left alone, and why.
fn kept(note: &Note) -> Option<(String, &'static str)> {
    let why = match note.code {
        "undo.touched-since" => "it was changed since",
        "undo.gone" => "it is gone: add it again",
        "undo.end-gone" => "a calendar that it joins is gone, or its account is being removed",
        "undo.would-notify" => "its guests would be mailed",
        _ => return None,
    };
    let edge = note.edge.map(|edge| format!("edge {edge}"));
    let event = note.event.map(|event| format!("event {event}"));
    let calendar = note.calendar.map(|calendar| format!("calendar {calendar}"));
    let what = edge.or(event).or(calendar).unwrap_or_else(|| "an account or a policy".to_owned());
    Some((what, why))
}
