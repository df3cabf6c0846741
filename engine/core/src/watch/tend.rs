//! What is to be done about the watches of a scope now, and how that ended.

use crate::cursor::Failing;
use crate::draft::Draft;
use crate::health::backoff;
use crate::ids::{ProviderId, ScopeId, WatchId};
use crate::keys::GraphKeys;
use crate::plan::{Note, Plan};
use crate::provider::{Done, Failure, FailureClass};
use crate::slice::{Missing, Slice};
use crate::step::Env;
use crate::time::Timestamp;
use crate::watch::heard::pull;
use crate::watch::row::token;
use crate::watch::{Channel, Renewal, Stage, Watch, WatchOp, WatchTerms};

/// An answer that did not come in this time will not come, in milliseconds.
const ANSWER_MS: i64 = 5 * 60_000;
/// What a provider will not do is asked for again after this time, in milliseconds.
const REFUSED_MS: i64 = 24 * 3_600_000;
/// A silent channel is replaced at most once in this time, in milliseconds.
const SILENT_MS: i64 = 24 * 3_600_000;
/// Channels of one scope at most: where closing them fails, they end by themselves.
const CHANNELS_MAX: usize = 8;
/// What could not be closed is closed again after this time, in milliseconds.
const CLOSED_AGAIN_MS: i64 = 3_600_000;

/// What a provider's watches need to be opened.
#[derive(Debug, Clone)]
pub struct Push {
    /// How they live.
    pub terms: WatchTerms,
    /// The address that they speak to.
    pub address: String,
    /// For how long somebody listens there without saying so again, in milliseconds.
    pub listens_ms: i64,
}

/// What is to be done about a scope's watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tended {
    /// To be committed first: what is asked for is known before it can speak.
    pub plan: Plan,
    /// Then to be sent, for this channel, and its end to be given to [`tended`].
    pub send: Option<(WatchId, WatchOp)>,
}

/// Decides what is to be done: opened, renewed before it ends, closed once its successor speaks,
/// or nothing. `push`: what watches need; `None`: none are wanted, and all are closed.
///
/// # Errors
/// [`Missing`] names the watch.
pub fn tend(
    slice: &Slice,
    scope: ScopeId,
    push: Option<&Push>,
    env: &Env,
) -> Result<Tended, Missing> {
    let mut draft = Draft::new(slice, env);
    let before = draft.watch(scope)?;
    let place = draft.config().calendars.get(&scope.calendar()).and_then(|c| c.provider_id.clone());
    let wanted = place.is_some() && push.is_some();
    let mut watch = before.clone().unwrap_or_default();
    forget(&mut watch, env);
    if let Some(Push { listens_ms, .. }) = push {
        let is_half_over =
            |until: Timestamp| until.millis_since(env.now) <= listens_ms.saturating_div(2);
        if watch.listened_until.is_none_or(is_half_over) {
            watch.listened_until = Some(env.now.saturating_add_millis(*listens_ms));
        }
    }
    let send = match (place, push) {
        (Some(place), Some(push)) => next(&mut watch, &place, push, env),
        (Some(_) | None, None) | (None, Some(_)) => {
            watch.channels.iter_mut().for_each(|channel| channel.stage = Stage::Closing);
            close(&watch, env)
        }
    };
    let after = (wanted || !watch.channels.is_empty()).then_some(watch);
    if after != before {
        draft.set_watch(scope, after);
    }
    Ok(Tended { plan: draft.finish(0)?, send })
}

/// Drops what has ended. What was asked for and never answered may be open all the same: it is to be
/// closed, under the id that we gave it.
fn forget(watch: &mut Watch, env: &Env) {
    watch.channels.retain(|channel| channel.expires > env.now);
    for channel in &mut watch.channels {
        let late = env.now.millis_since(channel.since) >= ANSWER_MS;
        if channel.stage == Stage::Opening && late {
            channel.stage = Stage::Closing;
        }
    }
    let surplus = watch.channels.len().saturating_sub(CHANNELS_MAX);
    watch.channels.drain(..surplus);
}

fn next(
    watch: &mut Watch,
    place: &ProviderId,
    push: &Push,
    env: &Env,
) -> Option<(WatchId, WatchOp)> {
    let rests = watch.failing.as_ref().is_some_and(|failing| failing.retry_at > env.now);
    let waits = watch.channels.iter().any(|channel| channel.stage == Stage::Opening);
    let newest = watch.newest(env.now).cloned();
    if !rests && !waits {
        match &newest {
            None => return Some(open(watch, place, push, env)),
            Some(channel) => {
                let sent = renewed(watch, (channel, place), push, env);
                if sent.is_some() {
                    return sent;
                }
            }
        }
    }
    // What is closed may still be needed where none speaks.
    newest.and_then(|_| close(watch, env))
}

/// What takes the place of the channel that speaks, where that is due.
fn renewed(
    watch: &mut Watch,
    (channel, place): (&Channel, &ProviderId),
    push: &Push,
    env: &Env,
) -> Option<(WatchId, WatchOp)> {
    let silent = watch.is_silent(env.now) && env.now.millis_since(channel.since) >= SILENT_MS;
    if channel.address != push.address || silent {
        return Some(open(watch, place, push, env));
    }
    if channel.stage != Stage::Doubted && renews_at(channel, &env.keys) > env.now {
        return None;
    }
    Some(match push.terms.renewal {
        Renewal::Anew => open(watch, place, push, env),
        Renewal::InPlace => {
            let id = channel.id.clone().unwrap_or_else(|| channel.asked_id());
            let expires = env.now.saturating_add_millis(push.terms.life_ms);
            (channel.name, WatchOp::Renew { id, expires })
        }
    })
}

/// After two thirds of its life, a little earlier for some than for others.
fn renews_at(channel: &Channel, keys: &GraphKeys) -> Timestamp {
    let life = channel.expires.millis_since(channel.since);
    let jitter = life / 10 * i64::from(keys.derive("renew", &[channel.name.as_bytes()])[0]) / 255;
    channel.since.saturating_add_millis(life / 3 * 2 - jitter)
}

/// When a watch that is wanted is to be tended next, so that no gap comes before it: at `now` or
/// earlier where that is due.
#[must_use]
pub fn due_at(watch: &Watch, keys: &GraphKeys, now: Timestamp) -> Timestamp {
    let newest = watch.newest(now);
    let due = match newest {
        Some(channel) if channel.stage == Stage::Open => renews_at(channel, keys),
        Some(_) | None => now,
    };
    let answers = watch.channels.iter().filter(|channel| channel.stage == Stage::Opening);
    let answers = answers.map(|channel| channel.since.saturating_add_millis(ANSWER_MS));
    let rests = watch.failing.as_ref().map(|failing| failing.retry_at);
    let due = answers.chain(rests).fold(due, Timestamp::max);
    let closes = watch.channels.iter().filter(|channel| channel.stage == Stage::Closing);
    let closes = closes.filter(|_| newest.is_some()).map(|channel| channel.since);
    closes.fold(due, Timestamp::min)
}

fn open(watch: &mut Watch, place: &ProviderId, push: &Push, env: &Env) -> (WatchId, WatchOp) {
    let channel = Channel {
        name: WatchId::draw(&env.seed, env.now, 0),
        id: None,
        resource: None,
        address: push.address.clone(),
        stage: Stage::Opening,
        since: env.now,
        expires: env.now.saturating_add_millis(push.terms.life_ms),
    };
    let op = WatchOp::Open {
        calendar: place.clone(),
        id: channel.asked_id(),
        token: token(&env.keys, channel.name),
        address: channel.address.clone(),
        expires: channel.expires,
    };
    let name = channel.name;
    watch.channels.push(channel);
    (name, op)
}

fn close(watch: &Watch, env: &Env) -> Option<(WatchId, WatchOp)> {
    let is_due = |c: &&Channel| c.stage == Stage::Closing && c.since <= env.now;
    watch.channels.iter().find(is_due).map(|channel| {
        let id = channel.id.clone().unwrap_or_else(|| channel.asked_id());
        (channel.name, WatchOp::Close { id, resource: channel.resource.clone() })
    })
}

/// Takes in how it ended.
///
/// # Errors
/// [`Missing`] names the watch and the cursor.
pub fn tended(
    slice: &Slice,
    scope: ScopeId,
    sent: &(WatchId, WatchOp),
    done: &Done,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let Some(mut watch) = draft.watch(scope)? else { return draft.finish(0) };
    let (name, op) = sent;
    let known = watch.clone();
    match (op, done) {
        (
            WatchOp::Open { expires: asked, .. } | WatchOp::Renew { expires: asked, .. },
            Done::Watching(granted),
        ) => {
            // No provider gives more than it was asked for, and what it says is a number from outside.
            let expires = granted.expires.min(*asked);
            if expires <= env.now {
                watch.drop(*name);
                count(&mut watch, &useless(), env);
            } else if let Some(channel) = watch.channel_mut(*name) {
                channel.id = Some(granted.id.clone());
                channel.resource = granted.resource.clone().or(channel.resource.take());
                channel.expires = expires;
                channel.since = env.now;
                channel.stage = Stage::Open;
                let resource = channel.resource.clone();
                speaks(&mut watch, *name, resource.as_ref());
                let renews = known.newest(env.now).is_some();
                let code = if renews { "watch.renewed" } else { "watch.opened" };
                draft.note(Note { calendar: Some(scope.calendar()), ..Note::new(code) });
            }
        }
        (WatchOp::Close { .. }, Done::Deleted) => watch.drop(*name),
        (_, Done::Failed(failure)) => {
            let renewed = matches!(op, WatchOp::Renew { .. });
            if failed(&mut watch, *name, op, failure, env) && renewed {
                pull(&mut draft, scope)?;
            }
            let calendar = Some(scope.calendar());
            draft.note(Note { calendar, ..Note::new("watch.failed") });
        }
        (
            WatchOp::Open { .. } | WatchOp::Renew { .. } | WatchOp::Close { .. },
            Done::Watching(_)
            | Done::Deleted
            | Done::Discovered { .. }
            | Done::Listed(_)
            | Done::Fetched
            | Done::Stored(_)
            | Done::MadeCalendar { .. },
        ) => watch.drop(*name),
    }
    if watch != known {
        draft.set_watch(scope, Some(watch));
    }
    draft.finish(0)
}

/// One speaks: the others are to be closed, and what was held against it is past. That it was
/// silent is past only when it has told of something. What is watched has one name for all channels:
/// one whose answer was lost is closed under it.
fn speaks(watch: &mut Watch, name: WatchId, resource: Option<&String>) {
    watch.failing = None;
    watch.refused = false;
    for channel in watch.channels.iter_mut().filter(|channel| channel.name != name) {
        channel.stage = Stage::Closing;
        channel.resource = channel.resource.take().or_else(|| resource.cloned());
    }
}

/// Whether the channel is no longer there.
fn failed(watch: &mut Watch, name: WatchId, op: &WatchOp, failure: &Failure, env: &Env) -> bool {
    let absent = failure.class == FailureClass::NotFound;
    match op {
        // What we may not close any more ends by itself.
        WatchOp::Close { .. } if absent || failure.class == FailureClass::SignIn => {
            watch.drop(name);
        }
        // It is tried again by itself: what is to be opened does not wait for that.
        WatchOp::Close { .. } => {
            let later = env.now.saturating_add_millis(CLOSED_AGAIN_MS);
            if let Some(channel) = watch.channel_mut(name) {
                channel.since = failure.retry_at.unwrap_or(later);
            }
        }
        WatchOp::Renew { .. } if absent => watch.drop(name),
        WatchOp::Renew { .. } => {
            count(watch, failure, env);
            return false;
        }
        WatchOp::Open { .. } => {
            match watch.channel_mut(name) {
                // It may be open: it is closed once there is one that speaks.
                Some(channel) if failure.class == FailureClass::Unknown => {
                    channel.stage = Stage::Closing;
                }
                Some(_) | None => watch.drop(name),
            }
            watch.refused = failure.class == FailureClass::Unsupported;
            count(watch, failure, env);
        }
    }
    true
}

fn count(watch: &mut Watch, failure: &Failure, env: &Env) {
    let times = watch.failing.as_ref().map_or(1, |failing| failing.times.saturating_add(1));
    let settled = match failure.class {
        FailureClass::Unsupported
        | FailureClass::Refused
        | FailureClass::Forbidden
        | FailureClass::NotFound
        | FailureClass::CalendarGone => true,
        FailureClass::Transient
        | FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::Unknown
        | FailureClass::SignIn
        | FailureClass::Consent
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Protocol => false,
    };
    let later =
        if settled { env.now.saturating_add_millis(REFUSED_MS) } else { backoff(times, env) };
    let retry_at = failure.retry_at.unwrap_or(later);
    watch.failing = Some(Failing { times, code: failure.code.clone(), retry_at });
}

fn useless() -> Failure {
    Failure {
        class: FailureClass::Refused,
        code: "watch.ended".to_owned(),
        detail: "the provider granted a watch that has ended: check the clock".to_owned(),
        retry_at: None,
    }
}
