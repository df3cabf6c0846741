//! What a listing named, held small: a calendar may hold any number of objects.

use kalends_core::ids::{CalendarId, ProviderId, Version};
use kalends_core::step::ListingRange;

use crate::log::{Log, order};

/// An object by id, with its version where the listing told it.
pub(crate) type Named = (ProviderId, Option<Version>);

/// It was named, its content is not here.
const NAMED: u8 = 1;
/// Its content came with the listing and was taken in.
const READ: u8 = 2;
/// The listing said later that it is gone.
const REMOVED: u8 = 4;
/// It is to be read alone.
const WANTED: u8 = 8;

/// What a listing tells while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    log: Log,
}

impl Heard {
    /// An object was named without its content.
    pub(crate) fn named(&mut self, id: &ProviderId, version: Option<&Version>) {
        self.log.push(NAMED, id, version);
    }

    /// An object came with its content.
    pub(crate) fn read(&mut self, id: &ProviderId) {
        self.log.push(READ, id, None);
    }

    /// An object is gone, whatever was said of it before.
    pub(crate) fn removed(&mut self, id: &ProviderId) {
        self.log.push(REMOVED, id, None);
    }

    /// All that it told, each object once, sorted by id; the last word holds.
    pub(crate) fn sorted(self) -> Listed {
        let Self { mut log } = self;
        let mut at = std::mem::take(&mut log.at);
        at.sort_unstable_by(|a, b| order(log.id(*a), log.id(*b)).then(a.cmp(b)));
        let mut kept = 0;
        let mut next = 0;
        while let Some(first) = at.get(next).copied() {
            let same = at.iter().skip(next).take_while(|one| log.id(**one) == log.id(first));
            let count = same.count();
            let told = at.get(next..next + count).unwrap_or_default();
            next += count;
            if let Some((record, flags)) = last_word(&log, told) {
                log.set_flags(record, flags);
                if let Some(place) = at.get_mut(kept) {
                    *place = record;
                    kept += 1;
                }
            }
        }
        at.truncate(kept);
        log.at = at;
        Listed { log }
    }
}

/// What a listing told in the end, sorted by id.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    log: Log,
}

impl Listed {
    pub(crate) const fn len(&self) -> usize {
        self.log.at.len()
    }

    /// Where an id stands.
    pub(crate) fn find(&self, id: &ProviderId) -> Option<usize> {
        let id = self.log.cut(id.0.as_bytes());
        self.log.at.binary_search_by(|at| order(self.log.id(*at), id)).ok()
    }

    /// The id at a place.
    pub(crate) fn id(&self, place: usize) -> Option<ProviderId> {
        self.log.at.get(place).map(|at| self.log.provider_id(*at))
    }

    /// Whether the content of the object at a place came with the listing.
    pub(crate) fn is_read(&self, place: usize) -> bool {
        self.has(place, READ)
    }

    /// Whether the object at a place is to be read alone.
    pub(crate) fn is_wanted(&self, place: usize) -> bool {
        self.has(place, WANTED)
    }

    /// The object at a place is to be read alone.
    pub(crate) fn want(&mut self, place: usize) {
        if let Some(at) = self.log.at.get(place).copied() {
            self.log.set_flags(at, self.log.flags(at) | WANTED);
        }
    }

    /// What was named without its content, `or_read`: and what came with it besides.
    pub(crate) fn names(&self, or_read: bool) -> impl Iterator<Item = Named> {
        let of = move |at: &&usize| {
            let flags = self.log.flags(**at);
            flags & NAMED != 0 && (or_read || flags & READ == 0)
        };
        self.log.at.iter().filter(of).map(|at| self.log.named(*at))
    }

    /// Up to `size` objects from a place on, as a range that begins where the one before ended; the
    /// first has no beginning and the last no end.
    pub(crate) fn range(&self, calendar: CalendarId, from: usize, size: usize) -> ListingRange {
        let end = from.saturating_add(size).min(self.len());
        let listed = self.log.at.get(from..end).unwrap_or_default();
        ListingRange {
            calendar,
            after: from.checked_sub(1).and_then(|before| self.id(before)),
            until: end.checked_sub(1).filter(|_| end < self.len()).and_then(|last| self.id(last)),
            listed: listed.iter().map(|at| self.log.named(*at)).collect(),
        }
    }

    fn has(&self, place: usize, flag: u8) -> bool {
        self.log.at.get(place).is_some_and(|at| self.log.flags(*at) & flag != 0)
    }
}

/// Which record of one id holds, and what is known by all of them; `None`: it is gone.
fn last_word(log: &Log, told: &[usize]) -> Option<(usize, u8)> {
    told.iter().fold(None, |held, at| match (log.flags(*at), held) {
        (REMOVED, _) => None,
        // It keeps the version of the name.
        (READ, Some((record, flags))) => Some((record, flags | READ)),
        (flags, held) => Some((*at, flags | held.map_or(0, |(_, flags)| flags))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ProviderId {
        ProviderId(text.to_owned())
    }

    fn named(names: &[&str]) -> Listed {
        let mut heard = Heard::default();
        names.iter().for_each(|name| heard.named(&id(name), None));
        heard.sorted()
    }

    #[test]
    fn the_last_word_on_an_object_holds() {
        let (old, new) = (Version("1".to_owned()), Version("22".to_owned()));
        let mut heard = Heard::default();
        heard.named(&id("b"), Some(&old));
        heard.named(&id("gone"), Some(&old));
        heard.read(&id("c"));
        heard.named(&id("a"), None);
        heard.named(&id("b"), Some(&new));
        heard.removed(&id("gone"));
        heard.read(&id("b"));
        heard.removed(&id("back"));
        heard.named(&id("back"), Some(&old));
        let listed = heard.sorted();
        let all = listed.range(CalendarId::from_bytes([1; 16]), 0, 9).listed;
        let expected = [("a", None), ("b", Some(&new)), ("back", Some(&old)), ("c", None)];
        assert_eq!(all, expected.map(|(name, version)| (id(name), version.cloned())));
        let read: Vec<bool> = (0..4).map(|place| listed.is_read(place)).collect();
        assert_eq!(read, [false, true, false, true]);
        assert_eq!(listed.find(&id("gone")), None);
        let ids = |or_read| listed.names(or_read).map(|(id, _)| id.0).collect::<Vec<_>>();
        assert_eq!(
            (ids(false), ids(true)),
            (vec!["a".into(), "back".into()], vec!["a".into(), "b".into(), "back".into()])
        );
    }

    #[test]
    fn ranges_cover_all_ids_without_a_hole() {
        let calendar = CalendarId::from_bytes([1; 16]);
        for names in [&[][..], &["a"], &["b", "a", "c"], &["e", "b", "c", "d", "a"]] {
            let listed = named(names);
            let starts = (0..listed.len().max(1)).step_by(2);
            let ranges: Vec<_> = starts.map(|from| listed.range(calendar, from, 2)).collect();
            assert_eq!(ranges.first().unwrap().after, None);
            assert_eq!(ranges.last().unwrap().until, None);
            for pair in ranges.windows(2) {
                assert_eq!(pair[0].until, pair[1].after);
                assert_eq!(pair[0].until.as_ref(), pair[0].listed.last().map(|(id, _)| id));
            }
            let all: Vec<String> =
                ranges.into_iter().flat_map(|range| range.listed).map(|(id, _)| id.0).collect();
            let mut sorted: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            sorted.sort();
            assert_eq!(all, sorted);
        }
    }

    #[test]
    fn ids_are_sorted_and_found_whether_they_share_their_beginning_or_not() {
        let long = format!("/c/a/{}", "x".repeat(40_000));
        let names = ["/c/a/m", "/c/a/", "/c/a", "/c/b", "/a", "", "z", "/c/a/b/c", "/c/a/ü", &long];
        let listed = named(&names);
        let mut sorted = names.to_vec();
        sorted.sort_unstable();
        for (place, name) in sorted.into_iter().enumerate() {
            assert_eq!(listed.find(&id(name)), Some(place), "{name}");
            assert_eq!(listed.id(place), Some(id(name)));
        }
        assert_eq!(listed.find(&id("/c/a/n")), None);
    }
}
