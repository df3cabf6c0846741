//! What Google is asked, counted.

use kalends_core::graph::DetailLevel;

use super::rig::{ANN, BOB, Rig, meeting};

/// A pass that no notice asked for looks at the list of calendars, and then at each of them once.
#[test]
fn a_pass_that_nobody_asked_for_is_one_request_more_than_there_are_calendars() {
    let rig = Rig::of(&[ANN]);
    let other = rig.google().add_calendar(ANN, "Other");
    rig.add(ANN, ANN, &meeting("One", 0));
    rig.add(ANN, &other, &meeting("Two", 1));
    for _ in 0..3 {
        rig.sync_untold();
    }
    let _ = rig.asked();
    rig.sync_untold();
    assert_eq!(rig.asked(), ["GET calendarList", "GET events", "GET events"]);
}

/// A pass over one calendar that a notice told of, and in which nothing changed, is one request.
#[test]
fn a_pass_in_which_nothing_changed_is_one_request() {
    let rig = Rig::of(&[ANN]);
    rig.add(ANN, ANN, &meeting("One", 0));
    rig.settle();
    let _ = rig.asked();
    let id = rig.add(ANN, ANN, &meeting("Two", 1));
    rig.ring();
    rig.work();
    assert_eq!(rig.asked(), ["GET events"]);
    rig.edit(ANN, (ANN, &id), &serde_json::json!({ "colorId": "3" }));
    rig.ring();
    rig.work();
    assert_eq!(rig.asked(), ["GET events"]);
}

/// A first sync of N events takes N/2500 listings.
#[test]
fn a_first_sync_lists_by_two_thousand_five_hundred() {
    let mut rig = Rig::of(&[]);
    for n in 0..5_001 {
        rig.add(ANN, ANN, &meeting(&format!("E{n}"), n % 20));
    }
    rig.sign_in(ANN);
    let _ = rig.asked();
    rig.sync();
    let asked = rig.asked();
    assert_eq!(asked.iter().filter(|line| *line == "GET events").count(), 3, "{asked:?}");
    assert_eq!(asked.iter().filter(|line| *line == "GET one").count(), 0);
}

/// Five thousand mirrors are written by one sync within Google's limits, and none is refused.
#[test]
fn five_thousand_mirrors_are_written_within_the_limit_and_none_is_refused() {
    let rig = Rig::of(&[ANN, BOB]);
    for n in 0..5_000 {
        rig.add(ANN, ANN, &meeting(&format!("E{n}"), n % 20));
    }
    rig.edge(ANN, BOB, DetailLevel::Busy);
    let _ = rig.answered();
    let report = rig.sync();
    assert_eq!((report.created, report.settled, report.failures.len()), (5_000, true, 0));
    let told = rig.answered();
    let refused: Vec<_> = told.iter().filter(|(_, status)| *status >= 400).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let (first, last) = (told[0].0, told[told.len() - 1].0);
    let minutes = (last - first) / 60_000;
    // 480 of 600 a minute are for writes.
    assert!((10..=13).contains(&minutes), "{minutes} minutes for {} requests", told.len());
    assert_eq!(rig.mirrors(&rig.overlay(BOB)).len(), 2_500, "the first page of them");
}

/// A mirror is one write, also of a series; a changed instance of it is found before it is written.
#[test]
fn a_series_is_one_write_and_a_changed_instance_three_requests() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.settle();
    let mut daily = meeting("Daily", 0);
    daily["recurrence"] = serde_json::json!(["RRULE:FREQ=DAILY;COUNT=20"]);
    let id = rig.add(ANN, ANN, &daily);
    let _ = rig.asked();
    rig.ring();
    rig.work();
    assert_eq!(rig.asked(), ["GET events", "POST events"]);
    rig.settle();
    let now_ms = kalends_core::ports::Clock::now(&rig.clock).as_millis();
    let third = 1_780_560_000; // 2026-06-04T08:00:00Z
    let patch = serde_json::json!({ "summary": "Other" });
    rig.google().person(ANN, now_ms).edit_instance(ANN, &id, third, &patch).unwrap();
    let _ = rig.asked();
    rig.ring();
    rig.work();
    let asked = rig.asked();
    assert_eq!(asked, ["GET events", "GET instances", "GET one", "PUT one"]);
    assert_eq!(rig.shows(BOB, &rig.overlay(BOB)), rig.shows(ANN, ANN));
}
