//! The rows of one journal entry: what differs between two states, as changes and as deltas.

use std::collections::BTreeMap;

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
        let delta = wire::delta(&key, was.as_deref(), Some(&now));
        match was.filter(|_| delta.len() > limits::ENTRY_BYTES_MAX) {
            // Each side alone is a row, and rows fit.
            Some(was) => {
                self.deltas.0.push(wire::delta(&key, Some(&was), None));
                self.deltas.0.push(wire::delta(&key, None, Some(&now)));
            }
            None => self.deltas.0.push(delta),
        }
        self.plan.changes.push(Change::Put(row, now));
    }

    /// The journal's record of them.
    pub(super) fn end(mut self) -> Deltas {
        self.gone.sort_by_cached_key(Row::key);
        for row in self.gone {
            let key = row.key();
            self.deltas.0.push(wire::delta(&key, Some(&wire::encode(&row)), None));
            self.plan.changes.push(Change::Delete(key));
        }
        self.deltas
    }
}

/// The journal's record of the rows of one entry.
#[derive(Default)]
pub(super) struct Deltas(pub(super) Vec<Vec<u8>>);

impl Deltas {
    /// Parted, in their order, so that each part fits an entry.
    pub(super) fn in_entries(&self) -> Vec<&[Vec<u8>]> {
        let mut parts = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (at, delta) in self.0.iter().enumerate() {
            if at > start && bytes + delta.len() > limits::ENTRY_BYTES_MAX {
                parts.push(&self.0[start..at]);
                (start, bytes) = (at, 0);
            }
            bytes += delta.len() + 1;
        }
        parts.extend(Some(&self.0[start..]).filter(|rest| !rest.is_empty()));
        parts
    }
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
            for part in deltas.in_entries() {
                let payload = wire::payload(part);
                assert!(payload.0.len() <= limits::ENTRY_BYTES_MAX + 2, "{}", payload.0.len());
                assert_eq!(wire::replay(&payload, &mut replayed), Ok(()));
            }
            assert_eq!(replayed, held(after));
        }
    }
}
