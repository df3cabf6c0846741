//! Calendars that an account lists no more.

use std::collections::BTreeSet;

use super::sweep_edges_to;
use crate::cursor::{Health, Unlisted};
use crate::dispatch::REMADE_MAX;
use crate::draft::Draft;
use crate::graph::{Calendar, CalendarRole, Lifecycle, OverlayState, PauseReason};
use crate::ids::{AccountId, CalendarId};
use crate::plan::Note;
use crate::slice::{Config, Missing, ReadSet};

/// Those that an earlier run missed too, or that said themselves that they are gone. The rest is
/// kept in mind for the next.
///
/// An overlay that was read since it was missed is there, whatever the account lists: a second
/// one beside it would be worse than to wait.
pub(super) fn certain(
    draft: &mut Draft<'_>,
    health: &mut Health,
    seen: &BTreeSet<CalendarId>,
    account: AccountId,
) -> Result<Vec<CalendarId>, Missing> {
    let setup = draft.setup();
    let run = draft.env.run;
    let before = std::mem::take(&mut health.unlisted);
    let mut missing = ReadSet::default();
    let mut lost = Vec::new();
    let absent = setup.calendars.values().filter(|calendar| {
        calendar.account == account && !seen.contains(&calendar.id) && can_be_lost(calendar)
    });
    for calendar in absent {
        let id = calendar.id;
        let known = before.iter().find(|unlisted| unlisted.calendar == id);
        match known {
            Some(first) if first.gone => {
                lost.push(id);
                continue;
            }
            Some(first) if first.run != run => {}
            Some(_) | None => {
                health.unlisted.push(Unlisted { calendar: id, run, gone: false });
                continue;
            }
        }
        let read_in = match calendar.role {
            CalendarRole::Overlay(_) => match draft.cursor(id.into()) {
                Ok(cursor) => cursor.read_in,
                Err(Missing(want)) => {
                    missing.merge(*want);
                    continue;
                }
            },
            CalendarRole::Theirs
            | CalendarRole::Subscribed
            | CalendarRole::Own
            | CalendarRole::Lost => None,
        };
        if read_in.is_some() && read_in == known.map(|first| first.run) {
            health.unlisted.push(Unlisted { calendar: id, run, gone: false });
        } else {
            lost.push(id);
        }
    }
    if missing.is_empty() { Ok(lost) } else { Err(Missing::of(missing)) }
}

const fn can_be_lost(calendar: &Calendar) -> bool {
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed | CalendarRole::Overlay(_) => {
            calendar.provider_id.is_some()
        }
        CalendarRole::Own | CalendarRole::Lost => false,
    }
}

/// A person's: what is known of it stays until someone says otherwise. An overlay: it is made
/// again, once.
pub(super) fn lose(draft: &mut Draft<'_>, config: &mut Config, id: CalendarId) {
    let Some(calendar) = config.calendars.get_mut(&id) else {
        return;
    };
    match calendar.role {
        CalendarRole::Theirs | CalendarRole::Subscribed => {
            calendar.role = CalendarRole::Lost;
            draft.note(Note { calendar: Some(id), ..Note::new("calendar.lost") });
        }
        CalendarRole::Overlay(OverlayState::Made { remade }) if remade < REMADE_MAX => {
            calendar.role = CalendarRole::Overlay(OverlayState::Wanted { remade: remade + 1 });
            calendar.provider_id = None;
            draft.note(Note { calendar: Some(id), ..Note::new("overlay.remade") });
            draft.set_cursor(id.into(), None);
            // What lay in it is gone with it: a sweep of its edges finds the objects missing.
            sweep_edges_to(draft, config, |to| to == id);
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
