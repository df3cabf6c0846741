//! A step's own changes over a slice, and the plan they come to.
//!
//! Steps edit bundles and the set-up freely; [`Draft::finish`] finds what differs and journals
//! it. So a recorded row changes only with an entry, and without a change there is none (L11).

mod changed;
mod finish;
mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cursor::{ClockWord, Cursor, Health, Run};
use crate::event::Body;
use crate::few::Few;
use crate::graph::Sweep;
use crate::ids::{
    AccountId, CalendarId, EdgeId, EventId, MeetingId, MessageId, ProviderId, RunId, ScopeId,
};
use crate::journal::{Cause, CauseKind};
use crate::meeting::{Meeting, Message, Received};
use crate::merge::replaced;
use crate::plan::{Job, JobKey, Note, PLAN_ROWS_MAX, RowKey};
use crate::presence::Aside;
use crate::slice::{Bundle, Config, Missing, ObjectRow, Slice};
use crate::step::Env;
use crate::time::Timestamp;
use crate::watch::Watch;
use crate::wire;

use objects::objects_of;

/// Before all events: what overlays hold can be written only when they are there. The earliest time
/// that every store counts to.
pub(crate) const FIRST: Timestamp = Timestamp::from_millis(1 - (1 << 53));

/// The rows changed so far.
pub(crate) struct Draft<'a> {
    pub(crate) slice: &'a Slice,
    pub(crate) env: &'a Env,
    config: Option<(Arc<Config>, Cause)>,
    events: Few<BTreeMap<EventId, Edited>>,
    objects: Few<BTreeMap<(CalendarId, ProviderId), Option<ObjectRow>>>,
    asides: Few<BTreeMap<(CalendarId, ProviderId), Option<Aside>>>,
    cursors: Few<BTreeMap<ScopeId, Option<Cursor>>>,
    sweeps: Few<BTreeMap<EdgeId, Option<Sweep>>>,
    runs: Few<BTreeMap<RunId, Run>>,
    health: Few<BTreeMap<AccountId, Health>>,
    watches: Few<BTreeMap<ScopeId, Option<Watch>>>,
    meetings: Few<BTreeMap<MeetingId, Meeting>>,
    received: Few<BTreeMap<MessageId, Received>>,
    messages: Vec<Message>,
    later: Few<BTreeMap<JobKey, Timestamp>>,
    jobs: Vec<Job>,
    fetch: Vec<ProviderId>,
    notes: Vec<Note>,
    rows: usize,
}

struct Edited {
    bundle: Bundle,
    cause: Cause,
    /// Contents that its entry keeps beside the rows.
    kept: Vec<Vec<u8>>,
    /// Contents that have an entry each, so that each can be brought back alone.
    apart: Vec<(Cause, Vec<u8>)>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(slice: &'a Slice, env: &'a Env) -> Self {
        Self {
            slice,
            env,
            config: None,
            events: Few::default(),
            objects: Few::default(),
            asides: Few::default(),
            cursors: Few::default(),
            sweeps: Few::default(),
            runs: Few::default(),
            health: Few::default(),
            watches: Few::default(),
            meetings: Few::default(),
            received: Few::default(),
            messages: Vec::new(),
            later: Few::default(),
            jobs: Vec::new(),
            fetch: Vec::new(),
            notes: Vec::new(),
            rows: 0,
        }
    }

    /// The set-up with this step's changes.
    pub(crate) fn config(&self) -> &Config {
        self.config.as_ref().map_or(&*self.slice.config, |(config, _)| config)
    }

    /// The same to keep while rows are edited.
    pub(crate) fn setup(&self) -> Arc<Config> {
        Arc::clone(self.config.as_ref().map_or(&self.slice.config, |(config, _)| config))
    }

    /// The set-up, to be changed; the first cause names the entry.
    pub(crate) fn config_mut(&mut self, cause: Cause) -> &mut Config {
        let slice = self.slice;
        let config = self.config.get_or_insert_with(|| (Arc::clone(&slice.config), cause));
        Arc::make_mut(&mut config.0)
    }

    /// An event's bundle with this step's changes; `None` where nothing is recorded.
    pub(crate) fn event(&self, id: EventId) -> Result<Option<&Bundle>, Missing> {
        match self.events.get(&id) {
            Some(edited) => Ok(Some(&edited.bundle)),
            None => Ok(self.slice.event(&id)?.as_ref()),
        }
    }

    /// Changes an event's bundle; a new event begins empty. The first cause names the entry, unless
    /// it comes to a conflict. What changes nothing takes no room in the plan.
    pub(crate) fn edit<R>(
        &mut self,
        id: EventId,
        cause: Cause,
        change: impl FnOnce(&mut Bundle) -> R,
    ) -> Result<R, Missing> {
        let known = self.slice.event(&id)?.as_ref();
        let earlier = self.events.remove(&id);
        let before = earlier.as_ref().map(|edited| edited.bundle.clone());
        let mut edited = match earlier {
            Some(edited) if cause.what == CauseKind::Conflict => {
                // What lost may be nobody's edge's; what won is that of the first cause all the same.
                let edge = cause.edge.or(edited.cause.edge);
                Edited { cause: Cause { edge, ..cause }, ..edited }
            }
            Some(edited) => edited,
            None => Edited {
                bundle: known.cloned().unwrap_or_default(),
                cause,
                kept: Vec::new(),
                apart: Vec::new(),
            },
        };
        let result = change(&mut edited.bundle);
        let before = before.as_ref().or(known);
        if before != Some(&edited.bundle) {
            if let Some(known) = known {
                remember_wants(known, &mut edited.bundle);
            }
            edited.keep_replaced(id, before);
            let named = self.reindex(id, before, &edited.bundle);
            self.rows += named + rows_between(before, &edited.bundle);
        }
        self.events.insert(id, edited);
        Ok(result)
    }

    /// New evidence that something of a calendar is gone: what was read of its account before may
    /// have changed since, so that all of it is read again before the evidence takes effect (L7).
    pub(crate) fn evidence(&mut self, calendar: CalendarId) -> Result<(), Missing> {
        let before = self.run()?;
        let mut run = before.clone();
        if let Some(calendar) = self.config().calendars.get(&calendar) {
            let account = calendar.account;
            run.searched.retain(|searched| *searched != account);
            self.unread(&mut run, account);
        }
        if run != before {
            self.set_run(run);
        }
        Ok(())
    }

    /// All of the account was read, and what may be gone is looked for there once more.
    pub(crate) fn search_again(&mut self, account: AccountId) -> Result<(), Missing> {
        let mut run = self.run()?;
        run.searched.push(account);
        self.unread(&mut run, account);
        self.set_run(run);
        Ok(())
    }

    fn unread(&self, run: &mut Run, account: AccountId) {
        let calendars = &self.config().calendars;
        let is_its = |id: &CalendarId| calendars.get(id).is_some_and(|c| c.account == account);
        run.read.retain(|scope| !is_its(&scope.calendar()));
    }

    /// Keeps a content that loses against another in the entry of the event just edited, so that
    /// it can be brought back (L14).
    pub(crate) fn keep_lost(&mut self, event: EventId, shown_by: &RowKey, body: &Body) {
        if let Some(edited) = self.events.get_mut(&event) {
            edited.kept.push(wire::lost(shown_by, body));
        }
    }

    /// Keeps what an origin says where a change that waits is to be written over some of it (L14).
    ///
    /// # Errors
    /// [`Missing`] names the event.
    pub(crate) fn keep_loser(
        &mut self,
        (event, calendar): (EventId, CalendarId),
        shown: &Body,
    ) -> Result<(), Missing> {
        let cause = Cause::of(CauseKind::Conflict).in_calendar(calendar);
        self.edit(event, cause, |_| ())?;
        self.keep_lost(event, &RowKey::Presence(event, calendar), shown);
        Ok(())
    }

    /// Keeps what the event just edited by hand was to say in a calendar before and from now on, so
    /// that the edit can be taken back (L14). `None`: it was not there, or goes.
    pub(crate) fn keep_edit(
        &mut self,
        (event, calendar): (EventId, CalendarId),
        before: Option<&Body>,
        after: Option<&Body>,
    ) {
        if let Some(edited) = self.events.get_mut(&event) {
            let key = RowKey::Presence(event, calendar);
            edited.kept.extend(before.map(|body| wire::lost(&key, body)));
            edited.kept.extend(after.map(|body| wire::said(&key, body)));
        }
    }

    /// Follows the objects that a bundle names; how many rows of the index change.
    fn reindex(&mut self, event: EventId, before: Option<&Bundle>, after: &Bundle) -> usize {
        let mut changed = 0;
        let before = before.map(|bundle| objects_of(event, bundle)).unwrap_or_default();
        let after = objects_of(event, after);
        for (calendar, object) in before.keys().filter(|key| !after.contains_key(key)) {
            self.objects.insert((*calendar, (*object).clone()), None);
            changed += 1;
        }
        for (key, named) in after {
            if before.get(&key) != Some(&named) {
                self.objects.insert((key.0, key.1.clone()), Some(named.row()));
                changed += 1;
            }
        }
        changed
    }

    /// The events that this step changed.
    pub(crate) fn edited(&self) -> impl Iterator<Item = EventId> {
        self.events.keys().copied()
    }

    /// The row an object belongs to, with this step's changes.
    pub(crate) fn object(
        &self,
        key: &(CalendarId, ProviderId),
    ) -> Result<Option<&ObjectRow>, Missing> {
        match self.objects.get(key) {
            Some(row) => Ok(row.as_ref()),
            None => Ok(self.slice.object(key)?.as_ref()),
        }
    }

    /// What is set aside under an object's key, with this step's changes; strays apart.
    pub(crate) fn aside(&self, key: &(CalendarId, ProviderId)) -> Result<Option<&Aside>, Missing> {
        match self.asides.get(key) {
            Some(aside) => Ok(aside.as_ref()),
            None => self.slice.aside(key),
        }
    }

    /// Sets an object aside, or takes back that it was. Not for strays, which lie in bundles.
    pub(crate) fn set_aside(&mut self, key: (CalendarId, ProviderId), aside: Option<Aside>) {
        self.rows += 2;
        self.asides.insert(key, aside);
    }

    /// A scope's cursor, with this step's changes.
    pub(crate) fn cursor(&self, scope: ScopeId) -> Result<Cursor, Missing> {
        Ok(match self.cursors.get(&scope) {
            Some(cursor) => cursor.clone(),
            None => self.slice.cursor(&scope)?.clone(),
        }
        .unwrap_or_default())
    }

    /// None is kept of a calendar that is gone.
    pub(crate) fn set_cursor(&mut self, scope: ScopeId, cursor: Option<Cursor>) {
        if cursor.is_some() && !self.config().calendars.contains_key(&scope.calendar()) {
            return;
        }
        self.rows += 1;
        self.cursors.insert(scope, cursor);
    }

    /// An object is there that the next listing may not tell of, were it gone by then. Before the
    /// first listing there is nothing that it could leave out.
    pub(crate) fn keep_until_listed(
        &mut self,
        scope: ScopeId,
        object: &ProviderId,
    ) -> Result<(), Missing> {
        let mut cursor = self.cursor(scope)?;
        if cursor.read_at.is_some() {
            cursor.wrote(object);
            self.set_cursor(scope, Some(cursor));
        }
        Ok(())
    }

    /// How far an edge was swept; an edge without a row has not begun.
    pub(crate) fn sweep(&self, edge: EdgeId) -> Sweep {
        self.sweeps
            .get(&edge)
            .copied()
            .unwrap_or_else(|| self.slice.config.sweeps.get(&edge).copied())
            .unwrap_or_default()
    }

    pub(crate) fn set_sweep(&mut self, edge: EdgeId, sweep: Option<Sweep>) {
        self.rows += 1;
        self.sweeps.insert(edge, sweep);
    }

    /// This step's run, with this step's changes.
    pub(crate) fn run(&self) -> Result<Run, Missing> {
        let id = self.env.run;
        if let Some(run) = self.runs.get(&id) {
            return Ok(run.clone());
        }
        Ok(self.slice.run(&id)?.clone().unwrap_or_else(|| Run {
            id,
            started: self.env.now,
            read: Vec::new(),
            searched: Vec::new(),
            released: Vec::new(),
            clock: ClockWord::None,
        }))
    }

    pub(crate) fn set_run(&mut self, run: Run) {
        self.rows += 1;
        self.runs.insert(run.id, run);
    }

    pub(crate) fn health(&self, account: AccountId) -> Result<Health, Missing> {
        Ok(match self.health.get(&account) {
            Some(health) => health.clone(),
            None => self.slice.health_of(&account)?.clone().unwrap_or_default(),
        })
    }

    /// Nothing is kept of an account that is gone: what was asked before may be answered after.
    pub(crate) fn set_health(&mut self, account: AccountId, health: Health) {
        if !self.config().accounts.contains_key(&account) {
            return;
        }
        self.rows += 1;
        self.health.insert(account, health);
    }

    /// What is known of a scope's watches, with this step's changes; `None`: nothing.
    pub(crate) fn watch(&self, scope: ScopeId) -> Result<Option<Watch>, Missing> {
        match self.watches.get(&scope) {
            Some(watch) => Ok(watch.clone()),
            None => Ok(self.slice.watch(&scope)?.clone()),
        }
    }

    pub(crate) fn set_watch(&mut self, scope: ScopeId, watch: Option<Watch>) {
        self.rows += 1;
        self.watches.insert(scope, watch);
    }

    /// A meeting, with this step's changes.
    pub(crate) fn meeting(&self, id: MeetingId) -> Result<Option<&Meeting>, Missing> {
        let stored = self.slice.meeting(&id)?.as_ref();
        Ok(self.meetings.get(&id).or(stored))
    }

    /// Changes a meeting that was read before, or puts a new one down.
    pub(crate) fn set_meeting(&mut self, meeting: Meeting) {
        self.rows += 1;
        self.meetings.insert(meeting.id, meeting);
    }

    /// Whether a message was taken in, in this step or before.
    pub(crate) fn was_received(&self, id: MessageId) -> Result<bool, Missing> {
        Ok(self.slice.received_of(&id)?.is_some() || self.received.contains_key(&id))
    }

    pub(crate) fn set_received(&mut self, id: MessageId, received: Received) {
        self.rows += 1;
        self.received.insert(id, received);
    }

    /// A message for another graph.
    pub(crate) fn send(&mut self, message: Message) {
        self.rows += 1;
        self.messages.push(message);
    }

    /// The job of a row that this step leaves with work to do runs at `at`, not at once.
    pub(crate) fn run_later(&mut self, key: JobKey, at: Timestamp) {
        self.later.insert(key, at);
    }

    /// A job for a row that this step may not change.
    pub(crate) fn push_job(&mut self, job: Job) {
        self.rows += 1;
        self.jobs.push(job);
    }

    /// An object to be read alone.
    pub(crate) fn fetch(&mut self, object: ProviderId) {
        self.fetch.push(object);
    }

    pub(crate) fn note(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Whether a plan has room for one more input. Counts rows, a little too many.
    pub(crate) const fn has_room(&self) -> bool {
        self.has_room_for(40)
    }

    /// The same beside so many rows that are sure to come.
    pub(crate) const fn has_room_beside(&self, rows: usize) -> bool {
        self.has_room_for(40 + rows)
    }

    /// Whether a plan has room for so many more rows.
    pub(crate) const fn has_room_for(&self, rows: usize) -> bool {
        self.rows + rows < PLAN_ROWS_MAX
    }

    /// The cause of what a pull shows.
    pub(crate) const fn seen_in(calendar: CalendarId) -> Cause {
        Cause::of(CauseKind::Seen).in_calendar(calendar)
    }
}

/// How many rows differ between two states of a bundle, but for those of the index.
fn rows_between(before: Option<&Bundle>, after: &Bundle) -> usize {
    let Some(before) = before else {
        let parts = after.mirrors.values().map(|mirror| 1 + mirror.parts.len());
        return 1 + after.presences.len() + after.strays.len() + parts.sum::<usize>();
    };
    let mut rows = usize::from(before.event != after.event);
    rows += differing(&before.presences, &after.presences);
    rows += differing(&before.strays, &after.strays);
    let edges: BTreeSet<&EdgeId> = before.mirrors.keys().chain(after.mirrors.keys()).collect();
    for edge in edges {
        rows += match (before.mirrors.get(edge), after.mirrors.get(edge)) {
            (Some(was), Some(is)) => {
                usize::from(was.mirror != is.mirror) + differing(&was.parts, &is.parts)
            }
            (Some(one), None) | (None, Some(one)) => 1 + one.parts.len(),
            (None, None) => 0,
        };
    }
    rows
}

fn differing<K: Ord, V: PartialEq>(before: &BTreeMap<K, V>, after: &BTreeMap<K, V>) -> usize {
    let changed = after.iter().filter(|(key, value)| before.get(key) != Some(value)).count();
    changed + before.keys().filter(|key| !after.contains_key(key)).count()
}

impl Edited {
    /// Keeps what rested, where a mirror's edit took its place.
    fn keep_replaced(&mut self, event: EventId, before: Option<&Bundle>) {
        // Who asks for something here, or takes it back, knows what it takes the place of.
        if matches!(self.cause.what, CauseKind::Authored | CauseKind::Undone) {
            return;
        }
        for (calendar, edge, body) in before.into_iter().flat_map(|it| replaced(it, &self.bundle)) {
            let cause = Cause::of(CauseKind::Conflict).in_calendar(calendar).for_edge(edge);
            self.apart.push((cause, wire::lost(&RowKey::Presence(event, calendar), body)));
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
