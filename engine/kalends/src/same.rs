//! Whether two calendars show the same events.

use std::collections::BTreeSet;

use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::slice::{PresencePage, ReadSet};

/// How many rows are asked for at once.
const ROWS: u32 = 500;

/// What two calendars have in common: an event has one id in all calendars that hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sameness {
    /// Whether both were read to their end.
    pub read: bool,
    /// Events that both hold.
    pub both: usize,
    /// Events that the first alone holds.
    pub only_first: usize,
    /// Events that the second alone holds.
    pub only_second: usize,
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
        let slice = store.load(graph, &ReadSet { cursors, ..ReadSet::default() }).await?;
        let mut cursors = slice.cursors.values();
        let read = cursors.all(|one| one.as_ref().is_some_and(|one| one.read_at.is_some()));
        let (first, second) =
            (events(store, graph, first).await?, events(store, graph, second).await?);
        let both = first.intersection(&second).count();
        Ok(Self { read, both, only_first: first.len() - both, only_second: second.len() - both })
    }

    /// Whether the second may well take the place of the first: it holds at least half of what the
    /// first does, which may show more of the past, or may not be up to date.
    #[must_use]
    pub const fn is_likely(&self) -> bool {
        self.both >= self.only_first
    }
}

async fn events<S: GraphStore>(
    store: &S,
    graph: GraphId,
    calendar: CalendarId,
) -> Result<BTreeSet<EventId>, StoreError> {
    let (mut found, mut after) = (BTreeSet::new(), None);
    loop {
        let page = PresencePage { calendar, after, limit: ROWS };
        let mut want = ReadSet::default();
        want.presences.insert(page);
        let mut slice = store.load(graph, &want).await?;
        let rows = slice.presences.remove(&page).unwrap_or_default();
        after = rows.events.last().copied().filter(|_| rows.more);
        found.extend(rows.events);
        if after.is_none() {
            return Ok(found);
        }
    }
}
