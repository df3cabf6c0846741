//! Series whose mirrors cannot be read just now: what a person made of an instance there is not known.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_testkit::caldav_sim::When;
use serde_json::json;

use super::rig::{ANN, BOB, Rig, meeting};

/// 2026-06-04T08:00:00Z: the third instance.
const THIRD: i64 = 1_780_560_000;

/// A series of Ann's that Bob's overlay shows whole, and the names of both.
fn mirrored() -> (Rig, String, String) {
    let rig = Rig::of(&[ANN, BOB]);
    let (level, on_edit) = (DetailLevel::Full, OnEdit::Propagate);
    rig.edge_with(ANN, BOB, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
    let mut daily = meeting("Daily", 0);
    daily["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=8"]);
    daily["description"] = json!("the numbers");
    let series = rig.add(ANN, ANN, &daily);
    rest(&rig);
    let mirror = rig.mirrors(&rig.overlay(BOB)).remove(0);
    (rig, series, mirror)
}

/// Syncs that read all calendars, since no notices come in.
fn rest(rig: &Rig) {
    for _ in 0..6 {
        let _report = rig.sync_untold();
        rig.clock.advance_millis(3_600_000);
    }
}

/// Catches details that stay to be read by all with whom a calendar is shared, since it fails to be
/// read when its edge is to show less.
#[test]
fn less_is_shown_at_once_though_the_calendar_fails_to_be_read() {
    let (rig, ..) = mirrored();
    let overlay = rig.overlay(BOB);
    let listing = format!("*/{overlay}/events");
    assert!(rig.google().plan("GET", &listing, When::Always, "F12-503"));
    rig.add(BOB, &overlay, &meeting("Other", 3));
    let report = rig.sync_untold();
    assert_eq!((report.updated, report.failures.len()), (0, 1), "{report:?}");
    let edge = rig.config().edges.into_values().next().unwrap();
    let options = Box::new(EdgeOptions { level: DetailLevel::Busy, ..edge.options });
    rig.author(UserEdit::ChangeEdge { edge: edge.id, base: None, options });
    let report = rig.sync_untold();
    assert!(report.updated == 1 && !report.failures.is_empty(), "{report:?}");
    rig.google().faults_mut().clear();
    let held = rig.look(BOB, &overlay, false);
    let text = serde_json::to_string(&held).unwrap();
    assert!(!text.contains("Daily") && !text.contains("the numbers"), "{text}");
}

/// Catches a series that is written over what a person made of an instance of its mirror, since the
/// account failed to be read before any calendar was.
#[test]
fn a_series_waits_for_an_account_that_fails_to_be_read() {
    let (rig, series, mirror) = mirrored();
    let overlay = rig.overlay(BOB);
    let now = rig.clock.now().as_millis();
    let theirs = json!({ "summary": "Theirs" });
    rig.google().person(BOB, now).edit_instance(&overlay, &mirror, THIRD, &theirs).unwrap();
    rig.edit(ANN, (ANN, &series), &json!({ "summary": "Weekly" }));
    assert!(rig.google().plan("GET", "*/calendarList", When::Nth(1), "F12-503"));
    let report = rig.sync_untold();
    assert_eq!((report.updated, report.failures.len()), (0, 1), "{report:?}");
    rig.google().faults_mut().clear();
    rest(&rig);
    let shown = rig.shows(ANN, ANN);
    assert!(shown.iter().any(|(title, _)| title == "Theirs"), "{shown:?}");
    assert!(shown.iter().any(|(title, _)| title == "Weekly"), "{shown:?}");
    assert_eq!(rig.shows(BOB, &overlay), shown);
}

/// Catches an instance that stands again as its series has it, since what was changed of it went from the
/// mirror before the series could say that its origin cancelled it.
#[test]
fn an_instance_that_was_cancelled_waits_with_its_series() {
    let (rig, series, _) = mirrored();
    let (overlay, now) = (rig.overlay(BOB), rig.clock.now().as_millis());
    let sooner = json!({ "summary": "Sooner" });
    rig.google().person(ANN, now).edit_instance(ANN, &series, THIRD, &sooner).unwrap();
    rest(&rig);
    assert!(rig.shows(BOB, &overlay).iter().any(|(title, _)| title == "Sooner"));
    rig.google().person(ANN, now).cancel_instance(ANN, &series, THIRD).unwrap();
    let listing = format!("*/{overlay}/events");
    assert!(rig.google().plan("GET", &listing, When::Always, "F12-503"));
    rig.add(BOB, &overlay, &meeting("Other", 3));
    let report = rig.sync_untold();
    assert_eq!((report.updated, report.deleted, report.failures.len()), (0, 0, 1), "{report:?}");
    rig.google().faults_mut().clear();
    assert!(rig.shows(BOB, &overlay).iter().any(|(title, _)| title == "Sooner"));
    rest(&rig);
    let shown = rig.shows(BOB, &overlay);
    let series = shown.iter().filter(|(title, _)| title != "Other").cloned().collect::<Vec<_>>();
    assert_eq!(series, rig.shows(ANN, ANN));
}

/// Catches what a person made of an instance that goes unread with a series that is one no more.
#[test]
fn what_is_a_series_no_more_waits_too() {
    let (rig, series, mirror) = mirrored();
    let overlay = rig.overlay(BOB);
    let now = rig.clock.now().as_millis();
    let second = THIRD - 86_400;
    let other = json!({ "summary": "Special" });
    rig.google().person(ANN, now).edit_instance(ANN, &series, second, &other).unwrap();
    rest(&rig);
    let now = rig.clock.now().as_millis();
    let theirs = json!({ "summary": "Theirs" });
    rig.google().person(BOB, now).edit_instance(&overlay, &mirror, THIRD, &theirs).unwrap();
    rig.edit(ANN, (ANN, &series), &json!({ "summary": "Once", "recurrence": [] }));
    assert!(rig.google().plan("GET", "*/calendarList", When::Nth(1), "F12-503"));
    let report = rig.sync_untold();
    assert_eq!((report.updated, report.failures.len()), (0, 1), "{report:?}");
    rig.google().faults_mut().clear();
    rest(&rig);
    let shown = rig.shows(ANN, ANN);
    assert_eq!(rig.shows(BOB, &overlay), shown);
    let kept = rig.store.journal(rig.keys.graph).into_iter().filter_map(|(_, payload)| payload);
    let is_kept = kept.into_iter().any(|it| String::from_utf8_lossy(&it.0).contains("Theirs"));
    assert!(is_kept, "{shown:?}");
}

/// Catches what a person made of an instance, and nobody read, that goes with its series.
#[test]
fn a_series_whose_origin_is_gone_waits_for_what_a_person_made_of_it() {
    let (rig, series, mirror) = mirrored();
    let (overlay, now) = (rig.overlay(BOB), rig.clock.now().as_millis());
    let theirs = json!({ "summary": "Theirs" });
    rig.google().person(BOB, now).edit_instance(&overlay, &mirror, THIRD, &theirs).unwrap();
    rig.google().person(ANN, now).delete(ANN, &series).unwrap();
    let listing = format!("*/{overlay}/events");
    assert!(rig.google().plan("GET", &listing, When::Always, "F12-503"));
    let report = rig.sync_untold();
    assert_eq!((report.deleted, report.failures.len()), (0, 1), "{report:?}");
    rig.google().faults_mut().clear();
    rest(&rig);
    assert_eq!(rig.shows(BOB, &overlay), []);
}

/// Catches a series that stays to be read by all with whom its calendar is shared, since that fails to be
/// read when an edge is to show the series no more.
#[test]
fn what_is_to_be_hidden_goes_though_the_calendar_fails_to_be_read() {
    for removes_the_edge in [false, true] {
        let (rig, series, _) = mirrored();
        let overlay = rig.overlay(BOB);
        let listing = format!("*/{overlay}/events");
        assert!(rig.google().plan("GET", &listing, When::Always, "F12-503"));
        rig.add(BOB, &overlay, &meeting("Other", 3));
        let _read_in_vain = rig.sync_untold();
        if removes_the_edge {
            let edge = rig.config().edges.into_keys().next().unwrap();
            rig.author(UserEdit::RemoveEdge { edge, abandon: false });
        } else {
            rig.edit(ANN, (ANN, &series), &json!({ "summary": "Daily #nosync" }));
        }
        let report = rig.sync_untold();
        assert!(report.deleted == 1 && !report.failures.is_empty(), "{report:?}");
    }
}
