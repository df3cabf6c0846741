use super::support::*;
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
