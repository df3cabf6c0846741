use super::support::*;
use serde_json::{Value, json};

/// All pages of a query, and the last page.
fn pages(desk: &mut Desk, query: &str) -> (Vec<Value>, Value) {
    let (mut items, mut more) = (Vec::new(), String::new());
    for _ in 0..50 {
        let body = first_page(desk, &format!("{query}{more}"));
        items.extend(body["items"].as_array().unwrap().clone());
        match body.get("nextPageToken") {
            Some(next) => more = format!("&pageToken={}", text(next)),
            None => return (items, body),
        }
    }
    panic!("too many pages");
}

fn first_page(desk: &mut Desk, query: &str) -> Value {
    let (status, body) = desk.get(&format!("{EVENTS}?{query}"));
    assert_eq!(status, 200, "{body}");
    body
}

#[test]
fn pages_end_with_a_sync_token_and_lose_nothing_that_changes_meanwhile() {
    let mut desk = desk();
    for day in 1..=9 {
        desk.insert(&event(day));
    }
    let one = first_page(&mut desk, "maxResults=4");
    assert!(one.get("nextSyncToken").is_none());
    let old = ids(&one)[0].clone();
    desk.patch(&format!("{EVENTS}/{old}"), &json!({"summary": "New"}));
    desk.insert(&event(20));
    let mut seen = ids(&one);
    let mut page = one;
    while let Some(token) = page.get("nextPageToken").map(text) {
        page = first_page(&mut desk, &format!("maxResults=4&pageToken={token}"));
        seen.extend(ids(&page));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 10);
    let (_, more) = desk.since(&text(&page["nextSyncToken"]));
    assert!(ids(&more).contains(&old), "what changed during the run comes again");
}

#[test]
fn a_sync_token_gives_changes_and_deletions_again_and_again() {
    let mut desk = desk();
    let kept = text(&desk.insert(&event(1))["id"]);
    let gone = text(&desk.insert(&event(2))["id"]);
    let token = desk.sync_token();
    desk.patch(&format!("{EVENTS}/{kept}"), &json!({"location": "Here"}));
    desk.delete(&format!("{EVENTS}/{gone}"));
    for _ in 0..2 {
        let (_, body) = desk.since(&token);
        assert_eq!(ids(&body), [kept.clone(), gone.clone()]);
        let stub = &body["items"][1];
        assert_eq!(stub["status"], "cancelled");
        assert!(stub.get("start").is_none() && stub.get("summary").is_none(), "{stub}");
    }
    let (_, body) = desk.since(&token);
    let (_, body) = desk.since(&text(&body["nextSyncToken"]));
    assert_eq!(ids(&body), [""; 0]);
}

#[test]
fn a_sync_token_goes_with_its_own_query_only() {
    let mut desk = desk();
    desk.insert(&event(1));
    let token = desk.sync_token();
    for wrong in [
        "timeMin=2026-01-01T00:00:00Z",
        "orderBy=updated",
        "q=x",
        "iCalUID=x",
        "privateExtendedProperty=a%3Db",
        "updatedMin=2026-01-01T00:00:00Z",
        "showDeleted=false",
        "singleEvents=true",
        "eventTypes=default",
    ] {
        let (status, body) = desk.get(&format!("{EVENTS}?syncToken={token}&{wrong}"));
        assert_eq!((status, reason(&body)), (400, "invalid"), "{wrong}");
    }
    let (status, _) = desk.get(&format!("{EVENTS}?syncToken={token}&maxResults=5"));
    assert_eq!(status, 200, "the size of a page is free");
}

#[test]
fn queries_that_cannot_be_repeated_end_without_a_sync_token() {
    let mut desk = desk();
    desk.insert(&event(1));
    for query in ["orderBy=updated", "q=day", "iCalUID=x", "updatedMin=2026-01-01T00:00:00Z"] {
        assert!(first_page(&mut desk, query).get("nextSyncToken").is_none(), "{query}");
    }
    let window = "timeMin=2026-01-01T00:00:00Z";
    assert!(first_page(&mut desk, window).get("nextSyncToken").is_some(), "a window is allowed");
}

#[test]
fn dead_tokens_are_410_on_the_first_page_and_on_later_ones() {
    let mut desk = desk();
    let token = desk.sync_token();
    for day in 1..=6 {
        desk.insert(&event(day));
    }
    let (_, one) = desk.get(&format!("{EVENTS}?syncToken={token}&maxResults=3"));
    desk.sim.expire_tokens(ANN);
    let next = text(&one["nextPageToken"]);
    for path in [
        format!("{EVENTS}?syncToken={token}"),
        format!("{EVENTS}?syncToken={token}&maxResults=3&pageToken={next}"),
        format!("{EVENTS}?syncToken=nonsense"),
    ] {
        let (status, body) = desk.get(&path);
        assert_eq!((status, reason(&body)), (410, "fullSyncRequired"), "{path}");
        assert_eq!(body["error"]["errors"][0]["domain"], "calendar");
    }
    let token = desk.sync_token();
    assert_eq!(desk.since(&token).0, 200, "a new one lives");
    desk.sim.profile_mut().lists.sync_token_life_ms = Some(60_000);
    desk.now += 120_000;
    assert_eq!(desk.since(&token).0, 410, "it grew too old");
}

#[test]
fn windows_are_exclusive_and_empty_ones_refused() {
    let mut desk = desk();
    let id = text(&desk.insert(&event(5))["id"]);
    let mut inside = |window: &str| ids(&first_page(&mut desk, window)).contains(&id);
    assert!(inside("timeMin=2026-01-05T09:59:59Z"));
    assert!(!inside("timeMin=2026-01-05T10:00:00Z"), "it ends then");
    assert!(inside("timeMax=2026-01-05T09:00:01Z"));
    assert!(!inside("timeMax=2026-01-05T09:00:00Z"), "it starts then");
    let empty = "timeMin=2026-01-05T10:00:00Z&timeMax=2026-01-05T10:00:00Z";
    let (status, body) = desk.get(&format!("{EVENTS}?{empty}"));
    assert_eq!((status, reason(&body)), (400, "timeRangeEmpty"));
}

#[test]
fn filters_and_orders_are_as_documented() {
    let mut desk = desk();
    let late = with(event(9), json!({"extendedProperties": {"private": {"kal_m": "x"}}}));
    let late = desk.insert(&late);
    let early = desk.insert(&with(event(2), json!({"description": "Budget talk"})));
    let got = |desk: &mut Desk, query: &str| ids(&first_page(desk, query));
    let (late, early) = (text(&late["id"]), text(&early["id"]));
    assert_eq!(got(&mut desk, "privateExtendedProperty=kal_m%3Dx"), [late.as_str()]);
    assert_eq!(got(&mut desk, "q=budget"), [early.as_str()]);
    assert_eq!(got(&mut desk, &format!("iCalUID={late}%40google.com")), [late.as_str()]);
    assert_eq!(got(&mut desk, "singleEvents=true&orderBy=startTime"), [early, late]);
    let (status, body) = desk.get(&format!("{EVENTS}?orderBy=startTime"));
    assert_eq!((status, reason(&body)), (400, "invalid"));
    assert_eq!(got(&mut desk, "eventTypes=focusTime"), [""; 0]);
}

#[test]
fn deleted_events_are_shown_on_request_with_what_was_known() {
    let mut desk = desk();
    let id = text(&desk.insert(&event(5))["id"]);
    desk.delete(&format!("{EVENTS}/{id}"));
    assert_eq!(ids(&first_page(&mut desk, "")), [""; 0]);
    let body = first_page(&mut desk, "showDeleted=true");
    assert_eq!(body["items"][0]["summary"], "Day 5");
    assert_eq!(body["items"][0]["status"], "cancelled");
    let (status, body) = desk.get(&format!("{EVENTS}/{id}"));
    assert_eq!((status, body["status"].as_str()), (200, Some("cancelled")));
}

#[test]
fn answers_can_be_partial_and_follow_the_zone_that_is_asked_for() {
    let mut desk = desk();
    desk.insert(&event(5));
    let body = first_page(&mut desk, "fields=items(start),nextSyncToken&timeZone=Asia/Tokyo");
    let wanted = json!([{"start": {
        "dateTime": "2026-01-05T18:00:00+09:00", "timeZone": "Europe/Paris",
    }}]);
    assert_eq!(body["items"], wanted);
    assert!(body.get("kind").is_none());
}

#[test]
fn short_and_empty_pages_still_come_to_an_end() {
    let mut desk = desk();
    for day in 1..=7 {
        desk.insert(&event(day));
    }
    desk.sim.profile_mut().lists.page_max = 3;
    desk.sim.profile_mut().lists.empty_pages = true;
    let (items, last) = pages(&mut desk, "maxResults=250");
    assert_eq!(items.len(), 7);
    assert!(last["nextSyncToken"].is_string());
}
