//! A meeting in the graph's own calendar.

use crate::author::events::{own_calendar, own_presence};
use crate::draft::Draft;
use crate::event::{Body, Content, Response, Span, Status};
use crate::ids::{EventId, HoldId, MeetingId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::meeting::{Meeting, Slot};
use crate::plan::Note;
use crate::presence::Event;
use crate::project::project;
use crate::schedule::Hold;
use crate::slice::Missing;
use crate::time::{Length, When, Zone};

/// What a time is called in a graph that was asked to keep it: what it is for, nobody told.
pub(crate) const TITLE: &str = "Meeting";

/// Puts the meeting down as tentative. Nobody is named in it, so nobody can be mailed (L13).
pub(crate) fn hold(
    draft: &mut Draft<'_>,
    meeting: MeetingId,
    body: &Body,
) -> Result<EventId, Missing> {
    let uid = meeting.to_string();
    let event = draft.env.keys.event(&uid, "", 0);
    let mut body = Body::single(body.content.clone());
    body.content.status = Status::Tentative;
    body.content.organizer = None;
    body.content.attendees.clear();
    body.content.response = Response::None;
    body.content.organized = true;
    put(draft, (event, uid), &body)?;
    Ok(event)
}

/// Keeps a time of a session, no longer than its slot says.
pub(crate) fn reserve(
    draft: &mut Draft<'_>,
    meeting: MeetingId,
    slot: &Slot,
    title: &str,
) -> Result<EventId, Missing> {
    let event = hold(draft, meeting, &of_slot(slot, title))?;
    let id = HoldId::from_bytes(*meeting.as_bytes());
    let (range, expires) = (slot.range.clone(), slot.until);
    let hold = Hold { id, event, range, expires, meeting: Some(meeting) };
    draft.config_mut(Cause::of(CauseKind::Met)).holds.insert(id, hold);
    Ok(event)
}

fn of_slot(slot: &Slot, title: &str) -> Body {
    let zone = Zone::utc();
    let length = slot.range.end.millis_since(slot.range.start) / 1_000;
    let start = When::Zoned(zone.civil(slot.range.start), zone);
    let mut content = Content::at(Span { start, length: Length::Exact(length), end_zone: None });
    content.title = title.to_owned();
    Body::single(content)
}

/// It takes place.
pub(crate) fn confirm(draft: &mut Draft<'_>, meeting: &Meeting) -> Result<(), Missing> {
    let event = meeting.event;
    let calendar = own_calendar(draft);
    let is_there =
        draft.event(event)?.is_some_and(|bundle| bundle.presences.contains_key(&calendar));
    if meeting.slot.is_some() {
        let id = HoldId::from_bytes(*meeting.id.as_bytes());
        draft.config_mut(Cause::of(CauseKind::Met)).holds.remove(&id);
    }
    match &meeting.slot {
        // The word was given in time and came late: the hold had run out here.
        Some(slot) if !is_there => {
            return put(draft, (event, meeting.id.to_string()), &of_slot(slot, TITLE));
        }
        None if !is_there => {
            draft.note(Note { event: Some(event), ..Note::new("meeting.event-gone") });
            return Ok(());
        }
        Some(_) | None => {}
    }
    let (setup, env) = (draft.setup(), draft.env);
    let cause = Cause::of(CauseKind::Met).in_calendar(calendar);
    draft.edit(event, cause, |bundle| {
        if let Some(presence) = bundle.presences.get_mut(&calendar) {
            presence.body.content.status = Status::Confirmed;
        }
        project(bundle, &setup, env, true);
    })
}

fn put(draft: &mut Draft<'_>, (event, uid): (EventId, String), body: &Body) -> Result<(), Missing> {
    let calendar = own_calendar(draft);
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, Cause::of(CauseKind::Met).in_calendar(calendar), |bundle| {
        bundle.event.get_or_insert_with(|| Event { id: event, uid: uid.clone() });
        bundle.presences.insert(calendar, own_presence(ProviderId(uid), body));
        project(bundle, &setup, env, true);
    })
}

/// It does not: what was put down goes away, with its mirrors.
pub(crate) fn remove(draft: &mut Draft<'_>, meeting: &Meeting) -> Result<(), Missing> {
    if meeting.slot.is_some() {
        let id = HoldId::from_bytes(*meeting.id.as_bytes());
        draft.config_mut(Cause::of(CauseKind::Met)).holds.remove(&id);
    }
    take_away(draft, meeting.event, CauseKind::Met)
}

/// Takes an event out of the own calendar, with its mirrors.
pub(crate) fn take_away(
    draft: &mut Draft<'_>,
    event: EventId,
    why: CauseKind,
) -> Result<(), Missing> {
    let calendar = own_calendar(draft);
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, Cause::of(why).in_calendar(calendar), |bundle| {
        bundle.presences.remove(&calendar);
        project(bundle, &setup, env, true);
    })
}
