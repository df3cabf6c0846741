//! The step that takes in which calendars an account has.

mod clock;

use std::collections::BTreeSet;

use crate::dispatch::overlay_name;
use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, Lifecycle, OverlayState, PauseReason, ScopeKind};
use crate::health;
use crate::ids::{CalendarId, EdgeId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::keys::GraphKeys;
use crate::plan::{Note, Plan};
use crate::provider::CalendarItem;
use crate::slice::{Config, Missing, Slice};
use crate::step::{Discovery, Env};

/// Takes in the calendars of an account: new ones, renamed ones, lost ones, and overlays that a
/// person deleted (made again once, then their edges rest).
///
/// # Errors
/// [`Missing`] names the account's health and the run.
pub fn discovered(slice: &Slice, found: &Discovery, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut health = draft.health(found.account)?;
    health::answered(&mut health, env.now);
    let mut run = draft.run()?;
    if clock::agrees(&mut health, found.date, env.now) && !run.clock_agreed {
        run.clock_agreed = true;
        draft.set_run(run);
    }
    draft.set_health(found.account, health);
    let mut after = (*draft.setup()).clone();
    if let Some(account) = after.accounts.get_mut(&found.account) {
        account.makes_calendars = Some(found.makes_calendars);
    }
    let mut seen = BTreeSet::new();
    for item in &found.calendars {
        let id = identity(&after, &env.keys, found, item);
        seen.insert(id);
        put(&mut after, id, found, item);
    }
    let lost: Vec<CalendarId> = after
        .calendars
        .values()
        .filter(|calendar| calendar.account == found.account && !seen.contains(&calendar.id))
        .filter(|calendar| calendar.provider_id.is_some())
        .map(|calendar| calendar.id)
        .collect();
    for id in lost {
        lose(&mut draft, &mut after, id);
    }
    if after != *draft.setup() {
        *draft.config_mut(Cause::of(CauseKind::Discovered)) = after;
    }
    draft.finish(0)
}

/// The id of a calendar: an overlay of ours is known by the name it was made under.
fn identity(
    config: &Config,
    keys: &GraphKeys,
    found: &Discovery,
    item: &CalendarItem,
) -> CalendarId {
    let overlay = item.derived.as_ref().and_then(|derived| {
        config.calendars.values().find(|calendar| match calendar.role {
            CalendarRole::Overlay(
                OverlayState::Wanted { remade } | OverlayState::Made { remade },
            ) => {
                calendar.account == found.account
                    && overlay_name(keys, calendar.id, remade) == *derived
            }
            CalendarRole::Overlay(OverlayState::Retiring) => {
                calendar.provider_id.as_ref() == Some(&item.id)
            }
            CalendarRole::Theirs
            | CalendarRole::Subscribed
            | CalendarRole::Own
            | CalendarRole::Lost => false,
        })
    });
    let known = config
        .calendars
        .values()
        .find(|c| c.account == found.account && c.provider_id.as_ref() == Some(&item.id));
    overlay
        .or(known)
        .map_or_else(|| keys.calendar(found.account, &item.id.0), |calendar| calendar.id)
}

fn put(config: &mut Config, id: CalendarId, found: &Discovery, item: &CalendarItem) {
    if let Some(known) = config.calendars.get_mut(&id) {
        known.provider_id = Some(item.id.clone());
        let marks = known.capabilities.marks && item.capabilities.marks;
        known.capabilities = item.capabilities.clone();
        known.capabilities.marks = marks;
        match known.role {
            CalendarRole::Overlay(OverlayState::Wanted { remade }) => {
                known.role = CalendarRole::Overlay(OverlayState::Made { remade });
            }
            CalendarRole::Overlay(_) => {}
            CalendarRole::Lost | CalendarRole::Theirs | CalendarRole::Subscribed => {
                known.name.clone_from(&item.name);
                known.role = role(item);
            }
            CalendarRole::Own => {}
        }
        return;
    }
    config.calendars.insert(
        id,
        Calendar {
            id,
            account: found.account,
            provider_id: Some(item.id.clone()),
            name: item.name.clone(),
            kind: item.kind,
            on: item.kind == ScopeKind::Calendar && !item.subscribed && item.derived.is_none(),
            capabilities: item.capabilities.clone(),
            role: role(item),
        },
    );
}

const fn role(item: &CalendarItem) -> CalendarRole {
    if item.subscribed { CalendarRole::Subscribed } else { CalendarRole::Theirs }
}

/// A calendar that the account lists no more. A person's: what is known of it stays until someone
/// says otherwise. An overlay: it is made again, once.
fn lose(draft: &mut Draft<'_>, config: &mut Config, id: CalendarId) {
    let Some(calendar) = config.calendars.get_mut(&id) else {
        return;
    };
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => {
            calendar.role = CalendarRole::Lost;
            draft.note(Note { calendar: Some(id), ..Note::new("calendar.lost") });
        }
        CalendarRole::Overlay(OverlayState::Made { remade: 0 }) => {
            calendar.role = CalendarRole::Overlay(OverlayState::Wanted { remade: 1 });
            calendar.provider_id = None;
            draft.note(Note { calendar: Some(id), ..Note::new("overlay.remade") });
            draft.set_cursor(id.into(), None);
            sweep_edges_to(draft, config, id);
        }
        CalendarRole::Overlay(OverlayState::Made { .. }) => {
            calendar.role = CalendarRole::Lost;
            for edge in config.edges.values_mut() {
                if edge.to == id && edge.state == Lifecycle::Active {
                    edge.state = Lifecycle::Paused(PauseReason::OverlayDeleted);
                }
            }
            draft.note(Note { calendar: Some(id), ..Note::new("overlay.deleted-again") });
        }
        CalendarRole::Overlay(OverlayState::Retiring) => {
            config.calendars.remove(&id);
            draft.set_cursor(id.into(), None);
        }
        CalendarRole::Overlay(OverlayState::Wanted { .. })
        | CalendarRole::Own
        | CalendarRole::Lost => {}
    }
}

/// What lay in the overlay is gone with it: a sweep of its edges finds the objects missing.
fn sweep_edges_to(draft: &mut Draft<'_>, config: &Config, calendar: CalendarId) {
    let edges: Vec<EdgeId> =
        config.edges.values().filter(|edge| edge.to == calendar).map(|edge| edge.id).collect();
    for edge in edges {
        draft.set_sweep(edge, Some(crate::graph::Sweep::After(None::<EventId>)));
    }
}
