//! Rounds of the delta of a calendar's view.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::provider::{Done, FailureClass, Item, Listing, Output, ProviderOp};

const FIRST: &str = "GET /me/calendars/c%2F1/calendarView/delta?startDateTime=2026-02-17T00%3A00%3A00Z&\
    endDateTime=2028-08-05T00%3A00%3A00Z";
const LINK: &str =
    "https://graph.example/v1.0/me/calendars/c%2F1/calendarView/delta?$deltatoken=d1";
const TOKEN: &str = "graph1 2026-02-17 2028-08-05 \
    https://graph.example/v1.0/me/calendars/c%2F1/calendarView/delta?$deltatoken=d1";
const AGAIN: &str = "GET /me/calendars/c%2F1/calendarView/delta?$deltatoken=d1";

fn list(listing: Listing) -> ProviderOp {
    ProviderOp::List { calendar: id("c/1"), listing }
}

fn since() -> ProviderOp {
    list(Listing::Since(TOKEN.to_owned()))
}

fn end(value: &str) -> String {
    format!(r#"{{"value":[{value}],"@odata.deltaLink":"{LINK}"}}"#)
}

fn next(value: &str, link: &str) -> String {
    format!(r#"{{"value":[{value}],"@odata.nextLink":"https://graph.example/v1.0/{link}"}}"#)
}

fn single(name: &str, key: &str) -> String {
    format!(
        r#"{{"@odata.etag":"W/\"{key}\"","id":"{name}","type":"singleInstance","subject":"x"}}"#
    )
}

fn occurrence(name: &str, series: &str) -> String {
    let start = r##"{"@odata.type":"#microsoft.graph.event","@odata.etag":"W/\"o\"","##;
    format!(
        r#"{start}"id":"{name}","seriesMasterId":"{series}","type":"occurrence","start":{{}},"end":{{}}}}"#
    )
}

fn removed(name: &str) -> String {
    format!(r#"{{"id":"{name}","@removed":{{"reason":"deleted"}}}}"#)
}

fn said(names: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    names.iter().map(|(id, version)| ((*id).into(), version.map(Into::into))).collect()
}

#[test]
fn pages_may_be_empty_repeated_and_out_of_order() {
    let heard = run(
        &list(Listing::Names),
        vec![
            step(FIRST, 200, next(&single("a", "1"), "p?$skiptoken=1")),
            step("GET /p?$skiptoken=1", 200, next("", "p?$skiptoken=2")),
            step("GET /p?$skiptoken=2", 200, next(&single("b", "1"), "other/prefix?$skiptoken=3")),
            step("GET /other/prefix?$skiptoken=3", 200, {
                // Another version, which may be the older one, and an occurrence before its master.
                let all = [single("a", "2"), single("b", "1"), occurrence("s.1", "s")];
                next(
                    &[&all[..], &[removed("c"), single("c", "1")]].concat().join(","),
                    "p?$skiptoken=4",
                )
            }),
            step("GET /p?$skiptoken=4", 200, end(r#"{"id":"s","type":"seriesMaster"}"#)),
        ],
    );
    // Which of its two versions stands, and whether it left before or after, only a read of it tells.
    let names = [("a", None), ("b", Some("W/\"1\"")), ("c", None), ("s", None)];
    assert_eq!(heard.names(), said(&names));
    let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
    assert!(listed.whole);
    assert_eq!(listed.token.as_deref(), Some(TOKEN));
    for n in 0..5 {
        let prefer = heard.header(n, "Prefer").unwrap();
        assert_eq!(prefer, format!("{PREFER}, odata.maxpagesize=200"));
    }
}

#[test]
fn a_pass_without_a_change_is_one_call() {
    let heard = run(&since(), vec![step(AGAIN, 200, end(""))]);
    assert_eq!(heard.names(), []);
    let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
    assert!(!listed.whole && listed.token.is_some());
}

/// Row 10 of the pitfalls: a removal that is told, and one that is not.
#[test]
fn what_left_the_window_is_gone_only_when_a_read_of_it_says_so() {
    let all = [removed("gone"), removed("moved"), removed("unclear"), single("a", "1")];
    let batch = r#"{"responses":[
        {"id":"2","status":200,"body":{"id":"moved","type":"singleInstance","@odata.etag":"W/\"9\""}},
        {"id":"1","status":404,"body":{"error":{"code":"ErrorItemNotFound"}}},
        {"id":"3","status":403,"body":{"error":{"code":"ErrorAccessDenied"}}}]}"#;
    let heard = run(
        &since(),
        vec![step(AGAIN, 200, end(&all.join(","))), step("POST /$batch", 200, batch)],
    );
    let names = [
        ("gone", Some("removed")),
        ("moved", Some("W/\"9\"")),
        ("unclear", None),
        ("a", Some("W/\"1\"")),
    ];
    assert_eq!(heard.names(), said(&names));
    let asked = heard.json(1);
    assert_eq!(asked["requests"].as_array().unwrap().len(), 3);
    assert_eq!(asked["requests"][0]["headers"]["Prefer"], PREFER);
    assert!(asked["requests"][0].get("dependsOn").is_none());
}

#[test]
fn what_is_named_behind_its_removal_is_read_and_in_front_of_it_is_gone() {
    let all = [removed("a"), single("a", "3"), single("b", "1"), removed("b")];
    let read = "GET /me/calendars/c%2F1/events/b?$select=id,changeKey,type,seriesMasterId";
    let heard = run(
        &since(),
        vec![step(AGAIN, 200, end(&all.join(","))), step(read, 404, error("ErrorItemNotFound"))],
    );
    assert_eq!(heard.names(), said(&[("b", Some("removed")), ("a", None)]));
}

/// Row 17 of the pitfalls.
#[test]
fn a_spent_token_is_lost_in_any_spelling_and_a_window_goes_with_time() {
    for (status, code) in [
        (410, "SyncStateNotFound"),
        (410, "syncStateNotFound"),
        (410, "Gone"),
        (400, "ResyncRequired"),
        (404, "SYNCSTATEINVALID"),
    ] {
        let spent = step(AGAIN, status, error(code)).with("location", "https://elsewhere.example/");
        let heard = run(&since(), vec![spent]);
        assert_eq!(heard.failure().class, FailureClass::CursorLost, "{status} {code}");
    }
    for token in [
        "never given",
        "graph1 2026-02-02 2028-07-21 https://graph.example/v1.0/x",
        "graph1 2026-02-18 2028-08-06 https://graph.example/v1.0/x",
    ] {
        let heard = run(&list(Listing::Since(token.into())), Vec::new());
        assert_eq!(heard.failure().class, FailureClass::CursorLost, "{token}");
    }
}

#[test]
fn a_token_that_is_spent_on_the_second_page_begins_the_round_again_once() {
    let first = || step(FIRST, 200, next(&single("a", "1"), "p?$skiptoken=1"));
    let spent = || step("GET /p?$skiptoken=1", 410, error("SyncStateNotFound"));
    let heard = run(
        &list(Listing::Contents),
        vec![first(), spent(), step(FIRST, 200, end(&single("b", "1")))],
    );
    assert_eq!(heard.names(), said(&[("b", Some("W/\"1\""))]));
    let heard = run(&list(Listing::Contents), vec![first(), spent(), first(), spent()]);
    assert_eq!(heard.failure().class, FailureClass::Transient);
}

#[test]
fn troubles_of_a_round_are_told_apart() {
    for (status, code, class) in [
        (404, "ErrorItemNotFound", FailureClass::CalendarGone),
        (403, "ErrorAccessDenied", FailureClass::Forbidden),
        (404, "MailboxNotEnabledForRESTAPI", FailureClass::Unsupported),
        (503, "UnknownError", FailureClass::Transient),
        (504, "UnknownError", FailureClass::Transient),
        (429, "ApplicationThrottled", FailureClass::Throttled),
        (500, "ErrorInternalServerTransientError", FailureClass::Transient),
    ] {
        let heard = run(&since(), vec![step(AGAIN, status, error(code))]);
        assert_eq!(heard.failure().class, class, "{status} {code}");
    }
    for body in ["", "<html>", "[]", r#"{"value":[]}"#, r#"{"value":3}"#] {
        let heard = run(&since(), vec![step(AGAIN, 200, body)]);
        let class = heard.failure().class;
        assert!(
            matches!(class, FailureClass::Protocol | FailureClass::Transient),
            "{body}: {class:?}"
        );
    }
    let elsewhere = r#"{"value":[],"@odata.nextLink":"https://evil.example/v1.0/x"}"#;
    let heard = run(&since(), vec![step(AGAIN, 200, elsewhere)]);
    assert_eq!(heard.failure().code, "graph.link");
}

#[test]
fn rest_is_taken_as_long_as_it_is_asked_for() {
    for (after, wait) in [("2.128", Some(2_128)), ("31536000", Some(86_400_000)), ("0", None)] {
        let throttled = step(AGAIN, 429, error("TooManyRequests")).with("retry-after", after);
        let heard = run(&since(), vec![throttled]);
        let until = heard.failure().retry_at.map(|until| until.millis_since(NOW));
        assert_eq!(until, wait, "{after}");
    }
    let heard = run(&since(), vec![step(AGAIN, 429, "")]);
    assert_eq!((heard.failure().class, heard.failure().retry_at), (FailureClass::Throttled, None));
}

/// Row 23 of the pitfalls.
#[test]
fn one_entry_that_makes_no_sense_spoils_no_other() {
    let all = [r#"{"id":"bad","isAllDay":"perhaps"}"#.to_owned(), single("a", "1"), "7".to_owned()];
    let heard = run(&since(), vec![step(AGAIN, 200, end(&all.join(",")))]);
    assert_eq!(heard.names(), said(&[("a", Some("W/\"1\"")), ("bad", None)]));
    // Of what has no name nobody knows what it was: everything is compared next time.
    let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
    assert_eq!((listed.token.as_ref(), listed.whole), (None, false));
    for entry in ["{}", r#"{"id":""}"#, r#"{"id":7}"#] {
        let heard = run(&list(Listing::Names), vec![step(FIRST, 200, end(entry))]);
        let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
        assert_eq!((listed.token.as_ref(), listed.whole), (None, false), "{entry}");
    }
}

/// Row 10 of the pitfalls. Catches a living series taken for deleted because its master is 404.
#[test]
fn a_series_of_which_only_instances_are_there_is_unreadable_and_not_gone() {
    let read = "GET /me/calendars/c%2F1/events/s?$select=id,changeKey,type,seriesMasterId";
    let round = || step(AGAIN, 200, end(&occurrence("s.1", "s")));
    let heard = run(&since(), vec![round(), step(read, 404, error("ErrorItemNotFound"))]);
    let [Output::Item(Item::Broken(broken))] = &heard.outputs[..] else { panic!("{heard:?}") };
    assert_eq!((&broken.id, &*broken.code), (&id("s"), "graph.master"));
    let there = r#"{"id":"s","type":"seriesMaster","@odata.etag":"W/\"1\""}"#;
    for answer in [step(read, 200, there), step(read, 500, error("InternalServerError"))] {
        assert_eq!(run(&since(), vec![round(), answer]).names(), said(&[("s", None)]));
    }
    // One that the round itself calls removed is.
    let all = [occurrence("s.1", "s"), removed("s")].join(",");
    let gone = step(read, 404, error("ErrorItemNotFound"));
    let heard = run(&since(), vec![step(AGAIN, 200, end(&all)), gone]);
    assert_eq!(heard.names(), said(&[("s", Some("removed"))]));
}

/// Catches a mailbox without a licence taken for a deletion.
#[test]
fn what_left_the_window_of_a_mailbox_that_cannot_be_reached_is_not_gone() {
    let read = "GET /me/calendars/c%2F1/events/b?$select=id,changeKey,type,seriesMasterId";
    for (status, code, class) in [
        (404, "MailboxNotEnabledForRESTAPI", FailureClass::Unsupported),
        (401, "InvalidAuthenticationToken", FailureClass::SignIn),
    ] {
        let heard = run(
            &since(),
            vec![step(AGAIN, 200, end(&removed("b"))), step(read, status, error(code))],
        );
        assert_eq!(heard.failure().class, class);
        assert!(heard.outputs.is_empty(), "{:?}", heard.outputs);
    }
}

/// Catches an event whose answer breaks off, and which holds up its calendar: it is named without a version,
/// to be read with all else.
#[test]
fn a_read_alone_that_breaks_off_holds_up_no_other() {
    let [a, b] = ["a", "b"].map(|name| {
        let read = format!(
            "GET /me/calendars/c%2F1/events/{name}?$select=id,changeKey,type,seriesMasterId"
        );
        &*read.leak()
    });
    let all = [removed("a"), removed("b"), single("c", "1")].join(",");
    let gone = || step(b, 404, error("ErrorItemNotFound"));
    let round = [step(AGAIN, 200, end(&all)), cut("POST /$batch")];
    let alone = [cut(a), cut(a), cut(a), gone()];
    let heard = run(&since(), round.into_iter().chain(alone).collect());
    let names = [("a", None), ("b", Some("removed")), ("c", Some("W/\"1\""))];
    assert_eq!(heard.names(), said(&names));
    assert!(matches!(heard.done, Done::Listed(_)), "{:?}", heard.done);
    // The last of them too.
    let alone = vec![step(AGAIN, 200, end(&removed("b"))), cut(b), cut(b), cut(b)];
    let heard = run(&since(), alone);
    assert_eq!(heard.names(), said(&[("b", None)]));
    assert!(matches!(heard.done, Done::Listed(_)), "{:?}", heard.done);
    // What comes whole before its tries are over says what it says.
    let late = vec![step(AGAIN, 200, end(&removed("b"))), cut(b), cut(b), gone()];
    assert_eq!(run(&since(), late).names(), said(&[("b", Some("removed"))]));
}

/// Catches a way that breaks off everything, and is asked again and again for each of many events; and one
/// that is taken for ill though other answers come whole.
#[test]
fn a_way_that_is_ill_is_not_asked_for_each_event_again_and_again() {
    let many: Vec<String> = (0..30).map(|n| removed(&format!("e{n}"))).collect();
    let round = || [step(AGAIN, 200, end(&many.join(","))), cut("POST /$batch")].into_iter();
    let reads = |count: usize| (0..count).map(|_| cut("GET /me/calendars/c%2F1/events/e"));
    let heard = run(&since(), round().chain(reads(3 * 3 + 1)).collect());
    assert_eq!(heard.failure().code, "net.cut");
    let gone = step("GET /me/calendars/c%2F1/events/e", 404, error("ErrorItemNotFound"));
    let heard = run(&since(), round().chain([gone]).chain(reads(3 * 3 + 26)).collect());
    assert_eq!(heard.names().len(), 30);
}

/// Catches pages that go round in circles and are followed ten thousand times.
#[test]
fn pages_that_go_in_circles_end_soon() {
    let names = std::cell::Cell::new(0_u32);
    let heard = run_with(&list(Listing::Names), |_| {
        names.set(names.get() + 1);
        (200, next("", &format!("p?$skiptoken={}", names.get() % 5)))
    });
    assert_eq!(heard.failure().code, "graph.pages");
    assert!(names.get() < 25, "{}", names.get());
}
