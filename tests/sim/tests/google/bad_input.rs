//! What no calendar should hold, and some do.

use std::collections::BTreeMap;

use kalends_core::graph::DetailLevel;
use kalends_core::ports::Clock as _;
use kalends_testkit::caldav_sim::When;
use serde_json::json;

use super::rig::{ANN, BOB, DAN, Rig, meeting};

/// Row 23: an event that cannot be read is set aside with its reason, whatever is wrong with it, and
/// read again only once it is another; what is only odd is read as the safe side has it; the calendar
/// goes on.
#[test]
fn row_23_what_cannot_be_read_is_set_aside_alone() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.settle();
    let mut ids = BTreeMap::new();
    for (day, title) in
        ["Rule", "Time", "Long", "Words", "Early", "Late", "Good"].iter().enumerate()
    {
        let mut event = meeting(title, 3 * u32::try_from(day).unwrap());
        let on = |date: &str| json!({ "date": date });
        match *title {
            "Rule" => event["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=4"]),
            "Long" => event["description"] = json!("Agenda"),
            "Time" => event["location"] = json!("Lift"),
            "Early" => {
                (event["start"], event["end"]) = (on("1601-01-01"), on("1601-01-02"));
            }
            "Late" => (event["start"], event["end"]) = (on("9999-12-30"), on("9999-12-31")),
            _ => {}
        }
        ids.insert(*title, rig.add(ANN, ANN, &event));
    }
    rig.spoil(&[
        ("RRULE:FREQ=DAILY;COUNT=4", "RRULE:FREQ=FORTNIGHTLY".to_owned()),
        ("\"location\":\"Lift\"", "\"location\":[\"Lift\"]".to_owned()),
        ("Agenda", "All of it. ".repeat(100_000)),
        ("\"eventType\":\"default\"", "\"eventType\":\"holodeck\"".to_owned()),
    ]);
    rig.settle();
    let titles = |rig: &Rig| {
        let shown = rig.shows(BOB, &rig.overlay(BOB)).into_iter();
        shown.map(|(title, _)| title).collect::<Vec<String>>()
    };
    assert_eq!(titles(&rig), ["Good", "Words"], "years far away are no part of the window");
    let aside = rig.set_aside();
    let code = |title: &str| aside.get(&ids[title]).map(String::as_str);
    assert_eq!(code("Rule"), Some("ical.bad-rrule"), "{aside:?}");
    assert_eq!(code("Time"), Some("google.shape"), "{aside:?}");
    assert_eq!(code("Long"), Some("item.too-large"), "{aside:?}");
    assert_eq!(aside.len(), 3, "{aside:?}");
    let _ = rig.asked();
    rig.sync();
    assert!(!rig.asked().contains(&"GET one".to_owned()), "nothing is tried again by itself");
    // The calendar goes on beside them, and what becomes readable is mirrored.
    rig.add(ANN, ANN, &meeting("Next", 25));
    rig.spoil(&[]);
    rig.edit(ANN, (ANN, &ids["Time"]), &json!({ "location": "Room" }));
    rig.settle();
    assert_eq!(titles(&rig), ["Good", "Next", "Time", "Words"]);
    assert_eq!(rig.set_aside().len(), 2, "the other two are as they were");
}

/// Catches a series with so many changed instances, each an object of its own, that it holds up its
/// calendar.
#[test]
fn five_thousand_changed_instances_of_a_series_hold_up_no_other_event() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Busy);
    rig.settle();
    let at = |hour: u32| json!({ "dateTime": format!("2026-06-02T{hour:02}:00:00Z"), "timeZone": "Etc/UTC" });
    let rule = json!(["RRULE:FREQ=DAILY;COUNT=5000"]);
    let crowd = json!({ "summary": "Crowd", "start": at(8), "end": at(9), "recurrence": rule });
    let series = rig.add(ANN, ANN, &crowd);
    {
        let now = rig.clock.now().as_millis();
        let mut google = rig.google();
        let mut ann = google.person(ANN, now);
        for n in 0..5_000 {
            let guest = json!({ "summary": format!("Guest {n}") });
            ann.edit_instance(ANN, &series, 1_780_387_200 + n * 86_400, &guest).unwrap();
        }
    }
    rig.add(ANN, ANN, &meeting("Good", 3));
    rig.settle();
    let shown = rig.shows(BOB, &rig.overlay(BOB));
    assert!(shown.iter().any(|(_, at)| at.starts_with("2026-06-05T10")), "{}", shown.len());
    let entries = rig.entries_of("presence");
    assert!(entries <= 60, "{entries} times the series was recorded");
}

/// Row 23: an event that Google does not give, however often it is asked, is set aside, and its calendar
/// goes on though its token is lost.
#[test]
fn row_23_an_event_that_cannot_be_fetched_holds_up_no_other() {
    for (fault, code) in [
        ("F12-500", "google.backendError"),
        ("F30", "google.json"),
        ("X3", "net.cut"),
        ("X12", "google.json"),
    ] {
        one_cannot_be_fetched(fault, code);
    }
}

fn one_cannot_be_fetched(fault: &str, code: &str) {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    let ids: Vec<String> =
        (0..20).map(|n| rig.add(ANN, ANN, &meeting(&format!("Old {n:02}"), n))).collect();
    rig.settle();
    let titles = |rig: &Rig| {
        let shown = rig.shows(BOB, &rig.overlay(BOB)).into_iter();
        let mut shown: Vec<String> = shown.map(|(title, _)| title).collect();
        shown.sort();
        shown
    };
    assert!(rig.google().plan("GET", &format!("*/events/{}", ids[7]), When::Always, fault));
    rig.google().expire_tokens(ANN);
    for (n, id) in ids.iter().enumerate() {
        rig.edit(ANN, (ANN, id), &json!({ "summary": format!("New {n:02}") }));
    }
    rig.settle();
    let news = |held: Option<usize>| {
        let title = |n: usize| format!("{} {n:02}", if Some(n) == held { "Old" } else { "New" });
        let mut all: Vec<String> = (0..20).map(title).collect();
        all.sort();
        all
    };
    assert_eq!(titles(&rig), news(Some(7)), "{fault}");
    assert_eq!(rig.set_aside(), BTreeMap::from([(ids[7].clone(), code.to_owned())]));
    rig.google().faults_mut().clear();
    rig.edit(ANN, (ANN, &ids[7]), &json!({ "location": "Room" }));
    rig.settle();
    assert_eq!((titles(&rig), rig.set_aside().len()), (news(None), 0), "{fault}");
}

/// Row 15: an event without a length is mirrored once at either provider, and nothing is written again.
#[test]
fn row_15_an_event_without_a_length_is_mirrored_once() {
    let rig = Rig::of(&[ANN, BOB, DAN]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.edge(ANN, DAN, DetailLevel::Title);
    let mut moment = meeting("Moment", 0);
    moment["end"] = moment["start"].clone();
    rig.add(ANN, ANN, &moment);
    rig.settle();
    assert_eq!(rig.mirrors(&rig.overlay(BOB)).len(), 1);
    assert_eq!(rig.dav().names(&rig.overlay(DAN)).len(), 1);
    assert!(rig.parked().is_empty() && rig.set_aside().is_empty());
    for _ in 0..5 {
        rig.clock.advance_millis(2 * 86_400_000);
        let report = rig.sync();
        assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
    }
}

/// Catches a second mirror: the answer to its creation is lost, and Google does not give what stands in
/// its place, which is then neither somebody else's nor free.
#[test]
fn a_mirror_is_made_once_though_neither_its_answer_nor_a_look_at_it_comes() {
    for fault in ["F12-500", "F12-503", "F30"] {
        let rig = Rig::of(&[ANN, BOB]);
        rig.edge(ANN, BOB, DetailLevel::Title);
        rig.add(ANN, ANN, &meeting("First", 1));
        rig.settle();
        let overlay = rig.overlay(BOB);
        assert!(rig.google().plan("POST", &format!("*/{overlay}/events"), When::Nth(1), "F13"));
        assert!(rig.google().plan("GET", &format!("*/{overlay}/events/*"), When::First(3), fault));
        rig.add(ANN, ANN, &meeting("Second", 2));
        rig.settle();
        assert_eq!(rig.mirrors(&overlay).len(), 2, "{fault}");
    }
}
