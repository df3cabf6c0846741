//! Working through the events of an edge: after it was made or changed, and once a day.
//!
//! What an edge makes of each event is looked at anew, since the window has moved; and what the
//! rows say is left to write is queued again, since jobs may be lost.

use std::collections::BTreeSet;

use super::PAGE;
use crate::draft::{Draft, FIRST};
use crate::graph::{CalendarRole, Lifecycle, OverlayState, Sweep};
use crate::ids::{CalendarId, EdgeId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{PartRef, PartStatus};
use crate::plan::{Job, JobKey};
use crate::project::{project, project_changed};
use crate::slice::{Bundle, MirrorPage, Missing, Page, PresencePage, ReadSet};
use crate::step::Env;
use crate::time::Timestamp;

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
            Sweep::Done(at) if !is_a_day_ago(at, draft.env) => {}
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

pub(super) fn is_a_day_ago(at: Timestamp, env: &Env) -> bool {
    env.now >= at.saturating_add_millis(DAY_MILLIS)
}

fn sweep_page(
    draft: &mut Draft<'_>,
    edge: EdgeId,
    (after, changed): (Option<EventId>, bool),
) -> Result<(), Missing> {
    let Some(ends) = draft.config().edges.get(&edge).map(|edge| (edge.from, edge.to)) else {
        return Ok(());
    };
    if after.is_none() {
        queue_overlay(draft, ends.1);
    }
    let (events, more) = page(draft, ends.0, edge, after)?;
    let mut last = after;
    let mut whole = true;
    for event in events {
        if !draft.has_room() {
            whole = false;
            break;
        }
        look_again(draft, event, edge, changed)?;
        queue_again(draft, event, edge)?;
        last = Some(event);
    }
    let done = whole && !more;
    let sweep = match (done, changed) {
        (true, _) => Sweep::Done(draft.env.now),
        (false, true) => Sweep::Changed(last),
        (false, false) => Sweep::After(last),
    };
    draft.set_sweep(edge, Some(sweep));
    Ok(())
}

/// The next events that the source calendar holds or the edge has mirrors of, and whether more
/// follow.
fn page(
    draft: &Draft<'_>,
    calendar: CalendarId,
    edge: EdgeId,
    after: Option<EventId>,
) -> Result<(BTreeSet<EventId>, bool), Missing> {
    let held = draft.slice.presence_page(&PresencePage { calendar, after, limit: PAGE });
    let shown = draft.slice.mirror_page(&MirrorPage { edge, after, limit: PAGE });
    let (held, shown) = match (held, shown) {
        (Ok(held), Ok(shown)) => (held, shown),
        (held, shown) => {
            let mut missing = ReadSet::default();
            for Missing(want) in held.err().into_iter().chain(shown.err()) {
                missing.merge(*want);
            }
            return Err(Missing::of(missing));
        }
    };
    let end = |page: &Page| page.events.last().copied().filter(|_| page.more);
    let until = [end(held), end(shown)].into_iter().flatten().min();
    let events = held.events.iter().chain(&shown.events).copied();
    let events = events.filter(|event| until.is_none_or(|until| *event <= until)).collect();
    Ok((events, until.is_some()))
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

/// Queues what waits to be written for an event under an edge, and in the edge's source calendar.
/// What this step changes is queued by its change.
pub(super) fn queue_again(
    draft: &mut Draft<'_>,
    event: EventId,
    edge: EdgeId,
) -> Result<(), Missing> {
    let Some(from) = draft.config().edges.get(&edge).map(|edge| edge.from) else {
        return Ok(());
    };
    let (before, after) = (draft.slice.event(&event)?.as_ref(), draft.event(event)?);
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(());
    };
    let jobs = waiting(event, (before, after), (from, edge), draft.env);
    for job in jobs {
        draft.push_job(job);
    }
    Ok(())
}

fn waiting(
    event: EventId,
    (before, after): (&Bundle, &Bundle),
    (from, edge): (CalendarId, EdgeId),
    env: &Env,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    if let (Some(old), Some(mirror)) = (before.mirrors.get(&edge), after.mirrors.get(&edge)) {
        for (key, part) in &mirror.parts {
            let waits = match part.status {
                PartStatus::Due | PartStatus::Unsure => true,
                PartStatus::ReadBack | PartStatus::Settled | PartStatus::Parked(_) => false,
            };
            if waits && old.parts.get(key) == Some(part) {
                let key = JobKey::Part(PartRef { event, edge, part: *key });
                let (lane, run_at) = (mirror.mirror.calendar, env.now);
                jobs.push(Job { key, lane, run_at, starts: part.starts });
            }
        }
    }
    let pending = |bundle: &Bundle| bundle.presences.get(&from).and_then(|p| p.pending.clone());
    if let Some(open) = pending(after).filter(|pending| pending.parked.is_none())
        && pending(before).as_ref() == Some(&open)
    {
        let run_at = open.retry_at.map_or(env.now, |at| at.max(env.now));
        let key = JobKey::Origin(event, from);
        jobs.push(Job { key, lane: from, run_at, starts: env.now });
    }
    jobs
}

fn queue_overlay(draft: &mut Draft<'_>, calendar: CalendarId) {
    let role = draft.config().calendars.get(&calendar).map(|calendar| calendar.role);
    if let Some(CalendarRole::Overlay(OverlayState::Wanted { .. } | OverlayState::Retiring)) = role
    {
        let key = JobKey::Overlay(calendar);
        draft.push_job(Job { key, lane: calendar, run_at: draft.env.now, starts: FIRST });
    }
}
