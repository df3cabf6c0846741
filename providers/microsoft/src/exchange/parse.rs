//! Answers as values.

use kalends_core::provider::{Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{Intent, Reply};
use serde::de::DeserializeOwned;

use crate::context::fail;
use crate::fault;

/// The value of an answer to a read that was taken.
///
/// # Errors
/// What the answer states, or that it makes no sense.
pub(crate) fn read<T: DeserializeOwned>(reply: &Reply, now: Timestamp) -> Result<T, Failure> {
    taken(reply, Intent::Read, now)
}

/// The value of an answer to a write that was taken.
///
/// # Errors
/// What the answer states; where it makes no sense, nobody knows what was done.
pub(crate) fn written<T: DeserializeOwned>(reply: &Reply, now: Timestamp) -> Result<T, Failure> {
    taken(reply, Intent::Write, now)
}

fn taken<T: DeserializeOwned>(reply: &Reply, intent: Intent, now: Timestamp) -> Result<T, Failure> {
    if !reply.is_success() {
        return Err(fault::failure(reply, intent, now));
    }
    serde_json::from_slice(&reply.body).map_err(|_| senseless(intent))
}

fn senseless(intent: Intent) -> Failure {
    let class = match intent {
        Intent::Read => FailureClass::Protocol,
        Intent::Write => FailureClass::Unknown,
    };
    fail(class, "graph.json", "the server's answer makes no sense: check the address")
}

/// Whether an answer says that it may be another one later; whatever else refuses a read of one
/// event will refuse it again.
pub(crate) const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 423 | 429 | 502..=504 | 507 | 509)
}
