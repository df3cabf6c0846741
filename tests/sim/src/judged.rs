//! What a world is watched by while it is lived in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::plan::Note;
use kalends_driver::{Flow, Hooks, Point, Progress};
use kalends_oracle::Place;

use crate::check::Check;
use crate::words::words;

/// For how long a worker has a calendar to itself: [`kalends_driver::Limits::lease_ms`].
const LEASE_MS: i64 = 300_000;

/// What writes may come of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Causes {
    /// How often people worked on each object.
    deeds: BTreeMap<(Place, String), usize>,
    /// Edits of edges, faults, deaths, jumps of the clock.
    elsewhere: usize,
}

impl Causes {
    /// How many they are.
    pub(crate) fn all(&self) -> usize {
        self.deeds.values().sum::<usize>() + self.elsewhere
    }

    /// How many writes of one object they ask for at most: one each for what was done to it, to the
    /// event that it may show, and to everything.
    pub(crate) fn of(&self, place: Place, name: &str) -> usize {
        let own = self.deeds.get(&(place, name.to_owned())).copied().unwrap_or_default();
        let event = self.deeds.values().max().copied().unwrap_or_default();
        own + event + self.elsewhere
    }
}

/// How often each check judged something, and what was seen meanwhile. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Judged(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    times: BTreeMap<Check, u64>,
    notes: BTreeMap<String, u64>,
    /// Since when a write into a calendar is under way, by the number of the write.
    writing: BTreeMap<u64, (String, i64)>,
    begun: u64,
    /// Until when a worker that is no more may hold jobs.
    held_until: i64,
    wrong: BTreeSet<(Check, String)>,
    /// What failures said, and notes.
    said: BTreeSet<String>,
    /// In which places each word of a person stood.
    words: BTreeMap<String, BTreeSet<Place>>,
    /// What writes may come of.
    causes: Causes,
    /// How long requests took so far, in milliseconds.
    waited_ms: i64,
}

impl Judged {
    /// A check judged so many things.
    pub fn add(&self, check: Check, times: u64) {
        *self.lock().times.entry(check).or_default() += times;
    }

    /// How often each check judged something.
    #[must_use]
    pub fn times(&self) -> BTreeMap<Check, u64> {
        self.lock().times.clone()
    }

    /// How often each note was made.
    #[must_use]
    pub fn notes(&self) -> BTreeMap<String, u64> {
        self.lock().notes.clone()
    }

    /// What was wrong meanwhile.
    #[must_use]
    pub fn wrong(&self) -> Vec<(Check, String)> {
        self.lock().wrong.iter().cloned().collect()
    }

    /// What failures said, and notes.
    pub(crate) fn said(&self) -> BTreeSet<String> {
        self.lock().said.clone()
    }

    /// A sync ended with these failures.
    pub(crate) fn failed(&self, failures: &[impl fmt::Debug]) {
        self.lock().said.extend(failures.iter().map(|failure| format!("{failure:?}")));
    }

    /// A request took so long.
    pub(crate) fn waited(&self, millis: i64) {
        self.lock().waited_ms += millis;
    }

    /// How long requests took so far, in milliseconds: so much of the time passed by itself.
    pub(crate) fn waited_ms(&self) -> i64 {
        self.lock().waited_ms
    }

    /// A person worked on an object.
    pub(crate) fn worked_on(&self, place: Place, name: &str) {
        *self.lock().causes.deeds.entry((place, name.to_owned())).or_default() += 1;
    }

    /// Something happened that may make any write due again.
    pub(crate) fn befell(&self) {
        self.lock().causes.elsewhere += 1;
    }

    /// What has happened so far.
    pub(crate) fn causes(&self) -> Causes {
        self.lock().causes.clone()
    }

    /// A person's event in a place says so.
    pub(crate) fn hold(&self, place: Place, text: &str) {
        for word in words(text) {
            self.lock().words.entry(word).or_default().insert(place);
        }
    }

    /// Where a word stood in an event of a person.
    pub(crate) fn holders(&self, word: &str) -> BTreeSet<Place> {
        self.lock().words.get(word).cloned().unwrap_or_default()
    }

    /// Hooks that also watch what is noted.
    #[must_use]
    #[expect(clippy::arc_with_non_send_sync, reason = "one worker's hooks stay with it")]
    pub fn watching(&self, hooks: Arc<dyn Hooks>) -> Arc<dyn Hooks> {
        Arc::new(Watching { hooks, judged: self.clone() })
    }

    /// A worker may leave jobs that it claimed.
    pub(crate) fn may_leave(&self, now_ms: i64) {
        let mut state = self.lock();
        state.held_until = state.held_until.max(now_ms + LEASE_MS);
    }

    /// Whether jobs may be held by a worker that is no more.
    pub(crate) fn may_be_held(&self, now_ms: i64) -> bool {
        now_ms <= self.lock().held_until
    }

    /// Whether a write into a calendar is under way.
    #[must_use]
    pub fn is_written(&self, calendar: &str) -> bool {
        self.lock().writing.values().any(|(of, _)| of == calendar)
    }

    /// A write into a calendar is under way until what this gives is dropped.
    pub(crate) fn write(&self, calendar: &str, now_ms: i64) -> Writing {
        let mut state = self.lock();
        let meets =
            state.writing.values().any(|(of, since)| of == calendar && now_ms - since < LEASE_MS);
        if meets {
            let what = format!("two writes at once into {calendar}");
            state.wrong.insert((Check::Lanes, what));
        }
        *state.times.entry(Check::Lanes).or_default() += 1;
        state.begun += 1;
        let number = state.begun;
        state.writing.insert(number, (calendar.to_owned(), now_ms));
        Writing { judged: self.clone(), number }
    }

    fn note(&self, note: &Note) {
        let mut state = self.lock();
        let is_code = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b'.';
        if !note.code.bytes().all(is_code) {
            state.wrong.insert((Check::Notes, format!("a note says {:?}", note.code)));
        }
        *state.times.entry(Check::Notes).or_default() += 1;
        *state.notes.entry(note.code.to_owned()).or_default() += 1;
        if !state.said.contains(note.code) {
            state.said.insert(note.code.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A write that is under way; a worker that is killed ends it too.
#[derive(Debug)]
pub(crate) struct Writing {
    judged: Judged,
    number: u64,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.judged.lock().writing.remove(&self.number);
    }
}

struct Watching {
    hooks: Arc<dyn Hooks>,
    judged: Judged,
}

impl Hooks for Watching {
    fn point(&self, point: Point) -> Flow {
        self.hooks.point(point)
    }

    fn note(&self, note: &Note) {
        self.judged.note(note);
        self.hooks.note(note);
    }

    fn progress(&self, progress: Progress) {
        self.hooks.progress(progress);
    }
}
