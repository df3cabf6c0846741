//! A search for a time: alone, or with the graphs of others, of whom only busy times are known.

use core::ops::Range;

use crate::ids::{GraphId, HoldId, MeetingId, SessionId};
use crate::time::{Timestamp, Zone};

/// The longest time that a session looks at, in milliseconds: 62 days.
pub const ASKED_MS_MAX: i64 = 62 * 86_400_000;

/// A search, as the graph records it that searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// How far it is.
    pub state: SessionState,
    /// What is looked for.
    pub wish: Sought,
    /// What the event is called in this graph; it goes nowhere else.
    pub title: String,
    /// The graphs of the others, sorted.
    pub guests: Vec<Asked>,
    /// The starts that suit, the best first; those that somebody refused are taken out.
    pub candidates: Vec<Timestamp>,
    /// The hold of the chosen time here.
    pub hold: Option<HoldId>,
    /// The meeting that asks the others for the chosen time.
    pub meeting: Option<MeetingId>,
    /// How many times were asked for.
    pub attempts: u32,
    /// From this time on it is over.
    pub expires: Timestamp,
    /// When it was committed, cancelled or expired.
    pub ended: Option<Timestamp>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// Between these times.
    pub range: Range<Timestamp>,
    /// How long, in milliseconds.
    pub length_ms: i64,
    /// The grid on which it begins, in minutes of the hour.
    pub grid_minutes: u16,
    /// Whose clock the grid keeps to.
    pub zone: Zone,
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionState {
    /// Others are asked for their time.
    Open,
    /// There are times to choose from, or there are none.
    Candidates,
    /// A time is held, and others are asked to hold it too.
    Held,
    /// It takes place.
    Committed,
    /// It was given up.
    Cancelled,
    /// It ran out.
    Expired,
}

impl SessionState {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Candidates => "candidates",
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether nothing leads out of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Open | Self::Candidates | Self::Held => false,
            Self::Committed | Self::Cancelled | Self::Expired => true,
        }
    }
}

/// Another graph, and what it said of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The graph.
    pub graph: GraphId,
    /// What it said; `None`: nothing yet.
    pub said: Option<Said>,
}

/// What a graph says of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is taken at these times, disjoint and sorted; why, nobody hears.
    Taken(Vec<Range<Timestamp>>),
    /// Nothing: it gave no consent.
    Denied,
}

/// What a person or a program does with sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEdit {
    /// Search for a time, alone or with others.
    Open {
        /// The session; `None`: a new one. One that is there already stays as it is.
        session: Option<SessionId>,
        /// What is looked for.
        wish: Box<Sought>,
        /// What the event is called here; nobody else hears.
        title: String,
        /// The graphs of the others.
        with: Vec<GraphId>,
        /// From this time on it is over.
        expires: Timestamp,
    },
    /// Hold one of the candidates, here and with the others.
    Hold {
        /// The session.
        session: SessionId,
        /// The candidate.
        start: Timestamp,
    },
    /// What is held takes place, here and with the others.
    Commit {
        /// The session.
        session: SessionId,
    },
    /// Give it up, committed or not.
    Cancel {
        /// The session.
        session: SessionId,
    },
}
