//! What happened lately, and what of it can be taken back.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use kalends::core::journal::Entry;
use kalends::core::time::Timestamp;
use kalends::recurrence::Zone;
use serde::Deserialize;

use super::super::actor::ActorView;
use super::looks::rendered;
use super::model::{Calendar, Status};
use super::session::Visitor;
use crate::commands::rule;
use crate::commands::runs::{self, Found, Newest};
use crate::error::CliError;
use crate::show::local;

#[derive(Template)]
#[template(path = "runs.html")]
pub(super) struct RunsPart {
    token: String,
    runs: Vec<Run>,
    /// The run that older ones come after.
    older: Option<String>,
}

/// Older runs, a page of them.
#[derive(Template)]
#[template(path = "older.html")]
struct OlderPage {
    part: RunsPart,
}

/// Which of them.
#[derive(Deserialize)]
pub(super) struct Older {
    after: Option<String>,
}

/// So many at once.
const PAGE: u32 = 50;

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
        Self::told(visitor, known, runs::newest(&visitor.data).await?).await
    }

    async fn told(visitor: &Visitor, known: &Status, found: Found) -> Result<Self, CliError> {
        let zone = rule::home(&visitor.data).await?;
        let runs = found.runs.iter().map(|run| told(run, known, &zone)).collect();
        let older = found.next.map(|run| run.to_string());
        Ok(Self { token: visitor.token.clone(), runs, older })
    }
}

pub(super) async fn older(visitor: Visitor, Query(Older { after }): Query<Older>) -> Response {
    rendered(page(&visitor, after).await)
}

async fn page(visitor: &Visitor, after: Option<String>) -> Result<OlderPage, CliError> {
    let known = Status::of(&visitor.data).await?;
    let found = runs::page(&visitor.data, &runs::Page { limit: PAGE, after }).await?;
    Ok(OlderPage { part: RunsPart::told(visitor, &known, found).await? })
}

/// What happened in a run.
fn told(newest: &Newest, found: &Status, zone: &Zone) -> Run {
    let mut lines: Vec<(String, u32)> = Vec::new();
    for entry in &newest.entries {
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
    let more = newest.is_cut.then(|| "and more".to_owned());
    let stamp = newest.last.to_string();
    Run {
        run: newest.run.to_string(),
        at: at(&stamp, zone),
        stamp,
        what: lines.chain(more).collect::<Vec<_>>().join("; "),
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
