//! Calendars: found, made, deleted; and when others have time.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::availability::{Availability, Taken};
use kalends_core::event::Busy;
use kalends_core::graph::SeriesShape;
use kalends_core::provider::{CalendarItem, Done, FailureClass, Output, ProviderOp};
use kalends_core::time::Timestamp;
use kalends_google::{
    ASK_BUSY, Asks, GoogleConfig, OWN_CALENDARS, READ_EVENTS, READ_LIST, WRITE_EVENTS,
};
use serde_json::{Value, json};

mod common;
use common::*;

const LIST: &str = "calendar#calendarList";

fn entry(name: &str, role: &str) -> Value {
    json!({
        "kind": "calendar#calendarListEntry", "etag": "\"1\"", "id": name, "summary": name,
        "timeZone": "Europe/Berlin", "accessRole": role, "selected": true,
    })
}

fn entries() -> Vec<Value> {
    let mut main = entry("me@example.org", "owner");
    main["primary"] = json!(true);
    let mut team = entry("team@group.calendar.google.com", "reader");
    team["summaryOverride"] = json!("Our team");
    team["timeZone"] = json!("America/New_York");
    let mut ours = entry("ours@group.calendar.google.com", "owner");
    ours["description"] = json!("Kept by Kalends.\nkalends-calendar:abc123\n");
    let holidays = entry("en.german#holiday@group.v.calendar.google.com", "reader");
    let mut gone = entry("gone@group.calendar.google.com", "owner");
    gone["deleted"] = json!(true);
    vec![main, team, ours, holidays, gone]
}

fn discover(granted: &str, entries: &[Value]) -> Heard {
    let config = GoogleConfig { granted: granted.to_owned(), ..config() };
    run_with(config, &ProviderOp::Discover, |asked| {
        assert_eq!(asked.line(), "GET users/me/calendarList");
        assert_eq!(asked.value("showHidden"), Some("true"), "a hidden one of ours is there");
        let at: usize = asked.value("pageToken").map_or(0, |token| token.parse().unwrap());
        let mut page =
            json!({ "kind": LIST, "items": entries.get(at).into_iter().collect::<Vec<_>>() });
        if at + 1 < entries.len() {
            page["nextPageToken"] = json!((at + 1).to_string());
        }
        json(&page)
    })
}

fn calendars(heard: &Heard) -> Vec<&CalendarItem> {
    let calendars = heard.outputs.iter().map(|output| match output {
        Output::Calendar(calendar) => &**calendar,
        other => panic!("{other:?}"),
    });
    calendars.collect()
}

#[test]
fn calendars_are_found_page_by_page_with_what_they_are() {
    let heard = discover("", &entries());
    let found = calendars(&heard);
    let shown: Vec<_> = found
        .iter()
        .map(|c| (c.name.as_str(), c.capabilities.write, c.subscribed, c.derived.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("me@example.org", true, false, None),
            ("Our team", false, false, None),
            ("ours@group.calendar.google.com", true, false, Some("abc123")),
            ("en.german#holiday@group.v.calendar.google.com", false, true, None),
        ]
    );
    let can = &found[0].capabilities;
    assert_eq!((can.series, can.marks, can.floating), (SeriesShape::Parts, true, false));
    assert_eq!(found[1].capabilities.zone.name(), "America/New_York");
    let Done::Discovered { subject, makes_calendars, remember } = &heard.done else {
        panic!("{heard:?}")
    };
    assert_eq!((subject.as_str(), *makes_calendars), ("me@example.org", true));
    assert_eq!(
        remember,
        "google 1\nmain-zone Europe/Berlin\nzone America/New_York team@group.calendar.google.com\n"
    );
}

#[test]
fn what_the_person_did_not_grant_limits_the_account() {
    let writes = |granted: &str| {
        let heard = discover(granted, &entries());
        let Done::Discovered { makes_calendars, .. } = heard.done else { panic!("{heard:?}") };
        let writes: Vec<bool> =
            calendars(&heard).iter().map(|calendar| calendar.capabilities.write).collect();
        (makes_calendars, writes[0], writes[2])
    };
    assert_eq!(writes(&format!("{READ_EVENTS} {READ_LIST}")), (false, false, false));
    assert_eq!(writes(&format!("{READ_LIST} {OWN_CALENDARS}")), (true, false, true));
    assert_eq!(writes(&format!("{READ_LIST} {WRITE_EVENTS}")), (false, true, true));
    let heard = run(&ProviderOp::Discover, |_| error(403, "insufficientPermissions"));
    assert_eq!(heard.failure().class, FailureClass::Forbidden);
}

/// Catches a right to read that was not granted and is tried all the same: a scope for free/busy alone
/// would answer with events that say nothing.
#[test]
fn what_may_not_be_read_is_not_asked_for() {
    let reads = |granted: &str| {
        let heard = discover(granted, &entries());
        let can = |n: usize| calendars(&heard)[n].capabilities.read;
        (can(0), can(2))
    };
    assert_eq!(reads(&Asks::Overlays.scopes().join(" ")), (true, true));
    assert_eq!(reads(&Asks::Calendars.scopes().join(" ")), (true, true));
    assert_eq!(reads(&format!("{READ_LIST} {OWN_CALENDARS} {ASK_BUSY}")), (false, true));
    assert_eq!(reads(&format!("{READ_LIST} {ASK_BUSY}")), (false, false));
    let heard = run_as(READ_EVENTS, &ProviderOp::Discover, |_| panic!("nothing is asked"));
    let failure = heard.failure();
    assert_eq!((failure.class, &*failure.code), (FailureClass::Forbidden, "google.not-granted"));
}

#[test]
fn a_calendar_is_made_once_also_where_the_answer_was_lost() {
    let make = ProviderOp::MakeCalendar { derived: "abc123".into(), name: "Kalends".into() };
    let heard = run(&make, |asked| match asked.method {
        "GET" => json(&json!({ "kind": LIST, "items": [entries()[0]] })),
        _ => json(&json!({ "id": "new@group.calendar.google.com", "summary": "Kalends" })),
    });
    assert_eq!(heard.lines(), ["GET users/me/calendarList", "POST calendars"]);
    let body = &heard.asked[1].body;
    assert_eq!((&body["summary"], &body["timeZone"]), (&json!("Kalends"), &json!("Europe/Berlin")));
    assert!(body["description"].as_str().unwrap().ends_with("kalends-calendar:abc123"));
    assert_eq!(heard.done, Done::MadeCalendar { calendar: id("new@group.calendar.google.com") });
    let heard = run(&make, |_| json(&json!({ "kind": LIST, "items": entries() })));
    assert_eq!(heard.done, Done::MadeCalendar { calendar: id("ours@group.calendar.google.com") });
    assert_eq!(heard.asked.len(), 1);
    let heard = run(&make, |asked| match asked.method {
        "GET" => json(&json!({ "kind": LIST, "items": [] })),
        _ => text(200, "{"),
    });
    assert_eq!(heard.failure().class, FailureClass::Unknown);
}

#[test]
fn a_list_of_calendars_that_does_not_say_so_tells_of_none() {
    for answer in ["{}", "[]", r#"{"items":[]}"#, r#"{"kind":"calendar#calendarList"}"#] {
        for op in [
            ProviderOp::Discover,
            ProviderOp::MakeCalendar { derived: "abc123".into(), name: "Kalends".into() },
        ] {
            let heard = run(&op, |_| text(200, answer));
            assert_eq!(heard.failure().class, FailureClass::Protocol, "{answer}");
            assert_eq!(heard.lines(), ["GET users/me/calendarList"]);
        }
    }
}

fn deletion() -> ProviderOp {
    let derived = vec!["made-anew".to_owned(), "abc123".to_owned()];
    ProviderOp::DeleteCalendar { calendar: calendar(), derived }
}

fn shown(description: &str) -> Answer {
    json(&json!({
        "kind": "calendar#calendar", "etag": "\"1\"", "id": calendar().0, "summary": "Kalends",
        "description": description,
    }))
}

#[test]
fn a_calendar_of_ours_is_deleted_also_where_it_is_gone() {
    let delete = deletion();
    let look = "GET calendars/work@group.calendar.google.com";
    let ours = |method: &str, otherwise: fn() -> Answer| match method {
        "GET" => shown("Ours.\nkalends-calendar:abc123"),
        _ => otherwise(),
    };
    let heard = run(&delete, |asked| ours(asked.method, || text(204, "")));
    assert_eq!(heard.lines(), [look, "DELETE calendars/work@group.calendar.google.com"]);
    assert_eq!(heard.done, Done::Deleted);
    let heard = run(&delete, |asked| ours(asked.method, || error(404, "notFound")));
    assert_eq!(heard.done, Done::Deleted);
    let heard = run(&delete, |asked| ours(asked.method, || error(403, "forbidden")));
    assert_eq!(heard.failure().class, FailureClass::Forbidden);
    let heard = run(&delete, |_| error(404, "notFound"));
    assert_eq!((heard.lines(), heard.done), (vec![look.to_owned()], Done::Deleted));
}

#[test]
fn a_calendar_that_does_not_say_it_is_ours_is_not_deleted() {
    let delete = deletion();
    let of_another = "Ours.\nkalends-calendar:abc12";
    for description in ["", "My meetings", "kalends-calendar:", "kalends", of_another] {
        let heard = run(&delete, |_| shown(description));
        assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Refused, 1));
        assert_eq!(heard.failure().code, "google.not-ours");
    }
    let heard =
        run(&delete, |_| json(&json!({ "id": "another", "description": "kalends-calendar:a" })));
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Refused, 1));
    for answer in [text(200, "{}"), text(200, "<html>"), error(403, "forbidden")] {
        let mut answer = Some(answer);
        let heard = run(&delete, |_| answer.take().unwrap());
        assert_eq!(
            (heard.lines().len(), heard.failure().class == FailureClass::Refused),
            (1, false)
        );
    }
}

fn schedules(heard: &Heard) -> Vec<(&str, &Availability)> {
    let schedules = heard.outputs.iter().map(|output| match output {
        Output::Schedule(schedule) => (schedule.of.as_str(), &schedule.availability),
        other => panic!("{other:?}"),
    });
    schedules.collect()
}

fn hour(n: i64) -> Timestamp {
    Timestamp::from_seconds(NOW.as_seconds() + n * 3_600)
}

#[test]
fn a_calendar_with_an_error_is_unknown_and_not_free() {
    let of = ["a", "b", "c"].map(str::to_owned).to_vec();
    let op = ProviderOp::FreeBusy { of, from: hour(0), to: hour(24) };
    let heard = run(&op, |asked| {
        assert_eq!(asked.line(), "POST freeBusy");
        assert_eq!(asked.body["items"], json!([{ "id": "a" }, { "id": "b" }, { "id": "c" }]));
        assert_eq!(asked.body["timeMin"], hour(0).to_string());
        let busy =
            |from, to| json!({ "start": hour(from).to_string(), "end": hour(to).to_string() });
        json(&json!({ "calendars": {
            "a": { "busy": [busy(3, 4), busy(1, 2), busy(2, 3)] },
            "b": { "busy": [], "errors": [{ "domain": "global", "reason": "notFound" }] },
        }}))
    });
    let taken = Taken { from: hour(1), to: hour(4), how: Busy::Busy };
    let unknown = |code: &str| Availability::Unknown { code: code.to_owned() };
    assert_eq!(
        schedules(&heard),
        [
            ("a", &Availability::Known(vec![taken])),
            ("b", &unknown("google.notFound")),
            ("c", &unknown("google.missing")),
        ]
    );
    assert_eq!(heard.done, Done::Fetched);
}

#[test]
fn a_long_time_is_asked_for_in_pieces_and_half_an_answer_is_none() {
    let of: Vec<String> = (0..51).map(|n| format!("c{n}")).collect();
    let op = ProviderOp::FreeBusy { of, from: hour(0), to: hour(24 * 150) };
    let mut asked_for = 0;
    let heard = run(&op, |asked| {
        asked_for += 1;
        let span = |name: &str| asked.body[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(span("timeMax").millis_since(span("timeMin")) <= 60 * 86_400_000);
        let items = asked.body["items"].as_array().unwrap();
        let fails = asked_for == 2;
        let one = |_: &Value| match fails {
            true => json!({ "errors": [{ "reason": "internalError" }] }),
            false => json!({ "busy": [] }),
        };
        let calendars: serde_json::Map<_, _> =
            items.iter().map(|item| (item["id"].as_str().unwrap().to_owned(), one(item))).collect();
        json(&json!({ "calendars": calendars }))
    });
    assert_eq!((heard.asked.len(), heard.outputs.len()), (6, 51));
    let known = |found: &(&str, &Availability)| matches!(found.1, Availability::Known(_));
    assert_eq!(schedules(&heard).iter().filter(|found| known(found)).count(), 1);
}

/// Catches a question that Google refuses every time, as the scope for it was not asked for.
#[test]
fn who_did_not_grant_it_is_not_asked_and_nobody_is_free_because_of_it() {
    let op = ProviderOp::FreeBusy { of: vec!["a".into()], from: hour(0), to: hour(24) };
    let heard = run_as(READ_EVENTS, &op, |_| panic!("nothing is asked"));
    let unknown = Availability::Unknown { code: "google.not-granted".to_owned() };
    assert_eq!((schedules(&heard), &heard.done), (vec![("a", &unknown)], &Done::Fetched));
    for asks in [Asks::Overlays, Asks::Calendars] {
        let granted = asks.scopes().join(" ");
        let heard = run_as(&granted, &op, |_| json(&json!({ "calendars": { "a": {} } })));
        assert_eq!(schedules(&heard), [("a", &Availability::Known(Vec::new()))], "{asks:?}");
    }
}

/// Catches a time of which only the beginning was asked for, and that is taken for free beyond.
#[test]
fn a_time_that_is_too_long_to_ask_for_is_unknown() {
    let of: Vec<String> = (0..51).map(|n| format!("c{n}")).collect();
    let free = |asked: &Asked| {
        let items = asked.body["items"].as_array().unwrap();
        let free = |item: &Value| (item["id"].as_str().unwrap().to_owned(), json!({ "busy": [] }));
        json(&json!({ "calendars": serde_json::Map::from_iter(items.iter().map(free)) }))
    };
    let known = |days: i64| {
        let op = ProviderOp::FreeBusy { of: of.clone(), from: hour(0), to: hour(24 * days) };
        let heard = run(&op, |asked| free(asked));
        let is = |found: &(&str, &Availability)| matches!(found.1, Availability::Known(_));
        (schedules(&heard).iter().filter(|found| is(found)).count(), heard.asked.len())
    };
    assert_eq!(known(60 * 100), (51, 200));
    assert_eq!(known(60 * 101), (50, 101), "what does not fit is not begun");
    assert_eq!(known(60 * 201), (0, 0));
}
