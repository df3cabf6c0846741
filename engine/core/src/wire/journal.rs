//! What a change did to a row, field by field, and the way back to rows.

use std::collections::BTreeMap;

use memchr::memchr2;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::form::WireError;
use super::glue::Ref;
use crate::journal::Payload;
use crate::plan::RowKey;

/// One change: `{"k": key, "b": before, "a": after}`.
///
/// Where one side has no row, it is `null` and the other stands whole. Where both have one, only
/// the fields that differ stand there, in nested objects too: a field only in `b` was taken out,
/// one only in `a` was added.
#[must_use]
pub fn delta(key: &RowKey, before: Option<&[u8]>, after: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    write_delta(&mut out, key, before, after);
    out
}

/// Writes what [`delta`] gives behind what is there.
pub(crate) fn write_delta(
    out: &mut Vec<u8>,
    key: &RowKey,
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) {
    out.reserve(before.map_or(4, <[u8]>::len) + after.map_or(4, <[u8]>::len) + 120);
    out.extend_from_slice(b"{\"k\":");
    let written = serde_json::to_writer(&mut *out, &Ref(key));
    debug_assert!(written.is_ok(), "a text is written into memory");
    out.extend_from_slice(b",\"b\":");
    let mut to = Vec::new();
    if before.zip(after).is_some_and(|(b, a)| differ(b, a, out, &mut to)) {
        out.extend_from_slice(b",\"a\":");
        out.extend_from_slice(&to);
    } else {
        out.extend_from_slice(before.unwrap_or(b"null"));
        out.extend_from_slice(b",\"a\":");
        out.extend_from_slice(after.unwrap_or(b"null"));
    }
    out.push(b'}');
}

/// The payload of a journal entry with these changes, each from [`delta`].
#[must_use]
pub fn payload(deltas: &[Vec<u8>]) -> Payload {
    let mut out = Vec::with_capacity(deltas.iter().map(|delta| delta.len() + 1).sum::<usize>() + 2);
    out.push(b'[');
    out.extend_from_slice(&deltas.join(&b','));
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
    if super::lost::is_kept(&delta.k) {
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

/// A field's name, and its value as it stands.
type Field<'a> = (&'a [u8], &'a [u8]);

/// The fields of an object as [`encode`](super::encode) writes it, without white space; sorted by
/// name.
fn fields(object: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut rest = object.strip_prefix(b"{")?;
    let mut fields = Vec::with_capacity(8);
    while let Some(named) = rest.strip_prefix(b"\"") {
        let (name, value) = named.split_at_checked(text_length(named)?)?;
        let value = value.strip_prefix(b"\":")?;
        let (value, after) = value.split_at_checked(value_length(value)?)?;
        fields.push((name, value));
        rest = after.strip_prefix(b",").unwrap_or(after);
    }
    fields.sort_unstable();
    (rest == b"}").then_some(fields)
}

/// How far a value reaches: to the comma or the bracket after it.
fn value_length(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match bytes.get(at)? {
            b',' | b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            b'{' | b'[' => depth += 1,
            b'"' => at += 1 + text_length(&bytes[at + 1..])?,
            _ => {}
        }
        at += 1;
    }
}

/// How far a text reaches: to the quotation mark that ends it.
fn text_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}

/// Writes the fields in which two objects differ; `false`, and nothing written, where one of them
/// is no object.
fn differ(before: &[u8], after: &[u8], from: &mut Vec<u8>, to: &mut Vec<u8>) -> bool {
    let (Some(before), Some(after)) = (fields(before), fields(after)) else {
        return false;
    };
    from.push(b'{');
    to.push(b'{');
    for (field, old) in &before {
        match named(&after, field) {
            Some(new) if new == *old => {}
            Some(new) => {
                push_name(from, field);
                push_name(to, field);
                if !differ(old, new, from, to) {
                    from.extend_from_slice(old);
                    to.extend_from_slice(new);
                }
            }
            None => push_field(from, field, old),
        }
    }
    for (field, new) in after.iter().filter(|(field, _)| named(&before, field).is_none()) {
        push_field(to, field, new);
    }
    from.push(b'}');
    to.push(b'}');
    true
}

fn named<'a>(fields: &[Field<'a>], name: &[u8]) -> Option<&'a [u8]> {
    let at = fields.binary_search_by_key(&name, |(name, _)| name).ok()?;
    fields.get(at).map(|(_, value)| *value)
}

fn push_field(out: &mut Vec<u8>, field: &[u8], value: &[u8]) {
    push_name(out, field);
    out.extend_from_slice(value);
}

/// Names of fields are ours and need no escaping.
fn push_name(out: &mut Vec<u8>, field: &[u8]) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(field);
    out.extend_from_slice(b"\":");
}

const fn broken(at: usize) -> WireError {
    WireError::Broken { what: "journal entry", at }
}
