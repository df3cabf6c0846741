//! The step that takes in which calendars an account has.

mod absent;
mod clock;

use std::collections::BTreeSet;

use crate::cursor::ClockWord;
use crate::dispatch::overlay_name;
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
    let mut after = (*draft.setup()).clone();
    if let Some(account) = after.accounts.get_mut(&found.account) {
        account.makes_calendars = Some(found.makes_calendars);
    }
    let mut seen = BTreeSet::new();
    let mut back = BTreeSet::new();
    let mut otherwise = BTreeSet::new();
    for item in &found.calendars {
        let id = identity(&after, &env.keys, found, item);
        seen.insert(id);
        if after.calendars.get(&id).is_some_and(|known| known.role == CalendarRole::Lost) {
            back.insert(id);
        }
        let held = after.calendars.get(&id).map(|known| known.capabilities.clone());
        put(&mut after, &env.keys, id, found, item);
        let holds = after.calendars.get(&id).map(|known| &known.capabilities);
        if held.is_some_and(|held| holds != Some(&held)) {
            otherwise.insert(id);
        }
    }
    for id in absent::certain(&mut draft, &mut health, &seen, found.account)? {
        absent::lose(&mut draft, &mut after, id);
    }
    draft.set_health(found.account, health);
    for id in back {
        wake(&mut after, id);
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
            // One that was given up for lost and shows up again is taken back.
            CalendarRole::Overlay(OverlayState::Wanted { remade }) => {
                calendar.account == found.account
                    && made(keys, calendar.id, remade, derived).is_some()
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

/// How often an overlay had been made anew when it got this name.
fn made(keys: &GraphKeys, calendar: CalendarId, remade: u8, derived: &str) -> Option<u8> {
    (0..=remade).rev().find(|remade| overlay_name(keys, calendar, *remade) == derived)
}

fn put(
    config: &mut Config,
    keys: &GraphKeys,
    id: CalendarId,
    found: &Discovery,
    item: &CalendarItem,
) {
    if let Some(known) = config.calendars.get_mut(&id) {
        known.provider_id = Some(item.id.clone());
        let marks = known.capabilities.marks && item.capabilities.marks;
        known.capabilities = item.capabilities.clone();
        known.capabilities.marks = marks;
        match known.role {
            CalendarRole::Overlay(OverlayState::Wanted { remade }) => {
                let derived = item.derived.as_deref().unwrap_or_default();
                let remade = made(keys, id, remade, derived).unwrap_or(remade);
                known.role = CalendarRole::Overlay(OverlayState::Made { remade });
            }
            CalendarRole::Overlay(_) => {}
            CalendarRole::Lost if id == keys.overlay(found.account) => {
                known.role = CalendarRole::Overlay(OverlayState::Made { remade: 1 });
            }
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
