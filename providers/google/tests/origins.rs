//! Changing what people made: only what differs is sent, and nothing of it is lost.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::event::{Body, Busy, Exception, Privacy, Recurrence};
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, FailureClass, ProviderOp, Stored};
use kalends_core::time::{Date, Length, Rule, When};
use serde_json::{Value, json};

mod common;
use common::*;

fn patch(base: Body, want: Body) -> ProviderOp {
    telling(Guests::Untold, base, want)
}

fn telling(guests: Guests, base: Body, want: Body) -> ProviderOp {
    let (base, want) = (Box::new(base), Box::new(want));
    let version = version("v1");
    ProviderOp::Patch { calendar: calendar(), id: id("e1"), version, base, want, guests }
}

fn single_change(change: impl FnOnce(&mut Body)) -> Asked {
    let mut want = body("One", 1);
    change(&mut want);
    let heard = run(&patch(body("One", 1), want), |_| json(&event("e1", "One")));
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    asked.clone()
}

#[test]
fn only_what_differs_is_sent_and_nobody_is_told() {
    let asked = single_change(|want| want.content.title = "Two".to_owned());
    assert_eq!(asked.line(), format!("PATCH calendars/{}/events/e1", calendar().0));
    assert_eq!(asked.query, [("sendUpdates".to_owned(), "none".to_owned())]);
    assert_eq!(asked.if_match.as_deref(), Some("\"v1\""));
    assert_eq!(asked.body, json!({ "summary": "Two" }));
    let asked = single_change(|want| {
        want.content.description = String::new();
        want.content.location = "Room".to_owned();
        want.content.busy = Busy::Free;
        want.content.privacy = Privacy::Private;
    });
    assert_eq!(
        asked.body,
        json!({ "location": "Room", "transparency": "transparent", "visibility": "private" })
    );
}

#[test]
fn another_kind_of_time_clears_the_one_before() {
    let asked = single_change(|want| {
        want.content.span.start = When::Date(Date::new(2026, 6, 2).unwrap());
        want.content.span.length = Length::Nominal { days: 1, seconds: 0 };
    });
    assert_eq!(
        asked.body,
        json!({
            "start": { "date": "2026-06-02", "dateTime": null, "timeZone": null },
            "end": { "date": "2026-06-03", "dateTime": null, "timeZone": null },
        })
    );
    let asked = single_change(|want| want.content.span.length = Length::Exact(7_200));
    assert_eq!(asked.body["end"]["dateTime"], "2026-06-02T12:00:00+02:00");
    assert_eq!(asked.body["end"]["date"], Value::Null);
}

fn series() -> Body {
    let rules = vec![Rule::parse("FREQ=WEEKLY;COUNT=9").unwrap()];
    let excluded = vec![at(22, 10), at(29, 10)];
    let moved = Exception {
        original: at(15, 10),
        this_and_future: false,
        content: content("Moved", at(15, 12)),
    };
    Body {
        recurrence: Some(Recurrence { rules, extras: Vec::new(), excluded }),
        exceptions: vec![moved],
        ..body("Weekly", 1)
    }
}

/// A master whose lines take one start out; another is an event of its own that is cancelled.
fn master() -> Value {
    let mut master = event("e1", "Weekly");
    master["etag"] = json!("\"v1\"");
    master["recurrence"] =
        json!(["RRULE:FREQ=WEEKLY;COUNT=9", "EXDATE;TZID=Europe/Berlin:20260623T100000"]);
    master
}

fn instance(day: u8, title: &str, hour: u8, status: &str) -> Value {
    let mut instance = event(&format!("i{day}"), title);
    instance["etag"] = json!(format!("\"i{day}\""));
    instance["status"] = json!(status);
    instance["recurringEventId"] = json!("e1");
    let time = |hour: u8| json!({ "dateTime": format!("2026-06-{day:02}T{hour:02}:00:00+02:00"), "timeZone": "Europe/Berlin" });
    instance["originalStartTime"] = time(10);
    (instance["start"], instance["end"]) = (time(hour), time(hour + 1));
    instance
}

fn server(asked: &Asked) -> Answer {
    let start = asked.value("originalStart").unwrap_or_default();
    let instance = match start.get(..10) {
        Some("2026-06-09") => instance(9, "Weekly", 10, "confirmed"),
        Some("2026-06-16") => instance(16, "Moved", 12, "confirmed"),
        Some("2026-06-30") => instance(30, "Weekly", 10, "cancelled"),
        _ => json!({}),
    };
    match (asked.method, asked.path.ends_with("/instances")) {
        ("GET", true) => json(&json!({ "kind": "calendar#events", "items": [instance] })),
        ("DELETE", _) => text(204, ""),
        _ => json(&master()),
    }
}

/// What is sent for a change. A series that was written itself is to be read, and one of which only
/// instances were is as it was asked for: a read of it alone would not show them.
fn sent(change: impl FnOnce(&mut Body)) -> Vec<(String, Value)> {
    let mut want = series();
    change(&mut want);
    let heard = run(&patch(series(), want.clone()), server);
    let Done::Stored(Stored { version: known, body, .. }) = &heard.done else {
        panic!("{heard:?}")
    };
    let writes = heard.writes().into_iter();
    match writes.clone().any(|asked| asked.path.ends_with("/e1")) {
        true => assert_eq!(*body, None),
        false => assert_eq!((known, body.as_deref()), (&Some(version("v1")), Some(&want))),
    }
    writes
        .map(|asked| {
            assert!(asked.if_match.is_some() && asked.value("sendUpdates") == Some("none"));
            let name = asked.path.rsplit('/').next().unwrap();
            (format!("{} {name}", asked.method), asked.body.clone())
        })
        .collect()
}

/// Catches guests who are told of a mirror's like, or not told where the person said so.
#[test]
fn guests_are_told_where_that_was_said() {
    let mut want = series();
    want.content.title = "Other".to_owned();
    let heard = run(&telling(Guests::Told, series(), want), server);
    let told: Vec<_> = heard.writes().iter().map(|asked| asked.query.clone()).collect();
    assert_eq!(told, [[("sendUpdates".to_owned(), "all".to_owned())]]);
}

#[test]
fn a_master_is_changed_without_its_lines_and_its_instances() {
    let sent = sent(|want| want.content.title = "Other".to_owned());
    assert_eq!(sent, [("PATCH e1".to_owned(), json!({ "summary": "Other" }))]);
}

#[test]
fn a_rule_is_changed_and_the_lines_beside_it_stay() {
    let sent = sent(|want| {
        let rules = vec![Rule::parse("FREQ=WEEKLY;COUNT=4").unwrap()];
        want.recurrence.as_mut().unwrap().rules = rules;
    });
    // The start that an event of its own cancels is no line.
    let lines = json!(["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20260623T100000"]);
    assert_eq!(sent, [("PATCH e1".to_owned(), json!({ "recurrence": lines }))]);
}

#[test]
fn an_instance_is_changed_by_itself() {
    let changed = sent(|want| {
        let content = content("Weekly", at(8, 14));
        want.exceptions
            .insert(0, Exception { original: at(8, 10), this_and_future: false, content });
    });
    let [(line, fields)] = &changed[..] else { panic!("{changed:?}") };
    assert_eq!(line, "PATCH i9");
    assert_eq!(fields["start"]["dateTime"], "2026-06-09T14:00:00+02:00");
    assert!(fields.get("summary").is_none());
    let again = sent(|want| want.exceptions[0].content.title = "Renamed".to_owned());
    assert_eq!(again, [("PATCH i16".to_owned(), json!({ "summary": "Renamed" }))]);
}

#[test]
fn an_instance_is_cancelled_and_called_back_by_itself() {
    let cancelled = sent(|want| {
        want.recurrence.as_mut().unwrap().excluded.insert(0, at(8, 10));
    });
    assert_eq!(cancelled, [("DELETE i9".to_owned(), Value::Null)]);
    let back = sent(|want| {
        want.recurrence.as_mut().unwrap().excluded.retain(|when| *when != at(29, 10));
    });
    assert_eq!(back, [("PATCH i30".to_owned(), json!({ "status": "confirmed" }))]);
    let line = sent(|want| {
        want.recurrence.as_mut().unwrap().excluded.retain(|when| *when != at(22, 10));
    });
    let lines = json!(["RRULE:FREQ=WEEKLY;COUNT=9"]);
    assert_eq!(line, [("PATCH e1".to_owned(), json!({ "recurrence": lines }))]);
    let as_series = sent(|want| want.exceptions.clear());
    let [(line, fields)] = &as_series[..] else { panic!("{as_series:?}") };
    assert_eq!((line.as_str(), &fields["summary"]), ("PATCH i16", &json!("Weekly")));
    assert_eq!(fields["start"]["dateTime"], "2026-06-16T10:00:00+02:00");
}

#[test]
fn a_single_becomes_a_series_and_a_series_a_single() {
    let mut want = series();
    want.exceptions.clear();
    want.content.title = "One".to_owned();
    let heard = run(&patch(body("One", 1), want.clone()), |_| json(&master()));
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    assert_eq!(asked.body["recurrence"][0], "RRULE:FREQ=WEEKLY;COUNT=9");
    assert_eq!(asked.body["start"]["timeZone"], "Europe/Berlin");
    let mut single = want.clone();
    single.recurrence = None;
    let heard = run(&patch(want, single), server);
    assert_eq!(heard.asked.last().unwrap().body, json!({ "recurrence": null }));
}

/// Catches a single that becomes a series of which the changed instances are lost.
#[test]
fn a_single_that_becomes_a_series_is_followed_by_its_changed_instances() {
    let mut want = series();
    want.content.title = "One".to_owned();
    let heard = run(&patch(body("One", 1), want), |asked| match asked.method {
        "GET" => {
            let instance = instance(16, "One", 10, "confirmed");
            json(&json!({ "kind": "calendar#events", "items": [instance] }))
        }
        _ => json(&master()),
    });
    let of = format!("calendars/{}/events", calendar().0);
    assert_eq!(
        heard.lines(),
        [format!("PATCH {of}/e1"), format!("GET {of}/e1/instances"), format!("PATCH {of}/i16")]
    );
    let moved = &heard.asked[2];
    assert_eq!(moved.if_match.as_deref(), Some("\"i16\""));
    assert_eq!(moved.body["summary"], "Moved");
    assert_eq!(moved.body["start"]["dateTime"], "2026-06-16T12:00:00+02:00");
    let Done::Stored(stored) = &heard.done else { panic!("{heard:?}") };
    assert_eq!((&stored.version, &stored.body), (&None, &None), "it is read anew");
}

#[test]
fn what_someone_changed_meanwhile_is_not_written_over() {
    let heard = run(&patch(body("One", 1), body("Two", 1)), |_| error(412, "conditionNotMet"));
    assert_eq!(heard.failure().class, FailureClass::Stale);
    let mut want = series();
    want.content.title = "Other".to_owned();
    let newer = |_: &Asked| {
        let mut newer = master();
        newer["etag"] = json!("\"v2\"");
        json(&newer)
    };
    let heard = run(&patch(series(), want), newer);
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Stale, 1));
    // An instance has a version of its own, which nobody wrote down.
    let mut want = series();
    want.exceptions[0].content.title = "Renamed".to_owned();
    let theirs = |asked: &Asked| match asked.path.ends_with("/instances") {
        true => json(
            &json!({ "kind": "calendar#events", "items": [instance(16, "Theirs", 13, "confirmed")] }),
        ),
        false => server(asked),
    };
    let heard = run(&patch(series(), want), theirs);
    assert_eq!((heard.failure().class, heard.asked.len()), (FailureClass::Stale, 2));
    let heard = run(&patch(body("One", 1), body("Two", 1)), |_| error(404, "notFound"));
    assert_eq!(heard.failure().class, FailureClass::NotFound);
}

/// Catches a pause that says nothing was done, after the master of a series was written.
#[test]
fn what_is_written_in_part_is_not_said_to_be_undone() {
    let mut want = series();
    want.content.title = "Other".to_owned();
    want.exceptions[0].content.title = "Renamed".to_owned();
    let heard = run(&patch(series(), want.clone()), |asked| match asked.path.ends_with("/i16") {
        true => error(429, "rateLimitExceeded"),
        false => server(asked),
    });
    assert_eq!(heard.failure().class, FailureClass::Unknown);
    let heard = run(&patch(series(), want), |_| error(429, "rateLimitExceeded"));
    assert_eq!(heard.failure().class, FailureClass::Throttled);
}

#[test]
fn an_instance_without_a_version_is_not_changed() {
    let edits: [fn(&mut Body); 2] = [
        |want| want.exceptions[0].content.title = "Renamed".to_owned(),
        |want| want.recurrence.as_mut().unwrap().excluded.insert(0, at(15, 10)),
    ];
    for edit in edits {
        let mut want = series();
        edit(&mut want);
        let heard = run(&patch(series(), want), |asked| match asked.path.ends_with("/instances") {
            true => {
                let mut found = instance(16, "Moved", 12, "confirmed");
                found["etag"] = json!("");
                json(&json!({ "kind": "calendar#events", "items": [found] }))
            }
            false => server(asked),
        });
        assert_eq!(heard.failure().code, "google.no-version");
        assert_eq!(heard.asked.iter().filter(|asked| asked.method != "GET").count(), 0);
    }
}

#[test]
fn this_and_all_later_ones_are_said_to_be_unsayable() {
    let mut want = series();
    want.exceptions[0].this_and_future = true;
    let heard = run(&patch(series(), want), |_| panic!("nothing is asked"));
    assert_eq!(heard.failure().class, FailureClass::Unsupported);
}

/// Catches a change of an instance that is taken for one of a series that has none there, since the
/// first page of its instances is empty and names another.
#[test]
fn an_instance_is_changed_wherever_in_the_list_it_stands() {
    let mut want = series();
    want.exceptions[0].content.title = "Renamed".to_owned();
    want.recurrence.as_mut().unwrap().excluded.insert(0, at(8, 10));
    let at_once = run(&patch(series(), want.clone()), server);
    let later = run(&patch(series(), want), paged(server));
    assert_eq!((later.writes(), &later.done), (at_once.writes(), &at_once.done));
    assert_eq!((later.asked.len(), later.writes().len()), (at_once.asked.len() + 2, 2));
}
