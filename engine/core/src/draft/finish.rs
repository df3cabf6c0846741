//! From a draft to a plan: what differs, as rows, journal entries and jobs.

use std::collections::BTreeMap;

use super::{Draft, Edited, FIRST, objects_of};
use crate::graph::{CalendarRole, OverlayState};
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::{Cause, CauseKind, Entry, Head};
use crate::limits;
use crate::meeting::Meeting;
use crate::mirror::{PartKey, PartRef, PartStatus};
use crate::plan::{Change, Job, JobKey, Plan, Row, RowKey};
use crate::slice::{Bundle, Config, MirrorBundle, Missing, ObjectRow};
use crate::wire;

impl Draft<'_> {
    /// The plan, covering the first `taken` inputs.
    pub(crate) fn finish(mut self, taken: usize) -> Result<Plan, Missing> {
        let mut out = Out { plan: Plan { taken, ..Plan::default() }, head: self.slice.head };
        self.finish_config(&mut out);
        self.finish_events(&mut out)?;
        self.finish_asides(&mut out);
        self.finish_meetings(&mut out);
        self.finish_operational(&mut out);
        out.plan.jobs.append(&mut self.jobs);
        out.plan.messages = self.messages;
        out.plan.fetch = self.fetch;
        out.plan.notes = self.notes;
        Ok(out.plan)
    }

    fn finish_config(&mut self, out: &mut Out) {
        let Some((after, cause)) = self.config.take() else {
            return;
        };
        let before = &*self.slice.config;
        let mut deltas = Deltas::default();
        deltas.between(set_up_rows(before, &after), set_up_rows(&after, before), &mut out.plan);
        out.enter(self, deltas, cause, None);
        for gone in before.calendars.values().filter(|c| !after.calendars.contains_key(&c.id)) {
            out.plan.changes.push(Change::Delete(RowKey::Watch(gone.scope())));
        }
        for calendar in after.calendars.values() {
            if before.calendars.get(&calendar.id) != Some(calendar) && needs_work(calendar.role) {
                let key = JobKey::Overlay(calendar.id);
                let run_at = self.later.get(&key).copied().unwrap_or(self.env.now);
                out.plan.jobs.push(Job { key, lane: calendar.id, run_at, starts: FIRST });
            }
        }
    }

    fn finish_events(&mut self, out: &mut Out) -> Result<(), Missing> {
        let empty = Bundle::default();
        let mut indexed = BTreeMap::new();
        for (id, Edited { mut bundle, cause, lost }) in std::mem::take(&mut self.events) {
            let before = self.slice.event(&id)?.as_ref().unwrap_or(&empty);
            indexed.extend(objects_of(id, before));
            if *before == bundle && lost.is_empty() {
                continue;
            }
            let mut deltas = Deltas::default();
            remember_wants(before, &mut bundle);
            self.part_jobs(id, before, &bundle, &mut out.plan);
            let (before, after) = differing(before, bundle);
            deltas.between(bundle_rows(id, before), bundle_rows(id, after), &mut out.plan);
            deltas.0.extend(lost);
            out.enter(self, deltas, cause, Some(id));
        }
        for (key, row) in &self.objects {
            if indexed.get(key) != row.as_ref() {
                put_object(key.clone(), row.clone(), &mut out.plan);
            }
        }
        Ok(())
    }

    fn part_jobs(&self, event: EventId, before: &Bundle, after: &Bundle, plan: &mut Plan) {
        for (edge, mirror) in &after.mirrors {
            let known = before.mirrors.get(edge);
            // Changed instances that are objects of their own waited for their series.
            let series_came =
                series_of(Some(mirror)).is_some() && series_of(known) != series_of(Some(mirror));
            for (key, part) in &mirror.parts {
                let old = known.and_then(|m| m.parts.get(key));
                let waited = series_came && matches!(key, PartKey::Override(_));
                let waits = match part.status {
                    PartStatus::Due | PartStatus::Unsure => true,
                    // What is to be read back comes with the next listing, or in a batch; unless
                    // something else is wanted by now.
                    PartStatus::ReadBack => !part.is_as_wanted(),
                    PartStatus::Settled | PartStatus::Parked(_) => false,
                };
                if waits && (waited || old != Some(part)) {
                    let key = JobKey::Part(PartRef { event, edge: *edge, part: *key });
                    let run_at = self.later.get(&key).copied().unwrap_or(self.env.now);
                    let lane = mirror.mirror.calendar;
                    plan.jobs.push(Job { key, lane, run_at, starts: part.starts });
                }
            }
        }
        for (calendar, presence) in &after.presences {
            let old = before.presences.get(calendar);
            let Some(pending) = presence.pending.as_ref().filter(|p| p.parked.is_none()) else {
                continue;
            };
            // A change whose origin seemed to be gone, or was read first, has no job any more.
            let as_before = old.is_some_and(|old| {
                old.pending.as_ref() == Some(pending)
                    && old.version == presence.version
                    && old.gone.is_some() == presence.gone.is_some()
            });
            if !as_before {
                let key = JobKey::Origin(event, *calendar);
                let later = self.later.get(&key).copied().max(pending.retry_at);
                let run_at = later.map_or(self.env.now, |at| at.max(self.env.now));
                plan.jobs.push(Job { key, lane: *calendar, run_at, starts: self.env.now });
            }
        }
    }

    fn finish_asides(&mut self, out: &mut Out) {
        for (key, after) in std::mem::take(&mut self.asides) {
            let before = self.slice.asides.get(&key).cloned().flatten();
            if before == after {
                continue;
            }
            let rows = |aside: Option<_>| -> BTreeMap<RowKey, Row> {
                aside.into_iter().map(Row::Aside).map(|row| (row.key(), row)).collect()
            };
            let mut deltas = Deltas::default();
            let cause = Cause::of(CauseKind::Seen).in_calendar(key.0);
            let indexed = !self.owned_elsewhere(&key);
            let object = after.as_ref().map(|aside| ObjectRow {
                version: aside.version.clone(),
                owner: crate::slice::Owner::Aside(None),
                gone: false,
            });
            deltas.between(rows(before), rows(after), &mut out.plan);
            out.enter(self, deltas, cause, None);
            if indexed {
                put_object(key, object, &mut out.plan);
            }
        }
    }

    fn finish_meetings(&mut self, out: &mut Out) {
        for (id, after) in std::mem::take(&mut self.meetings) {
            let before = self.slice.meetings.get(&id).cloned().flatten();
            let rows = |meeting: Option<Meeting>| -> BTreeMap<RowKey, Row> {
                meeting.into_iter().map(Row::Meeting).map(|row| (row.key(), row)).collect()
            };
            let mut deltas = Deltas::default();
            let event = after.event;
            deltas.between(rows(before), rows(Some(after)), &mut out.plan);
            out.enter(self, deltas, Cause::of(CauseKind::Met), Some(event));
        }
    }

    /// Whether an event's rows name this object, so that the index belongs to them.
    fn owned_elsewhere(&self, key: &(CalendarId, ProviderId)) -> bool {
        let row = match self.objects.get(key) {
            Some(row) => row.as_ref(),
            None => self.slice.objects.get(key).and_then(Option::as_ref),
        };
        row.is_some_and(|row| row.owner != crate::slice::Owner::Aside(None))
    }

    fn finish_operational(&mut self, out: &mut Out) {
        let plan = &mut out.plan;
        for (scope, cursor) in std::mem::take(&mut self.cursors) {
            if self.slice.cursors.get(&scope).is_none_or(|before| *before != cursor) {
                match cursor {
                    Some(cursor) => plan.put(Row::Cursor(scope, cursor)),
                    None => plan.changes.push(Change::Delete(RowKey::Cursor(scope))),
                }
            }
        }
        for (edge, sweep) in std::mem::take(&mut self.sweeps) {
            if self.slice.config.sweeps.get(&edge).copied() != sweep {
                match sweep {
                    Some(sweep) => plan.put(Row::Sweep(edge, sweep)),
                    None => plan.changes.push(Change::Delete(RowKey::Sweep(edge))),
                }
            }
        }
        for run in std::mem::take(&mut self.runs).into_values() {
            if self.slice.runs.get(&run.id).is_none_or(|before| before.as_ref() != Some(&run)) {
                plan.put(Row::Run(run));
            }
        }
        for (account, health) in std::mem::take(&mut self.health) {
            let before = self.slice.health.get(&account).and_then(Option::as_ref);
            if before != Some(&health) {
                plan.put(Row::Health(account, health));
            }
        }
        for (scope, watch) in std::mem::take(&mut self.watches) {
            match watch {
                Some(watch) => plan.put(Row::Watch(scope, watch)),
                None => plan.changes.push(Change::Delete(RowKey::Watch(scope))),
            }
        }
        for (message, received) in std::mem::take(&mut self.received) {
            plan.put(Row::Received(message, received));
        }
    }
}

/// What was wanted before this step may have been written, its answer on the way (L5).
fn remember_wants(before: &Bundle, after: &mut Bundle) {
    for (edge, mirror) in &mut after.mirrors {
        let known = before.mirrors.get(edge);
        for (key, part) in &mut mirror.parts {
            if let Some(old) = known.and_then(|mirror| mirror.parts.get(key)) {
                part.remember_want(old);
            }
        }
    }
}

struct Out {
    plan: Plan,
    head: Head,
}

impl Out {
    fn enter(&mut self, draft: &Draft<'_>, deltas: Deltas, cause: Cause, event: Option<EventId>) {
        if deltas.0.is_empty() {
            return;
        }
        let env = draft.env;
        for deltas in deltas.in_entries() {
            let payload = wire::payload(deltas);
            let cause = cause.clone();
            let entry = Entry::after(self.head, (env.now, env.run), cause, event, &payload);
            self.head = entry.head();
            self.plan.entries.push((entry, payload));
        }
    }
}

impl Plan {
    fn put(&mut self, row: Row) {
        let bytes = wire::encode(&row);
        self.changes.push(Change::Put(row, bytes));
    }
}

/// The journal's record of the rows of one entry.
#[derive(Default)]
struct Deltas(Vec<Vec<u8>>);

impl Deltas {
    fn between(
        &mut self,
        mut before: BTreeMap<RowKey, Row>,
        after: BTreeMap<RowKey, Row>,
        plan: &mut Plan,
    ) {
        for (key, row) in after {
            let old = before.remove(&key);
            if old.as_ref() == Some(&row) {
                continue;
            }
            let old = old.as_ref().map(wire::encode);
            let bytes = wire::encode(&row);
            let delta = wire::delta(&key, old.as_deref(), Some(&bytes));
            match old.filter(|_| delta.len() > limits::ENTRY_BYTES_MAX) {
                // Each side alone is a row, and rows fit.
                Some(old) => {
                    self.0.push(wire::delta(&key, Some(&old), None));
                    self.0.push(wire::delta(&key, None, Some(&bytes)));
                }
                None => self.0.push(delta),
            }
            plan.changes.push(Change::Put(row, bytes));
        }
        for (key, row) in before {
            self.0.push(wire::delta(&key, Some(&wire::encode(&row)), None));
            plan.changes.push(Change::Delete(key));
        }
    }

    /// Parted, in their order, so that each part fits an entry.
    fn in_entries(&self) -> Vec<&[Vec<u8>]> {
        let mut parts = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (at, delta) in self.0.iter().enumerate() {
            if at > start && bytes + delta.len() > limits::ENTRY_BYTES_MAX {
                parts.push(&self.0[start..at]);
                (start, bytes) = (at, 0);
            }
            bytes += delta.len() + 1;
        }
        parts.push(&self.0[start..]);
        parts
    }
}

/// The rows of a set-up that another one does not have just so.
fn set_up_rows(config: &Config, other: &Config) -> BTreeMap<RowKey, Row> {
    let accounts = unlike(&config.accounts, &other.accounts).map(|(_, a)| Row::Account(a.clone()));
    let calendars =
        unlike(&config.calendars, &other.calendars).map(|(_, c)| Row::Calendar(c.clone()));
    let edges = unlike(&config.edges, &other.edges).map(|(_, e)| Row::Edge(e.clone()));
    let policies =
        unlike(&config.policies, &other.policies).map(|(o, p)| Row::Policy(*o, p.clone()));
    let reviews = unlike(&config.reviews, &other.reviews).map(|(_, r)| Row::Review(r.clone()));
    let rules = unlike(&config.rules, &other.rules).map(|(id, rule)| Row::Rule(*id, rule.clone()));
    let holds = unlike(&config.holds, &other.holds).map(|(_, hold)| Row::Hold(hold.clone()));
    let sessions = unlike(&config.sessions, &other.sessions).map(|(_, s)| Row::Session(s.clone()));
    let set_up = accounts.chain(calendars).chain(edges).chain(policies).chain(reviews);
    let all = set_up.chain(rules).chain(holds).chain(sessions);
    all.map(|row| (row.key(), row)).collect()
}

/// What differs of a bundle, as it was and as it is: the rest needs no row.
fn differing(before: &Bundle, mut after: Bundle) -> (Bundle, Bundle) {
    let same_event = before.event == after.event;
    let was = Bundle {
        event: before.event.clone().filter(|_| !same_event),
        presences: copied(&before.presences, &after.presences),
        mirrors: copied(&before.mirrors, &after.mirrors),
        strays: copied(&before.strays, &after.strays),
    };
    after.event = after.event.filter(|_| !same_event);
    after.presences.retain(|key, now| before.presences.get(key) != Some(now));
    after.mirrors.retain(|key, now| before.mirrors.get(key) != Some(now));
    after.strays.retain(|key, now| before.strays.get(key) != Some(now));
    (was, after)
}

fn copied<K: Ord + Clone, V: PartialEq + Clone>(
    map: &BTreeMap<K, V>,
    other: &BTreeMap<K, V>,
) -> BTreeMap<K, V> {
    unlike(map, other).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The entries of a map that another one does not have just so.
fn unlike<'a, K: Ord, V: PartialEq>(
    map: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, &'a V)> {
    map.iter().filter(|(key, value)| other.get(key) != Some(value))
}

/// Takes the bundle apart: a new event's rows go from the step into the plan as they are.
fn bundle_rows(id: EventId, bundle: Bundle) -> BTreeMap<RowKey, Row> {
    let Bundle { event, presences, mirrors, strays } = bundle;
    let event = event.map(Row::Event);
    let presences = presences
        .into_iter()
        .map(|(calendar, presence)| Row::Presence(id, calendar, Box::new(presence)));
    let strays = strays.into_values().map(Row::Aside);
    let mirrors = mirrors.into_iter().flat_map(|(edge, MirrorBundle { mirror, parts })| {
        let calendar = mirror.calendar;
        let parts = parts
            .into_iter()
            .map(move |(part, row)| Row::Part(PartRef { event: id, edge, part }, calendar, row));
        std::iter::once(Row::Mirror(id, edge, mirror)).chain(parts)
    });
    let all = event.into_iter().chain(presences).chain(strays).chain(mirrors);
    all.map(|row| (row.key(), row)).collect()
}

fn put_object(key: (CalendarId, ProviderId), row: Option<ObjectRow>, plan: &mut Plan) {
    match row {
        Some(row) => plan.put(Row::Object(key.0, key.1, row)),
        None => plan.changes.push(Change::Delete(RowKey::Object(key.0, key.1))),
    }
}

const fn needs_work(role: CalendarRole) -> bool {
    match role {
        CalendarRole::Overlay(OverlayState::Wanted { .. } | OverlayState::Retiring) => true,
        CalendarRole::Overlay(OverlayState::Made { .. })
        | CalendarRole::Theirs
        | CalendarRole::Subscribed
        | CalendarRole::Own
        | CalendarRole::Lost => false,
    }
}

/// The object of all of an event.
fn series_of(mirror: Option<&MirrorBundle>) -> Option<&ProviderId> {
    let whole = mirror?.parts.get(&PartKey::Whole)?;
    whole.object.as_ref().map(|object| &object.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Content, Span};
    use crate::presence::Presence;
    use crate::time::{Civil, Length, When};

    fn row(calendar: u8, text: &str, bytes: usize) -> Row {
        let start = When::Floating(Civil::from_seconds(0));
        let mut content = Content::at(Span { start, length: Length::Exact(0), end_zone: None });
        content.description = text.repeat(bytes);
        let presence = Presence {
            object: ProviderId("o".to_owned()),
            version: None,
            body: Body::single(content),
            doubts: Vec::new(),
            instances: Vec::new(),
            gone: None,
            pending: None,
        };
        let calendar = CalendarId::from_bytes([calendar; 16]);
        Row::Presence(EventId::from_bytes([1; 16]), calendar, Box::new(presence))
    }

    fn rows(text: &str, bytes: usize) -> BTreeMap<RowKey, Row> {
        (1..=3).map(|n| row(n, text, bytes)).map(|row| (row.key(), row)).collect()
    }

    #[test]
    fn a_change_of_any_size_is_journalled_in_entries_that_fit_and_replay() {
        for bytes in [10, 400_000, 1_500_000] {
            let mut deltas = Deltas::default();
            deltas.between(rows("a", bytes), rows("b", bytes), &mut Plan::default());
            let value = |row: &Row| serde_json::from_slice(&wire::encode(row)).ok();
            let held = |rows: BTreeMap<RowKey, Row>| -> BTreeMap<String, serde_json::Value> {
                rows.values().filter_map(|row| Some((wire::key(&row.key()), value(row)?))).collect()
            };
            let mut replayed = held(rows("a", bytes));
            for part in deltas.in_entries() {
                let payload = wire::payload(part);
                assert!(payload.0.len() <= limits::ENTRY_BYTES_MAX + 2, "{}", payload.0.len());
                assert_eq!(wire::replay(&payload, &mut replayed), Ok(()));
            }
            assert_eq!(replayed, held(rows("b", bytes)));
        }
    }
}
