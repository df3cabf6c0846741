//! What a change did to a row, field by field, and the way back to rows.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::form::WireError;
use crate::journal::Payload;
use crate::plan::RowKey;

/// One change: `{"k": key, "b": before, "a": after}`.
///
/// Where one side has no row, it is `null` and the other stands whole. Where both have one, only
/// the fields that differ stand there, in nested objects too: a field only in `b` was taken out,
/// one only in `a` was added.
#[must_use]
pub fn delta(key: &RowKey, before: Option<&[u8]>, after: Option<&[u8]>) -> Vec<u8> {
    let size = before.map_or(4, <[u8]>::len) + after.map_or(4, <[u8]>::len);
    let mut out = Vec::with_capacity(size + 120);
    out.extend_from_slice(b"{\"k\":");
    let written = serde_json::to_writer(&mut out, &super::key(key));
    debug_assert!(written.is_ok(), "a text is written into memory");
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let apart = before.zip(after).is_some_and(|(b, a)| differ(b, a, &mut from, &mut to));
    let (from, to) = match apart {
        true => (&*from, &*to),
        false => (before.unwrap_or(b"null"), after.unwrap_or(b"null")),
    };
    out.extend_from_slice(b",\"b\":");
    out.extend_from_slice(from);
    out.extend_from_slice(b",\"a\":");
    out.extend_from_slice(to);
    out.push(b'}');
    out
}

/// The payload of a journal entry with these changes, each from [`delta`].
#[must_use]
pub fn payload(deltas: &[Vec<u8>]) -> Payload {
    let mut out = Vec::with_capacity(deltas.iter().map(|delta| delta.len() + 1).sum::<usize>() + 1);
    out.push(b'[');
    for (index, delta) in deltas.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(delta);
    }
    out.push(b']');
    Payload(out)
}

/// Applies one change to rows under their keys as text. The rows' forms are those of
/// [`encode`](super::encode).
///
/// # Errors
/// [`WireError`] where the bytes are not a change, or it changes fields of a row that is not there.
pub fn apply(delta: &[u8], rows: &mut BTreeMap<String, Value>) -> Result<(), WireError> {
    let change = serde_json::from_slice(delta).map_err(|error| broken(error.column()))?;
    apply_one(change, rows)
}

/// Applies all changes of an entry's payload.
///
/// # Errors
/// As [`apply`].
pub fn replay(payload: &Payload, rows: &mut BTreeMap<String, Value>) -> Result<(), WireError> {
    changes(payload)?.into_iter().try_for_each(|change| apply_one(change, rows))
}

/// Takes the changes of an entry back, the last first, whatever became of the rows since; see
/// [`unplay_untouched`](super::unplay_untouched).
///
/// # Errors
/// [`WireError`] where the bytes are not changes.
pub fn unplay(payload: &Payload, rows: &mut BTreeMap<String, Value>) -> Result<(), WireError> {
    for Delta { k, b, a } in changes(payload)?.into_iter().rev() {
        // A row that is not there any more has nothing to take back.
        let _ = apply_one(Delta { k, b: a, a: b }, rows);
    }
    Ok(())
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) k: String,
    pub(super) b: Value,
    pub(super) a: Value,
}

pub(super) fn changes(payload: &Payload) -> Result<Vec<Delta>, WireError> {
    serde_json::from_slice(&payload.0).map_err(|error| broken(error.column()))
}

fn apply_one(delta: Delta, rows: &mut BTreeMap<String, Value>) -> Result<(), WireError> {
    if delta.k.starts_with(super::lost::PREFIX) {
        return Ok(());
    }
    match (delta.b, delta.a) {
        (_, Value::Null) => {
            rows.remove(&delta.k);
        }
        (Value::Object(before), Value::Object(after)) => {
            let Some(Value::Object(row)) = rows.get_mut(&delta.k) else {
                return Err(broken(0));
            };
            merge(row, &before, after);
        }
        (_, after) => {
            rows.insert(delta.k, after);
        }
    }
    Ok(())
}

fn merge(row: &mut Map<String, Value>, before: &Map<String, Value>, after: Map<String, Value>) {
    for field in before.keys().filter(|field| !after.contains_key(*field)) {
        row.remove(field);
    }
    for (field, to) in after {
        match (row.get_mut(&field), before.get(&field), to) {
            (Some(Value::Object(inner)), Some(Value::Object(from)), Value::Object(to)) => {
                merge(inner, from, to);
            }
            (_, _, to) => {
                row.insert(field, to);
            }
        }
    }
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Writes the fields in which two objects differ; `false` where one of them is no object.
fn differ(before: &[u8], after: &[u8], from: &mut Vec<u8>, to: &mut Vec<u8>) -> bool {
    let (Ok(before), Ok(after)) =
        (serde_json::from_slice::<Fields<'_>>(before), serde_json::from_slice::<Fields<'_>>(after))
    else {
        return false;
    };
    from.push(b'{');
    to.push(b'{');
    for (field, old) in &before {
        match after.get(field) {
            Some(new) if new.get() == old.get() => {}
            Some(new) => field_differs(field, old.get(), new.get(), from, to),
            None => push_field(from, field, old.get().as_bytes()),
        }
    }
    for (field, new) in after.iter().filter(|(field, _)| !before.contains_key(*field)) {
        push_field(to, field, new.get().as_bytes());
    }
    from.push(b'}');
    to.push(b'}');
    true
}

fn field_differs(field: &str, old: &str, new: &str, from: &mut Vec<u8>, to: &mut Vec<u8>) {
    let (mut inner_from, mut inner_to) = (Vec::new(), Vec::new());
    let nested = old.starts_with('{')
        && new.starts_with('{')
        && differ(old.as_bytes(), new.as_bytes(), &mut inner_from, &mut inner_to);
    let (old, new) = match nested {
        true => (&*inner_from, &*inner_to),
        false => (old.as_bytes(), new.as_bytes()),
    };
    push_field(from, field, old);
    push_field(to, field, new);
}

/// Names of fields are ours and need no escaping.
fn push_field(out: &mut Vec<u8>, field: &str, value: &[u8]) {
    if out.len() > 1 {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(value);
}

const fn broken(at: usize) -> WireError {
    WireError::Broken { what: "journal entry", at }
}
