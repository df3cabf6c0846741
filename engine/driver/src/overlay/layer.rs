//! Rows put and deleted since, and how they change what was loaded from below.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use kalends_core::ids::{CalendarId, EdgeId, EventId, ProviderId};
use kalends_core::journal::{Entry, Head, Payload};
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::presence::AsideKind;
use kalends_core::slice::{Bundle, Config, MirrorBundle, ObjectRange, ObjectRow, Slice};

/// What was committed to the layer. A row of `None` was deleted.
#[derive(Debug, Default)]
pub(super) struct Layer {
    rows: BTreeMap<RowKey, Option<Row>>,
    entries: BTreeMap<u64, (Entry, Payload)>,
    head: Option<Head>,
    of_event: BTreeMap<EventId, BTreeSet<RowKey>>,
    of_config: BTreeSet<RowKey>,
    /// Events with a presence or a part in a calendar that was put or deleted.
    in_calendar: BTreeSet<(CalendarId, EventId)>,
    under_edge: BTreeSet<(EdgeId, EventId)>,
}

impl Layer {
    pub(super) fn take(&mut self, plan: &Plan) {
        for change in &plan.changes {
            match change {
                Change::Put(row, _) => {
                    self.index(row);
                    self.rows.insert(row.key(), Some(row.clone()));
                }
                Change::Delete(key) => {
                    self.index_key(key);
                    self.rows.insert(key.clone(), None);
                }
            }
        }
        for (entry, payload) in &plan.entries {
            self.entries.insert(entry.seq, (entry.clone(), payload.clone()));
            self.head = Some(entry.head());
        }
    }

    fn index(&mut self, row: &Row) {
        match row {
            Row::Part(part, calendar, _) => {
                self.in_calendar.insert((*calendar, part.event));
            }
            Row::Aside(aside) => {
                if let AsideKind::Stray { event, .. } = aside.what {
                    self.of_event.entry(event).or_default().insert(row.key());
                }
            }
            Row::Account(_)
            | Row::Calendar(_)
            | Row::Edge(_)
            | Row::Policy(..)
            | Row::Sweep(..)
            | Row::Review(_)
            | Row::Rule(..)
            | Row::Hold(_)
            | Row::Session(_)
            | Row::Event(_)
            | Row::Presence(..)
            | Row::Mirror(..)
            | Row::Object(..)
            | Row::Cursor(..)
            | Row::Run(_)
            | Row::Meeting(_)
            | Row::Received(..)
            | Row::Health(..)
            | Row::Watch(..) => {}
        }
        self.index_key(&row.key());
    }

    fn index_key(&mut self, key: &RowKey) {
        let event = match key {
            RowKey::Event(event) => *event,
            RowKey::Presence(event, calendar) => {
                self.in_calendar.insert((*calendar, *event));
                *event
            }
            RowKey::Mirror(event, edge) => {
                self.under_edge.insert((*edge, *event));
                *event
            }
            RowKey::Part(part) => part.event,
            RowKey::Account(_)
            | RowKey::Calendar(_)
            | RowKey::Edge(_)
            | RowKey::Policy(_)
            | RowKey::Sweep(_)
            | RowKey::Review(_)
            | RowKey::Rule(_)
            | RowKey::Hold(_)
            | RowKey::Session(_) => {
                self.of_config.insert(key.clone());
                return;
            }
            RowKey::Aside(..)
            | RowKey::Object(..)
            | RowKey::Cursor(_)
            | RowKey::Run(_)
            | RowKey::Meeting(_)
            | RowKey::Received(_)
            | RowKey::Health(_)
            | RowKey::Watch(_) => return,
        };
        self.of_event.entry(event).or_default().insert(key.clone());
    }

    /// Whether a row is there: `None` where the layer does not say.
    pub(super) fn holds(&self, key: &RowKey) -> Option<bool> {
        self.rows.get(key).map(Option::is_some)
    }

    /// Events whose rows in a calendar the layer speaks of.
    pub(super) fn touched_in(&self, calendar: CalendarId) -> BTreeSet<EventId> {
        let (first, last) = (EventId::from_bytes([0; 16]), EventId::from_bytes([255; 16]));
        let touched = self.in_calendar.range((calendar, first)..=(calendar, last));
        touched.map(|(_, event)| *event).collect()
    }

    /// Calendars that the layer speaks of rows in.
    pub(super) fn touched_calendars(&self) -> BTreeSet<CalendarId> {
        self.in_calendar.iter().map(|(calendar, _)| *calendar).collect()
    }

    /// Events whose rows in any calendar the layer speaks of.
    pub(super) fn touched(&self) -> impl Iterator<Item = EventId> {
        self.in_calendar.iter().map(|(_, event)| *event)
    }

    /// What the layer speaks of in a calendar, and whether it is set aside now; strays are not.
    pub(super) fn touched_asides(&self, calendar: CalendarId) -> Vec<(ProviderId, bool)> {
        let first = RowKey::Aside(calendar, ProviderId(String::new()));
        let touched = self.rows.range(first..).map_while(|(key, row)| {
            let RowKey::Aside(of, object) = key else { return None };
            (*of == calendar).then(|| (object.clone(), row))
        });
        let lasts = |row: &Option<Row>| match row {
            Some(Row::Aside(aside)) => !matches!(aside.what, AsideKind::Stray { .. }),
            Some(_) | None => false,
        };
        touched.map(|(object, row)| (object, lasts(row))).collect()
    }

    /// Events whose mirrors of an edge the layer speaks of.
    pub(super) fn touched_under(&self, edge: EdgeId) -> BTreeSet<EventId> {
        let (first, last) = (EventId::from_bytes([0; 16]), EventId::from_bytes([255; 16]));
        let touched = self.under_edge.range((edge, first)..=(edge, last));
        touched.map(|(_, event)| *event).collect()
    }

    /// Changes everything but pages, which are merged before.
    pub(super) fn patch(&self, slice: &mut Slice) {
        slice.head = self.head.unwrap_or(slice.head);
        self.patch_config(&mut slice.config);
        for (event, bundle) in &mut slice.events {
            self.patch_event(*event, bundle);
        }
        for (key, row) in &mut slice.objects {
            self.over(RowKey::Object(key.0, key.1.clone()), row, |row| {
                let Row::Object(_, _, row) = row else { return None };
                Some(row.clone())
            });
        }
        for (key, row) in &mut slice.asides {
            self.over(RowKey::Aside(key.0, key.1.clone()), row, |row| {
                let Row::Aside(aside) = row else { return None };
                Some(aside.clone())
            });
        }
        self.patch_operational(slice);
    }

    fn patch_operational(&self, slice: &mut Slice) {
        for (scope, row) in &mut slice.cursors {
            self.over(RowKey::Cursor(*scope), row, |row| {
                let Row::Cursor(_, cursor) = row else { return None };
                Some(cursor.clone())
            });
        }
        for (run, row) in &mut slice.runs {
            self.over(RowKey::Run(*run), row, |row| {
                let Row::Run(run) = row else { return None };
                Some(run.clone())
            });
        }
        for (account, row) in &mut slice.health {
            self.over(RowKey::Health(*account), row, |row| {
                let Row::Health(_, health) = row else { return None };
                Some(health.clone())
            });
        }
        for (scope, row) in &mut slice.watches {
            self.over(RowKey::Watch(*scope), row, |row| {
                let Row::Watch(_, watch) = row else { return None };
                Some(watch.clone())
            });
        }
        for (id, row) in &mut slice.meetings {
            self.over(RowKey::Meeting(*id), row, |row| {
                let Row::Meeting(meeting) = row else { return None };
                Some(meeting.clone())
            });
        }
        for (id, row) in &mut slice.received {
            self.over(RowKey::Received(*id), row, |row| {
                let Row::Received(_, received) = row else { return None };
                Some(*received)
            });
        }
        for (seq, (entry, payload)) in &self.entries {
            let new = (entry.clone(), Some(payload.clone()));
            if let Some(of_run) = slice.journal.get_mut(&entry.run) {
                of_run.push(new.clone());
            }
            if let Some(slot) = slice.entries.get_mut(seq) {
                *slot = Some(new);
            }
        }
    }

    fn over<T>(&self, key: RowKey, slot: &mut Option<T>, read: impl Fn(&Row) -> Option<T>) {
        if let Some(row) = self.rows.get(&key) {
            *slot = row.as_ref().and_then(read);
        }
    }

    /// The objects of a range as they are now: all of it, whatever its limit.
    pub(super) fn patch_range(&self, range: &ObjectRange, rows: &mut Vec<(ProviderId, ObjectRow)>) {
        let key = |id: &ProviderId| RowKey::Object(range.calendar, id.clone());
        let first = range.after.as_ref().map_or_else(
            || Bound::Included(key(&ProviderId(String::new()))),
            |after| Bound::Excluded(key(after)),
        );
        let mut merged: BTreeMap<ProviderId, ObjectRow> = rows.drain(..).collect();
        for (key, row) in self.rows.range((first, Bound::Unbounded)) {
            let RowKey::Object(calendar, id) = key else { break };
            if *calendar != range.calendar || range.until.as_ref().is_some_and(|u| id > u) {
                break;
            }
            match row {
                Some(Row::Object(_, _, row)) => merged.insert(id.clone(), row.clone()),
                Some(_) | None => merged.remove(id),
            };
        }
        rows.extend(merged);
    }

    pub(super) fn patch_event(&self, event: EventId, slot: &mut Option<Bundle>) {
        let mut bundle = slot.take().unwrap_or_default();
        bundle.strays.retain(|key, _| self.holds(&RowKey::Aside(key.0, key.1.clone())).is_none());
        for key in self.of_event.get(&event).into_iter().flatten() {
            match self.rows.get(key) {
                Some(Some(row)) => put(&mut bundle, row),
                Some(None) => delete(&mut bundle, key),
                None => {}
            }
        }
        *slot = (bundle != Bundle::default()).then_some(bundle);
    }

    fn patch_config(&self, config: &mut Arc<Config>) {
        for key in &self.of_config {
            let row = self.rows.get(key).and_then(Option::as_ref);
            let config = Arc::make_mut(config);
            match row {
                Some(row) => put_config(config, row),
                None => delete_config(config, key),
            }
        }
    }
}

fn put(bundle: &mut Bundle, row: &Row) {
    match row {
        Row::Event(event) => bundle.event = Some(event.clone()),
        Row::Presence(_, calendar, presence) => {
            bundle.presences.insert(*calendar, (**presence).clone());
        }
        Row::Mirror(_, edge, mirror) => {
            let known = bundle.mirrors.remove(edge).map(|known| known.parts);
            let parts = known.unwrap_or_default();
            bundle.mirrors.insert(*edge, MirrorBundle { mirror: mirror.clone(), parts });
        }
        Row::Part(part, _, row) => {
            if let Some(mirror) = bundle.mirrors.get_mut(&part.edge) {
                mirror.parts.insert(part.part, row.clone());
            }
        }
        Row::Aside(aside) => {
            if matches!(aside.what, AsideKind::Stray { .. }) {
                let key = (aside.calendar, aside.object.clone());
                bundle.strays.insert(key, aside.clone());
            }
        }
        Row::Account(_)
        | Row::Calendar(_)
        | Row::Edge(_)
        | Row::Policy(..)
        | Row::Sweep(..)
        | Row::Review(_)
        | Row::Rule(..)
        | Row::Hold(_)
        | Row::Session(_)
        | Row::Object(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Meeting(_)
        | Row::Received(..)
        | Row::Health(..)
        | Row::Watch(..) => {}
    }
}

fn delete(bundle: &mut Bundle, key: &RowKey) {
    match key {
        RowKey::Event(_) => bundle.event = None,
        RowKey::Presence(_, calendar) => {
            bundle.presences.remove(calendar);
        }
        RowKey::Mirror(_, edge) => {
            bundle.mirrors.remove(edge);
        }
        RowKey::Part(part) => {
            if let Some(mirror) = bundle.mirrors.get_mut(&part.edge) {
                mirror.parts.remove(&part.part);
            }
        }
        RowKey::Account(_)
        | RowKey::Calendar(_)
        | RowKey::Edge(_)
        | RowKey::Policy(_)
        | RowKey::Sweep(_)
        | RowKey::Review(_)
        | RowKey::Rule(_)
        | RowKey::Hold(_)
        | RowKey::Session(_)
        | RowKey::Aside(..)
        | RowKey::Object(..)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Meeting(_)
        | RowKey::Received(_)
        | RowKey::Health(_)
        | RowKey::Watch(_) => {}
    }
}

fn put_config(config: &mut Config, row: &Row) {
    match row {
        Row::Account(row) => {
            config.accounts.insert(row.id, row.clone());
        }
        Row::Calendar(row) => {
            config.calendars.insert(row.id, row.clone());
        }
        Row::Edge(row) => {
            config.edges.insert(row.id, row.clone());
        }
        Row::Policy(owner, row) => {
            config.policies.insert(*owner, row.clone());
        }
        Row::Sweep(edge, row) => {
            config.sweeps.insert(*edge, *row);
        }
        Row::Review(row) => {
            config.reviews.insert(row.calendar, row.clone());
        }
        Row::Rule(id, row) => {
            config.rules.insert(*id, row.clone());
        }
        Row::Hold(row) => {
            config.holds.insert(row.id, row.clone());
        }
        Row::Session(row) => {
            config.sessions.insert(row.id, row.clone());
        }
        Row::Event(_)
        | Row::Presence(..)
        | Row::Mirror(..)
        | Row::Part(..)
        | Row::Aside(_)
        | Row::Object(..)
        | Row::Cursor(..)
        | Row::Run(_)
        | Row::Meeting(_)
        | Row::Received(..)
        | Row::Health(..)
        | Row::Watch(..) => {}
    }
}

fn delete_config(config: &mut Config, key: &RowKey) {
    match key {
        RowKey::Account(id) => {
            config.accounts.remove(id);
        }
        RowKey::Calendar(id) => {
            config.calendars.remove(id);
        }
        RowKey::Edge(id) => {
            config.edges.remove(id);
        }
        RowKey::Policy(owner) => {
            config.policies.remove(owner);
        }
        RowKey::Sweep(edge) => {
            config.sweeps.remove(edge);
        }
        RowKey::Review(calendar) => {
            config.reviews.remove(calendar);
        }
        RowKey::Rule(id) => {
            config.rules.remove(id);
        }
        RowKey::Hold(id) => {
            config.holds.remove(id);
        }
        RowKey::Session(id) => {
            config.sessions.remove(id);
        }
        RowKey::Event(_)
        | RowKey::Presence(..)
        | RowKey::Mirror(..)
        | RowKey::Part(_)
        | RowKey::Aside(..)
        | RowKey::Object(..)
        | RowKey::Cursor(_)
        | RowKey::Run(_)
        | RowKey::Meeting(_)
        | RowKey::Received(_)
        | RowKey::Health(_)
        | RowKey::Watch(_) => {}
    }
}
