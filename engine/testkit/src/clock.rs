//! A clock that stands still until it is moved, and randomness from a seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use kalends_core::ids::{EventId, StepSeed};
use kalends_core::ports::{Clock, Entropy};
use kalends_core::time::Timestamp;

/// A wall clock under the test's control. Clones show the same time.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.as_millis())))
    }

    /// Moves it on; back with a negative number.
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets it, to a time before too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Seeds that follow from one number. Clones draw from the same row of seeds.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    seed: u64,
    drawn: Arc<AtomicU64>,
}

impl SeededEntropy {
    /// The row of seeds of this number.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: Arc::new(AtomicU64::new(0)) }
    }
}

impl Entropy for SeededEntropy {
    fn seed(&self) -> StepSeed {
        let n = self.drawn.fetch_add(1, Ordering::SeqCst);
        let mut start = [0; 32];
        start[..8].copy_from_slice(&self.seed.to_be_bytes());
        start[8..16].copy_from_slice(&n.to_be_bytes());
        // Two drawn ids are as good as any hash, and there is no need for another one here.
        let start = StepSeed(start);
        let mut bytes = [0; 32];
        for (half, to) in bytes.chunks_exact_mut(16).enumerate() {
            let id = EventId::draw(&start, Timestamp::from_millis(0), half as u32);
            to.copy_from_slice(id.as_bytes());
        }
        StepSeed(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_and_come_again_with_the_same_number() {
        let (one, again, other) =
            (SeededEntropy::new(1), SeededEntropy::new(1), SeededEntropy::new(2));
        let first = one.seed();
        assert_eq!(first, again.seed());
        assert_ne!(first, one.seed());
        assert_ne!(first, other.seed());
    }

    #[test]
    fn the_clock_moves_only_when_told() {
        let clock = VirtualClock::at(Timestamp::from_millis(5));
        let shown = clock.clone();
        clock.advance_millis(-2);
        assert_eq!(shown.now(), Timestamp::from_millis(3));
        clock.set(Timestamp::from_millis(9));
        assert_eq!(shown.now(), Timestamp::from_millis(9));
    }
}
