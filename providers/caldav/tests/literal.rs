//! Single conversations with answers written out, as servers were seen to give them.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_caldav::Caldav;
use kalends_core::ids::Version;
use kalends_core::ports::{HttpFailure, HttpHead, Input, Provider, Turn};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Done, FailureClass, Item, Listing, ObjectName, Output, ProviderOp};
use proptest::prelude::*;

mod common;
use common::*;

const NAMES: &str = include_str!("literal/names.xml");
const HOME_LISTING: &str = include_str!("literal/home.xml");

fn create() -> ProviderOp {
    ProviderOp::Create { calendar: calendar(), doc: doc("d0", "x") }
}

fn replace(version: &str) -> ProviderOp {
    ProviderOp::Replace {
        calendar: calendar(),
        id: id("/c/work/d0.ics"),
        version: Version(version.into()),
        doc: doc("d0", "x"),
        instances: Vec::new(),
    }
}

#[test]
fn a_report_cut_at_any_byte_reads_the_same() {
    let whole = run(&known(), &since("t1"), SYNC.len(), |_| xml(207, SYNC));
    let Done::Listed(listed) = &whole.done else { panic!("{:?}", whole.done) };
    assert_eq!(listed.token.as_deref(), Some("http://sabre.io/ns/sync/12"));
    assert!(!listed.whole && listed.tag.is_none());
    let [
        Output::Item(Item::Event(event)),
        Output::Item(Item::Removed { id: gone, evidence: Evidence::Tombstone }),
        Output::Name { id: named, version: None },
        Output::Name { id: other, version: Some(version) },
    ] = whole.outputs.as_slice()
    else {
        panic!("{:?}", whole.outputs)
    };
    assert_eq!(event.id.0, "/c/work/a@b.ics");
    assert_eq!(event.version, Some(Version("\"e1\"".into())));
    assert!(!event.fresh);
    assert_eq!(gone.0, "/c/work/gone.ics");
    assert_eq!(named.0, "/c/work/locked.ics");
    assert_eq!(other.0, "/c/work/with%20space.ics");
    assert_eq!(version.0, "\"w\"");
    for chunk in 1..SYNC.len() {
        assert_eq!(run(&known(), &since("t1"), chunk, |_| xml(207, SYNC)), whole, "{chunk}");
    }
}

#[test]
fn a_report_that_breaks_off_anywhere_is_no_listing() {
    let end = SYNC.trim_end().len();
    for len in 0..end {
        let cut = run(&known(), &since("t1"), 64, |_| xml(207, &SYNC[..len]));
        assert_eq!(cut.failure().class, FailureClass::Protocol, "{len}");
        let reset = run(&known(), &since("t1"), 64, |_| {
            Answer::Cut(
                HttpHead { status: 207, headers: vec![] },
                SYNC.as_bytes()[..len].to_vec(),
                HttpFailure::Cut,
            )
        });
        assert_eq!(reset.failure().class, FailureClass::Transient, "{len}");
    }
}

#[test]
fn a_token_that_is_not_usable_is_a_lost_cursor_whatever_the_server_says() {
    for status in [400, 403, 405, 409, 410, 412, 415, 418, 500, 501, 507] {
        for body in ["", "<error xmlns=\"DAV:\"><valid-sync-token/></error>"] {
            let heard = run(&known(), &since("t"), 64, |_| xml(status, body));
            assert_eq!(heard.failure().class, FailureClass::CursorLost, "{status} {body}");
            assert!(heard.requests <= 2);
        }
    }
    for (status, class) in [
        (404, FailureClass::CalendarGone),
        (429, FailureClass::Throttled),
        (503, FailureClass::Transient),
        (502, FailureClass::Transient),
    ] {
        let heard = run(&known(), &since("t"), 64, |_| xml(status, ""));
        assert_eq!(heard.failure().class, class, "{status}");
    }
}

#[test]
fn pages_are_followed_and_a_loop_is_left() {
    let page = |token: &str| {
        format!(
            "<multistatus xmlns=\"DAV:\"><response><href>/c/work/</href>\
             <status>HTTP/1.1 507 Insufficient Storage</status></response>\
             <sync-token>{token}</sync-token></multistatus>"
        )
    };
    let mut asked = 0;
    let heard = run(&known(), &since("t0"), 64, |_| {
        asked += 1;
        match asked {
            1 => xml(207, &page("t1")),
            2 => xml(207, &page("t2")),
            _ => xml(207, SYNC),
        }
    });
    assert!(matches!(heard.done, Done::Listed(_)));
    assert_eq!(heard.requests, 3);
    let looped = run(&known(), &since("t0"), 64, |_| xml(207, &page("t0")));
    assert_eq!((looped.failure().class, looped.requests), (FailureClass::CursorLost, 1));
}

/// Catches a list of what is there, given for a token that was lost, that is taken for no changes where
/// the calendar was emptied: its last events would stay for a week.
#[test]
fn a_token_that_moved_while_nothing_is_named_costs_a_comparison() {
    let answer = |token: &str| {
        format!("<multistatus xmlns=\"DAV:\"><sync-token>{token}</sync-token></multistatus>")
    };
    let still = run(&known(), &since("t1"), 64, |_| xml(207, &answer("t1")));
    assert!(matches!(still.done, Done::Listed(_)), "{:?}", still.done);
    let moved = run(&known(), &since("t1"), 64, |_| xml(207, &answer("t2")));
    assert_eq!(moved.failure().class, FailureClass::CursorLost);
}

proptest! {
    #[test]
    fn no_damage_to_an_answer_panics_or_passes_for_a_listing_of_nothing(
        at in 0..SYNC.len(), byte: u8, chunk in 1_usize..200,
    ) {
        let mut body = SYNC.as_bytes().to_vec();
        body[at] = byte;
        for listing in [Listing::Since("t1".into()), Listing::Contents, Listing::Names] {
            let heard = run(&known(), &list(listing), chunk, |_| {
                Answer::Whole(HttpHead { status: 207, headers: vec![] }, body.clone())
            });
            let empty = heard.outputs.is_empty() && matches!(heard.done, Done::Listed(_));
            prop_assert!(!empty);
        }
    }
}

#[test]
fn an_object_too_large_for_a_report_is_named_instead() {
    let data = format!(
        "<multistatus xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><response>\
         <href>/c/work/big.ics</href><propstat><prop><c:calendar-data>{}",
        "x".repeat(9 << 20)
    );
    let heard = run(&known(), &since("t"), 1 << 16, |request| {
        if String::from_utf8_lossy(&request.body).contains("calendar-data") {
            xml(207, &data)
        } else {
            xml(207, SYNC)
        }
    });
    assert!(matches!(heard.done, Done::Listed(_)), "{:?}", heard.done);
    assert_eq!(heard.requests, 2);
}

#[test]
fn names_carry_the_token_only_if_it_was_read_before_them() {
    let heard = run(&known(), &list(Listing::Names), 7, |_| xml(207, NAMES));
    let Done::Listed(listed) = &heard.done else { panic!() };
    assert_eq!(listed.token.as_deref(), Some("t9"));
    assert!(listed.whole && heard.requests == 1);
    assert_eq!(heard.outputs.len(), 2);
    let (first, rest) = NAMES.split_once("<d:response>").unwrap();
    let (own, members) = rest.split_once("<d:response>").unwrap();
    let turned = members.replace("</d:multistatus>", "");
    let turned = format!("{first}<d:response>{turned}<d:response>{own}</d:multistatus>");
    let heard = run(&known(), &list(Listing::Names), 7, |_| xml(207, &turned));
    let Done::Listed(listed) = &heard.done else { panic!("{:?}", heard.done) };
    assert_eq!((listed.token.as_ref(), listed.tag.as_ref()), (None, None));
}

#[test]
fn discovery_tells_calendars_from_what_lies_beside_them() {
    let heard = run(&known(), &ProviderOp::Discover, 11, |_| xml(207, HOME_LISTING));
    let found: Vec<_> = heard
        .outputs
        .iter()
        .map(|output| match output {
            Output::Calendar(item) => item,
            other => panic!("{other:?}"),
        })
        .collect();
    let [work, ours, feed] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((work.id.0.as_str(), work.name.as_str()), ("/c/work/", "Work & more"));
    assert!(work.capabilities.write && work.derived.is_none() && !work.subscribed);
    assert_eq!(work.capabilities.zone.name(), "Europe/Berlin");
    assert_eq!((work.token.as_deref(), work.tag.as_deref()), (Some("t9"), None));
    assert_eq!(ours.derived.as_deref(), Some("abc0"));
    assert!(!ours.capabilities.write);
    assert_eq!((ours.token.as_deref(), ours.tag.as_deref()), (None, Some("c1")));
    assert!(feed.subscribed);
    let Done::Discovered { subject, makes_calendars, remember } = &heard.done else { panic!() };
    assert_eq!(subject, "h/p/");
    assert!(makes_calendars);
    assert!(remember.contains("without-sync /c/kalends-abc0/"));
    assert!(!remember.contains("secret"));
}

#[test]
fn discovery_fails_whole_rather_than_leave_a_calendar_out() {
    let broken = HOME_LISTING.replace("HTTP/1.1 200 OK", "HTTP/1.1 500 Oops").replace(
        "<d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/>",
        "<d:status>HTTP/1.1 500 Oops</d:status><d:propstat><d:prop><d:resourcetype>",
    );
    let heard = run(&known(), &ProviderOp::Discover, 64, |_| xml(207, &broken));
    assert_eq!(heard.failure().class, FailureClass::Transient);
}

#[test]
fn homes_that_have_moved_are_found_again() {
    let moved = HOME.replace("https://h/c/", "https://h/old/");
    let heard = run(&config("https://h/", &moved), &ProviderOp::Discover, 64, |request| {
        match request.url.as_str() {
            "https://h/.well-known/caldav" => answer(301, &[("location", "/dav/")], ""),
            "https://h/dav/" => xml(
                207,
                "<multistatus xmlns=\"DAV:\"><response><href>/dav/</href><propstat><prop>\
                 <current-user-principal><href>/p/</href></current-user-principal></prop>\
                 <status>HTTP/1.1 200 OK</status></propstat></response></multistatus>",
            ),
            "https://h/p/" => xml(
                207,
                "<multistatus xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><response>\
                 <href>/p/</href><propstat><prop><c:calendar-home-set><href>/c</href>\
                 </c:calendar-home-set><c:calendar-user-address-set><href>mailto:Alice@H</href>\
                 <href>/p/</href></c:calendar-user-address-set></prop>\
                 <status>HTTP/1.1 200 OK</status></propstat></response></multistatus>",
            ),
            "https://h/c/" => xml(207, HOME_LISTING),
            _ => xml(404, ""),
        }
    });
    let Done::Discovered { subject, remember, .. } = &heard.done else { panic!("{heard:?}") };
    assert_eq!(subject, "h/p/");
    assert!(remember.contains("home https://h/c/\n") && remember.contains("address alice@h\n"));
    assert_eq!(heard.outputs.len(), 3);
}

#[test]
fn an_account_that_is_not_let_in_has_to_sign_in() {
    let fresh = config("https://h/dav/", "");
    let heard = run(&fresh, &ProviderOp::Discover, 64, |_| {
        answer(401, &[("www-authenticate", "Basic realm=\"x\"")], "")
    });
    assert_eq!(heard.failure().class, FailureClass::SignIn);
    let nobody = "<multistatus xmlns=\"DAV:\"><response><href>/</href><propstat><prop>\
                  <current-user-principal><unauthenticated/></current-user-principal></prop>\
                  <status>HTTP/1.1 200 OK</status></propstat></response></multistatus>";
    let heard = run(&fresh, &ProviderOp::Discover, 64, |_| xml(207, nobody));
    assert_eq!(heard.failure().class, FailureClass::SignIn);
    let heard = run(&fresh, &ProviderOp::Discover, 64, |_| xml(404, ""));
    assert_eq!(heard.failure().code, "dav.no-service");
    let heard = run(&fresh, &ProviderOp::Discover, 64, |_| Answer::None(HttpFailure::Dns));
    assert_eq!((heard.failure().code.as_str(), heard.requests), ("net.dns", 1));
}

#[test]
fn a_create_that_is_refused_says_why() {
    let error = |name: &str| format!("<error xmlns=\"DAV:\"><{name}/></error>");
    for (status, body, class) in [
        (412, String::new(), FailureClass::Taken),
        (403, error("no-uid-conflict"), FailureClass::Taken),
        (400, "object with uid already exists".into(), FailureClass::Taken),
        (413, String::new(), FailureClass::TooLarge),
        (403, error("max-resource-size"), FailureClass::TooLarge),
        (403, error("need-privileges"), FailureClass::Forbidden),
        (403, String::new(), FailureClass::Forbidden),
        (415, error("valid-calendar-data"), FailureClass::Refused),
        (400, "bad".into(), FailureClass::Refused),
        (423, String::new(), FailureClass::Transient),
        (429, String::new(), FailureClass::Throttled),
        (500, String::new(), FailureClass::Unknown),
        (503, String::new(), FailureClass::Transient),
        (504, String::new(), FailureClass::Unknown),
        (200, "<html></html>".into(), FailureClass::Unknown),
    ] {
        let heard = run(&known(), &create(), 64, |request| {
            assert_eq!(request.method, "PUT");
            assert!(request.headers.contains(&("If-None-Match".into(), "*".into())));
            xml(status, &body)
        });
        assert_eq!(heard.failure().class, class, "{status} {body}");
    }
    for (failure, class) in [
        (HttpFailure::Reset, FailureClass::Unknown),
        (HttpFailure::Deadline, FailureClass::Unknown),
        (HttpFailure::Refused, FailureClass::Transient),
    ] {
        let heard = run(&known(), &create(), 64, |_| Answer::None(failure));
        assert_eq!(heard.failure().class, class);
    }
}

#[test]
fn a_create_where_the_calendar_is_gone_says_so() {
    for (status, probe, class) in [
        (404, 404, FailureClass::CalendarGone),
        (409, 404, FailureClass::CalendarGone),
        (409, 503, FailureClass::Refused),
        (404, 503, FailureClass::NotFound),
    ] {
        let heard = run(&known(), &create(), 64, |request| match request.method {
            "PUT" => xml(status, ""),
            _ => xml(probe, ""),
        });
        assert_eq!(heard.failure().class, class, "{status} {probe}");
    }
}

#[test]
fn a_place_and_tag_that_the_server_gives_are_kept() {
    for (headers, path, version) in [
        (
            &[("location", "https://h/c/work/u1.ics"), ("etag", "W/\"x\"")][..],
            "u1.ics",
            Some("\"x\""),
        ),
        (&[("location", "/elsewhere/u1.ics"), ("oc-etag", "\"y\"")][..], "d0.ics", Some("\"y\"")),
        (&[][..], "d0.ics", None),
    ] {
        let heard = run(&known(), &create(), 64, |_| answer(201, headers, ""));
        let Done::Stored(stored) = heard.done else { panic!() };
        assert_eq!(stored.id.0, format!("/c/work/{path}"));
        assert_eq!(stored.version.map(|v| v.0).as_deref(), version);
    }
}

#[test]
fn a_condition_that_fails_for_its_spelling_is_tried_in_the_servers_own() {
    let tag = |tag: &str| {
        format!(
            "<multistatus xmlns=\"DAV:\"><response><href>/c/work/d0.ics</href><propstat><prop>\
             <getetag>{tag}</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>\
             </multistatus>"
        )
    };
    let mut sent = Vec::new();
    let heard = run(&known(), &replace("\"x\""), 64, |request| match request.method {
        "PUT" => {
            let condition = &request.headers.iter().find(|(k, _)| k == "If-Match").unwrap().1;
            sent.push(condition.clone());
            if condition == "\"x-gzip\"" { answer(204, &[], "") } else { xml(412, "") }
        }
        _ => xml(207, &tag("\"x-gzip\"")),
    });
    assert!(matches!(heard.done, Done::Stored(_)));
    assert_eq!(sent, ["\"x\"", "\"x-gzip\""]);
    for (current, class) in [("\"y\"", FailureClass::Stale), ("W/\"x\"", FailureClass::Stale)] {
        let heard = run(&known(), &replace("\"x\""), 64, |request| match request.method {
            "PUT" => xml(412, ""),
            _ => xml(207, &tag(current)),
        });
        assert_eq!((heard.failure().class, heard.requests), (class, 2));
    }
    let heard = run(&known(), &replace("\"x\""), 64, |request| match request.method {
        "PUT" => xml(412, ""),
        _ => xml(404, ""),
    });
    assert_eq!(heard.failure().class, FailureClass::NotFound);
}

/// What stands for the version of an object with this text, of which the server shows none.
fn version_without_a_tag(text: &str) -> String {
    let fetch = ProviderOp::Fetch {
        calendar: calendar(),
        names: vec![ObjectName::Known(id("/c/work/d0.ics"))],
    };
    let heard = run(&known(), &fetch, 64, |request| match request.method {
        "GET" => answer(200, &[], text),
        _ => xml(501, ""),
    });
    let [Item::Event(event)] = heard.items()[..] else { panic!("{heard:?}") };
    event.version.clone().unwrap().0
}

#[test]
fn an_object_without_a_tag_is_replaced_only_if_its_text_is_as_it_was() {
    let text = ics("u", "t");
    let version = version_without_a_tag(&text);
    let stored = run(&known(), &replace(&version), 64, |request| match request.method {
        "GET" => answer(200, &[], &text),
        _ => answer(204, &[], ""),
    });
    assert!(matches!(stored.done, Done::Stored(_)));
    let stale = run(&known(), &replace(&version), 64, |request| match request.method {
        "GET" => answer(200, &[], &ics("u", "changed")),
        _ => panic!("nothing may be written"),
    });
    assert_eq!(stale.failure().class, FailureClass::Stale);
}

/// Catches a write that takes the place of another between its look at the text and itself, though the
/// server would have told by a tag that only its listings hide.
#[test]
fn a_tag_that_only_listings_hide_is_the_condition() {
    let text = ics("u", "t");
    let version = version_without_a_tag(&text);
    for (tag, condition) in [("\"x\"", "\"x\""), ("W/\"x\"", "*"), ("", "*")] {
        let mut sent = Vec::new();
        let heard = run(&known(), &replace(&version), 64, |request| match request.method {
            "GET" => answer(200, &[("etag", tag)], &text),
            _ => {
                let condition = request.headers.iter().find(|(name, _)| name == "If-Match");
                sent.push(condition.unwrap().1.clone());
                answer(204, &[], "")
            }
        });
        assert!(matches!(heard.done, Done::Stored(_)), "{heard:?}");
        assert_eq!(sent, [condition]);
    }
}

#[test]
fn a_server_that_ignores_conditions_is_looked_at_first() {
    let sogo = "caldav 1\nsubject h/p/\nhome https://h/SOGo/dav/a/Calendar/\n";
    let op = ProviderOp::Create { calendar: id("/SOGo/dav/a/Calendar/w/"), doc: doc("d0", "x") };
    let there = "<multistatus xmlns=\"DAV:\"><response><href>/SOGo/dav/a/Calendar/w/d0.ics</href>\
                 <propstat><prop><getetag>\"1\"</getetag></prop><status>HTTP/1.1 200 OK</status>\
                 </propstat></response></multistatus>";
    let heard = run(&config("https://h/", sogo), &op, 64, |request| match request.method {
        "PROPFIND" => xml(207, there),
        _ => panic!("nothing may be written"),
    });
    assert_eq!(heard.failure().class, FailureClass::Taken);
}

#[test]
fn bytes_that_are_no_text_are_read_alone_and_stay_in_one_object() {
    let mut body =
        b"<multistatus xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">".to_vec();
    for (name, title) in [("a", &b"caf\xe9"[..]), ("b", b"plain")] {
        body.extend_from_slice(b"<response><href>/c/work/");
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(
            b".ics</href><propstat><prop><getetag>\"1\"</getetag><c:calendar-data>",
        );
        let text = ics(name, "TITLE");
        let (before, after) = text.split_once("TITLE").unwrap();
        body.extend_from_slice(before.as_bytes());
        body.extend_from_slice(title);
        body.extend_from_slice(after.as_bytes());
        body.extend_from_slice(
            b"</c:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>",
        );
    }
    body.extend_from_slice(b"</multistatus>");
    let names = ["a", "b"].map(|n| ObjectName::Known(id(&format!("/c/work/{n}.ics"))));
    let fetch = ProviderOp::Fetch { calendar: calendar(), names: names.to_vec() };
    let heard = run(&known(), &fetch, 13, |request| match request.method {
        "GET" => {
            assert!(request.url.ends_with("/a.ics"));
            answer(200, &[], &ics("a", "alone"))
        }
        _ => Answer::Whole(HttpHead { status: 207, headers: vec![] }, body.clone()),
    });
    assert_eq!((heard.done.clone(), heard.items().len(), heard.requests), (Done::Fetched, 2, 2));
}

#[test]
fn fifty_thousand_objects_pass_through_one_at_a_time() {
    let provider = Caldav::new(known());
    let mut exchange = provider.start(&list(Listing::Names), &basic()).unwrap();
    let _ = exchange.resume(Input::Start, NOW);
    let _ = exchange.resume(Input::Head(HttpHead { status: 207, headers: vec![] }), NOW);
    let start = b"<multistatus xmlns=\"DAV:\">".to_vec();
    assert_eq!(exchange.resume(Input::Chunk(start), NOW), Turn::More);
    for n in 0..50_000 {
        let one = format!(
            "<response><href>/c/work/{n}.ics</href><propstat><prop><getetag>\"{n}\"</getetag>\
             </prop><status>HTTP/1.1 200 OK</status></propstat></response>"
        );
        let turn = exchange.resume(Input::Chunk(one.into_bytes()), NOW);
        assert!(matches!(turn, Turn::Item(Output::Name { .. })));
        assert_eq!(exchange.resume(Input::Start, NOW), Turn::More);
    }
}
