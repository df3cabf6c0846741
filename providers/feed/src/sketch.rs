//! A small picture of a set of texts, to see how much two sets have in common.

use core::fmt::Write;

use sha2::{Digest, Sha256};

/// Hashes kept of a set: the smallest, so that two sketches of like sets keep like hashes.
const KEPT: usize = 32;

/// The smallest hashes of a set of texts, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sketch(Vec<u32>);

impl Sketch {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut hashes: Vec<u32> = texts.map(hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(KEPT);
        Self(hashes)
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// How many hashes both hold.
    pub(crate) fn common(&self, other: &Self) -> usize {
        self.0.iter().filter(|hash| other.0.binary_search(hash).is_ok()).count()
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 8);
        for hash in &self.0 {
            let _ = write!(text, "{hash:08x}");
        }
        text
    }

    /// Reads [`Self::to_text`]; what cannot be read is left out.
    pub(crate) fn from_text(text: &str) -> Self {
        let mut hashes: Vec<u32> = text
            .as_bytes()
            .chunks_exact(8)
            .filter_map(|digits| u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok())
            .take(KEPT)
            .collect();
        hashes.sort_unstable();
        Self(hashes)
    }
}

fn hash(text: &str) -> u32 {
    let digest = Sha256::digest(text.as_bytes());
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(range: core::ops::Range<u32>) -> Sketch {
        let texts: Vec<String> = range.map(|n| n.to_string()).collect();
        Sketch::of(texts.iter().map(String::as_str))
    }

    #[test]
    fn like_sets_have_much_in_common_and_others_nothing() {
        assert_eq!(numbers(0..500).common(&numbers(0..500)), KEPT);
        assert!(numbers(0..500).common(&numbers(0..510)) > KEPT / 2);
        assert_eq!(numbers(0..500).common(&numbers(1_000..1_500)), 0);
        assert_eq!(numbers(0..3).len(), 3);
    }

    #[test]
    fn a_sketch_reads_back() {
        let sketch = numbers(0..40);
        assert_eq!(Sketch::from_text(&sketch.to_text()), sketch);
        assert_eq!(Sketch::from_text("zz").len(), 0);
        assert_eq!(Sketch::from_text("ü0000000").len(), 0);
    }
}
