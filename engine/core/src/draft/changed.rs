//! The rows of one journal entry: what differs between two states, as changes and as deltas.

use std::collections::BTreeMap;

use crate::journal::Payload;
use crate::limits;
use crate::plan::{Change, Plan, Row};
use crate::wire::{self, Form};

/// The rows of one entry, told one by one in the order of their keys: those that are put go into
/// the plan at once, those that are deleted after them.
pub(super) struct Changed<'a> {
    plan: &'a mut Plan,
    deltas: Deltas,
    gone: Vec<Row>,
}

impl<'a> Changed<'a> {
    pub(super) fn of(plan: &'a mut Plan) -> Self {
        Self { plan, deltas: Deltas::default(), gone: Vec::new() }
    }

    /// The rows of a map as they were and as they are.
    pub(super) fn each<K: Ord, T: Form>(
        &mut self,
        before: &BTreeMap<K, T>,
        after: BTreeMap<K, T>,
        row: impl Fn(&K, T) -> Row,
    ) {
        for (key, was) in before.iter().filter(|(key, _)| !after.contains_key(key)) {
            self.gone.push(row(key, was.clone()));
        }
        for (key, now) in after {
            self.one(before.get(&key), Some(now), |now| row(&key, now));
        }
    }

    /// One row as it was and as it is.
    pub(super) fn one<T: Form>(
        &mut self,
        before: Option<&T>,
        after: Option<T>,
        row: impl FnOnce(T) -> Row,
    ) {
        match after {
            Some(now) if before != Some(&now) => self.put(before.map(T::form), row(now)),
            Some(_) => {}
            None => self.gone.extend(before.cloned().map(row)),
        }
    }

    fn put(&mut self, was: Option<Vec<u8>>, row: Row) {
        let (key, now) = (row.key(), wire::encode(&row));
        let size = self.deltas.add(|out| wire::write_delta(out, &key, was.as_deref(), Some(&now)));
        if let Some(was) = was.filter(|_| size > limits::ENTRY_BYTES_MAX) {
            // Each side alone is a row, and rows fit.
            self.deltas.take_back();
            self.deltas.add(|out| wire::write_delta(out, &key, Some(&was), None));
            self.deltas.add(|out| wire::write_delta(out, &key, None, Some(&now)));
        }
        self.plan.changes.push(Change::Put(row, now));
    }

    /// The journal's record of them.
    pub(super) fn end(mut self) -> Deltas {
        self.gone.sort_by_cached_key(Row::key);
        for row in self.gone {
            let key = row.key();
            self.deltas.add(|out| wire::write_delta(out, &key, Some(&wire::encode(&row)), None));
            self.plan.changes.push(Change::Delete(key));
        }
        self.deltas
    }
}

/// The journal's record of the rows of one entry.
#[derive(Default)]
pub(super) struct Deltas {
    /// As the payload of one entry has them, without its last bracket.
    bytes: Vec<u8>,
    /// Where each of them begins.
    starts: Vec<usize>,
}

impl Deltas {
    /// Writes one more; gives its size in bytes.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.bytes.push(if self.starts.is_empty() { b'[' } else { b',' });
        let start = self.bytes.len();
        self.starts.push(start);
        write(&mut self.bytes);
        self.bytes.len() - start
    }

    /// Takes the last one back.
    fn take_back(&mut self) {
        let start = self.starts.pop().unwrap_or_default();
        self.bytes.truncate(start.saturating_sub(1));
    }

    /// The payloads of the entries that they come to, in their order: as few as they fit into.
    pub(super) fn payloads(mut self) -> Vec<Payload> {
        let mut payloads = Vec::new();
        let Some(mut from) = self.starts.first().copied() else { return payloads };
        let ends = self.starts.iter().skip(1).map(|next| next - 1).chain([self.bytes.len()]);
        for (start, end) in self.starts.iter().zip(ends) {
            if *start > from && end - from > limits::ENTRY_BYTES_MAX {
                payloads.push(in_brackets(&self.bytes[from..start - 1]));
                from = *start;
            }
        }
        if payloads.is_empty() {
            self.bytes.push(b']');
            return vec![Payload(self.bytes)];
        }
        payloads.push(in_brackets(&self.bytes[from..]));
        payloads
    }
}

fn in_brackets(deltas: &[u8]) -> Payload {
    Payload([b"[", deltas, b"]"].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Body, Content, Span};
    use crate::ids::{CalendarId, EventId, ProviderId};
    use crate::presence::Presence;
    use crate::time::{Civil, Length, When};

    type Presences = BTreeMap<CalendarId, Presence>;

    fn presences(text: &str, bytes: usize) -> Presences {
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
        (1..=3).map(|n| (CalendarId::from_bytes([n; 16]), presence.clone())).collect()
    }

    fn row(calendar: &CalendarId, presence: Presence) -> Row {
        Row::Presence(EventId::from_bytes([1; 16]), *calendar, Box::new(presence))
    }

    fn held(presences: Presences) -> BTreeMap<String, serde_json::Value> {
        let rows = presences.into_iter().map(|(calendar, presence)| row(&calendar, presence));
        let held = rows.map(|row| {
            let value = serde_json::from_slice(&wire::encode(&row)).ok()?;
            Some((wire::key(&row.key()), value))
        });
        held.flatten().collect()
    }

    #[test]
    fn a_change_of_any_size_is_journalled_in_entries_that_fit_and_replay() {
        for bytes in [10, 400_000, 1_500_000] {
            let (before, mut after) = (presences("a", bytes), presences("b", bytes));
            after.pop_first();
            let mut plan = Plan::default();
            let mut changed = Changed::of(&mut plan);
            changed.each(&before, after.clone(), row);
            let deltas = changed.end();
            assert_eq!(plan.changes.len(), 3);
            let mut replayed = held(before);
            for payload in deltas.payloads() {
                assert!(payload.0.len() <= limits::ENTRY_BYTES_MAX + 2, "{}", payload.0.len());
                assert_eq!(wire::replay(&payload, &mut replayed), Ok(()));
            }
            assert_eq!(replayed, held(after));
        }
    }
}
