//! Events: made, read, listed, changed, deleted and answered.

mod change;
mod create;
mod read;
mod remove;
mod respond;

pub(crate) use change::{edit, patch};
pub(crate) use create::{create, insert};
pub(crate) use read::{get, instances, list, view, window};
pub(crate) use remove::{cancel_occurrence, delete, discard};
pub(crate) use respond::{cancel, respond};

use super::context::Cx;
use super::ids::{self, IdSpace};
use super::state::{Event, Write};
use super::strict::Rule;

/// What every list and every read of events takes.
const READS: &[&str] = &["$select", "$expand"];
const LISTS: &[&str] = &["$select", "$expand", "$filter", "$orderby", "$top", "$skip", "$count"];

/// Counts a change of an event.
pub(crate) fn touch(state: &mut super::state::State, number: u64, now_ms: i64) {
    let seq = state.next_seq();
    if let Some(event) = state.events.get_mut(&number) {
        event.seq = seq;
        event.content.change = seq;
        event.content.modified_ms = now_ms;
    }
}

/// Remembers that a request wrote to an event, or to its instance of a date.
fn note_write(
    cx: &mut Cx<'_>,
    (number, date): (u64, Option<jiff::civil::Date>),
    method: &'static str,
    said: String,
) {
    let Some(event) = cx.state.events.get(&number) else {
        return;
    };
    let seed = cx.state.seed;
    let write = Write {
        method,
        calendar: ids::of_calendar(seed, event.calendar),
        event: ids::of_event(seed, number, event, IdSpace::Immutable),
        of_instance: date.is_some(),
        transaction: event.transaction.clone(),
        said,
    };
    cx.state.writes.push(write);
}

/// Notes what is sent of a mirror and would reach somebody.
fn note_loud(cx: &mut Cx<'_>, body: &serde_json::Map<String, serde_json::Value>, is_patch: bool) {
    for what in super::strict::loud(body, is_patch) {
        cx.note(Rule::Silence, &what);
    }
}

/// Notes what only the service sets.
fn note_read_only(cx: &mut Cx<'_>, body: &serde_json::Map<String, serde_json::Value>) {
    for name in super::write::READ_ONLY.iter().filter(|name| body.contains_key(**name)) {
        cx.note(Rule::ReadOnly, name);
    }
}

/// Who is told of a change: the attendees but the organizer.
fn told(event: &Event) -> Vec<String> {
    let of_series = event.exceptions.values().flat_map(|one| one.content.attendees.iter());
    let all = event.content.attendees.iter().chain(of_series);
    let mut out: Vec<String> =
        all.filter_map(address).filter(|to| *to != event.organizer).collect();
    out.sort();
    out.dedup();
    out
}

fn address(person: &serde_json::Value) -> Option<String> {
    person.get("emailAddress")?.get("address")?.as_str().map(str::to_owned)
}
