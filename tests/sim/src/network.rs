//! How long what is asked takes to be answered.

use kalends_testkit::wire::{Delivery, SimReply};

/// The network between a world's workers and its sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Network {
    /// The clock stands while workers work.
    Instant,
    /// Each request takes time, and what never ends takes as long as it is waited for. Providers
    /// count what is asked in a minute, and two workers' clocks differ.
    Slow,
}

/// The least that a request takes on a slow network, and how much more it may.
const LEAST_MS: u64 = 20;
const MORE_MS: u64 = 380;
/// How long an answer is waited for.
const DEADLINE_MS: i64 = 30_000;

impl Network {
    /// The one of a history that is one of many: each fourth in a row of four kinds.
    #[must_use]
    pub const fn of(seed: u64) -> Self {
        if (seed / 4) % 4 == 1 { Self::Slow } else { Self::Instant }
    }

    /// Its name on the command line and in scripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Slow => "slow",
        }
    }

    /// How long the request of this number takes.
    pub(crate) fn latency_ms(self, nth: u64) -> i64 {
        match self {
            Self::Instant => 0,
            Self::Slow => {
                let more = nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
                i64::try_from(LEAST_MS + more % MORE_MS).unwrap_or_default()
            }
        }
    }

    /// How long a reply takes beside that to come whole, or to be given up.
    pub(crate) fn rest_ms(self, reply: &SimReply) -> i64 {
        let rest = match &reply.delivery {
            Delivery::Stall | Delivery::StallAt(_) => DEADLINE_MS,
            Delivery::Drip { piece_octets, pause_ms } => {
                let pieces = reply.body.len() / piece_octets.max(&1);
                i64::try_from(pieces as u64 * *pause_ms).unwrap_or(DEADLINE_MS).min(DEADLINE_MS)
            }
            Delivery::Complete
            | Delivery::ChunkedWithTrailers
            | Delivery::Refused
            | Delivery::NoSuchHost
            | Delivery::TlsFailure
            | Delivery::DropBeforeCommit
            | Delivery::DropAfterCommit
            | Delivery::TruncateAt(_)
            | Delivery::Endless(_) => 0,
        };
        match self {
            Self::Instant => 0,
            Self::Slow => rest,
        }
    }

    /// How far the clock of a second worker is ahead of the first one's.
    pub(crate) const fn drift_ms(self, nth: u64) -> i64 {
        match self {
            Self::Instant => 0,
            Self::Slow => [-45_000, -2_000, 3_000, 60_000][(nth % 4) as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_network_takes_time_and_not_the_same_each_time() {
        let times: Vec<i64> = (0..50).map(|nth| Network::Slow.latency_ms(nth)).collect();
        assert!(times.iter().all(|ms| (20..400).contains(ms)), "{times:?}");
        assert!(times.iter().max() > times.iter().min());
        assert_eq!(Network::Instant.latency_ms(7), 0);
        let mut stalled = SimReply::new(200, "");
        stalled.delivery = Delivery::Stall;
        assert_eq!(Network::Slow.rest_ms(&stalled), 30_000);
    }

    #[test]
    fn of_many_histories_each_kind_has_its_share_on_a_slow_network() {
        for kind in 0..4 {
            let slow = (0..64).filter(|n| Network::of(n * 4 + kind) == Network::Slow).count();
            assert_eq!(slow, 16, "{kind}");
        }
    }
}
