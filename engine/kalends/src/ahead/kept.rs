//! What events take of one graph's time, as of an entry of its journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kalends_core::graph::{Calendar, Capabilities};
use kalends_core::ids::{CalendarId, EventId, GraphId};
use kalends_core::journal::Head;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::{Rules, Taking, reach};
use kalends_core::slice::{Bundle, Config, ReadSet, Slice, TimePage};
use kalends_core::time::{Gap, Timestamp, Zone};

use super::DAY_MS;

/// How far back and ahead of now is worked out, in milliseconds: the week now and the four after it, in any zone.
const BACK_MS: i64 = 8 * DAY_MS;
const AHEAD_MS: i64 = 36 * DAY_MS;
/// Entries of the journal that are followed from what is kept to now; behind more all events are read.
pub(super) const ENTRIES_MAX: u64 = 200;

#[derive(Debug)]
pub(super) struct Kept {
    /// When it was worked out from all events.
    pub(super) at: Timestamp,
    /// The entry of the journal that it is of.
    pub(super) head: Head,
    pub(super) taking: Taking,
    clocks: Clocks,
}

/// By which clocks events are read: home's, and each calendar's.
#[derive(Debug, PartialEq, Eq)]
struct Clocks {
    home: Zone,
    calendars: BTreeMap<CalendarId, (Zone, Gap)>,
}

impl Kept {
    pub(super) async fn worked_out<S: GraphStore>(
        store: &S,
        graph: GraphId,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let around = now.saturating_add_millis(-BACK_MS)..now.saturating_add_millis(AHEAD_MS);
        let config = store.load(graph, &ReadSet::default()).await?.config;
        let reach = reach(&Rules::of(config.rules.values()), &around);
        let times = [TimePage { from: reach.start, to: reach.end }].into();
        let slice = store.load(graph, &ReadSet { times, ..ReadSet::default() }).await?;
        let rules = Rules::of(slice.config.rules.values());
        let taking = Taking::of(&slice.config, &there(slice.events), &rules, &reach);
        let clocks = Clocks::of(&slice.config);
        Ok(Self { at: now, head: slice.head, taking, clocks })
    }

    /// Whether it was worked out so long ago that what lies ahead may soon be missing.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.millis_since(self.at) >= DAY_MS
    }

    /// How many entries there are until now, where they are followed: few, and all events are still read as
    /// they were. The same number with another entry is another journal, as where a backup was put back.
    pub(super) fn since(&self, slice: &Slice) -> Option<u64> {
        let since = slice.head.seq.checked_sub(self.head.seq);
        let since = since.filter(|since| (1..=ENTRIES_MAX).contains(since));
        since.filter(|_| self.clocks.are_still(&Clocks::of(&slice.config)))
    }

    /// What it is by now, from the events that the journal names since; none where those are too many, or
    /// the zones changed in which all are read. `slice`: the graph now.
    pub(super) async fn moved_on<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        slice: Slice,
    ) -> Result<Option<Arc<Self>>, StoreError> {
        let Some(since) = self.since(&slice).filter(|_| self.taking.is_whole()) else {
            return Ok(None);
        };
        let entries = (self.head.seq + 1..=slice.head.seq).collect();
        let named = match store.load(graph, &ReadSet { entries, ..ReadSet::default() }).await {
            // Nobody can say what was changed.
            Err(StoreError::Corrupt(_)) => return Ok(None),
            named => named?,
        };
        let told: Vec<_> = named.entries.values().flatten().map(|(entry, _)| entry.event).collect();
        let changed: BTreeSet<EventId> = told.iter().flatten().copied().collect();
        let events = changed.iter().copied().collect();
        let now = store.load(graph, &ReadSet { events, ..ReadSet::default() }).await?;
        // It moved on between the looks, or an entry is not there any more.
        if [named.head, now.head] != [slice.head; 2] || told.len() as u64 != since {
            return Ok(None);
        }
        let rules = Rules::of(now.config.rules.values());
        let taking = self.taking.anew(&now.config, &rules, (&changed, &there(now.events)));
        let clocks = Clocks::of(&now.config);
        let kept = |taking| Self { at: self.at, head: now.head, taking, clocks };
        Ok(taking.map(|taking| Arc::new(kept(taking))))
    }
}

fn there(events: impl IntoIterator<Item = (EventId, Option<Bundle>)>) -> BTreeMap<EventId, Bundle> {
    events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?))).collect()
}

impl Clocks {
    fn of(config: &Config) -> Self {
        let read = |calendar: &Calendar| {
            let Capabilities { zone, gap, .. } = &calendar.capabilities;
            (zone.clone(), *gap)
        };
        let calendars = config.calendars.iter().map(|(id, calendar)| (*id, read(calendar)));
        Self { home: Rules::of(config.rules.values()).zone, calendars: calendars.collect() }
    }

    /// Whether events that were read by these would be read so now. What events a calendar has that came
    /// or went, the journal names.
    fn are_still(&self, now: &Self) -> bool {
        let is = |(id, was)| now.calendars.get(id).is_none_or(|is| is == was);
        self.home == now.home && self.calendars.iter().all(is)
    }
}
