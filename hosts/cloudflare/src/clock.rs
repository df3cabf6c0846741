//! The runtime's clock.

use std::time::Duration;

use kalends_core::ports::Clock;
use kalends_core::time::Timestamp;
use kalends_driver::Timer;
use worker::{Date, Delay};

/// No single wait is longer, in milliseconds: the runtime counts them in 31 bits.
const WAIT_MS_MAX: i64 = 86_400_000;

/// The runtime's wall clock, and waits by its timers. On Cloudflare it stands still between two
/// waits for something outside.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkerClock;

impl Clock for WorkerClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(Date::now().as_millis()).unwrap_or(i64::MAX))
    }
}

impl Timer for WorkerClock {
    async fn until(&self, at: Timestamp) {
        loop {
            let left = at.millis_since(self.now()).min(WAIT_MS_MAX);
            let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else { return };
            Delay::from(Duration::from_millis(left)).await;
        }
    }
}
