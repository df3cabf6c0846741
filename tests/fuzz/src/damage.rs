//! Damage to good bytes, the same for the same seed.

/// Words that parsers stumble over.
const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\n ",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"RRULE:FREQ=SECONDLY\r\n",
    b";TZID=",
    b"=",
    b";",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\0",
    b"\xff",
    b"99999999999999999999",
    b"-1",
    b"]]>",
    b"<![CDATA[",
    b"<!DOCTYPE x [",
    b"&#0;",
    b"&amp",
    b"</",
    b"<D:response>",
    b"{",
    b"}",
    b"null",
    b"[[[[",
    b"\xef\xbb\xbf",
    b"BYSETPOS=-1;",
    b"COUNT=0;",
    b"UNTIL=",
    b"19700101T000000Z",
];

/// Damages copies of good bytes.
#[derive(Debug, Clone)]
pub struct Damager {
    state: u64,
}

impl Damager {
    /// One that gives the same damages for the same seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// One of these, damaged at one to four places; never longer than twice the longest and some
    /// words.
    #[must_use]
    pub fn damaged(&mut self, good: &[Vec<u8>]) -> Vec<u8> {
        let Some(mut bytes) = self.one_of(good).cloned() else { return Vec::new() };
        for _ in 0..=self.below(4) {
            self.damage(&mut bytes, good);
        }
        bytes
    }

    fn damage(&mut self, bytes: &mut Vec<u8>, good: &[Vec<u8>]) {
        let at = self.below(bytes.len() + 1);
        let end = at + self.below((bytes.len() - at).min(64) + 1);
        match self.below(6) {
            0 => {
                let byte = self.below(256).to_le_bytes()[0];
                bytes.iter_mut().skip(at).take(1).for_each(|old| *old = byte);
            }
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(end..end, again);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = self.one_of(good).cloned().unwrap_or_default();
                let from = self.below(other.len() + 1);
                bytes.splice(at..end, other[from..].iter().copied());
            }
            _ => {
                let word = self.one_of(WORDS).copied().unwrap_or_default();
                bytes.splice(at..at, word.iter().copied());
            }
        }
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len().max(1)))
    }

    /// SplitMix64, cut down; at most a hair uneven.
    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % end.max(1) as u64).unwrap_or(0)
    }
}
