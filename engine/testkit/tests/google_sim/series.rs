use super::support::*;
use kalends_testkit::google_sim::InstanceIds;
use serde_json::{Value, json};

fn instances(desk: &mut Desk, id: &str, query: &str) -> Vec<Value> {
    let (status, body) = desk.get(&format!("{EVENTS}/{id}/instances?{query}"));
    assert_eq!(status, 200, "{body}");
    body["items"].as_array().unwrap().clone()
}

fn made(desk: &mut Desk) -> String {
    text(&desk.insert(&daily(5))["id"])
}

#[test]
fn instances_say_which_series_and_which_start() {
    let mut desk = desk();
    let id = made(&mut desk);
    let found = instances(&mut desk, &id, "");
    assert_eq!(found.len(), 5);
    assert_eq!(found[1]["recurringEventId"], id);
    assert_eq!(found[1]["originalStartTime"]["dateTime"], "2026-01-06T10:00:00+01:00");
    assert!(found[1].get("recurrence").is_none());
    assert_eq!(found[1]["iCalUID"], format!("{id}@google.com"));
    let one = instances(&mut desk, &id, "originalStart=2026-01-07T09:00:00Z");
    assert_eq!(one, [found[2].clone()]);
    let (_, body) = desk.get(&format!("{EVENTS}/{}", text(&found[3]["id"])));
    assert_eq!(body["start"]["dateTime"], "2026-01-08T10:00:00+01:00");
}

#[test]
fn some_series_have_opaque_instance_ids() {
    let mut desk = desk();
    let mut dated = 0;
    for day in 1..=20 {
        let id = text(&desk.insert(&daily(day))["id"]);
        let found = instances(&mut desk, &id, "");
        dated += u32::from(text(&found[0]["id"]).starts_with(&id));
    }
    assert!((1..20).contains(&dated), "{dated}");
    desk.sim.profile_mut().writes.instance_ids = InstanceIds::Opaque;
    let id = made(&mut desk);
    let found = instances(&mut desk, &id, "");
    assert!(!text(&found[0]["id"]).contains(&id));
    assert_eq!(desk.get(&format!("{EVENTS}/{}", text(&found[0]["id"]))).0, 200);
}

#[test]
fn a_changed_instance_is_an_object_of_its_own_in_every_list() {
    let mut desk = desk();
    let id = made(&mut desk);
    let token = desk.sync_token();
    let second = text(&instances(&mut desk, &id, "")[1]["id"]);
    let moved = json!({
        "start": {"dateTime": "2026-01-20T15:00:00+01:00"},
        "end": {"dateTime": "2026-01-20T16:00:00+01:00"},
    });
    let (status, body) = desk.patch(&format!("{EVENTS}/{second}"), &moved);
    assert_eq!((status, body["id"].as_str()), (200, Some(second.as_str())));
    let (_, body) = desk.since(&token);
    assert_eq!(ids(&body), [second.as_str()]);
    let item = &body["items"][0];
    assert_eq!(item["originalStartTime"]["dateTime"], "2026-01-06T10:00:00+01:00");
    assert_eq!(item["start"]["dateTime"], "2026-01-20T15:00:00+01:00");
    let (_, body) = desk.get(EVENTS);
    assert_eq!(ids(&body).len(), 2);
    let window = "singleEvents=true&timeMin=2026-01-20T00:00:00Z&timeMax=2026-01-21T00:00:00Z";
    let (_, body) = desk.get(&format!("{EVENTS}?{window}"));
    assert_eq!(ids(&body), [second]);
}

#[test]
fn a_cancelled_instance_is_a_stub_that_can_be_brought_back() {
    let mut desk = desk();
    let id = made(&mut desk);
    let third = text(&instances(&mut desk, &id, "")[2]["id"]);
    let path = format!("{EVENTS}/{third}");
    assert_eq!(desk.delete(&path).0, 204);
    assert_eq!(instances(&mut desk, &id, "").len(), 4);
    assert_eq!(instances(&mut desk, &id, "showDeleted=true").len(), 5);
    let (_, body) = desk.get(EVENTS);
    assert_eq!(ids(&body), [id.clone(), third.clone()], "also without showDeleted");
    let stub = &body["items"][1];
    assert_eq!(stub["recurringEventId"], id);
    assert!(stub["originalStartTime"].is_object() && stub.get("summary").is_none(), "{stub}");
    assert_eq!(desk.patch(&path, &json!({"status": "confirmed"})).0, 200);
    assert_eq!(instances(&mut desk, &id, "").len(), 5);
}

#[test]
fn a_deleted_series_takes_its_changed_instances_along() {
    let mut desk = desk();
    let id = made(&mut desk);
    let second = text(&instances(&mut desk, &id, "")[1]["id"]);
    desk.patch(&format!("{EVENTS}/{second}"), &json!({"summary": "Other"}));
    let token = desk.sync_token();
    desk.delete(&format!("{EVENTS}/{id}"));
    let (_, body) = desk.since(&token);
    assert_eq!(ids(&body), [id, second]);
    assert!(body["items"].as_array().unwrap().iter().all(|one| one["status"] == "cancelled"));
    let (_, body) = desk.get(&format!("{EVENTS}?singleEvents=true"));
    assert_eq!(ids(&body), [""; 0]);
}

#[test]
fn another_rule_drops_the_changes_that_it_no_longer_gives() {
    let mut desk = desk();
    let id = made(&mut desk);
    let found = instances(&mut desk, &id, "");
    let (kept, gone) = (text(&found[2]["id"]), text(&found[3]["id"]));
    for one in [&kept, &gone] {
        desk.patch(&format!("{EVENTS}/{one}"), &json!({"summary": "Other"}));
    }
    let token = desk.sync_token();
    let rule = json!({"recurrence": ["RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3"]});
    assert_eq!(desk.patch(&format!("{EVENTS}/{id}"), &rule).0, 200);
    let (_, body) = desk.since(&token);
    assert_eq!(ids(&body), [id.clone(), gone]);
    let names: Vec<String> =
        instances(&mut desk, &id, "").iter().map(|one| text(&one["summary"])).collect();
    assert_eq!(names, ["Day 5", "Other", "Day 5"]);
}

#[test]
fn days_recur_as_days() {
    let mut desk = desk();
    let body = json!({
        "start": {"date": "2026-01-05"}, "end": {"date": "2026-01-06"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"],
    });
    let id = text(&desk.insert(&body)["id"]);
    let found = instances(&mut desk, &id, "");
    assert_eq!(found[1]["originalStartTime"], json!({"date": "2026-01-12"}));
    assert_eq!(found[1]["end"], json!({"date": "2026-01-13"}));
}

#[test]
fn five_thousand_changed_instances_are_held() {
    let mut desk = desk();
    let at =
        |hour: u8| json!({"dateTime": format!("2026-01-05T{hour:02}:00:00Z"), "timeZone": "UTC"});
    let rule = ["RRULE:FREQ=HOURLY;COUNT=5200"];
    let id = text(&desk.insert(&json!({"start": at(9), "end": at(10), "recurrence": rule}))["id"]);
    let mut person = desk.sim.person(ANN, NOW);
    // 2026-01-05T09:00:00Z.
    let first = 1_767_603_600;
    for number in 0..5_000 {
        person.cancel_instance(ANN, &id, first + number * 3_600).unwrap();
    }
    let (_, body) = desk.get(&format!("{EVENTS}?maxResults=2500"));
    assert_eq!(ids(&body).len(), 2_500);
    assert!(body["nextPageToken"].is_string());
    assert_eq!(instances(&mut desk, &id, "").len(), 200);
}
