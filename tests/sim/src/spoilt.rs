//! A service that says otherwise than it means, or a way on which that becomes of what it says.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kalends_testkit::wire::{SimReply, SimRequest};

type How = dyn Fn(&SimRequest, SimReply) -> SimReply + Send;

/// What becomes of its replies; nothing at first.
#[derive(Clone, Default)]
pub(crate) struct Spoilt(Arc<Mutex<Option<Box<How>>>>);

impl Spoilt {
    /// From now on this becomes of each reply.
    pub(crate) fn set(&self, how: impl Fn(&SimRequest, SimReply) -> SimReply + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(how));
    }

    /// What becomes of this one.
    pub(crate) fn reply(&self, request: &SimRequest, reply: SimReply) -> SimReply {
        let how = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*how {
            Some(how) => how(request, reply),
            None => reply,
        }
    }
}

impl fmt::Debug for Spoilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spoilt")
    }
}
