//! Origins that a run changed because of a mirror, as they were before.

use std::collections::BTreeMap;

use serde_json::Value;

use super::undone;
use crate::compile::merge3;
use crate::draft::Draft;
use crate::event::Body;
use crate::graph::OnConflict;
use crate::ids::{CalendarId, EventId};
use crate::journal::{Entry, Payload};
use crate::merge::put_change;
use crate::plan::{Note, Row, RowKey};
use crate::presence::Presence;
use crate::project::{project, wanted_body};
use crate::revert::is_quiet;
use crate::slice::Missing;
use crate::wire;

/// Takes back what an entry did to origins because of a mirror: a change that waits is called
/// off, one that was written is written back field by field where the origin still says it.
/// Whether that changes anything.
pub(super) fn take_back(
    draft: &mut Draft<'_>,
    event: EventId,
    entry: &Entry,
    payload: &Payload,
) -> Result<bool, Missing> {
    let Some(edge) = entry.cause.edge else { return Ok(false) };
    let setup = draft.setup();
    let Some(calendar) = setup.edges.get(&edge).map(|edge| edge.from) else { return Ok(false) };
    let Some(bundle) = draft.event(event)? else { return Ok(false) };
    let Some(presence) = bundle.presences.get(&calendar) else { return Ok(false) };
    let calls_off = presence.pending.as_ref().is_some_and(|pending| {
        pending.from == Some(edge) && touched(payload, event, calendar, |row| row.get("p"))
    });
    let want = written_back(presence, event, calendar, payload);
    if want.as_ref().is_some_and(|want| !is_quiet(want) || !is_quiet(&presence.body)) {
        draft.note(Note { event: Some(event), ..Note::new("undo.would-notify") });
        return Ok(false);
    }
    if !calls_off && want.is_none() {
        return Ok(false);
    }
    let env = draft.env;
    let said = |presence: Option<&Presence>| presence.and_then(wanted_body).cloned();
    let (before, after) = draft.edit(event, undone().in_calendar(calendar), |bundle| {
        let before = said(bundle.presences.get(&calendar));
        if let Some(presence) = bundle.presences.get_mut(&calendar) {
            if calls_off {
                presence.pending = None;
            }
            if let Some(want) = want {
                put_change(presence, Some(want), None);
            }
        }
        let after = said(bundle.presences.get(&calendar));
        project(bundle, &setup, env, true);
        (before, after)
    })?;
    draft.keep_edit((event, calendar), before.as_ref(), after.as_ref());
    Ok(true)
}

/// What the origin should say without the change of its body in this entry; `None` where there is
/// none, or nothing of it is left.
fn written_back(
    presence: &Presence,
    event: EventId,
    calendar: CalendarId,
    payload: &Payload,
) -> Option<Body> {
    if !touched(payload, event, calendar, |row| row.get("b")) {
        return None;
    }
    let now = wanted_body(presence)?.clone();
    let shown = Presence { body: now.clone(), pending: None, ..presence.clone() };
    let with = |played: fn(&Payload, &mut BTreeMap<String, Value>) -> Result<(), _>| {
        let row = Row::Presence(event, calendar, Box::new(shown.clone()));
        let key = wire::key(&row.key());
        let value = serde_json::from_slice(&wire::encode(&row)).ok()?;
        let mut rows = BTreeMap::from([(key.clone(), value)]);
        played(payload, &mut rows).ok()?;
        let bytes = rows.remove(&key)?.to_string().into_bytes();
        wire::presence(&bytes).ok().map(|presence| presence.body)
    };
    let (after, before) = (with(wire::replay)?, with(wire::unplay)?);
    let merged = merge3(&after, &now, &before, OnConflict::Origin).body;
    (merged != now).then_some(merged)
}

/// Whether the entry changed the field of the origin's row.
fn touched(
    payload: &Payload,
    event: EventId,
    calendar: CalendarId,
    field: impl Fn(&Value) -> Option<&Value>,
) -> bool {
    let key = wire::key(&RowKey::Presence(event, calendar));
    let changes: Vec<Value> = serde_json::from_slice(&payload.0).unwrap_or_default();
    changes.iter().filter(|change| change["k"] == key.as_str()).any(|change| {
        change["b"].is_object() && (field(&change["b"]).is_some() || field(&change["a"]).is_some())
    })
}
