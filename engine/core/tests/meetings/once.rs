//! Once by id, the same from any superset, in prefixes that fit.

use kalends_core::ids::{MeetingId, StepSeed};
use kalends_core::meeting::{GUESTS_MAX, Message, MessageBody};
use kalends_core::plan::{Change, PLAN_ROWS_MAX, Row};
use kalends_core::receive::{looked_up, receive};
use kalends_core::time::Timestamp;

use super::support::*;

#[test]
fn a_message_delivered_twice_is_taken_once() {
    let mut bob = Graph::new(BOB);
    let once = bob.decide(|slice, env| receive(slice, &[says(ANN, BOB, hold())], env));
    let plan = bob.hear(&[says(ANN, BOB, hold()), says(ANN, BOB, hold())]);
    assert_eq!((plan.taken, &plan.changes), (2, &once.changes));
    let again = bob.hear(&[says(ANN, BOB, hold())]);
    assert!(again.is_empty() && again.taken == 1, "{again:?}");
    // The id counts, not what stands under it.
    let forged = Message { body: MessageBody::Cancel, ..says(ANN, BOB, hold()) };
    assert!(bob.hear(&[forged]).is_empty());
}

#[test]
fn a_message_for_another_graph_is_passed_over() {
    let mut bob = Graph::new(BOB);
    for stray in [says(ANN, CID, hold()), says(BOB, BOB, hold())] {
        let plan = bob.hear(&[stray]);
        assert!(plan.is_empty() && plan.taken == 1 && plan.notes.len() == 1, "{plan:?}");
    }
}

#[test]
fn more_rows_than_were_asked_for_change_nothing() {
    let mut ann = Graph::new(ANN);
    ann.meet(&[BOB, CID]);
    ann.hear(&[says(BOB, ANN, MessageBody::Accepted)]);
    let last = [says(CID, ANN, MessageBody::Accepted)];
    let least = ann.decide(|slice, env| receive(slice, &last, env));
    let mut all = ann.rows.clone();
    all.received.insert(last[0].id, None);
    all.meetings.insert(MeetingId::from_bytes([77; 16]), None);
    assert_eq!(receive(&all, &last, &env(ANN)), Ok(least));
}

#[test]
fn a_step_that_is_repeated_says_the_same_under_the_same_ids() {
    let mut ann = Graph::new(ANN);
    let first = ann.clone().meet(&[BOB, CID]);
    let later = ann.decide(|slice, env| {
        let mut env = env.clone();
        env.now = Timestamp::from_millis(env.now.as_millis() + 5_000);
        env.seed = StepSeed([99; 32]);
        let body = Box::new(body());
        let meet = kalends_core::step::UserEdit::Meet {
            meeting: Some(MEETING),
            with: vec![BOB, CID],
            body,
        };
        kalends_core::author::author(slice, &[meet], &env)
    });
    assert_eq!(first.messages, later.messages);
    assert_ne!(first.messages[0].id, first.messages[1].id);
    ann.apply(&first);
    assert!(ann.meet(&[BOB]).is_empty(), "a meeting that is there stays as it is");
}

#[test]
fn a_long_delivery_is_taken_in_prefixes_that_fit() {
    let mut bob = Graph::new(BOB);
    let all: Vec<Message> = (0..1_000_u32)
        .map(|n| {
            let mut id = [7; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            Message::new(&keys(ANN), MeetingId::from_bytes(id), BOB, hold())
        })
        .collect();
    let (mut rest, mut rounds) = (&all[..], 0);
    while !rest.is_empty() {
        let mut slice = bob.set_up();
        bob.load(looked_up(&keys(BOB), rest), &mut slice);
        let plan = receive(&slice, rest, &env(BOB)).unwrap();
        bob.apply(&plan);
        assert!(plan.taken > 0 && plan.changes.len() <= PLAN_ROWS_MAX);
        rest = &rest[plan.taken..];
        rounds += 1;
    }
    assert_eq!((bob.calendar().len(), rounds > 4), (1_000, true));
}

#[test]
fn the_widest_outcome_fits_a_plan() {
    let mut ann = Graph::new(ANN);
    let guests: Vec<_> = (0..GUESTS_MAX as u8)
        .map(|n| kalends_core::ids::GraphId::from_bytes([n + 100; 16]))
        .collect();
    ann.meet(&guests);
    let accepted: Vec<Message> = guests
        .iter()
        .map(|guest| {
            let from = kalends_core::keys::GraphKeys { graph: *guest, secret: [1; 32] };
            Message::new(&from, MEETING, ANN, MessageBody::Accepted)
        })
        .collect();
    let plan = ann.hear(&accepted);
    assert_eq!((plan.taken, plan.messages.len()), (GUESTS_MAX, GUESTS_MAX));
    assert!(plan.changes.len() + plan.messages.len() <= PLAN_ROWS_MAX);
}

#[test]
fn a_meeting_changes_with_an_entry_and_an_inbox_without_one() {
    let mut bob = Graph::new(BOB);
    let plan = bob.hear(&[says(ANN, BOB, hold())]);
    let told: String =
        plan.entries.iter().map(|(_, payload)| String::from_utf8_lossy(&payload.0)).collect();
    assert!(told.contains("\"k\":\"meeting/mtg_") && !told.contains("received/"), "{told}");
    assert!(plan.changes.iter().any(|c| matches!(c, Change::Put(Row::Received(..), _))));
}
