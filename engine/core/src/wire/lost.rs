//! Contents that lost against others, kept in a journal entry so that they can be brought back.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::form::WireError;
use crate::event::Body;
use crate::ids::{CalendarId, EventId, ProviderId};
use crate::journal::Payload;
use crate::plan::Row;
use crate::presence::Presence;

/// The key under which they stand; replay passes over it.
pub(super) const PREFIX: &str = "lost:";

/// The content, for a journal payload: `{"k":"lost:cal_…","b":null,"a":…}`.
#[must_use]
pub fn lost(calendar: CalendarId, body: &Body) -> Vec<u8> {
    let presence = Presence {
        object: ProviderId(String::new()),
        version: None,
        body: body.clone(),
        instances: Vec::new(),
        gone: None,
        pending: None,
    };
    let row = Row::Presence(EventId::from_bytes([0; 16]), calendar, Box::new(presence));
    let mut bytes = format!("{{\"k\":\"{PREFIX}{calendar}\",\"b\":null,\"a\":").into_bytes();
    bytes.extend_from_slice(&super::encode(&row));
    bytes.push(b'}');
    bytes
}

/// The contents kept in a payload, with the calendars they were seen in.
///
/// # Errors
/// [`WireError`] where the payload is broken.
pub fn read_lost(payload: &Payload) -> Result<Vec<(CalendarId, Body)>, WireError> {
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
        .filter_map(|delta| Some((delta.k.strip_prefix(PREFIX)?.to_owned(), delta.a)))
        .map(|(calendar, value)| {
            let calendar = calendar.parse().map_err(|_| broken(0))?;
            Ok((calendar, super::presence(value.get().as_bytes())?.body))
        })
        .collect()
}
