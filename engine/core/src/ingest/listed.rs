//! The end of a listing: the cursor moves in the same commit as the changes it covers.

use std::collections::BTreeSet;

use super::is_passed_over;
use crate::cursor::Cursor;
use crate::draft::Draft;
use crate::graph::Sweep;
use crate::ids::{CalendarId, EdgeId, ProviderId, ScopeId};
use crate::plan::Plan;
use crate::provider::{Batch, Item, Listed};
use crate::slice::{Config, Missing, Slice};
use crate::step::Env;

/// What lacked objects that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// A listing of everything: it lags, or does not reach them and would not the next time either. The
    /// newest few are waited for.
    Whole,
    /// A listing of changes that went on where it began, and knows nothing of what was written since.
    WentOn,
}

impl Lacking {
    /// How many of them are waited for.
    const fn most(self) -> usize {
        match self {
            Self::Whole => Cursor::LACKED_MAX,
            Self::WentOn => Cursor::WRITTEN_MAX,
        }
    }
}

/// Ends the wait for objects that we wrote: a listing begun since has shown them, or they were
/// asked for alone. Where those that one lacked are there all the same, the wait for some goes on.
///
/// # Errors
/// [`Missing`] names the cursor, or the objects that were lacked.
pub fn shown(
    slice: &Slice,
    scope: ScopeId,
    objects: &[ProviderId],
    (lacking, lacked): (Lacking, &BTreeSet<ProviderId>),
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut cursor = draft.cursor(scope)?;
    let mut over: BTreeSet<&ProviderId> = objects.iter().collect();
    let mut kept = 0;
    let newest = cursor.written.iter().rev().filter(|object| lacked.contains(*object));
    for object in newest {
        let row = draft.object(&(scope.calendar(), object.clone()))?;
        if kept < lacking.most() && row.is_some_and(|row| !row.gone) {
            kept += usize::from(over.remove(object));
        }
    }
    cursor.written.retain(|object| !over.contains(object));
    draft.set_cursor(scope, Some(cursor));
    draft.finish(0)
}

/// A whole listing lacks an object that is there. It may lag, and its token tell nothing of what was
/// made and deleted since.
pub(super) fn lacks(
    draft: &mut Draft<'_>,
    scope: ScopeId,
    object: &ProviderId,
) -> Result<(), Missing> {
    if draft.cursor(scope)?.written.len() < Cursor::LACKED_MAX {
        draft.keep_until_listed(scope, object)?;
    }
    Ok(())
}

/// Something is recorded of which only a listing tells that has not ended.
pub(super) fn shows_something_new(draft: &mut Draft<'_>, batch: &Batch) -> Result<(), Missing> {
    if !batch.unfinished {
        return Ok(());
    }
    let mut cursor = draft.cursor(batch.scope)?;
    if cursor.in_progress.is_none() && cursor.committed.is_some() {
        cursor.in_progress.clone_from(&cursor.committed);
        draft.set_cursor(batch.scope, Some(cursor));
    }
    Ok(())
}

/// A calendar when a listing of it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    cursor: Cursor,
    /// Whether it was read for the mirrors in it alone.
    passed_over: bool,
}

impl Began {
    /// A calendar of a set-up, read so far.
    #[must_use]
    pub fn new(config: &Config, calendar: CalendarId, cursor: Cursor) -> Self {
        Self { cursor, passed_over: is_passed_over(config, calendar) }
    }

    /// How far it had been read.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Whether a listing ends where it began: it knows nothing of what was written since.
    #[must_use]
    pub fn goes_on(&self, end: &Listed) -> bool {
        let (began, ended) = (self.cursor.committed.as_ref(), end.token.as_ref());
        ended.is_some_and(|ended| began == Some(ended))
    }

    /// Whether it is to be read from the beginning since then: what this listing passed over is told by
    /// no later one, and what waits for a reading waits for one that begins now.
    fn is_outdated(&self, draft: &Draft<'_>, scope: ScopeId) -> Result<bool, Missing> {
        let now = draft.cursor(scope)?;
        let was_read = self.cursor.read_at.is_some();
        let is_wanted = self.passed_over && !is_passed_over(draft.config(), scope.calendar());
        // Switched off and on again, it was passed over for a while though it was wanted at both ends.
        let was_switched = now.read_in.is_some() && now.read_in != self.cursor.read_in;
        Ok((was_read || is_wanted || was_switched) && now.read_at.is_none())
    }
}

/// Lets the end of a listing in; nothing, where its calendar is to be read from the beginning since it
/// began.
///
/// # Errors
/// [`Missing`] as for [`ingest`](super::ingest).
pub fn ended(
    slice: &Slice,
    scope: ScopeId,
    began: &Began,
    end: &Listed,
    env: &Env,
) -> Result<Plan, Missing> {
    let draft = Draft::new(slice, env);
    if began.is_outdated(&draft, scope)? {
        return draft.finish(0);
    }
    let items = vec![Item::Listed(end.clone())];
    super::ingest(slice, &Batch { scope, items, unfinished: false }, env)
}

pub(super) fn listed(
    draft: &mut Draft<'_>,
    scope: ScopeId,
    listed: &Listed,
) -> Result<(), Missing> {
    let (now, id) = (draft.env.now, draft.env.run);
    let mut cursor = draft.cursor(scope)?;
    cursor.committed.clone_from(&listed.token);
    if cursor.tag != listed.tag {
        cursor.tag.clone_from(&listed.tag);
        cursor.tag_since = listed.tag.is_some().then_some(now);
    }
    cursor.in_progress = None;
    cursor.failing = None;
    cursor.read_at = Some(now);
    cursor.read_in = Some(id);
    if listed.whole {
        cursor.compared_at = Some(now);
    }
    draft.set_cursor(scope, Some(cursor));
    weigh_at_last(draft, scope);
    let mut run = draft.run()?;
    if !run.read.contains(&scope) {
        run.read.push(scope);
        draft.set_run(run);
    }
    Ok(())
}

/// The edges that waited for this listing are weighed.
fn weigh_at_last(draft: &mut Draft<'_>, scope: ScopeId) {
    for edge in edges_from(draft, scope.calendar()) {
        match draft.sweep(edge) {
            Sweep::Waiting | Sweep::Weighing { .. } => {
                draft.set_sweep(edge, Some(Sweep::WEIGHED_FIRST));
            }
            // Nothing came that could lessen what a person is asked about.
            Sweep::Held | Sweep::Done(_) | Sweep::After(_) | Sweep::Changed(_) => {}
        }
    }
}

/// A calendar shows an event that was not recorded of it: what is counted of what it lacks is counted
/// anew, once the listing that may show more of them has ended.
pub(super) fn shows_more(draft: &mut Draft<'_>, calendar: CalendarId) {
    for edge in edges_from(draft, calendar) {
        match draft.sweep(edge) {
            Sweep::Weighing { .. } | Sweep::Held => draft.set_sweep(edge, Some(Sweep::Waiting)),
            Sweep::Waiting | Sweep::Done(_) | Sweep::After(_) | Sweep::Changed(_) => {}
        }
    }
}

fn edges_from(draft: &Draft<'_>, calendar: CalendarId) -> Vec<EdgeId> {
    let edges = draft.config().edges.values().filter(|edge| edge.from == calendar);
    edges.map(|edge| edge.id).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

    use std::sync::Arc;

    use super::*;
    use crate::plan::{Change, Row};
    use crate::slice::{ObjectRow, Owner};
    use crate::transitions::{PART, TARGET, env, target};

    /// The objects that are waited for still, of some that were written and lacked, the first the oldest.
    fn kept(lacking: Lacking, written: &[ProviderId]) -> Vec<ProviderId> {
        let config = Config { calendars: [(TARGET, target())].into(), ..Config::default() };
        let mut slice = Slice { config: Arc::new(config), ..Slice::default() };
        let scope = ScopeId::from(TARGET);
        let cursor = Cursor { written: written.to_vec(), ..Cursor::default() };
        slice.cursors.insert(scope, Some(cursor));
        for object in written {
            let row = ObjectRow { version: None, owner: Owner::Part(PART), gone: false };
            slice.objects.insert((TARGET, object.clone()), Some(row));
        }
        let lacked = written.iter().cloned().collect();
        let plan = shown(&slice, scope, written, (lacking, &lacked), &env()).unwrap();
        let kept = plan.changes.into_iter().find_map(|change| match change {
            Change::Put(Row::Cursor(_, cursor), _) => Some(cursor.written),
            Change::Put(..) | Change::Delete(_) => None,
        });
        kept.unwrap_or_else(|| written.to_vec())
    }

    /// Catches an object that was written just now, and that is waited for no more since older ones are;
    /// and one that no listing of changes tells of, since that went on where it began.
    #[test]
    fn the_newest_few_are_waited_for_and_all_that_a_listing_knew_nothing_of() {
        let written: Vec<ProviderId> =
            (0..99).rev().map(|n| ProviderId(format!("{n:02}"))).collect();
        assert_eq!(kept(Lacking::Whole, &written), written[79..]);
        assert_eq!(kept(Lacking::WentOn, &written), written);
    }
}
