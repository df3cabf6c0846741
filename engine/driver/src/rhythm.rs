//! When a graph is looked at next, and what for.

use kalends_core::keys::GraphKeys;
use kalends_core::ports::GraphStore;
use kalends_core::schedule::next_end;
use kalends_core::slice::ReadSet;
use kalends_core::time::Timestamp;

use crate::options::{First, LISTENS_MS, Options};
use crate::watch::upkeep_at;

/// Who listens does so for so many intervals without saying so again, and for a year at most, in
/// milliseconds.
const INTERVALS_LISTENED: i64 = 8;
const LISTENS_MS_MAX: i64 = 366 * 24 * 3_600_000;

/// How often a graph is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// From the end of one sync to the start of the next, in milliseconds. Jobs that fall due
    /// earlier bring the next sync forward. Never less than the rest.
    pub every_ms: i64,
    /// The least time between two syncs, in milliseconds, whatever falls due.
    pub rest_ms: i64,
    /// The same where a notice of a provider came, in milliseconds: what comes meanwhile is read
    /// together. Never more than the rest.
    pub heard_rest_ms: i64,
    /// The longest one sync may take, in milliseconds.
    pub longest_ms: i64,
    /// The most passes of one sync.
    pub max_passes: u32,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            every_ms: 300_000,
            rest_ms: 5_000,
            heard_rest_ms: 200,
            longest_ms: 3_600_000,
            max_passes: 8,
        }
    }
}

impl WatchOptions {
    /// When the next sync may begin after one that ended at `now`; earlier where a notice was heard.
    #[must_use]
    pub fn rest(&self, now: Timestamp, heard: bool) -> Timestamp {
        let rest = if heard { self.heard_rest_ms.min(self.rest_ms) } else { self.rest_ms };
        now.saturating_add_millis(rest)
    }
}

/// What is known of a graph between two syncs: what a host that keeps it in step holds on to. Jobs
/// that fall due earlier bring the next sync forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// When all is read again.
    read_again: Timestamp,
    /// When something that is held runs out.
    end: Option<Timestamp>,
    /// When a watch is to be tended.
    upkeep: Option<Timestamp>,
}

impl Rhythm {
    /// Begins: all is read at `at`.
    #[must_use]
    pub const fn new(at: Timestamp) -> Self {
        Self { read_again: at, end: None, upkeep: None }
    }

    /// What the sync that begins now does. `public`: where notices come in, as
    /// [`Options::notices_at`].
    #[must_use]
    pub fn next(&self, pace: &WatchOptions, now: Timestamp, public: Option<&str>) -> Options {
        // What ran out is let go by a provider's time, which only a reading shows.
        let ran_out = self.end.is_some_and(|end| end <= now);
        let reads = now >= self.read_again || ran_out || public.is_none();
        Options {
            deadline: Some(now.saturating_add_millis(pace.longest_ms)),
            max_passes: pace.max_passes,
            first: if reads { First::Reading } else { First::Queue },
            notices_at: public.map(str::to_owned),
            listens_ms: pace
                .every_ms
                .saturating_mul(INTERVALS_LISTENED)
                .clamp(LISTENS_MS, LISTENS_MS_MAX),
            ..Options::default()
        }
    }

    /// A sync ended at `now`. Where the store cannot be asked what is held, the interval holds.
    pub async fn ended<S: GraphStore>(
        &mut self,
        store: &S,
        keys: &GraphKeys,
        (pace, sync): (&WatchOptions, &Options),
        now: Timestamp,
    ) {
        if sync.first == First::Reading {
            self.read_again = now.saturating_add_millis(pace.every_ms.max(pace.rest_ms));
        }
        (self.end, self.upkeep) = (None, None);
        let Ok(slice) = store.load(keys.graph, &ReadSet::default()).await else { return };
        self.end = next_end(&slice.config, now);
        if sync.notices_at.is_some() {
            self.upkeep = upkeep_at(store, keys, &slice, now).await.unwrap_or_default();
        }
    }

    /// Something changed here, or a sync was cut short: all is read at once.
    pub const fn wake(&mut self, now: Timestamp) {
        self.read_again = now;
    }

    /// The latest time of the next sync.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        [self.end, self.upkeep].into_iter().flatten().fold(self.read_again, Timestamp::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn first(rhythm: &Rhythm, after_ms: i64, public: Option<&str>) -> First {
        rhythm.next(&WatchOptions::default(), AT.saturating_add_millis(after_ms), public).first
    }

    /// Fails if all is read though watches tell of changes, or is never read again; or if what runs
    /// out is waited for behind the interval.
    #[test]
    fn all_is_read_at_the_interval_at_ends_and_where_nobody_tells() {
        let mut rhythm = Rhythm::new(AT.saturating_add_millis(1_000));
        assert_eq!(first(&rhythm, 999, Some("https://x")), First::Queue);
        assert_eq!(first(&rhythm, 1_000, Some("https://x")), First::Reading);
        assert_eq!(first(&rhythm, 999, None), First::Reading);
        rhythm.end = Some(AT.saturating_add_millis(500));
        assert_eq!(rhythm.latest(), AT.saturating_add_millis(500));
        assert_eq!(first(&rhythm, 500, Some("https://x")), First::Reading);
        rhythm.end = None;
        rhythm.wake(AT);
        assert_eq!((rhythm.latest(), first(&rhythm, 0, Some("https://x"))), (AT, First::Reading));
    }

    #[test]
    fn a_notice_shortens_the_rest_and_never_prolongs_it() {
        let pace = WatchOptions { rest_ms: 100, heard_rest_ms: 200, ..WatchOptions::default() };
        assert_eq!(pace.rest(AT, true), AT.saturating_add_millis(100));
        let pace = WatchOptions { rest_ms: 300, ..pace };
        assert_eq!(pace.rest(AT, false), AT.saturating_add_millis(300));
        assert_eq!(pace.rest(AT, true), AT.saturating_add_millis(200));
    }
}
