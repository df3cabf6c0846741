//! A small picture of a set of texts, to see how much two sets have in common.

use core::fmt::Write;

/// Hashes kept of a set: the smallest, so that two sketches of like sets keep like hashes.
const KEPT: usize = 32;

/// The smallest hashes of a set of texts, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sketch(Vec<u32>);

impl Sketch {
    /// Of the digests of the texts.
    pub(crate) fn of(digests: impl Iterator<Item = u128>) -> Self {
        let mut sketch = Self::default();
        digests.for_each(|digest| sketch.add(digest));
        sketch
    }

    /// One more text, by its digest.
    pub(crate) fn add(&mut self, digest: u128) {
        let hash = (digest >> 96) as u32;
        if let Err(at) = self.0.binary_search(&hash)
            && at < KEPT
        {
            self.0.truncate(KEPT - 1);
            self.0.insert(at, hash);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::digest;

    fn numbers(range: core::ops::Range<u32>) -> Sketch {
        Sketch::of(range.map(|n| digest([n.to_string().as_bytes()])))
    }

    #[test]
    fn like_sets_have_much_in_common_and_others_nothing() {
        assert_eq!(numbers(0..500).common(&numbers(0..500)), KEPT);
        assert!(numbers(0..500).common(&numbers(0..510)) > KEPT / 2);
        assert_eq!(numbers(0..500).common(&numbers(1_000..1_500)), 0);
        assert_eq!(numbers(0..3).len(), 3);
    }

    /// What was remembered of a feed is compared with what is found of it later: the numbers stay.
    #[test]
    fn the_smallest_hashes_are_kept_whatever_their_order() {
        let sketch = numbers(0..100);
        assert_eq!(
            sketch,
            Sketch::of((0..100).rev().map(|n: u32| digest([n.to_string().as_bytes()])))
        );
        assert_eq!(numbers(0..1).to_text(), "5feceb66", "SHA-256 of 0 begins so");
        assert!(sketch.0.is_sorted() && sketch.len() == KEPT);
    }

    #[test]
    fn a_sketch_reads_back() {
        let sketch = numbers(0..40);
        assert_eq!(Sketch::from_text(&sketch.to_text()), sketch);
        assert_eq!(Sketch::from_text("zz").len(), 0);
        assert_eq!(Sketch::from_text("ü0000000").len(), 0);
    }
}
