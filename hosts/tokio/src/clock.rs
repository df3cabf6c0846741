//! The machine's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kalends_core::ports::Clock;
use kalends_core::time::Timestamp;
use kalends_driver::Timer;

/// The machine's wall clock, and waits on Tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Timer for SystemClock {
    async fn until(&self, at: Timestamp) {
        let left = u64::try_from(at.millis_since(self.now())).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_ends_when_the_clock_says_so() {
        let clock = SystemClock;
        let at = clock.now().saturating_add_millis(30);
        clock.until(at).await;
        assert!(clock.now() >= at);
        clock.until(Timestamp::from_millis(0)).await;
    }
}
