//! Events that somebody put, changed or deleted by hand in a run, as they were before.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::events::own_presence;
use super::undone;
use crate::compile::merge3;
use crate::draft::Draft;
use crate::event::Body;
use crate::graph::{CalendarRole, OnConflict};
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::{CauseKind, Entry, Payload};
use crate::merge::put_change;
use crate::plan::{Note, Row, RowKey};
use crate::presence::{Event, Presence};
use crate::project::{project, wanted_body};
use crate::revert::is_quiet;
use crate::slice::Missing;
use crate::wire;

/// What becomes of an event that was edited.
enum Back {
    /// It was put there: it goes.
    Remove,
    /// It was deleted in the graph's own calendar: it comes back.
    Insert(Box<Body>),
    /// It says this again, where there is no provider to tell.
    Say(Box<Body>),
    /// The change that waits is called off.
    CallOff,
    /// It is written back at its provider.
    Write(Box<Body>),
}

/// Takes back what an entry did to an event by hand, as far as nobody touched it since.
pub(super) fn take_back(
    draft: &mut Draft<'_>,
    event: EventId,
    entry: &Entry,
    payload: &Payload,
) -> Result<(), Missing> {
    let CauseKind::Authored = entry.cause.what else { return Ok(()) };
    let (Some(calendar), None) = (entry.cause.calendar, entry.cause.edge) else { return Ok(()) };
    let setup = draft.setup();
    let Some(role) = setup.calendars.get(&calendar).map(|calendar| calendar.role) else {
        return Ok(());
    };
    let presence = draft.event(event)?.and_then(|bundle| bundle.presences.get(&calendar)).cloned();
    let place = (event, calendar);
    let back = match before(place, payload) {
        Some(before) if role == CalendarRole::Own => own(presence.as_ref(), before, place, payload),
        Some(before) => at_provider(presence.as_ref(), &before, place, payload),
        None if is_made_by(payload, place) => match &presence {
            Some(now) if is_as_left(now, place, payload) => Ok(Back::Remove),
            Some(_) => Err("undo.touched-since"),
            None => return Ok(()),
        },
        None => return Ok(()),
    };
    match back {
        Ok(back) => carry_out(draft, place, back),
        Err(code) => {
            draft.note(Note { event: Some(event), ..Note::new(code) });
            Ok(())
        }
    }
}

fn own(
    presence: Option<&Presence>,
    before: Body,
    place: (EventId, CalendarId),
    payload: &Payload,
) -> Result<Back, &'static str> {
    let Some(presence) = presence else { return Ok(Back::Insert(Box::new(before))) };
    let after = left(presence, place, payload).map(|left| left.body);
    let merged = after.map(|after| merge3(&after, &presence.body, &before, OnConflict::Origin));
    match merged.map(|merged| merged.body).filter(|body| *body != presence.body) {
        Some(body) => Ok(Back::Say(Box::new(body))),
        None => Err("undo.touched-since"),
    }
}

fn at_provider(
    presence: Option<&Presence>,
    before: &Body,
    place: (EventId, CalendarId),
    payload: &Payload,
) -> Result<Back, &'static str> {
    let presence = presence.ok_or("undo.gone")?;
    let wanted = left(presence, place, payload).and_then(|left| left.pending);
    let wanted = wanted.ok_or("undo.touched-since")?.want;
    if presence.pending.as_ref().is_some_and(|p| p.from.is_none() && p.want == wanted) {
        return Ok(Back::CallOff);
    }
    let (Some(now), Some(wanted)) = (wanted_body(presence), wanted) else {
        return Err("undo.gone");
    };
    let merged = merge3(&wanted, now, before, OnConflict::Origin).body;
    if merged == *now {
        return Err("undo.touched-since");
    }
    if is_quiet(&merged) && is_quiet(&presence.body) {
        Ok(Back::Write(Box::new(merged)))
    } else {
        Err("undo.would-notify")
    }
}

fn carry_out(
    draft: &mut Draft<'_>,
    (event, calendar): (EventId, CalendarId),
    back: Back,
) -> Result<(), Missing> {
    let (setup, env) = (draft.setup(), draft.env);
    draft.edit(event, undone().in_calendar(calendar), |bundle| {
        match (back, bundle.presences.get_mut(&calendar)) {
            (Back::Insert(body), _) => {
                let known =
                    bundle.event.get_or_insert_with(|| Event { id: event, uid: event.to_string() });
                let object = ProviderId(known.uid.clone());
                bundle.presences.insert(calendar, own_presence(object, &body));
            }
            (Back::Remove, _) => {
                bundle.presences.remove(&calendar);
            }
            (Back::Say(body), Some(presence)) => presence.body = *body,
            (Back::CallOff, Some(presence)) => presence.pending = None,
            (Back::Write(body), Some(presence)) => put_change(presence, Some(*body), None),
            (Back::Say(_) | Back::CallOff | Back::Write(_), None) => {}
        }
        project(bundle, &setup, env, true);
    })
}

/// What the event said before the entry; `None` where it was not there, or the entry is of another
/// kind.
fn before((event, calendar): (EventId, CalendarId), payload: &Payload) -> Option<Body> {
    let lost = wire::read_lost(payload).ok()?;
    let of = RowKey::Presence(event, calendar);
    lost.into_iter().find_map(|(shown_by, body)| (shown_by == of).then_some(body))
}

fn is_made_by(payload: &Payload, (event, calendar): (EventId, CalendarId)) -> bool {
    let key = wire::key(&RowKey::Presence(event, calendar));
    let changes: Vec<Value> = serde_json::from_slice(&payload.0).unwrap_or_default();
    changes.iter().any(|change| change["k"] == key.as_str() && change["b"].is_null())
}

fn is_as_left(now: &Presence, place: (EventId, CalendarId), payload: &Payload) -> bool {
    let Some((key, mut rows)) = rows(now, place) else { return false };
    wire::unplay_untouched(payload, &mut rows).is_ok_and(|touched| !touched.contains(&key))
}

/// The presence as the entry left it.
fn left(presence: &Presence, place: (EventId, CalendarId), payload: &Payload) -> Option<Presence> {
    let plain = Presence { pending: None, ..presence.clone() };
    let (key, mut rows) = rows(&plain, place)?;
    // Other rows of the entry are not there to be changed, so the change of this one is looked for.
    let changes: Vec<Value> = serde_json::from_slice(&payload.0).ok()?;
    let change = changes.iter().find(|change| change["k"] == key.as_str())?;
    wire::apply(change.to_string().as_bytes(), &mut rows).ok()?;
    wire::presence(rows.remove(&key)?.to_string().as_bytes()).ok()
}

fn rows(
    presence: &Presence,
    (event, calendar): (EventId, CalendarId),
) -> Option<(String, BTreeMap<String, Value>)> {
    let row = Row::Presence(event, calendar, Box::new(presence.clone()));
    let key = wire::key(&row.key());
    let value = serde_json::from_slice(&wire::encode(&row)).ok()?;
    Some((key.clone(), BTreeMap::from([(key, value)])))
}
