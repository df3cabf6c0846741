//! An origin after a change of ours was sent to it.

use super::{ATTEMPTS_MAX, again, push_again};
use crate::draft::Draft;
use crate::ids::{CalendarId, EventId};
use crate::journal::{Cause, CauseKind};
use crate::merge::change_hash;
use crate::plan::{JobKey, Note, RowKey};
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
    let Some(pending) = presence.and_then(|presence| presence.pending.clone()) else {
        return Ok(());
    };
    let key = JobKey::Origin(event, calendar);
    if let Done::Failed(failure) = &outcome.done
        && waits(failure.class)
    {
        let at = again(failure, pending.attempts + 1, env);
        draft.run_later(key, at);
        push_again(draft, key, calendar, at);
    }
    let what = if matches!(outcome.done, Done::Failed(_)) {
        CauseKind::WriteFailed
    } else {
        CauseKind::Wrote
    };
    let mut cause = Cause::of(what).in_calendar(calendar);
    cause.edge = pending.from;
    draft.note(Note {
        event: Some(event),
        calendar: Some(calendar),
        ..Note::new("origin.settled")
    });
    draft.edit(event, cause, |bundle| {
        apply(bundle, calendar, outcome, env);
        project(bundle, &setup, env, false);
    })?;
    // The origin went away under a change that came after: what it said can be brought back.
    let left = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar));
    if let (None, Some(want)) = (left, &pending.want) {
        draft.keep_lost(event, &RowKey::Presence(event, calendar), want);
    }
    Ok(())
}

fn apply(bundle: &mut Bundle, calendar: CalendarId, outcome: &WriteOutcome, env: &Env) {
    let Some(presence) = bundle.presences.get_mut(&calendar) else {
        return;
    };
    let Some(pending) = &mut presence.pending else { return };
    let answers = outcome.sent.want == change_hash(pending);
    match &outcome.done {
        Done::Stored(stored) if answers => written(presence, stored),
        // An older change was written: what it made of the origin is read before the newer one.
        Done::Stored(_) => presence.version = None,
        Done::Deleted => {
            bundle.presences.remove(&calendar);
        }
        Done::Failed(failure) => {
            let absent = failure.class == FailureClass::NotFound;
            if absent && outcome.sent.action == Action::Delete && pending.want.is_none() {
                bundle.presences.remove(&calendar);
            } else if absent && outcome.sent.action == Action::Read {
                // The read has left its evidence; the change waits for what comes of that.
            } else if is_stale(failure.class) {
                pending.base = presence.version.take();
                refused(pending, failure, env);
            } else if answers || outcome.sent.action == Action::Read {
                refused(pending, failure, env);
            }
        }
        Done::Fetched
        | Done::Listed(_)
        | Done::MadeCalendar { .. }
        | Done::Watching(_)
        | Done::Discovered { .. } => {}
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

/// What was refused is tried again: at once after a first time that says the origin has changed,
/// else later and later; and in the end no more.
fn refused(pending: &mut Pending, failure: &Failure, env: &Env) {
    if is_of_account(failure.class) {
        return;
    }
    pending.attempts = pending.attempts.saturating_add(1);
    let stale = is_stale(failure.class);
    if !waits(failure.class) && !stale || pending.attempts >= ATTEMPTS_MAX {
        pending.parked = Some(failure.code.clone());
    } else if !stale || pending.attempts > 1 || failure.retry_at.is_some() {
        pending.retry_at = Some(again(failure, pending.attempts, env));
    }
}

/// Whether the whole account waits: its health says how long, and nothing counts against a row.
const fn is_of_account(class: FailureClass) -> bool {
    match class {
        FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent => true,
        FailureClass::Transient
        | FailureClass::Unknown
        | FailureClass::CalendarGone
        | FailureClass::Protocol
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

const fn waits(class: FailureClass) -> bool {
    match class {
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent
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
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent
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
