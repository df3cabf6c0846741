//! The machine's randomness.

use std::hash::{BuildHasher, RandomState};

use kalends_core::ids::StepSeed;
use kalends_core::ports::Entropy;

/// Seeds from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn seed(&self) -> StepSeed {
        let mut seed = [0; 32];
        if getrandom::fill(&mut seed).is_err() {
            // Seeds make ids that must differ, not keys: what the standard library draws for its
            // tables is enough where the system gives nothing.
            for (n, part) in seed.chunks_mut(8).enumerate() {
                part.copy_from_slice(&RandomState::new().hash_one(n).to_be_bytes());
            }
        }
        StepSeed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ() {
        assert_ne!(OsEntropy.seed(), OsEntropy.seed());
    }
}
