//! Series: what the pattern gives, what deviates, and what voids it.

use crate::support::{Client, at, body, client, code, daily, encoded, event_path, id};
use kalends_testkit::graph_sim::{Belief, Profile};
use serde_json::{Value, json};

const VIEW: &str = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z&$top=50";

fn instances(client: &mut Client, master: &Value) -> Vec<Value> {
    client.all(&format!("{}/instances?{VIEW}", event_path(id(master))))
}

fn starts(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| &item["start"]["dateTime"].as_str().unwrap()[5..16]).collect()
}

#[test]
fn a_series_has_a_master_and_its_instances() {
    let mut client = client();
    let master = client.post("/me/events", &daily("Standup"));
    assert_eq!(master["type"], "seriesMaster");
    assert_eq!(master["originalStartTimeZone"], "W. Europe Standard Time");
    assert_eq!(master["recurrence"]["range"]["recurrenceTimeZone"], "Europe/Berlin");
    assert_eq!(client.all("/me/events").len(), 1);
    let all = instances(&mut client, &master);
    let nine = ["06-10T07:00", "06-11T07:00", "06-12T07:00", "06-13T07:00", "06-14T07:00"];
    assert_eq!(starts(&all), nine);
    assert!(all.iter().all(|item| item["type"] == "occurrence"));
    assert!(all.iter().all(|item| item["seriesMasterId"] == master["id"]));
    let uids: std::collections::BTreeSet<&str> =
        all.iter().map(|item| item["iCalUId"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), 5);
    assert_eq!(client.all(&format!("/me/calendarView?{VIEW}")).len(), 5);
    let read = client.get(&event_path(id(&all[2])));
    assert_eq!((&read["type"], &read["id"]), (&json!("occurrence"), &all[2]["id"]));
    client.check_contract();
}

#[test]
fn civil_time_is_kept_across_a_change_of_the_clock() {
    let mut client = client();
    let mut sent = daily("Standup");
    sent["start"] = at("2026-10-24T09:00:00", "W. Europe Standard Time");
    sent["end"] = at("2026-10-24T10:00:00", "W. Europe Standard Time");
    sent["recurrence"]["range"] =
        json!({"type": "endDate", "startDate": "2026-10-24", "endDate": "2026-10-26"});
    let master = client.post("/me/events", &sent);
    let view = "startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-11-01T00:00:00Z";
    let all = client.all(&format!("{}/instances?{view}", event_path(id(&master))));
    assert_eq!(starts(&all), ["10-24T07:00", "10-25T08:00", "10-26T08:00"]);
    let zone = &master["recurrence"]["range"]["recurrenceTimeZone"];
    assert_eq!(zone, "W. Europe Standard Time");
}

#[test]
fn a_changed_instance_is_an_exception_and_keeps_what_is_its_own() {
    let mut client = client();
    let master = client.post("/me/events", &daily("Standup"));
    let second = instances(&mut client, &master).remove(1);
    let reply = client.patch(id(&second), &json!({"subject": "Retro"}));
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(body(&reply)["type"], "exception");
    assert_eq!(body(&reply)["id"], second["id"]);
    client.patch(id(&master), &json!({"subject": "Daily", "showAs": "free"}));
    let all = instances(&mut client, &master);
    let said = |at: usize| (all[at]["subject"].clone(), all[at]["showAs"].clone());
    assert_eq!(said(0), (json!("Daily"), json!("free")));
    assert_eq!(said(1), (json!("Retro"), json!("free")));
    assert_eq!(all[1]["originalStart"], "2026-06-11T07:00:00.0000000Z");
    let path = format!("{}?$expand=exceptionOccurrences", event_path(id(&master)));
    assert_eq!(client.get(&path)["exceptionOccurrences"][0]["subject"], "Retro");
    client.check_contract();
}

#[test]
fn a_deleted_instance_is_missing_and_listed_only_on_demand() {
    let mut client = client();
    let master = client.post("/me/events", &daily("Standup"));
    let second = instances(&mut client, &master).remove(1);
    assert_eq!(client.status("DELETE", &event_path(id(&second))), 204);
    assert_eq!(client.status("GET", &event_path(id(&second))), 404);
    assert_eq!(instances(&mut client, &master).len(), 4);
    let path = event_path(id(&master));
    assert_eq!(client.get(&path).get("cancelledOccurrences"), None);
    let shown = client.get(&format!("{path}?$select=subject,cancelledOccurrences"));
    let expected = format!("OID.{}.2026-06-11", id(&master));
    assert_eq!(shown["cancelledOccurrences"], json!([expected]));
}

#[test]
fn an_instance_stays_between_its_neighbours() {
    let mut client = client();
    let master = client.post("/me/events", &daily("Standup"));
    let second = instances(&mut client, &master).remove(1);
    let moved = |day: &str, hour: &str| {
        json!({"start": at(&format!("2026-06-{day}T{hour}:00:00"), "Europe/Berlin"),
               "end": at(&format!("2026-06-{day}T{hour}:30:00"), "Europe/Berlin")})
    };
    assert_eq!(client.patch(id(&second), &moved("11", "17")).status, 200);
    for (day, hour) in [("12", "01"), ("10", "23"), ("20", "09"), ("01", "09")] {
        let reply = client.patch(id(&second), &moved(day, hour));
        let said = (reply.status, code(&reply));
        assert_eq!(said, (400, "ErrorOccurrenceCrossingBoundary".to_owned()), "{day}");
    }
    // Without the third one there is room for the second.
    let third = instances(&mut client, &master).remove(2);
    assert_eq!(client.status("DELETE", &event_path(id(&third))), 204);
    assert_eq!(client.patch(id(&second), &moved("12", "09")).status, 200);
}

#[test]
fn another_pattern_voids_what_deviates() {
    for (holds, expected) in [(true, 5), (false, 4)] {
        let mut profile = Profile::default();
        profile.set(Belief::MasterEditsVoidExceptions, holds);
        let mut client = Client::new(profile);
        let master = client.post("/me/events", &daily("Standup"));
        let all = instances(&mut client, &master);
        client.patch(id(&all[1]), &json!({"subject": "Retro"}));
        client.status("DELETE", &event_path(id(&all[2])));
        let same = json!({"start": daily("")["start"], "subject": "Daily"});
        assert_eq!(client.patch(id(&master), &same).status, 200);
        assert_eq!(instances(&mut client, &master).len(), 4);
        let later = json!({"start": at("2026-06-10T09:30:00", "Europe/Berlin"),
                           "end": at("2026-06-10T10:30:00", "Europe/Berlin")});
        assert_eq!(client.patch(id(&master), &later).status, 200);
        let all = instances(&mut client, &master);
        assert_eq!(all.len(), expected);
        assert_eq!(all.iter().any(|item| item["subject"] == "Retro"), !holds);
        assert_eq!(starts(&all)[0], "06-10T07:30");
    }
}

#[test]
fn a_start_that_does_not_match_is_refused_or_moved() {
    for (moves, expected) in [(false, None), (true, Some("06-12T07:00"))] {
        let mut profile = Profile::default();
        profile.set(Belief::UnmatchedStartsMove, moves);
        let mut client = Client::new(profile);
        let mut sent = daily("Fridays");
        sent["recurrence"]["pattern"] =
            json!({"type": "weekly", "interval": 1, "daysOfWeek": ["friday"]});
        let request = client.with_body("POST", "/me/events", &sent);
        let reply = client.send(&request);
        match expected {
            None => assert_eq!(code(&reply), "ErrorPropertyValidationFailure"),
            Some(start) => {
                let made = body(&reply);
                assert_eq!(starts(&instances(&mut client, &made))[0], start);
                assert_eq!(made["recurrence"]["range"]["startDate"], "2026-06-12");
            }
        }
        sent["transactionId"] = json!("other");
        sent["recurrence"]["range"]["startDate"] = json!("2026-06-11");
        let request = client.with_body("POST", "/me/events", &sent);
        assert_eq!(client.refused(&request).0, 400);
    }
}

#[test]
fn patterns_come_back_with_filler() {
    let mut client = client();
    let master = client.post("/me/events", &daily("Standup"));
    let pattern = json!({"type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0,
                         "firstDayOfWeek": "sunday", "index": "first"});
    assert_eq!(master["recurrence"]["pattern"], pattern);
    assert_eq!(master["recurrence"]["range"]["endDate"], "0001-01-01");
}

#[test]
fn ids_of_instances_change_with_moves_unless_they_are_immutable() {
    for prefer in ["", "IdType=\"ImmutableId\""] {
        let mut client = client();
        client.prefer = prefer.to_owned();
        let calendar = client.sim.add_calendar(crate::support::ALICE, "Other");
        let master = client.post("/me/events", &daily("Standup"));
        let first = instances(&mut client, &master).remove(0);
        let now = client.now_ms;
        client.sim.person(now).move_to(id(&master), &calendar).unwrap();
        let is_immutable = !prefer.is_empty();
        let found = if is_immutable { 200 } else { 404 };
        for known in [id(&master), id(&first)] {
            assert_eq!(client.status("GET", &event_path(known)), found, "{prefer}");
            let there = format!("/me/calendars/{}/events/{}", encoded(&calendar), encoded(known));
            assert_eq!(client.status("GET", &there), found, "{prefer}");
        }
    }
}

#[test]
fn an_all_day_series_is_of_days() {
    let mut client = client();
    let mut sent = daily("Trip");
    sent["isAllDay"] = json!(true);
    sent["start"] = at("2026-06-10T00:00:00", "Europe/Berlin");
    sent["end"] = at("2026-06-11T00:00:00", "Europe/Berlin");
    let master = client.post("/me/events", &sent);
    client.prefer.push_str(", outlook.timezone=\"Pacific Standard Time\"");
    let all = instances(&mut client, &master);
    assert_eq!(starts(&all)[..2], ["06-10T00:00", "06-11T00:00"]);
    assert_eq!(all[0]["start"]["timeZone"], "Pacific Standard Time");
}
