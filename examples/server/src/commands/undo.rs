//! Taking runs back, bringing contents back, letting mirrors follow again.

use std::collections::BTreeSet;

use kalends::UserEdit;
use kalends::core::mirror::{MirrorMode, PartKey};
use kalends::core::plan::{JobKey, Note};
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::{MirrorBundle, ReadSet};
use kalends::core::wire;
use kalends::ids::{EdgeId, EventId, RunId};
use kalends::queries::{JournalFilter, JournalPage};

use super::journal::no_run;
use crate::data::Data;
use crate::error::CliError;
use crate::hooks::CliHooks;
use crate::host;
use crate::outcome::Outcome;
use crate::view::{Restored, Resumed, Undone, UndoneKept};

/// Where parts are named.
const PARTS: &str = "`explain` prints them";

pub(crate) async fn undo(data: &Data, text: &str) -> Result<Outcome, CliError> {
    let run: RunId = text.parse().map_err(|_| no_run(text))?;
    let filter = JournalFilter::Run(run);
    let page = JournalPage { graph: data.keys.graph, filter, after: 0, limit: 1 };
    match data.store.query(page).await?.first() {
        Some((_, Some(_))) => {}
        Some((_, None)) => {
            let text =
                format!("what run {run} changed was erased from the journal: change it back");
            return Err(CliError::not_found(text));
        }
        None => return Err(CliError::not_found(format!("nothing was recorded in run {run}"))),
    }
    let (made, notes) = edit(data, UserEdit::Undo { run }).await?;
    let kept = left_alone(&notes);
    let mut text = format!("run {run} is taken back. Sync next.");
    for UndoneKept { what, why } in &kept {
        text.push_str(&format!("\n{what}: {why}"));
    }
    Ok(Outcome::new(Undone { undone: run.to_string(), run: made.to_string(), kept }, text))
}

/// What an undo left alone, each once.
pub(crate) fn left_alone(notes: &[Note]) -> Vec<UndoneKept> {
    let kept: BTreeSet<(String, &str)> = notes.iter().filter_map(kept).collect();
    kept.into_iter().map(|(what, why)| UndoneKept { what, why }).collect()
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
    let other = || "an account or a policy".to_owned();
    let what = edge.or(event).or(calendar).unwrap_or_else(other);
    Some((what, why))
}

pub(crate) async fn restore(data: &Data, entry: u64) -> Result<Outcome, CliError> {
    let (graph, filter) = (data.keys.graph, JournalFilter::All);
    let after = entry.saturating_sub(1);
    let page = data.store.query(JournalPage { graph, filter, after, limit: 1 }).await?;
    let Some((found, _)) = page.first().filter(|(found, _)| found.seq == entry) else {
        return Err(CliError::not_found(format!("there is no journal entry {entry}")));
    };
    if found.event.is_none() {
        return Err(CliError::not_found(format!("entry {entry} holds no content that lost")));
    }
    let (run, notes) = edit(data, UserEdit::Restore { entry }).await?;
    let said = |code: &str| notes.iter().any(|note| note.code == code);
    if said("restore.no-entry") {
        return Err(CliError::not_found(format!("the content of entry {entry} was erased")));
    }
    if said("restore.nothing-lost") {
        return Err(CliError::not_found(format!("entry {entry} holds no content that lost")));
    }
    if said("restore.refused") {
        return Err(CliError::broken(
            "restore.refused",
            format!(
                "the content of entry {entry} cannot be brought back: its calendar cannot be \
                 written, guests would be mailed, or nothing of it may flow back; `journal` \
                 shows what it said"
            ),
        ));
    }
    let text = format!("what lost in entry {entry} is brought back: sync to write it");
    Ok(Outcome::new(Restored { restored: entry, run: run.to_string() }, text))
}

/// All of a mirror rests or follows: whichever of its parts is named, the whole is meant.
pub(crate) async fn resume(data: &Data, text: &str) -> Result<Outcome, CliError> {
    let (event, edge, part) = read_part(text)?;
    let mut want = ReadSet::default();
    want.events.insert(event);
    let slice = data.store.load(data.keys.graph, &want).await?;
    let bundle = slice.events.get(&event).and_then(Option::as_ref);
    let mirror = bundle.and_then(|bundle| bundle.mirrors.get(&edge));
    let Some(MirrorBundle { mirror, parts }) = mirror else {
        return Err(CliError::not_found(format!("there is no mirror of {event} under {edge}")));
    };
    if part.is_some_and(|part| !parts.contains_key(&part)) {
        return Err(CliError::not_found(format!("{text:?} is no part")).hinting(PARTS));
    }
    if mirror.mode == MirrorMode::Kept {
        let follows = CliError::usage(format!("{text:?} follows its origin already"));
        return Err(follows.hinting("what is parked is tried again with `parked retry`"));
    }
    let (run, _) = edit(data, UserEdit::Resume { event, edge }).await?;
    let json = Resumed { event: event.to_string(), edge: edge.to_string(), run: run.to_string() };
    Ok(Outcome::new(json, "it follows its origin again: sync to write it"))
}

/// EVENT/EDGE or EVENT/EDGE/PART.
fn read_part(text: &str) -> Result<(EventId, EdgeId, Option<PartKey>), CliError> {
    let name = text.trim_start_matches("part/");
    if let Some(JobKey::Part(part)) = wire::read_job_key(&format!("part/{name}")) {
        return Ok((part.event, part.edge, Some(part.part)));
    }
    let ids = name.split_once('/').and_then(|(event, edge)| {
        Some((event.parse::<EventId>().ok()?, edge.parse::<EdgeId>().ok()?, None))
    });
    ids.ok_or_else(|| CliError::usage(format!("{text:?} is no part")).hinting(PARTS))
}

async fn edit(data: &Data, edit: UserEdit) -> Result<(RunId, Vec<Note>), CliError> {
    let driver = host::driver(data, CliHooks::quiet())?;
    host::edit(data, &driver, edit).await
}
