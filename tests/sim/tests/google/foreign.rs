//! What is not ours and looks as if it could be: events of other products, and a stranger under an id of
//! ours.

use std::collections::BTreeMap;

use kalends_core::graph::DetailLevel;
use kalends_core::plan::Row;
use kalends_core::ports::Clock as _;
use kalends_core::presence::{Aside, AsideKind};
use kalends_testkit::caldav_sim::When;
use serde_json::json;

use super::rig::{ANN, BOB, DAN, Rig, meeting};

/// What is set aside as another product's, by object: whose.
fn foreign(rig: &Rig) -> BTreeMap<String, String> {
    let rows = rig.store.rows(rig.keys.graph).into_values();
    rows.filter_map(|row| match row {
        Row::Aside(Aside { object, what: AsideKind::ForeignManaged { product }, .. }) => {
            Some((object.0, product))
        }
        _ => None,
    })
    .collect()
}

/// Law L1. Catches another product's mirrors taken for events of the person's, and mirrored: Keeper's
/// are known by their UID alone, whichever provider holds them.
#[test]
fn what_other_products_wrote_is_reported_and_not_mirrored() {
    let rig = Rig::of(&[ANN, BOB, DAN]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.edge(DAN, BOB, DetailLevel::Title);
    let mut keeper = meeting("Keeper's", 0);
    keeper["iCalUID"] = json!("0b5a@keeper.sh");
    let mut series = meeting("Keeper's series", 1);
    series["iCalUID"] = json!("0b5b@keeper.sh");
    series["recurrence"] = json!(["RRULE:FREQ=DAILY;COUNT=3"]);
    let mut tminus = meeting("T-Minus's", 2);
    tminus["extendedProperties"] = json!({ "private": { "tminus": "true" } });
    let [keeper, series, tminus] = [keeper, series, tminus].map(|one| rig.add(ANN, ANN, &one));
    let now_ms = rig.clock.now().as_millis();
    let changed = json!({ "summary": "Keeper's instance" });
    let second = 1_780_560_000; // 2026-06-04T08:00:00Z
    let mut google = rig.google();
    let instance =
        google.person(ANN, now_ms).edit_instance(ANN, &series, second, &changed).unwrap();
    drop(google);
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\n\
               UID:0b5c@keeper.sh\r\nDTSTAMP:20260601T000000Z\r\nDTSTART:20260605T080000Z\r\n\
               DTEND:20260605T090000Z\r\nSUMMARY:Keeper's\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let calendar = rig.dav_calendar();
    assert_eq!(rig.dav().person(now_ms).put(&calendar, "k.ics", ics), Ok(()));
    rig.add(ANN, ANN, &meeting("Ann's", 5));
    rig.settle();
    let shown = rig.shows(BOB, &rig.overlay(BOB));
    let titles: Vec<&str> = shown.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["Ann's"]);
    let found = foreign(&rig);
    let of = |id: &str| found.get(id).map(String::as_str);
    assert_eq!([&keeper, &series, &instance].map(|id| of(id)), [Some("Keeper"); 3], "{found:?}");
    assert_eq!(of(&tminus), Some("T-Minus"), "{found:?}");
    let at_dav = found.iter().filter(|(id, _)| id.ends_with("k.ics"));
    assert_eq!(at_dav.map(|(_, product)| product.as_str()).collect::<Vec<_>>(), ["Keeper"]);
    assert_eq!(found.len(), 5, "{found:?}");
    // What a person changes of it is still that product's.
    rig.edit(ANN, (ANN, &keeper), &json!({ "summary": "Renamed" }));
    rig.settle();
    assert_eq!(rig.shows(BOB, &rig.overlay(BOB)), shown);
    assert_eq!(foreign(&rig), found);
}

/// The third rule for a taken id: what is there bears no mark of ours, and so is somebody else's. Catches
/// a stranger's event that is taken over, written to or deleted, and a mirror that is not made.
#[test]
fn a_strangers_event_under_an_id_of_ours_stays_and_the_mirror_is_made_under_another() {
    let rig = Rig::of(&[ANN, BOB]);
    rig.edge(ANN, BOB, DetailLevel::Title);
    rig.settle();
    let overlay = rig.overlay(BOB);
    assert!(rig.google().plan("POST", "*/events", When::Nth(1), "F10-foreign"));
    let id = rig.add(ANN, ANN, &meeting("Dentist", 0));
    let _ = rig.asked();
    rig.ring();
    rig.work();
    let asked = rig.asked();
    assert_eq!(asked, ["GET events", "POST events", "GET one", "POST events"]);
    assert_eq!(rig.google().faults_mut().met(), 1);
    let stranger = "Somebody's own event";
    let held = |title: &str| {
        let all = rig.look(BOB, &overlay, false);
        let mut found = all.into_iter().filter(|event| event["summary"] == title);
        (found.next(), found.count())
    };
    let (before, others) = held(stranger);
    let before = before.unwrap();
    assert_eq!(others, 0);
    rig.settle();
    let (mirror, others) = held("Dentist");
    assert_eq!(others, 0, "one mirror");
    assert_ne!(mirror.unwrap()["id"], before["id"]);
    // The mirror follows its origin, and the stranger's event nobody.
    rig.edit(ANN, (ANN, &id), &json!({ "summary": "Doctor" }));
    rig.settle();
    assert_eq!((held("Doctor").1, held("Dentist").0), (0, None));
    assert!(held("Doctor").0.is_some());
    let now_ms = rig.clock.now().as_millis();
    rig.google().person(ANN, now_ms).delete(ANN, &id).unwrap();
    rig.settle();
    assert_eq!(rig.look(BOB, &overlay, false), [before], "as it was");
}
