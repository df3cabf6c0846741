//! Working through the events of an edge: after it was made or changed, and once a day.
//!
//! What an edge makes of each event is looked at anew, since the window has moved; and what the
//! rows say is left to write is queued again, since jobs may be lost.

use std::collections::BTreeSet;

use super::PAGE;
use crate::draft::{Draft, FIRST};
use crate::graph::{CalendarRole, Edge, Lifecycle, OverlayState, Sweep};
use crate::ids::{CalendarId, EdgeId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{PartRef, PartStatus};
use crate::plan::{Job, JobKey};
use crate::project::{project, project_changed};
use crate::slice::{Bundle, Config, MirrorPage, Missing, Page, PresencePage, ReadSet};
use crate::step::Env;
use crate::time::Timestamp;

const DAY_MILLIS: i64 = 86_400_000;

/// How many edges have their pages asked for at once: a page is up to a hundred events at each end.
pub(super) const EDGES_AT_ONCE: usize = 8;

/// What of an edge is to be worked through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) edge: EdgeId,
    pub(super) ends: (CalendarId, CalendarId),
    pub(super) after: Option<EventId>,
    pub(super) changed: bool,
}

pub(super) fn sweep(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let edges = draft.config().edges.values();
    let active = edges.filter(|edge| edge.state == Lifecycle::Active);
    let due: Vec<Due> = active.filter_map(|edge| is_due(draft, edge)).collect();
    // What an event comes to is the same under each edge, until something of it changes.
    let mut same = BTreeSet::new();
    for some in due.chunks(EDGES_AT_ONCE) {
        look_at(draft, some)?;
        for due in some {
            sweep_page(draft, due, &mut same)?;
            if !draft.has_room() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn is_due(draft: &Draft<'_>, edge: &Edge) -> Option<Due> {
    let before = draft.slice.config.sweeps.get(&edge.id);
    if before.is_some_and(|before| before.keeps_unseen() && draft.sweep(edge.id) != *before) {
        // It was weighed in this step, whose set-up has it waiting still.
        return None;
    }
    let sweep = draft.sweep(edge.id);
    if falls_due(draft.config(), edge, sweep).is_none_or(|at| at > draft.env.now) {
        return None;
    }
    let (after, changed) = match sweep {
        Sweep::Done(_) => (None, false),
        Sweep::After(after) => (after, false),
        Sweep::Changed(after) => (after, true),
        // Nobody reads it any more.
        Sweep::Waiting | Sweep::Weighing { .. } | Sweep::Held => (None, true),
    };
    Some(Due { edge: edge.id, ends: (edge.from, edge.to), after, changed })
}

/// When an edge that was worked through so far is to be again; `None`: when its source was read.
fn falls_due(config: &Config, edge: &Edge, sweep: Sweep) -> Option<Timestamp> {
    match sweep {
        Sweep::Done(at) => Some(at.saturating_add_millis(DAY_MILLIS)),
        Sweep::After(_) | Sweep::Changed(_) => Some(Timestamp::MIN),
        Sweep::Waiting | Sweep::Weighing { .. } | Sweep::Held => {
            (!is_read(config, edge.from)).then_some(Timestamp::MIN)
        }
    }
}

/// When the next edge is to be worked through, or the mirrors of one that goes, at `now` or later.
pub(super) fn next(config: &Config, now: Timestamp) -> Option<Timestamp> {
    let due = config.edges.values().filter_map(|edge| {
        let sweep = config.sweeps.get(&edge.id).copied().unwrap_or_default();
        match (edge.state, sweep) {
            (Lifecycle::Active, _)
            | (Lifecycle::Retiring | Lifecycle::Abandoned, Sweep::Done(_)) => {
                falls_due(config, edge, sweep)
            }
            (Lifecycle::Retiring | Lifecycle::Abandoned, _) => Some(now),
            (Lifecycle::Paused(_), _) => None,
        }
    });
    due.map(|at| at.max(now)).min()
}

pub(super) fn is_read(config: &Config, calendar: CalendarId) -> bool {
    config.calendars.get(&calendar).is_some_and(|calendar| config.takes_in(calendar))
}

/// Asks for the pages of several edges at once: each that is asked for alone costs another round.
pub(super) fn look_at<'a>(
    draft: &Draft<'_>,
    some: impl IntoIterator<Item = &'a Due>,
) -> Result<(), Missing> {
    let mut missing = ReadSet::default();
    for due in some {
        if let Err(Missing(want)) = page(draft, due) {
            missing.merge(*want);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Missing::of(missing)) }
}

pub(super) fn is_a_day_ago(at: Timestamp, env: &Env) -> bool {
    env.now >= at.saturating_add_millis(DAY_MILLIS)
}

fn sweep_page(
    draft: &mut Draft<'_>,
    due: &Due,
    same: &mut BTreeSet<EventId>,
) -> Result<(), Missing> {
    let Due { edge, after, changed, .. } = *due;
    if after.is_none() {
        queue_overlay(draft, due.ends.1);
    }
    let (events, more) = page(draft, due)?;
    let mut last = after;
    let mut whole = true;
    for event in events {
        if !draft.has_room() {
            whole = false;
            break;
        }
        if changed {
            if look_again(draft, event, edge, true)? {
                same.remove(&event);
            }
        } else if !same.contains(&event) && !look_again(draft, event, edge, false)? {
            same.insert(event);
        }
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
pub(super) fn page(draft: &Draft<'_>, due: &Due) -> Result<(BTreeSet<EventId>, bool), Missing> {
    let Due { edge, ends: (calendar, _), after, .. } = *due;
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

/// Projects an event anew, and keeps quiet where that changes nothing; whether it did.
pub(super) fn look_again(
    draft: &mut Draft<'_>,
    event: EventId,
    edge: EdgeId,
    changed: bool,
) -> Result<bool, Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let Some(bundle) = draft.event(event)? else {
        return Ok(false);
    };
    let mut after = bundle.clone();
    if changed {
        project_changed(&mut after, &setup, env, edge);
    } else {
        project(&mut after, &setup, env, false);
    }
    if after == *bundle {
        return Ok(false);
    }
    let cause = Cause::of(CauseKind::Swept).for_edge(edge);
    draft.edit(event, cause, |bundle| *bundle = after)?;
    Ok(true)
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
