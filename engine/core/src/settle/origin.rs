//! An origin after a change of ours was sent to it.

use super::{ATTEMPTS_MAX, again, push_again};
use crate::draft::Draft;
use crate::ids::{CalendarId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::plan::{JobKey, Note};
use crate::presence::{Pending, Presence};
use crate::project::project;
use crate::provider::{Done, Failure, FailureClass, Stored};
use crate::slice::{Bundle, Missing};
use crate::step::{Action, Env, WriteOutcome};

pub(super) fn settle(
    draft: &mut Draft<'_>,
    event: EventId,
    calendar: CalendarId,
    outcome: &WriteOutcome,
) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    let presence = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    let Some(presence) = presence.filter(|presence| presence.pending.is_some()) else {
        return Ok(());
    };
    let object = presence.object.clone();
    let edge = presence.pending.as_ref().and_then(|pending| pending.from);
    let key = JobKey::Origin(event, calendar);
    match &outcome.done {
        Done::Failed(failure) if waits(failure.class) => {
            let attempts = presence.pending.as_ref().map_or(1, |pending| pending.attempts + 1);
            let at = again(failure, attempts, env);
            draft.run_later(key, at);
            push_again(draft, key, calendar, at);
        }
        Done::Failed(failure) if is_stale(failure.class) => draft.fetch(object),
        Done::Stored(_)
        | Done::Deleted
        | Done::Fetched
        | Done::Failed(_)
        | Done::Listed(_)
        | Done::MadeCalendar { .. }
        | Done::Discovered { .. } => {}
    }
    let what = if matches!(outcome.done, Done::Failed(_)) {
        CauseKind::WriteFailed
    } else {
        CauseKind::Wrote
    };
    let mut cause = Cause::of(what).in_calendar(calendar);
    cause.edge = edge;
    draft.note(Note {
        event: Some(event),
        calendar: Some(calendar),
        ..Note::new("origin.settled")
    });
    draft.edit(event, cause, |bundle| {
        apply(bundle, calendar, outcome, env);
        project(bundle, &setup, env, false);
    })
}

fn apply(bundle: &mut Bundle, calendar: CalendarId, outcome: &WriteOutcome, env: &Env) {
    let Some(presence) = bundle.presences.get_mut(&calendar) else {
        return;
    };
    match &outcome.done {
        Done::Stored(stored) => written(presence, stored),
        Done::Deleted => {
            bundle.presences.remove(&calendar);
        }
        Done::Failed(failure) => {
            let deleted = failure.class == FailureClass::NotFound
                && outcome.sent.action != Action::Read
                && presence.pending.as_ref().is_some_and(|pending| pending.want.is_none());
            if deleted {
                bundle.presences.remove(&calendar);
            } else if let Some(pending) = &mut presence.pending {
                refused(pending, failure, env);
            }
        }
        Done::Fetched | Done::Listed(_) | Done::MadeCalendar { .. } | Done::Discovered { .. } => {}
    }
}

fn written(presence: &mut Presence, stored: &Stored) {
    let Some(pending) = presence.pending.take() else {
        return;
    };
    presence.version.clone_from(&stored.version);
    if let Some(body) = pending.want {
        presence.body = stored.body.as_ref().map_or(body, |body| (**body).clone());
    }
}

fn refused(pending: &mut Pending, failure: &Failure, env: &Env) {
    if failure.class == FailureClass::Throttled || failure.class == FailureClass::SignIn {
        return;
    }
    pending.attempts = pending.attempts.saturating_add(1);
    if !waits(failure.class) && !is_stale(failure.class) || pending.attempts >= ATTEMPTS_MAX {
        pending.parked = Some(failure.code.clone());
    } else {
        pending.retry_at = Some(again(failure, pending.attempts, env));
    }
}

const fn waits(class: FailureClass) -> bool {
    match class {
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::SignIn
        | FailureClass::CalendarGone
        | FailureClass::Protocol => true,
        FailureClass::Unknown
        | FailureClass::Stale
        | FailureClass::NotFound
        | FailureClass::Forbidden
        | FailureClass::CursorLost
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported => false,
    }
}

const fn is_stale(class: FailureClass) -> bool {
    match class {
        FailureClass::Stale | FailureClass::Unknown | FailureClass::NotFound => true,
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::SignIn
        | FailureClass::CalendarGone
        | FailureClass::Protocol
        | FailureClass::Forbidden
        | FailureClass::CursorLost
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported => false,
    }
}
