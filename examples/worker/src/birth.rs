//! What ids of new things are drawn from.

use kalends::core::ports::{Clock as _, Entropy as _};
use kalends::core::time::Timestamp;
use kalends::ids::{EventId, GraphId, StepSeed};
use kalends_cloudflare::{WebEntropy, WorkerClock};
use sha2::{Digest as _, Sha256};

/// What the id of a new event is drawn from.
#[derive(Debug)]
pub(crate) struct Birth {
    seed: StepSeed,
    at: Timestamp,
    again: bool,
}

impl Birth {
    /// By chance: nobody asks for the same again.
    pub(crate) fn now() -> Self {
        Self { seed: WebEntropy.seed(), at: WorkerClock.now(), again: false }
    }

    /// By a request that may come again, then with the same result. `at`: when it first came.
    pub(crate) fn of_request(graph: GraphId, claim: &str, at: Timestamp) -> Self {
        let hash = Sha256::new().chain_update("kalends request").chain_update(graph.as_bytes());
        Self { seed: StepSeed(hash.chain_update(claim).finalize().into()), at, again: true }
    }

    /// Whether what is asked for may have been done before.
    pub(crate) const fn may_be_again(&self) -> bool {
        self.again
    }

    pub(crate) fn event(&self) -> EventId {
        EventId::draw(&self.seed, self.at, 0)
    }
}
