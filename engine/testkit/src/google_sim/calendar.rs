//! One calendar: its events as rows with a running number of changes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{Object, text};
use super::series::Key;
use super::state::Role;

/// A calendar and all that was ever in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    pub(crate) id: String,
    /// The data owner.
    pub(crate) owner: String,
    /// `summary`, `description`, `location`.
    pub(crate) fields: Object,
    pub(crate) time_zone: String,
    pub(crate) roles: BTreeMap<String, Role>,
    /// The OAuth client that made it.
    pub(crate) made_by: Option<String>,
    /// A subscription to holidays or birthdays: it cannot be watched.
    pub(crate) unwatchable: bool,
    /// The number of the last change.
    pub(crate) seq: u64,
    /// The last change that channels were told of.
    pub(crate) told_seq: u64,
    /// Sync tokens older than this are expired.
    pub(crate) oldest_seq: u64,
    pub(crate) version: u64,
    pub(crate) rows: BTreeMap<String, Row>,
    /// Changed and cancelled instances of live series.
    pub(crate) exceptions: BTreeMap<(String, Key), String>,
    /// Instance ids that were shown.
    pub(crate) issued: BTreeMap<String, (String, Key)>,
    /// What was changed of the instances of deleted series.
    pub(crate) bin: BTreeMap<String, Vec<Row>>,
}

/// One event, changed instance or cancelled stub.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// What was written, times in their stored form.
    pub(crate) body: Object,
    pub(crate) uid: String,
    /// The number of its last change.
    pub(crate) seq: u64,
    pub(crate) version: u64,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) sequence: i64,
    pub(crate) cancelled: bool,
    /// Nothing is known but the id: it moved away, or its series lost it.
    pub(crate) bare: bool,
    pub(crate) instance_of: Option<(String, Key)>,
    pub(crate) organizer: Option<Value>,
    pub(crate) creator: String,
    /// The version before this one.
    pub(crate) previous: Option<Box<Self>>,
}

impl Row {
    /// Whether it recurs.
    pub(crate) fn is_master(&self) -> bool {
        let lines = self.body.get("recurrence").and_then(Value::as_array);
        self.instance_of.is_none() && lines.is_some_and(|lines| !lines.is_empty())
    }

    /// `eventType`, `default` where nothing else was said.
    pub(crate) fn event_type(&self) -> &str {
        text(&self.body, "eventType").unwrap_or("default")
    }
}

impl Calendar {
    /// Stores a row as the next change.
    pub(crate) fn store(&mut self, mut row: Row) {
        self.seq += 1;
        row.seq = self.seq;
        row.version = self.seq;
        if let Some(mut old) = self.rows.remove(&row.id) {
            old.previous = None;
            row.previous = Some(Box::new(old));
        }
        if let Some(key) = &row.instance_of
            && !row.bare
        {
            self.exceptions.insert(key.clone(), row.id.clone());
        }
        self.rows.insert(row.id.clone(), row);
    }

    /// Cancels a row; of a series also what was changed of its instances.
    pub(crate) fn cancel(&mut self, id: &str, now_ms: i64) {
        let Some(mut row) = self.rows.get(id).cloned() else {
            return;
        };
        row.cancelled = true;
        row.updated_ms = now_ms;
        row.sequence += 1;
        self.store(row);
        let changed = self.changed_instances(id);
        self.bin.insert(id.to_owned(), changed);
        self.drop_exceptions(id, now_ms, |_| false);
    }

    /// What was changed and cancelled of the instances of a series.
    pub(crate) fn changed_instances(&self, master: &str) -> Vec<Row> {
        let found = self.exceptions_of(master).into_iter();
        found.filter_map(|(_, id)| self.rows.get(&id).cloned()).collect()
    }

    /// Takes away the changed instances of a series that are not kept.
    pub(crate) fn drop_exceptions(
        &mut self,
        master: &str,
        now_ms: i64,
        keep: impl Fn(Key) -> bool,
    ) {
        for (key, id) in self.exceptions_of(master) {
            if keep(key) {
                continue;
            }
            self.exceptions.remove(&(master.to_owned(), key));
            if let Some(mut row) = self.rows.get(&id).cloned() {
                row.cancelled = true;
                row.bare = true;
                row.updated_ms = now_ms;
                self.store(row);
            }
        }
    }

    /// Originals and ids of the changed and cancelled instances of a series.
    pub(crate) fn exceptions_of(&self, master: &str) -> Vec<(Key, String)> {
        let from = (master.to_owned(), Key::MIN);
        let to = (master.to_owned(), Key::MAX);
        let found = self.exceptions.range(from..=to);
        found.map(|((_, key), id)| (*key, id.clone())).collect()
    }

    /// The changed instance of an original, if it was changed.
    pub(crate) fn exception(&self, master: &str, key: Key) -> Option<&Row> {
        let id = self.exceptions.get(&(master.to_owned(), key))?;
        self.rows.get(id)
    }

    /// The id under which a changed instance is stored, if it was changed.
    pub(crate) fn exception_id(&self, row: &Row) -> Option<&String> {
        row.instance_of.as_ref().and_then(|key| self.exceptions.get(key))
    }

    /// Expires all sync tokens that were given so far: the next ones are of a later change.
    pub(crate) fn expire_tokens(&mut self) {
        self.seq += 1;
        // Nothing happened that channels would be told of.
        self.told_seq += u64::from(self.told_seq + 1 == self.seq);
        self.oldest_seq = self.seq;
    }

    /// Name that people see.
    pub(crate) fn summary(&self) -> &str {
        text(&self.fields, "summary").unwrap_or(&self.id)
    }

    /// Whether it is its owner's primary calendar.
    pub(crate) fn is_primary(&self) -> bool {
        self.id == self.owner
    }
}
