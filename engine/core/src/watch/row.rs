//! What is known of the watches of one scope: operational.

use crate::cursor::Failing;
use crate::ids::{ScopeId, WatchId};
use crate::keys::{GraphKeys, base32hex};
use crate::time::Timestamp;
use crate::watch::{OpenWatch, WatchToken};

/// How a provider is asked to tell of the changes of one scope. A scope without a row is polled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Watch {
    /// The channels that may speak, the oldest first.
    pub channels: Vec<Channel>,
    /// Failures in a row to open or renew one, and when to try again.
    pub failing: Option<Failing>,
    /// Whether the provider said that this calendar cannot be watched.
    pub refused: bool,
    /// When a change was told of last.
    pub heard_at: Option<Timestamp>,
    /// Listings in a row that found what no channel had told of.
    pub missed: Option<Missed>,
    /// Until when somebody listens, as they said last: a channel that speaks to nobody tells of nothing.
    pub listened_until: Option<Timestamp>,
}

/// One channel (Google) or subscription (Graph).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Our name of it, which its token is made from.
    pub name: WatchId,
    /// The provider's id of it, once it was granted.
    pub id: Option<String>,
    /// What the provider calls the thing watched, opaque.
    pub resource: Option<String>,
    /// The address it speaks to.
    pub address: String,
    /// How far it is.
    pub stage: Stage,
    /// Since when; where it is to be closed, from when on.
    pub since: Timestamp,
    /// When it ends: as granted, or as asked for.
    pub expires: Timestamp,
}

/// How far a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// It was asked for, and the answer is not here.
    Opening,
    /// It speaks.
    Open,
    /// It speaks, and will not for long: the provider asks for it to be renewed.
    Doubted,
    /// It is to be closed.
    Closing,
}

/// Listings in a row that found what no channel had told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    /// How many.
    pub times: u16,
    /// When the first was.
    pub since: Timestamp,
}

/// How a scope is kept up to date, as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upkeep {
    /// It is looked at from time to time, and nothing else was asked for.
    Polled,
    /// Its provider tells of changes.
    Active,
    /// Its provider should, and does not: it is looked at from time to time.
    Degraded,
    /// It cannot be read at all.
    Disconnected,
}

impl Upkeep {
    /// A stable word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Polled => "polled",
            Self::Active => "active",
            Self::Degraded => "degraded",
            Self::Disconnected => "disconnected",
        }
    }
}

impl Watch {
    /// Misses in a row at which a channel counts as silent, and the time they must stretch over,
    /// in milliseconds: a word may be on its way.
    pub const MISSES_MAX: u16 = 3;
    const SILENT_AFTER_MS: i64 = 10 * 60_000;

    /// Whether a channel is open that should tell of changes, and listings found what it did not
    /// tell.
    #[must_use]
    pub fn is_silent(&self, now: Timestamp) -> bool {
        self.missed.is_some_and(|missed| {
            let long = now.millis_since(missed.since) >= Self::SILENT_AFTER_MS;
            missed.times >= Self::MISSES_MAX && long
        })
    }

    /// Since when a channel has spoken for this scope without a gap; `None`: none does, or what it
    /// says is not enough to go by.
    #[must_use]
    pub fn speaks_since(&self, now: Timestamp) -> Option<Timestamp> {
        if self.is_silent(now) {
            return None;
        }
        self.speaking(now).map(|channel| channel.since).min()
    }

    /// How the scope is kept up to date, where it can be read: a channel counts while somebody listens.
    #[must_use]
    pub fn upkeep(&self, now: Timestamp) -> Upkeep {
        let listened = self.listened_until.is_some_and(|until| until > now);
        match self.speaks_since(now) {
            Some(_) if listened => Upkeep::Active,
            None if self.refused => Upkeep::Polled,
            Some(_) | None => Upkeep::Degraded,
        }
    }

    /// The channels whose words are believed: also those that were asked for and not granted yet,
    /// whose first word may come before the answer, and those that are about to be closed.
    pub fn open(&self, scope: ScopeId, keys: &GraphKeys) -> impl Iterator<Item = OpenWatch> {
        self.channels.iter().map(move |channel| OpenWatch {
            scope,
            id: channel.id.clone().unwrap_or_else(|| channel.asked_id()),
            token: token(keys, channel.name),
            resource: channel.resource.clone(),
            expires: channel.expires,
        })
    }

    fn speaking(&self, now: Timestamp) -> impl Iterator<Item = &Channel> {
        self.channels.iter().filter(move |channel| {
            matches!(channel.stage, Stage::Open | Stage::Doubted) && channel.expires > now
        })
    }

    /// The channel that speaks the longest.
    pub(crate) fn newest(&self, now: Timestamp) -> Option<&Channel> {
        self.speaking(now).max_by_key(|channel| channel.expires)
    }

    pub(crate) fn channel_mut(&mut self, name: WatchId) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.name == name)
    }

    pub(crate) fn drop(&mut self, name: WatchId) {
        self.channels.retain(|channel| channel.name != name);
    }
}

impl Channel {
    /// The id that the provider is asked to give it: 26 letters and digits.
    #[must_use]
    pub fn asked_id(&self) -> String {
        base32hex(self.name.as_bytes())
    }
}

/// What the notices of a channel show: made from the graph's secret, so that it is kept nowhere.
#[must_use]
pub fn token(keys: &GraphKeys, name: WatchId) -> WatchToken {
    WatchToken(base32hex(&keys.derive("watch", &[name.as_bytes()])))
}
