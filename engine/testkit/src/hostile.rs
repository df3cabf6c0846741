//! A store that gives no more than it must, or as much as it may, and checks all that it is given.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kalends_core::ids::{EventId, GraphId, MessageId};
use kalends_core::meeting::Message;
use kalends_core::plan::{Change, Job, JobKey, PLAN_ROWS_MAX, Plan, Row};
use kalends_core::ports::{Claim, SendGraphStore, SendJobQueue, SendOutbox, StoreError};
use kalends_core::scratch::{Pad, Piece, SendScratch, Waste};
use kalends_core::slice::{GraphVersion, ReadSet, Slice};
use kalends_core::time::Timestamp;
use kalends_core::wire;

/// The most bytes of a row that every store takes.
const ROW_BYTES_MAX: usize = 1_990_000;

/// The largest integer that every store takes.
const INTEGER_MAX: i64 = (1 << 53) - 1;

/// Wraps a store: a load brings exactly what was asked for, one commit in ten is refused although
/// nobody was faster, and a plan beyond what any store takes is an error.
#[derive(Debug, Clone)]
pub struct Hostile<S> {
    inner: S,
    commits: Arc<AtomicU64>,
    /// All that was ever asked for, where each load brings all of it.
    asked: Option<Arc<Mutex<ReadSet>>>,
}

impl<S> Hostile<S> {
    /// A hostile store over `inner`; `seed` says which commits are refused.
    #[must_use]
    pub fn new(inner: S, seed: u64) -> Self {
        Self { inner, commits: Arc::new(AtomicU64::new(seed)), asked: None }
    }

    /// The same, but a load also brings all that was ever asked for, as it is now.
    #[must_use]
    pub fn generous(inner: S, seed: u64) -> Self {
        Self { asked: Some(Arc::default()), ..Self::new(inner, seed) }
    }

    /// The store inside.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: SendGraphStore> SendGraphStore for Hostile<S> {
    async fn load(&self, graph: GraphId, want: &ReadSet) -> Result<Slice, StoreError> {
        let Some(asked) = &self.asked else {
            let mut slice = SendGraphStore::load(&self.inner, graph, want).await?;
            trim(&mut slice, want);
            return Ok(slice);
        };
        let all = {
            let mut all = asked.lock().unwrap_or_else(PoisonError::into_inner);
            all.merge(want.clone());
            all.clone()
        };
        SendGraphStore::load(&self.inner, graph, &all).await
    }

    async fn commit(
        &self,
        graph: GraphId,
        base: GraphVersion,
        plan: &Plan,
    ) -> Result<GraphVersion, StoreError> {
        check(plan).map_err(StoreError::Failed)?;
        if self.commits.fetch_add(1, Ordering::SeqCst) % 10 == 9 {
            return Err(StoreError::Conflict);
        }
        SendGraphStore::commit(&self.inner, graph, base, plan).await
    }
}

impl<S: SendOutbox> SendOutbox for Hostile<S> {
    fn waiting(
        &self,
        graph: GraphId,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<Message>, StoreError>> + Send {
        SendOutbox::waiting(&self.inner, graph, after, max)
    }

    fn sent(
        &self,
        graph: GraphId,
        messages: &[MessageId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        SendOutbox::sent(&self.inner, graph, messages)
    }
}

impl<S: SendJobQueue> SendJobQueue for Hostile<S> {
    fn claim(
        &self,
        graph: GraphId,
        now: Timestamp,
        max: usize,
        lease_ms: i64,
    ) -> impl Future<Output = Result<Vec<Claim>, StoreError>> + Send {
        SendJobQueue::claim(&self.inner, graph, now, max, lease_ms)
    }

    fn finish(
        &self,
        graph: GraphId,
        claim: &Claim,
        again: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        SendJobQueue::finish(&self.inner, graph, claim, again)
    }

    fn next_due(
        &self,
        graph: GraphId,
    ) -> impl Future<Output = Result<Option<(Timestamp, JobKey)>, StoreError>> + Send {
        SendJobQueue::next_due(&self.inner, graph)
    }

    fn peek(
        &self,
        graph: GraphId,
        now: Timestamp,
        after: Option<JobKey>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Job>, StoreError>> + Send {
        SendJobQueue::peek(&self.inner, graph, now, after, limit)
    }
}

impl<S: SendScratch> SendScratch for Hostile<S> {
    async fn put_down(&self, graph: GraphId, pad: Pad, piece: Piece) -> Result<(), StoreError> {
        check_size(piece.bytes.len()).map_err(StoreError::Failed)?;
        SendScratch::put_down(&self.inner, graph, pad, piece).await
    }

    fn pick_up(
        &self,
        graph: GraphId,
        pad: Pad,
        piece: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send {
        SendScratch::pick_up(&self.inner, graph, pad, piece)
    }

    fn throw_away(
        &self,
        graph: GraphId,
        waste: Waste,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        SendScratch::throw_away(&self.inner, graph, waste)
    }
}

/// Takes out what was not asked for.
fn trim(slice: &mut Slice, want: &ReadSet) {
    slice.presences.retain(|key, _| want.presences.contains(key));
    slice.mirrors.retain(|key, _| want.mirrors.contains(key));
    slice.evidence.retain(|key, _| want.evidence.contains(key));
    slice.gone.retain(|key, _| want.gone.contains(key));
    slice.times.retain(|key, _| want.times.contains(key));
    slice.aside_pages.retain(|key, _| want.aside_pages.contains(key));
    let mut events: BTreeSet<EventId> = (*want.events).clone();
    events.extend(slice.presences.values().flat_map(|page| &page.events));
    events.extend(slice.mirrors.values().flat_map(|page| &page.events));
    events.extend(slice.gone.values().flat_map(|page| &page.events));
    events.extend(slice.times.values().flatten());
    slice.events.retain(|key, _| events.contains(key));
    slice.objects.retain(|key, _| want.objects.contains(key));
    slice.asides.retain(|key, _| want.objects.contains(key));
    slice.ranges.retain(|key, _| want.ranges.contains(key));
    slice.cursors.retain(|key, _| want.cursors.contains(key));
    slice.runs.retain(|key, _| want.runs.contains(key));
    slice.health.retain(|key, _| want.health.contains(key));
    slice.watches.retain(|key, _| want.watches.contains(key));
    slice.meetings.retain(|key, _| want.meetings.contains(key));
    slice.received.retain(|key, _| want.received.contains(key));
    slice.journal.retain(|key, _| want.journal.contains(key));
    slice.entries.retain(|key, _| want.entries.contains(key));
}

fn check(plan: &Plan) -> Result<(), String> {
    let rows = plan.changes.len() + plan.messages.len();
    if rows > PLAN_ROWS_MAX {
        return Err(format!("a plan of {rows} rows: take a shorter prefix"));
    }
    for change in &plan.changes {
        if let Change::Put(row, form) = change {
            check_row(row, form)?;
        }
    }
    for (entry, payload) in &plan.entries {
        check_size(payload.0.len())?;
        check_integer(entry.at.as_millis())?;
        check_integer(i64::try_from(entry.seq).unwrap_or(i64::MAX))?;
    }
    plan.messages.iter().try_for_each(check_message)?;
    for job in &plan.jobs {
        check_integer(job.run_at.as_millis())?;
        check_integer(job.starts.as_millis())?;
    }
    Ok(())
}

/// A message's form must read back as the message.
fn check_message(message: &Message) -> Result<(), String> {
    let form = wire::message(message);
    check_size(form.len())?;
    match wire::read_message(&form) {
        Ok(read) if read == *message => Ok(()),
        Ok(_) => Err(format!("the form of {} reads back as another message", message.id)),
        Err(error) => Err(format!("the form of {} does not read back: {error}", message.id)),
    }
}

/// The form must be the row's own, and read back as the row.
fn check_row(row: &Row, form: &[u8]) -> Result<(), String> {
    check_size(form.len())?;
    if wire::encode(row) != form {
        return Err(format!("the form of {:?} is not of this row", row.key()));
    }
    match read_back(row, form) {
        Ok(read) if read == *row => Ok(()),
        Ok(_) => Err(format!("the form of {:?} reads back as another row", row.key())),
        Err(error) => Err(format!("the form of {:?} does not read back: {error}", row.key())),
    }
}

fn read_back(row: &Row, form: &[u8]) -> Result<Row, wire::WireError> {
    Ok(match row {
        Row::Account(row) => Row::Account(wire::account(row.id, form)?),
        Row::Calendar(row) => Row::Calendar(wire::calendar(row.id, form)?),
        Row::Edge(row) => Row::Edge(wire::edge(row.id, form)?),
        Row::Policy(owner, _) => Row::Policy(*owner, wire::policy(form)?),
        Row::Sweep(edge, _) => Row::Sweep(*edge, wire::sweep(form)?),
        Row::Review(row) => Row::Review(wire::review(row.calendar, form)?),
        Row::Rule(id, _) => Row::Rule(*id, wire::rule(form)?),
        Row::Hold(row) => Row::Hold(wire::hold(row.id, form)?),
        Row::Session(row) => Row::Session(wire::session(row.id, form)?),
        Row::Event(row) => Row::Event(wire::event(row.id, form)?),
        Row::Presence(event, calendar, _) => {
            Row::Presence(*event, *calendar, Box::new(wire::presence(form)?))
        }
        Row::Mirror(event, edge, _) => Row::Mirror(*event, *edge, wire::mirror(form)?),
        Row::Part(part, calendar, _) => Row::Part(*part, *calendar, wire::part(form)?),
        Row::Aside(row) => Row::Aside(wire::aside(row.calendar, row.object.clone(), form)?),
        Row::Object(calendar, object, _) => {
            Row::Object(*calendar, object.clone(), wire::object(form)?)
        }
        Row::Cursor(scope, _) => Row::Cursor(*scope, wire::cursor(form)?),
        Row::Run(row) => Row::Run(wire::run(row.id, form)?),
        Row::Meeting(row) => Row::Meeting(wire::meeting(row.id, form)?),
        Row::Received(id, _) => Row::Received(*id, wire::received(form)?),
        Row::Health(account, _) => Row::Health(*account, wire::health(form)?),
        Row::Watch(scope, _) => Row::Watch(*scope, wire::watch(form)?),
    })
}

fn check_size(bytes: usize) -> Result<(), String> {
    match bytes {
        0..ROW_BYTES_MAX => Ok(()),
        _ => Err(format!("a row of {bytes} bytes: no store takes more than 2 MB")),
    }
}

fn check_integer(integer: i64) -> Result<(), String> {
    if (-INTEGER_MAX..=INTEGER_MAX).contains(&integer) {
        return Ok(());
    }
    Err(format!("the number {integer}: some stores count to 2^53 only"))
}

#[cfg(test)]
mod tests {
    use kalends_core::plan::Job;

    use super::*;
    use crate::block_on::block_on;
    use crate::contract::queue::job;
    use crate::contract::rows::{GRAPH, event, event_id, presence_row, whole_event};
    use crate::memory::MemoryStore;

    fn store() -> Hostile<MemoryStore> {
        let inner = MemoryStore::new();
        inner.create(GRAPH);
        Hostile::new(inner, 0)
    }

    fn put(row: Row) -> Change {
        let form = wire::encode(&row);
        Change::Put(row, form)
    }

    fn refused(plan: &Plan) -> bool {
        let result = block_on(SendGraphStore::commit(&store(), GRAPH, GraphVersion(0), plan));
        matches!(result, Err(StoreError::Failed(_)))
    }

    #[test]
    fn one_commit_in_ten_is_refused() {
        let store = store();
        let mut base = GraphVersion(0);
        let mut refused = Vec::new();
        for n in 0..30 {
            match block_on(SendGraphStore::commit(&store, GRAPH, base, &Plan::default())) {
                Ok(version) => base = version,
                Err(_) => refused.push(n),
            }
        }
        assert_eq!(refused, [9, 19, 29]);
    }

    #[test]
    fn what_no_store_takes_is_an_error() {
        let plan = |changes| Plan { changes, ..Plan::default() };
        assert!(!refused(&plan(whole_event(1).into_iter().map(put).collect())));
        assert!(refused(&plan((0..1_001).map(event).map(put).collect())));
        let Row::Presence(id, calendar, mut presence) = presence_row(1, 1) else { return };
        presence.body.content.title = "x".repeat(2_000_000);
        assert!(refused(&plan(vec![put(Row::Presence(id, calendar, presence))])));
        let foreign = Change::Put(event(1), wire::encode(&event(2)));
        assert!(refused(&plan(vec![foreign])));
        let forever = Job { run_at: Timestamp::MAX, ..job(1, 1) };
        assert!(refused(&Plan { jobs: vec![forever], ..Plan::default() }));
    }

    #[test]
    fn a_generous_one_brings_what_was_asked_for_earlier_too() {
        let inner = MemoryStore::new();
        inner.create(GRAPH);
        let store = Hostile::generous(inner, 0);
        let want = |n| ReadSet { events: [event_id(n)].into(), ..ReadSet::default() };
        let brought = |n| {
            let slice = block_on(SendGraphStore::load(&store, GRAPH, &want(n)));
            slice.map(|slice| slice.events.keys().copied().collect::<Vec<_>>())
        };
        assert_eq!(brought(1), Ok(vec![event_id(1)]));
        assert_eq!(brought(2), Ok(vec![event_id(1), event_id(2)]));
    }

    #[test]
    fn a_superset_is_cut_to_what_was_asked_for() {
        let mut slice = Slice::default();
        slice.events.insert(event_id(1), None);
        slice.events.insert(event_id(2), None);
        let want = ReadSet { events: [event_id(2)].into(), ..ReadSet::default() };
        trim(&mut slice, &want);
        assert_eq!(slice.events.keys().copied().collect::<Vec<_>>(), [event_id(2)]);
    }
}
