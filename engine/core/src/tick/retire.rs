//! Edges, overlays and accounts on their way out.

use super::PAGE;
use super::sweep::{is_a_day_ago, queue_again};
use crate::draft::Draft;
use crate::graph::{CalendarRole, Lifecycle, OverlayState, Sweep};
use crate::ids::{AccountId, CalendarId, EdgeId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::mirror::{MirrorMode, PartStatus};
use crate::project::project;
use crate::release::leave_theirs;
use crate::slice::{
    AsidePage, MirrorBundle, MirrorPage, Missing, ObjectRange, Owner, PresencePage,
};

/// Takes mirrors of retiring edges back, forgets those that are gone, and ends edges without any.
pub(super) fn edges(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let retiring: Vec<(EdgeId, Lifecycle)> = draft
        .config()
        .edges
        .values()
        .map(|edge| (edge.id, edge.state))
        .filter(|(_, state)| matches!(state, Lifecycle::Retiring | Lifecycle::Abandoned))
        .collect();
    for (edge, state) in retiring {
        retire(draft, edge, state == Lifecycle::Abandoned)?;
        if !draft.has_room() {
            break;
        }
    }
    Ok(())
}

/// Works through one page. How far it came stands in the edge's sweep: page after page until the
/// last, and from then on the first alone is looked at, until deletions that were waited for let
/// something of it go; all of them again once a day, since jobs may be lost.
fn retire(draft: &mut Draft<'_>, edge: EdgeId, abandon: bool) -> Result<(), Missing> {
    let (after, under_way) = match draft.sweep(edge) {
        Sweep::After(after) | Sweep::Changed(after) => (after, true),
        Sweep::Waiting | Sweep::Weighing { .. } | Sweep::Held => (None, true),
        Sweep::Done(at) => (None, is_a_day_ago(at, draft.env)),
    };
    let page = draft.slice.mirror_page(&MirrorPage { edge, after, limit: PAGE })?.clone();
    if page.events.is_empty() && after.is_none() {
        let cause = Cause::of(CauseKind::Released).for_edge(edge);
        draft.config_mut(cause).edges.remove(&edge);
        draft.set_sweep(edge, None);
        return Ok(());
    }
    let mut changed = false;
    let mut last = after;
    let mut more = page.more;
    for event in &page.events {
        if !draft.has_room() {
            more = true;
            break;
        }
        changed |= retire_mirror(draft, edge, *event, abandon)?;
        if under_way {
            queue_again(draft, *event, edge)?;
        }
        last = Some(*event);
    }
    if under_way || changed {
        let sweep = if more { Sweep::After(last) } else { Sweep::Done(draft.env.now) };
        draft.set_sweep(edge, Some(sweep));
    }
    Ok(())
}

fn retire_mirror(
    draft: &mut Draft<'_>,
    edge: EdgeId,
    event: EventId,
    abandon: bool,
) -> Result<bool, Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let Some(bundle) = draft.event(event)? else {
        return Ok(false);
    };
    let mut after = bundle.clone();
    project(&mut after, &setup, env, false);
    if abandon || after.mirrors.get(&edge).is_some_and(is_over) {
        if after.mirrors.get(&edge).is_some_and(is_detached) {
            leave_theirs(&mut after, edge);
        }
        after.mirrors.remove(&edge);
        project(&mut after, &setup, env, false);
        after.mirrors.remove(&edge);
    }
    if after == *bundle {
        return Ok(false);
    }
    let cause = Cause::of(CauseKind::Swept).for_edge(edge);
    draft.edit(event, cause, |bundle| *bundle = after)?;
    Ok(true)
}

fn is_detached(mirror: &MirrorBundle) -> bool {
    mirror.mirror.mode == MirrorMode::Detached
}

fn is_over(mirror: &MirrorBundle) -> bool {
    is_detached(mirror)
        || mirror.parts.values().all(|part| {
            part.want.is_none() && part.object.is_none() && part.status == PartStatus::Settled
        })
}

/// Overlays that no edge writes to are taken away.
pub(super) fn overlays(draft: &mut Draft<'_>) {
    let config = draft.config();
    let unused: Vec<CalendarId> = config
        .calendars
        .values()
        .filter(|calendar| {
            matches!(
                calendar.role,
                CalendarRole::Overlay(OverlayState::Made { .. } | OverlayState::Wanted { .. })
            )
        })
        .filter(|calendar| !config.edges.values().any(|edge| edge.to == calendar.id))
        .map(|calendar| calendar.id)
        .collect();
    for id in unused {
        let cause = Cause::of(CauseKind::Released).in_calendar(id);
        if let Some(calendar) = draft.config_mut(cause).calendars.get_mut(&id) {
            calendar.role = CalendarRole::Overlay(OverlayState::Retiring);
        }
    }
}

/// Ends accounts that are being removed, once no edge, no presence, no watch and nothing set aside of
/// theirs is left.
pub(super) fn accounts(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let config = draft.config();
    let retiring: Vec<AccountId> = config
        .accounts
        .values()
        .filter(|account| matches!(account.state, Lifecycle::Retiring | Lifecycle::Abandoned))
        .map(|account| account.id)
        .collect();
    for account in retiring {
        if is_empty(draft, account)? && forget_strays(draft, account)? {
            end(draft, account);
        }
    }
    Ok(())
}

/// Forgets what bears our mark in the calendars of an account that ends and belongs to no mirror:
/// what people made theirs, carried there or copied. It stays where it lies, and no row names a
/// calendar that is no more. Whether that is all of it.
fn forget_strays(draft: &mut Draft<'_>, account: AccountId) -> Result<bool, Missing> {
    let calendars = draft.config().calendars.values().filter(|c| c.account == account);
    let calendars: Vec<CalendarId> = calendars.map(|calendar| calendar.id).collect();
    for calendar in calendars {
        // Of an account that holds nothing else any more, these are all the objects.
        let first = ObjectRange { calendar, after: None, until: None, limit: PAGE };
        let mut page = Some(first);
        while let Some(range) = page.take() {
            let slice = draft.slice;
            let rows = slice.range(&range)?;
            for (object, row) in rows {
                let Owner::Aside(Some(event)) = row.owner else { continue };
                if !draft.has_room() {
                    return Ok(false);
                }
                let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
                draft.edit(event, cause, |bundle| {
                    bundle.strays.remove(&(calendar, object.clone()));
                })?;
            }
            page = range
                .cut(rows)
                .map(|last| ObjectRange { after: Some(last.clone()), ..range.clone() });
        }
    }
    Ok(true)
}

fn is_empty(draft: &Draft<'_>, account: AccountId) -> Result<bool, Missing> {
    let config = draft.config();
    let abandoned = config.accounts.get(&account).is_some_and(|a| a.state == Lifecycle::Abandoned);
    for calendar in config.calendars.values().filter(|c| c.account == account) {
        let used = config.edges.values().any(|e| e.from == calendar.id || e.to == calendar.id);
        let overlay = matches!(calendar.role, CalendarRole::Overlay(_)) && !abandoned;
        // Once closing one has failed it is let go: it ends by itself.
        let watched = draft.watch(calendar.scope())?.is_some_and(|watch| {
            watch.failing.is_none() && watch.channels.iter().any(|one| one.expires > draft.env.now)
        });
        let page = PresencePage { calendar: calendar.id, after: None::<EventId>, limit: 1 };
        if used
            || overlay
            || (watched && !abandoned)
            || !draft.slice.presence_page(&page)?.events.is_empty()
        {
            return Ok(false);
        }
        // The same page that is forgotten before.
        let page = AsidePage { calendar: calendar.id, limit: PAGE };
        if !draft.slice.aside_page(&page)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn end(draft: &mut Draft<'_>, account: AccountId) {
    let cause = Cause::of(CauseKind::Released);
    let config = draft.config_mut(cause);
    config.accounts.remove(&account);
    let calendars: Vec<CalendarId> =
        config.calendars.values().filter(|c| c.account == account).map(|c| c.id).collect();
    for id in &calendars {
        config.calendars.remove(id);
        config.reviews.remove(id);
    }
    for id in calendars {
        draft.set_cursor(id.into(), None);
    }
}
