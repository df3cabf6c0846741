//! Changed instances of one origin that follow each other in a batch: a series may have thousands, and what
//! hangs on all of it is worked out once for them together.

use std::collections::BTreeSet;

use super::{Next, aside, origin, size};
use crate::draft::Draft;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::provider::{EventItem, Item, Payload};
use crate::slice::{Missing, Owner};
use crate::time::When;

/// Instances of one event of a calendar that are yet to be taken in.
pub(super) struct Together<'a> {
    calendar: CalendarId,
    event: Option<EventId>,
    items: Vec<&'a EventItem>,
    objects: BTreeSet<&'a ProviderId>,
    originals: BTreeSet<&'a When>,
}

impl<'a> Together<'a> {
    pub(super) const fn of(calendar: CalendarId) -> Self {
        Self {
            calendar,
            event: None,
            items: Vec::new(),
            objects: BTreeSet::new(),
            originals: BTreeSet::new(),
        }
    }

    /// How many rows they may come to: each has one of its own, and a part in each mirror.
    pub(super) fn rows(&self, draft: &Draft<'_>) -> usize {
        let edges = draft.config().edges.values().filter(|edge| edge.from == self.calendar).count();
        self.items.len() * (1 + edges)
    }

    /// Whether an item can be looked at before these are taken in: another instance of their event.
    pub(super) fn lets_pass(&self, draft: &Draft<'_>, item: &Item) -> bool {
        let Some(event) = self.event else { return true };
        let Item::Event(item) = item else { return false };
        let Payload::Instance { series, original, .. } = &item.payload else { return false };
        let id = &item.id;
        let owner = |id: &ProviderId| -> Option<&Owner> {
            draft.object(&(self.calendar, id.clone())).ok()?.map(|row| &row.owner)
        };
        let is_its = match owner(id) {
            Some(Owner::Instance(of, _)) => *of == event,
            Some(Owner::Presence(_) | Owner::Part(_) | Owner::Aside(_)) => false,
            None => matches!(owner(series), Some(Owner::Presence(of)) if *of == event),
        };
        is_its && !self.objects.contains(id) && !self.originals.contains(original)
    }

    /// Keeps what is left to do for an item.
    pub(super) fn put(&mut self, next: Next, item: &'a Item) {
        let (Next::Instance(event), Item::Event(item)) = (next, item) else { return };
        self.event = Some(event);
        self.objects.insert(&item.id);
        if let Payload::Instance { original, .. } = &item.payload {
            self.originals.insert(original);
        }
        self.items.push(item);
    }

    /// Takes them in. Those that their series would outgrow are set aside.
    pub(super) fn end(&mut self, draft: &mut Draft<'_>) -> Result<(), Missing> {
        let Some(event) = self.event.take() else { return Ok(()) };
        self.objects.clear();
        self.originals.clear();
        let items = std::mem::take(&mut self.items);
        for item in origin::instances(draft, (self.calendar, event), &items)? {
            aside::broken(draft, self.calendar, &size::too_large(item))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Version;
    use crate::slice::{ObjectRow, Slice};
    use crate::time::Civil;
    use crate::transitions::{PART, SOURCE, body, env};

    fn named(id: &str) -> ProviderId {
        ProviderId(id.to_owned())
    }

    fn instance(id: &str, series: &str, day: i64) -> Item {
        let original = When::Floating(Civil::from_seconds(day * 86_400));
        let content = Some(Box::new(body(id).content));
        Item::Event(Box::new(EventItem {
            id: named(id),
            version: Some(Version("1".to_owned())),
            native: id.to_owned(),
            uid: series.to_owned(),
            payload: Payload::Instance { series: named(series), original, content },
            mark: None,
            foreign: None,
            fresh: false,
            doubts: Vec::new(),
            changed_at: None,
        }))
    }

    /// Catches a series that is worked out anew for each of its instances, and one of another series, or
    /// the same instance once more, that is looked at before these are taken in.
    #[test]
    fn instances_of_one_origin_are_taken_in_together_each_once() {
        let mut slice = Slice::default();
        for (series, event) in [("a", PART.event), ("b", EventId::from_bytes([9; 16]))] {
            let row = ObjectRow { version: None, owner: Owner::Presence(event), gone: false };
            slice.objects.insert((SOURCE, named(series)), Some(row));
        }
        for id in ["a1", "a2", "a3", "b1"] {
            slice.objects.insert((SOURCE, named(id)), None);
        }
        let env = env();
        let draft = Draft::new(&slice, &env);
        let first = instance("a1", "a", 1);
        let mut together = Together::of(SOURCE);
        together.put(Next::Instance(PART.event), &first);
        let passes = |item: Item| together.lets_pass(&draft, &item);
        assert!(passes(instance("a2", "a", 2)));
        assert!(!passes(instance("b1", "b", 2)), "of another series");
        assert!(!passes(instance("a1", "a", 2)), "the same object");
        assert!(!passes(instance("a3", "a", 1)), "the same instance");
    }
}
