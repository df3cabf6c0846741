//! Small work on JSON documents.

use serde_json::{Map, Value};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// The object of literal JSON; empty for anything else.
pub(crate) fn object(value: Value) -> Object {
    if let Value::Object(object) = value { object } else { Object::new() }
}

/// The text of a field.
pub(crate) fn text<'a>(object: &'a Object, field: &str) -> Option<&'a str> {
    object.get(field).and_then(Value::as_str)
}

/// The objects of an array; none where it is absent.
pub(crate) fn objects<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a Object> {
    let items = object.get(field).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}

/// Merges a patch as Google does: objects merge, null removes, arrays and values replace.
pub(crate) fn merge(target: &mut Object, patch: &Object) {
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else if let Some(inner) = value.as_object() {
            let held = target.entry(key.clone()).or_insert_with(|| Value::Object(Object::new()));
            if let Some(held) = held.as_object_mut() {
                merge(held, inner);
            } else {
                *held = without_nulls(value);
            }
        } else {
            target.insert(key.clone(), value.clone());
        }
    }
}

/// The value without the fields that are null.
pub(crate) fn without_nulls(value: &Value) -> Value {
    let Some(object) = value.as_object() else {
        return value.clone();
    };
    let kept = object.iter().filter(|(_, value)| !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_merges_objects_and_replaces_arrays() {
        let mut held = object(json!({"a": {"x": 1, "y": 2}, "list": [1, 2], "gone": true}));
        let patch = object(
            json!({"a": {"y": null, "z": 3}, "list": [3], "gone": null, "new": {"n": null, "m": 1}}),
        );
        merge(&mut held, &patch);
        let wanted = json!({"a": {"x": 1, "z": 3}, "list": [3], "new": {"m": 1}});
        assert_eq!(Value::Object(held), wanted);
    }
}
