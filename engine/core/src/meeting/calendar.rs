//! A meeting in the graph's own calendar.

use crate::author::events::{own_calendar, own_presence};
use crate::draft::Draft;
use crate::event::{Body, Response, Status};
use crate::ids::{EventId, MeetingId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::plan::Note;
use crate::presence::Event;
use crate::project::project;
use crate::slice::Missing;

/// Puts the meeting down as tentative. Nobody is named in it, so nobody can be mailed (L13).
pub(crate) fn hold(
    draft: &mut Draft<'_>,
    meeting: MeetingId,
    body: &Body,
) -> Result<EventId, Missing> {
    let uid = meeting.to_string();
    let event = draft.env.keys.event(&uid, "", 0);
    let calendar = own_calendar(draft);
    let mut body = Body::single(body.content.clone());
    body.content.status = Status::Tentative;
    body.content.organizer = None;
    body.content.attendees.clear();
    body.content.response = Response::None;
    body.content.organized = true;
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, Cause::of(CauseKind::Met).in_calendar(calendar), |bundle| {
        bundle.event.get_or_insert_with(|| Event { id: event, uid: uid.clone() });
        bundle.presences.insert(calendar, own_presence(ProviderId(uid), &body));
        project(bundle, &setup, env, true);
    })?;
    Ok(event)
}

/// It takes place.
pub(crate) fn confirm(draft: &mut Draft<'_>, event: EventId) -> Result<(), Missing> {
    let calendar = own_calendar(draft);
    let (setup, env) = (draft.setup(), draft.env);
    let cause = Cause::of(CauseKind::Met).in_calendar(calendar);
    let found = draft.edit(event, cause, |bundle| {
        let presence = bundle.presences.get_mut(&calendar);
        let found = presence.map(|presence| presence.body.content.status = Status::Confirmed);
        project(bundle, &setup, env, true);
        found.is_some()
    })?;
    if !found {
        draft.note(Note { event: Some(event), ..Note::new("meeting.event-gone") });
    }
    Ok(())
}

/// It does not: what was put down goes away, with its mirrors.
pub(crate) fn remove(draft: &mut Draft<'_>, event: EventId) -> Result<(), Missing> {
    let calendar = own_calendar(draft);
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, Cause::of(CauseKind::Met).in_calendar(calendar), |bundle| {
        bundle.presences.remove(&calendar);
        project(bundle, &setup, env, true);
    })
}
