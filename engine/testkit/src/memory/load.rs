//! Reading what is wanted, and nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use kalends_core::few::Few;
use kalends_core::ids::{CalendarId, EdgeId, EventId, ProviderId};
use kalends_core::instances::{View, occurrences};
use kalends_core::mirror::{Part, PartKey, PartRef};
use kalends_core::plan::{Row, RowKey};
use kalends_core::presence::{Aside, AsideKind};
use kalends_core::slice::{
    AsidePage, Bundle, GonePage, MirrorBundle, MirrorPage, ObjectRange, ObjectRow, Page,
    PresencePage, ReadSet, Slice, TimePage,
};
use kalends_core::time::{Gap, Timestamp, Zone};

use super::graph::Graph;

/// How many events a page of evidence holds.
const GONE_EVENTS_MAX: usize = 200;
const DAY_MS: i64 = 86_400_000;

impl Graph {
    pub(super) fn load(&self, want: &ReadSet) -> Slice {
        let mut slice = Slice::of(self.version, self.head, Arc::clone(&self.config));
        let mut events = want.events.clone();
        self.load_pages(want, &mut slice, &mut events);
        slice.events = events.iter().map(|id| (*id, self.bundle(*id))).collect();
        for key in &want.objects {
            slice.objects.insert(key.clone(), self.object(key).cloned());
            slice.asides.insert(key.clone(), self.aside(key).cloned());
        }
        for range in &want.ranges {
            slice.ranges.insert(range.clone(), self.range(range));
        }
        self.load_operational(want, &mut slice);
        for run in &want.journal {
            let of_run = self.entries.values().filter(|(entry, _)| entry.run == *run);
            slice.journal.insert(*run, of_run.cloned().collect());
        }
        for seq in &want.entries {
            slice.entries.insert(*seq, self.entries.get(seq).cloned());
        }
        slice
    }

    fn load_pages(&self, want: &ReadSet, slice: &mut Slice, events: &mut Few<BTreeSet<EventId>>) {
        for page in &want.presences {
            slice.presences.insert(*page, self.presence_page(*page));
        }
        for page in &want.mirrors {
            slice.mirrors.insert(*page, self.mirror_page(*page));
        }
        for page in &want.aside_pages {
            slice.aside_pages.insert(*page, self.aside_page(*page));
        }
        for all in &want.evidence {
            let calendars = self.index.gone.keys().map(|(calendar, _)| *calendar);
            slice.evidence.insert(*all, calendars.collect());
        }
        for calendar in &want.gone {
            slice.gone.insert(*calendar, self.gone_page(*calendar));
        }
        for page in &want.times {
            slice.times.insert(*page, self.time_page(*page));
        }
        let pages = slice.presences.values().chain(slice.mirrors.values());
        let listed = pages.flat_map(|page| &page.events);
        let gone = slice.gone.values().flat_map(|page| &page.events);
        events.join(listed.chain(gone).chain(slice.times.values().flatten()).copied().collect());
    }

    fn load_operational(&self, want: &ReadSet, slice: &mut Slice) {
        for scope in &want.cursors {
            let row = match self.rows.get(&RowKey::Cursor(*scope)) {
                Some(Row::Cursor(_, cursor)) => Some(cursor.clone()),
                _ => None,
            };
            slice.cursors.insert(*scope, row);
        }
        for id in &want.runs {
            let row = match self.rows.get(&RowKey::Run(*id)) {
                Some(Row::Run(run)) => Some(run.clone()),
                _ => None,
            };
            slice.runs.insert(*id, row);
        }
        for account in &want.health {
            let row = match self.rows.get(&RowKey::Health(*account)) {
                Some(Row::Health(_, health)) => Some(health.clone()),
                _ => None,
            };
            slice.health.insert(*account, row);
        }
        for scope in &want.watches {
            let row = match self.rows.get(&RowKey::Watch(*scope)) {
                Some(Row::Watch(_, watch)) => Some(watch.clone()),
                _ => None,
            };
            slice.watches.insert(*scope, row);
        }
        for id in &want.meetings {
            let row = match self.rows.get(&RowKey::Meeting(*id)) {
                Some(Row::Meeting(meeting)) => Some(meeting.clone()),
                _ => None,
            };
            slice.meetings.insert(*id, row);
        }
        for id in &want.received {
            let row = match self.rows.get(&RowKey::Received(*id)) {
                Some(Row::Received(_, received)) => Some(*received),
                _ => None,
            };
            slice.received.insert(*id, row);
        }
    }

    fn presence_page(&self, page: PresencePage) -> Page {
        let from = lower(page.calendar, page.after);
        let events = self.index.presences.range((from, Bound::Unbounded));
        let events = events.take_while(|(calendar, _)| *calendar == page.calendar);
        cut(events.map(|(_, event)| *event), page.limit as usize)
    }

    fn mirror_page(&self, page: MirrorPage) -> Page {
        let from = lower(page.edge, page.after);
        let events = self.index.mirrors.range((from, Bound::Unbounded));
        let events = events.take_while(|(edge, _)| *edge == page.edge);
        cut(events.map(|(_, event)| *event), page.limit as usize)
    }

    fn aside_page(&self, page: AsidePage) -> Vec<ProviderId> {
        let from = RowKey::Aside(page.calendar, ProviderId(String::new()));
        let asides = self.rows.range(from..).map_while(|(_, row)| {
            let Row::Aside(aside) = row else { return None };
            (aside.calendar == page.calendar).then_some(aside)
        });
        let lasting = asides.filter(|aside| !matches!(aside.what, AsideKind::Stray { .. }));
        lasting.map(|aside| aside.object.clone()).take(page.limit as usize).collect()
    }

    /// A day more on both sides than any zone needs: which of them take place is for who asks.
    fn time_page(&self, page: TimePage) -> BTreeSet<EventId> {
        let (from, to) =
            (page.from.saturating_add_millis(-DAY_MS), page.to.saturating_add_millis(DAY_MS));
        let zone = Zone::utc();
        let view = View { zone: &zone, gap: Gap::Shift };
        let rows = self.rows.values().filter_map(|row| {
            let Row::Presence(event, _, presence) = row else { return None };
            Some((event, presence))
        });
        let during = rows
            .filter(|(_, presence)| !occurrences(&presence.body, from..to, view).list.is_empty());
        during.map(|(event, _)| *event).collect()
    }

    fn gone_page(&self, calendar: CalendarId) -> GonePage {
        let whole = (calendar, FIRST_EVENT)..=(calendar, LAST_EVENT);
        let events = self.index.gone.range(whole.clone()).map(|((_, event), _)| *event);
        let page = cut(events, GONE_EVENTS_MAX);
        GonePage {
            events: page.events,
            more: page.more,
            presences_gone: self.index.presences_gone.range(whole.clone()).count() as u32,
            mirrors_gone: self
                .index
                .gone
                .range(whole.clone())
                .filter(|(_, rows)| rows.parts > 0)
                .count() as u32,
            presences: self.index.presences.range(whole).count() as u32,
        }
    }

    fn bundle(&self, id: EventId) -> Option<Bundle> {
        let mut bundle = Bundle::default();
        if let Some(Row::Event(event)) = self.rows.get(&RowKey::Event(id)) {
            bundle.event = Some(event.clone());
        }
        let presences = RowKey::Presence(id, FIRST_CALENDAR)..=RowKey::Presence(id, LAST_CALENDAR);
        for (_, row) in self.rows.range(presences) {
            if let Row::Presence(_, calendar, presence) = row {
                bundle.presences.insert(*calendar, (**presence).clone());
            }
        }
        for (_, row) in
            self.rows.range(RowKey::Mirror(id, FIRST_EDGE)..=RowKey::Mirror(id, LAST_EDGE))
        {
            if let Row::Mirror(_, edge, mirror) = row {
                let parts = self.parts(id, *edge);
                bundle.mirrors.insert(*edge, MirrorBundle { mirror: mirror.clone(), parts });
            }
        }
        let first = (id, FIRST_CALENDAR, ProviderId(String::new()));
        let strays = self.index.strays.range(first..).take_while(|(event, ..)| *event == id);
        for (_, calendar, object) in strays {
            let key = (*calendar, object.clone());
            if let Some(aside) = self.aside(&key) {
                bundle.strays.insert(key, aside.clone());
            }
        }
        (bundle != Bundle::default()).then_some(bundle)
    }

    fn parts(&self, event: EventId, edge: EdgeId) -> BTreeMap<PartKey, Part> {
        let part = |part| RowKey::Part(PartRef { event, edge, part });
        let all = part(PartKey::Whole)..=part(PartKey::Single(Timestamp::MAX));
        let rows = self.rows.range(all).filter_map(|(_, row)| {
            let Row::Part(part, _, row) = row else { return None };
            Some((part.part, row.clone()))
        });
        rows.collect()
    }

    fn object(&self, (calendar, id): &(CalendarId, ProviderId)) -> Option<&ObjectRow> {
        match self.rows.get(&RowKey::Object(*calendar, id.clone())) {
            Some(Row::Object(_, _, row)) => Some(row),
            _ => None,
        }
    }

    fn aside(&self, (calendar, id): &(CalendarId, ProviderId)) -> Option<&Aside> {
        match self.rows.get(&RowKey::Aside(*calendar, id.clone())) {
            Some(Row::Aside(aside)) => Some(aside),
            _ => None,
        }
    }

    fn range(&self, range: &ObjectRange) -> Vec<(ProviderId, ObjectRow)> {
        let key = |id: &ProviderId| RowKey::Object(range.calendar, id.clone());
        let from = match &range.after {
            Some(after) => Bound::Excluded(key(after)),
            None => Bound::Included(key(&ProviderId(String::new()))),
        };
        let rows = self.rows.range((from, Bound::Unbounded)).map_while(|(_, row)| {
            let Row::Object(calendar, id, row) = row else { return None };
            (*calendar == range.calendar).then(|| (id.clone(), row.clone()))
        });
        let rows = rows.take_while(|(id, _)| range.until.as_ref().is_none_or(|until| id <= until));
        rows.take(range.limit as usize).collect()
    }
}

const FIRST_EVENT: EventId = EventId::from_bytes([0; 16]);
const LAST_EVENT: EventId = EventId::from_bytes([255; 16]);
const FIRST_CALENDAR: CalendarId = CalendarId::from_bytes([0; 16]);
const LAST_CALENDAR: CalendarId = CalendarId::from_bytes([255; 16]);
const FIRST_EDGE: EdgeId = EdgeId::from_bytes([0; 16]);
const LAST_EDGE: EdgeId = EdgeId::from_bytes([255; 16]);

fn lower<T>(place: T, after: Option<EventId>) -> Bound<(T, EventId)> {
    match after {
        Some(after) => Bound::Excluded((place, after)),
        None => Bound::Included((place, FIRST_EVENT)),
    }
}

fn cut(events: impl Iterator<Item = EventId>, limit: usize) -> Page {
    let mut events: Vec<EventId> = events.take(limit.saturating_add(1)).collect();
    let more = events.len() > limit;
    events.truncate(limit);
    Page { events, more }
}
