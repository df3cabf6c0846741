//! A clock that counts sleep and does not jump.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_timer::Delay;
use kalends_core::ports::Clock;
use kalends_core::time::Timestamp;
use kalends_driver::Timer;
use rustix::time::{ClockId, clock_gettime};

use crate::platform::{Platform, PlatformTimer};

/// The longest single wait: timers of a device that sleeps do not run, so waits are cut, and the
/// clock is looked at in between.
const WAIT_MS_MAX: i64 = 60_000;

/// The wall clock as it was when last anchored, and from there on the time since the device was
/// started, which goes on while it sleeps and is not set by anyone. So a deadline means what it
/// says, also where somebody sets the clock meanwhile. Clones share the anchor.
#[derive(Clone)]
pub struct SteadyClock {
    wall_minus_boot_ms: Arc<AtomicI64>,
    timer: Option<Arc<dyn PlatformTimer>>,
}

impl std::fmt::Debug for SteadyClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SteadyClock").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl SteadyClock {
    /// A clock anchored now.
    #[must_use]
    pub fn new(platform: &Platform) -> Self {
        let clock =
            Self { wall_minus_boot_ms: Arc::new(AtomicI64::new(0)), timer: platform.timer.clone() };
        clock.anchor();
        clock
    }

    /// Takes the wall clock's word again: at the beginning of each sync.
    pub fn anchor(&self) {
        self.wall_minus_boot_ms.store(wall_ms() - since_boot_ms(), Ordering::Relaxed);
    }

    async fn sleep(&self, ms: i64) {
        let slept = match &self.timer {
            Some(timer) => timer.sleep(ms).await,
            None => false,
        };
        if !slept {
            Delay::new(Duration::from_millis(ms.unsigned_abs())).await;
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let anchor = self.wall_minus_boot_ms.load(Ordering::Relaxed);
        Timestamp::from_millis(since_boot_ms() + anchor)
    }
}

impl Timer for SteadyClock {
    async fn until(&self, at: Timestamp) {
        loop {
            let left = at.millis_since(self.now());
            if left <= 0 {
                return;
            }
            self.sleep(left.min(WAIT_MS_MAX)).await;
        }
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn since_boot_ms() -> i64 {
    // CLOCK_MONOTONIC stands still while Linux and Android sleep, and goes on on Apple's systems.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const ID: ClockId = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const ID: ClockId = ClockId::Monotonic;
    let time = clock_gettime(ID);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Boxed, PlatformHttp, SecureStorage, StorageFailure};
    use kalends_core::ports::{HttpFailure, HttpHead, HttpRequest};

    struct Nothing;

    impl PlatformHttp for Nothing {
        fn send(
            &self,
            _: HttpRequest,
            _: i64,
        ) -> Boxed<'_, Result<(HttpHead, Vec<u8>), HttpFailure>> {
            Box::pin(async { Err(HttpFailure::Refused) })
        }
    }

    impl SecureStorage for Nothing {
        fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StorageFailure> {
            Ok(None)
        }

        fn put(&self, _: &str, _: &[u8]) -> Result<(), StorageFailure> {
            Ok(())
        }

        fn delete(&self, _: &str) -> Result<(), StorageFailure> {
            Ok(())
        }
    }

    #[test]
    fn waiting_ends_when_the_time_has_come_and_at_once_where_it_is_past() {
        let platform =
            Platform { http: Arc::new(Nothing), storage: Arc::new(Nothing), timer: None };
        let clock = SteadyClock::new(&platform);
        assert!((clock.now().as_millis() - wall_ms()).abs() < 1_000);
        let at = clock.now().saturating_add_millis(30);
        pollster::block_on(clock.until(at));
        assert!(clock.now() >= at);
        pollster::block_on(clock.until(Timestamp::from_millis(0)));
    }

    #[test]
    fn somebody_who_sets_the_clock_moves_no_deadline() {
        let platform =
            Platform { http: Arc::new(Nothing), storage: Arc::new(Nothing), timer: None };
        let clock = SteadyClock::new(&platform);
        let before = clock.now();
        // As if the wall clock had stood an hour ahead when it was anchored.
        clock.wall_minus_boot_ms.fetch_add(3_600_000, Ordering::Relaxed);
        assert!(clock.now().millis_since(before) >= 3_600_000);
        clock.anchor();
        assert!(clock.now().millis_since(before) < 60_000);
    }
}
