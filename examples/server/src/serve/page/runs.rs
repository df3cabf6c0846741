//! What happened lately, and what of it can be taken back.

use askama::Template;
use kalends::core::journal::Entry;
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;

use super::super::actor::ActorView;
use super::model::{Calendar, Status};
use super::session::Visitor;
use crate::commands::rule;
use crate::commands::runs::{self, Newest};
use crate::error::CliError;
use crate::show::local;

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
    /// Who asked for it, in words.
    by: Option<String>,
    /// Whether a person changed something in it that can be taken back.
    undoable: bool,
}

impl RunsPart {
    pub(super) async fn of(visitor: &Visitor, known: &Status) -> Result<Self, CliError> {
        let data = &visitor.data;
        let zone = rule::home(data).await?;
        let runs = runs::newest(data).await?;
        let runs = runs.iter().map(|run| told(run, known, &zone)).collect();
        Ok(Self { token: visitor.token.clone(), runs })
    }
}

/// What happened in a run, the last entry first.
fn told(newest: &Newest, found: &Status, zone: &Zone) -> Run {
    let mut lines: Vec<(String, u32)> = Vec::new();
    for entry in newest.entries.iter().rev() {
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
    let stamp = newest.entries.first().map(|entry| entry.at.to_string()).unwrap_or_default();
    Run {
        run: newest.run.to_string(),
        at: at(&stamp, zone),
        stamp,
        what: lines.collect::<Vec<_>>().join("; "),
        by: newest.by.as_ref().map(by),
        undoable: newest.undoable,
    }
}

/// Who asked for a run.
fn by(actor: &ActorView) -> String {
    match actor.with.as_str() {
        "page" => "at this page".to_owned(),
        "tool" => format!("by a tool with the key {}", actor.name),
        _ => format!("with the key {}", actor.name),
    }
}

/// An entry in words, with the edge or the calendar that it is about.
fn what(entry: &Entry, found: &Status) -> String {
    let edge = entry.cause.edge.map(|id| id.to_string());
    let calendar = entry.cause.calendar.map(|id| id.to_string());
    let edge = found.edges.iter().find(|one| edge.as_ref() == Some(&one.id));
    let calendar = found.calendars.iter().find(|one| calendar.as_ref() == Some(&one.id));
    let place = edge.map(|edge| format!("{} → {}", edge.from.name, edge.to.name));
    let place = place.or_else(|| calendar.map(Calendar::label));
    let happened = happened(entry.cause.what.code());
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
