//! Answers that may lack something, and so say nothing of what they leave out.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ports::HttpHead;
use kalends_core::provider::{Done, FailureClass, Listing, ProviderOp};

mod common;
use common::*;

const NAMES: &str = include_str!("literal/names.xml");

/// Catches an answer that lacks something and yet says of what it leaves out that it is gone.
#[test]
fn an_answer_that_may_lack_something_is_no_whole_listing() {
    let listed = |listing: Listing, body: &str| {
        let op = ProviderOp::List { calendar: id("/c/work/"), listing };
        let heard = run(&config("https://h/", HOME), &op, 64, |_| xml(207, body));
        let Done::Listed(listed) = heard.done else { panic!("{:?}", heard.done) };
        listed
    };
    let (first, rest) = NAMES.split_once("<d:response>").unwrap();
    let (_, members) = rest.split_once("<d:response>").unwrap();
    let without_own = format!("{first}<d:response>{members}");
    let own = "<d:href>/c/work/</d:href>";
    let status =
        |code: &str| NAMES.replace(own, &format!("{own}<d:status>HTTP/1.1 {code}</d:status>"));
    let unnamed = NAMES.replace("<d:href>a.ics</d:href>", "<d:href>gopher://h/a.ics</d:href>");
    let bodies = [without_own, status("507 Full"), status("500 Failed"), unnamed];
    for body in &bodies {
        let listed = listed(Listing::Names, body);
        assert!(!listed.whole && listed.token.is_none() && listed.tag.is_none(), "{body}");
    }
    assert!(listed(Listing::Names, &status("200 OK")).whole);

    let report = |token: &str| {
        format!(
            "<multistatus xmlns=\"DAV:\"><response><href>/c/work/a.ics</href><propstat><prop>\
             <getetag>\"1\"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat>\
             </response>{token}</multistatus>"
        )
    };
    let token = "<sync-token>t2</sync-token>";
    assert!(listed(Listing::Contents, &report(token)).whole);
    assert!(!listed(Listing::Contents, &report("")).whole);
    let unnamed = report(token).replace("/c/work/a.ics", "gopher://h/a.ics");
    assert!(!listed(Listing::Contents, &unnamed).whole);
}

fn octets(body: &[u8]) -> Answer {
    let headers = vec![("content-type".to_owned(), "application/xml".to_owned())];
    Answer::Whole(HttpHead { status: 207, headers }, body.to_vec())
}

/// Catches a change that nobody could name, and that a new token passes over for good.
#[test]
fn a_change_without_a_name_costs_the_token() {
    let changed = |href: &[u8]| {
        let op =
            ProviderOp::List { calendar: id("/c/work/"), listing: Listing::Since("t1".to_owned()) };
        let before = b"<multistatus xmlns=\"DAV:\"><response><href>";
        let after = b"</href><propstat><prop><getetag>\"1\"</getetag></prop>\
                      <status>HTTP/1.1 200 OK</status></propstat></response>\
                      <sync-token>t2</sync-token></multistatus>";
        let body = [before.as_slice(), href, after].concat();
        run(&config("https://h/", HOME), &op, 64, |_| octets(&body)).done
    };
    assert!(matches!(changed(b"/c/work/a.ics"), Done::Listed(listed) if listed.token.is_some()));
    for href in [&b"gopher://h/a.ics"[..], b"/c/work/a\xff.ics"] {
        let done = changed(href);
        let Done::Failed(failure) = done else { panic!("{done:?}") };
        assert_eq!((failure.class, &*failure.code), (FailureClass::CursorLost, "dav.unnamed"));
    }
}
