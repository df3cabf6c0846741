use super::support::*;
use kalends_testkit::google_sim::Role;
use serde_json::{Value, json};

const LIST: &str = "users/me/calendarList";

fn listed(desk: &mut Desk, query: &str) -> Value {
    let (status, body) = desk.get(&format!("{LIST}?{query}"));
    assert_eq!(status, 200, "{body}");
    body
}

#[test]
fn a_list_has_roles_primaries_and_pages() {
    let mut desk = desk();
    for number in 0..3 {
        desk.sim.add_calendar(ANN, &format!("C{number}"));
    }
    let bobs = desk.sim.add_calendar(BOB, "Bob's");
    desk.sim.share(&bobs, ANN, Some(Role::Reader));
    let all = listed(&mut desk, "");
    assert_eq!(ids(&all).len(), 5);
    let entry = |id: &str| {
        all["items"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
    };
    assert_eq!(entry(ANN)["primary"], true);
    assert_eq!(entry(&bobs)["accessRole"], "reader");
    assert_eq!(ids(&listed(&mut desk, "minAccessRole=writer")).len(), 4);
    let page = listed(&mut desk, "maxResults=3");
    assert!(page.get("nextSyncToken").is_none());
    let rest =
        listed(&mut desk, &format!("maxResults=3&pageToken={}", text(&page["nextPageToken"])));
    assert_eq!(ids(&page).len() + ids(&rest).len(), 5);
    assert!(rest["nextSyncToken"].is_string());
}

#[test]
fn its_sync_token_gives_new_and_lost_calendars_but_no_new_titles() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let token = text(&listed(&mut desk, "")["nextSyncToken"]);
    desk.sim.person(ANN, NOW).rename_calendar(&work, "Job").unwrap();
    assert_eq!(ids(&listed(&mut desk, &format!("syncToken={token}"))), [""; 0]);
    let home = desk.sim.add_calendar(ANN, "Home");
    desk.sim.person(ANN, NOW).delete_calendar(&work).unwrap();
    let body = listed(&mut desk, &format!("syncToken={token}"));
    let mut both = [home, work.clone()];
    both.sort();
    assert_eq!(ids(&body), both);
    let gone = body["items"].as_array().unwrap().iter().find(|one| one["id"] == work.as_str());
    assert_eq!(gone.unwrap()["deleted"], true);
    let (status, body) = desk.get(&format!("{LIST}?syncToken={token}&minAccessRole=owner"));
    assert_eq!((status, reason(&body)), (400, "invalid"));
    let (status, body) = desk.get(&format!("calendars/{work}/events"));
    assert_eq!((status, reason(&body)), (404, "notFound"));
}

#[test]
fn entries_can_be_set_hidden_left_and_taken_again() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let path = format!("{LIST}/{work}");
    let (_, entry) = desk.patch(&path, &json!({"summaryOverride": "Mine", "hidden": true}));
    assert_eq!(
        (entry["summary"].as_str(), entry["summaryOverride"].as_str()),
        (Some("Work"), Some("Mine"))
    );
    assert!(!ids(&listed(&mut desk, "")).contains(&work));
    assert!(ids(&listed(&mut desk, "showHidden=true")).contains(&work));
    assert_eq!(desk.delete(&path).0, 204);
    assert_eq!(desk.get(&path).0, 404);
    assert_eq!(desk.post(LIST, &json!({"id": work})).0, 200);
    assert_eq!(desk.get(&path).0, 200);
    assert_eq!(desk.delete(&format!("{LIST}/primary")).0, 403);
}

#[test]
fn calendars_are_made_changed_cleared_and_deleted() {
    let mut desk = desk();
    assert_eq!(reason(&desk.post("calendars", &json!({"summary": ""})).1), "required");
    let wanted = json!({"summary": "Busy", "timeZone": "Europe/Oslo"});
    let (_, made) = desk.post("calendars", &wanted);
    assert_eq!(
        (made["timeZone"].as_str(), made["dataOwner"].as_str()),
        (Some("Europe/Oslo"), Some(ANN))
    );
    let path = format!("calendars/{}", text(&made["id"]));
    let (_, body) = desk.patch(&path, &json!({"description": "Ours"}));
    assert_eq!(
        (body["summary"].as_str(), body["description"].as_str()),
        (Some("Busy"), Some("Ours"))
    );
    assert!(ids(&listed(&mut desk, "")).contains(&text(&made["id"])));
    assert_eq!(desk.ask(&format!("{path}/clear")).0, 400);
    assert_eq!(desk.delete(&path).0, 204);
    assert_eq!(desk.get(&path).0, 404);
    assert_eq!(desk.delete("calendars/primary").0, 400);
    desk.insert(&event(5));
    assert_eq!(desk.ask("calendars/primary/clear").0, 204);
    assert_eq!(ids(&desk.get(EVENTS).1), [""; 0]);
}

#[test]
fn roles_decide_what_is_seen_and_written() {
    let mut desk = desk();
    let bobs = desk.sim.add_calendar(BOB, "Bob's");
    let path = format!("calendars/{bobs}/events");
    assert_eq!(desk.get(&path).0, 404, "not shared is not there");
    desk.sim.share(&bobs, ANN, Some(Role::Reader));
    let secret = with(event(5), json!({"visibility": "private"}));
    desk.sim.person(BOB, NOW).add(&bobs, &secret).unwrap();
    desk.sim.person(BOB, NOW).add(&bobs, &event(6)).unwrap();
    let (_, body) = desk.get(&path);
    let titles: Vec<_> =
        body["items"].as_array().unwrap().iter().map(|one| one.get("summary")).collect();
    assert_eq!(titles, [None, Some(&json!("Day 6"))]);
    let (status, body) = desk.post(&path, &event(7));
    assert_eq!((status, reason(&body)), (403, "requiredAccessLevel"));
    desk.sim.share(&bobs, ANN, Some(Role::FreeBusyReader));
    let (_, body) = desk.get(&path);
    assert!(body["items"].as_array().unwrap().iter().all(|one| one.get("summary").is_none()));
    desk.sim.share(&bobs, ANN, Some(Role::Writer));
    assert_eq!(desk.post(&path, &event(7)).0, 200);
}

#[test]
fn free_busy_merges_and_tells_what_it_cannot_read() {
    let mut desk = desk();
    desk.insert(&event(5));
    desk.insert(&with(event(5), json!({"transparency": "transparent"})));
    desk.insert(&json!({
        "start": {"dateTime": "2026-01-05T10:30:00Z"}, "end": {"dateTime": "2026-01-05T11:00:00Z"},
    }));
    desk.insert(&json!({
        "start": {"dateTime": "2026-01-05T10:00:00Z"}, "end": {"dateTime": "2026-01-05T10:30:00Z"},
    }));
    let asked = |min: &str, max: &str| json!({"timeMin": min, "timeMax": max, "items": [{"id": ANN}, {"id": "nobody"}]});
    let (_, body) = desk.post("freeBusy", &asked("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"));
    let wanted = json!([{"start": "2026-01-05T09:00:00Z", "end": "2026-01-05T11:00:00Z"}]);
    assert_eq!(body["calendars"][ANN]["busy"], wanted);
    assert_eq!(body["calendars"]["nobody"]["errors"][0]["reason"], "notFound");
    let (status, body) =
        desk.post("freeBusy", &asked("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"));
    assert_eq!((status, reason(&body)), (400, "timeRangeTooLong"));
}

#[test]
fn settings_tell_the_zone() {
    let mut desk = desk();
    assert_eq!(desk.get("users/me/settings/timezone").1["value"], "Europe/Paris");
    assert_eq!(desk.get("users/me/settings").0, 200);
}
