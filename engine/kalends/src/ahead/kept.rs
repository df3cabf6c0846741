//! What events take of one graph's time, as of an entry of its journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kalends_core::graph::{Calendar, Capabilities};
use kalends_core::ids::{EventId, GraphId};
use kalends_core::journal::Head;
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::schedule::{Rules, Taking, reach};
use kalends_core::slice::{Bundle, Config, ReadSet, Slice, TimePage};
use kalends_core::time::Timestamp;

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
    /// The entry of the journal that it is of, and the set-up then.
    pub(super) head: Head,
    pub(super) config: Arc<Config>,
    pub(super) taking: Taking,
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
        let (head, config) = (slice.head, slice.config);
        let taking = Taking::of(&config, &there(slice.events), &rules, &reach);
        Ok(Self { at: now, head, config, taking })
    }

    /// Whether it was worked out so long ago that what lies ahead may soon be missing.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        now.millis_since(self.at) >= DAY_MS
    }

    /// What it is by now, from the events that the journal names since; none where those are too many, or
    /// the zones changed in which all are read. `slice`: the graph now.
    pub(super) async fn moved_on<S: GraphStore>(
        &self,
        store: &S,
        graph: GraphId,
        slice: Slice,
    ) -> Result<Option<Arc<Self>>, StoreError> {
        // The same number with another entry is another journal, as where a backup was put back.
        let since = slice.head.seq.checked_sub(self.head.seq);
        let since = since.filter(|since| (1..=ENTRIES_MAX).contains(since));
        if since.is_none() || !is_read_alike(&self.config, &slice.config) {
            return Ok(None);
        }
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
        if [named.head, now.head] != [slice.head; 2] || Some(told.len() as u64) != since {
            return Ok(None);
        }
        let rules = Rules::of(now.config.rules.values());
        let taking = self.taking.anew(&now.config, &rules, (&changed, &there(now.events)));
        let kept = |taking| Self { at: self.at, head: now.head, config: now.config, taking };
        Ok(taking.map(|taking| Arc::new(kept(taking))))
    }
}

fn there(events: impl IntoIterator<Item = (EventId, Option<Bundle>)>) -> BTreeMap<EventId, Bundle> {
    events.into_iter().filter_map(|(id, bundle)| Some((id, bundle?))).collect()
}

/// Whether events are read in the same zones with both.
fn is_read_alike(one: &Config, other: &Config) -> bool {
    let zone = |config: &Config| Rules::of(config.rules.values()).zone;
    let read = |calendar: &Calendar| {
        let Capabilities { zone, gap, .. } = &calendar.capabilities;
        (zone.clone(), *gap)
    };
    // What events a calendar has that came or went, the journal names.
    let is_alike =
        |(id, was): (_, &Calendar)| other.calendars.get(id).is_none_or(|is| read(is) == read(was));
    zone(one) == zone(other) && one.calendars.iter().all(is_alike)
}
