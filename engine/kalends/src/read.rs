//! Reading a graph, in bounded pages.

use core::ops::Range;
use std::collections::BTreeSet;
use std::sync::Arc;

use kalends_core::graph::Calendar;
use kalends_core::health::fails_anew;
use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::read::{self, Broken, Chain, Explanation, Occurring};
use kalends_core::slice::{Bundle, Config, PresencePage, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_sql::queries::{JournalFilter, JournalPage, PresencesPage, Queries};

/// How many rows are asked for at once.
const ROWS: u32 = 500;
/// How many events are opened at once.
const EVENTS: usize = 100;
/// The time looked at at once, in milliseconds: four weeks.
const SPAN_MS: i64 = 28 * 86_400_000;

/// Where a page ended: sorts like [`Occurring::key`].
pub type After = (Timestamp, EventId, Option<Timestamp>);

/// What takes place in a range of time, page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agenda {
    /// The time looked at: what overlaps it is shown.
    pub range: Range<Timestamp>,
    /// The last of the page before.
    pub after: Option<After>,
    /// How many at most; `None`: all.
    pub limit: Option<usize>,
}

/// A page of what takes place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgendaPage {
    /// Sorted by start.
    pub list: Vec<Occurring>,
    /// Where the next page goes on, if there is one.
    pub next: Option<After>,
    /// Events whose rules give more instances than a look follows: some of theirs are missing.
    pub cut: BTreeSet<EventId>,
}

impl Agenda {
    /// Reads the page. Looks at four weeks at a time, so that a page costs what it shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn page<S: GraphStore + Queries>(
        &self,
        store: &S,
        graph: GraphId,
    ) -> Result<AgendaPage, StoreError> {
        let mut page = AgendaPage::default();
        for chunk in self.chunks() {
            let mut found = Vec::new();
            for ids in events_in(store, graph, &chunk).await? {
                let slice = open(store, graph, &ids).await?;
                for (event, bundle) in bundles(&slice) {
                    let shown = read::agenda(&slice.config, event, bundle, &chunk);
                    page.cut.extend(shown.cut.then_some(event));
                    found.extend(shown.list);
                }
            }
            found.retain(|one| self.is_new(one, &chunk));
            found.sort_by_key(Occurring::key);
            page.list.extend(found);
            if let Some(limit) = self.limit.filter(|limit| page.list.len() > *limit) {
                page.list.truncate(limit);
                page.next = page.list.last().map(Occurring::key).or(self.after);
                break;
            }
        }
        Ok(page)
    }

    fn chunks(&self) -> impl Iterator<Item = Range<Timestamp>> + use<> {
        // A page that goes on begins where the one before ended, not in the chunk before it.
        let first = self.after.map_or(self.range.start, |(at, ..)| at.max(self.range.start));
        spans(first..self.range.end)
    }

    /// Whether it belongs to this chunk: what began in an earlier one was shown there.
    fn is_new(&self, one: &Occurring, chunk: &Range<Timestamp>) -> bool {
        let is_first = chunk.start == self.range.start;
        (is_first || one.start >= chunk.start) && self.after.is_none_or(|after| one.key() > after)
    }
}

/// A range in pieces of four weeks.
pub(crate) fn spans(range: Range<Timestamp>) -> impl Iterator<Item = Range<Timestamp>> {
    let mut from = range.start;
    core::iter::from_fn(move || {
        let span = from..from.saturating_add_millis(SPAN_MS).min(range.end);
        from = span.end;
        (span.start < span.end).then_some(span)
    })
}

/// When the person's time is taken inside a range: disjoint, sorted, cut to the range. Looks at four
/// weeks at a time, so that no rule has more instances in one look than are followed.
///
/// # Errors
/// [`StoreError`].
pub async fn free_busy<S: GraphStore + Queries>(
    store: &S,
    graph: GraphId,
    range: &Range<Timestamp>,
) -> Result<Vec<Range<Timestamp>>, StoreError> {
    let mut taken = Vec::new();
    for span in spans(range.clone()) {
        let mut found = Vec::new();
        for ids in events_in(store, graph, &span).await? {
            let slice = open(store, graph, &ids).await?;
            for (_, bundle) in bundles(&slice) {
                found.extend(read::busy(&slice.config, bundle, &span));
            }
        }
        taken.extend(read::merge(found));
    }
    Ok(read::merge(taken))
}

/// Why an event is mirrored where it is, and where it is not; `None` where nothing is recorded
/// of it.
///
/// # Errors
/// [`StoreError`].
pub async fn explain<S: GraphStore + Queries>(
    store: &S,
    graph: GraphId,
    event: EventId,
) -> Result<Option<Explanation>, StoreError> {
    let slice = open(store, graph, &[event]).await?;
    let (mut entries, mut after) = (Vec::new(), 0);
    loop {
        let filter = JournalFilter::Event(event);
        let page = store.query(JournalPage { graph, filter, after, limit: ROWS }).await?;
        let is_last = page.len() < ROWS as usize;
        after = page.last().map_or(after, |(entry, _)| entry.seq);
        entries.extend(page.into_iter().map(|(entry, _)| entry));
        if is_last {
            break;
        }
    }
    let bundle = slice.events.get(&event).cloned().flatten();
    let known = bundle.is_some() || !entries.is_empty();
    let bundle = bundle.unwrap_or_default();
    let failing = failing(store, graph, (&slice.config, &bundle)).await?;
    Ok(known.then(|| read::explain((&slice.config, &failing), event, &bundle, &entries)))
}

/// Which calendars fail to be read since lately that hold mirrors of an event.
async fn failing<S: GraphStore>(
    store: &S,
    graph: GraphId,
    (config, bundle): (&Config, &Bundle),
) -> Result<BTreeSet<CalendarId>, StoreError> {
    let targets = bundle.mirrors.values().map(|mirror| mirror.mirror.calendar);
    let targets: BTreeSet<CalendarId> = targets.collect();
    let targets = targets.iter().filter_map(|id| config.calendars.get(id));
    let mut want = ReadSet::default();
    want.cursors.extend(targets.clone().map(Calendar::scope));
    want.health.extend(targets.clone().map(|calendar| calendar.account));
    if want.is_empty() {
        return Ok(BTreeSet::new());
    }
    let slice = store.load(graph, &want).await?;
    let fails = |calendar: &&Calendar| fails_anew(&slice, calendar) == Ok(true);
    Ok(targets.filter(fails).map(|calendar| calendar.id).collect())
}

/// Follows the journal from its first entry to its head. How many entries there are, and of how
/// many the payload was erased; or where it does not hold.
///
/// # Errors
/// [`StoreError`].
pub async fn verify<S: GraphStore + Queries>(
    store: &S,
    graph: GraphId,
) -> Result<Result<(u64, u64), Broken>, StoreError> {
    // Entries that are written meanwhile lie behind this head.
    let head = store.load(graph, &ReadSet::default()).await?.head;
    let (mut chain, mut after) = (Chain::default(), 0);
    while after < head.seq {
        let (filter, limit) = (JournalFilter::All, ROWS);
        let page = store.query(JournalPage { graph, filter, after, limit }).await?;
        if page.is_empty() {
            break;
        }
        for (entry, payload) in page.iter().take_while(|(entry, _)| entry.seq <= head.seq) {
            if let Err(broken) = chain.follow(entry, payload.as_ref()) {
                return Ok(Err(broken));
            }
        }
        after = page.last().map_or(head.seq, |(entry, _)| entry.seq);
    }
    Ok(chain.end(&head))
}

/// All events of a graph, each once, in pages: what an export or a feed is made of.
#[derive(Debug, Clone)]
pub struct EventPages {
    graph: GraphId,
    /// Those that are still to be read, the next one last.
    calendars: Vec<CalendarId>,
    /// The last event of the page before, in the calendar that is read.
    after: Option<EventId>,
}

/// Some events, with the set-up they were read under.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// The set-up.
    pub config: Arc<Config>,
    /// The events, 500 at most.
    pub events: Vec<(EventId, Bundle)>,
}

impl EventPages {
    /// Begins at the first calendar.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of<S: GraphStore>(store: &S, graph: GraphId) -> Result<Self, StoreError> {
        let config = store.load(graph, &ReadSet::default()).await?.config;
        let calendars = config.calendars.keys().rev().copied().collect();
        Ok(Self { graph, calendars, after: None })
    }

    /// The next page, which may be empty; `None` behind the last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next<S: GraphStore>(
        &mut self,
        store: &S,
    ) -> Result<Option<EventPage>, StoreError> {
        let Some(calendar) = self.calendars.last().copied() else { return Ok(None) };
        let page = PresencePage { calendar, after: self.after, limit: ROWS };
        let mut want = ReadSet::default();
        want.presences.insert(page);
        let mut slice = store.load(self.graph, &want).await?;
        let found = slice.presences.remove(&page).unwrap_or_default();
        self.after = found.events.last().copied().filter(|_| found.more);
        if self.after.is_none() {
            self.calendars.pop();
        }
        let config = slice.config;
        // What several calendars hold comes with the first of them.
        let first = |bundle: &Bundle| {
            let mut holders = bundle.presences.keys();
            holders.find(|id| config.calendars.contains_key(id)) == Some(&calendar)
        };
        let bundles = found
            .events
            .into_iter()
            .filter_map(|event| Some((event, slice.events.remove(&event).flatten()?)));
        let events = bundles.filter(|(_, bundle)| first(bundle)).collect();
        Ok(Some(EventPage { config, events }))
    }
}

/// The events that any calendar may have in a range, in groups that may be opened at once.
async fn events_in<S: GraphStore + Queries>(
    store: &S,
    graph: GraphId,
    range: &Range<Timestamp>,
) -> Result<Vec<Vec<EventId>>, StoreError> {
    let config = store.load(graph, &ReadSet::default()).await?.config;
    let mut ids = BTreeSet::new();
    for calendar in config.calendars.keys().copied() {
        let mut page = PresencesPage {
            graph,
            calendar,
            from: range.start,
            to: range.end,
            after: None,
            limit: ROWS,
        };
        loop {
            let rows = store.query(page.clone()).await?;
            page.after = rows.last().map(|row| (row.starts, row.event));
            ids.extend(rows.iter().map(|row| row.event));
            if rows.len() < ROWS as usize {
                break;
            }
        }
    }
    let ids: Vec<EventId> = ids.into_iter().collect();
    Ok(ids.chunks(EVENTS).map(<[EventId]>::to_vec).collect())
}

async fn open<S: GraphStore>(
    store: &S,
    graph: GraphId,
    ids: &[EventId],
) -> Result<Slice, StoreError> {
    let mut want = ReadSet::default();
    want.events.extend(ids);
    store.load(graph, &want).await
}

fn bundles(slice: &Slice) -> impl Iterator<Item = (EventId, &Bundle)> {
    slice.events.iter().filter_map(|(event, bundle)| Some((*event, bundle.as_ref()?)))
}
