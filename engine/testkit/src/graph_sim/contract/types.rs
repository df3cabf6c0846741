//! A JSON value held against a published type.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::super::times;

/// What in a value is not of a type; the type is named without its namespace. Nothing must be
/// there: a change names what it changes, and a reply is narrowed by `$select`.
pub fn check(value: &Value, type_name: &str) -> Vec<String> {
    let mut found = Vec::new();
    entity(value, type_name, type_name, &mut found);
    found
}

/// Whether a type has a property of this name.
pub(crate) fn has(type_name: &str, name: &str) -> bool {
    property(&chain(type_name), name).is_some()
}

fn types() -> &'static Map<String, Value> {
    static TYPES: OnceLock<Map<String, Value>> = OnceLock::new();
    TYPES.get_or_init(|| serde_json::from_str(include_str!("graph_types.json")).unwrap_or_default())
}

fn named(name: &str) -> Option<&'static Value> {
    types().get(&format!("microsoft.graph.{name}"))
}

/// The types of a chain of bases, the most special one first.
fn chain(name: &str) -> Vec<&'static Value> {
    let mut out = Vec::new();
    let mut next = named(name);
    while let Some(kind) = next {
        out.push(kind);
        let base = kind.get("base").and_then(Value::as_str);
        next = base.and_then(|base| named(base.trim_start_matches("graph.")));
    }
    out
}

fn entity(value: &Value, type_name: &str, at: &str, found: &mut Vec<String>) {
    let chain = chain(type_name);
    if chain.is_empty() {
        found.push(format!("{at}: the type {type_name} is not published"));
        return;
    }
    if is_anything(&chain) {
        return;
    }
    let Some(members) = value.as_object() else {
        found.push(format!("{at}: {value} is no {type_name}"));
        return;
    };
    for (name, member) in members {
        // Annotations are of OData, not of a type.
        if name.contains('@') {
            continue;
        }
        let place = format!("{at}.{name}");
        let Some((kind, may_be_null)) = property(&chain, name) else {
            found.push(format!("{place}: microsoft.graph.{type_name} has no such property"));
            continue;
        };
        if !member.is_null() {
            of_kind(member, kind, &place, found);
        } else if !may_be_null {
            found.push(format!("{place}: must not be null"));
        }
    }
}

/// An open type that declares nothing holds whatever it holds.
fn is_anything(chain: &[&Value]) -> bool {
    let is_bare = |kind: &&Value| {
        let declared = kind.get("props").and_then(Value::as_object);
        kind.get("open") == Some(&Value::Bool(true)) && declared.is_some_and(Map::is_empty)
    };
    chain.iter().all(is_bare)
}

/// The declared kind of a property, and whether it may be null.
fn property(chain: &[&'static Value], name: &str) -> Option<(&'static str, bool)> {
    chain.iter().find_map(|kind| {
        let declared = kind.get("props").and_then(|props| props.get(name));
        let linked = || kind.get("nav").and_then(|nav| nav.get(name));
        let spelt = declared.or_else(linked)?.as_str()?;
        let fixed = kind.get("nullable_false").and_then(Value::as_array);
        let fixed = fixed.is_some_and(|names| names.iter().any(|known| known == name));
        Some((spelt, !fixed))
    })
}

fn of_kind(value: &Value, kind: &str, at: &str, found: &mut Vec<String>) {
    if let Some(inner) = kind.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
        let Some(items) = value.as_array() else {
            found.push(format!("{at}: {value} is no collection"));
            return;
        };
        for (index, item) in items.iter().enumerate() {
            of_kind(item, inner, &format!("{at}[{index}]"), found);
        }
    } else if let Some(primitive) = kind.strip_prefix("Edm.") {
        if !is_primitive(value, primitive) {
            found.push(format!("{at}: {value} is no {kind}"));
        }
    } else {
        declared(value, kind.trim_start_matches("graph."), at, found);
    }
}

fn declared(value: &Value, name: &str, at: &str, found: &mut Vec<String>) {
    let members = named(name).and_then(|kind| kind.get("members")).and_then(Value::as_array);
    let Some(members) = members else {
        return entity(value, name, at, found);
    };
    if !members.contains(value) {
        found.push(format!("{at}: {value} is no member of {name}"));
    }
}

fn is_primitive(value: &Value, primitive: &str) -> bool {
    let text = value.as_str();
    match primitive {
        "String" | "Stream" | "Binary" => text.is_some(),
        "Boolean" => value.is_boolean(),
        "Int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Int64" => value.is_i64() || value.is_u64(),
        "Double" | "Decimal" => value.is_number(),
        "Guid" => text.is_some_and(is_guid),
        "Date" => text.is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "DateTimeOffset" => text.is_some_and(|text| times::parse_instant(text).is_some()),
        "TimeOfDay" => text.is_some_and(|text| text.parse::<jiff::civil::Time>().is_ok()),
        "Duration" => text.is_some_and(|text| text.starts_with(['P', '-'])),
        _ => false,
    }
}

fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::json;

    #[test]
    fn a_right_event_has_no_faults() {
        let event = json!({
            "@odata.etag": "W/\"1\"",
            "id": "a",
            "subject": "Lunch",
            "showAs": "busy",
            "start": {"dateTime": "2026-01-01T12:00:00", "timeZone": "UTC"},
            "categories": ["a"],
            "recurrence": null,
        });
        assert_eq!(check(&event, "event"), Vec::<String>::new());
    }

    #[test]
    fn every_kind_of_fault_is_named() {
        let event = json!({
            "subjekt": "Lunch",
            "showAs": "asleep",
            "isAllDay": "yes",
            "categories": "a",
            "start": {"timeZone": "UTC", "dateTime": null},
            "originalStart": "2026-01-01T12:00:00",
            "id": null,
        });
        let found = check(&event, "event").join("\n");
        for part in [
            "event.subjekt: microsoft.graph.event has no such property",
            "event.showAs: \"asleep\" is no member",
            "event.isAllDay: \"yes\" is no Edm.Boolean",
            "event.categories: \"a\" is no collection",
            "event.start.dateTime: must not be null",
            "event.originalStart",
            "event.id: must not be null",
        ] {
            assert!(found.contains(part), "{part} is missing in\n{found}");
        }
    }
}
