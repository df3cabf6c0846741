//! What happened lately, and what of it can be taken back.

use askama::Template;
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;

use super::model::{Calendar, Entries, Entry, Status, read};
use super::session::Visitor;
use crate::args::JournalArgs;
use crate::commands::{journal, rule};
use crate::error::CliError;
use crate::show::local;

/// Entries of the journal that are looked at.
const ENTRIES: u64 = 200;
/// Runs that are shown.
const RUNS: usize = 8;

#[derive(Template)]
#[template(path = "runs.html")]
pub(super) struct RunsPart {
    token: String,
    runs: Vec<Run>,
}

struct Run {
    run: String,
    at: String,
    stamp: String,
    what: String,
    /// Whether a person changed something in it.
    undoable: bool,
}

impl RunsPart {
    /// The newest runs, each once, with what happened in it first.
    pub(super) async fn of(visitor: &Visitor, known: &Status) -> Result<Self, CliError> {
        let data = &visitor.data;
        let head = data.store.load(data.keys.graph, &ReadSet::default()).await?.head.seq;
        let args = JournalArgs {
            event: None,
            run: None,
            verify: false,
            erase_before: None,
            limit: None,
            after: head.saturating_sub(ENTRIES),
        };
        let found: Entries = read(journal::run(data, args).await)?;
        let zone = rule::home(data).await?;
        Ok(Self { token: visitor.token.clone(), runs: gathered(&found.entries, known, &zone) })
    }
}

fn gathered(entries: &[Entry], found: &Status, zone: &Zone) -> Vec<Run> {
    let mut runs: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for entry in entries.iter().rev() {
        let (known, full) =
            (runs.iter().position(|(run, _)| *run == entry.run), runs.len() == RUNS);
        match known.and_then(|place| runs.get_mut(place)) {
            Some((_, all)) => all.push(entry),
            None if full => break,
            None => runs.push((&entry.run, vec![entry])),
        }
    }
    runs.into_iter().map(|(run, all)| told(run, &all, found, zone)).collect()
}

/// What happened in a run, the last entry first.
fn told(run: &str, all: &[&Entry], found: &Status, zone: &Zone) -> Run {
    let mut lines: Vec<(String, u32)> = Vec::new();
    for entry in all.iter().rev() {
        let line = what(entry, found);
        match lines.iter_mut().find(|(known, _)| *known == line) {
            Some((_, times)) => *times += 1,
            None => lines.push((line, 1)),
        }
    }
    let lines = lines.into_iter().map(|(line, times)| match times {
        1 => line,
        times => format!("{line} ({times} times)"),
    });
    let stamp = all.first().map(|entry| entry.at.clone()).unwrap_or_default();
    Run {
        run: run.to_owned(),
        at: at(&stamp, zone),
        stamp,
        what: lines.collect::<Vec<_>>().join("; "),
        undoable: all.iter().any(|entry| matches!(entry.cause.as_str(), "authored" | "undone")),
    }
}

/// An entry in words, with the edge or the calendar that it is about.
fn what(entry: &Entry, found: &Status) -> String {
    let edge = found.edges.iter().find(|edge| entry.edge.as_ref() == Some(&edge.id));
    let calendar = found.calendars.iter().find(|one| entry.calendar.as_ref() == Some(&one.id));
    let place = edge.map(|edge| format!("{} → {}", edge.from.name, edge.to.name));
    let place = place.or_else(|| calendar.map(Calendar::label));
    let happened = happened(&entry.cause);
    place.map_or_else(|| happened.to_owned(), |place| format!("{happened}: {place}"))
}

/// A time as people read it.
pub(super) fn at(stamp: &str, zone: &Zone) -> String {
    stamp.parse::<Timestamp>().map_or_else(|_| stamp.to_owned(), |at| local(at, zone))
}

/// A cause of the journal, in words.
pub(super) fn happened(cause: &str) -> &str {
    match cause {
        "seen" => "a calendar showed something new",
        "gone-seen" => "something was missing",
        "released" => "a deletion was taken over",
        "held" => "deletions were held for your word",
        "wrote" => "a copy was written",
        "write-failed" => "a copy could not be written",
        "adopted" => "a copy was found again",
        "mirror-edited" => "somebody changed a copy",
        "conflict" => "two sides changed the same",
        "authored" => "somebody changed something here",
        "swept" => "copies were worked out",
        "undone" => "something was taken back",
        "discovered" => "calendars were found",
        "met" => "a meeting was agreed on",
        other => other,
    }
}
