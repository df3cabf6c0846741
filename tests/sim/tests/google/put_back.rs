//! Instances of a mirror that were put back as its series had them: they stay exceptions at Google,
//! and go with the series all the same, whatever becomes of a write of it.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ports::Clock as _;
use kalends_core::step::UserEdit;
use kalends_testkit::caldav_sim::When;
use serde_json::{Value, json};

use super::rig::{ANN, BOB, Rig, meeting};

/// 2026-06-04T08:00:00Z: the third start of the series.
const THIRD: i64 = 1_780_560_000;

fn titled(title: &str) -> Value {
    json!({ "summary": title })
}

/// A daily series of Ann's in Bob's overlay, one instance of which Bob changed and which was put back;
/// from then on the edge has these options. And the ids of the series and of its mirror.
fn put_back(options: EdgeOptions) -> (Rig, String, String) {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge_with(ANN, BOB, full());
    let mut daily = meeting("Daily", 0);
    daily["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=8"]);
    let series = rig.add(ANN, ANN, &daily);
    rig.settle();
    let mirror = rig.mirrors(&rig.overlay(BOB))[0].clone();
    touch(&rig, &mirror, &titled("Mine"));
    rig.settle();
    assert_eq!(exceptions(&rig), ["Daily"], "it is no part of the series at Google any more");
    change_edge(&rig, options);
    rig.settle();
    (rig, series, mirror)
}

/// Bob changes the third instance of the mirror.
fn touch(rig: &Rig, mirror: &str, change: &Value) {
    let (overlay, now) = (rig.overlay(BOB), rig.clock.now().as_millis());
    rig.google().person(BOB, now).edit_instance(&overlay, mirror, THIRD, change).unwrap();
}

fn change_edge(rig: &Rig, options: EdgeOptions) {
    let edge = *rig.config().edges.keys().next().unwrap();
    rig.author(UserEdit::ChangeEdge { edge, base: None, options: Box::new(options) });
}

/// The titles of changed instances in Bob's overlay.
fn exceptions(rig: &Rig) -> Vec<String> {
    let all = rig.look(BOB, &rig.overlay(BOB), false);
    let changed = all.iter().filter(|event| !event["recurringEventId"].is_null());
    changed.map(|event| event["summary"].as_str().unwrap_or_default().to_owned()).collect()
}

fn full() -> EdgeOptions {
    EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() }
}

fn all_say(rig: &Rig, title: &str, after: &str) {
    let shown = rig.shows(BOB, &rig.overlay(BOB));
    assert_eq!(shown.len(), 8, "{after}: {shown:?}");
    assert!(shown.iter().all(|(one, _)| one == title), "{after}: {shown:?}");
    let report = rig.sync();
    let wrote = (report.created, report.updated, report.deleted, report.parked);
    assert_eq!(wrote, (0, 0, 0, 0), "{after}");
}

/// Catches an instance that keeps the old title, since the answer to the write of its series was lost,
/// or what came after it failed: the search for such instances, or the write of one.
#[test]
fn it_follows_its_series_whatever_becomes_of_the_write() {
    for (method, nth, fault) in [
        ("PUT", 1, "F13"),
        ("PUT", 1, "F12-503"),
        ("PUT", 2, "F13"),
        ("PUT", 2, "F5-429"),
        ("PUT", 2, "F11-once"),
        ("SEARCH", 1, "F5-429"),
        ("SEARCH", 1, "F30"),
        ("SEARCH", 1, "X2"),
    ] {
        let after = format!("{fault} at {method} {nth}");
        let (rig, series, _) = put_back(full());
        rig.edit(ANN, (ANN, &series), &titled("Weekly"));
        let events = format!("*/{}/events*", rig.overlay(BOB));
        // Of the overlay are read: what changed in it, and then those that are looked for.
        let (method, nth) = if method == "SEARCH" { ("GET", 2) } else { (method, nth) };
        assert!(rig.google().plan(method, &events, When::Nth(nth), fault), "{after}");
        rig.settle();
        all_say(&rig, "Weekly", &after);
    }
}

/// Catches a title on an instance that its level hides by now.
#[test]
fn it_shows_no_more_than_its_series_where_the_level_is_lowered_and_no_answer_comes() {
    let (rig, _, _) = put_back(full());
    change_edge(&rig, EdgeOptions { level: DetailLevel::Busy, ..full() });
    assert!(rig.google().plan("PUT", "*", When::Nth(1), "F13"));
    rig.settle();
    all_say(&rig, "Busy", "lowered");
}

/// Catches an instance that keeps the title which its series had before a person gave it another in
/// the mirror: nothing is written there then.
#[test]
fn it_follows_its_series_where_a_person_retitles_that_in_the_mirror() {
    for on_edit in [OnEdit::Propagate, OnEdit::Revert] {
        let (rig, _, mirror) = put_back(EdgeOptions { on_edit, ..full() });
        rig.edit(BOB, (&rig.overlay(BOB), &mirror), &titled("Theirs"));
        rig.settle();
        let title = if on_edit == OnEdit::Propagate { "Theirs" } else { "Daily" };
        all_say(&rig, title, &format!("{on_edit:?}"));
    }
}

/// Catches the same where both sides came to one title before either was read.
#[test]
fn it_follows_its_series_where_mirror_and_origin_come_to_say_the_same() {
    let (rig, series, mirror) = put_back(full());
    rig.edit(BOB, (&rig.overlay(BOB), &mirror), &titled("Both"));
    rig.edit(ANN, (ANN, &series), &titled("Both"));
    rig.settle();
    all_say(&rig, "Both", "the same");
}

/// Catches one that is forgotten before it was written, since a listing tells of it in between.
#[test]
fn it_follows_its_series_though_a_listing_tells_of_it_before_that_is_written() {
    let (rig, _, mirror) = put_back(EdgeOptions { on_edit: OnEdit::Propagate, ..full() });
    let overlay = rig.overlay(BOB);
    rig.edit(BOB, (&overlay, &mirror), &titled("Theirs"));
    let instances = format!("*/{overlay}/events/*");
    assert!(rig.google().plan("PUT", &instances, When::First(2), "F12-503"));
    rig.sync();
    assert_eq!(exceptions(&rig), ["Daily"], "it waits");
    // Someone touches it so that a listing shows it, and it says what it said.
    touch(&rig, &mirror, &json!({ "colorId": "3" }));
    rig.settle();
    all_say(&rig, "Theirs", "shown in between");
}
