//! An overlay after it was asked for or deleted.

use super::{ATTEMPTS_MAX, again, push_again};
use crate::dispatch::leave;
use crate::draft::Draft;
use crate::graph::{CalendarRole, Lifecycle, OverlayState, PauseReason};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::plan::{JobKey, Note};
use crate::provider::{Done, Failure, FailureClass};
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
            draft.set_cursor(calendar.into(), None);
        }
        (Done::Deleted, CalendarRole::Overlay(OverlayState::Retiring)) => {
            drop_row(draft, calendar);
        }
        (Done::Failed(failure), CalendarRole::Overlay(state)) => {
            failed(draft, calendar, state, failure)?;
        }
        (
            Done::MadeCalendar { .. }
            | Done::Deleted
            | Done::Failed(_)
            | Done::Stored(_)
            | Done::Fetched
            | Done::Listed(_)
            | Done::Watching(_)
            | Done::Discovered { .. },
            _,
        ) => {}
    }
    Ok(())
}

/// What comes of an answer that is none of those hoped for.
enum Next {
    /// It is tried again, later each time.
    Again,
    /// The same, and given up after [`ATTEMPTS_MAX`] attempts.
    AgainForAWhile,
    /// The server will not.
    GiveUp,
    /// There is nothing to delete.
    Gone,
}

fn next(state: OverlayState, class: FailureClass) -> Next {
    match class {
        FailureClass::Unsupported | FailureClass::Forbidden | FailureClass::Refused => Next::GiveUp,
        FailureClass::NotFound | FailureClass::CalendarGone => match state {
            OverlayState::Retiring => Next::Gone,
            OverlayState::Wanted { .. } | OverlayState::Made { .. } => Next::AgainForAWhile,
        },
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::Unknown
        | FailureClass::SignIn
        | FailureClass::Consent => Next::Again,
        FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Protocol => Next::AgainForAWhile,
    }
}

fn failed(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    state: OverlayState,
    failure: &Failure,
) -> Result<(), Missing> {
    let mut cursor = draft.cursor(calendar.into())?;
    cursor.attempts = cursor.attempts.saturating_add(1);
    let attempts = cursor.attempts;
    match next(state, failure.class) {
        Next::Gone => drop_row(draft, calendar),
        Next::GiveUp => give_up(draft, calendar, state),
        Next::AgainForAWhile if attempts >= ATTEMPTS_MAX => give_up(draft, calendar, state),
        Next::Again | Next::AgainForAWhile => {
            draft.set_cursor(calendar.into(), Some(cursor));
            let at = again(failure, attempts, draft.env);
            push_again(draft, JobKey::Overlay(calendar), calendar, at);
        }
    }
    Ok(())
}

fn drop_row(draft: &mut Draft<'_>, calendar: CalendarId) {
    let cause = Cause::of(CauseKind::Wrote).in_calendar(calendar);
    draft.config_mut(cause).calendars.remove(&calendar);
    draft.set_cursor(calendar.into(), None);
}

/// One that is not made: its edges rest and say so. One that cannot be deleted is the person's, so
/// that what waits for its end does not wait for ever.
fn give_up(draft: &mut Draft<'_>, calendar: CalendarId, state: OverlayState) {
    let cause = Cause::of(CauseKind::Wrote).in_calendar(calendar);
    match state {
        OverlayState::Retiring => leave(draft, calendar, cause),
        OverlayState::Wanted { .. } | OverlayState::Made { .. } => {
            pause_edges(draft.config_mut(cause), calendar);
            draft.note(Note { calendar: Some(calendar), ..Note::new("overlay.refused") });
        }
    }
    draft.set_cursor(calendar.into(), None);
}

/// No calendar can be made there: its edges rest and say so.
fn pause_edges(config: &mut Config, calendar: CalendarId) {
    for edge in config.edges.values_mut() {
        if edge.to == calendar && edge.state == Lifecycle::Active {
            edge.state = Lifecycle::Paused(PauseReason::NoCalendar);
        }
    }
}
