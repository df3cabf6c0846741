//! An origin with a change of ours that waits to be written.

use super::{nothing, rests_until};
use crate::draft::Draft;
use crate::graph::CalendarRole;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::{Cause, CauseKind};
use crate::merge::change_hash;
use crate::plan::RowKey;
use crate::presence::{Guests, Pending, Presence};
use crate::project::project;
use crate::provider::{ObjectName, ProviderOp};
use crate::revert::is_quiet;
use crate::slice::{Config, Missing, Slice};
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
    if presence.version.is_some() && would_notify(&slice.config, presence, pending) {
        return leave(slice, event, calendar_id, env);
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

/// Whether people would be mailed of the change though neither who made it nor its edge grants that: they
/// may have come to the event since (L5, L13). What is sent is bound to the version that is judged here.
fn would_notify(config: &Config, presence: &Presence, pending: &Pending) -> bool {
    let edge = pending.from.and_then(|edge| config.edges.get(&edge));
    let is_granted = match pending.guests {
        Guests::Told => true,
        Guests::Untold => !pending.joined && edge.is_some_and(|edge| edge.options.may_notify),
    };
    !is_granted && !is_quiet(&presence.body)
}

/// Leaves an origin as it is. What came from a mirror goes back there, and can be brought back from the
/// journal; what a person asked for waits until they grant it.
fn leave(
    slice: &Slice,
    event: EventId,
    calendar: CalendarId,
    env: &Env,
) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let setup = draft.setup();
    let cause = Cause::of(CauseKind::Conflict).in_calendar(calendar);
    let lost = draft.edit(event, cause, |bundle| {
        let presence = bundle.presences.get_mut(&calendar)?;
        let lost = match &mut presence.pending {
            Some(pending) if pending.is_a_persons() => {
                pending.parked = Some(Pending::WOULD_NOTIFY.to_owned());
                None
            }
            _ => presence.pending.take().and_then(|pending| pending.want),
        };
        project(bundle, &setup, env, false);
        lost
    })?;
    if let Some(lost) = lost {
        draft.keep_lost(event, &RowKey::Presence(event, calendar), &lost);
    }
    Ok(Dispatch::Done(draft.finish(0)?))
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
