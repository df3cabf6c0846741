//! Delta rounds: windows, tokens, removals, series, and what goes wrong with them.

use crate::support::{
    ALICE, Client, MARK, NOW, body, client, code, daily, encoded, event_path, id, ids, meeting,
};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Belief, Profile};
use serde_json::{Value, json};

const ROUND: &str =
    "/me/calendarView/delta?startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";

/// All pages of a round, and the link to the next one.
pub(crate) fn round(client: &mut Client, from: &str) -> (Vec<Value>, String) {
    let (mut out, mut next) = (Vec::new(), from.to_owned());
    loop {
        let page = client.get(&next);
        out.extend(page["value"].as_array().unwrap().clone());
        if let Some(link) = page["@odata.deltaLink"].as_str() {
            return (out, link.to_owned());
        }
        page["@odata.nextLink"].as_str().unwrap().clone_into(&mut next);
    }
}

fn is_removed(item: &Value) -> bool {
    item.get("@removed").is_some()
}

#[test]
fn a_round_tells_what_changed_since_the_last_one() {
    let mut client = client();
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let tea = client.post("/me/events", &meeting("Tea", "2026-06-11"));
    client.post("/me/events", &meeting("Later", "2026-08-11"));
    let (all, link) = round(&mut client, ROUND);
    assert_eq!(ids(&all), [id(&lunch), id(&tea)]);
    assert!(link.contains("$deltatoken="), "{link}");
    let (none, link) = round(&mut client, &link);
    assert_eq!(none, Vec::<Value>::new());
    client.patch(id(&lunch), &json!({"subject": "Dinner"}));
    client.status("DELETE", &event_path(id(&tea)));
    let (changed, link) = round(&mut client, &link);
    assert_eq!(changed[0]["subject"], "Dinner");
    assert_eq!(changed[1]["id"], tea["id"]);
    assert_eq!(changed[1]["@removed"], json!({"reason": "deleted"}));
    assert_eq!(round(&mut client, &link).0.len(), 0);
    client.check_contract();
}

#[test]
fn what_is_or_goes_outside_of_the_window_is_removed() {
    let mut client = client();
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, link) = round(&mut client, ROUND);
    let outside = client.post("/me/events", &meeting("Later", "2026-08-11"));
    let start = meeting("", "2026-09-01");
    client.patch(id(&lunch), &json!({"start": start["start"], "end": start["end"]}));
    let (changed, _) = round(&mut client, &link);
    assert_eq!(ids(&changed), [id(&outside), id(&lunch)]);
    assert!(changed.iter().all(is_removed));
    // Only a read by id tells them from deleted ones.
    assert_eq!(client.status("GET", &event_path(id(&lunch))), 200);
}

#[test]
fn a_series_is_a_master_with_bare_occurrences_and_whole_exceptions() {
    let mut client = client();
    let mut sent = daily("Standup");
    sent["singleValueExtendedProperties"] = json!([{"id": MARK, "value": "m"}]);
    let master = client.post("/me/events", &sent);
    let (all, link) = round(&mut client, ROUND);
    let kinds: Vec<&str> = all.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[0], "seriesMaster");
    assert_eq!(kinds[1..], ["occurrence"; 5]);
    let names: Vec<&String> = all[1].as_object().unwrap().keys().collect();
    let bare = ["@odata.etag", "@odata.type", "end", "id", "seriesMasterId", "start", "type"];
    assert_eq!(names, bare);
    assert_eq!(all[0].get("singleValueExtendedProperties"), None);
    client.patch(id(&all[2]), &json!({"subject": "Retro"}));
    client.status("DELETE", &event_path(id(&all[3])));
    let (changed, link) = round(&mut client, &link);
    assert_eq!(changed.len(), 5);
    assert_eq!(
        (&changed[2]["type"], &changed[2]["subject"]),
        (&json!("exception"), &json!("Retro"))
    );
    // The deleted occurrence is missing, and nothing says so.
    assert!(!changed.iter().any(|item| is_removed(item) || item["id"] == all[3]["id"]));
    client.status("DELETE", &event_path(id(&master)));
    let (gone, _) = round(&mut client, &link);
    assert_eq!(ids(&gone), [id(&master)]);
    client.check_contract();
}

#[test]
fn pages_are_as_large_as_is_preferred_and_never_split_a_series() {
    let mut client = client();
    client.prefer.push_str(", odata.maxpagesize=2");
    for day in 10..13 {
        client.post("/me/events", &meeting("Lunch", &format!("2026-06-{day}")));
    }
    client.post("/me/events", &daily("Standup"));
    let first = client.get(ROUND);
    assert_eq!(first["value"].as_array().unwrap().len(), 2);
    let request = client.request("GET", first["@odata.nextLink"].as_str().unwrap());
    let second = client.send(&request);
    assert!(second.get("preference-applied").unwrap().contains("odata.track-changes"));
    assert_eq!(body(&second)["value"].as_array().unwrap().len(), 1);
    let third = client.get(body(&second)["@odata.nextLink"].as_str().unwrap());
    assert_eq!(third["value"].as_array().unwrap().len(), 6);
    assert!(third["@odata.deltaLink"].is_string());
}

#[test]
fn what_changes_during_a_round_comes_again() {
    let mut client = client();
    client.prefer.push_str(", odata.maxpagesize=1");
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    client.post("/me/events", &meeting("Tea", "2026-06-11"));
    let first = client.get(ROUND);
    client.patch(id(&lunch), &json!({"subject": "Dinner"}));
    let (_, link) = round(&mut client, first["@odata.nextLink"].as_str().unwrap());
    assert_eq!(round(&mut client, &link).0[0]["subject"], "Dinner");
}

#[test]
fn options_that_deltas_do_not_take_are_refused() {
    let mut client = client();
    for option in ["$select=subject", "$expand=instances", "$top=5", "$filter=x", "$orderby=x"] {
        let request = client.request("GET", &format!("{ROUND}&{option}"));
        assert_eq!(client.refused(&request), (400, "ErrorInvalidUrlQuery".to_owned()));
    }
    let request = client.request("GET", "/me/calendarView/delta");
    assert_eq!(client.refused(&request).0, 400);
    assert_eq!(client.status("GET", &ROUND.replace("delta", "delta()")), 200);
}

#[test]
fn a_dead_token_is_410_and_a_new_round_begins() {
    let mut client = client();
    client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, link) = round(&mut client, ROUND);
    client.sim.expire_tokens(None);
    let request = client.request("GET", &link);
    assert_eq!(client.refused(&request), (410, "SyncStateNotFound".to_owned()));
    assert_eq!(round(&mut client, ROUND).0.len(), 1);
}

#[test]
fn an_event_that_moves_leaves_one_round_and_enters_another_under_its_immutable_id() {
    let mut client = client();
    let other = client.sim.add_calendar(ALICE, "Other");
    let there = format!("/me/calendars/{}{}", encoded(&other), ROUND.trim_start_matches("/me"));
    let home = ROUND.replace("/me/", "/me/calendar/");
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, from) = round(&mut client, &home);
    let (_, to) = round(&mut client, &there);
    client.sim.person(NOW).move_to(id(&lunch), &other).unwrap();
    let (left, _) = round(&mut client, &from);
    assert_eq!((ids(&left), is_removed(&left[0])), (vec![id(&lunch)], true));
    let (entered, _) = round(&mut client, &to);
    assert_eq!((ids(&entered), is_removed(&entered[0])), (vec![id(&lunch)], false));
}

#[test]
fn events_delta_tells_ids_and_times_in_no_window() {
    let mut client = client();
    client.post("/me/events", &meeting("Later", "2029-08-11"));
    let path = "/me/calendar/events/delta?startDateTime=2026-06-01T00:00:00Z";
    let (all, _) = round(&mut client, path);
    let names: Vec<&String> = all[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["@odata.etag", "end", "id", "start", "type"]);
}

#[test]
fn faults_of_rounds_do_what_they_say() {
    let mut client = client();
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, link) = round(&mut client, ROUND);
    client.patch(id(&lunch), &json!({"subject": "Dinner"}));
    let mut met = |name: &str| {
        client.sim.faults_mut().clear();
        assert!(client.sim.faults_mut().add("GET", "*", When::First(1), name), "{name}");
        let request = client.request("GET", &link);
        let reply = client.send(&request);
        (reply.status, body(&reply), reply)
    };
    let (_, empty, _) = met("G7");
    assert_eq!(empty["value"], json!([]));
    assert!(empty["@odata.nextLink"].is_string());
    let (_, unknown, _) = met("G8");
    assert!(is_removed(&unknown["value"][0]));
    assert_eq!(unknown["value"][1]["subject"], "Dinner");
    let (_, replayed, _) = met("G11");
    let subjects: Vec<&Value> =
        replayed["value"].as_array().unwrap().iter().map(|item| &item["subject"]).collect();
    assert_eq!(subjects, ["Dinner", "Lunch"]);
    assert_eq!(met("G12").1["value"].as_array().unwrap().len(), 2);
    let (_, lagging, _) = met("G13");
    assert_eq!(lagging["value"], json!([]));
    let later = lagging["@odata.deltaLink"].as_str().unwrap().to_owned();
    let (_, elsewhere, _) = met("G20");
    assert!(elsewhere["@odata.deltaLink"].as_str().unwrap().contains("/v1.0/shard-7/v1.0/"));
    let (status, _, reply) = met("G6-410-location");
    assert_eq!((status, code(&reply).to_lowercase()), (410, "syncstatenotfound".to_owned()));
    assert!(reply.get("location").is_some());
    assert_eq!(met("G6-dead").0, 410);
    client.sim.faults_mut().clear();
    // A token that lagged has lost nothing, unless all are dead.
    assert_eq!(client.status("GET", &later), 410);
}

/// Catches a simulator that plays an older version behind a newer one only, and none behind a removal.
#[test]
fn a_removed_event_is_told_again_as_it_was_by_a_round_that_replays() {
    let mut client = client();
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, link) = round(&mut client, ROUND);
    assert_eq!(client.status("DELETE", &event_path(id(&lunch))), 204);
    assert!(client.sim.faults_mut().add("GET", "*", When::Nth(1), "G11"));
    let (told, _) = round(&mut client, &link);
    assert!(is_removed(&told[0]) && !is_removed(&told[1]), "{told:?}");
    assert_eq!((&told[1]["id"], &told[1]["subject"]), (&told[0]["id"], &json!("Lunch")));
}

#[test]
fn a_lagging_round_loses_nothing() {
    let mut client = client();
    let lunch = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let (_, link) = round(&mut client, ROUND);
    client.patch(id(&lunch), &json!({"subject": "Dinner"}));
    assert!(client.sim.faults_mut().add("GET", "*", When::Nth(1), "G13"));
    let (none, link) = round(&mut client, &link);
    assert_eq!(none.len(), 0);
    assert_eq!(round(&mut client, &link).0[0]["subject"], "Dinner");
}

#[test]
fn masters_come_along_and_removed_series_name_their_occurrences_as_is_believed() {
    let window = ROUND.replace("2026-06-01", "2026-06-12");
    for (belief, holds) in
        [(Belief::MastersComeAlong, false), (Belief::OccurrencesAreRemovedToo, true)]
    {
        let mut profile = Profile::default();
        profile.set(belief, holds);
        let mut client = Client::new(profile);
        let master = client.post("/me/events", &daily("Standup"));
        let (all, link) = round(&mut client, &window);
        assert_eq!(all.iter().any(|item| item["type"] == "seriesMaster"), holds);
        client.status("DELETE", &event_path(id(&master)));
        let (gone, _) = round(&mut client, &link);
        assert_eq!(gone.len(), if holds { 4 } else { 1 });
    }
}
