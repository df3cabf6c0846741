//! What a server may make of an event behind the client's back (F24).

use serde_json::{Value, json};

use super::json::{Object, text};

/// Adds a conference, spells rules in another order and escapes the description.
pub(crate) fn body(mut body: Object, id: &str) -> Object {
    let link = format!("https://meet.example.com/{id}");
    let entry = json!({"entryPointType": "video", "uri": link, "label": link});
    body.insert("conferenceData".to_owned(), json!({"entryPoints": [entry], "conferenceId": id}));
    body.insert("hangoutLink".to_owned(), json!(link));
    if let Some(words) = text(&body, "description").map(escaped) {
        body.insert("description".to_owned(), json!(words));
    }
    let lines = body.get("recurrence").and_then(Value::as_array);
    if let Some(lines) = lines.map(|lines| lines.iter().map(respelled).collect::<Vec<_>>()) {
        body.insert("recurrence".to_owned(), json!(lines));
    }
    body
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The same rule with its parts in alphabetical order.
fn respelled(line: &Value) -> Value {
    let text = line.as_str().unwrap_or_default();
    let Some(parts) = text.strip_prefix("RRULE:") else {
        return line.clone();
    };
    let mut parts: Vec<&str> = parts.split(';').collect();
    parts.sort_unstable();
    json!(format!("RRULE:{}", parts.join(";")))
}
