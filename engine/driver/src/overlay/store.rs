//! The layer as a store and a queue.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kalends_core::ids::{CalendarId, EventId, GraphId, ProviderId};
use kalends_core::plan::{Job, JobKey, Plan};
use kalends_core::ports::{Claim, GraphStore, JobQueue, StoreError};
use kalends_core::slice::{
    AsidePage, GonePage, GraphVersion, ObjectRange, ObjectRow, Page, ReadSet, Slice,
};
use kalends_core::time::Timestamp;

use super::jobs::Jobs;
use super::layer::Layer;
use super::pages::{Of, merge_asides};

/// How many jobs below are looked at at a time.
const QUEUE_PAGE: usize = 500;

/// One graph of a store, with a layer over it that is thrown away. Where what lies below changes
/// meanwhile, the next load fails: what was decided so far no longer holds.
#[derive(Debug)]
pub(crate) struct Overlay<'a, S> {
    base: &'a S,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    over: Option<GraphVersion>,
    /// Whether what lies below was seen to change.
    moved: bool,
    commits: u64,
    layer: Layer,
    jobs: Jobs,
}

impl<'a, S: GraphStore> Overlay<'a, S> {
    pub(crate) fn new(base: &'a S) -> Self {
        Self { base, state: Mutex::default() }
    }

    /// Takes in the jobs below that are due; there they stay as they are.
    pub(crate) async fn look_at_queue(
        &self,
        graph: GraphId,
        now: Timestamp,
    ) -> Result<(), StoreError>
    where
        S: JobQueue,
    {
        let mut after = None;
        loop {
            let page = self.base.peek(graph, now, after, QUEUE_PAGE).await?;
            for job in &page {
                self.state().jobs.push(*job);
            }
            match page.last() {
                Some(last) if page.len() == QUEUE_PAGE => after = Some(last.key),
                Some(_) | None => return Ok(()),
            }
        }
    }

    pub(super) fn claim(&self, now: Timestamp, max: usize) -> Vec<Claim> {
        self.state().jobs.claim(now, max)
    }

    pub(super) fn finish(&self, claim: &Claim, again: Option<Timestamp>) {
        self.state().jobs.finish(claim, again);
    }

    pub(super) fn next_due(&self) -> Option<(Timestamp, JobKey)> {
        self.state().jobs.next_due()
    }

    pub(super) fn peek(&self, now: Timestamp, after: Option<JobKey>, limit: usize) -> Vec<Job> {
        self.state().jobs.peek(now, after, limit)
    }

    /// Whether what was decided over it no longer holds, since what lies below changed.
    pub(crate) fn has_moved(&self) -> bool {
        self.state().moved
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn below(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        let slice = self.base.load(graph, want).await?;
        let mut state = self.state();
        if *state.over.get_or_insert(slice.version) == slice.version {
            return Ok(slice);
        }
        state.moved = true;
        Err(StoreError::Failed("the graph changed while it was looked at: try again".to_owned()))
    }

    async fn page(
        &self,
        graph: GraphId,
        of: Of,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let (mut from, mut events) = (after, Vec::new());
        loop {
            let below = of.page(&self.below(graph, &of.want(from, limit)).await?);
            let until = below.events.last().copied().filter(|_| below.more);
            events.extend(self.state().layer.merge_page(of, &below.events, from, until));
            let full = events.len() > limit as usize;
            let more = full || (until.is_some() && events.len() == limit as usize);
            if more || until.is_none() {
                events.truncate(limit as usize);
                return Ok(Page { events, more });
            }
            from = until;
        }
    }

    async fn range(
        &self,
        graph: GraphId,
        range: &ObjectRange,
    ) -> Result<Vec<(ProviderId, ObjectRow)>, StoreError> {
        let (mut part, mut found) = (range.clone(), Vec::new());
        loop {
            let want = ReadSet { ranges: [part.clone()].into(), ..ReadSet::default() };
            let below = self.below(graph, &want).await?.ranges.remove(&part);
            let mut rows = below.unwrap_or_default();
            let cut = part.cut(&rows).cloned();
            part.until = cut.clone().or(part.until);
            self.state().layer.patch_range(&part, &mut rows);
            found.append(&mut rows);
            if cut.is_none() || found.len() >= range.limit as usize {
                found.truncate(range.limit as usize);
                return Ok(found);
            }
            part = ObjectRange { after: cut, ..range.clone() };
        }
    }

    /// The evidence in a calendar, of which `page` is what lies below.
    async fn gone(
        &self,
        graph: GraphId,
        calendar: CalendarId,
        page: &mut GonePage,
    ) -> Result<(), StoreError> {
        let events = self.state().layer.touched_in(calendar).into();
        let touched = self.below(graph, &ReadSet { events, ..ReadSet::default() }).await?;
        self.state().layer.merge_gone(calendar, page, &touched);
        Ok(())
    }

    /// The calendars with evidence, of which those below are given. Only those that the layer speaks
    /// of can have changed.
    async fn evidence(
        &self,
        graph: GraphId,
        calendars: &mut BTreeSet<CalendarId>,
    ) -> Result<(), StoreError> {
        let gone = self.state().layer.touched_calendars().into();
        let below = self.below(graph, &ReadSet { gone, ..ReadSet::default() }).await?;
        for (calendar, page) in &below.gone {
            let mut page = page.clone();
            self.gone(graph, *calendar, &mut page).await?;
            if page.events.is_empty() && !page.more {
                calendars.remove(calendar);
            } else {
                calendars.insert(*calendar);
            }
        }
        Ok(())
    }

    /// Pages as they are over all of it, and the events that they bring along.
    async fn pages(
        &self,
        graph: GraphId,
        want: &ReadSet,
        into: &mut Slice,
    ) -> Result<(), StoreError> {
        for page in &want.presences {
            let found =
                self.page(graph, Of::Calendar(page.calendar), page.after, page.limit).await?;
            into.presences.insert(*page, found);
        }
        for page in &want.mirrors {
            let found = self.page(graph, Of::Edge(page.edge), page.after, page.limit).await?;
            into.mirrors.insert(*page, found);
        }
        for range in &want.ranges {
            into.ranges.insert(range.clone(), self.range(graph, range).await?);
        }
        for page in &want.aside_pages {
            let touched = self.state().layer.touched_asides(page.calendar);
            let limit = page.limit.saturating_add(touched.len() as u32);
            let wider = AsidePage { limit, ..*page };
            let want = ReadSet { aside_pages: [wider].into(), ..ReadSet::default() };
            let below = self.below(graph, &want).await?.aside_pages.remove(&wider);
            let found = merge_asides(below.unwrap_or_default(), touched, page.limit as usize);
            into.aside_pages.insert(*page, found);
        }
        for (calendar, page) in &mut into.gone {
            self.gone(graph, *calendar, page).await?;
        }
        for calendars in into.evidence.values_mut() {
            self.evidence(graph, calendars).await?;
        }
        for events in into.times.values_mut() {
            // Some of them take place at another time, as some of a page may.
            events.extend(self.state().layer.touched());
        }
        let listed = into.presences.values().chain(into.mirrors.values()).map(|page| &page.events);
        let listed = listed.chain(into.gone.values().map(|page| &page.events)).flatten();
        let listed = listed.chain(into.times.values().flatten());
        let events = listed.filter(|event| !into.events.contains_key(event)).copied().collect();
        let brought = self.below(graph, &ReadSet { events, ..ReadSet::default() }).await?;
        into.events.extend(brought.events);
        Ok(())
    }
}

impl<S: GraphStore> GraphStore for Overlay<'_, S> {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        let mut rows = want.clone();
        rows.presences.clear();
        rows.mirrors.clear();
        rows.ranges.clear();
        rows.aside_pages.clear();
        let mut slice = self.below(graph, &rows).await?;
        self.pages(graph, want, &mut slice).await?;
        let state = self.state();
        state.layer.patch(&mut slice);
        slice.version = GraphVersion(slice.version.0 + state.commits);
        Ok(slice)
    }

    async fn commit(
        &self,
        _: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        let mut state = self.state();
        let now = GraphVersion(state.over.unwrap_or_default().0 + state.commits);
        if base != now {
            return Err(StoreError::Conflict);
        }
        state.layer.take(plan);
        for job in &plan.jobs {
            state.jobs.push(*job);
        }
        state.commits += 1;
        Ok(GraphVersion(now.0 + 1))
    }
}

#[cfg(test)]
mod tests {
    use kalends_core::plan::{Change, Row, RowKey};
    use kalends_core::slice::AnyCalendar;
    use kalends_core::slice::Owner;
    use kalends_core::wire;
    use kalends_testkit::block_on::block_on;
    use kalends_testkit::contract::rows::{calendar_id, event_id, presence_gone, presence_row};
    use kalends_testkit::memory::MemoryStore;

    use super::*;

    const GRAPH: GraphId = GraphId::from_bytes([1; 16]);
    const CALENDAR: CalendarId = CalendarId::from_bytes([2; 16]);

    fn id(n: u32) -> ProviderId {
        ProviderId(format!("{n:02}"))
    }

    fn put(n: u32) -> Change {
        let object = ObjectRow { version: None, owner: Owner::Aside(None), gone: false };
        let row = Row::Object(CALENDAR, id(n), object);
        let form = wire::encode(&row);
        Change::Put(row, form)
    }

    fn delete(n: u32) -> Change {
        Change::Delete(RowKey::Object(CALENDAR, id(n)))
    }

    fn presence(n: u32, calendar: u32, is_gone: bool) -> Change {
        let row = if is_gone { presence_gone(n, calendar) } else { presence_row(n, calendar) };
        let form = wire::encode(&row);
        Change::Put(row, form)
    }

    fn commit(store: &impl GraphStore, changes: Vec<Change>) {
        let version = block_on(store.load(GRAPH, &ReadSet::default())).unwrap().version;
        let plan = Plan { changes, ..Plan::default() };
        block_on(store.commit(GRAPH, version, &plan)).unwrap();
    }

    /// Catches evidence of the layer that is not found, and such below as it takes away.
    #[test]
    fn calendars_with_evidence_are_known_as_if_all_were_committed() {
        let below = MemoryStore::new();
        below.create(GRAPH);
        let rows = [presence(1, 1, true), presence(2, 2, true), presence(3, 3, true)];
        commit(
            &below,
            rows.into_iter().chain([presence(4, 3, true), presence(5, 4, false)]).collect(),
        );
        let over = Overlay::new(&below);
        let known = || {
            let want = ReadSet { evidence: [AnyCalendar].into(), ..ReadSet::default() };
            block_on(over.load(GRAPH, &want)).unwrap().evidence.remove(&AnyCalendar)
        };
        assert_eq!(known(), Some([1, 2, 3].map(calendar_id).into()));
        let is_gone = Change::Delete(RowKey::Presence(event_id(2), calendar_id(2)));
        let back = [presence(3, 3, false), is_gone, presence(5, 4, true), presence(6, 5, false)];
        commit(&over, back.into());
        assert_eq!(known(), Some([1, 3, 4].map(calendar_id).into()));
    }

    /// Catches pages that are shorter than their limit though more follow, which look like the last.
    #[test]
    fn a_page_of_objects_is_as_full_as_if_all_were_committed() {
        let below = MemoryStore::new();
        below.create(GRAPH);
        commit(&below, (0..30).map(put).collect());
        let over = Overlay::new(&below);
        let gone = (3..20).chain([21, 29]);
        commit(&over, gone.map(delete).chain([put(5), put(40), put(41)]).collect());
        let left: Vec<u32> = [0, 1, 2, 5, 20].into_iter().chain(22..29).chain([40, 41]).collect();
        for after in [None, Some(1), Some(4), Some(28), Some(50)] {
            for until in [None, Some(2), Some(24), Some(40)] {
                for limit in 1..20 {
                    let range = ObjectRange {
                        calendar: CALENDAR,
                        after: after.map(id),
                        until: until.map(id),
                        limit,
                    };
                    let want = ReadSet { ranges: [range.clone()].into(), ..ReadSet::default() };
                    let found = block_on(over.load(GRAPH, &want)).unwrap().ranges.remove(&range);
                    let found: Vec<_> = found.unwrap().into_iter().map(|(id, _)| id).collect();
                    let inside = left.iter().filter(|n| after.is_none_or(|after| **n > after));
                    let inside = inside.filter(|n| until.is_none_or(|until| **n <= until));
                    let wanted: Vec<_> = inside.map(|n| id(*n)).take(limit as usize).collect();
                    assert_eq!(found, wanted, "{range:?}");
                }
            }
        }
    }
}
