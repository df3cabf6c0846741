//! Limits over a sliding minute, and the long lock of `quotaExceeded`.

use std::collections::VecDeque;

use super::call::Call;
use super::error::ApiError;
use super::profile::Quota;
use super::state::State;

const MINUTE_MS: i64 = 60_000;

/// Counts a request of a person, or refuses it. What is refused does not count.
pub(crate) fn spend(
    state: &mut State,
    limits: &Quota,
    user: &str,
    now_ms: i64,
) -> Result<(), ApiError> {
    let refused = |reason: &'static str, words: &str| {
        Err(ApiError::new(limits.status, "usageLimits", reason, words))
    };
    forget(&mut state.recent, now_ms);
    if state.recent.len() >= limits.project_minute {
        return refused("rateLimitExceeded", "Rate Limit Exceeded");
    }
    if let Some(held) = state.users.get_mut(user) {
        forget(&mut held.recent, now_ms);
        if held.recent.len() >= limits.user_minute {
            return refused("userRateLimitExceeded", "User Rate Limit Exceeded");
        }
        held.recent.push_back(now_ms);
    }
    state.recent.push_back(now_ms);
    Ok(())
}

/// Refuses writes of a person whose calendar use is locked.
pub(crate) fn check_lock(
    state: &State,
    call: &Call,
    user: &str,
    now_ms: i64,
) -> Result<(), ApiError> {
    let reads = call.method.http_method == "GET" || call.method.id == "calendar.freebusy.query";
    let push = call.method.id.ends_with(".watch") || call.method.id == "calendar.channels.stop";
    let locked = state.users.get(user).is_some_and(|held| now_ms < held.locked_until_ms);
    if reads || push || !locked {
        return Ok(());
    }
    Err(ApiError::new(403, "usageLimits", "quotaExceeded", "Calendar usage limits exceeded."))
}

fn forget(recent: &mut VecDeque<i64>, now_ms: i64) {
    while recent.front().is_some_and(|at_ms| *at_ms <= now_ms - MINUTE_MS) {
        recent.pop_front();
    }
}
