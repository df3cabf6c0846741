use super::support::*;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::Fault;
use kalends_testkit::wire::Delivery;
use serde_json::json;

const ONE: &str = "calendars/primary/events?sendUpdates=none";

fn plan(desk: &mut Desk, method: &str, name: &str) {
    assert!(desk.sim.plan(method, "*", When::Nth(1), name), "{name}");
}

#[test]
fn every_fault_of_the_fact_book_has_a_name() {
    let names = Fault::names();
    for number in 1..=30 {
        let own = format!("F{number}");
        let family = format!("F{number}-");
        assert!(names.iter().any(|name| *name == own || name.starts_with(&family)), "{own}");
    }
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), names.len());
    assert!(names.iter().all(|name| Fault::by_name(name).is_some()));
    assert!(Fault::by_name("F99").is_none());
}

#[test]
fn answers_of_others_carry_their_reasons() {
    for (name, status, wanted) in [
        ("F1", 401, "authError"),
        ("F4-scopes", 403, "insufficientPermissions"),
        ("F5-user", 403, "userRateLimitExceeded"),
        ("F5-rate", 403, "rateLimitExceeded"),
        ("F5-429", 429, "rateLimitExceeded"),
        ("F7", 410, "fullSyncRequired"),
        ("F8", 410, "deleted"),
        ("F9-once", 404, "notFound"),
        ("F10", 409, "duplicate"),
        ("F11-once", 412, "conditionNotMet"),
        ("F12-500", 500, "backendError"),
        ("F12-503", 503, "backendError"),
        ("F22-401", 401, "push.webhookUrlUnauthorized"),
        ("F22-400", 400, "pushNotSupportedForRequestedResource"),
        ("F23", 404, "notFound"),
    ] {
        let mut desk = desk();
        plan(&mut desk, "POST", name);
        let (found, body) = desk.post(ONE, &event(5));
        assert_eq!((found, reason(&body)), (status, wanted), "{name}");
        assert_eq!(ids(&desk.get(EVENTS).1).len(), 0, "{name}: nothing was done");
        assert_eq!(desk.post(ONE, &event(5)).0, 200, "{name}: once");
    }
}

#[test]
fn a_wait_is_told_where_the_fault_says_so() {
    for (name, wanted) in
        [("F5-429-after", Some("30")), ("F5-user-after", Some("3")), ("F5-429", None)]
    {
        let mut desk = desk();
        plan(&mut desk, "GET", name);
        let request = desk.request("GET", EVENTS);
        assert_eq!(desk.send(request).get("retry-after"), wanted, "{name}");
    }
}

#[test]
fn tokens_run_out_and_consent_is_taken_back() {
    for name in ["F1-expired", "F2-revoked"] {
        let mut desk = desk();
        plan(&mut desk, "GET", name);
        assert_eq!(desk.get(EVENTS).0, 401, "{name}");
        assert_eq!(desk.get(EVENTS).0, 401, "{name}: for good");
    }
}

#[test]
fn a_used_up_quota_stops_writes_for_hours_and_lets_reads_through() {
    let mut desk = desk();
    plan(&mut desk, "POST", "F6");
    for _ in 0..2 {
        let (status, body) = desk.post(ONE, &event(5));
        assert_eq!((status, reason(&body)), (403, "quotaExceeded"));
        assert_eq!(body["error"]["errors"][0]["domain"], "usageLimits");
    }
    assert_eq!(desk.get(EVENTS).0, 200);
    desk.now += 3 * 3_600_000;
    desk.token = desk.sim.grant(ANN, "client", &[], desk.now).access;
    assert_eq!(desk.post(ONE, &event(5)).0, 200);
}

#[test]
fn expired_tokens_calendars_and_roles_are_lost_for_good() {
    let mut desk = desk();
    let token = desk.sync_token();
    plan(&mut desk, "GET", "F7-tokens");
    assert_eq!(desk.since(&token).0, 410);
    assert_eq!(desk.since(&token).0, 410);
    let fresh = desk.sync_token();
    assert_eq!(desk.since(&fresh).0, 200);
    for (name, read, write) in [("F9", 404, 404), ("F28", 200, 403), ("F28-none", 404, 404)] {
        let mut desk = super::support::desk();
        let work = desk.sim.add_calendar(ANN, "Work");
        let path = format!("calendars/{work}/events");
        plan(&mut desk, "GET", name);
        assert_eq!(desk.get(&path).0, read, "{name}");
        assert_eq!(desk.post(&path, &event(5)).0, write, "{name}");
    }
}

#[test]
fn an_id_is_taken_by_the_same_a_deleted_or_a_foreign_event() {
    for (name, status, summary) in [
        ("F10-live", "confirmed", "Day 5"),
        ("F10-cancelled", "cancelled", "Day 5"),
        ("F10-foreign", "confirmed", "Somebody's own event"),
    ] {
        let mut desk = desk();
        plan(&mut desk, "POST", name);
        let body = with(event(5), json!({"id": "kal01234"}));
        assert_eq!(desk.post(ONE, &body).0, 409, "{name}");
        let (_, held) = desk.get(&format!("{EVENTS}/kal01234"));
        assert_eq!(
            (&held["status"], &held["summary"]),
            (&json!(status), &json!(summary)),
            "{name}"
        );
    }
}

#[test]
fn a_rival_is_faster() {
    let mut desk = desk();
    let made = desk.insert(&event(5));
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    plan(&mut desk, "PATCH", "F11");
    assert_eq!(desk.patch_if(&path, &made["etag"], &json!({"summary": "Mine"})).0, 412);
    assert_eq!(desk.get(&path).1["location"], "Moved by a rival");
    assert!(desk.sim.plan("PATCH", "*", When::Always, "X24"));
    assert_eq!(desk.patch(&path, &json!({"summary": "Mine"})).0, 403);
}

#[test]
fn a_lost_answer_leaves_the_write_and_a_lost_request_does_not() {
    for (name, delivery, left) in [
        ("F13", Delivery::DropAfterCommit, 1),
        ("X2", Delivery::DropBeforeCommit, 0),
        ("F3-stall", Delivery::Stall, 0),
    ] {
        let mut desk = desk();
        plan(&mut desk, "POST", name);
        let request = desk.request("POST", EVENTS).body(event(5).to_string());
        assert_eq!(desk.send(request).delivery, delivery, "{name}");
        assert_eq!(ids(&desk.get(EVENTS).1).len(), left, "{name}");
    }
}

#[test]
fn lists_are_odd_for_one_request() {
    let mut desk = desk();
    let id = text(&desk.insert(&daily(5))["id"]);
    let token = desk.sync_token();
    let second = ids(&desk.get(&format!("{EVENTS}/{id}/instances")).1)[1].clone();
    desk.patch(&format!("{EVENTS}/{id}"), &json!({"summary": "New"}));
    desk.delete(&format!("{EVENTS}/{second}"));
    let mut under = |name: &str| {
        plan(&mut desk, "GET", name);
        desk.since(&token).1
    };
    let empty = under("F14");
    assert!(ids(&empty).is_empty() && empty["nextPageToken"].is_string());
    let twice = under("F15");
    assert_eq!(ids(&twice), [id.clone(), id.clone(), second.clone(), second.clone()]);
    assert_eq!(
        (&twice["items"][0]["summary"], &twice["items"][1]["summary"]),
        (&json!("Day 5"), &json!("New"))
    );
    assert_eq!(ids(&under("F16")), [second.clone(), id.clone()]);
    let bare = &under("F17")["items"][1];
    assert_eq!(bare["recurringEventId"], json!(id), "of a series that is there it says which");
    assert!(bare["originalStartTime"].is_object() && bare.get("etag").is_none(), "{bare}");
    assert!(under("F18").get("nextSyncToken").is_none());
    let lag = under("F25");
    assert_eq!(ids(&lag), [id.as_str()]);
    let after = text(&lag["nextSyncToken"]);
    assert_eq!(ids(&desk.since(&after).1), [second.as_str()], "the token knows what was not told");
    let (_, all) = desk.since(&after);
    let last = text(&all["nextSyncToken"]);
    plan(&mut desk, "GET", "F19");
    assert_eq!(ids(&desk.since(&last).1), [id, second], "older changes again");
}

#[test]
fn a_bare_stub_of_a_single_has_but_its_id() {
    let mut desk = desk();
    let id = text(&desk.insert(&event(5))["id"]);
    let token = desk.sync_token();
    desk.delete(&format!("{EVENTS}/{id}"));
    plan(&mut desk, "GET", "F17");
    assert_eq!(desk.since(&token).1["items"], json!([{"id": id, "status": "cancelled"}]));
}

#[test]
fn a_list_that_lags_gives_the_older_version_and_not_the_new_event() {
    let mut desk = desk();
    let id = text(&desk.insert(&event(5))["id"]);
    desk.patch(&format!("{EVENTS}/{id}"), &json!({"summary": "New"}));
    plan(&mut desk, "GET", "F25");
    assert_eq!(desk.get(EVENTS).1["items"][0]["summary"], "Day 5");
    desk.insert(&event(6));
    plan(&mut desk, "GET", "F25");
    assert_eq!(ids(&desk.get(EVENTS).1), [id]);
}

#[test]
fn the_server_rewrites_what_it_stores() {
    let mut desk = desk();
    plan(&mut desk, "POST", "F24");
    let body = with(daily(5), json!({"description": "a < b"}));
    let made = desk.insert(&body);
    assert_eq!(made["description"], "a &lt; b");
    assert_eq!(made["recurrence"], json!(["RRULE:COUNT=5;FREQ=DAILY"]));
    assert!(made["conferenceData"].is_object());
}

#[test]
fn a_series_is_split_and_its_ids_are_opaque() {
    let mut desk = desk();
    let id = text(&desk.insert(&daily(5))["id"]);
    plan(&mut desk, "GET", "F27");
    let (_, body) = desk.get(EVENTS);
    assert_eq!(ids(&body).len(), 2);
    plan(&mut desk, "GET", "F26");
    let (_, body) = desk.get(&format!("{EVENTS}/{id}/instances"));
    assert_eq!(ids(&body).len(), 2);
    assert!(!ids(&body)[0].contains(&id));
}

#[test]
fn channels_are_short_where_the_fault_says_so() {
    for (fault, life_ms) in [("F21", 3_600_000), ("F21-brief", 15_000)] {
        let mut desk = desk();
        plan(&mut desk, "POST", fault);
        let channel = json!({"id": "c", "type": "web_hook", "address": "https://hook.example/"});
        let (_, body) = desk.post("calendars/primary/events/watch", &channel);
        assert_eq!(body["expiration"], (desk.now + life_ms).to_string());
    }
}

#[test]
fn bodies_are_squeezed_and_cut() {
    let mut desk = desk();
    plan(&mut desk, "GET", "F29");
    let request = desk.request("GET", EVENTS);
    let reply = desk.send(request);
    assert_eq!(reply.get("content-encoding"), Some("gzip"));
    assert_eq!(reply.body[..3], [0x1f, 0x8b, 8]);
    plan(&mut desk, "GET", "F30");
    let request = desk.request("GET", EVENTS);
    let reply = desk.send(request);
    assert_eq!(reply.get("content-length"), Some(reply.body.len().to_string().as_str()));
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
}

#[test]
fn a_person_unticks_what_would_write() {
    let mut desk = desk();
    plan(&mut desk, "GET", "F4");
    let scope = "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar";
    let query = format!(
        "client_id=c&redirect_uri=http%3A%2F%2F127.0.0.1%2F&response_type=code&scope={scope}+{scope}.readonly"
    );
    let url = format!("http://localhost/o/oauth2/v2/auth?{query}");
    let reply = desk.send(kalends_testkit::wire::SimRequest::new("GET", &url));
    assert!(reply.get("location").unwrap().ends_with("calendar.readonly"), "{reply:?}");
}

#[test]
fn a_refresh_fails_in_each_way() {
    for (name, status) in [("F2", 400), ("F3-500", 500), ("F3-503", 503)] {
        let mut desk = desk();
        plan(&mut desk, "POST", name);
        let request = kalends_testkit::wire::SimRequest::new("POST", "http://localhost/token");
        assert_eq!(desk.send(request).status, status, "{name}");
    }
}
