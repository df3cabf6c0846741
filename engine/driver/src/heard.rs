//! What a listing named, held small: a calendar may hold any number of objects.
//!
//! Ids and versions lie one after the other in one buffer, some fifty bytes an object, where maps of
//! strings took ten times that.

use kalends_core::ids::{CalendarId, ProviderId, Version};
use kalends_core::step::ListingRange;

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
        at.sort_unstable_by(|a, b| log.id(*a).cmp(log.id(*b)).then(a.cmp(b)));
        let mut kept = 0;
        let mut next = 0;
        while let Some(first) = at.get(next).copied() {
            let same = at.iter().skip(next).take_while(|one| log.id(**one) == log.id(first));
            let count = same.count();
            let told = at.get(next..next + count).unwrap_or_default();
            next += count;
            if let Some((record, flags)) = log.last_word(told) {
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
        self.log.at.binary_search_by(|at| self.log.id(*at).cmp(id.0.as_bytes())).ok()
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

/// Records in one buffer: flags, the lengths of id and version (0: none, else one more), and both.
#[derive(Debug, Default)]
struct Log {
    text: Vec<u8>,
    at: Vec<usize>,
}

const HEAD_BYTES: usize = 9;

impl Log {
    fn push(&mut self, flags: u8, id: &ProviderId, version: Option<&Version>) {
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX - 1);
        let version = version.map(|version| version.0.as_bytes());
        let id = id.0.as_bytes();
        self.at.push(self.text.len());
        self.text.push(flags);
        self.text.extend_from_slice(&length(id.len()).to_le_bytes());
        self.text.extend_from_slice(&version.map_or(0, |v| length(v.len()) + 1).to_le_bytes());
        self.text.extend_from_slice(id);
        self.text.extend_from_slice(version.unwrap_or_default());
    }

    fn flags(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default()
    }

    fn set_flags(&mut self, at: usize, flags: u8) {
        if let Some(byte) = self.text.get_mut(at) {
            *byte = flags;
        }
    }

    fn length(&self, at: usize) -> usize {
        let bytes = self.text.get(at..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
    }

    fn id(&self, at: usize) -> &[u8] {
        let from = at + HEAD_BYTES;
        self.text.get(from..from + self.length(at + 1)).unwrap_or_default()
    }

    fn provider_id(&self, at: usize) -> ProviderId {
        ProviderId(String::from_utf8_lossy(self.id(at)).into_owned())
    }

    fn named(&self, at: usize) -> Named {
        let from = at + HEAD_BYTES + self.length(at + 1);
        let version = self.length(at + 5).checked_sub(1).map(|length| {
            let bytes = self.text.get(from..from + length).unwrap_or_default();
            Version(String::from_utf8_lossy(bytes).into_owned())
        });
        (self.provider_id(at), version)
    }

    /// Which record of one id holds, and what is known by all of them; `None`: it is gone.
    fn last_word(&self, told: &[usize]) -> Option<(usize, u8)> {
        told.iter().fold(None, |held, at| match (self.flags(*at), held) {
            (REMOVED, _) => None,
            // It keeps the version of the name.
            (READ, Some((record, flags))) => Some((record, flags | READ)),
            (flags, held) => Some((*at, flags | held.map_or(0, |(_, flags)| flags))),
        })
    }
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
    fn an_object_costs_little_more_than_its_text() {
        let mut heard = Heard::default();
        for n in 0..10_000 {
            heard.named(&id(&format!("/calendar/{n:06}.ics")), Some(&Version(format!("{n:032}"))));
        }
        let Listed { log } = heard.sorted();
        assert_eq!(log.text.len() + 8 * log.at.len(), 10_000 * (20 + 32 + HEAD_BYTES + 8));
    }
}
