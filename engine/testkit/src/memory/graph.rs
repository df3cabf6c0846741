//! One graph in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use kalends_core::ids::MessageId;
use kalends_core::journal::{Entry, Head, Payload};
use kalends_core::meeting::Message;
use kalends_core::plan::{Change, Plan, Row, RowKey};
use kalends_core::ports::StoreError;
use kalends_core::scratch::Pad;
use kalends_core::slice::{Config, GraphVersion};
use kalends_core::time::Timestamp;

use super::index::Index;
use super::queue::Queue;

#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) version: GraphVersion,
    pub(super) head: Head,
    pub(super) rows: BTreeMap<RowKey, Row>,
    pub(super) config: Arc<Config>,
    pub(super) index: Index,
    pub(super) entries: BTreeMap<u64, (Entry, Option<Payload>)>,
    pub(super) queue: Queue,
    pub(super) outbox: BTreeMap<MessageId, Message>,
    /// By pad and number.
    pub(super) scratch: BTreeMap<(Pad, u32), (Timestamp, Vec<u8>)>,
}

impl Graph {
    /// Takes a plan whole, or changes nothing.
    pub(super) fn commit(&mut self, base: GraphVersion, plan: &Plan) -> Result<(), StoreError> {
        if base != self.version {
            return Err(StoreError::Conflict);
        }
        let head = follow(self.head, &plan.entries)?;
        for change in &plan.changes {
            match change {
                Change::Put(row, _) => self.put(row),
                Change::Delete(key) => self.delete(key),
            }
        }
        for (entry, payload) in &plan.entries {
            self.entries.insert(entry.seq, (entry.clone(), Some(payload.clone())));
        }
        for message in &plan.messages {
            self.outbox.entry(message.id).or_insert_with(|| message.clone());
        }
        for job in &plan.jobs {
            self.queue.push(job);
        }
        self.head = head;
        self.version = GraphVersion(base.0 + 1);
        Ok(())
    }

    fn put(&mut self, row: &Row) {
        let key = row.key();
        match self.rows.get_mut(&key) {
            Some(held) => {
                self.index.remove(held);
                held.clone_from(row);
            }
            None => {
                self.rows.insert(key, row.clone());
            }
        }
        self.index.add(row);
        put_config(&mut self.config, row);
    }

    fn delete(&mut self, key: &RowKey) {
        if let Some(row) = self.rows.remove(key) {
            self.index.remove(&row);
            delete_config(&mut self.config, key);
        }
    }
}

/// The head after these entries, which must follow each other without a gap.
fn follow(mut head: Head, entries: &[(Entry, Payload)]) -> Result<Head, StoreError> {
    for (entry, _) in entries {
        if entry.seq != head.seq + 1 {
            return Err(StoreError::Failed(
                "the journal entries do not follow the last".to_owned(),
            ));
        }
        head = entry.head();
    }
    Ok(head)
}

fn put_config(config: &mut Arc<Config>, row: &Row) {
    match row {
        Row::Account(account) => {
            Arc::make_mut(config).accounts.insert(account.id, account.clone());
        }
        Row::Calendar(calendar) => {
            Arc::make_mut(config).calendars.insert(calendar.id, calendar.clone());
        }
        Row::Edge(edge) => {
            Arc::make_mut(config).edges.insert(edge.id, edge.clone());
        }
        Row::Policy(owner, policy) => {
            Arc::make_mut(config).policies.insert(*owner, policy.clone());
        }
        Row::Sweep(edge, sweep) => {
            Arc::make_mut(config).sweeps.insert(*edge, *sweep);
        }
        Row::Review(review) => {
            Arc::make_mut(config).reviews.insert(review.calendar, review.clone());
        }
        Row::Rule(id, rule) => {
            Arc::make_mut(config).rules.insert(*id, rule.clone());
        }
        Row::Hold(hold) => {
            Arc::make_mut(config).holds.insert(hold.id, hold.clone());
        }
        Row::Session(session) => {
            Arc::make_mut(config).sessions.insert(session.id, session.clone());
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

fn delete_config(config: &mut Arc<Config>, key: &RowKey) {
    match key {
        RowKey::Account(id) => {
            Arc::make_mut(config).accounts.remove(id);
        }
        RowKey::Calendar(id) => {
            Arc::make_mut(config).calendars.remove(id);
        }
        RowKey::Edge(id) => {
            Arc::make_mut(config).edges.remove(id);
        }
        RowKey::Policy(owner) => {
            Arc::make_mut(config).policies.remove(owner);
        }
        RowKey::Sweep(edge) => {
            Arc::make_mut(config).sweeps.remove(edge);
        }
        RowKey::Review(calendar) => {
            Arc::make_mut(config).reviews.remove(calendar);
        }
        RowKey::Rule(id) => {
            Arc::make_mut(config).rules.remove(id);
        }
        RowKey::Hold(id) => {
            Arc::make_mut(config).holds.remove(id);
        }
        RowKey::Session(id) => {
            Arc::make_mut(config).sessions.remove(id);
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
