//! The step that decides, at the moment of sending, what a job comes to.

mod origin;
mod overlay;
mod part;
mod theirs;
mod waits;

use crate::cursor::Health;
use crate::ids::AccountId;
use crate::plan::{Job, JobKey, Plan};
use crate::slice::{Missing, Slice};
use crate::step::{Dispatch, Env};
use crate::time::Timestamp;

pub(crate) use overlay::{REMADE_MAX, leave, overlay_name};
pub(crate) use waits::{Wait, wait};

const MINUTE_MILLIS: i64 = 60_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// Decides from the rows as they are now: still wanted, at which level, at which version, and
/// whether the account may be written to (L4, L6). What is sent is compiled here, so it is never
/// older than the policy.
///
/// # Errors
/// [`Missing`] names the rows it needs.
pub fn dispatch(slice: &Slice, job: &Job, env: &Env) -> Result<Dispatch, Missing> {
    dispatch_listed(slice, job, None, env)
}

/// The same after [`Dispatch::List`]: a listing of the job's calendar was tried, begun at `since`.
/// Whether it came to its end is seen from the cursor.
///
/// # Errors
/// [`Missing`] names the rows it needs.
pub fn dispatch_listed(
    slice: &Slice,
    job: &Job,
    since: Option<Timestamp>,
    env: &Env,
) -> Result<Dispatch, Missing> {
    match job.key {
        JobKey::Part(part) => part::dispatch(slice, part, since, env),
        JobKey::Origin(event, calendar) => origin::dispatch(slice, event, calendar, env),
        JobKey::Overlay(calendar) => overlay::dispatch(slice, calendar, since, env),
        JobKey::Pull(_) => Ok(nothing()),
    }
}

/// Nothing is to be done.
fn nothing() -> Dispatch {
    Dispatch::Done(Plan::default())
}

/// When an account may be written to again; `None`: now.
fn rests_until(
    slice: &Slice,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<Timestamp>, Missing> {
    let Some(health) = slice.health_of(&account)? else {
        return Ok(None);
    };
    Ok(rest(health, now))
}

fn rest(health: &Health, now: Timestamp) -> Option<Timestamp> {
    if health.needs_sign_in || health.needs_consent {
        return Some(now.saturating_add_millis(HOUR_MILLIS));
    }
    let asked = health.throttled_until.max(health.read_only_until).filter(|until| *until > now);
    let failing = health
        .failing
        .as_ref()
        .filter(|failing| failing.times >= crate::health::CIRCUIT_OPENS_AT)
        .map(|failing| failing.retry_at)
        .filter(|until| *until > now);
    asked.max(failing)
}
