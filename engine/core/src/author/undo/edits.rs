//! Events that somebody put, changed or deleted by hand in a run, as they were before; and what an
//! undo did to events, where the undo is taken back.

use std::collections::{BTreeMap, BTreeSet};

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

/// What an entry did to what an event was to say in a calendar.
enum Edit {
    /// It was not there, or on its way out, and was to say this.
    Put(Option<Box<Body>>),
    /// It said the first and was to say the second.
    Said(Box<Body>, Box<Body>),
    /// It said this and was deleted.
    Deleted(Box<Body>),
}

/// What becomes of an event that was edited.
enum Back {
    /// It was put there: it goes.
    Remove,
    /// It was deleted in the graph's own calendar: it comes back.
    Insert(Box<Body>),
    /// It says this again, where there is no provider to tell.
    Say(Box<Body>),
    /// The change that waits is called off. What waited before it waits again.
    CallOff(Box<Body>),
    /// It is written back at its provider.
    Write(Box<Body>),
    /// Its deletion at its provider had been called off: it is deleted.
    Delete,
    /// Nothing is left to be taken back.
    Nothing,
}

/// Takes back what an entry did to an event by hand, as far as nobody touched it since.
pub(super) fn take_back(
    draft: &mut Draft<'_>,
    event: EventId,
    entry: &Entry,
    payload: &Payload,
) -> Result<(), Missing> {
    let (CauseKind::Authored | CauseKind::Undone, Some(place), None) =
        (entry.cause.what, entry.cause.calendar, entry.cause.edge)
    else {
        return Ok(());
    };
    let setup = draft.setup();
    for (calendar, edit) in edits(event, place, payload) {
        let Some(role) = setup.calendars.get(&calendar).map(|calendar| calendar.role) else {
            continue;
        };
        let bundle = draft.event(event)?;
        let presence = bundle.and_then(|bundle| bundle.presences.get(&calendar)).cloned();
        let back = match role {
            CalendarRole::Own => own(presence.as_ref(), edit, (event, calendar), payload),
            CalendarRole::Theirs
            | CalendarRole::Subscribed
            | CalendarRole::Overlay(_)
            | CalendarRole::Lost => at_provider(presence.as_ref(), edit),
        };
        match back {
            Ok(back) => carry_out(draft, (event, calendar), back)?,
            Err(code) => draft.note(Note { event: Some(event), ..Note::new(code) }),
        }
    }
    Ok(())
}

/// What the entry did, by calendar. Of several edits in one entry, what the event said before the
/// first and was to say after the last.
fn edits(event: EventId, place: CalendarId, payload: &Payload) -> BTreeMap<CalendarId, Edit> {
    let of = |kept: Vec<(RowKey, Body)>| {
        kept.into_iter().filter_map(move |(key, body)| {
            let RowKey::Presence(of, calendar) = key else { return None };
            (of == event).then_some((calendar, body))
        })
    };
    let mut before = BTreeMap::new();
    for (calendar, body) in of(wire::read_lost(payload).unwrap_or_default()) {
        before.entry(calendar).or_insert(body);
    }
    let mut after: BTreeMap<_, _> = of(wire::read_said(payload).unwrap_or_default()).collect();
    let places: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    let mut edits: BTreeMap<_, _> = places
        .into_iter()
        .filter_map(|calendar| {
            let edit = match (before.remove(&calendar), after.remove(&calendar)) {
                (Some(before), Some(after)) => Edit::Said(Box::new(before), Box::new(after)),
                (Some(before), None) => Edit::Deleted(Box::new(before)),
                (None, Some(after)) => Edit::Put(Some(Box::new(after))),
                (None, None) => return None,
            };
            Some((calendar, edit))
        })
        .collect();
    if edits.is_empty() && is_made_by(payload, (event, place)) {
        edits.insert(place, Edit::Put(None));
    }
    edits
}

fn own(
    presence: Option<&Presence>,
    edit: Edit,
    place: (EventId, CalendarId),
    payload: &Payload,
) -> Result<Back, &'static str> {
    match (edit, presence) {
        (Edit::Put(_), None) => Ok(Back::Nothing),
        (Edit::Put(_), Some(now)) if is_as_left(now, place, payload) => Ok(Back::Remove),
        (Edit::Deleted(before), None) => Ok(Back::Insert(before)),
        (Edit::Put(_) | Edit::Deleted(_), Some(_)) => Err("undo.touched-since"),
        (Edit::Said(..), None) => Err("undo.gone"),
        (Edit::Said(before, after), Some(now)) => {
            let merged = merge3(&after, &now.body, &before, OnConflict::Origin).body;
            let is_left = merged != now.body;
            is_left.then(|| Back::Say(Box::new(merged))).ok_or("undo.touched-since")
        }
    }
}

fn at_provider(presence: Option<&Presence>, edit: Edit) -> Result<Back, &'static str> {
    let presence = presence.ok_or("undo.gone")?;
    let now = wanted_body(presence);
    let waits = |want: Option<&Body>| {
        let pending = presence.pending.as_ref();
        pending.is_some_and(|pending| pending.from.is_none() && pending.want.as_ref() == want)
    };
    match (edit, now) {
        (Edit::Deleted(before), _) if waits(None) => Ok(Back::CallOff(before)),
        (Edit::Said(before, after), _) if waits(Some(&after)) => Ok(Back::CallOff(before)),
        (Edit::Deleted(_), _) => Err("undo.touched-since"),
        (Edit::Put(_), None) => Ok(Back::Nothing),
        (Edit::Put(Some(after)), Some(now)) if *after == *now => {
            if is_quiet(&presence.body) {
                Ok(Back::Delete)
            } else {
                Err("undo.would-notify")
            }
        }
        (Edit::Put(_), Some(_)) => Err("undo.touched-since"),
        (Edit::Said(..), None) => Err("undo.gone"),
        (Edit::Said(before, after), Some(now)) => {
            let merged = merge3(&after, now, &before, OnConflict::Origin).body;
            if merged == *now {
                Err("undo.touched-since")
            } else if is_quiet(&merged) && is_quiet(&presence.body) {
                Ok(Back::Write(Box::new(merged)))
            } else {
                Err("undo.would-notify")
            }
        }
    }
}

/// What was said before and is said again is kept: an undo can be taken back as well.
fn carry_out(
    draft: &mut Draft<'_>,
    place: (EventId, CalendarId),
    back: Back,
) -> Result<(), Missing> {
    if matches!(back, Back::Nothing) {
        return Ok(());
    }
    let (event, calendar) = place;
    let (setup, env) = (draft.setup(), draft.env);
    let (before, after) = draft.edit(event, undone().in_calendar(calendar), |bundle| {
        let before = said(bundle.presences.get(&calendar));
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
            (Back::CallOff(before), Some(presence)) if *before == presence.body => {
                presence.pending = None;
            }
            (Back::CallOff(body) | Back::Write(body), Some(presence)) => {
                put_change(presence, Some(*body), None);
            }
            (Back::Delete, Some(presence)) => put_change(presence, None, None),
            (Back::Say(_) | Back::CallOff(_) | Back::Write(_) | Back::Delete, None)
            | (Back::Nothing, _) => {}
        }
        let after = said(bundle.presences.get(&calendar));
        project(bundle, &setup, env, true);
        (before, after)
    })?;
    draft.keep_edit(place, before.as_ref(), after.as_ref());
    Ok(())
}

fn said(presence: Option<&Presence>) -> Option<Body> {
    presence.and_then(wanted_body).cloned()
}

fn is_made_by(payload: &Payload, (event, calendar): (EventId, CalendarId)) -> bool {
    let key = wire::key(&RowKey::Presence(event, calendar));
    let changes: Vec<Value> = serde_json::from_slice(&payload.0).unwrap_or_default();
    changes.iter().any(|change| change["k"] == key.as_str() && change["b"].is_null())
}

fn is_as_left(now: &Presence, (event, calendar): (EventId, CalendarId), payload: &Payload) -> bool {
    let row = Row::Presence(event, calendar, Box::new(now.clone()));
    let key = wire::key(&row.key());
    let Ok(value) = serde_json::from_slice(&wire::encode(&row)) else { return false };
    let mut rows = BTreeMap::from([(key.clone(), value)]);
    wire::unplay_untouched(payload, &mut rows).is_ok_and(|touched| !touched.contains(&key))
}
