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

/// Ends the wait for objects that we wrote: a listing begun since has shown them, or they were
/// asked for alone. `lacked`: those of them that a whole listing lacked, or one of changes that went on
/// where it began; where they are there all the same, the wait goes on for some of them.
///
/// # Errors
/// [`Missing`] names the cursor, or the objects that were lacked.
pub fn shown(
    slice: &Slice,
    scope: ScopeId,
    objects: &[ProviderId],
    lacked: &BTreeSet<ProviderId>,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut cursor = draft.cursor(scope)?;
    let mut over: BTreeSet<&ProviderId> = objects.iter().collect();
    let mut kept = 0;
    for object in lacked {
        let row = draft.object(&(scope.calendar(), object.clone()))?;
        if kept < Cursor::LACKED_MAX && row.is_some_and(|row| !row.gone) {
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
