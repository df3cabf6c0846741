//! Partial answers: the `fields` parameter
//! (<https://developers.google.com/workspace/calendar/api/guides/performance#partial>).

use serde_json::Value;

use super::json::Object;

/// Keeps what a selector names, such as `items(id,start/dateTime),nextPageToken`.
pub(crate) fn select(value: &Value, selector: &str) -> Value {
    if let Some(items) = value.as_array() {
        return Value::Array(items.iter().map(|item| select(item, selector)).collect());
    }
    let Some(object) = value.as_object() else {
        return value.clone();
    };
    let mut out = Object::new();
    for part in split(selector) {
        let (name, rest) = head(part);
        let chosen = object.iter().filter(|(key, _)| name == "*" || *key == name);
        for (key, value) in chosen {
            let kept = if rest.is_empty() { value.clone() } else { select(value, rest) };
            out.insert(key.clone(), kept);
        }
    }
    Value::Object(out)
}

/// The parts between commas that stand outside parentheses.
fn split(selector: &str) -> Vec<&str> {
    let (mut depth, mut from, mut out) = (0_usize, 0, Vec::new());
    for (at, c) in selector.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(&selector[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    out.push(&selector[from..]);
    out
}

/// A name and what is selected below it.
fn head(part: &str) -> (&str, &str) {
    let end = part.find(['/', '(']).unwrap_or(part.len());
    let (name, rest) = part.split_at(end);
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    (name.trim(), inner.unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_paths_and_groups_are_kept() {
        let value = json!({
            "kind": "k", "nextPageToken": "n",
            "items": [{"id": "1", "etag": "e", "start": {"date": "d", "timeZone": "z"}}],
        });
        let found = select(&value, "nextPageToken,items(id,start/date)");
        let wanted = json!({"nextPageToken": "n", "items": [{"id": "1", "start": {"date": "d"}}]});
        assert_eq!(found, wanted);
        assert_eq!(select(&value, "*"), value);
    }
}
