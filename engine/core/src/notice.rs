//! What a provider sends by itself, and what is to be made of it.

use core::fmt;

use crate::ids::ScopeId;
use crate::time::Timestamp;

/// A request that came in from outside, whole and bounded. Nothing in it is believed. `Debug`
/// shows neither its address nor its content.
#[derive(Clone, PartialEq, Eq)]
pub struct InboundRequest {
    /// The method, in upper case.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query without its question mark, as it was sent.
    pub query: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, at most [`Self::BODY_BYTES_MAX`].
    pub body: Vec<u8>,
    /// When it came in.
    pub received: Timestamp,
}

impl InboundRequest {
    /// The most bytes of body that a host reads; what is larger it refuses unread.
    pub const BODY_BYTES_MAX: usize = 1024 * 1024;

    /// The first value of a header field; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for InboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What is to be made of a request that came in: a pure function of it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It speaks for watches of ours. To be recorded, and then answered with 202.
    Heard(Vec<Heard>),
    /// To be answered with 200 and this as plain text, and nothing else (Graph's validation).
    Answer(String),
    /// To be refused.
    Refuse(Refusal),
}

impl Notice {
    /// The most bytes that an answer in the sender's own words may have.
    pub const ANSWER_BYTES_MAX: usize = 4096;

    /// The status to answer with.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Heard(_) => 202,
            Self::Answer(_) => 200,
            Self::Refuse(refusal) => refusal.status(),
        }
    }

    /// Whether a watch is to be tended at once: its provider asks for it.
    #[must_use]
    pub fn asks_for_upkeep(&self) -> bool {
        match self {
            Self::Heard(words) => words.iter().any(|one| one.word == Word::Reauthorise),
            Self::Answer(_) | Self::Refuse(_) => false,
        }
    }
}

/// What one watch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What it was opened for.
    pub scope: ScopeId,
    /// The provider's id of the watch.
    pub watch: String,
    /// What it says.
    pub word: Word,
}

/// What a watch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// It is open. Nothing changed.
    Opened,
    /// Something changed.
    Changed,
    /// It will fall silent unless it is renewed under a sign-in that is good.
    Reauthorise,
    /// The provider closed it.
    Removed,
    /// Some words of it were lost: something may have changed.
    Missed,
}

/// Why a request is refused. It cost no call and changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Refusal {
    /// Such accounts have no watches.
    #[error("accounts of this kind are not told of changes")]
    NoPush,
    /// It is not a notice.
    #[error("not a notice of this provider")]
    Malformed,
    /// It names a watch that we do not have.
    #[error("no such watch")]
    UnknownWatch,
    /// It does not show the watch's token.
    #[error("not the token of that watch")]
    WrongToken,
    /// It speaks of something else than the watch was opened for.
    #[error("not what that watch was opened for")]
    WrongResource,
    /// The watch has ended.
    #[error("that watch has ended")]
    Ended,
}

impl Refusal {
    /// The status to answer with: none at which a sender tries again.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::WrongToken | Self::WrongResource => 403,
            Self::NoPush | Self::UnknownWatch => 404,
            Self::Ended => 410,
        }
    }
}
