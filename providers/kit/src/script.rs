//! A conversation as a script of calls, and what goes into and comes out of it.

use std::collections::VecDeque;

use kalends_core::ports::HttpHead;
use kalends_core::provider::{Done, Failure, Output};
use kalends_core::time::Timestamp;

use crate::status::Intent;
use crate::url::Url;
use crate::xml::Element;

/// What a call expects as its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// 207 with a `DAV:multistatus`, read in pieces (RFC 4918 section 13).
    Multistatus,
    /// A body kept whole, of at most so many bytes. A web page in its place ends the conversation.
    Bytes(u64),
    /// The same of one of several that are read: a web page in its place may stand for it alone, and goes
    /// to the script. A write is judged as by [`Expect::Bytes`].
    OneOfMany(u64),
}

/// A call of a script, still without credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: &'static str,
    /// The address.
    pub url: Url,
    /// Header fields besides credentials and user agent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What it expects.
    pub expect: Expect,
    /// Whether it changes something.
    pub intent: Intent,
    /// Whether a failure may say where it was sent on to; never where addresses are secrets.
    pub open_place: bool,
}

/// An answer to a call, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The address that answered, after redirects.
    pub url: Url,
    /// Its head.
    pub head: HttpHead,
    /// Its body; empty for a multistatus, whose trees came before.
    pub body: Vec<u8>,
}

impl Reply {
    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.head.status
    }

    /// Whether the call was taken.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.head.status, 200..=299)
    }
}

/// What a script gives out, in order.
pub type Outbox = VecDeque<Output>;

/// What a script does next.
#[derive(Debug)]
pub enum Next {
    /// Send this.
    Call(Box<Request>),
    /// Give this out; then it is asked again. So what an answer holds need not lie there at once.
    Output(Output),
    /// It is over.
    Done(Done),
}

/// A conversation as calls and what to make of their answers; driven by [`Talk`](crate::Talk).
pub trait Script: Send {
    /// What to do next; asked when no answer is under way and all outputs were taken.
    fn next(&mut self, now: Timestamp) -> Next;

    /// One tree of a multistatus.
    ///
    /// # Errors
    /// A [`Failure`] ends the conversation.
    fn tree(&mut self, url: &Url, tree: Element, out: &mut Outbox) -> Result<(), Failure> {
        let _ = (url, tree, out);
        Ok(())
    }

    /// An answer, whole; any status but redirects that were followed and refused credentials.
    ///
    /// # Errors
    /// A [`Failure`] ends the conversation.
    fn reply(&mut self, reply: Reply, out: &mut Outbox, now: Timestamp) -> Result<(), Failure>;

    /// As how many requests the service counts the call that [`Self::next`] gave last: several may
    /// travel in one.
    fn counts(&self) -> u32 {
        1
    }

    /// Whether a 401 without a challenge that can be answered is an answer like any other: where
    /// a service says with it that something else than the credential is wrong.
    fn reads_refusals(&self) -> bool {
        false
    }

    /// An answer that did not come, did not come whole or makes no sense.
    ///
    /// # Errors
    /// A [`Failure`], by default the one given, ends the conversation.
    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        Err(failure)
    }
}
