//! All that a store holds of a graph, by its port alone: whatever the store is, it can be looked at.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::graph::Calendar;
use kalends_core::ids::{CalendarId, EventId, GraphId, MeetingId, ProviderId};
use kalends_core::journal::{Entry, Payload};
use kalends_core::mirror::PartRef;
use kalends_core::plan::{Row, RowKey};
use kalends_core::ports::{GraphStore, StoreError};
use kalends_core::slice::{
    Bundle, Config, MirrorPage, ObjectRange, ObjectRow, Owner, PresencePage, ReadSet, Slice,
};
use kalends_core::wire;

/// How many rows a page asks for.
const PAGE: u32 = 200;

/// The rows of a graph, by key: those that its configuration leads to, and those that the journal's
/// replay names, for an event can outlive all that leads to it. What only an id leads to that neither
/// names is not among them: runs and messages.
///
/// # Errors
/// Those of the store.
pub async fn rows<S: GraphStore>(
    store: &S,
    graph: GraphId,
) -> Result<BTreeMap<RowKey, Row>, StoreError> {
    let slice = store.load(graph, &ReadSet::default()).await?;
    let mut all = Gathered::default();
    all.set_up(&slice.config);
    for calendar in slice.config.calendars.values() {
        all.objects(store, graph, calendar.id).await?;
        all.presences(store, graph, calendar.id).await?;
    }
    for edge in slice.config.edges.keys() {
        let mut page = MirrorPage { edge: *edge, after: None, limit: PAGE };
        loop {
            let mirrors = BTreeSet::from([page]).into();
            let found = store.load(graph, &ReadSet { mirrors, ..ReadSet::default() }).await?;
            all.events(&found);
            let Some(said) = found.mirrors.get(&page).filter(|said| said.more) else { break };
            page.after = said.events.last().copied();
        }
    }
    let scopes: BTreeSet<_> = slice.config.calendars.values().map(Calendar::scope).collect();
    all.name(&journal(store, graph).await?);
    let named = ReadSet {
        events: std::mem::take(&mut all.named).into(),
        objects: std::mem::take(&mut all.set_aside).into(),
        meetings: std::mem::take(&mut all.meetings).into(),
        cursors: scopes.clone().into(),
        watches: scopes.into(),
        health: slice.config.accounts.keys().copied().collect::<BTreeSet<_>>().into(),
        ..ReadSet::default()
    };
    let found = store.load(graph, &named).await?;
    all.events(&found);
    all.asides_of(&found);
    all.operational(&found);
    Ok(all.rows)
}

/// The whole journal of a graph, in order; entries that the store does not have are left out.
///
/// # Errors
/// Those of the store.
pub async fn journal<S: GraphStore>(
    store: &S,
    graph: GraphId,
) -> Result<Vec<(Entry, Option<Payload>)>, StoreError> {
    let last = store.load(graph, &ReadSet::default()).await?.head.seq;
    let mut all = Vec::new();
    let mut next = 1;
    while next <= last {
        let entries: BTreeSet<u64> = (next..=last).take(PAGE as usize).collect();
        next += entries.len() as u64;
        let wanted = ReadSet { entries: entries.into(), ..ReadSet::default() };
        let found = store.load(graph, &wanted).await?;
        all.extend(found.entries.values().flatten().cloned());
    }
    Ok(all)
}

#[derive(Default)]
struct Gathered {
    rows: BTreeMap<RowKey, Row>,
    /// Events that objects, holds and the journal name.
    named: BTreeSet<EventId>,
    /// What the journal says is set aside.
    set_aside: BTreeSet<(CalendarId, ProviderId)>,
    /// Meetings that the journal names.
    meetings: BTreeSet<MeetingId>,
}

impl Gathered {
    fn put(&mut self, row: Row) {
        self.rows.insert(row.key(), row);
    }

    /// Takes the names of rows that the journal's replay leaves. Where it cannot be replayed, those
    /// until there: that it cannot is found by who judges the journal.
    fn name(&mut self, journal: &[(Entry, Option<Payload>)]) {
        let mut replayed = BTreeMap::new();
        let payloads = journal.iter().filter_map(|(_, payload)| payload.as_ref());
        let _until =
            payloads.map(|one| wire::replay(one, &mut replayed)).take_while(Result::is_ok).count();
        for key in replayed.keys().filter_map(|key| wire::read_key(key)) {
            if self.rows.contains_key(&key) {
                continue;
            }
            match key {
                RowKey::Event(event) | RowKey::Presence(event, _) | RowKey::Mirror(event, _) => {
                    self.named.extend([event]);
                }
                RowKey::Part(part) => self.named.extend([part.event]),
                RowKey::Aside(calendar, object) => self.set_aside.extend([(calendar, object)]),
                RowKey::Meeting(meeting) => self.meetings.extend([meeting]),
                // All of these are found without a name, or not recorded.
                RowKey::Account(_)
                | RowKey::Calendar(_)
                | RowKey::Edge(_)
                | RowKey::Policy(_)
                | RowKey::Review(_)
                | RowKey::Rule(_)
                | RowKey::Hold(_)
                | RowKey::Session(_)
                | RowKey::Object(..)
                | RowKey::Sweep(_)
                | RowKey::Cursor(_)
                | RowKey::Run(_)
                | RowKey::Received(_)
                | RowKey::Watch(_)
                | RowKey::Health(_) => {}
            }
        }
    }

    fn set_up(&mut self, config: &Config) {
        config.accounts.values().for_each(|row| self.put(Row::Account(row.clone())));
        config.calendars.values().for_each(|row| self.put(Row::Calendar(row.clone())));
        config.edges.values().for_each(|row| self.put(Row::Edge(row.clone())));
        config.policies.iter().for_each(|(of, row)| self.put(Row::Policy(*of, row.clone())));
        config.sweeps.iter().for_each(|(of, row)| self.put(Row::Sweep(*of, *row)));
        config.reviews.values().for_each(|row| self.put(Row::Review(row.clone())));
        config.rules.iter().for_each(|(of, row)| self.put(Row::Rule(*of, row.clone())));
        config.holds.values().for_each(|row| self.put(Row::Hold(row.clone())));
        config.sessions.values().for_each(|row| self.put(Row::Session(row.clone())));
        self.named.extend(config.holds.values().map(|hold| hold.event));
    }

    async fn objects<S: GraphStore>(
        &mut self,
        store: &S,
        graph: GraphId,
        calendar: CalendarId,
    ) -> Result<(), StoreError> {
        let mut range = ObjectRange { calendar, after: None, until: None, limit: PAGE };
        loop {
            let ranges = BTreeSet::from([range.clone()]).into();
            let found = store.load(graph, &ReadSet { ranges, ..ReadSet::default() }).await?;
            let page = found.ranges.get(&range).cloned().unwrap_or_default();
            let cut = range.cut(&page).cloned();
            self.asides(store, graph, (calendar, &page)).await?;
            for (id, object) in page {
                match &object.owner {
                    Owner::Presence(event) | Owner::Instance(event, _) => {
                        self.named.extend([*event]);
                    }
                    Owner::Part(part) => self.named.extend([part.event]),
                    Owner::Aside(event) => self.named.extend(*event),
                }
                self.put(Row::Object(calendar, id, object));
            }
            let Some(last) = cut else { return Ok(()) };
            range.after = Some(last);
        }
    }

    async fn asides<S: GraphStore>(
        &mut self,
        store: &S,
        graph: GraphId,
        (calendar, page): (CalendarId, &[(ProviderId, ObjectRow)]),
    ) -> Result<(), StoreError> {
        // An event that can no longer be read stays what it was, and is set aside as well.
        let objects: BTreeSet<(CalendarId, ProviderId)> =
            page.iter().map(|(id, _)| (calendar, id.clone())).collect();
        if objects.is_empty() {
            return Ok(());
        }
        let wanted = ReadSet { objects: objects.into(), ..ReadSet::default() };
        self.asides_of(&store.load(graph, &wanted).await?);
        Ok(())
    }

    fn asides_of(&mut self, found: &Slice) {
        let asides = found.asides.values().flatten();
        asides.for_each(|aside| self.put(Row::Aside(aside.clone())));
    }

    async fn presences<S: GraphStore>(
        &mut self,
        store: &S,
        graph: GraphId,
        calendar: CalendarId,
    ) -> Result<(), StoreError> {
        let mut page = PresencePage { calendar, after: None, limit: PAGE };
        loop {
            let presences = BTreeSet::from([page]).into();
            let found = store.load(graph, &ReadSet { presences, ..ReadSet::default() }).await?;
            self.events(&found);
            let Some(said) = found.presences.get(&page).filter(|said| said.more) else {
                return Ok(());
            };
            page.after = said.events.last().copied();
        }
    }

    fn events(&mut self, found: &Slice) {
        for (id, bundle) in &found.events {
            self.named.remove(id);
            if let Some(bundle) = bundle {
                self.bundle(*id, bundle);
            }
        }
    }

    fn bundle(&mut self, id: EventId, bundle: &Bundle) {
        bundle.event.iter().for_each(|event| self.put(Row::Event(event.clone())));
        for (calendar, presence) in &bundle.presences {
            self.put(Row::Presence(id, *calendar, Box::new(presence.clone())));
        }
        for (edge, mirror) in &bundle.mirrors {
            self.put(Row::Mirror(id, *edge, mirror.mirror.clone()));
            for (part, row) in &mirror.parts {
                let name = PartRef { event: id, edge: *edge, part: *part };
                self.put(Row::Part(name, mirror.mirror.calendar, row.clone()));
            }
        }
        bundle.strays.values().for_each(|aside| self.put(Row::Aside(aside.clone())));
    }

    fn operational(&mut self, found: &Slice) {
        let meetings = found.meetings.values().flatten();
        meetings.for_each(|row| self.put(Row::Meeting(row.clone())));
        for (scope, cursor) in &found.cursors {
            cursor.iter().for_each(|row| self.put(Row::Cursor(*scope, row.clone())));
        }
        for (scope, watch) in &found.watches {
            watch.iter().for_each(|row| self.put(Row::Watch(*scope, row.clone())));
        }
        for (account, health) in &found.health {
            health.iter().for_each(|row| self.put(Row::Health(*account, row.clone())));
        }
    }
}
