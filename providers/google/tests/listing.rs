//! Listings: pages, tokens and what they lose.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ports::HttpFailure;
use kalends_core::presence::Evidence;
use kalends_core::provider::{
    Done, FailureClass, Item, Listed, Listing, Output, Payload, ProviderOp,
};
use kalends_core::time::Date;
use serde_json::{Value, json};

mod common;
use common::*;

const TOKEN: &str = "showDeleted=true&singleEvents=false s1";

fn list(listing: Listing) -> ProviderOp {
    ProviderOp::List { calendar: calendar(), listing }
}

fn since(token: &str) -> ProviderOp {
    list(Listing::Since(token.to_owned()))
}

fn page(items: &[Value], next: &str, sync: &str) -> Value {
    let mut page =
        json!({ "kind": "calendar#events", "timeZone": "Europe/Berlin", "items": items });
    if !next.is_empty() {
        page["nextPageToken"] = json!(next);
    }
    if !sync.is_empty() {
        page["nextSyncToken"] = json!(sync);
    }
    page
}

fn listed(heard: &Heard) -> &Listed {
    match &heard.done {
        Done::Listed(listed) => listed,
        other => panic!("no listing: {other:?}"),
    }
}

fn stub(name: &str, series: &str) -> Value {
    json!({
        "id": name, "etag": "\"s\"", "status": "cancelled", "recurringEventId": series,
        "originalStartTime": { "dateTime": "2026-06-09T10:00:00+02:00" },
    })
}

#[test]
fn a_first_listing_asks_for_series_as_series_and_keeps_its_query_with_the_token() {
    let heard = run(&list(Listing::Contents), |_| json(&page(&[event("a", "A")], "", "s1")));
    let [asked] = &heard.asked[..] else { panic!("{heard:?}") };
    assert_eq!(asked.line(), "GET calendars/work@group.calendar.google.com/events");
    let query: Vec<_> = asked.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
    assert_eq!(query, ["showDeleted=true", "singleEvents=false", "maxResults=2500"]);
    let token = Some(TOKEN.to_owned());
    assert_eq!(listed(&heard), &Listed { token, tag: None, whole: true });
    assert!(!heard.event().fresh);
}

#[test]
fn a_listing_of_changes_sends_the_token_with_the_same_query() {
    let heard = run(&since(TOKEN), |_| {
        let gone = json!({ "id": "b", "status": "cancelled" });
        json(&page(&[event("a", "A"), gone, stub("c", "s")], "", "s2"))
    });
    assert_eq!(heard.asked[0].value("syncToken"), Some("s1"));
    assert_eq!(heard.asked[0].value("showDeleted"), Some("true"));
    for forbidden in ["timeMin", "timeMax", "orderBy", "q", "iCalUID", "updatedMin"] {
        assert_eq!(heard.asked[0].value(forbidden), None);
    }
    let [Item::Event(_), Item::Removed { id: gone, evidence }, Item::Event(stub)] =
        heard.items()[..]
    else {
        panic!("{heard:?}")
    };
    assert_eq!((gone.0.as_str(), *evidence), ("b", Evidence::Tombstone));
    assert_eq!(stub.id.0, "c");
    let listed = listed(&heard);
    assert!(listed.token.as_ref().unwrap().ends_with(" s2") && !listed.whole);
}

#[test]
fn a_token_of_another_query_is_lost_without_a_request() {
    for token in ["s1", "", "singleEvents=true s1", "never given", " s1"] {
        let heard = run(&since(token), |_| panic!("nothing is asked"));
        assert_eq!(heard.failure().class, FailureClass::CursorLost, "{token}");
    }
}

#[test]
fn pages_are_followed_also_where_one_is_empty() {
    let heard = run(&list(Listing::Contents), |asked| {
        json(&match asked.value("pageToken") {
            None => page(&[event("a", "A")], "p2", ""),
            Some("p2") => page(&[], "p3", ""),
            Some("p3") => page(&[event("b", "B")], "", "s1"),
            other => panic!("{other:?}"),
        })
    });
    assert_eq!((heard.asked.len(), heard.items().len()), (3, 2));
    let heard = run(&list(Listing::Contents), |_| json(&page(&[], "p2", "")));
    assert_eq!(heard.failure().class, FailureClass::Protocol, "round in circles");
    let heard = run(&list(Listing::Contents), |asked| {
        let next = if asked.value("pageToken") == Some("p2") { "p3" } else { "p2" };
        json(&page(&[], next, ""))
    });
    assert_eq!(heard.failure().class, FailureClass::Protocol, "round in circles of two");
    assert!(heard.asked.len() < 6, "{:?}", heard.lines());
}

/// Row 17 of the pitfalls.
#[test]
fn a_lost_cursor_at_any_page_ends_the_listing() {
    for first in [true, false] {
        for reason in ["fullSyncRequired", "updatedMinTooLongAgo"] {
            let heard = run(&since(TOKEN), |asked| match asked.value("pageToken") {
                None if !first => json(&page(&[event("a", "A")], "p2", "")),
                _ => error(410, reason),
            });
            assert_eq!(heard.failure().class, FailureClass::CursorLost);
            assert_eq!(heard.failure().code, format!("google.{reason}"));
        }
    }
    let heard = run(&since(TOKEN), |_| error(410, "anythingElse"));
    assert_eq!(heard.failure().class, FailureClass::CursorLost, "whatever the words");
    for listing in [Listing::Names, Listing::Contents] {
        let heard = run(&list(listing), |_| text(410, "<html>"));
        assert_eq!(heard.failure().class, FailureClass::CursorLost, "no calendar is gone by it");
    }
    // A token that Google cannot read is no better than one that is gone.
    let bad = error_body(400, "invalid", "syncToken");
    let heard = run(&since(TOKEN), |_| text(400, &bad));
    assert_eq!(heard.failure().class, FailureClass::CursorLost);
    let heard = run(&since(TOKEN), |_| error(404, "notFound"));
    assert_eq!(heard.failure().class, FailureClass::CalendarGone);
}

/// Row 1 of the pitfalls.
#[test]
fn a_listing_without_what_the_api_promises_is_no_empty_calendar() {
    let whole = [Listing::Names, Listing::Contents];
    for answer in [
        json!({}),
        json!({ "items": [], "nextSyncToken": "s1" }),
        json!({ "kind": "calendar#calendarList", "items": [], "nextSyncToken": "s1" }),
        json!({ "kind": "calendar#events", "nextSyncToken": "s1" }),
        json!({ "kind": "calendar#events", "items": null, "nextSyncToken": "s1" }),
    ] {
        for op in whole.clone().map(list).into_iter().chain([since(TOKEN)]) {
            let heard = run(&op, |_| json(&answer));
            assert_eq!(heard.failure().class, FailureClass::Protocol, "{answer}");
        }
    }
    // Neither another page nor the end: there may be more.
    for op in whole.map(list) {
        for items in [&[][..], &[event("a", "A")]] {
            let heard = run(&op, |_| json(&page(items, "", "")));
            assert_eq!(heard.failure().class, FailureClass::Protocol);
            assert_eq!(heard.failure().code, "google.no-end");
        }
    }
}

#[test]
fn where_no_new_token_comes_the_old_one_goes_on() {
    let heard = run(&since(TOKEN), |_| json(&page(&[event("a", "A")], "", "")));
    assert_eq!(listed(&heard).token.as_deref(), Some(TOKEN));
}

#[test]
fn one_event_twice_in_a_run_is_given_twice_in_order() {
    let heard =
        run(&since(TOKEN), |_| json(&page(&[event("a", "Old"), event("a", "New")], "", "s2")));
    assert_eq!(heard.items().len(), 2);
}

/// Row 23 of the pitfalls.
#[test]
fn an_event_that_cannot_be_read_holds_up_no_other() {
    let mut odd = event("b", "B");
    odd["recurrence"] = json!(["RRULE:FREQ=NEVER"]);
    let heard = run(&list(Listing::Contents), |_| {
        json(&page(&[event("a", "A"), odd.clone(), event("c", "C")], "", "s1"))
    });
    let [Item::Event(_), Item::Broken(broken), Item::Event(_)] = heard.items()[..] else {
        panic!("{heard:?}")
    };
    assert_eq!((broken.id.0.as_str(), broken.code.as_str()), ("b", "ical.bad-rrule"));
    assert!(listed(&heard).whole);
    // One of which nothing but the id makes sense is looked at alone, and so for good.
    let odd = json!({ "id": "b", "etag": 7 });
    let entries = [event("a", "A"), odd.clone()];
    let heard = run(&list(Listing::Contents), |_| json(&page(&entries, "", "s1")));
    let [Item::Event(_), Item::Broken(broken)] = heard.items()[..] else { panic!("{heard:?}") };
    assert_eq!((broken.id.0.as_str(), broken.code.as_str()), ("b", "google.shape"));
    assert!(listed(&heard).whole && listed(&heard).token.is_some());
    let heard = run(&list(Listing::Names), |_| json(&page(&entries, "", "s1")));
    assert_eq!(heard.outputs[1], Output::Name { id: id("b"), version: None });
    assert!(listed(&heard).whole && listed(&heard).token.is_some());
    // One that does not say which it is leaves the whole listing in doubt, and no token.
    let heard = run(&list(Listing::Contents), |_| {
        json(&page(&[event("a", "A"), json!({ "summary": "?" })], "", "s1"))
    });
    assert_eq!(listed(&heard), &Listed { token: None, tag: None, whole: false });
}

/// Catches an event that is cancelled while it is listed, and whose earlier version, told first, holds.
#[test]
fn a_name_told_live_and_then_cancelled_is_gone() {
    let heard = run(&list(Listing::Names), |_| {
        let gone = json!({ "id": "a", "status": "cancelled", "etag": "\"2\"" });
        let never = json!({ "id": "b", "status": "cancelled", "etag": "\"3\"" });
        json(&page(&[event("a", "A"), gone, never], "", "s1"))
    });
    let [Output::Name { id, .. }, Output::Item(Item::Removed { id: gone, .. })] =
        &heard.outputs[..]
    else {
        panic!("{heard:?}")
    };
    assert_eq!((&*id.0, &*gone.0), ("a", "a"));
}

#[test]
fn names_come_without_contents_and_stubs_only_with_their_series() {
    let gone = json!({ "id": "d", "status": "cancelled", "etag": "\"d\"" });
    let heard = run(&list(Listing::Names), |asked| {
        assert!(asked.value("fields").unwrap().contains("items(id,etag,status,recurringEventId)"));
        let items =
            [stub("x", "a"), stub("y", "gone"), event("a", "A"), event("b", "B"), gone.clone()];
        json(&page(&items, "", "s1"))
    });
    let names: Vec<_> = heard
        .outputs
        .iter()
        .map(|output| match output {
            Output::Name { id, version } => (id.0.as_str(), version.clone().unwrap().0),
            other => panic!("{other:?}"),
        })
        .collect();
    let etag = "\"3181161784712000\"".to_owned();
    assert_eq!(names.len(), 3);
    assert_eq!(&names[..2], [("a", etag.clone()), ("b", etag)]);
    assert_eq!(names[2].0, "x");
    assert!(names[2].1.ends_with(" in a"));
    assert_eq!(listed(&heard).token.as_deref(), Some(TOKEN));
}

/// Row 1 of the pitfalls.
#[test]
fn a_cut_page_is_no_page() {
    let whole = page(&[event("a", "A"), event("b", "B")], "", "s1").to_string();
    for len in (0..whole.len()).step_by(7) {
        let heard = run(&list(Listing::Contents), |_| text(200, &whole[..len]));
        assert_eq!(heard.failure().class, FailureClass::Protocol, "{len}");
        assert!(heard.outputs.is_empty());
        let cut = || Answer::Cut(whole.as_bytes()[..len].to_vec(), HttpFailure::Cut);
        let heard = run(&list(Listing::Contents), |_| cut());
        assert_eq!(heard.failure().class, FailureClass::Transient, "{len}");
    }
    let heard = run(&list(Listing::Contents), |_| text(200, "<html><body>sign in</body></html>"));
    assert_eq!(heard.failure().class, FailureClass::Protocol);
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let long = "x".repeat(1024 * 1024);
    let heard = run(&list(Listing::Contents), |asked| {
        let size: usize = asked.value("maxResults").unwrap().parse().unwrap();
        let from: usize = asked.value("pageToken").map_or(0, |token| token.parse().unwrap());
        let to = (from + size).min(20);
        let items: Vec<Value> = (from..to)
            .map(|n| {
                let mut event = event(&format!("e{n}"), "Long");
                event["description"] = json!(long);
                event
            })
            .collect();
        let next = if to < 20 { to.to_string() } else { String::new() };
        json(&page(&items, &next, if next.is_empty() { "s1" } else { "" }))
    });
    assert_eq!(heard.items().len(), 20);
    assert!(listed(&heard).whole);
}

/// Bad input: five thousand changed instances of one series, and a text of a megabyte, in one page.
#[test]
fn what_is_very_much_is_given_one_by_one() {
    let mut series = event("s", "Daily");
    series["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=5000"]);
    series["description"] = json!("A line.\n".repeat(131_072));
    let first: Date = "2026-06-02".parse().unwrap();
    let instance = |n: i32| {
        let mut one = event(&format!("x{n}"), "Changed");
        let at = format!("{}T10:00:00Z", first.add_days(n));
        one["recurringEventId"] = json!("s");
        one["originalStartTime"] = json!({ "dateTime": at });
        one
    };
    let items: Vec<Value> = std::iter::once(series).chain((0..5_000).map(instance)).collect();
    let heard = run(&list(Listing::Contents), |_| json(&page(&items, "", "s1")));
    assert_eq!(heard.asked.len(), 1);
    let events = heard.items().into_iter().filter_map(|item| match item {
        Item::Event(event) => Some(&event.payload),
        _ => None,
    });
    let (mut instances, mut octets) = (0, 0);
    for payload in events {
        match payload {
            Payload::Whole(body) => octets = body.content.description.len(),
            Payload::Instance { series, .. } => instances += usize::from(series.0 == "s"),
        }
    }
    assert_eq!((instances, octets >= 1_048_575), (5_000, true), "{octets}");
}
