//! What a driver is given beside the servers: time that passes by itself, and bodies in pieces.

use kalends_core::ports::{Clock as _, HttpBody, HttpFailure};
use kalends_core::time::Timestamp;
use kalends_driver::Timer;
use kalends_testkit::clock::VirtualClock;

/// Waiting moves the clock.
#[derive(Debug, Clone)]
pub(crate) struct Jump(pub(crate) VirtualClock);

impl Timer for Jump {
    async fn until(&self, at: Timestamp) {
        if at > self.0.now() {
            self.0.set(at);
        }
    }
}

/// What is left of a body, the last first.
pub(crate) struct Body(pub(crate) Vec<Result<Vec<u8>, HttpFailure>>);

impl HttpBody for Body {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpFailure> {
        self.0.pop().transpose()
    }
}
