//! The second phase of deletions: what evidence comes to, once it is safe to act on (L7).

mod breaker;
mod parts;

use breaker::Judgement;

use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, OnDelete, OverlayState, ScopeKind};
use crate::ids::{CalendarId, EventId, ScopeId};
use crate::journal::{Cause, CauseKind};
use crate::plan::{Note, Plan};
use crate::project::{project, wanted_body};
use crate::slice::{Bundle, Config, GonePage, Missing, ReadSet, Slice};
use crate::step::Env;

pub(crate) use parts::{doubt_instances, forget_instances, forget_object, leave_theirs};

/// Lets confirmed evidence of deletions take effect, calendar by calendar.
///
/// A calendar's deletions are released when its listing ended whole in this run, when every other
/// calendar of the account that is read has been read since they were seen (so that a move is a
/// move), and when they are not too many in this run; else they wait, or are held for review. Call again until the
/// plan is empty.
///
/// # Errors
/// [`Missing`] names the pages of evidence and the run.
pub fn release(slice: &Slice, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let run = draft.run()?;
    if !run.clock.is_trusted() {
        return draft.finish(0);
    }
    let mut missing = ReadSet::default();
    let mut pages = Vec::new();
    for calendar in slice.config.calendars.values() {
        if calendar.kind != ScopeKind::Calendar || calendar.role == CalendarRole::Own {
            continue;
        }
        match slice.gone_page(&calendar.id) {
            Ok(page) if page.events.is_empty() => breaker::end(&mut draft, calendar.id),
            Ok(page) => pages.push((calendar.id, page)),
            Err(Missing(want)) => missing.merge(*want),
        }
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    for (calendar, page) in pages {
        if siblings_read(&slice.config, calendar, &run.read) {
            release_calendar(&mut draft, calendar, page)?;
        }
    }
    draft.finish(0)
}

/// Whether every calendar of the account that is read was read to its end in this run.
fn siblings_read(config: &Config, calendar: CalendarId, read: &[ScopeId]) -> bool {
    let Some(account) = config.calendars.get(&calendar).map(|calendar| calendar.account) else {
        return false;
    };
    config
        .calendars
        .values()
        .filter(|sibling| sibling.account == account && is_read(config, sibling))
        .all(|sibling| read.contains(&sibling.scope()))
}

fn is_read(config: &Config, calendar: &Calendar) -> bool {
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => config.takes_in(calendar),
        // A mirror may have been moved into it.
        CalendarRole::Overlay(OverlayState::Made { .. }) => true,
        CalendarRole::Overlay(OverlayState::Wanted { .. } | OverlayState::Retiring)
        | CalendarRole::Own
        | CalendarRole::Lost => false,
    }
}

fn release_calendar(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    page: &GonePage,
) -> Result<(), Missing> {
    match breaker::judge(draft, calendar, page)? {
        Judgement::Hold => return Ok(()),
        Judgement::Forget => return forget(draft, calendar, page),
        Judgement::Release => {}
    }
    let mut count = 0;
    for event in &page.events {
        if !draft.has_room() {
            break;
        }
        count += u32::from(release_event(draft, calendar, *event)?);
    }
    breaker::count(draft, calendar, count)
}

/// The person says that the deletions are wrong: the evidence is forgotten, origins stay as last
/// seen, and mirrors that are wanted are made again.
fn forget(draft: &mut Draft<'_>, calendar: CalendarId, page: &GonePage) -> Result<(), Missing> {
    let cause = Cause::of(CauseKind::Authored).in_calendar(calendar);
    for event in &page.events {
        if !draft.has_room() {
            return Ok(());
        }
        draft.edit(*event, cause.clone(), |bundle| {
            if let Some(presence) = bundle.presences.get_mut(&calendar) {
                presence.gone = None;
                presence.instances.iter_mut().for_each(|instance| instance.gone = None);
            }
            parts::make_again(bundle, calendar);
        })?;
    }
    if !page.more {
        draft.config_mut(cause).reviews.remove(&calendar);
    }
    Ok(())
}

/// Lets the deletions of one event take effect; whether that takes an origin away.
fn release_event(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    event: EventId,
) -> Result<bool, Missing> {
    let Some(bundle) = draft.event(event)? else {
        return Ok(false);
    };
    if !has_confirmed(bundle, calendar) {
        return Ok(false);
    }
    let (setup, env) = (draft.setup(), draft.env);
    if waits_for_origins(bundle, calendar, &setup, &draft.run()?.read) {
        return Ok(false);
    }
    let held = |bundle: &Bundle| {
        let origins = bundle.presences.values();
        origins.filter(|presence| wanted_body(presence).is_some()).count()
    };
    let before = held(bundle);
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    draft.note(Note { event: Some(event), calendar: Some(calendar), ..Note::new("released") });
    draft.edit(event, cause, |bundle| {
        release_presence(bundle, calendar);
        parts::release(bundle, calendar, &setup, env);
        project(bundle, &setup, env, false);
        held(bundle) < before
    })
}

/// Whether a deletion that its edge takes to the origin comes before every calendar that holds the
/// event was read in this run: another store of the graph may have read there what speaks against
/// the mirror, and have deleted it as its own.
fn waits_for_origins(
    bundle: &Bundle,
    calendar: CalendarId,
    config: &Config,
    read: &[ScopeId],
) -> bool {
    let takes_along = bundle.mirrors.iter().any(|(edge, mirror)| {
        let edge = config.edges.get(edge);
        mirror.mirror.calendar == calendar
            && edge.is_some_and(|edge| edge.options.on_delete == OnDelete::Propagate)
            && mirror.parts.values().any(|part| is_confirmed(part.gone.as_ref()))
    });
    let holders = || bundle.presences.keys().filter_map(|id| config.calendars.get(id));
    takes_along && holders().any(|held| is_read(config, held) && !read.contains(&held.scope()))
}

fn has_confirmed(bundle: &Bundle, calendar: CalendarId) -> bool {
    let presence = bundle.presences.get(&calendar).is_some_and(|presence| {
        is_confirmed(presence.gone.as_ref())
            || presence.instances.iter().any(|i| is_confirmed(i.gone.as_ref()))
    });
    presence
        || bundle
            .mirrors
            .values()
            .filter(|mirror| mirror.mirror.calendar == calendar)
            .flat_map(|mirror| mirror.parts.values())
            .any(|part| is_confirmed(part.gone.as_ref()))
}

fn is_confirmed(gone: Option<&crate::presence::Gone>) -> bool {
    gone.is_some_and(|gone| gone.confirmed)
}

fn release_presence(bundle: &mut Bundle, calendar: CalendarId) {
    let Some(presence) = bundle.presences.get_mut(&calendar) else {
        return;
    };
    if is_confirmed(presence.gone.as_ref()) {
        bundle.presences.remove(&calendar);
        return;
    }
    let ended: Vec<_> = presence
        .instances
        .extract_if(.., |instance| is_confirmed(instance.gone.as_ref()))
        .collect();
    for instance in ended {
        // The instance is as the rule has it.
        presence.body.exceptions.retain(|e| e.original != instance.original);
        if let Some(recurrence) = &mut presence.body.recurrence {
            recurrence.excluded.retain(|start| *start != instance.original);
        }
    }
}
