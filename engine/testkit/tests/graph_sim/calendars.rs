//! Calendars, groups, shared ones, and the mailbox itself.

use crate::support::{ALICE, BOB, NOW, body, client, encoded, id, meeting};
use kalends_testkit::graph_sim::AccountKind;
use serde_json::json;

#[test]
fn a_calendar_is_made_renamed_and_removed() {
    let mut client = client();
    let made = client.post("/me/calendars", &json!({"name": "Overlay"}));
    let path = format!("/me/calendars/{}", encoded(id(&made)));
    assert_eq!((&made["isDefaultCalendar"], &made["canEdit"]), (&json!(false), &json!(true)));
    assert_eq!(client.all("/me/calendars").len(), 2);
    let request = client.with_body("POST", "/me/calendars", &json!({"name": "Overlay"}));
    assert_eq!(client.refused(&request), (409, "ErrorFolderExists".to_owned()));
    let request = client.with_body("PATCH", &path, &json!({"name": "Shadow", "color": "lightRed"}));
    let reply = client.send(&request);
    assert_eq!(body(&reply)["name"], "Shadow");
    client.post(&format!("{path}/events"), &meeting("Lunch", "2026-06-10"));
    assert_eq!(client.all(&format!("{path}/events")).len(), 1);
    let groups = client.all("/me/calendarGroups");
    let group = format!("/me/calendarGroups/{}/calendars", encoded(id(&groups[0])));
    assert_eq!(client.all(&group).len(), 2);
    assert_eq!(client.status("DELETE", &path), 204);
    assert_eq!(client.status("GET", &path), 404);
    assert_eq!(client.all("/me/events").len(), 0);
    assert_eq!(client.status("DELETE", "/me/calendar"), 400);
    client.check_contract();
}

#[test]
fn an_event_of_a_shared_calendar_is_found_through_it_alone() {
    let mut client = client();
    let calendar = client.sim.add_calendar(BOB, "Team");
    client.sim.share(&calendar, ALICE, false);
    let event = client.sim.person(NOW).create(&calendar, &meeting("Plan", "2026-06-10")).unwrap();
    let listed = client.all("/me/calendars");
    let shared = listed.iter().find(|one| one["name"] == "Team").unwrap();
    assert_eq!((&shared["canEdit"], &shared["canShare"]), (&json!(false), &json!(false)));
    assert_eq!(shared["owner"]["address"], BOB);
    let path = format!("/me/calendars/{}/events", encoded(&calendar));
    assert_eq!(client.status("GET", &format!("{path}/{}", encoded(&event))), 200);
    assert_eq!(client.status("GET", &format!("/me/events/{}", encoded(&event))), 404);
    let request = client.with_body("POST", &path, &meeting("Mine", "2026-06-10"));
    assert_eq!(client.refused(&request), (403, "ErrorAccessDenied".to_owned()));
    client.sim.share(&calendar, ALICE, true);
    client.post(&path, &meeting("Mine", "2026-06-10"));
}

#[test]
fn a_mailbox_says_who_and_where_it_is() {
    let mut client = client();
    client.sim.set_zone(ALICE, "Tokyo Standard Time");
    assert_eq!(client.get("/me")["userPrincipalName"], ALICE);
    assert_eq!(client.get("/me/mailboxSettings")["timeZone"], "Tokyo Standard Time");
    assert_eq!(client.get("/me/mailboxSettings/timeZone")["value"], "Tokyo Standard Time");
    let zones = client.get("/me/outlook/supportedTimeZones");
    assert!(zones["value"].as_array().unwrap().len() > 130);
    assert_eq!(client.get(&format!("/users/{ALICE}"))["id"], client.get("/me")["id"]);
    assert_eq!(client.status("GET", &format!("/users/{BOB}/calendars")), 403);
    assert_eq!(client.status("GET", "/me/messages"), 400);
    client.sim.add_user("carol@outlook.example", "Carol", AccountKind::Consumer);
    client.check_contract();
}
