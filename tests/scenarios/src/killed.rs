//! How a story ends for a process that is killed on its way.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::mirror::PartStatus;
use kalends_core::plan::{Row, RowKey};
use kalends_core::read::GraphDigest;
use kalends_driver::FailAt;
use kalends_sim_tests::check_journal;

use crate::step::{Cast, Line};
use crate::tell::Stage;
use crate::words::Trouble;

/// How a story ends, once nothing fails any more and nothing is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// What the server holds: texts by calendar and name, without the times of their writing.
    pub objects: BTreeMap<(String, String), String>,
    /// The recorded rows, each by its digest: without the runs and times in which they were seen,
    /// the versions, which follow the times of writing, and how often what is done now was tried
    /// in vain, which a dead process has not counted.
    pub recorded: BTreeMap<RowKey, Recorded>,
    /// What was asked to be deleted.
    pub deleted: BTreeSet<String>,
}

/// A recorded row.
#[derive(Debug, Clone)]
pub struct Recorded {
    digest: [u8; 32],
    /// What it says, with what the digest leaves out.
    pub says: String,
}

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Recorded {}

/// Lives a story with a process that is killed at this place, counted from one, and started
/// again: how it ends, and at how many places it could have been killed. `None` kills it nowhere.
///
/// The places are before each request, after each answer and after each commit. A kill before a
/// commit is one at the place before: between the two, nothing happens that lasts.
///
/// # Errors
/// [`Trouble`] names the step that cannot be carried out.
///
/// # Panics
/// Where it never settles, or the journal does not give the rows.
pub fn killed(cast: &Cast, lines: &[Line], place: Option<u64>) -> Result<(Ending, u64), Trouble> {
    let mut stage = Stage::set(cast, FailAt::new(place));
    stage.live(lines)?;
    let places = stage.hooks.reached();
    stage.world.http.sim().faults_mut().clear();
    stage.world.settle();
    check_journal(&stage.world);
    Ok((ending(&stage), places))
}

fn ending(stage: &Stage<'_>) -> Ending {
    let world = &stage.world;
    let sim = world.http.sim();
    let mut objects = BTreeMap::new();
    for calendar in sim.calendars() {
        let held = sim.resources(&calendar).into_iter();
        objects.extend(held.map(|(name, text)| ((calendar.clone(), name), timeless(&text))));
    }
    let deletes = sim.log().iter().filter(|logged| logged.request.method == "DELETE");
    let deleted = deletes.map(|logged| logged.request.path()).collect();
    let rows = world.store.rows(world.keys.graph);
    let nothing = GraphDigest::default().end();
    let digested = rows.into_iter().map(|(key, row)| {
        let (mut digest, says) = (GraphDigest::default(), format!("{row:?}"));
        digest.take(bare(row)).expect("one row is in order");
        (key, Recorded { digest: digest.end(), says })
    });
    let recorded = digested.filter(|(_, row)| row.digest != nothing).collect();
    Ending { objects, recorded, deleted }
}

fn timeless(text: &str) -> String {
    let when =
        |line: &str| ["DTSTAMP:", "LAST-MODIFIED:"].iter().any(|name| line.starts_with(name));
    text.split_inclusive("\r\n").filter(|line| !when(line)).collect()
}

/// Without what differs though it ended the same.
fn bare(mut row: Row) -> Row {
    if let Row::Presence(_, _, presence) = &mut row {
        presence.version = None;
    }
    if let Row::Aside(aside) = &mut row {
        aside.version = None;
    }
    if let Row::Part(_, _, part) = &mut row {
        if let Some(object) = &mut part.object {
            object.version = None;
            object.replaced = None;
        }
        if part.status == PartStatus::Settled {
            (part.attempts, part.stale) = (0, 0);
        }
    }
    row
}
