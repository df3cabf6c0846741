//! Working through the events of an edge: after it was made or changed, and once a day.

use super::PAGE;
use crate::draft::Draft;
use crate::graph::{Lifecycle, Sweep};
use crate::ids::{EdgeId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::project::{project, project_changed};
use crate::slice::{Missing, PresencePage};

const DAY_MILLIS: i64 = 86_400_000;

pub(super) fn sweep(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let edges: Vec<EdgeId> = draft
        .config()
        .edges
        .values()
        .filter(|edge| edge.state == Lifecycle::Active)
        .map(|edge| edge.id)
        .collect();
    for edge in edges {
        match draft.sweep(edge) {
            Sweep::Done(at) if draft.env.now < at.saturating_add_millis(DAY_MILLIS) => {}
            Sweep::Done(_) => sweep_page(draft, edge, (None, false))?,
            Sweep::After(after) => sweep_page(draft, edge, (after, false))?,
            Sweep::Changed(after) => sweep_page(draft, edge, (after, true))?,
        }
        if !draft.has_room() {
            break;
        }
    }
    Ok(())
}

fn sweep_page(
    draft: &mut Draft<'_>,
    edge: EdgeId,
    (after, changed): (Option<EventId>, bool),
) -> Result<(), Missing> {
    let Some(calendar) = draft.config().edges.get(&edge).map(|edge| edge.from) else {
        return Ok(());
    };
    let page = draft.slice.presence_page(&PresencePage { calendar, after, limit: PAGE })?.clone();
    let mut last = after;
    let mut whole = true;
    for event in &page.events {
        if !draft.has_room() {
            whole = false;
            break;
        }
        look_again(draft, *event, edge, changed)?;
        last = Some(*event);
    }
    let done = whole && !page.more;
    let sweep = match (done, changed) {
        (true, _) => Sweep::Done(draft.env.now),
        (false, true) => Sweep::Changed(last),
        (false, false) => Sweep::After(last),
    };
    draft.set_sweep(edge, Some(sweep));
    Ok(())
}

/// Projects an event anew, and keeps quiet where that changes nothing.
pub(super) fn look_again(
    draft: &mut Draft<'_>,
    event: EventId,
    edge: EdgeId,
    changed: bool,
) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let Some(bundle) = draft.event(event)? else {
        return Ok(());
    };
    let mut after = bundle.clone();
    if changed {
        project_changed(&mut after, &setup, env, edge);
    } else {
        project(&mut after, &setup, env, false);
    }
    if after == *bundle {
        return Ok(());
    }
    let cause = Cause::of(CauseKind::Swept).for_edge(edge);
    draft.edit(event, cause, |bundle| *bundle = after)
}
