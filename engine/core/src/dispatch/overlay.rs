//! An overlay to be made, or to be deleted once nothing needs it and nothing else lies in it.

use super::{nothing, rests_until};
use crate::draft::Draft;
use crate::graph::{CalendarRole, OverlayState};
use crate::ids::CalendarId;
use crate::journal::{Cause, CauseKind};
use crate::keys::{GraphKeys, base32hex};
use crate::plan::Note;
use crate::provider::ProviderOp;
use crate::slice::{Missing, ObjectRange, Slice};
use crate::step::{Action, Dispatch, Env, Operation, Sent, Subject};

const MINUTE_MILLIS: i64 = 60_000;

/// The lasting name under which an overlay is made; another each time it is made anew.
pub(crate) fn overlay_name(keys: &GraphKeys, calendar: CalendarId, remade: u8) -> String {
    base32hex(&keys.derive("overlay-name", &[calendar.as_bytes(), &[remade]]))
}

pub(super) fn dispatch(
    slice: &Slice,
    calendar_id: CalendarId,
    env: &Env,
) -> Result<Dispatch, Missing> {
    let Some(calendar) = slice.config.calendars.get(&calendar_id) else {
        return Ok(nothing());
    };
    if let Some(until) = rests_until(slice, calendar.account, env.now)? {
        return Ok(Dispatch::Later(until));
    }
    let (action, op) = match (calendar.role, &calendar.provider_id) {
        (CalendarRole::Overlay(OverlayState::Wanted { remade }), _) => {
            let derived = overlay_name(&env.keys, calendar_id, remade);
            let name = calendar.name.clone();
            (Action::Create, ProviderOp::MakeCalendar { derived, name })
        }
        (CalendarRole::Overlay(OverlayState::Retiring), Some(place)) => {
            let range = ObjectRange { calendar: calendar_id, after: None, until: None };
            let run = slice.run(&env.run)?;
            if !run.as_ref().is_some_and(|run| run.read.contains(&calendar_id.into())) {
                return Ok(Dispatch::Later(env.now.saturating_add_millis(MINUTE_MILLIS)));
            }
            if !slice.range(&range)?.is_empty() {
                return keep(slice, calendar_id, env);
            }
            (Action::Delete, ProviderOp::DeleteCalendar { calendar: place.clone() })
        }
        (CalendarRole::Overlay(OverlayState::Retiring), None) => {
            return drop_row(slice, calendar_id, env);
        }
        (
            CalendarRole::Overlay(OverlayState::Made { .. })
            | CalendarRole::Theirs
            | CalendarRole::Subscribed
            | CalendarRole::Own
            | CalendarRole::Lost,
            _,
        ) => return Ok(nothing()),
    };
    let sent = Sent {
        subject: Subject::Overlay(calendar_id),
        action,
        generation: 0,
        want: None,
        fields: None,
    };
    let account = calendar.account;
    Ok(Dispatch::Send(Box::new(Operation { account, calendar: calendar_id, sent, op })))
}

/// Something that is not ours lies in it: from now on it is the person's.
fn keep(slice: &Slice, calendar: CalendarId, env: &Env) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    if let Some(calendar) = draft.config_mut(cause).calendars.get_mut(&calendar) {
        calendar.role = CalendarRole::Theirs;
        calendar.on = false;
    }
    draft.note(Note { calendar: Some(calendar), ..Note::new("overlay.kept") });
    Ok(Dispatch::Done(draft.finish(0)?))
}

fn drop_row(slice: &Slice, calendar: CalendarId, env: &Env) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    draft.config_mut(cause).calendars.remove(&calendar);
    Ok(Dispatch::Done(draft.finish(0)?))
}
