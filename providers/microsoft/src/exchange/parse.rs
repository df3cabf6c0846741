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

/// Why one event, or a part of one, is not given.
#[derive(Debug)]
pub(crate) enum Lack {
    /// There is no such event.
    Gone,
    /// The server fails at it: asked once more it may give it.
    Ill(Failure),
    /// It would be refused another time too.
    Refused(Failure),
}

/// What an answer that gives nothing says of the one event that was asked for.
///
/// # Errors
/// It says nothing of the event: the account, the mailbox or this moment is what is wrong.
pub(crate) fn lack(reply: &Reply, now: Timestamp) -> Result<Lack, Failure> {
    if reply.is_success() {
        // A page that something on the way gives in its place, or a part of it.
        return Ok(Lack::Ill(senseless(Intent::Read)));
    }
    let failure = fault::failure(reply, Intent::Read, now);
    if matches!(reply.status(), 408 | 423 | 425 | 429 | 502..=504 | 507 | 509) {
        return Err(failure);
    }
    match failure.class {
        FailureClass::NotFound if reply.status() == 404 => Ok(Lack::Gone),
        FailureClass::Transient | FailureClass::Unknown => Ok(Lack::Ill(failure)),
        FailureClass::Throttled
        | FailureClass::Quota
        | FailureClass::SignIn
        | FailureClass::Consent
        | FailureClass::Unsupported
        | FailureClass::CalendarGone => Err(failure),
        FailureClass::NotFound
        | FailureClass::Forbidden
        | FailureClass::CursorLost
        | FailureClass::Stale
        | FailureClass::Taken
        | FailureClass::TooLarge
        | FailureClass::Refused
        | FailureClass::Protocol => Ok(Lack::Refused(failure)),
    }
}

/// Whether an answer says that what was asked for is not there. A mailbox that cannot be reached is
/// a 404 too, and says nothing of what is in it.
pub(crate) fn is_gone(reply: &Reply, now: Timestamp) -> bool {
    let class = || fault::failure(reply, Intent::Read, now).class;
    reply.status() == 404 && class() == FailureClass::NotFound
}
