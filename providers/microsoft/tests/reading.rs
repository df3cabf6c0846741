//! Events as Graph shows them, read alone.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

mod common;
use common::*;
use kalends_core::event::{Busy, Privacy, Response, Status};
use kalends_core::provider::{Done, FailureClass, Item, ObjectName, Payload, ProviderOp};
use kalends_core::time::{Length, When};

const GET: &str = "GET /me/calendars/c/events/";
const ONE: &str = include_str!("literal/single.json");
const MASTER: &str = include_str!("literal/master.json");
const INSTANCES: &str = include_str!("literal/instances.json");

fn fetch(names: &[&str]) -> ProviderOp {
    let names = names.iter().map(|name| ObjectName::Known(id(name))).collect();
    ProviderOp::Fetch { calendar: id("c"), names }
}

fn body_of(payload: &Payload) -> &kalends_core::event::Body {
    match payload {
        Payload::Whole(body) => body,
        other @ Payload::Instance { .. } => panic!("no whole event: {other:?}"),
    }
}

#[test]
fn a_single_is_read_with_all_that_it_says() {
    let heard = run(&fetch(&["AAMkAG/+="]), vec![step(GET, 200, ONE)]);
    let address = &heard.sent[0].url;
    assert!(address.contains("/events/AAMkAG%2F+=?$select=id,changeKey,"), "{address}");
    let filter = "$expand=singleValueExtendedProperties($filter=id%20eq%20%27String%20%7B";
    assert!(address.contains(filter), "{address}");
    let item = heard.event();
    assert_eq!(item.id, id("AAMkAG/+="));
    assert_eq!(item.version, Some(version("W/\"ZlnW4RIAV06KYYwlfNZvvwAAKGcpxQ==\"")));
    assert_eq!(item.native, "0123456789abcdefghijklmnop");
    assert_eq!(item.uid, "040000008200E00074C5B7101A82E00800000000");
    assert_eq!(item.mark.as_deref(), Some("m0m0"));
    assert!(item.fresh && item.doubts.is_empty());
    let content = &body_of(&item.payload).content;
    assert_eq!(content.title, "Let's go for lunch");
    assert_eq!(content.description, "Does mid month work for you?\n\nBring a guest");
    assert_eq!(content.location, "Harry's Bar");
    assert_eq!(content.span.start, zoned("2026-06-10T12:00:00", "America/Los_Angeles"));
    assert_eq!(content.span.length, Length::Exact(7_200));
    assert_eq!(content.busy, Busy::Tentative);
    assert_eq!(content.privacy, Privacy::Private);
    assert_eq!(content.response, Response::Accepted);
    assert!(!content.organized);
    assert_eq!(content.organizer.as_ref().unwrap().email, "dana@contoso.example");
    assert_eq!(content.attendees.len(), 1);
    assert_eq!(content.categories, ["Blue category"]);
    assert_eq!(content.meeting, "https://teams.example/j/1");
    assert_eq!(heard.done, Done::Fetched);
}

/// The answer's zone is not the one that was asked for, and the body came as a page all the same.
#[test]
fn preferences_that_were_passed_over_change_nothing() {
    let other = ONE
        .replace("2026-06-10T19:00:00.0000000\",\"timeZone\":\"UTC", "2026-06-10T21:00:00\",\"timeZone\":\"W. Europe Standard Time")
        .replace("2026-06-10T21:00:00.0000000\",\"timeZone\":\"UTC", "2026-06-10T23:00:00.0\",\"timeZone\":\"Europe/Rome")
        .replace("\"contentType\":\"text\"", "\"contentType\":\"html\"")
        .replace("Does mid month work for you?\\r\\n\\r\\nBring a guest\\r\\n", "<html><head></head><body><div>Does mid month work for you?</div><br><div>Bring a guest</div></body></html>");
    assert_ne!(other, ONE);
    let one = run(&fetch(&["a"]), vec![step(GET, 200, ONE)]);
    let heard = run(&fetch(&["a"]), vec![step(GET, 200, other)]);
    assert_eq!(heard.event(), one.event());
}

fn all_day(start: &str, end: &str) -> String {
    format!(
        r#"{{"id":"d","@odata.etag":"W/\"1\"","type":"singleInstance","isAllDay":true,
        "start":{{"dateTime":"{start}","timeZone":"UTC"}},"end":{{"dateTime":"{end}","timeZone":"UTC"}},
        "originalStartTimeZone":"Tonga Standard Time"}}"#
    )
}

/// Rows 14 and 15 of the pitfalls.
#[test]
fn pitfall_14_a_day_is_a_day_in_whatever_zone_it_is_said() {
    for (start, end, days) in [
        ("2026-06-10T00:00:00.0000000", "2026-06-11T00:00:00.0000000", 1),
        ("2026-06-10T00:00:00.0000000", "2026-06-13T00:00:00.0000000", 3),
        ("2026-06-10T00:00:00", "2026-06-10T00:00:00", 1),
        ("2026-06-10T00:00:00", "2026-06-01T00:00:00", 1),
    ] {
        let heard = run(&fetch(&["d"]), vec![step(GET, 200, all_day(start, end))]);
        let span = &body_of(&heard.event().payload).content.span;
        assert_eq!(span.start, When::Date("2026-06-10".parse().unwrap()));
        assert_eq!(span.length, Length::Nominal { days, seconds: 0 });
    }
}

#[test]
fn pitfall_15_an_event_that_ends_before_it_starts_has_no_length() {
    for end in ["2026-06-10T19:00:00.0000000", "2026-06-10T18:00:00.0000000"] {
        let text = ONE.replace("2026-06-10T21:00:00.0000000", end);
        let heard = run(&fetch(&["a"]), vec![step(GET, 200, text)]);
        assert_eq!(body_of(&heard.event().payload).content.span.length, Length::Exact(0));
    }
}

/// The mailbox's zone stands in for one that nobody can know, and the event says so.
#[test]
fn pitfall_13_a_zone_without_a_known_name_is_the_mailboxs_and_doubtful() {
    let remember = "graph 1\nsubject me\nzone Europe/Rome\n";
    for name in ["tzone://Microsoft/Custom", "Customized Time Zone", "Nowhere Standard Time"] {
        let text = ONE.replace("Pacific Standard Time", name);
        let heard = run_known(remember, &fetch(&["a"]), vec![step(GET, 200, text)]);
        let item = heard.event();
        assert_eq!(item.doubts, ["graph.zone"], "{name}");
        let start = &body_of(&item.payload).content.span.start;
        assert_eq!(*start, zoned("2026-06-10T21:00:00", "Europe/Rome"), "{name}");
    }
    for (name, zone) in [
        ("tzone://Microsoft/Utc", "UTC"),
        ("Europe/Lisbon", "Europe/Lisbon"),
        ("Eastern Standard Time", "America/New_York"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
    ] {
        let text = ONE.replace("Pacific Standard Time", name);
        let heard = run_known(remember, &fetch(&["a"]), vec![step(GET, 200, text)]);
        let start = &body_of(&heard.event().payload).content.span.start;
        assert_eq!(start.zone().unwrap().name(), zone);
        assert!(heard.event().doubts.is_empty());
    }
}

#[test]
fn words_that_are_new_take_the_time_and_stay_private() {
    let text = ONE
        .replace("\"showAs\":\"tentative\"", "\"showAs\":\"unheardOf\"")
        .replace("\"sensitivity\":\"private\"", "\"sensitivity\":\"unheardOf\"")
        .replace("\"response\":\"accepted\"", "\"response\":\"unheardOf\"");
    let heard = run(&fetch(&["a"]), vec![step(GET, 200, text)]);
    let content = &body_of(&heard.event().payload).content;
    assert_eq!((content.busy, content.privacy), (Busy::Busy, Privacy::Private));
    assert_eq!((content.response, content.status), (Response::None, Status::Confirmed));
}

/// Row 4 of the pitfalls.
#[test]
fn a_copy_of_a_mirror_has_another_name_than_its_mark_was_made_for() {
    let copy = ONE.replace("\"transactionId\":\"0123456789abcdefghijklmnop\",", "");
    let heard = run(&fetch(&["a"]), vec![step(GET, 200, copy)]);
    assert_eq!(heard.event().native, "AAMkAG/+=");
    assert_eq!(heard.event().mark.as_deref(), Some("m0m0"));
}

#[test]
fn a_persons_series_is_one_object_with_what_became_of_its_instances() {
    let get = "GET /me/calendars/c/events/m?$select=";
    let instances = "GET /me/calendars/c/events/m/instances?startDateTime=2026-06-14T00%3A00%3A00Z&\
        endDateTime=2026-06-18T00%3A00%3A00Z";
    let heard = run(&fetch(&["m"]), vec![step(get, 200, MASTER), step(instances, 200, INSTANCES)]);
    let item = heard.event();
    let body = body_of(&item.payload);
    assert_eq!(body.content.span.start, zoned("2026-06-01T00:30:00", "Europe/Berlin"));
    let recurrence = body.recurrence.as_ref().unwrap();
    let [rule] = &recurrence.rules[..] else { panic!("{recurrence:?}") };
    assert_eq!(rule.text(), "FREQ=DAILY;UNTIL=20260629T223000Z");
    // The day in its name is one by some zone: what is missing among the instances is missing.
    assert_eq!(recurrence.excluded, [zoned("2026-06-17T00:30:00", "Europe/Berlin")]);
    let [exception] = &body.exceptions[..] else { panic!("{:?}", body.exceptions) };
    assert_eq!(exception.original, zoned("2026-06-10T00:30:00", "Europe/Berlin"));
    assert_eq!(exception.content.title, "Moved");
    assert_eq!(exception.content.span.start, zoned("2026-06-10T15:00:00", "Europe/Berlin"));
    let tag = item.version.as_ref().unwrap().0.clone();
    assert!(tag.starts_with("W/\"m1\" s "), "{tag}");
    // Another version of what was changed is another version of the series.
    let other = MASTER.replace("W/\\\"x1\\\"", "W/\\\"x2\\\"");
    let heard = run(&fetch(&["m"]), vec![step(get, 200, other), step(instances, 200, INSTANCES)]);
    assert_ne!(heard.event().version.as_ref().unwrap().0, tag);
}

#[test]
fn a_changed_instance_of_a_persons_series_stands_for_the_series() {
    let exception = MASTER.split("\"exceptionOccurrences\":[").nth(1).unwrap();
    let exception = &exception[..exception.rfind(']').unwrap()];
    let quiet = MASTER.replace("\"OID.m.2026-06-16\"", "");
    let heard = run(
        &fetch(&["m.x"]),
        vec![
            step("GET /me/calendars/c/events/m.x?", 200, exception),
            step("GET /me/calendars/c/events/m?", 200, quiet),
        ],
    );
    assert_eq!(heard.event().id, id("m"));
    // An instance of it is there: a series that is not is no series that was deleted.
    let heard = run(
        &fetch(&["m.x"]),
        vec![
            step("GET /me/calendars/c/events/m.x?", 200, exception),
            step("GET /me/calendars/c/events/m?", 404, error("ErrorItemNotFound")),
        ],
    );
    let [Item::Broken(master), Item::Broken(broken)] = &heard.items()[..] else {
        panic!("{:?}", heard.outputs)
    };
    assert_eq!((&master.id, &broken.id), (&id("m"), &id("m.x")));
    assert_eq!((&*master.code, &*broken.code), ("graph.master", "graph.no-master"));
}

fn named(heard: &Heard) -> Vec<(String, String)> {
    let name = |item: &'_ Item| match item {
        Item::Event(event) => (event.id.0.clone(), "event".to_owned()),
        Item::Removed { id, .. } => (id.0.clone(), "removed".to_owned()),
        Item::Broken(broken) => (broken.id.0.clone(), broken.code.clone()),
        other @ (Item::AsRuled { .. } | Item::Message(_) | Item::Listed(_)) => panic!("{other:?}"),
    };
    heard.items().into_iter().map(name).collect()
}

#[test]
fn several_are_read_three_at_a_time_and_what_is_left_out_again() {
    let one = |name: &str| ONE.replace("AAMkAG/+=", name);
    let batch = format!(
        r#"{{"responses":[{{"id":"3","status":404,"body":{{}}}},{{"id":"2","status":200,"body":{}}}]}}"#,
        one("b")
    );
    let heard = run(
        &fetch(&["a", "b", "d", "e"]),
        vec![
            step("POST /$batch", 200, batch),
            step("GET /me/calendars/c/events/e?", 200, one("e")),
            step("GET /me/calendars/c/events/a?", 200, one("a")),
        ],
    );
    let expected = [("b", "event"), ("e", "event"), ("a", "event"), ("d", "removed")];
    assert_eq!(named(&heard), expected.map(|(id, what)| (id.to_owned(), what.to_owned())));
    let batch = r#"{"responses":[{"id":"1","status":429,"headers":{"Retry-After":"2.5"},
        "body":{"error":{"code":"ApplicationThrottled"}}}]}"#;
    let heard = run(&fetch(&["a", "b"]), vec![step("POST /$batch", 200, batch)]);
    assert_eq!(heard.failure().class, FailureClass::Throttled);
    assert_eq!(heard.failure().retry_at.unwrap().millis_since(NOW), 2_500);
}

/// Catches an event that is set aside under no name, and never read, since something between here and
/// the server gave a page in its place; and a calendar that stands still since it always does.
#[test]
fn a_page_in_place_of_an_event_is_no_event() {
    let batch = |first: &str| {
        let second = ONE.replace("AAMkAG/+=", "b");
        format!(
            r#"{{"responses":[{{"id":"1","status":200,"body":{first}}},{{"id":"2","status":200,"body":{second}}}]}}"#
        )
    };
    let page = batch(r#""<html><body>Please sign in.</body></html>""#);
    let (a, alone) = ("GET /me/calendars/c/events/a?", "<html><body>Please sign in.</body></html>");
    let first = || step("POST /$batch", 200, page.clone());
    let told = |script| {
        let heard = run(&fetch(&["a", "b"]), script);
        assert_eq!(heard.done, Done::Fetched);
        named(&heard)
    };
    let once = told(vec![first(), step(a, 200, ONE.replace("AAMkAG/+=", "a"))]);
    let expected = |last: &str| [("b", "event"), ("a", last)].map(|(a, b)| (a.into(), b.into()));
    assert_eq!(once, expected("event"));
    let probe = |body: &str| step("GET /me/calendars/c?$select=id", 200, body);
    let pages = || vec![first(), step(a, 200, alone), step(a, 200, alone)];
    let mut script = pages();
    script.push(probe(r#"{"id":"c"}"#));
    assert_eq!(told(script), expected("graph.json"));
    // Where all that comes is a page, nothing is set aside for it.
    let mut script = pages();
    script.push(probe(alone));
    let heard = run(&fetch(&["a", "b"]), script);
    assert_eq!(heard.failure().class, FailureClass::Protocol);
    assert_eq!(named(&heard), [("b".to_owned(), "event".to_owned())]);
    // What has no name is what was asked for.
    let nameless = batch(r#"{"id":null,"type":5}"#);
    let heard = run(&fetch(&["a", "b"]), vec![step("POST /$batch", 200, nameless)]);
    let expected = [("a", "graph.json"), ("b", "event")];
    assert_eq!(named(&heard), expected.map(|(id, what)| (id.to_owned(), what.to_owned())));
}

/// Catches an edit that is lost because the server failed once at the event, and a calendar that
/// stands still because it fails at it for ever.
#[test]
fn an_event_that_the_server_fails_at_is_asked_for_again_and_then_set_aside() {
    let failing = || error("ErrorInternalServerTransientError");
    let a = "GET /me/calendars/c/events/a?";
    let one = |name: &str| ONE.replace("AAMkAG/+=", name);
    let batch = |first: &str| {
        format!(
            r#"{{"responses":[{{"id":"1","status":500,"body":{first}}},{{"id":"2","status":200,"body":{}}}]}}"#,
            one("b")
        )
    };
    let heard = run(
        &fetch(&["a", "b"]),
        vec![step("POST /$batch", 200, batch(&failing())), step(a, 200, one("a"))],
    );
    assert_eq!(named(&heard), [("b", "event"), ("a", "event")].map(|(a, b)| (a.into(), b.into())));
    // Once its calendar has answered after it, the event is set aside, and not before.
    let again = || vec![step(a, 500, failing()), step(a, 500, failing()), step(a, 500, failing())];
    let probe = "GET /me/calendars/c?$select=id";
    let mut script = again();
    script.push(step(probe, 200, r#"{"id":"c"}"#));
    let heard = run(&fetch(&["a"]), script);
    let [Item::Broken(broken)] = &heard.items()[..] else { panic!("{:?}", heard.outputs) };
    assert_eq!(broken.code, "graph.ErrorInternalServerTransientError");
    assert_eq!(broken.version, None, "it is read whenever it is named");
    let mut script = again();
    script.push(step(probe, 500, failing()));
    let heard = run(&fetch(&["a"]), script);
    assert_eq!(heard.failure().class, FailureClass::Transient);
    assert!(heard.outputs.is_empty());
}

/// A reading of nine events, at each of which the server fails; `any`: what it answers where it is
/// asked for any event of the calendar.
fn failing_at_nine(any: (u16, &str)) -> Heard {
    let names: Vec<String> = (0..9).map(|n| format!("e{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    run_with(&fetch(&names), |call| {
        if call.starts_with("GET /me/calendars/c/events?") {
            return (any.0, any.1.to_owned());
        }
        assert!(call.contains("/events/") || call.contains("$batch"), "{call}");
        if !call.contains("$batch") {
            return (500, error("InternalServerError"));
        }
        let one = |n: u8| {
            let body = error("InternalServerError");
            format!(r#"{{"id":"{n}","status":500,"body":{body}}}"#)
        };
        (200, format!(r#"{{"responses":[{},{},{}]}}"#, one(1), one(2), one(3)))
    })
}

/// Catches a service that is ill, and the whole calendar set aside for it.
#[test]
fn a_server_that_gives_no_event_of_a_calendar_is_what_is_ill() {
    let heard = failing_at_nine((500, &error("InternalServerError")));
    assert_eq!(heard.failure().class, FailureClass::Transient);
    assert!(heard.outputs.is_empty(), "{:?}", heard.outputs);
}

/// Catches a calendar that stands still for good since the server always fails at some events of it.
#[test]
fn however_many_events_the_server_fails_at_they_are_set_aside_where_it_gives_others() {
    let heard = failing_at_nine((200, r#"{"value":[{"id":"other"}]}"#));
    assert_eq!(heard.done, Done::Fetched);
    let named = named(&heard);
    assert_eq!(named.len(), 9, "{named:?}");
    assert!(named.iter().all(|(_, code)| code == "graph.InternalServerError"), "{named:?}");
}

/// Catches an event set aside, or gone, for what is wrong with the sign-in or the mailbox.
#[test]
fn what_a_member_of_a_batch_says_of_the_account_ends_the_reading() {
    for (status, code, class) in [
        (401, "InvalidAuthenticationToken", FailureClass::SignIn),
        (404, "MailboxNotEnabledForRESTAPI", FailureClass::Unsupported),
        (403, "MailboxNotEnabledForRESTAPI", FailureClass::Unsupported),
        (503, "UnknownError", FailureClass::Transient),
    ] {
        let batch = format!(
            r#"{{"responses":[{{"id":"1","status":200,"body":{}}},{{"id":"2","status":{status},"body":{}}}]}}"#,
            ONE.replace("AAMkAG/+=", "a"),
            error(code)
        );
        let heard = run(&fetch(&["a", "b"]), vec![step("POST /$batch", 200, batch)]);
        assert_eq!(heard.failure().class, class, "{status} {code}");
    }
    let read = "GET /me/calendars/c/events/a?";
    let heard = run(&fetch(&["a"]), vec![step(read, 404, error("MailboxNotEnabledForRESTAPI"))]);
    assert_eq!(heard.failure().class, FailureClass::Unsupported);
    assert!(heard.outputs.is_empty());
}

#[test]
fn nothing_is_gone_from_a_calendar_that_does_not_answer() {
    let gone = || step("GET /me/calendars/c/events/a?", 404, error("ErrorItemNotFound"));
    let probe = "GET /me/calendars/c?$select=id";
    let heard = run(&fetch(&["a"]), vec![gone(), step(probe, 404, error("ErrorItemNotFound"))]);
    assert_eq!(heard.failure().class, FailureClass::CalendarGone);
    assert!(heard.outputs.is_empty());
    let heard = run(&fetch(&["a"]), vec![gone(), step(probe, 403, error("ErrorAccessDenied"))]);
    assert_eq!(heard.failure().class, FailureClass::Forbidden);
    assert!(heard.outputs.is_empty());
}

#[test]
fn what_was_made_under_a_derived_id_is_found_by_it() {
    let names = vec![ObjectName::Derived("0123456789abcdefghijklmnop".into())];
    let op = ProviderOp::Fetch { calendar: id("c"), names };
    let find = "GET /me/calendars/c/events?$filter=singleValueExtendedProperties%2FAny%28ep%3A%20ep\
        %2Fid%20eq%20%27String%20%7B8c6f7a52-4d0b-4c5e-9a5e-6b616c656e64%7D%20Name%20kal_d%27%20and\
        %20ep%2Fvalue%20eq%20%270123456789abcdefghijklmnop%27%29&$expand=";
    let found = format!("{{\"value\":[{ONE}]}}");
    let heard = run(&op, vec![step(find, 200, found)]);
    assert_eq!(heard.event().id, id("AAMkAG/+="));
    let heard = run(&op, vec![step(find, 200, r#"{"value":[]}"#)]);
    assert!(matches!(heard.items()[..], [Item::Removed { .. }]));
    // Where it is not said whether it is there, it may be.
    for (status, code, class) in [
        (500, "ErrorInternalServerError", FailureClass::Transient),
        (403, "ErrorAccessDenied", FailureClass::Forbidden),
    ] {
        let heard = run(&op, vec![step(find, status, error(code))]);
        assert!(heard.outputs.is_empty());
        assert_eq!(heard.failure().class, class);
    }
}

#[test]
fn what_makes_no_sense_is_set_aside_with_its_reason() {
    for (text, code) in [
        (r#"{"id":"a","@odata.etag":"W/\"1\"","type":"singleInstance"}"#, "graph.no-start"),
        (r#"{"id":"a","start":{"dateTime":"soon"},"end":{}}"#, "graph.time"),
        (r#"{"id":"a","start":{},"end":{}}"#, "graph.no-time"),
        (r#"{"id":"a","isAllDay":"yes"}"#, "graph.json"),
        (r#"{"id":"a","type":"exception"}"#, "graph.no-master"),
        (
            r#"{"id":"a","start":{"dateTime":"2026-06-10T19:00:00","timeZone":"Atlantis"},
            "end":{"dateTime":"2026-06-10T19:00:00","timeZone":"UTC"}}"#,
            "graph.zone",
        ),
        (
            r#"{"id":"a","type":"seriesMaster","start":{"dateTime":"2026-06-10T19:00:00"},
            "end":{"dateTime":"2026-06-10T19:00:00"},"recurrence":{"pattern":{"type":"hourly"}}}"#,
            "graph.recurrence",
        ),
    ] {
        let heard = run(&fetch(&["a"]), vec![step(GET, 200, text)]);
        let [Item::Broken(broken)] = &heard.items()[..] else { panic!("{text}: {heard:?}") };
        assert_eq!((broken.code.as_str(), &broken.id), (code, &id("a")), "{text}");
        assert!(!broken.raw.is_empty());
    }
}

/// Law L1. Catches another product's event that is taken for the person's own.
#[test]
fn a_category_that_another_product_leaves_says_whose_an_event_is() {
    let product = |category: &str| {
        let one = ONE.replace("Blue category", category);
        assert!(one.contains(category));
        run(&fetch(&["AAMkAG/+="]), vec![step(GET, 200, one)]).event().foreign.clone()
    };
    assert_eq!(product("Blue category"), None);
    assert_eq!(product("T-Minus Managed").as_deref(), Some("T-Minus"));
    assert_eq!(product("Keeper.SH").as_deref(), Some("Keeper"));
}
