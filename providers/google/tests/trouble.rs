//! What goes wrong, told by its reason.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ports::HttpFailure;
use kalends_core::ports::{Credential, Provider};
use kalends_core::presence::Evidence;
use kalends_core::provider::{Done, Failure, FailureClass, Item, ObjectName, ProviderOp};
use kalends_google::{Google, GoogleConfig};

mod common;
use common::*;

fn create() -> ProviderOp {
    ProviderOp::Create { calendar: calendar(), doc: doc("One") }
}

fn failed(op: &ProviderOp, status: u16, reason: &str) -> Failure {
    run(op, |_| error(status, reason)).failure().clone()
}

#[test]
fn the_reason_decides_and_not_the_status() {
    for (status, reason, read, write) in [
        (403, "rateLimitExceeded", FailureClass::Throttled, FailureClass::Throttled),
        (403, "userRateLimitExceeded", FailureClass::Throttled, FailureClass::Throttled),
        (429, "rateLimitExceeded", FailureClass::Throttled, FailureClass::Throttled),
        (429, "", FailureClass::Throttled, FailureClass::Throttled),
        (403, "quotaExceeded", FailureClass::Quota, FailureClass::Quota),
        (403, "calendarUsageLimitsExceeded", FailureClass::Quota, FailureClass::Quota),
        (403, "insufficientPermissions", FailureClass::Forbidden, FailureClass::Forbidden),
        (403, "requiredAccessLevel", FailureClass::Forbidden, FailureClass::Forbidden),
        (403, "notACalendarUser", FailureClass::Forbidden, FailureClass::Forbidden),
        (403, "", FailureClass::Forbidden, FailureClass::Forbidden),
        (401, "authError", FailureClass::SignIn, FailureClass::SignIn),
        (400, "invalid", FailureClass::Refused, FailureClass::Refused),
        (400, "eventTypeRestriction", FailureClass::Refused, FailureClass::Refused),
        (409, "duplicate", FailureClass::Taken, FailureClass::Taken),
        (410, "fullSyncRequired", FailureClass::CursorLost, FailureClass::CursorLost),
        (412, "conditionNotMet", FailureClass::Stale, FailureClass::Stale),
        (500, "backendError", FailureClass::Transient, FailureClass::Unknown),
        (503, "backendError", FailureClass::Transient, FailureClass::Transient),
    ] {
        let read_op = fetch("e1");
        assert_eq!(failed(&read_op, status, reason).class, read, "{status} {reason}");
        assert_eq!(failed(&create(), status, reason).class, write, "{status} {reason}");
    }
}

#[test]
fn a_failure_names_the_reason_and_shows_nothing_else() {
    let failure = failed(&create(), 403, "userRateLimitExceeded");
    assert_eq!(failure.code, "google.userRateLimitExceeded");
    assert_eq!(failure.detail, "google answered 403 userRateLimitExceeded: ask more slowly");
    let odd = failed(&create(), 403, "Meet Bob <b@example.org> at 5\u{7}");
    assert_eq!(odd.code, "google.MeetBobbexample.orgat5", "letters, digits and dots");
    let newer = "{\"error\":{\"code\":429,\"message\":\"Quota exceeded\",\
                 \"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"x\"}]}}";
    let heard = run(&create(), |_| text(429, newer));
    assert_eq!(heard.failure().class, FailureClass::Throttled);
    for body in ["", "<html>", "{}", "{\"error\":\"invalid_grant\"}", "[1]"] {
        let heard = run(&create(), |_| text(403, body));
        assert_eq!(heard.failure().class, FailureClass::Forbidden, "{body}");
        assert_eq!(heard.failure().code, "http.403");
    }
}

#[test]
fn a_rest_that_is_asked_for_is_kept() {
    for status in [403, 429, 503] {
        let body = error_body(status, "rateLimitExceeded", "");
        let heard = run(&create(), |_| {
            let headers = vec![("retry-after".to_owned(), "30".to_owned())];
            Answer::Whole(status, headers, body.clone().into_bytes())
        });
        assert_eq!(heard.failure().class, FailureClass::Throttled, "{status}");
        assert_eq!(heard.failure().retry_at, Some(NOW.saturating_add_millis(30_000)));
    }
}

#[test]
fn what_is_not_there_counts_once_the_calendar_has_answered() {
    let names = vec![ObjectName::Derived(DERIVED.into()), ObjectName::Known(id("b"))];
    let op = ProviderOp::Fetch { calendar: calendar(), names };
    let heard = run(&op, |asked| match asked.path.ends_with("/events") {
        true => text(200, "{\"kind\":\"calendar#events\"}"),
        false => error(404, "notFound"),
    });
    assert_eq!(heard.asked.len(), 3);
    assert_eq!(heard.done, Done::Fetched);
    let evidence = Evidence::ReadAlone;
    let gone = |name: &str| Item::Removed { id: id(name), evidence };
    assert_eq!(heard.items(), [&gone(DERIVED), &gone("b")]);
    let heard = run(&op, |_| error(404, "notFound"));
    assert_eq!(heard.failure().class, FailureClass::CalendarGone);
    // One that is there is answer enough.
    let heard = run(&op, |asked| match asked.path.ends_with("/b") {
        true => json(&event("b", "B")),
        false => error(404, "notFound"),
    });
    assert_eq!((heard.asked.len(), heard.items().len()), (2, 2));
}

/// The end of reading a, b and c, where the n-th answer to b is this one, and the names that were asked for.
fn reading(mut b: impl FnMut(usize) -> Answer) -> (Heard, String) {
    let names = ["a", "b", "c"].map(|name| ObjectName::Known(id(name))).into();
    let mut nth = 0;
    let heard = run(&ProviderOp::Fetch { calendar: calendar(), names }, |asked| {
        match asked.path.rsplit('/').next().unwrap() {
            "b" => {
                nth += 1;
                b(nth)
            }
            "events" => text(200, "{\"kind\":\"calendar#events\"}"),
            name => json(&event(name, name)),
        }
    });
    let last = |asked: &Asked| asked.path.rsplit('/').next().unwrap().to_owned();
    let lines: Vec<String> = heard.asked.iter().map(last).collect();
    (heard, lines.join(" "))
}

/// Catches one event that Google does not give, and that holds up its calendar.
#[test]
fn what_fails_by_itself_is_asked_for_again_and_then_set_aside() {
    for (status, reason) in [(500, "backendError"), (400, "invalid"), (403, "forbidden")] {
        let (heard, asked) = reading(|_| error(status, reason));
        assert_eq!(asked, "a b c events b events b", "{reason}");
        assert_eq!(heard.done, Done::Fetched);
        let [Item::Event(_), Item::Event(_), Item::Broken(broken)] = heard.items()[..] else {
            panic!("{heard:?}")
        };
        assert_eq!((broken.id.0.as_str(), broken.version.as_ref()), ("b", None));
        assert_eq!(broken.code, format!("google.{reason}"));
    }
    let (heard, asked) = reading(|_| text(200, "{}"));
    assert_eq!((asked.as_str(), &heard.done), ("a b c events b events b", &Done::Fetched));
    let (heard, asked) = reading(|nth| match nth {
        1 => error(503, "backendError"),
        _ => json(&event("b", "B")),
    });
    assert_eq!((asked.as_str(), heard.items().len()), ("a b c events b", 3));
    assert_eq!(heard.done, Done::Fetched);
}

/// Catches one event that never comes whole, or in whose place a page comes, and that holds up its calendar.
#[test]
fn what_never_comes_whole_is_asked_for_again_and_then_set_aside() {
    for (answer, code) in [
        (web_page as fn() -> Answer, "google.json"),
        (|| Answer::Cut(b"{\"id\":\"b\"".to_vec(), HttpFailure::Cut), "net.cut"),
        (|| Answer::Cut(Vec::new(), HttpFailure::TooLarge), "net.too-large"),
    ] {
        let (heard, asked) = reading(|_| answer());
        assert_eq!((asked.as_str(), &heard.done), ("a b c events b events b", &Done::Fetched));
        let [Item::Event(_), Item::Event(_), Item::Broken(broken)] = heard.items()[..] else {
            panic!("{heard:?}")
        };
        assert_eq!((&*broken.id.0, &*broken.code), ("b", code));
        // Where nothing else comes either, nothing is set aside for it.
        let heard = run(&fetch("b"), |_| answer());
        assert!(heard.outputs.is_empty() && matches!(heard.done, Done::Failed(_)), "{heard:?}");
        // What breaks off once comes the next time.
        let (heard, asked) =
            reading(|nth| if nth == 1 { answer() } else { json(&event("b", "B")) });
        assert_eq!((asked.as_str(), heard.items().len()), ("a b c events b", 3));
    }
}

/// Catches a mirror that is made a second time: a place that cannot be read is neither taken nor free.
#[test]
fn what_may_be_ours_is_never_set_aside() {
    for (status, reason) in [(500, "backendError"), (400, "invalid"), (403, "forbidden")] {
        let names = vec![ObjectName::Derived("b".to_owned())];
        let op = ProviderOp::Fetch { calendar: calendar(), names };
        let heard = run(&op, |_| error(status, reason));
        assert_eq!(heard.failure().code, format!("google.{reason}"));
        assert!(heard.items().is_empty(), "{heard:?}");
        let heard = run(&op, |_| web_page());
        assert!(heard.failure().code == "google.json" && heard.outputs.is_empty(), "{heard:?}");
    }
}

/// Catches an outage that is taken for the fault of the events that were asked for meanwhile.
#[test]
fn a_service_that_fails_sets_nothing_aside() {
    for (status, reason, class) in [
        (403, "rateLimitExceeded", FailureClass::Throttled),
        (401, "authError", FailureClass::SignIn),
    ] {
        let (heard, asked) = reading(|_| error(status, reason));
        assert_eq!((asked.as_str(), heard.failure().class), ("a b", class));
    }
    let names: Vec<String> = (0..40).map(|n| format!("e{n}")).collect();
    let all = names.iter().map(|name| ObjectName::Known(id(name))).collect();
    let op = ProviderOp::Fetch { calendar: calendar(), names: all };
    for first in [0, 5] {
        let mut nth = 0;
        let heard = run(&op, |asked| {
            nth += 1;
            let name = asked.path.rsplit('/').next().unwrap();
            if nth <= first { json(&event(name, "E")) } else { error(500, "backendError") }
        });
        assert_eq!(heard.failure().class, FailureClass::Transient);
        assert!(heard.asked.len() <= first + 9, "{}", heard.asked.len());
        assert_eq!(heard.items().len(), first, "nothing is set aside");
    }
    let failed = run(&op, |_| error(403, "insufficientPermissions"));
    assert_eq!((failed.failure().class, failed.asked.len()), (FailureClass::Forbidden, 4));
}

#[test]
fn a_read_that_breaks_off_says_nothing_of_the_event() {
    let whole = event("e1", "One").to_string();
    for len in 0..whole.len() {
        let heard = run(&fetch("e1"), |_| text(200, &whole[..len]));
        assert_eq!(heard.failure().class, FailureClass::Protocol, "{len}");
    }
    for lost in [HttpFailure::Dns, HttpFailure::Reset, HttpFailure::Deadline, HttpFailure::Cut] {
        let heard = run(&fetch("e1"), |_| Answer::None(lost));
        assert_eq!(heard.failure().class, FailureClass::Transient);
    }
}

#[test]
fn an_address_that_is_none_is_said_before_anything_is_sent() {
    for api in ["", "calendar", "ftp://h/"] {
        let google = Google::new(GoogleConfig { api: api.into(), ..GoogleConfig::default() });
        let refused = google.start(&ProviderOp::Discover, &Credential::None).err().unwrap();
        assert_eq!(
            (refused.class, refused.code.as_str()),
            (FailureClass::Refused, "google.address")
        );
    }
}
