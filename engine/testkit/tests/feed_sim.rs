//! The feed simulator, seen from the wire.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

use kalends_testkit::caldav_sim::{Delivery, SimRequest};
use kalends_testkit::feed_sim::{FeedFault, FeedSim};

const NOW: i64 = 1_767_225_600_000;
const TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//feed//EN\r\nBEGIN:VEVENT\r\n\
    UID:one@feed\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:One\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";

fn feed() -> FeedSim {
    FeedSim::new("/team.ics", TEXT, NOW)
}

fn get() -> SimRequest {
    SimRequest::new("GET", "http://localhost/team.ics?key=secret")
}

#[test]
fn validators_give_a_304_until_the_feed_changes() {
    let mut feed = feed();
    let first = feed.handle(NOW, &get());
    assert_eq!((first.status, first.text().as_str()), (200, TEXT));
    let by_tag = get().header("If-None-Match", first.get("ETag").unwrap());
    let by_date = get().header("If-Modified-Since", first.get("Last-Modified").unwrap());
    assert_eq!(feed.handle(NOW, &by_tag).status, 304);
    assert_eq!(feed.handle(NOW, &by_date).status, 304);
    feed.publish(&TEXT.replace("One", "Two"), NOW + 60_000);
    assert_eq!(feed.handle(NOW, &by_tag).status, 200);
    assert_eq!(feed.handle(NOW, &by_date).status, 200);
    feed.habits_mut().etag = false;
    feed.habits_mut().last_modified = false;
    let bare = feed.handle(NOW, &by_tag);
    assert_eq!((bare.status, bare.get("ETag"), bare.get("Last-Modified")), (200, None, None));
}

#[test]
fn generators_without_memory_change_uids_and_stamps() {
    let mut feed = feed();
    feed.habits_mut().changing_uids = true;
    let (first, second) = (feed.handle(NOW, &get()).text(), feed.handle(NOW, &get()).text());
    assert_ne!(first, second);
    assert!(!second.contains("one@feed") && second.contains("SUMMARY:One"));
    feed.habits_mut().changing_uids = false;
    feed.habits_mut().changing_stamps = true;
    assert!(feed.handle(NOW + 1_000, &get()).text().contains("DTSTAMP:20260101T000001Z"));
}

#[test]
fn each_fault_hits_one_fetch() {
    let mut feed = feed();
    for fault in [
        FeedFault::Truncated(60),
        FeedFault::Reset(60),
        FeedFault::LoginPage,
        FeedFault::Endless,
        FeedFault::Huge(1 << 20),
        FeedFault::Redirect(302, "https://elsewhere.example/t.ics".to_owned()),
        FeedFault::Status(503, Some("30".to_owned())),
        FeedFault::Empty,
        FeedFault::NoEvents,
        FeedFault::Deliver(Delivery::Refused),
    ] {
        feed.plan(fault);
    }
    let replies: Vec<_> = (0..11).map(|_| feed.handle(NOW, &get())).collect();
    assert_eq!(replies[0].body.len(), 60);
    assert_eq!(replies[0].get("Content-Length"), Some("60"));
    assert_eq!(replies[1].delivery, Delivery::TruncateAt(60));
    assert_eq!(replies[1].get("Content-Length"), Some(TEXT.len().to_string().as_str()));
    assert!(replies[2].get("Content-Type").unwrap().starts_with("text/html"));
    assert_eq!(replies[3].delivery, Delivery::Endless(b' '));
    assert!(replies[4].body.len() >= 1 << 20 && replies[4].text().ends_with("END:VCALENDAR\r\n"));
    assert_eq!(replies[5].get("Location"), Some("https://elsewhere.example/t.ics"));
    assert_eq!((replies[6].status, replies[6].get("Retry-After")), (503, Some("30")));
    assert_eq!((replies[7].status, replies[7].body.len()), (200, 0));
    assert!(!replies[8].text().contains("VEVENT"));
    assert_eq!((replies[9].status, replies[9].delivery), (0, Delivery::Refused));
    assert_eq!(replies[10].text(), TEXT);
    assert_eq!(feed.log().len(), 11);
}

#[test]
fn other_paths_and_methods_are_refused() {
    let mut feed = feed();
    assert_eq!(feed.handle(NOW, &SimRequest::new("GET", "/other.ics")).status, 404);
    assert_eq!(feed.handle(NOW, &SimRequest::new("PROPFIND", "/team.ics")).status, 405);
    let head = feed.handle(NOW, &SimRequest::new("HEAD", "/team.ics"));
    assert_eq!((head.status, head.body.len()), (200, 0));
}
