//! Which objects are still to be read alone.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::ProviderId;

/// How often one object is read alone in one go: a second time where the first was not enough.
const READS_MAX: u8 = 2;

/// Objects to be read alone, the smallest id first.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    waiting: BTreeSet<ProviderId>,
    /// How often each was read.
    reads: BTreeMap<ProviderId, u8>,
}

impl Wanted {
    /// One more.
    pub(crate) fn add(&mut self, id: ProviderId) {
        self.waiting.insert(id);
    }

    /// One that turned out to be needed while others were read.
    pub(crate) fn ask(&mut self, id: ProviderId) {
        if self.reads.get(&id).copied().unwrap_or_default() < READS_MAX {
            self.waiting.insert(id);
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The next ones, at most `max`; none when all is read.
    pub(crate) fn take(&mut self, max: usize) -> Vec<ProviderId> {
        let mut taken = Vec::new();
        while taken.len() < max
            && let Some(id) = self.waiting.pop_first()
        {
            *self.reads.entry(id.clone()).or_default() += 1;
            taken.push(id);
        }
        taken
    }
}

impl FromIterator<ProviderId> for Wanted {
    fn from_iter<I: IntoIterator<Item = ProviderId>>(ids: I) -> Self {
        Self { waiting: ids.into_iter().collect(), reads: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ProviderId {
        ProviderId(text.to_owned())
    }

    fn ids(wanted: &mut Wanted, max: usize) -> Vec<String> {
        wanted.take(max).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn an_object_is_asked_for_twice_at_most() {
        let mut wanted: Wanted = ["a", "b"].into_iter().map(id).collect();
        assert_eq!(ids(&mut wanted, 1), ["a"]);
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert_eq!(ids(&mut wanted, 9), ["a", "b", "c"], "b waits already");
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert_eq!(ids(&mut wanted, 9), ["b", "c"]);
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert!(wanted.take(9).is_empty());
    }
}
