//! The step that takes in what other graphs say.

use crate::author::sessions;
use crate::draft::Draft;
use crate::event::Body;
use crate::ids::EventId;
use crate::keys::GraphKeys;
use crate::meeting::{
    self, Answer, Follows, Guest, Meeting, MeetingState, Message, MessageBody, Received,
};
use crate::plan::{Note, Plan};
use crate::schedule::Said;
use crate::slice::{Missing, ReadSet, Slice};
use crate::step::Env;

/// Takes in messages in order, each once by its id. One that is not for this graph, or says what
/// its sender may not say, is passed over with a note.
///
/// The host vouches for [`Message::from`].
///
/// # Errors
/// [`Missing`] names the rows a message needs.
pub fn receive(slice: &Slice, messages: &[Message], env: &Env) -> Result<Plan, Missing> {
    let mut draft = Draft::new(slice, env);
    let mut taken = 0;
    for message in messages {
        if taken > 0 && !has_room(&draft) {
            break;
        }
        take(&mut draft, message)?;
        taken += 1;
    }
    draft.finish(taken)
}

/// The rows that messages ask for, so that one load is enough as a rule.
#[must_use]
pub fn looked_up(keys: &GraphKeys, messages: &[Message]) -> ReadSet {
    let event = |message: &Message| keys.event(&message.meeting.to_string(), "", 0);
    ReadSet {
        events: messages.iter().map(event).collect(),
        meetings: messages.iter().map(|message| message.meeting).collect(),
        received: messages.iter().map(|message| message.id).collect(),
        ..ReadSet::default()
    }
}

/// One message may make as many as a meeting has guests.
fn has_room(draft: &Draft<'_>) -> bool {
    draft.has_room_for(meeting::GUESTS_MAX + 40)
}

fn take(draft: &mut Draft<'_>, message: &Message) -> Result<(), Missing> {
    let here = draft.env.keys.graph;
    if message.to != here || message.from == here {
        draft.note(Note::new("message.not-ours"));
        return Ok(());
    }
    if draft.was_received(message.id)? {
        return Ok(());
    }
    match &message.body {
        MessageBody::Ask(range) => sessions::asked_for_time(draft, message, range)?,
        MessageBody::Taken(ranges) => {
            sessions::told(draft, message, Said::Taken(ranges.clone()))?;
        }
        MessageBody::Denied => sessions::told(draft, message, Said::Denied)?,
        MessageBody::Hold(_)
        | MessageBody::Accepted
        | MessageBody::Refused
        | MessageBody::Confirm
        | MessageBody::Cancel
        | MessageBody::Reserve(_) => match draft.meeting(message.meeting)?.cloned() {
            Some(meeting) => go_on(draft, meeting, message)?,
            None => begin(draft, message)?,
        },
    }
    draft.set_received(message.id, Received { from: message.from, at: draft.env.now });
    Ok(())
}

fn go_on(draft: &mut Draft<'_>, mut meeting: Meeting, message: &Message) -> Result<(), Missing> {
    let follows = meeting.take(draft.env.keys.graph, message.from, &message.body);
    carry_out(draft, meeting, follows)
}

/// Does what follows in the own calendar, and tells the guests of a meeting that was put down here.
pub(crate) fn carry_out(
    draft: &mut Draft<'_>,
    meeting: Meeting,
    follows: Follows,
) -> Result<(), Missing> {
    let word = match follows {
        Follows::Nothing => None,
        Follows::Commit => {
            meeting::confirm(draft, &meeting)?;
            Some(MessageBody::Confirm)
        }
        Follows::Cancel => {
            meeting::remove(draft, &meeting)?;
            Some(MessageBody::Cancel)
        }
    };
    let keys = &draft.env.keys;
    if let Some(word) = word.filter(|_| meeting.organizer == keys.graph) {
        for guest in meeting.to_tell() {
            draft.send(Message::new(keys, meeting.id, guest, word.clone()));
        }
    }
    sessions::follow(draft, &meeting);
    draft.set_meeting(meeting);
    Ok(())
}

/// The first word of a meeting that is not known here.
fn begin(draft: &mut Draft<'_>, message: &Message) -> Result<(), Missing> {
    match &message.body {
        MessageBody::Hold(body) => asked(draft, message, body),
        MessageBody::Reserve(slot) => sessions::asked_to_hold(draft, message, slot),
        MessageBody::Cancel => {
            // It overtook the question, which then finds it cancelled.
            let event = draft.env.keys.event(&message.meeting.to_string(), "", 0);
            draft.set_meeting(known_from(message, event, MeetingState::Cancelled));
            Ok(())
        }
        MessageBody::Accepted
        | MessageBody::Refused
        | MessageBody::Confirm
        | MessageBody::Ask(_)
        | MessageBody::Taken(_)
        | MessageBody::Denied => {
            draft.note(Note::new("message.no-meeting"));
            Ok(())
        }
    }
}

fn asked(draft: &mut Draft<'_>, message: &Message, body: &Body) -> Result<(), Missing> {
    let event = meeting::hold(draft, message.meeting, body)?;
    draft.set_meeting(known_from(message, event, MeetingState::Open));
    Ok(())
}

/// A meeting as a graph records it that was asked.
fn known_from(message: &Message, event: EventId, state: MeetingState) -> Meeting {
    let guests = vec![Guest { graph: message.to, answer: Answer::Waiting }];
    Meeting { id: message.meeting, organizer: message.from, event, state, guests, slot: None }
}
