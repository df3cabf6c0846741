//! What a row can be by itself, whatever else there is.

use std::collections::BTreeSet;

use kalends_core::cursor::{Cursor, Failing};
use kalends_core::graph::Sweep;
use kalends_core::plan::Row;
use kalends_core::schedule::{Hold, Session, SessionState};
use kalends_core::watch::{Channel, Stage, Watch};

/// How many channels of a calendar are kept: as many as are remembered, and one that is opened.
const CHANNELS_MAX: usize = 9;

/// What is wrong with a row by itself, in words; empty where nothing is.
pub(super) fn wrong(row: &Row) -> Vec<&'static str> {
    match row {
        Row::Sweep(_, sweep) => one(lost_more(*sweep), "lacks more than there is"),
        Row::Hold(hold) => held(hold),
        Row::Session(session) => searched(session),
        Row::Cursor(_, cursor) => read(cursor),
        Row::Watch(_, watch) => watched(watch),
        Row::Health(_, health) => failing(health.failing.as_ref()),
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Event(_)
        | Row::Presence(..)
        | Row::Mirror(..)
        | Row::Part(..)
        | Row::Aside(_)
        | Row::Object(..)
        | Row::Run(_)
        | Row::Meeting(_)
        | Row::Received(..) => Vec::new(),
    }
}

fn one(is_wrong: bool, what: &'static str) -> Vec<&'static str> {
    if is_wrong { vec![what] } else { Vec::new() }
}

fn all<const N: usize>(looked_at: [(bool, &'static str); N]) -> Vec<&'static str> {
    looked_at.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, what)| what).collect()
}

const fn lost_more(sweep: Sweep) -> bool {
    match sweep {
        Sweep::Weighing { lost, of, .. } => lost > of,
        Sweep::Done(_) | Sweep::After(_) | Sweep::Changed(_) | Sweep::Waiting | Sweep::Held => {
            false
        }
    }
}

fn held(hold: &Hold) -> Vec<&'static str> {
    one(hold.range.start >= hold.range.end, "holds no time")
}

fn searched(session: &Session) -> Vec<&'static str> {
    let is_held = session.state == SessionState::Held;
    let waits = session.guests.iter().any(|guest| guest.said.is_none());
    let candidates: BTreeSet<_> = session.candidates.iter().collect();
    let begun = match session.state {
        SessionState::Open | SessionState::Candidates => session.meeting.is_none(),
        SessionState::Held | SessionState::Committed => session.meeting.is_some(),
        SessionState::Cancelled | SessionState::Expired => true,
    };
    all([
        (
            session.state.is_over() != session.ended.is_some(),
            "ended and is not over, or is over and has no end",
        ),
        (session.hold.is_some() != session.meeting.is_some(), "holds a time and asks nobody"),
        (!begun, "asks others for a time too early, or for none"),
        (is_held && session.attempts == 0, "holds a time without having tried"),
        (session.state == SessionState::Open && !waits, "waits for nobody"),
        (candidates.len() < session.candidates.len(), "offers a time twice"),
        (!session.guests.is_sorted_by(|a, b| a.graph < b.graph), "asks somebody twice"),
    ])
}

fn read(cursor: &Cursor) -> Vec<&'static str> {
    let written: BTreeSet<_> = cursor.written.iter().collect();
    let is_read = cursor.read_at.is_some();
    let mut wrong = failing(cursor.failing.as_ref());
    wrong.extend(all([
        (cursor.tag.is_none() && cursor.tag_since.is_some(), "dates a tag that it has not"),
        (cursor.committed.is_none() && cursor.in_progress.is_some(), "goes on from nowhere"),
        (cursor.committed.is_some() && !is_read, "has a token, and was never read to its end"),
        (cursor.compared_at.is_some() && !is_read, "was compared, and never read to its end"),
        (is_read && cursor.read_in.is_none(), "was read in no run"),
        (cursor.written.len() > Cursor::WRITTEN_MAX, "remembers too much that was written"),
        (written.len() < cursor.written.len(), "remembers what was written twice"),
    ]));
    wrong
}

fn watched(watch: &Watch) -> Vec<&'static str> {
    let is_at = |stage| move |channel: &&Channel| channel.stage == stage;
    let count = |stage| watch.channels.iter().filter(is_at(stage)).count();
    let speaks = |channel: &&Channel| matches!(channel.stage, Stage::Open | Stage::Doubted);
    let mut speaking = watch.channels.iter().filter(speaks);
    let mut opening = watch.channels.iter().filter(is_at(Stage::Opening));
    let names: BTreeSet<_> = watch.channels.iter().map(|channel| channel.name).collect();
    let mut wrong = failing(watch.failing.as_ref());
    wrong.extend(all([
        (names.len() < watch.channels.len(), "has two channels of one name"),
        (watch.channels.len() > CHANNELS_MAX, "keeps too many channels"),
        (count(Stage::Opening) > 1, "opens two channels at once"),
        (count(Stage::Open) + count(Stage::Doubted) > 1, "listens to two channels"),
        (opening.any(|channel| channel.id.is_some()), "opens what is open"),
        (speaking.clone().any(|channel| channel.id.is_none()), "listens to what was not granted"),
        (speaking.any(|channel| channel.expires <= channel.since), "ends before it begins"),
        (watch.missed.is_some_and(|missed| missed.times == 0), "missed nothing"),
    ]));
    wrong
}

fn failing(failing: Option<&Failing>) -> Vec<&'static str> {
    one(failing.is_some_and(|failing| failing.times == 0), "fails, and never did")
}
