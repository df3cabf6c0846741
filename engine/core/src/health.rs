//! Accounts and scopes that fail: counted, rested, and told apart from missing data.

use crate::cursor::{Failing, Health};
use crate::draft::Draft;
use crate::graph::Calendar;
use crate::ids::{AccountId, CalendarId, EventId, ScopeId};
use crate::journal::{Cause, CauseKind};
use crate::plan::{Job, JobKey, Note, Plan};
use crate::provider::{Failure, FailureClass};
use crate::slice::{Missing, Slice};
use crate::step::Env;
use crate::time::Timestamp;

/// From this many failures in a row the circuit of an account is open: nothing is sent until the
/// time to try again.
pub const CIRCUIT_OPENS_AT: u16 = 5;

const FIRST_MILLIS: i64 = 30_000;
const LONGEST_MILLIS: i64 = 6 * 3_600_000;
const QUOTA_MILLIS: i64 = 2 * 3_600_000;

/// How long to wait after the n-th failure in a row: doubling, with jitter from the step's seed.
#[must_use]
pub fn backoff(times: u16, env: &Env) -> Timestamp {
    let doubled = FIRST_MILLIS << i64::from(times.saturating_sub(1).min(12));
    env.now.saturating_add_millis(jittered(doubled.min(LONGEST_MILLIS), env))
}

/// When writes are tried again after a quota was used up and its end was not said.
pub(crate) fn quota_ends(env: &Env) -> Timestamp {
    env.now.saturating_add_millis(jittered(QUOTA_MILLIS, env))
}

fn jittered(millis: i64, env: &Env) -> i64 {
    millis - millis / 4 * i64::from(env.seed.0[0]) / 255
}

/// Whether a calendar, or its account, fails to be read since lately: what waits for a reading of it waits
/// for a few tries, and not for one that fails for long.
///
/// # Errors
/// [`Missing`] names the cursor, or the account's health.
pub fn fails_anew(slice: &Slice, calendar: &Calendar) -> Result<bool, Missing> {
    let cursor = slice.cursor(&calendar.scope())?.as_ref();
    let health = slice.health_of(&calendar.account)?.as_ref().filter(|health| health.unread);
    let of_account = health.and_then(|health| health.failing.as_ref());
    let failing = cursor.and_then(|cursor| cursor.failing.as_ref());
    let is_new = |failing: &Failing| failing.times < CIRCUIT_OPENS_AT;
    Ok(of_account.is_some_and(is_new) || failing.is_some_and(is_new))
}

/// Records that a conversation of an account failed as a whole.
///
/// # Errors
/// [`Missing`] names the account's health.
pub fn account_failed(
    slice: &Slice,
    account: AccountId,
    failure: &Failure,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut health = draft.health(account)?;
    count(&mut health, failure, env);
    health.unread = true;
    draft.set_health(account, health);
    draft.note(Note::new("account.failed"));
    draft.finish(0)
}

/// Records that a scope could not be read; what is known of it stays (L7).
///
/// # Errors
/// [`Missing`] names the cursor.
pub fn scope_failed(
    slice: &Slice,
    scope: ScopeId,
    failure: &Failure,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut cursor = draft.cursor(scope)?;
    let times = cursor.failing.as_ref().map_or(1, |failing| failing.times.saturating_add(1));
    let retry_at = failure.retry_at.unwrap_or_else(|| backoff(times, env));
    cursor.failing = Some(Failing { times, code: failure.code.clone(), retry_at });
    draft.set_cursor(scope, Some(cursor));
    if failure.class == FailureClass::CalendarGone {
        said_gone(&mut draft, scope)?;
    }
    draft.note(Note { calendar: Some(scope.calendar()), ..Note::new("scope.failed") });
    draft.finish(0)
}

/// Where its account does not list it either, the calendar's own word is the second witness.
fn said_gone(draft: &mut Draft<'_>, scope: ScopeId) -> Result<(), Missing> {
    let calendar = scope.calendar();
    let Some(account) = draft.config().calendars.get(&calendar).map(|known| known.account) else {
        return Ok(());
    };
    let mut health = draft.health(account)?;
    if let Some(unlisted) = health.unlisted.iter_mut().find(|one| one.calendar == calendar) {
        unlisted.gone = true;
        draft.set_health(account, health);
    }
    Ok(())
}

/// Records that these scopes were found unchanged in this run, and so count as read.
///
/// # Errors
/// [`Missing`] names the run.
pub fn scopes_read(slice: &Slice, scopes: &[ScopeId], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut run = draft.run()?;
    for scope in scopes {
        if !run.read.contains(scope) {
            run.read.push(*scope);
        }
    }
    draft.set_run(run);
    draft.finish(0)
}

/// Ends the rest of accounts, calendars, jobs and changes of origins after failures, because somebody asks for a try
/// now. What a provider asked for itself holds.
///
/// # Errors
/// [`Missing`] names the accounts' health, the calendars' cursors, and the events.
pub fn try_now(slice: &Slice, resting: &[Job], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let setup = draft.setup();
    for account in setup.accounts.keys() {
        let mut health = draft.health(*account)?;
        if health.failing.take().is_some() {
            draft.set_health(*account, health);
        }
    }
    for calendar in setup.calendars.values() {
        let mut cursor = draft.cursor(calendar.scope())?;
        if let Some(failing) = cursor.failing.as_mut().filter(|f| f.times >= CIRCUIT_OPENS_AT) {
            failing.times = 1;
            draft.set_cursor(calendar.scope(), Some(cursor));
        }
    }
    for job in resting {
        draft.push_job(Job { run_at: env.now, ..*job });
        if let JobKey::Origin(event, calendar) = job.key {
            try_origin_now(&mut draft, event, calendar)?;
        }
    }
    draft.finish(0)
}

fn try_origin_now(
    draft: &mut Draft<'_>,
    event: EventId,
    calendar: CalendarId,
) -> Result<(), Missing> {
    let cause = Cause::of(CauseKind::Authored).in_calendar(calendar);
    draft.edit(event, cause, |bundle| {
        let presence = bundle.presences.get_mut(&calendar);
        if let Some(pending) = presence.and_then(|presence| presence.pending.as_mut()) {
            pending.retry_at = None;
        }
    })
}

/// Counts a failure against an account.
pub(crate) fn count(health: &mut Health, failure: &Failure, env: &Env) {
    match failure.class {
        // A rest that was asked for after a write is one of the account all the same.
        FailureClass::Unknown if failure.retry_at.is_some() => {
            health.throttled_until = health.throttled_until.max(failure.retry_at);
        }
        FailureClass::SignIn => health.needs_sign_in = true,
        FailureClass::Consent => health.needs_consent = true,
        FailureClass::Quota => {
            let until = failure.retry_at.unwrap_or_else(|| quota_ends(env));
            health.read_only_until = health.read_only_until.max(Some(until));
        }
        FailureClass::Throttled => {
            let until = failure.retry_at.unwrap_or_else(|| backoff(1, env));
            health.throttled_until = health.throttled_until.max(Some(until));
        }
        FailureClass::Transient | FailureClass::Unknown | FailureClass::Protocol => {
            let times = health.failing.as_ref().map_or(1, |f| f.times.saturating_add(1));
            let retry_at = failure.retry_at.unwrap_or_else(|| backoff(times, env));
            health.failing = Some(Failing { times, code: failure.code.clone(), retry_at });
        }
        FailureClass::Forbidden
        | FailureClass::NotFound
        | FailureClass::CalendarGone
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Unsupported => {}
    }
}

/// Whether an account that answers now had been out of reach: what is to be written there rests
/// longer than it has to. A write that failed by itself rests as long as it was told to.
pub(crate) fn was_away(health: &Health, now: Timestamp) -> bool {
    let over = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
    let rested = over(health.throttled_until) || over(health.read_only_until);
    health.unread || health.needs_sign_in || health.needs_consent || rested
}

/// The account answered: whatever was counted against it is past.
pub(crate) fn answered(health: &mut Health, now: Timestamp) {
    health.failing = None;
    health.needs_sign_in = false;
    health.needs_consent = false;
    health.read_only_until = health.read_only_until.filter(|until| *until > now);
    health.throttled_until = health.throttled_until.filter(|until| *until > now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::StepSeed;
    use crate::keys::GraphKeys;

    fn env(now: Timestamp) -> Env {
        let keys = GraphKeys { graph: crate::ids::GraphId::from_bytes([1; 16]), secret: [2; 32] };
        Env { now, seed: StepSeed([0; 32]), keys, run: crate::ids::RunId::from_bytes([3; 16]) }
    }

    fn failed(class: FailureClass) -> Failure {
        Failure { class, code: "test".to_owned(), detail: String::new(), retry_at: None }
    }

    #[test]
    fn a_quota_that_is_used_up_stops_writes_for_hours_though_reads_are_answered() {
        let env = env(Timestamp::from_seconds(1_780_000_000));
        let mut health = Health::default();
        count(&mut health, &failed(FailureClass::Quota), &env);
        answered(&mut health, env.now);
        let until = health.read_only_until.unwrap_or(env.now);
        assert!(until.millis_since(env.now) >= 3_600_000, "{until}");
        assert!(health.throttled_until.is_none() && health.failing.is_none());
        assert!(was_away(&health, until), "what rested is looked at when it is over");
        answered(&mut health, until);
        assert_eq!(health, Health::default());
    }

    /// Catches a rest that a provider asked for after it had taken a write, kept by that write alone.
    #[test]
    fn a_rest_that_was_asked_for_after_a_write_is_the_accounts() {
        let env = env(Timestamp::from_seconds(1_780_000_000));
        let mut health = Health::default();
        let until = Some(env.now.saturating_add_millis(600_000));
        let asked = Failure { retry_at: until, ..failed(FailureClass::Unknown) };
        count(&mut health, &asked, &env);
        assert_eq!((health.throttled_until, &health.failing), (until, &None));
        count(&mut health, &failed(FailureClass::Unknown), &env);
        assert_eq!(health.failing.map(|failing| failing.times), Some(1));
    }

    #[test]
    fn consent_is_a_state_of_its_own_until_an_answer_comes() {
        let env = env(Timestamp::from_seconds(1_780_000_000));
        let mut health = Health::default();
        count(&mut health, &failed(FailureClass::Consent), &env);
        assert!(health.needs_consent && !health.needs_sign_in && health.failing.is_none());
        answered(&mut health, env.now);
        assert!(!health.needs_consent);
    }
}
