//! Meetings with other graphs: put down, answered, called off.

use crate::draft::Draft;
use crate::event::Body;
use crate::ids::{GraphId, MeetingId};
use crate::meeting::{self, Answer, Follows, Guest, Meeting, MeetingState, Message, MessageBody};
use crate::plan::Note;
use crate::receive::carry_out;
use crate::slice::Missing;

/// Puts a meeting down, tentative, and asks the others to hold the time.
pub(super) fn meet(
    draft: &mut Draft<'_>,
    id: Option<MeetingId>,
    with: &[GraphId],
    body: &Body,
) -> Result<(), Missing> {
    let keys = &draft.env.keys;
    let id = id.unwrap_or_else(|| MeetingId::draw(&draft.env.seed, draft.env.now, 0));
    if draft.meeting(id)?.is_some() {
        return Ok(());
    }
    let mut guests: Vec<Guest> = with
        .iter()
        .filter(|graph| **graph != keys.graph)
        .map(|graph| Guest { graph: *graph, answer: Answer::Waiting })
        .collect();
    guests.sort_unstable();
    guests.dedup();
    if guests.is_empty() {
        draft.note(Note::new("meeting.no-guests"));
        return Ok(());
    }
    let event = meeting::hold(draft, id, body)?;
    for guest in &guests {
        let question = MessageBody::Hold(Box::new(body.clone()));
        draft.send(Message::new(keys, id, guest.graph, question));
    }
    let state = MeetingState::Open;
    draft.set_meeting(Meeting { id, organizer: keys.graph, event, state, guests, slot: None });
    Ok(())
}

/// Answers a meeting that another graph put down; an answer that was given stays.
pub(super) fn answer(draft: &mut Draft<'_>, id: MeetingId, accept: bool) -> Result<(), Missing> {
    let keys = &draft.env.keys;
    let waiting = Guest { graph: keys.graph, answer: Answer::Waiting };
    let Some(mut meeting) = draft.meeting(id)?.cloned() else {
        draft.note(Note::new("meeting.unknown"));
        return Ok(());
    };
    if meeting.state != MeetingState::Open || meeting.guests != [waiting] {
        draft.note(Note { event: Some(meeting.event), ..Note::new("meeting.not-asked") });
        return Ok(());
    }
    let in_time = meeting.slot.as_ref().is_none_or(|slot| draft.env.now < slot.until);
    let (answer, word) = match accept && in_time {
        true => (Answer::Accepted, MessageBody::Accepted),
        false => (Answer::Refused, MessageBody::Refused),
    };
    meeting.guests = vec![Guest { answer, ..waiting }];
    draft.send(Message::new(keys, id, meeting.organizer, word));
    match answer {
        // The graph that put it down says what comes of it.
        Answer::Accepted | Answer::Waiting => {
            draft.set_meeting(meeting);
            Ok(())
        }
        Answer::Refused => {
            meeting.state = MeetingState::Cancelled;
            carry_out(draft, meeting, Follows::Cancel)
        }
    }
}

/// Calls off a meeting that was put down here.
pub(super) fn call_off(draft: &mut Draft<'_>, id: MeetingId) -> Result<(), Missing> {
    let here = draft.env.keys.graph;
    let Some(mut meeting) = draft.meeting(id)?.cloned() else {
        draft.note(Note::new("meeting.unknown"));
        return Ok(());
    };
    match meeting.state {
        MeetingState::Open | MeetingState::Committed if meeting.organizer == here => {
            meeting.state = MeetingState::Cancelled;
            carry_out(draft, meeting, Follows::Cancel)
        }
        MeetingState::Open | MeetingState::Committed => {
            draft.note(Note { event: Some(meeting.event), ..Note::new("meeting.not-ours") });
            Ok(())
        }
        MeetingState::Cancelled => Ok(()),
    }
}
