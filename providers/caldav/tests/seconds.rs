//! Servers whose tokens count seconds.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::provider::{Done, Listing, ProviderOp};

mod common;
use common::*;

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const SECOND: i64 = 784_111_777;

fn token_of(listing: Listing, said: i64) -> Option<String> {
    let own = format!(
        "<response><href>/c/work/</href><propstat><prop><sync-token>{said}</sync-token></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>"
    );
    let member = "<response><href>/c/work/a.ics</href><propstat><prop><getetag>\"1\"</getetag></prop>\
         <status>HTTP/1.1 200 OK</status></propstat></response>";
    let body = match listing {
        Listing::Names => format!("<multistatus xmlns=\"DAV:\">{own}{member}</multistatus>"),
        Listing::Since(_) | Listing::Contents => format!(
            "<multistatus xmlns=\"DAV:\">{member}<sync-token>{said}</sync-token></multistatus>"
        ),
    };
    let op = ProviderOp::List { calendar: id("/c/work/"), listing };
    let headers = [("content-type", "application/xml; charset=utf-8"), ("date", DATE)];
    let heard = run(&config("https://h/", HOME), &op, 64, |_| answer(207, &headers, &body));
    let Done::Listed(listed) = heard.done else { panic!("{:?}", heard.done) };
    listed.token
}

/// Catches a change in the second of a listing, behind it, that is not seen before something else changes.
#[test]
fn a_token_of_the_present_second_goes_on_from_the_one_before() {
    for listing in [Listing::Names, Listing::Contents, Listing::Since("7".to_owned())] {
        for (said, kept) in [(0, -1), (-1, -2), (-2, -2), (-86_400, -86_400)] {
            let token = token_of(listing.clone(), SECOND + said);
            assert_eq!(token, Some((SECOND + kept).to_string()), "{listing:?} {said}");
        }
    }
    assert_eq!(token_of(Listing::Names, 12), Some("12".to_owned()), "others only count");
}
