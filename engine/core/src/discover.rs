//! The step that takes in which calendars an account has.

mod absent;
mod clock;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cursor::ClockWord;
use crate::dispatch::{REMADE_MAX, overlay_name};
use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, Lifecycle, OverlayState, PauseReason, ScopeKind};
use crate::health;
use crate::ids::{CalendarId, EdgeId};
use crate::journal::{Cause, CauseKind};
use crate::keys::GraphKeys;
use crate::plan::{Note, Plan};
use crate::provider::CalendarItem;
use crate::slice::{Config, Missing, Slice};
use crate::step::{Discovery, Env};

/// Takes in the calendars of an account: new ones, renamed ones, lost ones, and overlays that a
/// person deleted (made again once, then their edges rest). A calendar is lost when two runs miss
/// it: servers leave one out once in a while.
///
/// # Errors
/// [`Missing`] names the account's health, the run, and cursors of overlays that are missed.
pub fn discovered(slice: &Slice, found: &Discovery, env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    if !draft.setup().accounts.contains_key(&found.account) {
        return draft.finish(0);
    }
    let mut health = draft.health(found.account)?;
    let was_away = health::was_away(&health, env.now);
    health::answered(&mut health, env.now);
    health.unread = false;
    let mut run = draft.run()?;
    let word = clock::word(&mut health, found.date, env.now);
    if word == ClockWord::Differs {
        draft.note(Note::new("clock.differs"));
    }
    if word > run.clock {
        run.clock = word;
        draft.set_run(run);
    }
    let mut after = draft.setup();
    let makes = Some(found.makes_calendars);
    if after.accounts.get(&found.account).is_some_and(|known| known.makes_calendars != makes)
        && let Some(account) = Arc::make_mut(&mut after).accounts.get_mut(&found.account)
    {
        account.makes_calendars = makes;
    }
    let mut seen = BTreeSet::new();
    let mut back = BTreeSet::new();
    let mut otherwise = BTreeSet::new();
    for item in &found.calendars {
        let id = identity(&after, &env.keys, found, item);
        seen.insert(id);
        let known = after.calendars.get(&id);
        let listed = as_listed(known, &env.keys, id, found, item);
        if known.is_some_and(|known| known.role == CalendarRole::Lost) {
            back.insert(id);
        }
        if known.is_some_and(|known| known.capabilities != listed.capabilities) {
            otherwise.insert(id);
        }
        if known != Some(&listed) {
            Arc::make_mut(&mut after).calendars.insert(id, listed);
        }
    }
    for id in absent::certain(&mut draft, &mut health, &seen, found.account)? {
        absent::lose(&mut draft, Arc::make_mut(&mut after), id);
    }
    draft.set_health(found.account, health);
    for id in back {
        wake(Arc::make_mut(&mut after), id);
        sweep_edges_to(&mut draft, &after, |to| to == id);
    }
    // What a calendar can hold decides in which parts a series lies in it.
    sweep_edges_to(&mut draft, &after, |to| otherwise.contains(&to));
    if was_away {
        let of_account: BTreeSet<CalendarId> = after
            .calendars
            .values()
            .filter(|calendar| calendar.account == found.account)
            .map(|calendar| calendar.id)
            .collect();
        sweep_edges_to(&mut draft, &after, |to| of_account.contains(&to));
    }
    if after != draft.setup() {
        *draft.config_mut(Cause::of(CauseKind::Discovered)) = Arc::unwrap_or_clone(after);
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
            // One that was given up for lost and shows up again is taken back.
            CalendarRole::Overlay(OverlayState::Wanted { .. }) => {
                calendar.account == found.account && made(keys, calendar.id, derived).is_some()
            }
            CalendarRole::Overlay(OverlayState::Made { remade }) => {
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

/// How often an overlay had been made anew when it got this name: the calendar tells, for a store
/// that was lost since does not know.
fn made(keys: &GraphKeys, calendar: CalendarId, derived: &str) -> Option<u8> {
    (0..=REMADE_MAX).find(|remade| overlay_name(keys, calendar, *remade) == derived)
}

/// A calendar as its account lists it now.
fn as_listed(
    known: Option<&Calendar>,
    keys: &GraphKeys,
    id: CalendarId,
    found: &Discovery,
    item: &CalendarItem,
) -> Calendar {
    let Some(known) = known else {
        return Calendar {
            id,
            account: found.account,
            provider_id: Some(item.id.clone()),
            name: item.name.clone(),
            kind: item.kind,
            on: item.kind == ScopeKind::Calendar && !item.subscribed && item.derived.is_none(),
            capabilities: item.capabilities.clone(),
            role: role(item),
        };
    };
    let (name, role) = match known.role {
        CalendarRole::Overlay(OverlayState::Wanted { remade }) => {
            let derived = item.derived.as_deref().unwrap_or_default();
            let remade = made(keys, id, derived).unwrap_or(remade);
            (&known.name, CalendarRole::Overlay(OverlayState::Made { remade }))
        }
        CalendarRole::Lost if id == keys.overlay(found.account) => {
            (&known.name, CalendarRole::Overlay(OverlayState::Made { remade: REMADE_MAX }))
        }
        CalendarRole::Lost | CalendarRole::Theirs | CalendarRole::Subscribed => {
            (&item.name, role(item))
        }
        CalendarRole::Overlay(_) | CalendarRole::Own => (&known.name, known.role),
    };
    let mut capabilities = item.capabilities.clone();
    capabilities.marks &= known.capabilities.marks;
    Calendar {
        provider_id: Some(item.id.clone()),
        name: name.clone(),
        capabilities,
        role,
        ..known.clone()
    }
}

const fn role(item: &CalendarItem) -> CalendarRole {
    if item.subscribed { CalendarRole::Subscribed } else { CalendarRole::Theirs }
}

/// The overlay is back: the edges that rested because it was deleted go on.
fn wake(config: &mut Config, calendar: CalendarId) {
    for edge in config.edges.values_mut() {
        if edge.to == calendar && edge.state == Lifecycle::Paused(PauseReason::OverlayDeleted) {
            edge.state = Lifecycle::Active;
        }
    }
}

/// Works through edges again, so that what waits to be written into their calendars is queued.
fn sweep_edges_to(draft: &mut Draft<'_>, config: &Config, to: impl Fn(CalendarId) -> bool) {
    let edges: Vec<EdgeId> =
        config.edges.values().filter(|edge| to(edge.to)).map(|edge| edge.id).collect();
    for edge in edges {
        let sweep = draft.sweep(edge).again();
        draft.set_sweep(edge, Some(sweep));
    }
}
