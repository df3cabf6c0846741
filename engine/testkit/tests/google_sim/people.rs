use super::support::*;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::Role;
use serde_json::json;

/// 2026-01-07T09:00:00Z: the third instance of `daily(5)`.
const THIRD: i64 = 1_767_776_400;

#[test]
fn a_split_series_is_a_shorter_one_and_a_new_one_with_other_instance_ids() {
    let mut desk = desk();
    let id = text(&desk.insert(&daily(5))["id"]);
    let fourth = THIRD + 86_400;
    let mut person = desk.sim.person(ANN, NOW);
    let changed = person.edit_instance(ANN, &id, fourth, &json!({"summary": "Other"})).unwrap();
    let token = desk.sync_token();
    let later = json!({"location": "Elsewhere"});
    let new = desk.sim.person(ANN, NOW).split(ANN, &id, THIRD, &later).unwrap();
    let (_, body) = desk.since(&token);
    let found = ids(&body);
    for one in [&id, &new, &changed] {
        assert!(found.contains(one), "{one} in {found:?}");
    }
    assert_eq!(found.len(), 4, "and the changed instance under its new id");
    let (_, body) = desk.get(&format!("{EVENTS}/{id}"));
    assert_eq!(body["recurrence"], json!(["RRULE:FREQ=DAILY;UNTIL=20260107T085959Z"]));
    let (_, body) = desk.get(&format!("{EVENTS}/{new}"));
    assert_eq!(body["recurrence"], json!(["RRULE:FREQ=DAILY;COUNT=3"]));
    assert_eq!(body["location"], "Elsewhere");
    let (_, body) = desk.get(&format!("{EVENTS}/{new}/instances"));
    let names: Vec<_> =
        body["items"].as_array().unwrap().iter().map(|one| text(&one["summary"])).collect();
    assert_eq!(names, ["Day 5", "Other", "Day 5"]);
}

#[test]
fn people_copy_move_delete_and_bring_back() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let marked = json!({"extendedProperties": {"private": {"kal_m": "mark"}}});
    let id = text(&desk.insert(&with(event(5), marked))["id"]);
    let mut person = desk.sim.person(ANN, NOW);
    let copy = person.duplicate(ANN, &id, &work).unwrap();
    assert_ne!(copy, id);
    assert_eq!(
        person.event(&work, &copy).unwrap()["extendedProperties"]["private"]["kal_m"],
        "mark"
    );
    person.delete(ANN, &id).unwrap();
    assert!(person.delete(ANN, &id).is_err());
    person.undelete(ANN, &id).unwrap();
    person.move_to(ANN, &id, &work).unwrap();
    assert_eq!(desk.get(&format!("calendars/{work}/events/{id}")).0, 200);
    assert_eq!(desk.get(&format!("{EVENTS}/{id}")).1["status"], "cancelled");
}

/// Catches an old version, from the calendar it lay in, under the version that the event has here.
#[test]
fn what_an_event_was_in_another_calendar_is_not_told_in_both_versions() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let id = text(&desk.insert(&event(5))["id"]);
    let mut person = desk.sim.person(ANN, NOW);
    person.edit(ANN, &id, &json!({"summary": "Other"})).unwrap();
    person.move_to(ANN, &id, &work).unwrap();
    let listing = format!("calendars/{work}/events");
    assert!(desk.sim.plan("GET", "*", When::Nth(1), "F15"));
    assert_eq!(ids(&desk.get(&listing).1), [id.as_str()]);
    desk.sim.person(ANN, NOW).edit(&work, &id, &json!({"summary": "Third"})).unwrap();
    assert!(desk.sim.plan("GET", "*", When::Nth(1), "F15"));
    let (_, both) = desk.get(&listing);
    assert_eq!(ids(&both), [id.as_str(), id.as_str()]);
    assert_ne!(both["items"][0]["etag"], both["items"][1]["etag"]);
}

#[test]
fn people_get_invitations_and_kinds_that_clients_cannot_make() {
    let mut desk = desk();
    let invited = with(
        event(5),
        json!({
            "organizer": {"email": BOB},
            "attendees": [{"email": ANN, "responseStatus": "declined"}],
            "eventType": "fromGmail",
        }),
    );
    let id = desk.sim.person(ANN, NOW).add(ANN, &invited).unwrap();
    let (_, body) = desk.get(&format!("{EVENTS}/{id}"));
    assert_eq!(body["eventType"], "fromGmail");
    assert_eq!(body["organizer"], json!({"email": BOB}));
    assert_eq!(body["attendees"][0]["responseStatus"], "declined");
}

#[test]
fn another_moment_can_be_restored_and_kills_no_token_that_it_knows() {
    let mut desk = desk();
    desk.insert(&event(5));
    let token = desk.sync_token();
    let backup = desk.sim.clone();
    desk.insert(&event(6));
    desk.sim.restore(&backup);
    assert_eq!(ids(&desk.since(&token).1), [""; 0]);
    desk.sim.share(ANN, BOB, Some(Role::Reader));
    assert_eq!(desk.sim.members(ANN).len(), 2);
}

#[test]
fn a_series_comes_back_and_is_copied_with_its_changed_instances() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let id = text(&desk.insert(&daily(5))["id"]);
    let mut person = desk.sim.person(ANN, NOW);
    let other = person.edit_instance(ANN, &id, THIRD, &json!({"summary": "Other"})).unwrap();
    person.cancel_instance(ANN, &id, THIRD + 86_400).unwrap();
    let before = desk.sim.held(ANN, &id).unwrap();
    assert_eq!((before.changed[0].0, before.cancelled[0]), (THIRD, THIRD + 86_400));
    let mut person = desk.sim.person(ANN, NOW);
    person.delete(ANN, &id).unwrap();
    person.undelete(ANN, &id).unwrap();
    person.copy((ANN, &id), (&work, "copy"), &before.uid).unwrap();
    assert_eq!(desk.sim.held(ANN, &id).unwrap(), before);
    assert_eq!(desk.sim.held(&work, "copy").unwrap(), before);
    assert_eq!(desk.sim.series_of(ANN, &other), Some(id.clone()));
    desk.sim.person(ANN, NOW).put(ANN, &id, &daily(5)).unwrap();
    assert!(desk.sim.held(ANN, &id).unwrap().changed.is_empty());
    let (_, body) = desk.get(&format!("{EVENTS}/{other}"));
    assert_eq!(body["summary"], "Day 5", "its id means the instance as the series gives it");
}

#[test]
fn events_beep_unless_it_was_said_in_words_that_they_do_not() {
    let mut desk = desk();
    let loud = text(&desk.insert(&event(5))["id"]);
    let quiet = json!({"reminders": {"useDefault": false, "overrides": []}});
    desk.insert(&with(event(6), quiet));
    assert_eq!(desk.sim.beeping(ANN), [loud]);
    assert_eq!(desk.sim.events(ANN).len(), 2);
}
