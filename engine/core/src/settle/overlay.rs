//! An overlay after it was asked for or deleted.

use super::{again, push_again};
use crate::draft::Draft;
use crate::graph::{CalendarRole, Lifecycle, OverlayState, PauseReason};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::plan::{JobKey, Note};
use crate::provider::{Done, FailureClass};
use crate::slice::{Config, Missing};
use crate::step::WriteOutcome;

pub(super) fn settle(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    outcome: &WriteOutcome,
) -> Result<(), Missing> {
    let Some(role) = draft.config().calendars.get(&calendar).map(|c| c.role) else {
        return Ok(());
    };
    let cause = Cause::of(CauseKind::Wrote).in_calendar(calendar);
    match (&outcome.done, role) {
        (
            Done::MadeCalendar { calendar: place },
            CalendarRole::Overlay(OverlayState::Wanted { remade }),
        ) => {
            let place = place.clone();
            if let Some(row) = draft.config_mut(cause).calendars.get_mut(&calendar) {
                row.provider_id = Some(place);
                row.role = CalendarRole::Overlay(OverlayState::Made { remade });
            }
        }
        (Done::Deleted, CalendarRole::Overlay(OverlayState::Retiring)) => {
            draft.config_mut(cause).calendars.remove(&calendar);
            draft.set_cursor(calendar.into(), None);
        }
        (Done::Failed(failure), CalendarRole::Overlay(_)) => match failure.class {
            FailureClass::NotFound | FailureClass::CalendarGone
                if role == CalendarRole::Overlay(OverlayState::Retiring) =>
            {
                draft.config_mut(cause).calendars.remove(&calendar);
                draft.set_cursor(calendar.into(), None);
            }
            FailureClass::Unsupported | FailureClass::Forbidden | FailureClass::Refused => {
                pause_edges(draft.config_mut(cause), calendar);
                draft.note(Note { calendar: Some(calendar), ..Note::new("overlay.refused") });
            }
            FailureClass::Transient
            | FailureClass::Throttled
            | FailureClass::Unknown
            | FailureClass::SignIn
            | FailureClass::NotFound
            | FailureClass::CalendarGone
            | FailureClass::CursorLost
            | FailureClass::Stale
            | FailureClass::Taken
            | FailureClass::TooLarge
            | FailureClass::Protocol => {
                let at = again(failure, 1, draft.env);
                push_again(draft, JobKey::Overlay(calendar), calendar, at);
            }
        },
        (
            Done::MadeCalendar { .. }
            | Done::Deleted
            | Done::Failed(_)
            | Done::Stored(_)
            | Done::Fetched
            | Done::Listed(_)
            | Done::Discovered { .. },
            _,
        ) => {}
    }
    Ok(())
}

/// No calendar can be made there: its edges rest and say so.
fn pause_edges(config: &mut Config, calendar: CalendarId) {
    for edge in config.edges.values_mut() {
        if edge.to == calendar && edge.state == Lifecycle::Active {
            edge.state = Lifecycle::Paused(PauseReason::NoCalendar);
        }
    }
}
