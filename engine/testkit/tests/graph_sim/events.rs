//! Single events: made, read, changed, deleted, and what is said of mistakes.

use crate::support::{ALICE, MARK, at, body, client, code, event_path, id, meeting};
use kalends_testkit::graph_sim::{Profile, Repeated, Rule};
use serde_json::{Value, json};

#[test]
fn an_event_comes_back_with_the_defaults_of_the_service() {
    let mut client = client();
    let mut sent = meeting("Lunch", "2026-06-10");
    sent.as_object_mut().unwrap().remove("isReminderOn");
    let made = client.post("/me/events", &sent);
    let expected = json!({
        "subject": "Lunch", "type": "singleInstance", "showAs": "busy", "sensitivity": "normal",
        "isReminderOn": true, "reminderMinutesBeforeStart": 15, "isOrganizer": true,
        "transactionId": "Lunch-2026-06-10", "isAllDay": false, "recurrence": null,
        "start": {"dateTime": "2026-06-10T09:00:00.0000000", "timeZone": "UTC"},
        "createdDateTime": "2026-06-01T08:00:00.0000000Z",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let tag = format!("W/\"{}\"", made["changeKey"].as_str().unwrap());
    assert_eq!(made["@odata.etag"], tag.as_str());
    assert_eq!(client.get(&event_path(id(&made)))["id"], made["id"]);
    assert_eq!(made["organizer"]["emailAddress"]["address"], ALICE);
    client.check_contract();
}

#[test]
fn ids_need_encoding() {
    let mut client = client();
    let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let plain = id(&made).to_owned();
    assert!(plain.contains('/') && plain.contains('='), "{plain}");
    assert_eq!(client.status("GET", &format!("/me/events/{plain}")), 405);
    let request = client.request("GET", "/me/events/nonsense");
    assert_eq!(client.refused(&request), (400, "ErrorInvalidIdMalformed".to_owned()));
}

#[test]
fn the_second_creation_of_a_transaction_has_three_answers() {
    for (repeated, status) in
        [(Repeated::Created, 201), (Repeated::Ok, 200), (Repeated::Conflict, 409)]
    {
        let mut client = client();
        client.sim.profile_mut().repeated = repeated;
        let first = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
        let request = client.with_body("POST", "/me/events", &meeting("Lunch", "2026-06-10"));
        let reply = client.send(&request);
        assert_eq!(reply.status, status);
        if status < 300 {
            assert_eq!(body(&reply)["id"], first["id"]);
        }
        assert_eq!(client.all("/me/events").len(), 1);
    }
}

#[test]
fn a_change_with_an_old_key_is_refused_and_changes_nothing() {
    let mut client = client();
    let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let old = made["@odata.etag"].as_str().unwrap().to_owned();
    let path = event_path(id(&made));
    let patch = |client: &crate::support::Client, subject: &str| {
        client.with_body("PATCH", &path, &json!({"subject": subject})).header("If-Match", &old)
    };
    let request = patch(&client, "Dinner");
    let reply = client.send(&request);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_ne!(body(&reply)["@odata.etag"], old.as_str());
    assert_eq!(body(&reply)["start"], made["start"]);
    let request = patch(&client, "Breakfast");
    assert_eq!(client.refused(&request), (412, "ErrorIrresolvableConflict".to_owned()));
    let request = client.request("DELETE", &path).header("If-Match", &old);
    assert_eq!(client.refused(&request).0, 412);
    assert_eq!(client.get(&path)["subject"], "Dinner");
    let new = client.get(&path)["@odata.etag"].as_str().unwrap().to_owned();
    let request = client.request("DELETE", &path).header("If-Match", &new);
    assert_eq!(client.send(&request).status, 204);
    let request = client.request("GET", &path);
    assert_eq!(client.refused(&request), (404, "ErrorItemNotFound".to_owned()));
    assert_eq!(client.sim.violations(), []);
}

#[test]
fn a_body_is_wrapped_and_never_comes_back_as_it_was_sent() {
    let mut client = client();
    let mut sent = meeting("Lunch", "2026-06-10");
    sent["body"] = json!({"contentType": "text", "content": "Bring <cake>\r\nand tea"});
    let made = client.post("/me/events", &sent);
    assert_eq!(made["body"]["contentType"], "html");
    let html = made["body"]["content"].as_str().unwrap();
    assert!(html.starts_with("<html><head>") && html.contains("&lt;cake&gt;"), "{html}");
    client.prefer.push_str(", outlook.body-content-type=\"text\"");
    let request = client.request("GET", &event_path(id(&made)));
    let reply = client.send(&request);
    let shown = json!({"contentType": "text", "content": "Bring <cake>\r\nand tea"});
    assert_eq!(body(&reply)["body"], shown);
    assert!(reply.get("preference-applied").unwrap().contains("body-content-type"));
}

#[test]
fn an_online_meeting_appends_its_block_and_goes_with_it() {
    let mut client = client();
    let mut sent = meeting("Call", "2026-06-10");
    sent["isOnlineMeeting"] = json!(true);
    sent["onlineMeetingProvider"] = json!("teamsForBusiness");
    let made = client.post("/me/events", &sent);
    assert!(made["onlineMeeting"]["joinUrl"].is_string());
    assert!(made["body"]["content"].as_str().unwrap().contains("Join the meeting"));
    let change = json!({"body": {"contentType": "html", "content": "<p>Other</p>"}});
    let reply = client.patch(id(&made), &change);
    assert_eq!(body(&reply)["isOnlineMeeting"], false);
    assert_eq!(body(&reply)["onlineMeeting"], Value::Null);
}

#[test]
fn marks_are_found_by_filter_and_shown_only_when_expanded() {
    let mut client = client();
    for (subject, mark) in [("One", "a"), ("Two", "b"), ("Three", "")] {
        let mut sent = meeting(subject, "2026-06-10");
        if !mark.is_empty() {
            sent["singleValueExtendedProperties"] = json!([{"id": MARK, "value": mark}]);
        }
        let made = client.post("/me/events", &sent);
        assert_eq!(made.get("singleValueExtendedProperties"), None);
    }
    let guid = MARK.replace("7c1a", "7C1A").replace(' ', "%20");
    let filter = format!(
        "singleValueExtendedProperties/Any(ep:%20ep/id%20eq%20'{guid}'%20and%20ep/value%20eq%20'B')"
    );
    let found = client.all(&format!("/me/events?$filter={filter}"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["subject"], "Two");
    let expand = format!("singleValueExtendedProperties($filter=id%20eq%20'{guid}')");
    let path = event_path(id(&found[0]));
    let shown = client.get(&format!("{path}?$expand={expand}&$select=subject"));
    assert_eq!(shown["singleValueExtendedProperties"], json!([{"id": MARK, "value": "b"}]));
    assert_eq!(shown.get("body"), None);
    assert!(shown["@odata.etag"].is_string());
    let bare = client.request("GET", &format!("{path}?$expand=singleValueExtendedProperties"));
    assert_eq!(client.refused(&bare).0, 400);
    let other = client.get(&format!("{path}?$expand={expand}").replace("kal_m", "KAL_M"));
    assert_eq!(other.get("singleValueExtendedProperties"), None);
    client.check_contract();
}

#[test]
fn attendees_mean_mail() {
    let mut client = client();
    let quiet = client.post("/me/events", &meeting("Quiet", "2026-06-10"));
    client.patch(id(&quiet), &json!({"subject": "Still quiet", "attendees": []}));
    assert_eq!(client.sim.mail(), []);
    let mut sent = meeting("Loud", "2026-06-10");
    sent["attendees"] = json!([{"emailAddress": {"address": "carol@fabrikam.example"}}]);
    let loud = client.post("/me/events", &sent);
    assert_eq!(loud["attendees"][0]["type"], "required");
    client.patch(id(&loud), &json!({"subject": "Louder"}));
    assert_eq!(client.status("DELETE", &event_path(id(&loud))), 204);
    let kinds: Vec<&str> = client.sim.mail().iter().map(|mail| mail.kind).collect();
    assert_eq!(kinds, ["invitation", "update", "cancellation"]);
    assert_eq!(client.sim.mail()[0].to, ["carol@fabrikam.example"]);
}

#[test]
fn what_the_types_do_not_have_is_refused() {
    let mut client = client();
    for (name, value) in [
        ("titel", json!("x")),
        ("showAs", json!("asleep")),
        ("isAllDay", json!("no")),
        ("location", json!({"name": "x"})),
        ("sendUpdates", json!("none")),
    ] {
        let mut sent = meeting("Lunch", "2026-06-10");
        sent[name] = value;
        let request = client.with_body("POST", "/me/events", &sent);
        assert_eq!(client.refused(&request), (400, "RequestBodyRead".to_owned()), "{name}");
    }
    assert_eq!(client.sim.violations().len(), 5);
    assert!(client.sim.violations().iter().all(|one| one.rule == Rule::Contract));
    let request = client.request("POST", "/me/events").body("{}");
    assert_eq!(client.refused(&request), (415, "UnsupportedMediaType".to_owned()));
}

#[test]
fn carelessness_is_noted_and_refused_where_the_simulator_is_strict() {
    let mut client = client();
    client.prefer = String::new();
    let mut sent = meeting("Lunch", "2026-06-10");
    sent.as_object_mut().unwrap().remove("transactionId");
    sent["start"]["dateTime"] = json!("2026-06-10T09:00:00Z");
    sent["iCalUId"] = json!("mine");
    let made = client.post("/me/events", &sent);
    assert_ne!(made["iCalUId"], "mine");
    client.patch(id(&made), &json!({"subject": "Dinner"}));
    let mut rules: Vec<Rule> = client.sim.violations().iter().map(|one| one.rule).collect();
    rules.sort();
    rules.dedup();
    let all = [Rule::ReadOnly, Rule::Unconditional, Rule::NoTransaction, Rule::Offset, Rule::Ids];
    assert_eq!(rules, all);
    client.sim.set_strict(true);
    let reply = client.patch(id(&made), &json!({"subject": "Supper"}));
    assert_eq!((reply.status, code(&reply)), (400, "StrictSimulator".to_owned()));
}

/// Catches a mirror whose reminder is left to the mailbox, and one with people or held online; of a
/// person's event they are no news.
#[test]
fn a_mirror_that_would_reach_somebody_is_noted() {
    let mark =
        json!([{"id": "String {8c6f7a52-4d0b-4c5e-9a5e-6b616c656e64} Name kal_m", "value": "m"}]);
    let found = |is_ours: bool, more: &[(&str, Value)]| {
        let mut client = client();
        let mut sent = meeting("Lunch", "2026-06-10");
        sent["isReminderOn"] = json!(false);
        if is_ours {
            sent["singleValueExtendedProperties"] = mark.clone();
        }
        more.iter().for_each(|(name, value)| sent[*name] = value.clone());
        client.post("/me/events", &sent);
        client.sim.violations().iter().map(|one| one.rule).collect::<Vec<Rule>>()
    };
    let guests = json!([{"emailAddress": {"address": "guest@contoso.example"}}]);
    assert_eq!(found(true, &[]), []);
    for loud in
        [("isReminderOn", json!(true)), ("attendees", guests), ("isOnlineMeeting", json!(true))]
    {
        assert_eq!(found(true, std::slice::from_ref(&loud)), [Rule::Silence], "{loud:?}");
        assert_eq!(found(false, std::slice::from_ref(&loud)), [], "{loud:?}");
    }
}

#[test]
fn times_that_make_no_event_are_refused() {
    let mut client = client();
    let mut refused = |start: Value, end: Value, all_day: bool| {
        let sent = json!({"subject": "x", "start": start, "end": end, "isAllDay": all_day});
        let request = client.with_body("POST", "/me/events", &sent);
        client.refused(&request)
    };
    let (code, zone) = ("ErrorPropertyValidationFailure", "TimeZoneNotSupportedException");
    let midnight = at("2026-06-10T00:00:00", "UTC");
    for (start, end, all_day, expected) in [
        (at("2026-06-10T09:00:00", "UTC"), at("2026-06-10T08:00:00", "UTC"), false, code),
        (at("2026-06-10T09:00:00", "UTC"), at("2026-06-11T09:00:00", "UTC"), true, code),
        (midnight.clone(), midnight.clone(), true, code),
        (midnight.clone(), at("2026-06-11T00:00:00", "Europe/Berlin"), true, code),
        (at("2026-06-10T09:00:00", "Mars Time"), midnight, false, zone),
    ] {
        assert_eq!(refused(start.clone(), end, all_day), (400, expected.to_owned()), "{start}");
    }
}

#[test]
fn places_replace_one_another() {
    let mut client = client();
    let mut sent = meeting("Lunch", "2026-06-10");
    sent["location"] = json!({"displayName": "Room 1"});
    let made = client.post("/me/events", &sent);
    assert_eq!(made["locations"][0]["displayName"], "Room 1");
    let reply = client.patch(id(&made), &json!({"location": {"displayName": ""}}));
    assert_eq!(body(&reply)["locations"], json!([]));
    assert_eq!(body(&reply)["location"]["displayName"], "");
}

#[test]
fn an_invited_person_answers_and_an_organizer_does_not() {
    let mut client = client();
    let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let path = event_path(id(&made));
    let request = client.request("POST", &format!("{path}/accept"));
    assert_eq!(client.refused(&request).0, 400);
    assert_eq!(client.status("POST", &format!("{path}/cancel")), 202);
    assert_eq!(client.status("GET", &path), 404);
}

#[test]
fn equal_calls_give_equal_replies() {
    let run = || {
        let mut client = crate::support::Client::new(Profile::default());
        client.post("/me/events", &meeting("Lunch", "2026-06-10"));
        client.all("/me/events");
        client.sim.log().to_vec()
    };
    assert_eq!(run(), run());
}
