//! Calendars that are read no more: what they showed is forgotten, and its mirrors retire.

use super::PAGE;
use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, Lifecycle};
use crate::ids::{CalendarId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::plan::RowKey;
use crate::project::project;
use crate::slice::{AsidePage, Config, Missing, PresencePage, ReadSet};
use crate::time::Timestamp;

/// How long what is set aside outlasts its calendar, where that may come back: thirty days.
const LOST_MILLIS: i64 = 30 * 86_400_000;

pub(super) fn calendars(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let setup = draft.setup();
    look_at(draft, &setup)?;
    for calendar in setup.calendars.values() {
        if !setup.takes_in(calendar) && is_a_persons(calendar.role) {
            forget(draft, calendar.id)?;
        }
        if draft.has_room() && is_left(draft, &setup, calendar)? {
            forget_asides(draft, calendar.id)?;
        }
        if !draft.has_room() {
            break;
        }
    }
    Ok(())
}

/// Asks for the pages of all calendars at once: most people have many that are not read.
fn look_at(draft: &Draft<'_>, config: &Config) -> Result<(), Missing> {
    let mut missing = ReadSet::default();
    for calendar in config.calendars.values() {
        let (id, limit) = (calendar.id, PAGE);
        let mut pages = Vec::new();
        if !config.takes_in(calendar) && is_a_persons(calendar.role) {
            let page = PresencePage { calendar: id, after: None, limit };
            pages.push(draft.slice.presence_page(&page).map(drop));
        }
        pages.push(is_left(draft, config, calendar).and_then(|left| {
            let page = AsidePage { calendar: id, limit };
            if left { draft.slice.aside_page(&page).map(drop) } else { Ok(()) }
        }));
        for Missing(want) in pages.into_iter().filter_map(Result::err) {
            missing.merge(*want);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Missing::of(missing)) }
}

const fn is_a_persons(role: CalendarRole) -> bool {
    match role {
        CalendarRole::Theirs | CalendarRole::Subscribed | CalendarRole::Lost => true,
        CalendarRole::Overlay(_) | CalendarRole::Own => false,
    }
}

/// Whether a calendar is not read at all, so that no listing looks after what is set aside in it.
fn is_left(draft: &Draft<'_>, config: &Config, calendar: &Calendar) -> Result<bool, Missing> {
    let written = || config.edges.values().any(|edge| edge.to == calendar.id);
    Ok(match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => !config.takes_in(calendar) && !written(),
        CalendarRole::Lost if !config.takes_in(calendar) => true,
        CalendarRole::Lost => {
            let read_at = draft.cursor(calendar.scope())?.read_at;
            let long_ago = |at: Timestamp| at.saturating_add_millis(LOST_MILLIS) <= draft.env.now;
            read_at.is_some_and(long_ago) && draft.run()?.clock.is_trusted()
        }
        CalendarRole::Overlay(_) => config
            .accounts
            .get(&calendar.account)
            .is_none_or(|account| account.state == Lifecycle::Abandoned),
        CalendarRole::Own => false,
    })
}

/// Strays stay with the events that they name: they hold no text, and tell what people made theirs.
fn forget_asides(draft: &mut Draft<'_>, calendar: CalendarId) -> Result<(), Missing> {
    let page = draft.slice.aside_page(&AsidePage { calendar, limit: PAGE })?.clone();
    let mut missing = ReadSet::default();
    for object in &page {
        if !draft.has_room() {
            break;
        }
        if let Err(Missing(want)) = forget_aside(draft, (calendar, object.clone())) {
            missing.merge(*want);
        }
    }
    if !missing.is_empty() {
        return Err(Missing::of(missing));
    }
    if draft.has_room() && (1..PAGE as usize).contains(&page.len()) {
        // All of it is taken. Where the calendar is read again, that begins anew.
        draft.set_cursor(calendar.into(), None);
    }
    Ok(())
}

fn forget_aside(draft: &mut Draft<'_>, key: (CalendarId, ProviderId)) -> Result<(), Missing> {
    draft.object(&key)?;
    draft.aside(&key)?;
    draft.set_aside(key, None);
    Ok(())
}

fn forget(draft: &mut Draft<'_>, calendar: CalendarId) -> Result<(), Missing> {
    let page = PresencePage { calendar, after: None, limit: PAGE };
    let page = draft.slice.presence_page(&page)?.clone();
    let (setup, env) = (draft.setup(), draft.env);
    for event in &page.events {
        if !draft.has_room() {
            return Ok(());
        }
        let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
        let forgotten = draft.edit(*event, cause, |bundle| {
            let forgotten = bundle.presences.remove(&calendar);
            project(bundle, &setup, env, false);
            forgotten
        })?;
        // What waited to be written there can be brought back (L14).
        let waited = forgotten.and_then(|presence| presence.pending).and_then(|change| change.want);
        if let Some(body) = waited {
            draft.keep_lost(*event, &RowKey::Presence(*event, calendar), &body);
        }
    }
    if !page.events.is_empty() {
        draft.set_cursor(calendar.into(), None);
    }
    Ok(())
}
