//! Whether two calendars show the same events.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::event::Body;
use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::presence::Presence;
use kalends_core::read::wanted_body;
use kalends_core::slice::{PresencePage, ReadSet};
use kalends_core::time::When;

/// How many rows are asked for at once.
const ROWS: u32 = 500;

/// What two calendars have in common: an event has one id in all calendars that hold it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sameness {
    /// Whether both were read to their end.
    pub read: bool,
    /// Whether the second could not be read when that was tried last: it may have changed since.
    pub stale: bool,
    /// Events that both hold.
    pub both: usize,
    /// Events that the first alone holds.
    pub only_first: usize,
    /// Events that the second alone holds.
    pub only_second: usize,
    /// Events that the first has private, or some instances of them, and the second has not.
    pub less_private: usize,
    /// Events of the first that somebody changed here, or in a mirror, whose change was not written
    /// there yet.
    pub waiting: Vec<EventId>,
}

impl Sameness {
    /// Compares what is recorded of two calendars, in bounded pages.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of<S: GraphStore>(
        store: &S,
        graph: GraphId,
        [first, second]: [CalendarId; 2],
    ) -> Result<Self, StoreError> {
        let cursors = [first.into(), second.into()].into();
        let mut slice = store.load(graph, &ReadSet { cursors, ..ReadSet::default() }).await?;
        let account = slice.config.calendars.get(&second).map(|calendar| calendar.account);
        let want = ReadSet { health: account.into_iter().collect(), ..ReadSet::default() };
        slice.health = store.load(graph, &want).await?.health;
        let mut cursors = slice.cursors.values().map(Option::as_ref);
        let read = cursors.all(|one| one.is_some_and(|one| one.read_at.is_some()));
        let cursor = slice.cursors.get(&second.into()).and_then(Option::as_ref);
        let unwell = slice.health.values().flatten();
        let stale = cursor.is_some_and(|cursor| cursor.failing.is_some())
            || unwell.into_iter().any(|health| health.unread || health.needs_sign_in);
        let (first, second) =
            (events(store, graph, first).await?, events(store, graph, second).await?);
        let both = first.keys().filter(|event| second.contains_key(event)).count();
        let is_waiting = |(event, held): (&EventId, &Held)| held.waits.then_some(*event);
        let is_less = |(event, held): &(&EventId, &Held)| {
            second.get(event).is_some_and(|other| !other.private.hides(&held.private))
        };
        Ok(Self {
            read,
            stale,
            both,
            only_first: first.len() - both,
            only_second: second.len() - both,
            less_private: first.iter().filter(is_less).count(),
            waiting: first.iter().filter_map(is_waiting).collect(),
        })
    }
}

/// What is to be known of an event in one calendar.
struct Held {
    private: Private,
    waits: bool,
}

/// What of an event is private: all of it, and instances by their original starts.
struct Private {
    all: bool,
    instances: BTreeSet<When>,
    shown: BTreeSet<When>,
}

impl Private {
    fn of(body: &Body) -> Self {
        let changed = |private: bool| {
            let those = body.exceptions.iter();
            let those = those.filter(move |one| one.content.privacy.is_private() == private);
            those.map(|one| one.original.clone()).collect()
        };
        let all = body.content.privacy.is_private();
        Self { all, instances: changed(true), shown: changed(false) }
    }

    /// Whether all that is private in the other is so here.
    fn hides(&self, other: &Self) -> bool {
        let mut instances = other.instances.iter();
        let hides = |original: &When| {
            self.instances.contains(original) || (self.all && !self.shown.contains(original))
        };
        (self.all || !other.all)
            && instances.all(hides)
            && (!other.all || self.shown.iter().all(|original| other.shown.contains(original)))
    }
}

fn held(presence: &Presence) -> Held {
    let body = wanted_body(presence).unwrap_or(&presence.body);
    Held { private: Private::of(body), waits: presence.pending.is_some() }
}

async fn events<S: GraphStore>(
    store: &S,
    graph: GraphId,
    calendar: CalendarId,
) -> Result<BTreeMap<EventId, Held>, StoreError> {
    let (mut found, mut after) = (BTreeMap::new(), None);
    loop {
        let page = PresencePage { calendar, after, limit: ROWS };
        let mut want = ReadSet::default();
        want.presences.insert(page);
        let mut slice = store.load(graph, &want).await?;
        let rows = slice.presences.remove(&page).unwrap_or_default();
        after = rows.events.last().copied().filter(|_| rows.more);
        for event in rows.events {
            let bundle = slice.events.get(&event).and_then(Option::as_ref);
            if let Some(presence) = bundle.and_then(|bundle| bundle.presences.get(&calendar)) {
                found.insert(event, held(presence));
            }
        }
        if after.is_none() {
            return Ok(found);
        }
    }
}
