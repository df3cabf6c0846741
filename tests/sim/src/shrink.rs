//! From a history that ends otherwise to the fewest of its steps that do.

use crate::life::Tale;

impl Tale {
    /// The same history with as few of its steps as still end otherwise than they should. A history
    /// that ends as it should stays whole.
    #[must_use]
    pub fn shrunk(&self) -> Self {
        let with = |steps: &[u32]| Self { steps: steps.to_vec(), ..self.clone() };
        with(&fewest(&self.steps, |steps| with(steps).live().trouble.is_some()))
    }
}

/// The steps of which none can be left out, so that what is left still fails; all of them where
/// they do not fail.
pub fn fewest(steps: &[u32], fails: impl Fn(&[u32]) -> bool) -> Vec<u32> {
    let mut least = steps.to_vec();
    if !fails(&least) {
        return least;
    }
    let mut piece = least.len().div_ceil(2).max(1);
    loop {
        let (before, mut at) = (least.len(), 0);
        while at < least.len() {
            let mut fewer = least.clone();
            fewer.drain(at..(at + piece).min(least.len()));
            if fails(&fewer) { least = fewer } else { at += piece }
        }
        if piece == 1 && least.len() == before {
            return least;
        }
        piece = piece.div_ceil(2);
    }
}
