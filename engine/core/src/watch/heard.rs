//! What was heard and what was not: a word is a hint to read, and too little of it a doubt.

use crate::draft::Draft;
use crate::ids::ScopeId;
use crate::notice::{Heard, Word};
use crate::plan::{Job, JobKey, Note, Plan};
use crate::slice::{Missing, Slice};
use crate::step::Env;
use crate::time::Timestamp;
use crate::watch::{Missed, Stage, Watch};

/// After a listing ended, the next one that a word asks for comes no earlier than this, in
/// milliseconds: our own writes are told of too, and many words are one change.
const APART_MS: i64 = 2_000;
/// A later word is recorded only when the one before is older than this, in milliseconds.
const HEARD_APART_MS: i64 = 60_000;

/// Takes in what watches said: a pull for each scope that something changed in, and nothing else
/// but what is known of the watches themselves.
///
/// # Errors
/// [`Missing`] names the watches and cursors.
pub fn heard(slice: &Slice, words: &[Heard], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    for one in words {
        let Some(mut watch) = draft.watch(one.scope)? else { continue };
        let known = watch.clone();
        let pulls = take(&mut watch, one, env.now);
        if watch != known {
            draft.set_watch(one.scope, Some(watch));
        }
        if pulls {
            pull(&mut draft, one.scope)?;
        }
    }
    draft.finish(words.len())
}

/// Takes one word; whether something may have changed.
fn take(watch: &mut Watch, heard: &Heard, now: Timestamp) -> bool {
    let is_of = |id: Option<&String>, asked: &str| id.map_or(asked, String::as_str) == heard.watch;
    let channel = watch.channels.iter_mut().find(|c| is_of(c.id.as_ref(), &c.asked_id()));
    let Some(channel) = channel else { return false };
    match heard.word {
        Word::Opened => return false,
        Word::Changed | Word::Missed => {}
        Word::Reauthorise => {
            if channel.stage == Stage::Open {
                channel.stage = Stage::Doubted;
            }
            return false;
        }
        Word::Removed => {
            let name = channel.name;
            watch.drop(name);
        }
    }
    watch.missed = None;
    let recent = |at: Timestamp| now.millis_since(at) < HEARD_APART_MS;
    if !watch.heard_at.is_some_and(recent) {
        watch.heard_at = Some(now);
    }
    true
}

/// Asks for a listing of the scope: at once, or a little after the last one.
pub(crate) fn pull(draft: &mut Draft<'_>, scope: ScopeId) -> Result<(), Missing> {
    let now = draft.env.now;
    let apart = draft.cursor(scope)?.read_at.map(|at| at.saturating_add_millis(APART_MS));
    let run_at = apart.map_or(now, |at| at.clamp(now, now.saturating_add_millis(APART_MS)));
    let lane = scope.calendar();
    draft.push_job(Job { key: JobKey::Pull(scope), lane, run_at, starts: now });
    Ok(())
}

/// Counts a listing that found changes though no word had come since the one before it, at
/// `before`. Too many of them, and the watch is no longer gone by.
///
/// # Errors
/// [`Missing`] names the watch.
pub fn missed(
    slice: &Slice,
    scope: ScopeId,
    before: Timestamp,
    env: &Env,
) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let Some(mut watch) = draft.watch(scope)? else { return draft.finish(0) };
    let told = watch.heard_at.is_some_and(|at| at >= before);
    let spoke = watch.newest(env.now).is_some_and(|channel| channel.since <= before);
    if told || !spoke {
        return draft.finish(0);
    }
    let was_silent = watch.is_silent(env.now);
    let missed = watch.missed.get_or_insert(Missed { times: 0, since: env.now });
    missed.times = missed.times.saturating_add(1);
    if watch.is_silent(env.now) && !was_silent {
        let calendar = Some(scope.calendar());
        draft.note(Note { calendar, ..Note::new("watch.silent") });
    }
    draft.set_watch(scope, Some(watch));
    draft.finish(0)
}
