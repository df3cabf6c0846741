//! Runs, what happened in each, and what of it can be taken back.

use kalends::core::graph::CalendarRole;
use kalends::core::journal::{CauseKind, Entry};
use kalends::core::ports::GraphStore as _;
use kalends::core::slice::ReadSet;
use kalends::core::time::Timestamp;
use kalends::ids::{CalendarId, EventId, RunId};
use kalends::queries::{Acted, ActedPage, EntriesOf, EntriesPage};

use super::journal::no_run;
use crate::data::Data;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::serve::ActorView;
use crate::show::table;
use crate::view::{Happened, RunView, Runs};

/// The most runs of one page, whoever asks for more: the entries of each are read.
const PAGE_MAX: u32 = 100;
/// Entries of a run that are looked at, from its first on.
const ENTRIES: u32 = 500;
/// So far back it is looked for what somebody changed, in entries.
const FAR: u64 = 20_000;
/// The newest runs that a first look shows, and those beside them that somebody changed something in.
const RUNS: u32 = 8;
const AUTHORED: usize = 4;

/// A run, with its first entries.
pub(crate) struct Newest {
    pub(crate) run: RunId,
    /// When its last change was made.
    pub(crate) last: Timestamp,
    pub(crate) entries: Vec<Entry>,
    /// Whether there are more of them.
    pub(crate) is_cut: bool,
    /// Whether a person changed something in it that is there to be taken back.
    pub(crate) undoable: bool,
    /// Who asked for it; nobody on the command line, and for what follows by itself.
    pub(crate) by: Option<ActorView>,
}

/// Which runs.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// At most so many.
    pub(crate) limit: u32,
    /// The run that the page before ended with.
    pub(crate) after: Option<String>,
}

/// A page of runs, those that began last first, and the last of them where more may follow.
pub(crate) struct Found {
    pub(crate) runs: Vec<Newest>,
    pub(crate) next: Option<RunId>,
}

/// Runs in their order.
pub(crate) async fn page(data: &Data, page: &Page) -> Result<Found, CliError> {
    let before =
        page.after.as_deref().map(|run| run.parse().map_err(|_| no_run(run))).transpose()?;
    let (mut runs, next) = some(data, before, page.limit.min(PAGE_MAX)).await?;
    finish(data, &mut runs).await?;
    Ok(Found { runs, next })
}

/// The newest runs, and behind them a few more that somebody changed something in, however much
/// followed from it, so that it can be taken back.
pub(crate) async fn newest(data: &Data) -> Result<Found, CliError> {
    let (mut runs, next) = some(data, None, RUNS).await?;
    let far = data.head().await?.seq.saturating_sub(FAR);
    let of = EntriesOf::AuthoredAfter(far);
    let authored = EntriesPage { graph: data.keys.graph, of, limit: ENTRIES };
    let most = runs.len() + AUTHORED;
    for entry in data.store.query(authored).await? {
        let is_new = !runs.iter().any(|known| known.run == entry.run);
        if is_new && runs.len() < most {
            runs.push(one(data, Acted { run: entry.run, last: entry.at }).await?);
        }
    }
    finish(data, &mut runs).await?;
    Ok(Found { runs, next })
}

async fn some(
    data: &Data,
    before: Option<RunId>,
    limit: u32,
) -> Result<(Vec<Newest>, Option<RunId>), CliError> {
    let found = data.store.query(ActedPage { graph: data.keys.graph, before, limit }).await?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|last| last.run);
    let mut runs = Vec::new();
    for acted in found {
        runs.push(one(data, acted).await?);
    }
    Ok((runs, next))
}

async fn one(data: &Data, Acted { run, last }: Acted) -> Result<Newest, CliError> {
    let page = EntriesPage { graph: data.keys.graph, of: EntriesOf::Run(run), limit: ENTRIES + 1 };
    let mut entries = data.store.query(page).await?;
    let is_cut = entries.len() > ENTRIES as usize;
    entries.truncate(ENTRIES as usize);
    Ok(Newest { run, last, entries, is_cut, undoable: false, by: None })
}

async fn finish(data: &Data, runs: &mut [Newest]) -> Result<(), CliError> {
    say_undoable(data, runs).await?;
    let ids: Vec<RunId> = runs.iter().map(|run| run.run).collect();
    let mut makers = data.makers(&ids)?;
    runs.iter_mut().for_each(|run| run.by = makers.remove(&run.run));
    Ok(())
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

pub(crate) async fn run(data: &Data, asked: &Page) -> Result<Outcome, CliError> {
    let found = page(data, asked).await?;
    let runs: Vec<RunView> = found.runs.iter().map(view).collect();
    let rows = runs.iter().map(|run| {
        let happened = run.happened.iter().map(|one| format!("{} {}", one.times, one.cause));
        let undo = if run.undoable { "undo" } else { "" };
        let happened = happened.collect::<Vec<_>>().join(", ");
        [run.at.clone(), happened, undo.to_owned(), run.run.clone()]
    });
    let mut text = table(["at", "happened", "can be", "run"], rows, "nothing happened");
    let next = found.next.map(|run| run.to_string());
    if let Some(next) = &next {
        text.push_str(&format!("\nolder ones: runs --after {next}"));
    }
    Ok(Outcome::new(Runs { runs, next }, text))
}

fn view(newest: &Newest) -> RunView {
    let mut happened: Vec<Happened> = Vec::new();
    for entry in &newest.entries {
        let cause = entry.cause.what.code();
        match happened.iter_mut().find(|known| known.cause == cause) {
            Some(known) => known.times += 1,
            None => happened.push(Happened { cause, times: 1 }),
        }
    }
    RunView {
        run: newest.run.to_string(),
        at: newest.last.to_string(),
        happened,
        undoable: newest.undoable,
        by: newest.by.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::read_zone;
    use crate::hooks::CliHooks;
    use crate::host;
    use kalends::UserEdit;
    use kalends::core::schedule::Rule;

    /// Catches a run with as many entries as are looked at, of which more is said to have happened; and
    /// one with another entry, of which nothing is said.
    #[tokio::test]
    async fn more_is_said_to_have_happened_only_where_it_did() {
        let folder = tempfile::tempdir().unwrap();
        let data = Data::open(Some(folder.path().to_owned())).await.unwrap();
        let driver = host::driver(&data, CliHooks::quiet()).unwrap();
        let home = |n: u32| {
            let zone = if n.is_multiple_of(2) { "Europe/Paris" } else { "Europe/Rome" };
            let rule = Box::new(Rule::Home(read_zone(zone).unwrap()));
            UserEdit::SetRule { rule, base: None }
        };
        for (entries, is_cut) in [(ENTRIES, false), (ENTRIES + 1, true)] {
            let edits: Vec<UserEdit> = (0..entries).map(home).collect();
            let (run, _) = driver.author(&data.keys, &edits).await.unwrap();
            let newest = page(&data, &Page { limit: 1, after: None }).await.unwrap().runs.remove(0);
            assert_eq!((newest.run, newest.entries.len()), (run, ENTRIES as usize));
            assert_eq!(newest.is_cut, is_cut);
        }
    }
}
