use super::support::*;
use serde_json::{Value, json};

#[test]
fn a_new_event_gets_what_the_server_adds() {
    let mut desk = desk();
    let made = desk.insert(&event(5));
    assert_eq!(made["start"]["dateTime"], "2026-01-05T10:00:00+01:00");
    assert_eq!(made["status"], "confirmed");
    assert_eq!(made["eventType"], "default");
    assert_eq!(made["sequence"], 0);
    assert_eq!(made["organizer"], json!({"email": ANN, "self": true}));
    assert_eq!(made["iCalUID"], format!("{}@google.com", text(&made["id"])));
    assert_eq!(made["reminders"], json!({"useDefault": true}), "absent means the default beeps");
    let quiet = json!({"useDefault": false, "overrides": []});
    let made = desk.insert(&with(event(6), json!({"reminders": quiet})));
    assert_eq!(made["reminders"], quiet);
}

#[test]
fn ids_of_clients_are_checked_and_stay_taken_after_a_delete() {
    let mut desk = desk();
    let named = |id: &str| with(event(5), json!({"id": id}));
    for wrong in ["abcd", "wxyz0", "ABCDE", "with-dash"] {
        let (status, body) = desk.post(EVENTS, &named(wrong));
        assert_eq!((status, reason(&body)), (400, "invalid"), "{wrong}");
    }
    desk.insert(&named("kal0123"));
    let (status, body) = desk.post(EVENTS, &named("kal0123"));
    assert_eq!((status, reason(&body)), (409, "duplicate"));
    assert_eq!(body["error"]["message"], "The requested identifier already exists.");
    let path = format!("{EVENTS}/kal0123");
    assert_eq!(desk.delete(&path).0, 204);
    let (status, body) = desk.delete(&path);
    assert_eq!((status, reason(&body)), (410, "deleted"));
    assert_eq!(desk.post(EVENTS, &named("kal0123")).0, 409);
    assert_eq!(desk.patch(&path, &json!({"summary": "Back?"})).0, 403);
    assert_eq!(desk.delete(&format!("{EVENTS}/unknown")).0, 404);
}

#[test]
fn a_patch_merges_objects_replaces_arrays_and_a_put_clears_the_rest() {
    let mut desk = desk();
    let full = json!({
        "location": "Here",
        "extendedProperties": {"private": {"a": "1", "b": "2"}},
        "attendees": [{"email": "x@example.com"}, {"email": "y@example.com"}],
    });
    let made = desk.insert(&with(event(5), full));
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    let change = json!({
        "extendedProperties": {"private": {"a": null, "c": "3"}},
        "attendees": [{"email": "y@example.com"}],
    });
    let (_, body) = desk.patch(&path, &change);
    assert_eq!(body["extendedProperties"]["private"], json!({"b": "2", "c": "3"}));
    assert_eq!(body["attendees"].as_array().unwrap().len(), 1);
    assert_eq!(body["location"], "Here");
    let (_, body) = desk.put(&path, &event(6));
    for gone in ["location", "extendedProperties", "attendees"] {
        assert!(body.get(gone).is_none(), "{gone}");
    }
}

#[test]
fn times_that_cannot_be_are_refused() {
    let mut desk = desk();
    let at = |start: Value, end: Value| json!({"start": start, "end": end});
    let day = |date: &str| json!({"date": date});
    let time = |text: &str| json!({"dateTime": text});
    for (body, wanted) in [
        (at(day("2026-01-05"), day("2026-01-05")), "timeRangeEmpty"),
        (at(time("2026-01-05T10:00:00Z"), time("2026-01-05T09:00:00Z")), "timeRangeEmpty"),
        (at(day("2026-01-05"), time("2026-01-05T09:00:00Z")), "invalid"),
        (at(time("2026-01-05T10:00:00"), time("2026-01-05T11:00:00")), "invalid"),
        (json!({"start": day("2026-01-05")}), "required"),
    ] {
        let (status, answer) = desk.post(EVENTS, &body);
        assert_eq!((status, reason(&answer)), (400, wanted), "{body}");
    }
    let zero = at(time("2026-01-05T10:00:00Z"), time("2026-01-05T10:00:00Z"));
    assert_eq!(desk.post(EVENTS, &zero).0, 200);
    let made = desk.insert(&at(day("2026-01-05"), day("2026-01-06")));
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    let timed = at(time("2026-01-05T10:00:00Z"), time("2026-01-05T11:00:00Z"));
    assert_eq!(desk.patch(&path, &timed).0, 400, "the day must be taken away in words");
    let nulled = at(
        json!({"date": null, "dateTime": "2026-01-05T10:00:00Z"}),
        json!({"date": null, "dateTime": "2026-01-05T11:00:00Z"}),
    );
    assert_eq!(desk.patch(&path, &nulled).0, 200);
}

#[test]
fn conditions_hold_and_unchanged_events_are_304() {
    let mut desk = desk();
    let made = desk.insert(&event(5));
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    let old = made["etag"].clone();
    let (_, next) = desk.patch_if(&path, &old, &json!({"summary": "One"}));
    assert_ne!(next["etag"], old);
    let (status, body) = desk.patch_if(&path, &old, &json!({"summary": "Two"}));
    assert_eq!((status, reason(&body)), (412, "conditionNotMet"));
    let request = desk.request("DELETE", &path).header("If-Match", old.as_str().unwrap());
    assert_eq!(desk.send(request).status, 412);
    let tag = next["etag"].as_str().unwrap().to_owned();
    let request = desk.request("GET", &path).header("If-None-Match", &tag);
    assert_eq!(desk.send(request).status, 304);
}

#[test]
fn reminders_move_neither_time_stamp_nor_sequence_but_the_version() {
    let mut desk = desk();
    let made = desk.insert(&event(5));
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    let (_, next) = desk.patch(&path, &json!({"reminders": {"useDefault": false}}));
    assert_eq!(next["updated"], made["updated"]);
    assert_ne!(next["etag"], made["etag"]);
    let (_, next) = desk.patch(&path, &json!({"summary": "Other"}));
    assert_eq!(next["sequence"], 0);
    let (_, next) = desk.patch(&path, &json!({"end": {"dateTime": "2026-01-05T12:00:00+01:00"}}));
    assert_eq!(next["sequence"], 1);
    let (status, _) = desk.patch(&path, &json!({"sequence": 0, "summary": "Old"}));
    assert_eq!(status, 400);
}

#[test]
fn nobody_is_mailed_unless_it_was_asked_for() {
    let mut desk = desk();
    let guests = json!({"attendees": [{"email": BOB}, {"email": "x@elsewhere.example"}]});
    let guests = with(event(5), guests);
    desk.insert(&guests);
    let (_, made) = desk.post(&format!("{EVENTS}?sendUpdates=none"), &guests);
    assert!(desk.sim.mail().is_empty());
    let path = format!("{EVENTS}/{}", text(&made["id"]));
    desk.patch(&format!("{path}?sendUpdates=externalOnly"), &json!({"summary": "New"}));
    assert_eq!(desk.sim.mail()[0].guests, ["x@elsewhere.example"]);
    desk.delete(&format!("{path}?sendUpdates=all"));
    assert_eq!(desk.sim.mail()[1].guests.len(), 2);
    assert_eq!(desk.sim.mail()[1].method, "calendar.events.delete");
}

#[test]
fn kinds_reminders_and_properties_have_limits() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let popup = json!({"method": "popup", "minutes": 5});
    let long = "v".repeat(1_025);
    for (more, wanted) in [
        (json!({"eventType": "fromGmail"}), "eventTypeRestriction"),
        (
            json!({"reminders": {"useDefault": true, "overrides": [popup]}}),
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        (json!({"reminders": {"useDefault": false, "overrides": vec![popup; 6]}}), "invalid"),
        (json!({"extendedProperties": {"private": {"k": long}}}), "invalid"),
        (json!({"attendees": [{"displayName": "Nobody"}]}), "required"),
        (json!({"visibility": "secret"}), "invalid"),
    ] {
        let (status, body) = desk.post(EVENTS, &with(event(5), more.clone()));
        assert_eq!((status, reason(&body)), (400, wanted), "{more}");
    }
    let focus = with(event(5), json!({"eventType": "focusTime"}));
    assert_eq!(desk.post(EVENTS, &focus).0, 200);
    let (_, body) = desk.post(&format!("calendars/{work}/events"), &focus);
    assert_eq!(reason(&body), "eventTypeRestriction");
}

#[test]
fn an_event_moves_with_its_id_and_leaves_it_bare_behind() {
    let mut desk = desk();
    let work = desk.sim.add_calendar(ANN, "Work");
    let id = text(&desk.insert(&daily(5))["id"]);
    let token = desk.sync_token();
    let (status, moved) = desk.ask(&format!("{EVENTS}/{id}/move?destination={work}"));
    assert_eq!((status, moved["organizer"]["email"].as_str()), (200, Some(work.as_str())));
    let (_, body) = desk.since(&token);
    assert_eq!(ids(&body), [id.as_str()]);
    assert!(body["items"][0].get("iCalUID").is_none());
    assert_eq!(desk.get(&format!("calendars/{work}/events/{id}")).1["summary"], "Day 5");
}

#[test]
fn an_import_needs_a_part_in_the_meeting() {
    let mut desk = desk();
    let invited = |guest: &str| {
        with(
            event(5),
            json!({
                "iCalUID": "u1@elsewhere.example",
                "organizer": {"email": "boss@elsewhere.example"},
                "attendees": [{"email": guest}],
            }),
        )
    };
    let path = format!("{EVENTS}/import");
    let (status, body) = desk.post(&path, &invited(BOB));
    assert_eq!((status, reason(&body)), (400, "participantIsNeitherOrganizerNorAttendee"));
    let (status, made) = desk.post(&path, &invited(ANN));
    assert_eq!(
        (status, made["organizer"]["email"].as_str()),
        (200, Some("boss@elsewhere.example"))
    );
    assert_eq!(made["attendees"][0]["self"], true);
    assert_eq!(desk.post(&path, &invited(ANN)).0, 409);
    let shared = json!({"extendedProperties": {"shared": {"k": "v"}}});
    let (status, body) = desk.patch(&format!("{EVENTS}/{}", text(&made["id"])), &shared);
    assert_eq!((status, reason(&body)), (403, "forbiddenForNonOrganizer"));
}

#[test]
fn conference_data_is_ignored_unless_the_client_says_it_knows_of_it() {
    let mut desk = desk();
    let conference = with(event(5), json!({"conferenceData": {"conferenceId": "c"}}));
    assert!(desk.insert(&conference).get("conferenceData").is_none());
    let (_, made) = desk.post(&format!("{EVENTS}?conferenceDataVersion=1"), &conference);
    assert_eq!(made["conferenceData"]["conferenceId"], "c");
}
