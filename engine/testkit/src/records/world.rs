//! An app's own records, and the app's hands on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::ProviderId;
use kalends_core::time::{Civil, Date, Length, When, Zone};

/// The calendars of every account. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<State>>);

/// What the app holds.
#[derive(Debug, Default)]
pub struct State {
    /// The records by calendar and id.
    pub calendars: BTreeMap<String, BTreeMap<ProviderId, Object>>,
    pub(super) gone: BTreeMap<(String, ProviderId), u64>,
    pub(super) clock: u64,
    /// Operations as they came, by their names.
    pub log: Vec<String>,
    /// Calendars whose listings fail.
    pub down: BTreeSet<String>,
    /// Tokens are not known any more.
    pub forgets: bool,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Object {
    pub(super) changed: u64,
    pub(super) uid: String,
    /// What it says.
    pub body: Body,
    pub(super) mark: Option<String>,
}

/// An hour on a day of 2026.
///
/// # Panics
/// Where there is no such day.
#[must_use]
pub fn event(title: &str, month: u8, day: u8) -> Body {
    let Some(date) = Date::new(2026, month, day) else {
        unreachable!("2026 has a day {day} in month {month}")
    };
    let start = Civil::new(date, 9 * 3_600);
    let span = Span {
        start: When::Zoned(start, Zone::utc()),
        length: Length::Exact(3_600),
        end_zone: None,
    };
    Body::single(Content { title: title.to_owned(), ..Content::at(span) })
}

impl World {
    /// The app's own hands on its state.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a record, or changes what it says.
    pub fn put(&self, calendar: &str, id: &str, body: Body) {
        let mut state = self.state();
        state.clock += 1;
        let object = Object { changed: state.clock, uid: format!("{id}@there"), body, mark: None };
        let id = ProviderId(id.to_owned());
        state.gone.remove(&(calendar.to_owned(), id.clone()));
        state.calendars.entry(calendar.to_owned()).or_default().insert(id, object);
    }

    /// Deletes a record.
    pub fn delete(&self, calendar: &str, id: &str) {
        self.state().remove(calendar, &ProviderId(id.to_owned()));
    }

    /// The titles in a calendar, by id.
    #[must_use]
    pub fn titles(&self, calendar: &str) -> Vec<String> {
        let state = self.state();
        let objects = state.calendars.get(calendar).into_iter().flat_map(BTreeMap::values);
        objects.map(|object| object.body.content.title.clone()).collect()
    }

    /// The names of the operations since the last call.
    #[must_use]
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }
}

impl State {
    pub(super) fn remove(&mut self, calendar: &str, id: &ProviderId) {
        self.clock += 1;
        self.calendars.entry(calendar.to_owned()).or_default().remove(id);
        self.gone.insert((calendar.to_owned(), id.clone()), self.clock);
    }

    pub(super) fn token(&self, calendar: &str) -> String {
        let there = self.calendars[calendar].values().map(|object| object.changed);
        let gone = self.gone.iter().filter(|((of, _), _)| of == calendar).map(|(_, at)| *at);
        there.chain(gone).max().unwrap_or(0).to_string()
    }
}
