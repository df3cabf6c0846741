//! What no service should send, and some do: it is said what it is, and nothing is deleted by it.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::event::Body;
use kalends_core::provider::{FailureClass, Item, Listing, ObjectName, Payload, ProviderOp};
use kalends_core::time::{Length, When};
use serde_json::{Value, json};

fn fetch(name: &str) -> ProviderOp {
    ProviderOp::Fetch { calendar: id("c"), names: vec![ObjectName::Known(id(name))] }
}

fn read(event: &Value) -> Heard {
    run_with(&fetch("e"), |_| (200, event.to_string()))
}

fn whole(heard: &Heard) -> &Body {
    match &heard.event().payload {
        Payload::Whole(body) => body,
        other => panic!("no whole event: {other:?}"),
    }
}

fn single(start: &str, end: &str) -> Value {
    json!({
        "id": "e", "@odata.etag": "W/\"1\"", "type": "singleInstance", "subject": "x",
        "start": {"dateTime": start, "timeZone": "UTC"},
        "end": {"dateTime": end, "timeZone": "UTC"},
    })
}

fn ops() -> Vec<(ProviderOp, FailureClass)> {
    let calendar = id("c");
    let lunch = || doc(Body::single(content("Lunch", zoned("2026-06-10T12:00:00", "UTC"))));
    let list = |listing| ProviderOp::List { calendar: calendar.clone(), listing };
    let since = format!("graph1 2026-02-17 2028-08-05 {API}/me/calendars/c/calendarView/delta?t=1");
    vec![
        (ProviderOp::Discover, FailureClass::Protocol),
        (list(Listing::Names), FailureClass::Protocol),
        (list(Listing::Since(since)), FailureClass::Protocol),
        (fetch("e"), FailureClass::Protocol),
        (ProviderOp::Create { calendar: calendar.clone(), doc: lunch() }, FailureClass::Unknown),
        (
            ProviderOp::Replace {
                calendar: calendar.clone(),
                id: id("e"),
                version: version("W/\"1\""),
                doc: lunch(),
                instances: Vec::new(),
            },
            FailureClass::Unknown,
        ),
    ]
}

/// A read says nothing then, and of a write nobody knows whether it was done.
#[test]
fn a_body_that_breaks_off_is_no_answer() {
    let whole = single("2026-06-10T12:00:00", "2026-06-10T13:00:00").to_string();
    for (op, class) in ops() {
        for cut in ["", "{", "[", "<html>", "\u{0}", &whole[..whole.len() - 1], "{\"value\":["] {
            let heard = run_with(&op, |_| (200, cut.to_owned()));
            // A second creation under one transaction may be answered with 200.
            let class = match op {
                ProviderOp::Create { .. } if cut != "<html>" => FailureClass::Taken,
                _ => class,
            };
            assert_eq!(heard.failure().class, class, "{op:?} {cut}");
            assert!(heard.outputs.is_empty(), "{op:?} {cut}");
            let heard = run_with(&op, |_| (201, cut.to_owned()));
            if matches!(op, ProviderOp::Create { .. }) {
                assert_eq!(heard.failure().class, FailureClass::Unknown, "{cut}");
            }
        }
    }
}

/// An answer that holds no list holds no empty one either.
///
/// Row 1 of the pitfalls.
#[test]
fn an_object_without_a_list_lists_nothing() {
    for (op, _) in ops().into_iter().take(3) {
        let heard = run_with(&op, |call| match call {
            "GET /me?$select=id,mail,userPrincipalName" => (200, r#"{"id":"me"}"#.to_owned()),
            _ => (200, "{}".to_owned()),
        });
        assert_eq!(heard.failure().class, FailureClass::Protocol, "{op:?}");
    }
}

#[test]
fn the_first_and_the_last_years_are_read() {
    for (start, end, length) in [
        ("1601-01-01T00:00:00.0000000", "1601-01-01T01:00:00.0000000", 3_600),
        ("9999-12-31T22:00:00", "9999-12-31T23:59:59.9999999", 7_199),
        // 3,067,670 days.
        ("1601-01-01T00:00:00", "9999-12-31T00:00:00", 265_046_688_000),
    ] {
        let heard = read(&single(start, end));
        let span = &whole(&heard).content.span;
        assert_eq!(span.start, zoned(&start[..19], "UTC"), "{start}");
        assert_eq!(span.length, Length::Exact(length), "{start}");
    }
    let mut event = single("9999-12-31T00:00:00", "9999-12-31T00:00:00");
    event["isAllDay"] = true.into();
    let heard = read(&event);
    assert_eq!(whole(&heard).content.span.start, When::Date("9999-12-31".parse().unwrap()));
    for year in ["0000-01-01T00:00:00", "10000-01-01T00:00:00", "-001-01-01T00:00:00"] {
        let heard = read(&single(year, year));
        match &heard.items()[..] {
            [Item::Broken(broken)] => assert_eq!(broken.code, "graph.time", "{year}"),
            [Item::Event(_)] => assert!(year.starts_with("0000"), "{year}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_description_of_a_megabyte_is_read_whole() {
    let line = "All of it, and a line more.";
    let lines: Vec<&str> = std::iter::repeat_n(line, 1_048_576 / line.len()).collect();
    let mut event = single("2026-06-10T12:00:00", "2026-06-10T13:00:00");
    event["body"] = json!({"contentType": "text", "content": lines.join("\r\n")});
    assert_eq!(whole(&read(&event)).content.description, lines.join("\n"));
    let paragraphs: Vec<String> = lines.iter().map(|line| format!("<p>{line}</p>")).collect();
    event["body"] = json!({"contentType": "html", "content": paragraphs.join("\r\n")});
    assert_eq!(whole(&read(&event)).content.description, lines.join("\n"));
}

/// In one answer, and all of them in the part of time that is looked at too.
#[test]
fn five_thousand_changed_instances_are_read_with_their_series() {
    let first = "2020-01-01".parse::<kalends_core::time::Date>().unwrap();
    let exceptions: Vec<Value> = (0..5_000)
        .map(|n| {
            let day = first.add_days(n);
            json!({
                "id": format!("x{n}"), "@odata.etag": format!("W/\"{n}\""), "type": "exception",
                "seriesMasterId": "e", "originalStart": format!("{day}T09:00:00Z"),
                "start": {"dateTime": format!("{day}T10:00:00"), "timeZone": "UTC"},
                "end": {"dateTime": format!("{day}T11:00:00"), "timeZone": "UTC"},
            })
        })
        .collect();
    let mut master = single("2020-01-01T09:00:00", "2020-01-01T10:00:00");
    master["type"] = "seriesMaster".into();
    master["recurrence"] = json!({
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2020-01-01", "numberOfOccurrences": 5_000},
    });
    master["exceptionOccurrences"] = exceptions.clone().into();
    let heard = run_with(&fetch("e"), |call| {
        let is_list = call.contains("/instances?");
        (200, if is_list { json!({ "value": exceptions }).to_string() } else { master.to_string() })
    });
    assert_eq!(whole(&heard).exceptions.len(), 5_000);
    assert!(whole(&heard).recurrence.as_ref().unwrap().excluded.is_empty());
}

#[test]
fn an_occurrence_that_names_no_series_is_read_and_set_aside() {
    let list = ProviderOp::List { calendar: id("c"), listing: Listing::Names };
    let stray = json!({
        "id": "o", "@odata.etag": "W/\"o\"", "type": "occurrence",
        "start": {"dateTime": "2026-06-10T10:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2026-06-10T11:00:00", "timeZone": "UTC"},
    });
    let page = json!({"value": [stray], "@odata.deltaLink": format!("{API}/me/x?$deltatoken=1")});
    let heard = run_with(&list, |_| (200, page.to_string()));
    assert_eq!(heard.names(), [("o".to_owned(), None)]);
    let heard = run_with(&fetch("o"), |_| (200, stray.to_string()));
    match &heard.items()[..] {
        [Item::Broken(broken)] => assert_eq!(broken.code, "graph.no-master"),
        other => panic!("{other:?}"),
    }
}
