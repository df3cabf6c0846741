//! What others do to what is mirrored: a series that is split while it is read, a calendar that is shared
//! less.

use kalends_core::graph::DetailLevel;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::Role;
use serde_json::json;

use super::rig::{ANN, BOB, CY, Rig, meeting};

/// F27: all later instances are changed, so that two series take the place of one. Catches a mirror that
/// shows both the old series and the new one on the same days, or loses the days of the new one.
#[test]
fn a_series_that_is_split_while_it_is_read_is_two_here_too() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Full);
    let mut daily = meeting("Daily", 0);
    daily["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=8"]);
    rig.add(ANN, ANN, &daily);
    rig.settle();
    let place = format!("*/calendars/{ANN}/events*");
    assert!(rig.google().plan("GET", &place, When::Nth(1), "F27"));
    rig.sync_untold();
    rig.google().faults_mut().clear();
    rig.settle();
    assert_eq!(rig.look(ANN, ANN, false).len(), 2, "the old one and the new one");
    assert_eq!(rig.shows(BOB, &rig.overlay(BOB)), rig.shows(ANN, ANN));
    assert_eq!(rig.mirrors(&rig.overlay(BOB)).len(), 2);
}

/// F28: of a calendar that is shared for its free and busy times alone, events come without what they say.
/// Catches a mirror that goes on showing it, or that is gone.
#[test]
fn a_calendar_that_is_shared_less_shows_less_here_too_until_it_is_shared_again() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.google().share(CY, ANN, Some(Role::Reader));
    rig.sync();
    rig.edge_seen_by((ANN, CY), BOB, DetailLevel::Full);
    let id = rig.add(CY, CY, &meeting("Secret", 0));
    rig.settle();
    let shown = || rig.shows(BOB, &rig.overlay(BOB));
    let open = shown();
    assert_eq!((open.len(), open[0].0.as_str()), (1, "Secret"));
    for (role, title) in [(Role::FreeBusyReader, "Busy"), (Role::Reader, "Secret")] {
        rig.google().share(CY, ANN, Some(role));
        rig.clock.advance_millis(86_400_000);
        rig.edit(CY, (CY, &id), &json!({ "location": format!("Room of {role:?}") }));
        rig.settle();
        assert_eq!(shown(), [(title.to_owned(), open[0].1.clone())], "{role:?}");
    }
    assert_eq!(rig.mirrors(&rig.overlay(BOB)).len(), 1);
}
