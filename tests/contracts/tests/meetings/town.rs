//! Three graphs in one store, and what must hold of them in the end.

use std::collections::BTreeMap;

use kalends_core::event::{Response, Status};
use kalends_core::ids::{GraphId, MeetingId};
use kalends_core::journal::Head;
use kalends_core::keys::GraphKeys;
use kalends_core::meeting::{MeetingState, Message};
use kalends_core::plan::Row;
use kalends_core::ports::Outbox as _;
use kalends_core::slice::{Bundle, PresencePage, ReadSet, Slice};
use kalends_core::wire;
use kalends_testkit::block_on::block_on;
use kalends_testkit::contract::Subject;
use kalends_testkit::lint;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::story::Story;

pub(crate) const ANN: GraphId = GraphId::from_bytes([1; 16]);
pub(crate) const BOB: GraphId = GraphId::from_bytes([2; 16]);
pub(crate) const CID: GraphId = GraphId::from_bytes([3; 16]);
pub(crate) const GRAPHS: [GraphId; 3] = [ANN, BOB, CID];

/// The first joins all three, the second Cid and Bob.
pub(crate) const MEETINGS: [MeetingId; 2] =
    [MeetingId::from_bytes([8; 16]), MeetingId::from_bytes([9; 16])];

pub(crate) fn keys(graph: GraphId) -> GraphKeys {
    GraphKeys { graph, secret: [graph.as_bytes()[0] + 100; 32] }
}

pub(crate) struct Town<S>(S);

impl<S: Subject> Town<S> {
    pub(crate) fn store(&self) -> &S::Store {
        self.0.store()
    }

    pub(crate) fn load(&self, graph: GraphId, want: &ReadSet) -> Slice {
        self.0.load(graph, want)
    }

    /// What waits to be handed on.
    pub(crate) fn waiting(&self, graph: GraphId) -> Vec<Message> {
        block_on(self.store().waiting(graph, None, 1_000)).unwrap()
    }

    /// All or none, one event each, nothing left on the way, nobody invited, and a journal that
    /// tells all of it.
    pub(crate) fn check(&self, story: &Story) {
        for graph in GRAPHS {
            let waiting = block_on(self.store().waiting(graph, None, 100)).unwrap();
            assert_eq!(waiting, [], "{}", story.name);
            let slice = self.all_of(graph);
            let mut expected = Vec::new();
            for (id, end) in MEETINGS.into_iter().zip(story.ends) {
                let joins = id == MEETINGS[0] || graph != ANN;
                let found = slice.meetings[&id].as_ref().map(|meeting| meeting.state);
                assert_eq!(found, joins.then_some(end), "{}: {graph}", story.name);
                if joins && end == MeetingState::Committed {
                    expected.push((id.to_string(), Status::Confirmed));
                }
            }
            assert_eq!(in_own_calendar(graph, &slice), expected, "{}: {graph}", story.name);
            self.check_journal(graph, &slice);
        }
    }

    /// Every reference and every state machine of the rows, in each graph.
    pub(crate) fn is_in_order(&self) {
        for graph in GRAPHS {
            let rows = block_on(lint::rows(self.store(), graph)).unwrap();
            assert_eq!(lint::always(&rows), [""; 0], "{graph}");
        }
    }

    /// All that is recorded of a graph.
    fn all_of(&self, graph: GraphId) -> Slice {
        let uid = |id: MeetingId| keys(graph).event(&id.to_string(), "", 0);
        let own = keys(graph).calendar(keys(graph).account("own", ""), "main");
        let head = self.0.load(graph, &ReadSet::default()).head.seq;
        let want = ReadSet {
            presences: [PresencePage { calendar: own, after: None, limit: 100 }].into(),
            events: MEETINGS.map(uid).into(),
            meetings: MEETINGS.into(),
            entries: (1..=head).collect(),
            ..ReadSet::default()
        };
        self.0.load(graph, &want)
    }

    /// The chain holds, and its replay gives the rows (L11).
    fn check_journal(&self, graph: GraphId, slice: &Slice) {
        let (mut head, mut replayed) = (Head::default(), BTreeMap::new());
        for found in slice.entries.values() {
            let Some((entry, Some(payload))) = found else { panic!("{graph}: a gap") };
            assert_eq!((entry.seq, entry.hash), (head.seq + 1, entry.link(&head.hash)));
            assert_eq!(entry.payload_hash, <[u8; 32]>::from(Sha256::digest(&payload.0)));
            wire::replay(payload, &mut replayed).unwrap();
            head = entry.head();
        }
        assert_eq!(head, slice.head);
        let recorded: BTreeMap<String, Value> = recorded(slice)
            .map(|row| {
                let form = serde_json::from_slice(&wire::encode(&row)).unwrap();
                (wire::key(&row.key()), form)
            })
            .collect();
        assert_eq!(recorded, replayed);
    }
}

impl<S: Subject + Default> Town<S> {
    pub(crate) fn new() -> Self {
        let subject = S::default();
        GRAPHS.iter().for_each(|graph| subject.create(*graph));
        Self(subject)
    }
}

/// UID and status of what the own calendar holds, sorted; nobody is named in any of it (L13).
fn in_own_calendar(graph: GraphId, slice: &Slice) -> Vec<(String, Status)> {
    let mut found = Vec::new();
    for bundle in slice.events.values().flatten() {
        for (calendar, presence) in &bundle.presences {
            let content = &presence.body.content;
            assert_eq!(*calendar, keys(graph).calendar(keys(graph).account("own", ""), "main"));
            assert!(content.attendees.is_empty() && content.organizer.is_none());
            assert_eq!((content.response, content.organized), (Response::None, true));
            found.push((bundle.event.clone().unwrap().uid, content.status));
        }
    }
    found.sort();
    found
}

fn recorded(slice: &Slice) -> impl Iterator<Item = Row> {
    let accounts = slice.config.accounts.values().cloned().map(Row::Account);
    let calendars = slice.config.calendars.values().cloned().map(Row::Calendar);
    let meetings = slice.meetings.values().flatten().cloned().map(Row::Meeting);
    let events = slice.events.iter().flat_map(|(id, bundle)| {
        let Bundle { event, presences, mirrors, strays } = bundle.clone().unwrap_or_default();
        assert!(mirrors.is_empty() && strays.is_empty());
        let presences = presences.into_iter();
        let presences = presences.map(|(calendar, p)| Row::Presence(*id, calendar, Box::new(p)));
        event.map(Row::Event).into_iter().chain(presences)
    });
    accounts.chain(calendars).chain(meetings).chain(events)
}
