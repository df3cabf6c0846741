//! The newest runs, what happened in each, and what of it can be taken back.

use kalends::core::graph::CalendarRole;
use kalends::core::journal::{CauseKind, Entry};
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::ids::{CalendarId, EventId, RunId};
use kalends::queries::{EntriesOf, EntriesPage};

use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::ActorView;
use crate::show::table;
use crate::view::{Happened, RunView, Runs};

/// Entries of the journal that are looked at.
const ENTRIES: u32 = 200;
/// So far back it is looked for what somebody changed, in entries.
const FAR: u64 = 20_000;
/// The newest runs that are shown, and those beside them that somebody changed something in.
const RUNS: usize = 8;
const AUTHORED: usize = 4;

/// A run, with the entries that were found of it, the last first.
pub(crate) struct Newest {
    pub(crate) run: RunId,
    pub(crate) entries: Vec<Entry>,
    /// Whether a person changed something in it that is there to be taken back.
    pub(crate) undoable: bool,
    /// Who asked for it; nobody on the command line, and for what follows by itself.
    pub(crate) by: Option<ActorView>,
}

/// The newest runs, each once, the last first. What somebody changed is there however much followed
/// from it, so that it can be taken back.
pub(crate) async fn newest(data: &Data) -> Result<Vec<Newest>, CliError> {
    let far = data.head().await?.seq.saturating_sub(FAR);
    let page = |of| EntriesPage { graph: data.keys.graph, of, limit: ENTRIES };
    let last = data.store.query(page(EntriesOf::LastAfter(far))).await?;
    let authored = data.store.query(page(EntriesOf::AuthoredAfter(far))).await?;
    let mut runs = gathered(last, RUNS);
    for found in gathered(authored, RUNS + AUTHORED) {
        let is_new = !runs.iter().any(|known| known.run == found.run);
        if is_new && runs.len() < RUNS + AUTHORED {
            runs.push(found);
        }
    }
    say_undoable(data, &mut runs).await?;
    let ids: Vec<RunId> = runs.iter().map(|run| run.run).collect();
    let mut makers = data.makers(&ids)?;
    runs.iter_mut().for_each(|run| run.by = makers.remove(&run.run));
    Ok(runs)
}

/// Sets which runs can be taken back. What a provider has deleted is no more there: an undo of its
/// deletion, or of a change before that, does nothing.
async fn say_undoable(data: &Data, runs: &mut [Newest]) -> Result<(), CliError> {
    let mut want = ReadSet::default();
    let edited = runs.iter().flat_map(|run| &run.entries).filter_map(edited_at);
    want.events.extend(edited.map(|(event, _)| event));
    let slice = data.store.load(data.keys.graph, &want).await?;
    let is_there = |(event, calendar)| {
        let role = slice.config.calendars.get(&calendar).map(|calendar| calendar.role);
        let bundle = slice.events.get(&event).and_then(Option::as_ref);
        let held = bundle.is_some_and(|bundle| bundle.presences.contains_key(&calendar));
        role.is_some_and(|role| role == CalendarRole::Own || held)
    };
    for run in runs {
        let mut made = run.entries.iter().filter(|entry| is_by_hand(entry));
        run.undoable = made.any(|entry| edited_at(entry).is_none_or(is_there));
    }
    Ok(())
}

const fn is_by_hand(entry: &Entry) -> bool {
    matches!(entry.cause.what, CauseKind::Authored | CauseKind::Undone)
}

/// The event that somebody edited, and where.
fn edited_at(entry: &Entry) -> Option<(EventId, CalendarId)> {
    let by_hand = is_by_hand(entry) && entry.cause.edge.is_none();
    by_hand.then_some(entry.event.zip(entry.cause.calendar)).flatten()
}

pub(crate) async fn run(data: &Data) -> Result<Outcome, CliError> {
    let runs: Vec<RunView> = newest(data).await?.iter().map(view).collect();
    let rows = runs.iter().map(|run| {
        let happened = run.happened.iter().map(|one| format!("{} {}", one.times, one.cause));
        let undo = if run.undoable { "undo" } else { "" };
        let happened = happened.collect::<Vec<_>>().join(", ");
        [run.at.clone(), happened, undo.to_owned(), run.run.clone()]
    });
    let text = table(["at", "happened", "can be", "run"], rows, "nothing happened");
    Ok(Outcome::new(Runs { runs }, text))
}

fn view(newest: &Newest) -> RunView {
    let mut happened: Vec<Happened> = Vec::new();
    for entry in newest.entries.iter().rev() {
        let cause = entry.cause.what.code();
        match happened.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.times += 1,
            None => happened.push(Happened { cause, times: 1 }),
        }
    }
    RunView {
        run: newest.run.to_string(),
        at: newest.entries.first().map(|entry| entry.at.to_string()).unwrap_or_default(),
        happened,
        undoable: newest.undoable,
        by: newest.by.clone(),
    }
}

/// The first so many runs of entries, each with its own.
fn gathered(entries: Vec<Entry>, most: usize) -> Vec<Newest> {
    let mut runs: Vec<Newest> = Vec::new();
    for entry in entries {
        let is_full = runs.len() == most;
        match runs.iter_mut().find(|known| known.run == entry.run) {
            Some(known) => known.entries.push(entry),
            None if is_full => break,
            None => runs.push(Newest {
                run: entry.run,
                entries: vec![entry],
                undoable: false,
                by: None,
            }),
        }
    }
    runs
}
