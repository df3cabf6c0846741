//! Watches: what a provider is asked so that it tells of changes by itself, and what its word is
//! known by. A watch is a hint; listings say what is.

mod heard;
mod row;
mod tend;

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::collections::BTreeMap;

use crate::ids::{ProviderId, ScopeId};
use crate::keys::same_time_for_all;
use crate::notice::Refusal;
use crate::time::Timestamp;

pub use heard::{heard, missed};
pub use row::{Channel, Missed, Stage, Upkeep, Watch, token};
pub use tend::{Push, Tended, due_at, tend, tended};

/// How a provider's watches live: data that it describes itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchTerms {
    /// The life to ask for, in milliseconds; what was granted is in the answer.
    pub life_ms: i64,
    /// How a watch that runs out is followed by the next.
    pub renewal: Renewal,
}

/// How a watch that runs out is followed by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Renewal {
    /// It cannot be prolonged: a second one is opened, and then the first is closed (Google).
    Anew,
    /// Its end is moved (Graph).
    InPlace,
}

/// What only the provider and we know of a watch: each notice shows it. `Debug` hides it.
#[derive(Clone, Eq)]
pub struct WatchToken(pub String);

impl PartialEq for WatchToken {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl WatchToken {
    /// Whether this is what was shown, in a time that tells nothing of where they differ.
    #[must_use]
    pub fn matches(&self, shown: &str) -> bool {
        same_time_for_all(self.0.as_bytes(), shown.as_bytes())
    }
}

impl fmt::Debug for WatchToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchToken(..)")
    }
}

/// What is asked of a provider about a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchOp {
    /// Open one. Ends with [`Done::Watching`](crate::provider::Done::Watching); where the
    /// calendar cannot be watched, with a failure of the class `Unsupported`.
    Open {
        /// The provider's id of the calendar.
        calendar: ProviderId,
        /// A name that no other watch has: at most 64 letters and digits.
        id: String,
        /// What each notice is to show: at most 128 letters and digits.
        token: WatchToken,
        /// The address, https, that notices and words about the watch itself go to.
        address: String,
        /// When it should end.
        expires: Timestamp,
    },
    /// Move its end, and take back any doubt about the sign-in. Ends with
    /// [`Done::Watching`](crate::provider::Done::Watching); `NotFound` where it is gone.
    Renew {
        /// The provider's id of the watch.
        id: String,
        /// When it should end.
        expires: Timestamp,
    },
    /// Close it. Ends with [`Done::Deleted`](crate::provider::Done::Deleted), also where it is
    /// gone.
    Close {
        /// The provider's id of the watch.
        id: String,
        /// What the provider calls the thing watched.
        resource: Option<String>,
    },
}

/// A watch as the provider granted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watching {
    /// The provider's id of it: ours where it takes one, else its own.
    pub id: String,
    /// What it calls the thing watched, opaque.
    pub resource: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
}

/// A watch that may still speak, as its notices are recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenWatch {
    /// What it tells of.
    pub scope: ScopeId,
    /// The provider's id of it.
    pub id: String,
    /// What its notices show.
    pub token: WatchToken,
    /// What the provider calls the thing watched; `None`: not told yet.
    pub resource: Option<String>,
    /// When it ends.
    pub expires: Timestamp,
}

/// The watches that may speak, of all accounts that one address serves.
#[derive(Debug, Default)]
pub struct WatchSecrets {
    watches: BTreeMap<String, OpenWatch>,
    refused: AtomicBool,
}

impl WatchSecrets {
    /// These watches.
    #[must_use]
    pub fn of(watches: impl IntoIterator<Item = OpenWatch>) -> Self {
        let watches = watches.into_iter().map(|watch| (watch.id.clone(), watch)).collect();
        Self { watches, refused: AtomicBool::new(false) }
    }

    /// Whether anything was refused since this was asked last, be it one of several that came in one
    /// request: what is known of watches may be old then.
    #[must_use]
    pub fn take_refused(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }

    /// The watch that a notice shows itself to be from: it is known, the token is its own, it
    /// speaks of what it was opened for, and has not ended.
    ///
    /// # Errors
    /// Which of these does not hold.
    pub fn verify(&self, shown: Shown<'_>, received: Timestamp) -> Result<&OpenWatch, Refusal> {
        self.verified(shown, received).inspect_err(|_| self.refused.store(true, Ordering::Relaxed))
    }

    fn verified(&self, shown: Shown<'_>, received: Timestamp) -> Result<&OpenWatch, Refusal> {
        let watch = self.watches.get(shown.id).ok_or(Refusal::UnknownWatch)?;
        if !shown.token.is_some_and(|token| watch.token.matches(token)) {
            return Err(Refusal::WrongToken);
        }
        let another = |told: &str| watch.resource.as_deref().is_some_and(|ours| ours != told);
        if shown.resource.is_some_and(another) {
            return Err(Refusal::WrongResource);
        }
        if watch.expires <= received {
            return Err(Refusal::Ended);
        }
        Ok(watch)
    }
}

/// What a notice shows of itself.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The provider's id of the watch.
    pub id: &'a str,
    /// The token.
    pub token: Option<&'a str>,
    /// What it calls the thing watched, where that is the same in each notice.
    pub resource: Option<&'a str>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CalendarId;

    const NOW: Timestamp = Timestamp::from_seconds(1_780_000_000);

    fn secrets() -> WatchSecrets {
        WatchSecrets::of([OpenWatch {
            scope: CalendarId::from_bytes([1; 16]).into(),
            id: "w1".to_owned(),
            token: WatchToken("secret".to_owned()),
            resource: Some("r1".to_owned()),
            expires: NOW.saturating_add_millis(1),
        }])
    }

    #[test]
    fn a_notice_is_believed_by_id_token_resource_and_time() {
        let secrets = secrets();
        let good = Shown { id: "w1", token: Some("secret"), resource: Some("r1") };
        let refused = |shown, at| secrets.verify(shown, at).err();
        assert_eq!(refused(good, NOW), None);
        assert_eq!(refused(Shown { resource: None, ..good }, NOW), None);
        assert_eq!(refused(Shown { id: "w2", ..good }, NOW), Some(Refusal::UnknownWatch));
        for token in [None, Some(""), Some("secreT"), Some("secret1"), Some("secre")] {
            let shown = Shown { token, ..good };
            assert_eq!(refused(shown, NOW), Some(Refusal::WrongToken), "{token:?}");
        }
        let shown = Shown { resource: Some("r2"), ..good };
        assert_eq!(refused(shown, NOW), Some(Refusal::WrongResource));
        let late = NOW.saturating_add_millis(1);
        assert_eq!(refused(good, late), Some(Refusal::Ended));
    }

    #[test]
    fn a_token_is_not_printed() {
        let shown = Shown { id: "w1", token: Some("secret"), resource: None };
        assert!(!format!("{:?} {shown:?}", secrets()).contains("secret"));
    }
}
