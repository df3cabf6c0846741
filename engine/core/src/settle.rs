//! The step that takes in how operations ended.

mod origin;
mod overlay;
mod part;

use crate::draft::Draft;
use crate::health;
use crate::ids::{AccountId, CalendarId};
use crate::plan::{Job, JobKey, Plan};
use crate::provider::{Done, Failure, FailureClass};
use crate::slice::{Missing, ReadSet, Slice};
use crate::step::{Env, Subject, WriteOutcome};
use crate::time::Timestamp;

/// After this many attempts without an answer to act on, a part is parked.
pub(crate) const ATTEMPTS_MAX: u16 = 10;

/// Settles operations: live, retried later, to be looked at, or parked with a reason. An outcome
/// that is settled twice changes nothing the second time.
///
/// # Errors
/// [`Missing`] names every row that any outcome lacked.
pub fn settle(slice: &Slice, done: &[WriteOutcome], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut missing = ReadSet::default();
    let mut taken = 0;
    for outcome in done {
        if taken > 0 && !draft.has_room() {
            break;
        }
        if let Err(Missing(want)) = settle_one(&mut draft, outcome) {
            missing.merge(*want);
        }
        taken += 1;
    }
    if missing.is_empty() { draft.finish(taken) } else { Err(Missing::of(missing)) }
}

fn settle_one(draft: &mut Draft<'_>, outcome: &WriteOutcome) -> Result<(), Missing> {
    let target = target(draft, outcome.sent.subject)?;
    if let Some(account) = target.and_then(|id| account_of(draft, id)) {
        count(draft, account, &outcome.done)?;
    }
    match outcome.sent.subject {
        Subject::Part(part) => part::settle(draft, part, outcome),
        Subject::Origin(event, calendar) => origin::settle(draft, event, calendar, outcome),
        Subject::Overlay(calendar) => overlay::settle(draft, calendar, outcome),
    }?;
    match target {
        Some(calendar) => wrote(draft, calendar, outcome),
        None => Ok(()),
    }
}

/// Keeps what was written, or found where a write had been lost, until a listing has shown it.
fn wrote(
    draft: &mut Draft<'_>,
    calendar: CalendarId,
    outcome: &WriteOutcome,
) -> Result<(), Missing> {
    let object = match (&outcome.done, outcome.sent.subject) {
        (Done::Stored(stored), _) => Some(stored.id.clone()),
        (Done::Fetched, Subject::Part(part)) => draft
            .event(part.event)?
            .and_then(|bundle| bundle.mirrors.get(&part.edge)?.parts.get(&part.part))
            .and_then(|part| Some(part.object.as_ref()?.id.clone())),
        (
            Done::Fetched
            | Done::Deleted
            | Done::Failed(_)
            | Done::Listed(_)
            | Done::MadeCalendar { .. }
            | Done::Watching(_)
            | Done::Discovered { .. },
            _,
        ) => None,
    };
    object.map_or(Ok(()), |object| draft.keep_until_listed(calendar.into(), &object))
}

fn target(draft: &Draft<'_>, subject: Subject) -> Result<Option<CalendarId>, Missing> {
    Ok(match subject {
        Subject::Part(part) => draft
            .event(part.event)?
            .and_then(|bundle| bundle.mirrors.get(&part.edge))
            .map(|mirror| mirror.mirror.calendar),
        Subject::Origin(_, calendar) | Subject::Overlay(calendar) => Some(calendar),
    })
}

fn account_of(draft: &Draft<'_>, calendar: CalendarId) -> Option<AccountId> {
    draft.config().calendars.get(&calendar).map(|calendar| calendar.account)
}

fn count(draft: &mut Draft<'_>, account: AccountId, done: &Done) -> Result<(), Missing> {
    let mut health = draft.health(account)?;
    match done {
        Done::Failed(failure) => health::count(&mut health, failure, draft.env),
        Done::Stored(_)
        | Done::Deleted
        | Done::MadeCalendar { .. }
        | Done::Fetched
        | Done::Listed(_)
        | Done::Watching(_)
        | Done::Discovered { .. } => health::answered(&mut health, draft.env.now),
    }
    draft.set_health(account, health);
    Ok(())
}

/// When something that failed is tried again.
fn again(failure: &Failure, attempts: u16, env: &Env) -> Timestamp {
    let soon = match failure.class {
        FailureClass::SignIn | FailureClass::Consent => env.now.saturating_add_millis(3_600_000),
        FailureClass::Quota => health::quota_ends(env),
        FailureClass::Throttled
        | FailureClass::Transient
        | FailureClass::Unknown
        | FailureClass::Protocol
        | FailureClass::Forbidden
        | FailureClass::NotFound
        | FailureClass::CalendarGone
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported => health::backoff(attempts.max(1), env),
    };
    failure.retry_at.unwrap_or(soon)
}

/// The job of a row that did not change is due again later.
fn push_again(draft: &mut Draft<'_>, key: JobKey, lane: CalendarId, at: Timestamp) {
    let starts = draft.env.now;
    draft.push_job(Job { key, lane, run_at: at, starts });
}
