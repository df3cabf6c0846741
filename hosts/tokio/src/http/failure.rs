//! What went wrong, in the classes of the port.

use std::error::Error;
use std::io::{self, ErrorKind};

use kalends_core::ports::HttpFailure;

use super::address::NameError;

/// Sorts an error of a request whose answer's head has not come.
pub(super) fn before_head(error: &reqwest::Error) -> HttpFailure {
    if error.is_builder() {
        return HttpFailure::BadAddress;
    }
    if let Some(cause) = find(error, cause_of) {
        return cause;
    }
    if error.is_timeout() {
        return HttpFailure::Deadline;
    }
    if error.is_connect() {
        // Nothing was sent. A connection that breaks inside the handshake never got to trust.
        let broke = find(error, |inner| inner.downcast_ref::<io::Error>().map(io::Error::kind));
        return match broke {
            Some(
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::InvalidData,
            ) => HttpFailure::Tls,
            Some(ErrorKind::TimedOut) => HttpFailure::Deadline,
            Some(_) | None => HttpFailure::Refused,
        };
    }
    HttpFailure::Reset
}

/// Sorts an error of a body under way.
pub(super) fn in_body(error: &reqwest::Error) -> HttpFailure {
    if error.is_timeout() { HttpFailure::Deadline } else { HttpFailure::Cut }
}

fn cause_of(error: &(dyn Error + 'static)) -> Option<HttpFailure> {
    if let Some(name) = error.downcast_ref::<NameError>() {
        return Some(match name {
            NameError::Unknown => HttpFailure::Dns,
            NameError::NotAllowed => HttpFailure::BadAddress,
        });
    }
    error.downcast_ref::<rustls::Error>().map(|_| HttpFailure::Tls)
}

/// Looks through an error and all that it was caused by. An `io::Error` hides what it wraps from
/// `source`, so that is looked into apart.
fn find<T>(
    error: &(dyn Error + 'static),
    look: impl Fn(&(dyn Error + 'static)) -> Option<T> + Copy,
) -> Option<T> {
    if let Some(wrapped) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
        && let Some(found) = find(wrapped, look)
    {
        return Some(found);
    }
    look(error).or_else(|| find(error.source()?, look))
}
