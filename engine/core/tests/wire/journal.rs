//! Changes field by field, and replay.

use std::collections::BTreeMap;

use kalends_core::journal::Payload;
use kalends_core::plan::{Row, RowKey};
use kalends_core::wire::{self, Touch};

use super::samples;

fn key() -> RowKey {
    RowKey::Event(samples::EVENT)
}

fn delta(before: Option<&str>, after: Option<&str>) -> String {
    let bytes = wire::delta(&key(), before.map(str::as_bytes), after.map(str::as_bytes));
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_change_holds_only_the_fields_that_differ() {
    let text = delta(
        Some(r#"{"v":1,"same":[1,{"x":2}],"was":1,"gone":true,"in":{"a":1,"b":2}}"#),
        Some(r#"{"v":1,"same":[1,{"x":2}],"was":2,"new":null,"in":{"a":1,"b":3}}"#),
    );
    let key = wire::key(&key());
    assert_eq!(
        text,
        format!(
            r#"{{"k":"{key}","b":{{"gone":true,"in":{{"b":2}},"was":1}},"a":{{"in":{{"b":3}},"was":2,"new":null}}}}"#
        )
    );
}

/// Catches a reader of fields that takes a sign inside a text for the end of it.
#[test]
fn a_text_ends_where_its_quotation_mark_is() {
    let key = wire::key(&key());
    for (length, sign) in (0..40).flat_map(|n| ["\"", "\\", "}", "]", ",", "é"].map(|s| (n, s))) {
        let text = format!("{}{sign}{}", "a".repeat(length), "b".repeat(length % 3));
        let row = |n: u8| serde_json::json!({"t": text, "in": {"t": text, "n": n}}).to_string();
        let changed = delta(Some(&row(1)), Some(&row(2)));
        let expected = format!(r#"{{"k":"{key}","b":{{"in":{{"n":1}}}},"a":{{"in":{{"n":2}}}}}}"#);
        assert_eq!(changed, expected, "{text}");
        let without = delta(Some(&row(1)), Some("{}"));
        let gone: serde_json::Value = serde_json::from_str(&without).unwrap();
        assert_eq!(gone["b"].to_string(), row(1), "{text}");
    }
}

#[test]
fn a_new_or_deleted_row_stands_whole() {
    let key = wire::key(&key());
    assert_eq!(
        delta(None, Some("{\"v\":1}")),
        format!(r#"{{"k":"{key}","b":null,"a":{{"v":1}}}}"#)
    );
    assert_eq!(
        delta(Some("{\"v\":1}"), None),
        format!(r#"{{"k":"{key}","b":{{"v":1}},"a":null}}"#)
    );
}

#[test]
fn every_change_between_two_rows_replays() {
    let rows = samples::rows();
    for (name, before) in &rows {
        for (_, after) in rows.iter().filter(|(_, row)| row.key() == before.key()) {
            let (old, new) = (wire::encode(before), wire::encode(after));
            let payload = wire::payload(&[
                wire::delta(&before.key(), None, Some(&old)),
                wire::delta(&before.key(), Some(&old), Some(&new)),
            ]);
            let mut replayed = BTreeMap::new();
            wire::replay(&payload, &mut replayed).unwrap();
            let found = &replayed[&wire::key(&before.key())];
            assert_eq!(
                found,
                &serde_json::from_slice::<serde_json::Value>(&new).unwrap(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_deleted_row_is_gone_after_replay() {
    let (_, row) = samples::rows().remove(0);
    let form = wire::encode(&row);
    let mut rows = BTreeMap::new();
    wire::apply(&wire::delta(&row.key(), None, Some(&form)), &mut rows).unwrap();
    assert_eq!(rows.len(), 1);
    wire::apply(&wire::delta(&row.key(), Some(&form), None), &mut rows).unwrap();
    assert!(rows.is_empty());
}

#[test]
fn a_change_of_a_row_that_is_not_there_is_an_error() {
    let mut rows = BTreeMap::new();
    let change = delta(Some(r#"{"v":1,"a":1}"#), Some(r#"{"v":1,"a":2}"#));
    assert!(wire::apply(change.as_bytes(), &mut rows).is_err());
    assert!(wire::apply(b"{", &mut rows).is_err());
}

#[test]
fn a_key_with_quotes_keeps_the_change_readable() {
    let Some((_, Row::Aside(mut aside))) =
        samples::rows().into_iter().find(|(name, _)| *name == "aside stray")
    else {
        unreachable!("there is a sample of it")
    };
    aside.object.0 = "a\"b\\c/\n".to_owned();
    let row = Row::Aside(aside);
    let mut rows = BTreeMap::new();
    let change = wire::delta(&row.key(), None, Some(&wire::encode(&row)));
    wire::apply(&change, &mut rows).unwrap();
    let key = rows.keys().next().and_then(|key| wire::read_key(key));
    assert_eq!(key, Some(row.key()));
}

/// Catches an undo that takes a later change along, or leaves what nobody touched.
#[test]
fn only_what_is_as_an_entry_left_it_is_taken_back() {
    let entry = |before: &str, after: &str| {
        let side = |text: &str| (text != "null").then(|| text.as_bytes().to_vec());
        let (before, after) = (side(before), side(after));
        wire::payload(&[wire::delta(&key(), before.as_deref(), after.as_deref())])
    };
    let row = r#"{"a":2,"o":{"x":2,"y":1},"n":5}"#;
    let was = r#"{"a":1,"o":{"x":1,"y":1},"g":7}"#;
    for (before, after, now, expected, whole) in [
        (was, row, row, was, true),
        (was, row, was, was, true),
        (
            was,
            row,
            r#"{"a":3,"o":{"x":2,"y":9},"n":5}"#,
            r#"{"a":3,"g":7,"o":{"x":1,"y":9}}"#,
            false,
        ),
        (
            was,
            row,
            r#"{"a":2,"o":{"x":8,"y":1},"n":6,"g":8}"#,
            r#"{"a":1,"g":8,"n":6,"o":{"x":8,"y":1}}"#,
            false,
        ),
        ("null", row, row, "null", true),
        ("null", row, was, was, false),
        (row, "null", "null", row, true),
        (row, "null", was, was, false),
    ] {
        let mut rows = BTreeMap::new();
        if now != "null" {
            rows.insert(wire::key(&key()), serde_json::from_str(now).unwrap());
        }
        let touched = wire::unplay_untouched(&entry(before, after), &mut rows).unwrap();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        let found = rows.remove(&wire::key(&key())).unwrap_or_default();
        assert_eq!((found, touched.is_empty()), (expected, whole), "{before} {after} {now}");
    }
}

/// Catches a row that is said to be new because its fields are, and one that went and is said to have
/// changed.
#[test]
fn what_an_entry_did_to_its_rows_is_told() {
    let deltas = [
        (None, Some("{\"v\":1}")),
        (Some("{\"v\":1}"), Some("{\"v\":1,\"new\":2}")),
        (Some("{\"v\":1}"), None),
    ];
    let deltas = deltas.map(|(before, after)| {
        wire::delta(&key(), before.map(str::as_bytes), after.map(str::as_bytes))
    });
    let told = wire::touched(&wire::payload(&deltas)).unwrap();
    let touches = [Touch::Added, Touch::Changed, Touch::Removed];
    assert_eq!(told, touches.map(|touch| (key(), touch)));
    assert!(wire::touched(&Payload(b"no".to_vec())).is_err());
}
