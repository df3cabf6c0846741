//! Ids and versions one after the other in one buffer, without what all ids begin with: some eleven
//! bytes an object beside them, where maps of strings take hundreds. It can be put down as bytes.

use std::cmp::Ordering;

use kalends_core::ids::{ProviderId, Version};

/// It was named, its content is not here.
pub(crate) const NAMED: u8 = 1;
/// Its content came with the listing and was taken in.
pub(crate) const READ: u8 = 2;
/// The listing said that it is gone: what was said before no longer counts.
pub(crate) const REMOVED: u8 = 4;
/// It is to be read alone.
pub(crate) const WANTED: u8 = 8;

/// Flags that callers use; the others are the log's own.
const FLAGS: u8 = NAMED | READ | REMOVED | WANTED;
/// The id is written without the beginning that it shares with the first one.
const SHORT: u8 = 0x10;

/// Records in one buffer: flags, the id behind its length, the version behind one more than its
/// length (0: none).
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The first id up to its last slash: the path of a collection, as a rule.
    beginning: Vec<u8>,
    text: Vec<u8>,
    /// Where the records begin.
    pub(crate) at: Vec<usize>,
}

/// An id in two parts, the first of which is the beginning of the log or nothing.
pub(crate) type Cut<'a> = (&'a [u8], &'a [u8]);

impl Log {
    pub(crate) fn push(&mut self, flags: u8, id: &ProviderId, version: Option<&Version>) {
        let version = version.map(|version| version.0.as_bytes());
        let id = id.0.as_bytes();
        if self.at.is_empty() {
            let end = id.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            self.beginning = id.get(..end).unwrap_or_default().to_vec();
        }
        self.at.push(self.text.len());
        let rest = id.strip_prefix(self.beginning.as_slice());
        let (short, id) = rest.map_or((0, id), |rest| (SHORT, rest));
        self.text.push((flags & FLAGS) | short);
        push_number(&mut self.text, id.len());
        self.text.extend_from_slice(id);
        push_number(&mut self.text, version.map_or(0, |version| version.len() + 1));
        self.text.extend_from_slice(version.unwrap_or_default());
    }

    /// A log that was put down as [`Log::bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let (length, rest) = number(bytes);
        let (beginning, text) = rest.split_at_checked(length).unwrap_or_default();
        let mut log =
            Self { beginning: beginning.to_vec(), text: text.to_vec(), at: Vec::default() };
        let mut at = 0;
        while at < log.text.len() {
            log.at.push(at);
            at = log.end(at);
        }
        log
    }

    /// Its records in the order in which they were pushed.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.text.len() + self.beginning.len() + 4);
        push_number(&mut bytes, self.beginning.len());
        bytes.extend_from_slice(&self.beginning);
        bytes.extend_from_slice(&self.text);
        bytes
    }

    /// The bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + size_of::<usize>() * self.at.len()
    }

    /// Sorts the records by id and keeps one of each: the last word holds.
    pub(crate) fn sort(&mut self) {
        let mut at = std::mem::take(&mut self.at);
        at.sort_unstable_by(|a, b| order(self.id(*a), self.id(*b)).then(a.cmp(b)));
        let mut kept: Vec<usize> = at;
        kept.dedup_by(|new, old| {
            if self.id(*new) != self.id(*old) {
                return false;
            }
            let (flags, replaces) = last_word(self.flags(*old), self.flags(*new));
            *old = if replaces { *new } else { *old };
            self.set_flags(*old, flags);
            true
        });
        self.at = kept;
    }

    pub(crate) fn flags(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default() & FLAGS
    }

    fn set_flags(&mut self, at: usize, flags: u8) {
        if let Some(byte) = self.text.get_mut(at) {
            *byte = (*byte & !FLAGS) | (flags & FLAGS);
        }
    }

    pub(crate) fn id(&self, at: usize) -> Cut<'_> {
        let short = self.text.get(at).is_some_and(|flags| flags & SHORT != 0);
        let beginning: &[u8] = if short { &self.beginning } else { &[] };
        (beginning, self.written(at).0)
    }

    /// The id of a record as written, and what follows it.
    fn written(&self, at: usize) -> (&[u8], &[u8]) {
        let (bytes, record) = number(self.text.get(at + 1..).unwrap_or_default());
        record.split_at_checked(bytes).unwrap_or_default()
    }

    /// Where the record after this one begins.
    fn end(&self, at: usize) -> usize {
        let (bytes, version) = number(self.written(at).1);
        let left = version.len().saturating_sub(bytes.saturating_sub(1));
        self.text.len().saturating_sub(left).max(at + 1)
    }

    fn provider_id(&self, at: usize) -> ProviderId {
        let (beginning, rest) = self.id(at);
        ProviderId(text([beginning, rest].concat()))
    }

    pub(crate) fn named(&self, at: usize) -> (ProviderId, Option<Version>) {
        let (bytes, record) = number(self.written(at).1);
        let version = bytes.checked_sub(1).map(|bytes| record.get(..bytes).unwrap_or_default());
        (self.provider_id(at), version.map(|version| Version(text(version.to_vec()))))
    }
}

/// What is known of an object once more is said of it, and whether the newer record takes the place
/// of the older one, whose version it keeps otherwise.
pub(crate) const fn last_word(old: u8, new: u8) -> (u8, bool) {
    if new & REMOVED != 0 { (new | old & WANTED, true) } else { (old | new, new & NAMED != 0) }
}

/// Compares ids by their bytes.
pub(crate) fn order(one: Cut<'_>, other: Cut<'_>) -> Ordering {
    if one.0 == other.0 {
        return one.1.cmp(other.1);
    }
    one.0.iter().chain(one.1).cmp(other.0.iter().chain(other.1))
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn push_number(text: &mut Vec<u8>, number: usize) {
    let mut rest = number;
    while rest > 0x7f {
        text.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    text.push(rest as u8);
}

/// A number, and what follows it.
fn number(bytes: &[u8]) -> (usize, &[u8]) {
    if let [byte @ ..0x80, rest @ ..] = bytes {
        return (usize::from(*byte), rest);
    }
    let (mut number, mut shift) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        number |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        shift += 7;
        if byte & 0x80 == 0 {
            return (number, bytes.get(at + 1..).unwrap_or_default());
        }
    }
    (number, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(words: &[(u8, &str, Option<&str>)]) -> Log {
        let mut log = Log::default();
        for (flags, id, version) in words {
            let version = version.map(|version| Version(version.to_owned()));
            log.push(*flags, &ProviderId((*id).to_owned()), version.as_ref());
        }
        log
    }

    fn told(log: &Log) -> Vec<(String, Option<String>, u8)> {
        let word = |at: &usize| {
            let (id, version) = log.named(*at);
            (id.0, version.map(|version| version.0), log.flags(*at))
        };
        log.at.iter().map(word).collect()
    }

    #[test]
    fn an_object_costs_little_more_than_its_text() {
        let mut log = Log::default();
        for n in 0..10_000 {
            let id = ProviderId(format!("/calendar/{n:06}.ics"));
            log.push(1, &id, Some(&Version(format!("{n:032}"))));
        }
        let unshared = "000000.ics".len();
        assert_eq!(log.size(), 10_000 * (unshared + 32 + 3 + 8));
    }

    #[test]
    fn the_last_word_on_an_object_holds() {
        let mut log = log(&[
            (NAMED, "b", Some("1")),
            (NAMED, "gone", Some("1")),
            (READ, "c", None),
            (NAMED, "a", None),
            (NAMED, "b", Some("22")),
            (REMOVED, "gone", None),
            (READ, "b", None),
            (REMOVED, "back", None),
            (NAMED, "back", Some("1")),
        ]);
        log.sort();
        let word = |id: &str, version: Option<&str>, flags| {
            (id.to_owned(), version.map(str::to_owned), flags)
        };
        let expected = [
            word("a", None, NAMED),
            word("b", Some("22"), NAMED | READ),
            word("back", Some("1"), REMOVED | NAMED),
            word("c", None, READ),
            word("gone", None, REMOVED),
        ];
        assert_eq!(told(&log), expected);
    }

    #[test]
    fn records_are_sorted_and_read_back_whether_ids_share_their_beginning_or_not() {
        let long = format!("/c/a/{}", "x".repeat(40_000));
        let names = ["/c/a/m", "/c/a/", "/c/a", "/c/b", "/a", "", "z", "/c/a/b/c", "/c/a/ü", &long];
        let mut log = log(&names.map(|name| (NAMED, name, Some(name).filter(|n| n.len() > 3))));
        assert_eq!(told(&Log::from_bytes(&log.bytes())), told(&log));
        log.sort();
        let mut sorted = names.to_vec();
        sorted.sort_unstable();
        let ids: Vec<String> = told(&log).into_iter().map(|(id, _, _)| id).collect();
        assert_eq!(ids, sorted);
    }

    #[test]
    fn bytes_that_are_no_log_are_read_to_their_end() {
        for bytes in [&b""[..], &[0xff; 40], &[3, b'a'], &[0, 1, 0x7f, b'x'], &[0, 1, 1, b'x', 9]] {
            Log::from_bytes(bytes).at.iter().for_each(|at| {
                Log::from_bytes(bytes).named(*at);
            });
        }
    }
}
