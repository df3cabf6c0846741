//! Which objects are still to be read alone.

use std::collections::{BTreeMap, BTreeSet};

use kalends_core::ids::ProviderId;

use crate::heard::Listed;

/// How often one object is read alone in one go: a second time where the first was not enough.
const READS_MAX: u8 = 2;

/// Objects to be read alone, the smallest id first: those marked in a listing, and others.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    listed: Listed,
    /// The place in the listing up to which all was read.
    next: usize,
    others: BTreeSet<ProviderId>,
    /// How often each of the others was read.
    reads: BTreeMap<ProviderId, u8>,
}

impl Wanted {
    /// What is marked in a listing.
    pub(crate) fn of(listed: Listed) -> Self {
        Self { listed, ..Self::default() }
    }

    /// What was told of the objects.
    pub(crate) const fn listed(&self) -> &Listed {
        &self.listed
    }

    /// One more, whether the listing named it or not.
    pub(crate) fn add(&mut self, id: ProviderId) {
        match self.listed.find(&id) {
            Some(place) => self.listed.want(place),
            None => {
                self.others.insert(id);
            }
        }
    }

    /// One that a comparison with the listing found: nothing where its content came with it.
    pub(crate) fn add_differing(&mut self, id: ProviderId) {
        if !self.listed.find(&id).is_some_and(|place| self.listed.is_read(place)) {
            self.add(id);
        }
    }

    /// One that turned out to be needed while others were read.
    pub(crate) fn ask(&mut self, id: ProviderId) {
        let place = self.listed.find(&id).filter(|place| self.listed.is_wanted(*place));
        let before = match place {
            Some(place) if place >= self.next => return,
            Some(_) => 1,
            None => 0,
        };
        if before + self.reads.get(&id).copied().unwrap_or_default() < READS_MAX {
            self.others.insert(id);
        }
    }

    /// The next ones, at most `max`; none when all is read.
    pub(crate) fn take(&mut self, max: usize) -> Vec<ProviderId> {
        let mut taken = Vec::new();
        while taken.len() < max {
            while self.next < self.listed.len() && !self.listed.is_wanted(self.next) {
                self.next += 1;
            }
            let marked = self.listed.id(self.next);
            let id = match (marked, self.others.first()) {
                (Some(id), other) if other.is_none_or(|other| id < *other) => {
                    self.next += 1;
                    id
                }
                (_, Some(_)) => {
                    let Some(id) = self.others.pop_first() else { break };
                    *self.reads.entry(id.clone()).or_default() += 1;
                    id
                }
                (_, None) => break,
            };
            taken.push(id);
        }
        taken
    }
}

impl FromIterator<ProviderId> for Wanted {
    fn from_iter<I: IntoIterator<Item = ProviderId>>(ids: I) -> Self {
        Self { others: ids.into_iter().collect(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heard::Heard;

    fn id(text: &str) -> ProviderId {
        ProviderId(text.to_owned())
    }

    fn ids(wanted: &mut Wanted, max: usize) -> Vec<String> {
        wanted.take(max).into_iter().map(|id| id.0).collect()
    }

    fn of(named: &[&str], read: &[&str]) -> Wanted {
        let mut heard = Heard::default();
        named.iter().for_each(|name| heard.named(&id(name), None));
        read.iter().for_each(|name| heard.read(&id(name)));
        Wanted::of(heard.sorted())
    }

    #[test]
    fn marked_and_other_objects_come_in_one_order() {
        let mut wanted = of(&["b", "d", "f"], &["c"]);
        for name in ["f", "b", "c", "e", "a"] {
            wanted.add_differing(id(name));
        }
        assert_eq!(ids(&mut wanted, 2), ["a", "b"]);
        assert_eq!(ids(&mut wanted, 9), ["e", "f"], "c came with its content, d is as recorded");
        assert!(wanted.take(9).is_empty());
    }

    #[test]
    fn an_object_is_asked_for_twice_at_most() {
        let mut wanted = of(&["a", "b"], &[]);
        ["a", "b"].into_iter().for_each(|name| wanted.add(id(name)));
        assert_eq!(ids(&mut wanted, 1), ["a"]);
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert_eq!(ids(&mut wanted, 9), ["a", "b", "c"], "b waits already");
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert_eq!(ids(&mut wanted, 9), ["b", "c"]);
        ["a", "b", "c"].into_iter().for_each(|name| wanted.ask(id(name)));
        assert!(wanted.take(9).is_empty());
    }

    #[test]
    fn what_came_with_its_content_is_read_again_only_where_it_is_asked_for() {
        let mut wanted = of(&[], &["a", "b"]);
        wanted.add_differing(id("a"));
        wanted.add(id("b"));
        assert_eq!(ids(&mut wanted, 9), ["b"]);
    }
}
