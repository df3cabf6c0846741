//! Messages that wait, and rows of meetings.

use kalends_core::ids::{GraphId, MeetingId, MessageId};
use kalends_core::meeting::{Answer, Guest, Meeting, MeetingState, Message, MessageBody, Received};
use kalends_core::plan::{Plan, Row};
use kalends_core::ports::{GraphStore as _, Outbox as _, StoreError};
use kalends_core::slice::{GraphVersion, ReadSet};

use super::Subject;
use super::rows::*;
use crate::block_on::block_on;

/// The message with this number of [`GRAPH`] to [`OTHER`]; ids sort like numbers.
#[must_use]
pub fn message(n: u32) -> Message {
    let body = match n % 5 {
        0 => MessageBody::Hold(Box::new(presence(n, 1).body)),
        1 => MessageBody::Accepted,
        2 => MessageBody::Refused,
        3 => MessageBody::Confirm,
        _ => MessageBody::Cancel,
    };
    let id = MessageId::from_bytes(*event_id(n).as_bytes());
    Message { id, from: GRAPH, to: OTHER, meeting: meeting_id(n), body }
}

/// One row of each kind that belongs to meetings.
#[must_use]
pub fn met() -> Vec<Row> {
    let guests = vec![Guest { graph: OTHER, answer: Answer::Accepted }];
    let (event, state) = (event_id(1), MeetingState::Committed);
    vec![
        Row::Meeting(Meeting {
            id: meeting_id(1),
            organizer: GRAPH,
            event,
            state,
            guests,
            slot: None,
        }),
        Row::Received(message(1).id, Received { from: OTHER, at: AT }),
    ]
}

fn meeting_id(n: u32) -> MeetingId {
    MeetingId::from_bytes(*event_id(n).as_bytes())
}

fn post<S: Subject>(subject: &S, graph: GraphId, messages: &[Message]) {
    subject.commit(graph, &Plan { messages: messages.to_vec(), ..Plan::default() });
}

fn waiting<S: Subject>(subject: &S, after: Option<MessageId>, max: usize) -> Vec<Message> {
    waiting_of(subject, GRAPH, after, max)
}

fn waiting_of<S: Subject>(
    subject: &S,
    graph: GraphId,
    after: Option<MessageId>,
    max: usize,
) -> Vec<Message> {
    match block_on(subject.store().waiting(graph, after, max)) {
        Ok(messages) => messages,
        Err(error) => unreachable!("reading an outbox works: {error}"),
    }
}

fn sent<S: Subject>(subject: &S, messages: &[MessageId]) {
    assert_eq!(block_on(subject.store().sent(GRAPH, messages)), Ok(()));
}

/// What a commit posts waits, in the order of ids, and comes in pages.
pub fn messages_wait_in_pages<S: Subject>(subject: &S) {
    assert_eq!(waiting(subject, None, 9), []);
    let all: Vec<Message> = (0..7).map(message).collect();
    let mut posted = all.clone();
    posted.reverse();
    post(subject, GRAPH, &posted);
    assert_eq!(waiting(subject, None, 9), all);
    assert_eq!(waiting(subject, None, 3), all[..3]);
    assert_eq!(waiting(subject, Some(all[2].id), 3), all[3..6]);
    assert_eq!(waiting(subject, Some(all[6].id), 3), []);
}

/// A message posted again while it waits is one message, as it was at first.
pub fn a_message_posted_twice_is_one<S: Subject>(subject: &S) {
    post(subject, GRAPH, &[message(1)]);
    post(subject, GRAPH, &[Message { body: MessageBody::Cancel, ..message(1) }, message(1)]);
    assert_eq!(waiting(subject, None, 9), [message(1)]);
}

/// Messages that were sent are gone, many at once and again; the others wait.
pub fn a_sent_message_is_gone<S: Subject>(subject: &S) {
    let all: Vec<Message> = (0..250).map(message).collect();
    post(subject, GRAPH, &all);
    let ids: Vec<MessageId> = all[..249].iter().map(|message| message.id).collect();
    sent(subject, &[]);
    sent(subject, &ids);
    sent(subject, &ids);
    assert_eq!(waiting(subject, None, 300), [message(249)]);
}

/// A commit that is refused posts nothing.
pub fn a_refused_commit_posts_nothing<S: Subject>(subject: &S) {
    post(subject, GRAPH, &[message(1)]);
    let late = Plan { messages: vec![message(2)], ..Plan::default() };
    let refused = block_on(subject.store().commit(GRAPH, GraphVersion(0), &late));
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(waiting(subject, None, 9), [message(1)]);
}

/// The outboxes of two graphs in one store stay apart.
pub fn two_outboxes_in_one_store_stay_apart<S: Subject>(subject: &S) {
    subject.create(OTHER);
    post(subject, GRAPH, &[message(1), message(2)]);
    post(subject, OTHER, &[message(2), message(3)]);
    sent(subject, &[message(2).id, message(3).id]);
    assert_eq!(waiting(subject, None, 9), [message(1)]);
    assert_eq!(waiting_of(subject, OTHER, None, 9), [message(2), message(3)]);
}

/// An outbox of a graph that was not made is refused.
pub fn an_outbox_of_no_graph_is_refused<S: Subject>(subject: &S) {
    let missing = GraphId::from_bytes([77; 16]);
    let found = block_on(subject.store().waiting(missing, None, 9));
    assert_eq!(found, Err(StoreError::NoGraph));
    let marked = block_on(subject.store().sent(missing, &[message(1).id]));
    assert_eq!(marked, Err(StoreError::NoGraph));
}

/// Meetings and what was taken in read back, and absent ones are there as absent.
pub fn meetings_and_what_was_taken_in_read_back<S: Subject>(subject: &S) {
    subject.put(GRAPH, &met());
    let want = ReadSet {
        meetings: [meeting_id(1), meeting_id(2)].into(),
        received: [message(1).id, message(2).id].into(),
        ..ReadSet::default()
    };
    let slice = subject.load(GRAPH, &want);
    let mut found: Vec<Row> =
        slice.meetings.values().flatten().cloned().map(Row::Meeting).collect();
    for (id, received) in &slice.received {
        found.extend(received.map(|received| Row::Received(*id, received)));
    }
    assert_eq!(found, met());
    assert_eq!((slice.meetings.len(), slice.received.len()), (2, 2));
    subject.delete(GRAPH, &met().iter().map(Row::key).collect::<Vec<_>>());
    let slice = subject.load(GRAPH, &want);
    assert!(slice.meetings.values().all(Option::is_none));
    assert!(slice.received.values().all(Option::is_none));
}
