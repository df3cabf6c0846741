//! Servers that are too slow, that let nobody at one member, or that do half of what they are asked.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ids::Version;
use kalends_core::ports::{HttpFailure, HttpHead, HttpRequest};
use kalends_core::presence::Guests;
use kalends_core::provider::{Done, FailureClass, Listing, ProviderOp};

mod common;
use common::*;

const NAMES: &str = include_str!("literal/names.xml");
const HOME_LISTING: &str = include_str!("literal/home.xml");

fn asks_for_texts(request: &HttpRequest) -> bool {
    String::from_utf8_lossy(&request.body).contains("calendar-data")
}

type Trouble = Box<dyn Fn() -> Answer>;

#[test]
fn a_first_report_that_is_too_slow_goes_on_by_names() {
    let cut = |len: usize, failure| {
        let head = HttpHead { status: 207, headers: vec![] };
        Answer::Cut(head, SYNC.as_bytes()[..len].to_vec(), failure)
    };
    let troubles: [(&str, Trouble); 9] = [
        ("no head in time", Box::new(|| Answer::None(HttpFailure::Deadline))),
        ("reset before the head", Box::new(|| Answer::None(HttpFailure::Reset))),
        ("cut before an item", Box::new(move || cut(20, HttpFailure::Cut))),
        ("late before an item", Box::new(move || cut(20, HttpFailure::Deadline))),
        ("cut within", Box::new(move || cut(SYNC.len() - 40, HttpFailure::Cut))),
        ("reset within", Box::new(move || cut(SYNC.len() - 40, HttpFailure::Reset))),
        ("502", Box::new(|| xml(502, ""))),
        ("503", Box::new(|| xml(503, ""))),
        ("504", Box::new(|| xml(504, ""))),
    ];
    for (what, trouble) in troubles {
        let heard = run(&known(), &list(Listing::Contents), 16, |request| {
            if asks_for_texts(request) { trouble() } else { xml(207, NAMES) }
        });
        let Done::Listed(listed) = &heard.done else { panic!("{what}: {:?}", heard.done) };
        assert!(listed.whole && listed.token.as_deref() == Some("t9"), "{what}");
        assert_eq!(heard.requests, 2, "{what}");
    }
}

#[test]
fn a_server_that_answers_nothing_or_asks_for_rest_is_left_alone() {
    for failure in [HttpFailure::Dns, HttpFailure::Refused, HttpFailure::Tls] {
        let heard = run(&known(), &list(Listing::Contents), 16, |_| Answer::None(failure));
        assert_eq!((heard.failure().class, heard.requests), (FailureClass::Transient, 1));
    }
    let heard =
        run(&known(), &list(Listing::Contents), 16, |_| answer(503, &[("retry-after", "9")], ""));
    assert_eq!((heard.failure().class, heard.requests), (FailureClass::Throttled, 1));
    let heard =
        run(&known(), &list(Listing::Contents), 16, |_| Answer::None(HttpFailure::Deadline));
    assert_eq!((heard.failure().class, heard.requests), (FailureClass::Transient, 2));
    let since = list(Listing::Since("t1".into()));
    let heard = run(&known(), &since, 16, |_| Answer::None(HttpFailure::Deadline));
    assert_eq!((heard.failure().class, heard.requests), (FailureClass::Transient, 1));
}

fn with_status(status: u16) -> String {
    HOME_LISTING.replace(
        "<d:response><d:href>/c/tasks/</d:href>",
        &format!(
            "<d:response><d:href>/c/secret/</d:href><d:status>HTTP/1.1 {status} No</d:status>\
             </d:response><d:response><d:href>/c/tasks/</d:href>"
        ),
    )
}

#[test]
fn a_member_that_lets_nobody_in_hides_no_other() {
    for status in [401, 403] {
        let listing = with_status(status);
        let heard = run(&known(), &ProviderOp::Discover, 64, |_| xml(207, &listing));
        assert!(matches!(heard.done, Done::Discovered { .. }), "{status}: {:?}", heard.done);
        assert_eq!(heard.outputs.len(), 3, "{status}");
    }
    for status in [423, 500, 503, 507] {
        let listing = with_status(status);
        let heard = run(&known(), &ProviderOp::Discover, 64, |_| xml(207, &listing));
        assert_eq!(heard.failure().class, FailureClass::Transient, "{status}");
    }
    // The home itself: what it does not show is not for that gone.
    let own = "<multistatus xmlns=\"DAV:\"><response><href>/c/</href>\
               <status>HTTP/1.1 403 Forbidden</status></response></multistatus>";
    let heard = run(&known(), &ProviderOp::Discover, 64, |_| xml(207, own));
    assert_eq!(heard.failure().code, "dav.member");
}

#[test]
fn a_deletion_that_was_done_in_part_is_not_done() {
    let part = "<multistatus xmlns=\"DAV:\"><response><href>/c/kalends-abc0/x.ics</href>\
                <status>HTTP/1.1 423 Locked</status></response></multistatus>";
    let object = ProviderOp::Delete {
        calendar: calendar(),
        id: id("/c/work/d0.ics"),
        version: Version("\"x\"".into()),
        guests: Guests::Untold,
    };
    let whole = ProviderOp::DeleteCalendar {
        calendar: id("/c/kalends-abc0/"),
        derived: vec!["abc0".to_owned()],
    };
    for op in [object, whole] {
        let heard = run(&known(), &op, 64, |request| {
            assert_eq!(request.method, "DELETE");
            xml(207, part)
        });
        assert_eq!(heard.failure().class, FailureClass::Unknown, "{op:?}");
        assert_eq!(heard.failure().code, "dav.delete-part");
        let heard = run(&known(), &op, 64, |_| xml(204, ""));
        assert_eq!(heard.done, Done::Deleted);
    }
}
