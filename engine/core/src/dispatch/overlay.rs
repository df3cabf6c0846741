//! An overlay to be made, or to be deleted once nothing needs it and nothing else lies in it.

use super::{HOUR_MILLIS, MINUTE_MILLIS, nothing, rests_until};
use crate::draft::Draft;
use crate::graph::{CalendarRole, OverlayState};
use crate::ids::{AccountId, CalendarId};
use crate::journal::{Cause, CauseKind};
use crate::keys::{GraphKeys, base32hex};
use crate::plan::Note;
use crate::provider::ProviderOp;
use crate::slice::{Missing, ObjectRange, Slice};
use crate::step::{Action, Dispatch, Env, Operation, Sent, Subject};
use crate::tick::PAGE;
use crate::time::Timestamp;

/// So often an overlay that a person deleted is made anew.
pub(crate) const REMADE_MAX: u8 = 1;

/// The lasting name under which an overlay is made; another each time it is made anew.
pub(crate) fn overlay_name(keys: &GraphKeys, calendar: CalendarId, remade: u8) -> String {
    base32hex(&keys.derive("overlay-name", &[calendar.as_bytes(), &[remade]]))
}

/// All the names that an overlay may have been made under: it is made anew once.
fn overlay_names(keys: &GraphKeys, calendar: CalendarId) -> Vec<String> {
    (0..=REMADE_MAX).map(|remade| overlay_name(keys, calendar, remade)).collect()
}

pub(super) fn dispatch(
    slice: &Slice,
    calendar_id: CalendarId,
    since: Option<Timestamp>,
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
        (CalendarRole::Overlay(OverlayState::Retiring), Some(_))
            if is_gone(slice, calendar_id, calendar.account)? =>
        {
            return drop_row(slice, calendar_id, env);
        }
        (CalendarRole::Overlay(OverlayState::Retiring), Some(place)) => {
            let Some(since) = since else {
                return Ok(Dispatch::List(calendar_id));
            };
            match held(slice, calendar_id, since, env)? {
                Held::Nothing => {}
                Held::Something => return keep(slice, calendar_id, env),
                Held::Unknown(until) => return Ok(Dispatch::Later(until)),
            }
            let derived = overlay_names(&env.keys, calendar_id);
            (Action::Delete, ProviderOp::DeleteCalendar { calendar: place.clone(), derived })
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

/// Whether its account does not list it, and it says itself that it is not there: the answer to
/// its deletion was lost, or a person was faster.
fn is_gone(slice: &Slice, calendar: CalendarId, account: AccountId) -> Result<bool, Missing> {
    let health = slice.health_of(&account)?.as_ref();
    let mut unlisted = health.into_iter().flat_map(|health| &health.unlisted);
    Ok(unlisted.any(|one| one.calendar == calendar && one.gone))
}

/// What an overlay that is to be deleted holds.
enum Held {
    Nothing,
    Something,
    /// To be looked at again then.
    Unknown(Timestamp),
}

/// By a whole listing made for this: what someone put there since the one before would go with
/// the overlay.
fn held(slice: &Slice, calendar: CalendarId, since: Timestamp, env: &Env) -> Result<Held, Missing> {
    let cursor = slice.cursor(&calendar.into())?.as_ref();
    let listed = cursor.is_some_and(|cursor| {
        cursor.read_in == Some(env.run) && cursor.compared_at.is_some_and(|at| at >= since)
    });
    if !listed {
        return Ok(Held::Unknown(env.now.saturating_add_millis(MINUTE_MILLIS)));
    }
    let mut range = ObjectRange { calendar, after: None, until: None, limit: PAGE };
    loop {
        let rows = slice.range(&range)?;
        if rows.iter().any(|(_, row)| !row.gone) {
            return Ok(Held::Something);
        }
        match range.cut(rows) {
            Some(last) => range.after = Some(last.clone()),
            None if range.after.is_none() && rows.is_empty() => return Ok(Held::Nothing),
            // They are missing, and what that means waits for the release.
            None => return Ok(Held::Unknown(env.now.saturating_add_millis(HOUR_MILLIS))),
        }
    }
}

/// Something that is not ours lies in it: from now on it is the person's.
fn keep(slice: &Slice, calendar: CalendarId, env: &Env) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    leave(&mut draft, calendar, Cause::of(CauseKind::Released).in_calendar(calendar));
    Ok(Dispatch::Done(draft.finish(0)?))
}

/// Leaves an overlay to the person as a calendar of theirs that is not read.
pub(crate) fn leave(draft: &mut Draft<'_>, calendar: CalendarId, cause: Cause) {
    if let Some(calendar) = draft.config_mut(cause).calendars.get_mut(&calendar) {
        calendar.role = CalendarRole::Theirs;
        calendar.on = false;
    }
    draft.note(Note { calendar: Some(calendar), ..Note::new("overlay.kept") });
}

fn drop_row(slice: &Slice, calendar: CalendarId, env: &Env) -> Result<Dispatch, Missing> {
    let mut draft = Draft::new(slice, env);
    let cause = Cause::of(CauseKind::Released).in_calendar(calendar);
    draft.config_mut(cause).calendars.remove(&calendar);
    draft.set_cursor(calendar.into(), None);
    Ok(Dispatch::Done(draft.finish(0)?))
}
