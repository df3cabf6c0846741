//! Numbers from a seed (splitmix64).

/// A row of numbers that follows from its seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The row of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A row that goes on as this one does begins with this seed.
    pub(crate) const fn state(&self) -> u64 {
        self.0
    }

    /// A number below `n`; 0 where `n` is 0.
    pub const fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        if n == 0 { 0 } else { (z % n as u64) as usize }
    }

    /// Whether a chance of one in `n` came up.
    pub const fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
