//! An origin with a change of ours that waits to be written.

use super::{nothing, rests_until};
use crate::draft::Draft;
use crate::graph::CalendarRole;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::merge::change_hash;
use crate::presence::{Pending, Presence};
use crate::project::project;
use crate::provider::{ObjectName, ProviderOp};
use crate::slice::{Missing, Slice};
use crate::step::{Action, Dispatch, Env, Operation, Sent, Subject};

pub(super) fn dispatch(
    slice: &Slice,
    event: EventId,
    calendar_id: CalendarId,
    env: &Env,
) -> Result<Dispatch, Missing> {
    let presence =
        slice.event(&event)?.as_ref().and_then(|bundle| bundle.presences.get(&calendar_id));
    let Some((presence, pending)) = presence.and_then(|p| Some((p, p.pending.as_ref()?))) else {
        return Ok(nothing());
    };
    let Some(calendar) = slice.config.calendars.get(&calendar_id) else {
        return Ok(nothing());
    };
    let Some(place) = calendar.provider_id.clone() else {
        return Ok(nothing());
    };
    if pending.parked.is_some() || presence.gone.is_some() {
        return Ok(nothing());
    }
    if calendar.role == CalendarRole::Own {
        return own(slice, event, calendar_id, env);
    }
    if let Some(until) = rests_until(slice, calendar.account, env.now)? {
        return Ok(Dispatch::Later(until));
    }
    if let Some(at) = pending.retry_at.filter(|at| *at > env.now) {
        return Ok(Dispatch::Later(at));
    }
    let (action, op) = operation(presence, pending, place);
    let sent = Sent {
        subject: Subject::Origin(event, calendar_id),
        action,
        generation: 0,
        want: change_hash(pending),
        fields: None,
    };
    let account = calendar.account;
    Ok(Dispatch::Send(Box::new(Operation { account, calendar: calendar_id, sent, op })))
}

fn operation(presence: &Presence, pending: &Pending, place: ProviderId) -> (Action, ProviderOp) {
    let (id, guests) = (presence.object.clone(), pending.guests);
    match (&presence.version, &pending.want) {
        (None, _) => {
            let names = vec![ObjectName::Known(id)];
            (Action::Read, ProviderOp::Fetch { calendar: place, names })
        }
        (Some(version), None) => {
            let version = version.clone();
            (Action::Delete, ProviderOp::Delete { calendar: place, id, version, guests })
        }
        (Some(version), Some(want)) => {
            let (base, want) = (Box::new(presence.body.clone()), Box::new(want.clone()));
            let version = version.clone();
            (Action::Patch, ProviderOp::Patch { calendar: place, id, version, base, want, guests })
        }
    }
}

/// The graph's own calendar has no provider: the change takes effect here.
fn own(
    slice: &Slice,
    event: EventId,
    calendar: CalendarId,
    env: &Env,
) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let setup = draft.setup();
    let cause = Cause::of(CauseKind::Wrote).in_calendar(calendar);
    draft.edit(event, cause, |bundle| {
        let pending = bundle.presences.get_mut(&calendar).and_then(|p| p.pending.take());
        match (pending.map(|pending| pending.want), bundle.presences.get_mut(&calendar)) {
            (Some(Some(want)), Some(presence)) => presence.body = want,
            (Some(None), _) => {
                bundle.presences.remove(&calendar);
            }
            (Some(Some(_)) | None, _) => {}
        }
        project(bundle, &setup, env, false);
    })?;
    Ok(Dispatch::Done(draft.finish(0)?))
}
