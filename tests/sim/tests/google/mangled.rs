//! What Google makes of an event behind everybody's back, once it has answered.

use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use serde_json::{Value, json};

use super::rig::{ANN, BOB, Rig, meeting};

const SAID: &str = "R&D, 1 < 2";

fn description(rig: &Rig, calendar: &str, id: &str) -> Value {
    rig.google().held(calendar, id).unwrap().event["description"].clone()
}

/// Catches an escaped text and a rule in another order that are taken for a person's edit of a mirror, or
/// that go on into mirrors of an origin.
#[test]
fn a_text_that_is_escaped_and_a_rule_that_is_respelt_later_are_nobodys_edit() {
    for on_edit in [OnEdit::Revert, OnEdit::Propagate, OnEdit::Detach] {
        let rig = Rig::of(&[ANN, BOB]);
        let level = DetailLevel::Full;
        rig.edge_with(ANN, BOB, EdgeOptions { level, on_edit, ..EdgeOptions::default() });
        let mut series = meeting("Daily", 0);
        series["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=8"]);
        series["description"] = json!(SAID);
        let origin = rig.add(ANN, ANN, &series);
        rig.settle();
        let overlay = rig.overlay(BOB);
        let mirror = rig.google().events(&overlay).remove(0);
        assert_eq!(description(&rig, &overlay, &mirror), SAID);
        let mangled = json!({
            "description": "R&amp;D, 1 &lt; 2", "recurrence": ["RRULE:COUNT=8;FREQ=DAILY"],
        });
        for (user, calendar, id) in [(BOB, overlay.as_str(), &mirror), (ANN, ANN, &origin)] {
            rig.edit(user, (calendar, id), &mangled);
            let report = rig.sync();
            let wrote = (report.created, report.updated, report.deleted, report.parked);
            assert_eq!(wrote, (0, 0, 0, 0), "{on_edit:?}");
        }
        assert_eq!(description(&rig, &overlay, &mirror), mangled["description"], "{on_edit:?}");
        rig.edit(ANN, (ANN, &origin), &json!({ "summary": "Weekly" }));
        rig.settle();
        assert_eq!(description(&rig, &overlay, &mirror), SAID, "{on_edit:?}: it is followed still");
    }
}
