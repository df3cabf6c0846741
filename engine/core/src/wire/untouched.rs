//! The way back to rows, as far as nothing has touched them since.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::form::WireError;
use super::journal::{Delta, changes};
use crate::journal::Payload;

/// Takes the changes of an entry back, the last first, field by field: what still is as the entry
/// left it. Gives the keys of the rows in which something has changed since, and stays.
///
/// # Errors
/// [`WireError`] where the bytes are not changes.
pub fn unplay_untouched(
    payload: &Payload,
    rows: &mut BTreeMap<String, Value>,
) -> Result<BTreeSet<String>, WireError> {
    let mut touched = BTreeSet::new();
    for Delta { k, b, a } in changes(payload)?.into_iter().rev() {
        let whole = match (b, a) {
            (Value::Object(before), Value::Object(after)) => match rows.get_mut(&k) {
                Some(Value::Object(row)) => take_back(row, before, &after),
                Some(_) | None => false,
            },
            (Value::Null, after) => match rows.get(&k) {
                Some(row) if *row == after => rows.remove(&k).is_some(),
                Some(_) => false,
                None => true,
            },
            (before, _) => match rows.get(&k) {
                Some(row) => *row == before,
                None => rows.insert(k.clone(), before).is_none(),
            },
        };
        if !whole {
            touched.insert(k);
        }
    }
    Ok(touched)
}

/// Whether all of it was taken back.
fn take_back(
    row: &mut Map<String, Value>,
    before: Map<String, Value>,
    after: &Map<String, Value>,
) -> bool {
    let mut whole = true;
    for (field, left) in after {
        let nested = match (row.get_mut(field), before.get(field), left) {
            (Some(Value::Object(now)), Some(Value::Object(from)), Value::Object(to)) => {
                Some(take_back(now, from.clone(), to))
            }
            _ => None,
        };
        whole &= match nested {
            Some(nested) => nested,
            None if row.get(field) == before.get(field) => true,
            None if row.get(field) == Some(left) => {
                match before.get(field) {
                    Some(from) => row.insert(field.clone(), from.clone()),
                    None => row.remove(field),
                };
                true
            }
            None => false,
        };
    }
    for (field, from) in before {
        if !after.contains_key(&field) {
            whole &= row.get(&field).is_none_or(|now| *now == from);
            row.entry(field).or_insert(from);
        }
    }
    whole
}
