//! Calendars that are read no more: what they showed is forgotten, and its mirrors retire.

use super::PAGE;
use crate::draft::Draft;
use crate::graph::CalendarRole;
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::project::project;
use crate::slice::{Missing, PresencePage};

pub(super) fn calendars(draft: &mut Draft<'_>) -> Result<(), Missing> {
    let config = draft.config();
    let off: Vec<CalendarId> = config
        .calendars
        .values()
        .filter(|calendar| match calendar.role {
            CalendarRole::Theirs | CalendarRole::Subscribed | CalendarRole::Lost => {
                !config.takes_in(calendar)
            }
            CalendarRole::Overlay(_) | CalendarRole::Own => false,
        })
        .map(|calendar| calendar.id)
        .collect();
    for calendar in off {
        forget(draft, calendar)?;
        if !draft.has_room() {
            break;
        }
    }
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
        draft.edit(*event, cause, |bundle| {
            bundle.presences.remove(&calendar);
            project(bundle, &setup, env, false);
        })?;
    }
    if !page.events.is_empty() {
        draft.set_cursor(calendar.into(), None);
    }
    Ok(())
}
