//! One meeting of several graphs, and the messages that make it happen in all of them or in none.
//!
//! Try, confirm, cancel: the graph that puts a meeting down asks the others to hold the time
//! (`Hold`), each answers (`Accepted`, `Refused`), and the first graph alone decides: all accept,
//! then `Confirm` to each; one refuses, or it is called off, then `Cancel`. A graph that accepted
//! waits for the word. Messages come at least once, late and in any order; every pair of state and
//! message has its answer in one table.

mod calendar;

use core::ops::Range;

use crate::event::Body;
use crate::ids::{EventId, GraphId, MeetingId, MessageId};
use crate::keys::GraphKeys;
use crate::time::Timestamp;

pub(crate) use calendar::{TITLE, confirm, hold, remove, reserve, take_away};

/// The most graphs that one meeting joins besides the one that put it down.
pub const GUESTS_MAX: usize = 100;

/// A meeting as one graph records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Drawn where it was put down; its text is the event's UID in every graph.
    pub id: MeetingId,
    /// The graph that put it down, and decides.
    pub organizer: GraphId,
    /// The event in this graph.
    pub event: EventId,
    /// How far it is.
    pub state: MeetingState,
    /// Where it was put down: all the others, sorted. Elsewhere: this graph alone.
    pub guests: Vec<Guest>,
    /// Set where it belongs to a session: then nobody tells what it is, it is held no longer than
    /// that, and takes place on the word of who searches.
    pub slot: Option<Slot>,
}

/// The time of a meeting that belongs to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The time.
    pub range: Range<Timestamp>,
    /// From this time on it is held no more.
    pub until: Timestamp,
}

/// How far a meeting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeetingState {
    /// Tentative: not everyone is known to have accepted.
    Open,
    /// It takes place.
    Committed,
    /// It does not.
    Cancelled,
}

/// A graph that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guest {
    /// The graph.
    pub graph: GraphId,
    /// What it said.
    pub answer: Answer,
}

/// What a graph said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Nothing yet.
    Waiting,
    /// It keeps the time until it is told what comes of it.
    Accepted,
    /// No.
    Refused,
}

/// A message of one graph to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Derived from the sender's secret, the meeting, the word and the receiver.
    pub id: MessageId,
    /// Who says it. The host vouches for it.
    pub from: GraphId,
    /// Whom it is for.
    pub to: GraphId,
    /// What it is about.
    pub meeting: MeetingId,
    /// What it says.
    pub body: MessageBody,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageBody {
    /// Hold this: put it down as tentative, and answer.
    Hold(Box<Body>),
    /// The answer: the time is kept until the outcome is known.
    Accepted,
    /// The answer: no.
    Refused,
    /// All accepted: it takes place.
    Confirm,
    /// It does not take place.
    Cancel,
    /// When is your time taken between these times? The answer is `Taken` or `Denied`.
    Ask(Range<Timestamp>),
    /// At these times, disjoint and sorted; nothing is said of what takes it.
    Taken(Vec<Range<Timestamp>>),
    /// That is not told.
    Denied,
    /// Hold this time, and answer with `Accepted` or `Refused`. What it is for is not said.
    Reserve(Slot),
}

/// That a message was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Who said it.
    pub from: GraphId,
    /// When it was taken in, by the host's clock.
    pub at: Timestamp,
}

impl MessageBody {
    /// The stable word, part of the message's id.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Hold(_) => "hold",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Confirm => "confirm",
            Self::Cancel => "cancel",
            Self::Ask(_) => "ask",
            Self::Taken(_) => "taken",
            Self::Denied => "denied",
            Self::Reserve(_) => "reserve",
        }
    }
}

impl Message {
    /// What the graph of `keys` says of a meeting to another graph.
    #[must_use]
    pub fn new(keys: &GraphKeys, meeting: MeetingId, to: GraphId, body: MessageBody) -> Self {
        Self { id: keys.message(meeting, body.word(), to), from: keys.graph, to, meeting, body }
    }
}

/// What follows from a message for the event in this graph's own calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Nothing.
    Nothing,
    /// It is confirmed, and where it was put down here the others are told.
    Commit,
    /// It goes away, and where it was put down here the others are told.
    Cancel,
}

impl Meeting {
    /// What another graph said of this meeting, for every state and message.
    pub(crate) fn take(&mut self, here: GraphId, from: GraphId, body: &MessageBody) -> Follows {
        match (self.organizer == here, self.state, body) {
            (true, MeetingState::Open, MessageBody::Accepted) => {
                self.answered(from, Answer::Accepted)
            }
            (true, MeetingState::Open, MessageBody::Refused) => {
                self.answered(from, Answer::Refused)
            }
            (false, MeetingState::Open, MessageBody::Confirm)
                if from == self.organizer && self.all_accept() =>
            {
                self.state = MeetingState::Committed;
                Follows::Commit
            }
            // It may overtake the confirmation, which then finds it cancelled.
            (false, MeetingState::Open | MeetingState::Committed, MessageBody::Cancel)
                if from == self.organizer =>
            {
                self.state = MeetingState::Cancelled;
                Follows::Cancel
            }
            // Said before, or not theirs to say, or of a meeting that is over.
            (
                _,
                MeetingState::Open | MeetingState::Committed | MeetingState::Cancelled,
                MessageBody::Hold(_)
                | MessageBody::Accepted
                | MessageBody::Refused
                | MessageBody::Confirm
                | MessageBody::Cancel
                | MessageBody::Ask(_)
                | MessageBody::Taken(_)
                | MessageBody::Denied
                | MessageBody::Reserve(_),
            ) => Follows::Nothing,
        }
    }

    /// A guest that waits answers; the last to accept commits it, the first to refuse cancels it.
    pub(crate) fn answered(&mut self, from: GraphId, answer: Answer) -> Follows {
        let waiting = |guest: &&mut Guest| guest.graph == from && guest.answer == Answer::Waiting;
        let Some(guest) = self.guests.iter_mut().find(waiting) else {
            return Follows::Nothing;
        };
        guest.answer = answer;
        match answer {
            Answer::Waiting => Follows::Nothing,
            Answer::Accepted if self.all_accept() && self.slot.is_none() => {
                self.state = MeetingState::Committed;
                Follows::Commit
            }
            Answer::Accepted => Follows::Nothing,
            Answer::Refused => {
                self.state = MeetingState::Cancelled;
                Follows::Cancel
            }
        }
    }

    /// Whether everyone this graph knows of accepted.
    pub(crate) fn all_accept(&self) -> bool {
        self.guests.iter().all(|guest| guest.answer == Answer::Accepted)
    }

    /// The guests that must hear of the outcome: who refused has let go already.
    pub(crate) fn to_tell(&self) -> Vec<GraphId> {
        let rest = self.guests.iter().filter(|guest| guest.answer != Answer::Refused);
        rest.map(|guest| guest.graph).collect()
    }
}
