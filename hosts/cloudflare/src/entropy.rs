//! The runtime's randomness.

use kalends_core::ids::StepSeed;
use kalends_core::ports::Entropy;

/// Seeds from `crypto.getRandomValues`.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebEntropy;

impl Entropy for WebEntropy {
    fn seed(&self) -> StepSeed {
        let mut seed = [0; 32];
        if getrandom::fill(&mut seed).is_err() {
            // Two steps that drew alike would make one id for two things.
            unreachable!("a Worker has randomness while it serves a request");
        }
        StepSeed(seed)
    }
}
