//! Times that are held until further notice.

use core::ops::Range;

use crate::event::Body;
use crate::ids::{EventId, HoldId, MeetingId};
use crate::slice::Config;
use crate::time::Timestamp;

/// A time that is held: a tentative event in the graph's own calendar, which its edges carry on,
/// and this row while it is held. What became of it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// The event.
    pub event: EventId,
    /// The time.
    pub range: Range<Timestamp>,
    /// From this time on it holds no more.
    pub expires: Timestamp,
    /// The meeting of several graphs that it is for.
    pub meeting: Option<MeetingId>,
}

impl Hold {
    /// Whether it keeps its time.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires
    }
}

/// When the next hold or session runs out, of those that do after `now`: hosts look after a graph
/// then, at the latest.
#[must_use]
pub fn next_end(config: &Config, now: Timestamp) -> Option<Timestamp> {
    let holds = config.holds.values().map(|hold| hold.expires);
    let sessions = config.sessions.values().filter(|session| !session.state.is_over());
    let all = holds.chain(sessions.map(|session| session.expires));
    all.filter(|end| *end > now).min()
}

/// What a person or a program does with holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldEdit {
    /// Hold a time: a tentative event in the graph's own calendar, until further notice.
    Place {
        /// The hold; `None`: a new one. One that is there already stays as it is.
        hold: Option<HoldId>,
        /// What it says: a single event with nobody invited.
        body: Box<Body>,
        /// From this time on it holds no more.
        expires: Timestamp,
        /// Although something is there already.
        despite: bool,
    },
    /// Hold a time for longer, or for less long.
    Extend {
        /// Which.
        hold: HoldId,
        /// From this time on it holds no more.
        expires: Timestamp,
    },
    /// Let a held time go.
    Release {
        /// Which.
        hold: HoldId,
    },
    /// Turn a hold into an event that takes place.
    Convert {
        /// Which.
        hold: HoldId,
        /// Although something came into its time.
        despite: bool,
    },
}
