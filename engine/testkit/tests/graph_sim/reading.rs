//! Lists and views: pages, filters, zones, windows.

use crate::support::{body, client, encoded, id, meeting};
use serde_json::json;

#[test]
fn pages_follow_one_another_and_keep_their_query() {
    let mut client = client();
    for day in 10..20 {
        client.post("/me/events", &meeting("Lunch", &format!("2026-06-{day}")));
    }
    let first = client.get("/me/events?$top=4&$select=subject&$orderby=start/dateTime%20desc");
    assert_eq!(first["value"].as_array().unwrap().len(), 4);
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with("http://localhost/v1.0/me/events?"), "{link}");
    assert!(link.contains("$skip=4") && link.contains("$select=subject"), "{link}");
    let all = client.all("/me/events?$top=4&$orderby=start/dateTime%20desc");
    assert_eq!(all.len(), 10);
    assert_eq!(all[0]["start"]["dateTime"], "2026-06-19T09:00:00.0000000");
    assert_eq!(client.get("/me/events?$top=3&$count=true")["@odata.count"], 10);
    client.prefer.push_str(", odata.maxpagesize=3");
    assert_eq!(client.get("/me/events")["value"].as_array().unwrap().len(), 3);
}

#[test]
fn events_are_filtered_by_property_and_category() {
    let mut client = client();
    for (subject, category) in [("One", "Kalends"), ("Two", "Red")] {
        let mut sent = meeting(subject, "2026-06-10");
        sent["categories"] = json!([category]);
        client.post("/me/events", &sent);
    }
    let found = |client: &mut crate::support::Client, filter: &str| {
        let all =
            client.all(&format!("/me/events?$filter={}", encoded(filter).replace(' ', "%20")));
        all.iter().map(|item| item["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&mut client, "categories/any(c:c eq 'Kalends')"), ["One"]);
    assert_eq!(found(&mut client, "startswith(subject,'T')"), ["Two"]);
    assert_eq!(found(&mut client, "subject eq 'one' or subject eq 'two'").len(), 2);
    for wrong in ["$filter=subject", "$search=x", "$select=titel", "$top=0"] {
        let request = client.request("GET", &format!("/me/events?{wrong}"));
        assert_eq!(client.refused(&request).0, 400, "{wrong}");
    }
}

#[test]
fn a_view_needs_a_window_of_five_years_at_most() {
    let mut client = client();
    client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let view = |from: &str, until: &str| {
        format!("/me/calendarView?startDateTime={from}&endDateTime={until}")
    };
    let count = |client: &mut crate::support::Client, from: &str, until: &str| {
        client.all(&view(from, until)).len()
    };
    assert_eq!(count(&mut client, "2026-06-10T00:00:00", "2026-06-11T00:00:00"), 1);
    assert_eq!(count(&mut client, "2026-06-10T09:30:00Z", "2026-06-10T09:40:00Z"), 1);
    assert_eq!(count(&mut client, "2026-06-10T10:00:00Z", "2026-06-10T11:00:00Z"), 0);
    assert_eq!(count(&mut client, "2026-06-10T12:30:00%2B03:00", "2026-06-10T13:00:00Z"), 1);
    for (path, code) in [
        ("/me/calendarView".to_owned(), "ErrorInvalidParameter"),
        (view("2026-06-10", "x"), "ErrorInvalidParameter"),
        (view("2020-01-01", "2026-01-01"), "ErrorInvalidRequest"),
        (view("2026-06-10", "2026-06-09"), "ErrorInvalidRequest"),
    ] {
        let request = client.request("GET", &path);
        assert_eq!(client.refused(&request), (400, code.to_owned()), "{path}");
    }
    let items = client.all(&view("2026-06-01", "2026-07-01"));
    assert_eq!(items[0].get("lastModifiedDateTime"), None);
}

#[test]
fn times_are_shown_in_the_zone_that_is_preferred() {
    let mut client = client();
    client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    for (zone, expected) in [
        ("Pacific Standard Time", "2026-06-10T02:00:00.0000000"),
        ("Asia/Tokyo", "2026-06-10T18:00:00.0000000"),
        ("UTC", "2026-06-10T09:00:00.0000000"),
    ] {
        client.prefer = format!("IdType=\"ImmutableId\", outlook.timezone=\"{zone}\"");
        let request = client.request("GET", "/me/events");
        let reply = client.send(&request);
        let start = &body(&reply)["value"][0]["start"];
        assert_eq!(start, &json!({"dateTime": expected, "timeZone": zone}));
        assert!(reply.get("preference-applied").unwrap().contains(zone));
    }
    client.prefer = "outlook.timezone=\"Middle-earth Standard Time\"".to_owned();
    let request = client.request("GET", "/me/events");
    assert_eq!(client.refused(&request), (400, "TimeZoneNotSupportedException".to_owned()));
}

#[test]
fn ids_translate_between_the_spaces() {
    let mut client = client();
    let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let sent = json!({"inputIds": [id(&made)], "sourceIdType": "restImmutableEntryId",
                      "targetIdType": "restId"});
    let request = client.with_body("POST", "/me/translateExchangeIds", &sent);
    let reply = client.send(&request);
    let target = body(&reply)["value"][0]["targetId"].as_str().unwrap().to_owned();
    client.prefer = String::new();
    assert_eq!(client.all("/me/events")[0]["id"], target.as_str());
}
