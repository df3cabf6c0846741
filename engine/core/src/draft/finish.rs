//! From a draft to a plan: what differs, as rows, journal entries and jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::changed::{Changed, Deltas};
use super::objects::{named_as, objects_of};
use super::{Draft, Edited, FIRST};
use crate::graph::{CalendarRole, OverlayState};
use crate::ids::{CalendarId, EdgeId, EventId, ProviderId};
use crate::journal::{Cause, CauseKind, Entry, Head};
use crate::mirror::{Part, PartKey, PartRef, PartStatus};
use crate::plan::{Change, Job, JobKey, Plan, Row, RowKey};
use crate::slice::{Bundle, Config, MirrorBundle, Missing, ObjectRow, Owner};
use crate::wire;

impl Draft<'_> {
    /// The plan, covering the first `taken` inputs.
    pub(crate) fn finish(mut self, taken: usize) -> Result<Plan, Missing> {
        let mut out = Out { plan: Plan { taken, ..Plan::default() }, head: self.slice.head };
        let owned = self.asides.keys().filter(|key| self.owned_elsewhere(key));
        let owned: BTreeSet<_> = owned.cloned().collect();
        self.finish_config(&mut out);
        self.finish_events(&mut out)?;
        self.finish_asides(&owned, &mut out);
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
        for calendar in after.calendars.values() {
            if before.calendars.get(&calendar.id) != Some(calendar) && needs_work(calendar.role) {
                let key = JobKey::Overlay(calendar.id);
                let run_at = self.later.get(&key).copied().unwrap_or(self.env.now);
                out.plan.jobs.push(Job { key, lane: calendar.id, run_at, starts: FIRST });
            }
        }
        let gone = before.calendars.values().filter(|c| !after.calendars.contains_key(&c.id));
        let mut gone: Vec<_> =
            gone.map(|calendar| Change::Delete(RowKey::Watch(calendar.scope()))).collect();
        for account in before.accounts.keys().filter(|id| !after.accounts.contains_key(id)) {
            self.health.remove(account);
            gone.push(Change::Delete(RowKey::Health(*account)));
        }
        let deltas = set_up(before, Arc::unwrap_or_clone(after), &mut out.plan);
        out.enter(self, deltas, cause, None);
        out.plan.changes.extend(gone);
    }

    fn finish_events(&mut self, out: &mut Out) -> Result<(), Missing> {
        let empty = Bundle::default();
        let mut indexed = BTreeMap::new();
        for (id, Edited { bundle, cause, kept, apart }) in std::mem::take(&mut self.events) {
            let before = self.slice.event(&id)?.as_ref().unwrap_or(&empty);
            indexed.extend(objects_of(id, before));
            if *before == bundle && kept.is_empty() {
                continue;
            }
            self.part_jobs(id, before, &bundle, &mut out.plan);
            let mut deltas = bundle_of(id, before, bundle, &mut out.plan);
            for content in kept {
                deltas.add(|out| out.extend_from_slice(&content));
            }
            out.enter(self, deltas, cause, Some(id));
            for (cause, content) in apart {
                let mut deltas = Deltas::default();
                deltas.add(|out| out.extend_from_slice(&content));
                out.enter(self, deltas, cause, Some(id));
            }
        }
        for ((calendar, object), row) in std::mem::take(&mut self.objects) {
            let before = indexed.get(&(calendar, &object));
            if !named_as(before, row.as_ref()) {
                put_object((calendar, object), row, &mut out.plan);
            }
        }
        Ok(())
    }

    fn part_jobs(&self, event: EventId, before: &Bundle, after: &Bundle, plan: &mut Plan) {
        for (edge, mirror) in &after.mirrors {
            let known = before.mirrors.get(edge);
            // Changed instances that are objects of their own waited for their series to be written.
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

    fn finish_asides(&mut self, owned: &BTreeSet<(CalendarId, ProviderId)>, out: &mut Out) {
        for (key, after) in std::mem::take(&mut self.asides) {
            let before = self.slice.asides.get(&key).and_then(Option::as_ref);
            if before == after.as_ref() {
                continue;
            }
            let object = after.as_ref().map(|aside| ObjectRow {
                version: aside.version.clone(),
                owner: Owner::Aside(None),
                gone: false,
            });
            let mut rows = Changed::of(&mut out.plan);
            rows.one(before, after, Row::Aside);
            let deltas = rows.end();
            out.enter(self, deltas, Draft::seen_in(key.0), None);
            if !owned.contains(&key) {
                put_object(key, object, &mut out.plan);
            }
        }
    }

    /// Whether an event's rows name this object, so that the index belongs to them.
    fn owned_elsewhere(&self, key: &(CalendarId, ProviderId)) -> bool {
        let row = match self.objects.get(key) {
            Some(row) => row.as_ref(),
            None => self.slice.objects.get(key).and_then(Option::as_ref),
        };
        row.is_some_and(|row| row.owner != Owner::Aside(None))
    }

    fn finish_meetings(&mut self, out: &mut Out) {
        for (id, after) in std::mem::take(&mut self.meetings) {
            let before = self.slice.meetings.get(&id).and_then(Option::as_ref);
            let event = after.event;
            let mut rows = Changed::of(&mut out.plan);
            rows.one(before, Some(after), Row::Meeting);
            let deltas = rows.end();
            out.enter(self, deltas, Cause::of(CauseKind::Met), Some(event));
        }
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
        for (_, run) in std::mem::take(&mut self.runs) {
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

struct Out {
    plan: Plan,
    head: Head,
}

impl Out {
    fn enter(&mut self, draft: &Draft<'_>, deltas: Deltas, cause: Cause, event: Option<EventId>) {
        let env = draft.env;
        for payload in deltas.payloads() {
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

/// The rows of the set-up that changed.
fn set_up(before: &Config, after: Config, plan: &mut Plan) -> Deltas {
    let mut rows = Changed::of(plan);
    rows.each(&before.accounts, after.accounts, |_, account| Row::Account(account));
    rows.each(&before.calendars, after.calendars, |_, calendar| Row::Calendar(calendar));
    rows.each(&before.edges, after.edges, |_, edge| Row::Edge(edge));
    rows.each(&before.policies, after.policies, |owner, policy| Row::Policy(*owner, policy));
    rows.each(&before.reviews, after.reviews, |_, review| Row::Review(review));
    rows.each(&before.rules, after.rules, |id, rule| Row::Rule(*id, rule));
    rows.each(&before.holds, after.holds, |_, hold| Row::Hold(hold));
    rows.each(&before.sessions, after.sessions, |_, session| Row::Session(session));
    rows.end()
}

/// The rows of an event that changed. They go from the step into the plan as they are.
fn bundle_of(id: EventId, before: &Bundle, after: Bundle, plan: &mut Plan) -> Deltas {
    let mut rows = Changed::of(plan);
    rows.one(before.event.as_ref(), after.event, Row::Event);
    rows.each(&before.presences, after.presences, |calendar, presence| {
        Row::Presence(id, *calendar, Box::new(presence))
    });
    let none = BTreeMap::new();
    for (edge, now) in &after.mirrors {
        let was = before.mirrors.get(edge).map(|was| &was.mirror);
        rows.one(was, Some(now.mirror.clone()), |mirror| Row::Mirror(id, *edge, mirror));
    }
    let gone = before.mirrors.iter().filter(|(edge, _)| !after.mirrors.contains_key(edge));
    for (edge, was) in gone {
        rows.one(Some(&was.mirror), None, |mirror| Row::Mirror(id, *edge, mirror));
        rows.each(&was.parts, BTreeMap::new(), part_row(id, *edge, was.mirror.calendar));
    }
    for (edge, now) in after.mirrors {
        let was = before.mirrors.get(&edge).map_or(&none, |was| &was.parts);
        rows.each(was, now.parts, part_row(id, edge, now.mirror.calendar));
    }
    rows.each(&before.strays, after.strays, |_, aside| Row::Aside(aside));
    rows.end()
}

fn part_row(event: EventId, edge: EdgeId, target: CalendarId) -> impl Fn(&PartKey, Part) -> Row {
    move |part, row| Row::Part(PartRef { event, edge, part: *part }, target, row)
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

/// The object of all of an event, once it is written.
fn series_of(mirror: Option<&MirrorBundle>) -> Option<&ProviderId> {
    mirror?.parts.get(&PartKey::Whole)?.written().map(|object| &object.id)
}
