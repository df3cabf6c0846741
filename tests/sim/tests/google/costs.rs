//! What Google is asked, counted.

use kalends_core::graph::DetailLevel;

use crate::rig::{ANN, BOB, Rig, meeting};

/// A pass over one calendar in which nothing changed is one request.
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
