//! Conversations with providers: what is decided, without IO.

use std::sync::Arc;

use super::{Credential, Input, Turn};
use crate::budget::Allowance;
use crate::graph::Window;
use crate::notice::{InboundRequest, Notice, Refusal};
use crate::provider::{Failure, ProviderOp};
use crate::time::Timestamp;
use crate::watch::{WatchSecrets, WatchTerms};

/// One short conversation with a provider, without IO: fed with answers, asked for calls.
pub trait Exchange: Send {
    /// Goes on with `input`.
    fn resume(&mut self, input: Input, now: Timestamp) -> Turn;

    /// As how many requests the provider counts the call that it asked for last
    /// ([`Turn::Send`]): several may travel in one.
    fn counts(&self) -> u32 {
        1
    }
}

/// A kind of provider.
pub trait Provider: Send + Sync {
    /// Begins a conversation.
    ///
    /// # Errors
    /// A [`Failure`] where the operation makes no sense there.
    fn start(&self, op: &ProviderOp, credential: &Credential)
    -> Result<Box<dyn Exchange>, Failure>;

    /// What it lets us ask, and what things cost there.
    fn allowance(&self) -> Allowance {
        Allowance::NONE
    }

    /// The same connection, whose listings hold at least what lies in this part of time; `None`: they
    /// hold all that there is, or no more whatever is wanted.
    fn reaching(&self, window: Window) -> Option<Arc<dyn Provider>> {
        let _ = window;
        None
    }

    /// How its watches live; `None`: it tells of nothing by itself, and is polled.
    fn watches(&self) -> Option<WatchTerms> {
        None
    }

    /// What a request from outside comes to: a pure function that makes no call, and believes
    /// nothing that `secrets` does not bear out.
    fn notice(&self, request: &InboundRequest, secrets: &WatchSecrets) -> Notice {
        let _ = (request, secrets);
        Notice::Refuse(Refusal::NoPush)
    }
}
