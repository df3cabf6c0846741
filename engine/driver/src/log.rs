//! Ids and versions one after the other in one buffer, without what all ids begin with: some eleven
//! bytes an object beside them, where maps of strings take hundreds.

use std::cmp::Ordering;

use kalends_core::ids::{ProviderId, Version};

/// Flags that callers use; the others are the log's own.
const FLAGS: u8 = 0x0f;
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

    pub(crate) fn flags(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default() & FLAGS
    }

    pub(crate) fn set_flags(&mut self, at: usize, flags: u8) {
        if let Some(byte) = self.text.get_mut(at) {
            *byte = (*byte & !FLAGS) | (flags & FLAGS);
        }
    }

    /// An id in the two parts that a record would have.
    pub(crate) fn cut<'a>(&'a self, id: &'a [u8]) -> Cut<'a> {
        let rest = id.strip_prefix(self.beginning.as_slice());
        rest.map_or((&[], id), |rest| (&self.beginning, rest))
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

    pub(crate) fn provider_id(&self, at: usize) -> ProviderId {
        let (beginning, rest) = self.id(at);
        ProviderId(text([beginning, rest].concat()))
    }

    pub(crate) fn named(&self, at: usize) -> (ProviderId, Option<Version>) {
        let (bytes, record) = number(self.written(at).1);
        let version = bytes.checked_sub(1).map(|bytes| record.get(..bytes).unwrap_or_default());
        (self.provider_id(at), version.map(|version| Version(text(version.to_vec()))))
    }
}

/// Compares ids by their bytes.
pub(crate) fn order(one: Cut<'_>, other: Cut<'_>) -> Ordering {
    if one.0.len() == other.0.len() {
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

    #[test]
    fn an_object_costs_little_more_than_its_text() {
        let mut log = Log::default();
        for n in 0..10_000 {
            let id = ProviderId(format!("/calendar/{n:06}.ics"));
            log.push(1, &id, Some(&Version(format!("{n:032}"))));
        }
        let unshared = "000000.ics".len();
        assert_eq!(log.text.len() + 8 * log.at.len(), 10_000 * (unshared + 32 + 3 + 8));
    }
}
