//! Contents kept in a journal entry beside its rows: those that lost against others, so that they
//! can be brought back, and what an event was to say from then on, so that an undo can tell what was
//! changed since.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::form::WireError;
use crate::event::Body;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::Payload;
use crate::plan::{Row, RowKey};
use crate::presence::Presence;

/// Before the key of what showed a content that lost.
const LOST: &str = "lost:";
/// Before the key of what is to show a content from the entry on.
const SAID: &str = "said:";

/// Whether a content is kept under this key: replay passes over it.
pub(super) fn is_kept(key: &str) -> bool {
    key.starts_with(LOST) || key.starts_with(SAID)
}

/// The content, for a journal payload, under the key of the presence or part that showed it:
/// `{"k":"lost:part/…","b":null,"a":…}`.
#[must_use]
pub fn lost(shown_by: &RowKey, body: &Body) -> Vec<u8> {
    kept(LOST, shown_by, body)
}

/// What is to be said from the entry on, in the same form: `{"k":"said:presence/…", …}`.
#[must_use]
pub fn said(shown_by: &RowKey, body: &Body) -> Vec<u8> {
    kept(SAID, shown_by, body)
}

fn kept(prefix: &str, shown_by: &RowKey, body: &Body) -> Vec<u8> {
    let presence = Presence {
        object: ProviderId(String::new()),
        version: None,
        body: body.clone(),
        doubts: Vec::new(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    let place = (EventId::from_bytes([0; 16]), CalendarId::from_bytes([0; 16]));
    let row = Row::Presence(place.0, place.1, Box::new(presence));
    let key = super::key(shown_by);
    let mut bytes = format!("{{\"k\":\"{prefix}{key}\",\"b\":null,\"a\":").into_bytes();
    bytes.extend_from_slice(&super::encode(&row));
    bytes.push(b'}');
    bytes
}

/// The contents that lost in a payload, with the keys of the presences and parts that showed them.
///
/// # Errors
/// [`WireError`] where the payload is broken.
pub fn read_lost(payload: &Payload) -> Result<Vec<(RowKey, Body)>, WireError> {
    read_kept(LOST, payload)
}

/// What was to be said from the entry on, with the keys of the presences that were to say it.
///
/// # Errors
/// [`WireError`] where the payload is broken.
pub fn read_said(payload: &Payload) -> Result<Vec<(RowKey, Body)>, WireError> {
    read_kept(SAID, payload)
}

fn read_kept(prefix: &str, payload: &Payload) -> Result<Vec<(RowKey, Body)>, WireError> {
    #[derive(Deserialize)]
    struct Delta<'a> {
        k: &'a str,
        #[serde(borrow)]
        a: &'a RawValue,
    }
    let broken = |at| WireError::Broken { what: "lost", at };
    let deltas: Vec<Delta<'_>> =
        serde_json::from_slice(&payload.0).map_err(|error| broken(error.column()))?;
    deltas
        .into_iter()
        .filter_map(|delta| Some((delta.k.strip_prefix(prefix)?.to_owned(), delta.a)))
        .map(|(shown_by, value)| {
            let shown_by = super::read_key(&shown_by).ok_or_else(|| broken(0))?;
            Ok((shown_by, super::presence(value.get().as_bytes())?.body))
        })
        .collect()
}
