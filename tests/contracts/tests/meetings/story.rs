//! What people do, and what becomes of messages on their way.

use std::cell::{Cell, RefCell};

use kalends_core::event::{Body, Content, Span};
use kalends_core::ids::{GraphId, MeetingId};
use kalends_core::meeting::{Answer, Guest, Meeting, MeetingState, Message};
use kalends_core::ports::{GraphStore, JobQueue, Outbox};
use kalends_core::scratch::Scratch;
use kalends_core::step::UserEdit;
use kalends_core::time::{Civil, Length, When, Zone};
use kalends_driver::DriverError;

use crate::host::Host;
use crate::town::{ANN, BOB, CID, GRAPHS, MEETINGS};

/// Two meetings at once, and how they end.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    /// Who says no to which meeting.
    refuses: Option<(GraphId, MeetingId)>,
    /// When the first is called off, counted in rounds of the post.
    called_off_in: Option<u32>,
    /// How the two end.
    pub(crate) ends: [MeetingState; 2],
}

const COMMITTED: MeetingState = MeetingState::Committed;
const CANCELLED: MeetingState = MeetingState::Cancelled;

pub(crate) const STORIES: &[Story] = &[
    Story {
        name: "all accept both",
        refuses: None,
        called_off_in: None,
        ends: [COMMITTED, COMMITTED],
    },
    Story {
        name: "one refuses the first",
        refuses: Some((CID, MEETINGS[0])),
        called_off_in: None,
        ends: [CANCELLED, COMMITTED],
    },
    Story {
        name: "the only guest refuses the second",
        refuses: Some((BOB, MEETINGS[1])),
        called_off_in: None,
        ends: [COMMITTED, CANCELLED],
    },
    Story {
        name: "the first is called off before anyone was asked",
        refuses: None,
        called_off_in: Some(0),
        ends: [CANCELLED, COMMITTED],
    },
    Story {
        name: "the first is called off while it is open",
        refuses: None,
        called_off_in: Some(1),
        ends: [CANCELLED, COMMITTED],
    },
    Story {
        name: "the first is called off after all",
        refuses: None,
        called_off_in: Some(4),
        ends: [CANCELLED, COMMITTED],
    },
];

impl Story {
    /// Ann meets Bob and Cid, and Cid meets Bob, until nobody has anything more to say.
    pub(crate) fn play<S: GraphStore + JobQueue + Outbox + Scratch>(
        &self,
        host: &Host<'_, S>,
        weather: &Weather<'_>,
    ) -> Result<(), DriverError> {
        host.edit(ANN, meet(MEETINGS[0], &[BOB, CID, ANN]))?;
        host.edit(CID, meet(MEETINGS[1], &[BOB]))?;
        let mut round = 0;
        loop {
            if self.called_off_in == Some(round) {
                host.edit(ANN, UserEdit::CallOff { meeting: MEETINGS[0] })?;
            }
            let mut quiet = self.called_off_in.is_none_or(|at| round > at);
            for graph in GRAPHS {
                let handed = host.hand_on(graph, weather)?;
                quiet &= handed.sent == 0 && handed.kept == 0;
            }
            for graph in GRAPHS {
                quiet &= !self.answer(host, graph)?;
            }
            if quiet {
                return Ok(());
            }
            round += 1;
            assert!(round < 500, "{}: no end", self.name);
        }
    }

    /// Answers what a graph was asked; whether there was anything.
    fn answer<S: GraphStore + JobQueue + Outbox + Scratch>(
        &self,
        host: &Host<'_, S>,
        graph: GraphId,
    ) -> Result<bool, DriverError> {
        let mut any = false;
        for id in MEETINGS {
            if host.meeting(graph, id)?.is_some_and(|meeting| asks(&meeting, graph)) {
                let accept = self.refuses != Some((graph, id));
                host.edit(graph, UserEdit::Answer { meeting: id, accept })?;
                any = true;
            }
        }
        Ok(any)
    }
}

fn asks(meeting: &Meeting, graph: GraphId) -> bool {
    meeting.state == MeetingState::Open
        && meeting.organizer != graph
        && meeting.guests == [Guest { graph, answer: Answer::Waiting }]
}

fn meet(id: MeetingId, with: &[GraphId]) -> UserEdit {
    let start = Civil::from_seconds(1_772_355_600);
    let mut content = Content::at(Span {
        start: When::Zoned(start, Zone::utc()),
        length: Length::Exact(3_600),
        end_zone: None,
    });
    content.title = id.to_string();
    UserEdit::Meet { meeting: Some(id), with: with.to_vec(), body: Box::new(Body::single(content)) }
}

/// What becomes of messages on their way.
pub(crate) struct Weather<'a> {
    dice: Option<Cell<u64>>,
    /// Who listens.
    heard: Option<&'a RefCell<Vec<Message>>>,
}

/// Messages as they arrive.
pub(crate) struct Brought {
    pub(crate) batches: Vec<Vec<Message>>,
    /// The sender hears nothing, and must believe that none arrived.
    pub(crate) lost: bool,
}

impl<'a> Weather<'a> {
    /// Each arrives once.
    pub(crate) fn fair() -> Self {
        Self { dice: None, heard: None }
    }

    /// The same, and somebody writes all of it down.
    pub(crate) fn overheard(heard: &'a RefCell<Vec<Message>>) -> Self {
        Self { dice: None, heard: Some(heard) }
    }

    /// Doubled, reordered, lost with or without arriving.
    pub(crate) fn bad(seed: u64) -> Self {
        let dice = Some(Cell::new(seed.wrapping_mul(2).wrapping_add(1)));
        Self { dice, heard: None }
    }

    pub(crate) fn on(&self, messages: &[Message]) -> Brought {
        if let Some(heard) = self.heard {
            heard.borrow_mut().extend_from_slice(messages);
        }
        let Some(state) = &self.dice else {
            return Brought { batches: vec![messages.to_vec()], lost: false };
        };
        let mut reversed = messages.to_vec();
        reversed.reverse();
        let one_by_one = || messages.iter().map(|message| vec![message.clone()]).collect();
        match below(state, 7) {
            0 => Brought { batches: vec![reversed], lost: false },
            1 => Brought { batches: vec![messages.to_vec(), reversed], lost: false },
            2 => Brought { batches: one_by_one(), lost: below(state, 2) == 0 },
            3 => Brought { batches: vec![messages.to_vec()], lost: true },
            4 => Brought { batches: vec![reversed[..1].to_vec()], lost: true },
            5 => Brought { batches: Vec::new(), lost: true },
            _ => Brought { batches: vec![[messages, messages].concat()], lost: false },
        }
    }
}

/// xorshift64.
fn below(state: &Cell<u64>, bound: u64) -> u64 {
    let mut x = state.get();
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    state.set(x);
    (x >> 20) % bound
}
