//! Documents against the schemas of the discovery document. Its dialect is not JSON Schema: 64-bit
//! integers are texts, what a method needs stands in annotations, and objects are closed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::discovery::discovery;

/// One schema.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Schema {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "$ref")]
    reference: Option<String>,
    format: String,
    properties: BTreeMap<String, Self>,
    items: Option<Box<Self>>,
    #[serde(rename = "additionalProperties")]
    additional: Option<Box<Self>>,
    annotations: Annotations,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotations {
    required: Vec<String>,
}

/// Who wrote the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// A client: null takes a field away, and a local time may stand beside a zone.
    Client,
    /// The server.
    Server,
}

/// What is wrong with a document of a named schema.
pub(crate) fn problems(name: &str, value: &Value, author: Author) -> Vec<String> {
    let mut out = Vec::new();
    match discovery().schemas.get(name) {
        Some(schema) => check(schema, value, author, name, &mut out),
        None => out.push(format!("there is no schema {name}")),
    }
    out
}

/// Fields that a method needs and a document lacks.
pub(crate) fn missing(name: &str, value: &Value, method: &str) -> Vec<String> {
    let properties = discovery().schemas.get(name).map(|schema| &schema.properties);
    let needed = properties
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.annotations.required.iter().any(|named| named == method));
    let lacks = |key: &&String| value.get(key.as_str()).is_none_or(Value::is_null);
    let lacking = needed.map(|(key, _)| key).filter(lacks);
    lacking.map(|key| format!("{name}.{key} is missing")).collect()
}

fn check(schema: &Schema, value: &Value, author: Author, at: &str, out: &mut Vec<String>) {
    if let Some(name) = &schema.reference {
        if let Some(schema) = discovery().schemas.get(name) {
            check(schema, value, author, at, out);
        }
        return;
    }
    if value.is_null() {
        if author == Author::Server {
            out.push(format!("{at} is null"));
        }
        return;
    }
    let fits = match schema.kind.as_str() {
        "object" => return check_object(schema, value, author, at, out),
        "array" => return check_array(schema, value, author, at, out),
        "string" => value.as_str().is_some_and(|text| has_format(text, &schema.format, author)),
        "integer" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        _ => true,
    };
    if !fits {
        out.push(format!("{at} is no {} {}", schema.kind, schema.format).trim_end().to_owned());
    }
}

fn check_object(schema: &Schema, value: &Value, author: Author, at: &str, out: &mut Vec<String>) {
    let Some(object) = value.as_object() else {
        out.push(format!("{at} is no object"));
        return;
    };
    for (key, value) in object {
        let inner = format!("{at}.{key}");
        match schema.properties.get(key).or(schema.additional.as_deref()) {
            Some(schema) => check(schema, value, author, &inner, out),
            None => out.push(format!("{inner} is not a field")),
        }
    }
}

fn check_array(schema: &Schema, value: &Value, author: Author, at: &str, out: &mut Vec<String>) {
    let (Some(items), Some(schema)) = (value.as_array(), &schema.items) else {
        out.push(format!("{at} is no array"));
        return;
    };
    for (index, item) in items.iter().enumerate() {
        check(schema, item, author, &format!("{at}[{index}]"), out);
    }
}

fn has_format(text: &str, format: &str, author: Author) -> bool {
    match format {
        "date" => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10,
        "date-time" => {
            let local = author == Author::Client;
            text.parse::<Timestamp>().is_ok()
                || (local && text.parse::<jiff::civil::DateTime>().is_ok())
        }
        "int64" => text.parse::<i64>().is_ok(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_invented_field_and_a_wrong_type_are_found() {
        let event = json!({"id": 5, "start": {"day": "2026-01-01"}, "sequence": "1", "end": null});
        let found = problems("Event", &event, Author::Server);
        let wanted = [
            "Event.end is null",
            "Event.id is no string",
            "Event.sequence is no integer int32",
            "Event.start.day is not a field",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_a_method_needs_is_missed() {
        let event = json!({"start": {"dateTime": "2026-01-01T10:00:00"}});
        let lacking = |method: &str| missing("Event", &event, method);
        assert_eq!(lacking("calendar.events.insert"), ["Event.end is missing"]);
        assert!(lacking("calendar.events.patch").is_empty());
        assert!(problems("Event", &event, Author::Client).is_empty());
    }

    #[test]
    fn formats_are_checked() {
        let stop = |expiration: &str| {
            problems("Channel", &json!({"expiration": expiration}), Author::Server).len()
        };
        assert_eq!((stop("1767225600000"), stop("soon")), (0, 1));
        let event = json!({"start": {"date": "2026-1-1"}, "updated": "2026-01-01T10:00:00"});
        assert_eq!(problems("Event", &event, Author::Server).len(), 2);
    }
}
