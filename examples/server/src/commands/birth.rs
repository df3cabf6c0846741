//! What ids of new things, and of what is done, are drawn from.

use kalends::core::ports::{Clock as _, Entropy as _};
use kalends::core::time::Timestamp;
use kalends::ids::{EventId, HoldId, RunId, SessionId, StepSeed};
use kalends_tokio::{OsEntropy, SystemClock};
use sha2::{Digest as _, Sha256};

/// What the id of a new event, hold or session is drawn from, or of the run that changes something.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    seed: StepSeed,
    at: Timestamp,
    /// Whether it may have been carried out before.
    again: bool,
}

impl Birth {
    /// By chance: nobody asks for the same again.
    pub(crate) fn now() -> Self {
        Self { seed: OsEntropy.seed(), at: SystemClock.now(), again: false }
    }

    /// By a request that may come again, then with the same result. `at`: when it first came.
    pub(crate) fn of_request((key, token): (&str, &str), at: Timestamp) -> Self {
        let mut hash = Sha256::new();
        for part in ["kalends request", key, token] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self { seed: StepSeed(hash.finalize().into()), at, again: true }
    }

    /// Whether it may have been carried out before.
    pub(crate) const fn may_be_again(&self) -> bool {
        self.again
    }

    pub(crate) fn run(&self) -> RunId {
        RunId::draw(&self.seed, self.at, 0)
    }

    pub(crate) fn event(&self) -> EventId {
        EventId::draw(&self.seed, self.at, 0)
    }

    pub(crate) fn hold(&self) -> HoldId {
        HoldId::draw(&self.seed, self.at, 0)
    }

    pub(crate) fn session(&self) -> SessionId {
        SessionId::draw(&self.seed, self.at, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches ids that change when a request comes again, and two requests that share one.
    #[test]
    fn a_request_has_ids_of_its_own() {
        let at = Timestamp::from_millis(1);
        let one = Birth::of_request(("key", "token"), at);
        assert_eq!(one.event(), Birth::of_request(("key", "token"), at).event());
        let later = Timestamp::from_millis(2);
        let others = [("key", "other", at), ("keyt", "oken", at), ("key", "token", later)];
        for (key, token, at) in others {
            assert_ne!(one.event(), Birth::of_request((key, token), at).event());
        }
        assert_ne!(Birth::now().event(), Birth::now().event());
    }
}
