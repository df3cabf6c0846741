//! Every word in every state.

use kalends_core::event::Status;
use kalends_core::meeting::{Answer, Guest, MeetingState, MessageBody};
use kalends_core::step::UserEdit;

use super::support::*;

const WORDS: [fn() -> MessageBody; 5] = [
    hold,
    || MessageBody::Accepted,
    || MessageBody::Refused,
    || MessageBody::Confirm,
    || MessageBody::Cancel,
];

#[test]
fn all_accept_it_and_it_takes_place() {
    let mut ann = Graph::new(ANN);
    let asked = ann.meet(&[CID, BOB, ANN, BOB]);
    assert_eq!(sent(&asked), [(BOB, "hold"), (CID, "hold")]);
    assert_eq!(ann.calendar(), [Status::Tentative]);
    let mut bob = Graph::new(BOB);
    assert_eq!(sent(&bob.hear(&asked.messages[..1])), []);
    assert_eq!(bob.calendar(), [Status::Tentative]);
    let answered = bob.edit(UserEdit::Answer { meeting: MEETING, accept: true });
    assert_eq!(sent(&answered), [(ANN, "accepted")]);
    assert_eq!(sent(&ann.hear(&answered.messages)), []);
    assert_eq!(ann.meeting().unwrap().state, MeetingState::Open);
    let done = ann.hear(&[says(CID, ANN, MessageBody::Accepted)]);
    assert_eq!(sent(&done), [(BOB, "confirm"), (CID, "confirm")]);
    assert_eq!(ann.calendar(), [Status::Confirmed]);
    bob.hear(&done.messages[..1]);
    assert_eq!(bob.calendar(), [Status::Confirmed]);
}

#[test]
fn the_first_refusal_cancels_it_for_all_and_tells_who_accepted() {
    let mut ann = Graph::new(ANN);
    ann.meet(&[BOB, CID]);
    ann.hear(&[says(BOB, ANN, MessageBody::Accepted)]);
    let done = ann.hear(&[says(CID, ANN, MessageBody::Refused)]);
    assert_eq!(sent(&done), [(BOB, "cancel")]);
    assert_eq!(ann.calendar(), []);
    let mut cid = asked(CID);
    let refused = cid.edit(UserEdit::Answer { meeting: MEETING, accept: false });
    assert_eq!((sent(&refused), cid.calendar()), (vec![(ANN, "refused")], vec![]));
    assert_eq!(cid.meeting().unwrap().state, MeetingState::Cancelled);
}

#[test]
fn a_cancellation_that_overtakes_leaves_nothing_behind() {
    let mut bob = Graph::new(BOB);
    bob.hear(&[says(ANN, BOB, MessageBody::Cancel), says(ANN, BOB, hold())]);
    assert_eq!((bob.calendar(), bob.meeting().unwrap().state), (vec![], MeetingState::Cancelled));
    let mut bob = accepted();
    bob.hear(&[says(ANN, BOB, MessageBody::Cancel), says(ANN, BOB, MessageBody::Confirm)]);
    assert_eq!((bob.calendar(), bob.meeting().unwrap().state), (vec![], MeetingState::Cancelled));
}

#[test]
fn who_was_asked_hears_only_the_graph_that_asked() {
    use MeetingState::{Cancelled, Committed, Open};
    let after = |bob: &Graph, from| {
        WORDS.map(|word| {
            let mut bob = bob.clone();
            assert_eq!(sent(&bob.hear(&[says(from, BOB, word())])), []);
            bob.meeting().unwrap().state
        })
    };
    // In the order of the words: hold, accepted, refused, confirm, cancel.
    assert_eq!(after(&asked(BOB), ANN), [Open, Open, Open, Open, Cancelled]);
    assert_eq!(after(&accepted(), ANN), [Open, Open, Open, Committed, Cancelled]);
    let mut committed = accepted();
    committed.hear(&[says(ANN, BOB, MessageBody::Confirm)]);
    let ends = [Committed, Committed, Committed, Committed, Cancelled];
    assert_eq!(after(&committed, ANN), ends);
    let mut cancelled = accepted();
    cancelled.hear(&[says(ANN, BOB, MessageBody::Cancel)]);
    assert_eq!(after(&cancelled, ANN), [Cancelled; 5]);
    assert_eq!(after(&accepted(), CID), [Open; 5]);
    assert_eq!(after(&committed, CID), [Committed; 5]);
}

#[test]
fn who_asked_hears_answers_of_guests_alone() {
    use MeetingState::{Cancelled, Committed, Open};
    let after = |ann: &Graph, from| {
        WORDS.map(|word| {
            let mut ann = ann.clone();
            ann.hear(&[says(from, ANN, word())]);
            ann.meeting().unwrap().state
        })
    };
    let mut ann = Graph::new(ANN);
    ann.meet(&[BOB]);
    assert_eq!(after(&ann, BOB), [Open, Committed, Cancelled, Open, Open]);
    assert_eq!(after(&ann, CID), [Open; 5]);
    let mut committed = ann.clone();
    committed.hear(&[says(BOB, ANN, MessageBody::Accepted)]);
    assert_eq!(after(&committed, BOB), [Committed; 5]);
    ann.edit(UserEdit::CallOff { meeting: MEETING });
    assert_eq!(after(&ann, BOB), [Cancelled; 5]);
}

#[test]
fn an_answer_that_was_given_stays_and_only_who_asked_calls_off() {
    let mut bob = accepted();
    for edit in [
        UserEdit::Answer { meeting: MEETING, accept: false },
        UserEdit::CallOff { meeting: MEETING },
    ] {
        let plan = bob.edit(edit);
        assert!(plan.is_empty() && plan.notes.len() == 1, "{plan:?}");
    }
    let guests = [Guest { graph: BOB, answer: Answer::Accepted }];
    assert_eq!(bob.meeting().unwrap().guests, guests);
    assert!(Graph::new(CID).edit(UserEdit::CallOff { meeting: MEETING }).is_empty());
}

#[test]
fn a_meeting_that_took_place_is_called_off_for_all() {
    let mut ann = Graph::new(ANN);
    ann.meet(&[BOB, CID]);
    ann.hear(&[says(BOB, ANN, MessageBody::Accepted), says(CID, ANN, MessageBody::Accepted)]);
    let plan = ann.edit(UserEdit::CallOff { meeting: MEETING });
    assert_eq!(sent(&plan), [(BOB, "cancel"), (CID, "cancel")]);
    assert_eq!(ann.calendar(), []);
    assert!(ann.edit(UserEdit::CallOff { meeting: MEETING }).is_empty());
}

/// A graph that Ann asked.
fn asked(graph: kalends_core::ids::GraphId) -> Graph {
    let mut asked = Graph::new(graph);
    asked.hear(&[says(ANN, graph, hold())]);
    asked
}

/// Bob, who accepted.
fn accepted() -> Graph {
    let mut bob = asked(BOB);
    bob.edit(UserEdit::Answer { meeting: MEETING, accept: true });
    bob
}
