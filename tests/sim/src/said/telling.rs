//! What is said of a world while it is lived in.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kalends_core::ports::Clock;
use kalends_oracle::Place;

use super::{Deed, Said};
use crate::keep::Keep;
use crate::site::Act;
use crate::world::World;

/// The steps told so far, where they are kept.
#[derive(Debug, Default)]
pub(crate) struct Telling(Mutex<Option<Told>>);

#[derive(Debug, Default)]
struct Told {
    said: Vec<Said>,
    /// When the last of them ended.
    at_ms: i64,
    /// How many steps are under way that say all of what happens.
    hushed: u32,
}

impl Telling {
    fn lock(&self) -> MutexGuard<'_, Option<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Keep> World<S> {
    /// From now on it is kept what is said.
    pub(crate) fn listen(&self) {
        let at_ms = self.told_ms();
        *self.telling.lock() = Some(Told { at_ms, ..Told::default() });
    }

    /// What the clock shows, but for what passes by itself while something is asked.
    fn told_ms(&self) -> i64 {
        self.clock.now().as_millis() - self.judged.waited_ms()
    }

    /// What was said.
    pub(crate) fn heard(&self) -> Vec<Said> {
        self.telling.lock().take().map(|told| told.said).unwrap_or_default()
    }

    /// Says a step, and the time that passed before it.
    pub(crate) fn tell(&self, said: impl FnOnce() -> Said) {
        let now = self.told_ms();
        let is_heard = self.telling.lock().as_ref().is_some_and(|told| told.hushed == 0);
        if !is_heard {
            return;
        }
        let said = said();
        if let Some(told) = self.telling.lock().as_mut() {
            let passed = now - std::mem::replace(&mut told.at_ms, now);
            told.said.extend((passed != 0).then_some(Said::Wait(passed)));
            told.said.push(said);
        }
    }

    /// Says a step that says all of what happens in it.
    pub(crate) fn told<R>(&self, said: Said, happens: impl FnOnce() -> R) -> R {
        self.tell(|| said);
        self.hushed(happens)
    }

    /// Says nothing of what happens.
    pub(crate) fn hushed<R>(&self, happens: impl FnOnce() -> R) -> R {
        self.hush(|told| told.hushed += 1);
        let result = happens();
        let now = self.told_ms();
        self.hush(|told| {
            told.hushed -= 1;
            told.at_ms = now;
        });
        result
    }

    fn hush(&self, change: impl FnOnce(&mut Told)) {
        if let Some(told) = self.telling.lock().as_mut() {
            change(told);
        }
    }

    /// What a person does, with all that it needs.
    pub(crate) fn deed(&self, place: Place, act: Act<'_>) -> Deed {
        let at = |path: &str| {
            let mut places = 0..self.places();
            places.find(|place| self.path(*place).as_deref() == Some(path)).unwrap_or(place)
        };
        match act {
            Act::Put(origin) => Deed::Put(Box::new(origin.clone())),
            Act::Change(change) => Deed::Change(change.clone()),
            Act::Delete => Deed::Delete,
            Act::Undelete => Deed::Undelete,
            Act::Carry(to) => Deed::Move(at(to)),
            Act::Copy(to, name) => Deed::Share(at(to), name.to_owned()),
            Act::Duplicate(to, name) => Deed::Copy(at(to), name.to_owned()),
            Act::Unmark => Deed::Unmark,
            Act::Garble => Deed::Garble,
            Act::CallOff => Deed::CallOff,
            Act::Rewind => Deed::Rewind,
        }
    }
}
