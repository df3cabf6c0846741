//! Every belief is a switch: each changes something that a client can see, and the service keeps
//! to its published types with it on and off.

use crate::support::{ALICE, Client, NOW, at, body, daily, encoded, event_path, id, meeting};
use kalends_testkit::graph_sim::{AccountKind, Belief, Profile};
use kalends_testkit::wire::{SimReply, SimRequest};
use serde_json::{Value, json};

const VIEW: &str = "startDateTime=2026-06-12T07:30:00Z&endDateTime=2027-04-01T00:00:00Z";

/// A day of a client that comes across every belief; what it saw.
fn day(profile: Profile) -> (Client, Vec<SimReply>) {
    let mut client = Client::new(profile);
    client.prefer.push_str(", odata.maxpagesize=50");
    let mut seen = Vec::new();
    writes(&mut client, &mut seen);
    series(&mut client, &mut seen);
    patterns(&mut client, &mut seen);
    reads(&mut client, &mut seen);
    watches(&mut client, &mut seen);
    signs_in(&mut client, &mut seen);
    (client, seen)
}

fn send(client: &mut Client, seen: &mut Vec<SimReply>, request: &SimRequest) -> Value {
    let reply = client.send(request);
    let said = serde_json::from_slice(&reply.body).unwrap_or_default();
    seen.push(reply);
    said
}

fn post(client: &mut Client, seen: &mut Vec<SimReply>, path: &str, sent: &Value) -> Value {
    let request = client.with_body("POST", path, sent);
    send(client, seen, &request)
}

fn writes(client: &mut Client, seen: &mut Vec<SimReply>) {
    for _ in 0..2 {
        post(client, seen, "/me/calendars", &json!({"name": "Twice"}));
    }
    let mut offset = meeting("Offset", "2026-06-10");
    offset["start"]["dateTime"] = json!("2026-06-10T09:00:00+02:00");
    post(client, seen, "/me/events", &offset);
    let mut long = meeting("Day", "2026-06-10");
    long["isAllDay"] = json!(true);
    post(client, seen, "/me/events", &long);
    let mut none = meeting("Instant", "2026-06-10");
    none["end"] = none["start"].clone();
    post(client, seen, "/me/events", &none);
    let mut tagged = meeting("Tagged", "2026-06-13");
    tagged["categories"] = json!(["a"]);
    let made = post(client, seen, "/me/events", &tagged);
    let request = client.with_body("PATCH", &event_path(id(&made)), &json!({"categories": ["b"]}));
    send(client, seen, &request);
}

fn series(client: &mut Client, seen: &mut Vec<SimReply>) {
    let master = post(client, seen, "/me/events", &daily("Standup"));
    let path = event_path(id(&master));
    let window = "startDateTime=2026-06-01T00:00:00Z&endDateTime=2026-07-01T00:00:00Z";
    let all = client.all(&format!("{path}/instances?{window}"));
    let request = client.with_body("PATCH", &event_path(id(&all[1])), &json!({"subject": "Retro"}));
    send(client, seen, &request);
    let request = client.request("DELETE", &event_path(id(&all[3])));
    send(client, seen, &request);
    let request = client.request("GET", &format!("{path}?$select=cancelledOccurrences"));
    send(client, seen, &request);
    let request = client.with_body("PATCH", &path, &json!({"start": daily("")["start"]}));
    send(client, seen, &request);
    let request = client.request("GET", &format!("{path}/instances?{window}"));
    send(client, seen, &request);
    let later = json!({"start": at("2026-06-10T08:30:00", "Europe/Berlin")});
    let request = client.with_body("PATCH", &path, &later);
    send(client, seen, &request);
    let request = client.request("GET", &format!("{path}/instances?{window}"));
    send(client, seen, &request);
    let now = client.now_ms;
    let other = client.sim.add_calendar(ALICE, "Other");
    client.sim.person(now).move_to(id(&master), &other).unwrap();
    let there = format!("/me/calendars/{}/events/{}", encoded(&other), encoded(id(&all[0])));
    let request = client.request("GET", &there);
    send(client, seen, &request);
}

fn patterns(client: &mut Client, seen: &mut Vec<SimReply>) {
    let mut with = |day: &str, pattern: Value| {
        let mut sent = meeting(&format!("Pattern {pattern}"), day);
        let range = json!({"type": "numbered", "startDate": day, "numberOfOccurrences": 4});
        sent["recurrence"] = json!({"pattern": pattern, "range": range});
        let made = post(client, seen, "/me/events", &sent);
        let known = made["id"].as_str().unwrap_or_default().to_owned();
        let window = "startDateTime=2024-01-01T00:00:00Z&endDateTime=2028-12-01T00:00:00Z";
        let path = format!("{}/instances?{window}&$top=20", event_path(&known));
        let request = client.request("GET", &path);
        send(client, seen, &request);
    };
    with("2026-01-31", json!({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}));
    with(
        "2024-02-29",
        json!({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 29, "month": 2}),
    );
    with("2026-06-11", json!({"type": "weekly", "interval": 1, "daysOfWeek": ["friday"]}));
    with("2026-06-11", json!({"type": "daily", "interval": 1, "dayOfMonth": 0}));
}

fn reads(client: &mut Client, seen: &mut Vec<SimReply>) {
    let round = format!("/me/calendarView/delta?{VIEW}");
    for path in [
        "/me/events?$top=5000".to_owned(),
        format!("/me/calendarView?{VIEW}&$top=50"),
        round.clone(),
        "/me/nowhere".to_owned(),
    ] {
        let request = client.request("GET", &path);
        send(client, seen, &request);
    }
    let link = crate::deltas::round(client, &round).1;
    let all = client.all("/me/events");
    let standup = all.iter().find(|one| one["subject"] == "Standup");
    let known = standup.map(id).unwrap_or_default().to_owned();
    let request = client.request("DELETE", &event_path(&known));
    send(client, seen, &request);
    let request = client.request("GET", &link);
    send(client, seen, &request);
    let other = client.prefer.clone();
    client.prefer = "IdType=\"ImmutableId\", outlook.timezone=\"Antarctica/Troll\"".to_owned();
    let request = client.request("GET", "/me/events");
    send(client, seen, &request);
    client.prefer = other;
}

fn watches(client: &mut Client, seen: &mut Vec<SimReply>) {
    let home = client.sim.calendars(ALICE)[0].0.clone();
    let calendar = format!("/me/calendars/{}/events", encoded(&home));
    let mut last = String::new();
    for (resource, end) in [
        (calendar.as_str(), "2026-06-02T08:00:00Z"),
        ("me/events", "2026-06-06T08:00:00Z"),
        ("me/events", "2026-06-02T08:00:00Z"),
    ] {
        let sent = json!({"changeType": "updated", "notificationUrl": "https://h.example/n",
                          "resource": resource, "expirationDateTime": end, "clientState": "s"});
        let request = client.with_body("POST", "/subscriptions", &sent);
        let reply = crate::faults_table::made(client, &request);
        let made: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        made["id"].as_str().unwrap_or_default().clone_into(&mut last);
        seen.push(reply);
    }
    for (method, path) in [
        ("GET", format!("/subscriptions/{last}")),
        ("POST", format!("/subscriptions/{last}/reauthorize")),
        ("GET", "/subscriptions/none".to_owned()),
    ] {
        let request = client.request(method, &path);
        send(client, seen, &request);
    }
}

fn signs_in(client: &mut Client, seen: &mut Vec<SimReply>) {
    client.sim.register_app("app", None, &["http://localhost/back"]);
    let url = "http://localhost/common/oauth2/v2.0/authorize?client_id=app&response_type=code\
               &redirect_uri=http%3A%2F%2Flocalhost%3A99%2Fback&scope=openid%20User.Read\
               &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    send(client, seen, &SimRequest::new("GET", url));
    let exact = url.replace("%3A99", "");
    let reply = client.send(&SimRequest::new("GET", &exact));
    let location = reply.get("location").unwrap_or_default().to_owned();
    let code = location.split("code=").nth(1).and_then(|rest| rest.split('&').next());
    let form = format!(
        "client_id=app&grant_type=authorization_code&redirect_uri=http%3A%2F%2Flocalhost%2Fback\
         &code={}&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        code.unwrap_or_default()
    );
    let token = "http://localhost/common/oauth2/v2.0/token";
    send(client, seen, &SimRequest::new("POST", token).body(form));
    let revoke = SimRequest::new("POST", "http://localhost/common/oauth2/v2.0/revoke");
    send(client, seen, &revoke);
    send(client, seen, &SimRequest::new("GET", "http://localhost/nothing"));
}

#[test]
fn every_belief_is_seen_and_breaks_no_type() {
    let (client, plain) = day(Profile::default());
    client.check_contract();
    for (name, belief) in Belief::ALL {
        assert_eq!(Belief::by_name(name), Some(belief));
        let (client, seen) = day(Profile::default().flipped(belief));
        client.check_contract();
        let texts = |seen: &[SimReply]| {
            seen.iter().map(|reply| (reply.status, reply.text())).collect::<Vec<_>>()
        };
        let location = |seen: &[SimReply]| {
            seen.iter()
                .filter_map(|reply| reply.get("location").map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let differs = texts(&seen) != texts(&plain) || location(&seen) != location(&plain);
        assert!(differs, "{name} is not seen");
    }
}

#[test]
fn a_person_needs_no_belief() {
    let mut client = crate::support::client();
    client.sim.add_user("carol@outlook.example", "Carol", AccountKind::Consumer);
    let home = client.sim.calendars(ALICE)[0].0.clone();
    let mut person = client.sim.person(NOW);
    let lunch = person.create(&home, &meeting("Lunch", "2026-06-10")).unwrap();
    person.edit(&lunch, &json!({"subject": "Dinner"})).unwrap();
    let copy = person.copy(&lunch, &home).unwrap();
    person.delete(&lunch).unwrap();
    assert!(person.edit(&lunch, &json!({"subject": "x"})).is_err());
    person.undelete(&lunch).unwrap();
    let series = person.create(&home, &daily("Standup")).unwrap();
    let second = person.occurrence(&series, "2026-06-11").unwrap();
    person.edit(&second, &json!({"subject": "Retro"})).unwrap();
    let third = person.occurrence(&series, "2026-06-12").unwrap();
    person.delete(&third).unwrap();
    assert!(person.occurrence(&series, "2026-06-12").is_err());
    assert!(person.create(&home, &json!({"titel": "x"})).is_err());
    person.rename_calendar(&home, "Home").unwrap();
    let held = client.sim.events(&home);
    assert_eq!(held.len(), 3);
    assert_eq!(held[&copy]["subject"], "Dinner");
    assert_ne!(held[&copy]["iCalUId"], held[&lunch]["iCalUId"]);
    assert_eq!(held[&series]["exceptionOccurrences"][0]["subject"], "Retro");
    assert_eq!(held[&series]["cancelledOccurrences"].as_array().unwrap().len(), 1);
    assert_eq!(client.sim.mail(), []);
    let request = client.request("GET", &event_path(&copy));
    assert_eq!(body(&client.send(&request))["subject"], "Dinner");
    client.sim.person(NOW).delete_calendar(&home).unwrap();
    assert!(client.sim.events(&home).is_empty());
}

/// Catches a person whose own program cannot take a guest off, since a PATCH cannot.
#[test]
fn whom_a_person_takes_off_is_off_whatever_a_patch_does() {
    for profile in [Profile::default(), Profile::default().flipped(Belief::ArraysAreReplaced)] {
        let mut client = Client::new(profile);
        let calendar = client.sim.calendars(ALICE)[0].0.clone();
        let mut event = meeting("Dentist", "2026-06-10");
        event["attendees"] = json!([{"emailAddress": {"address": "guest@example.com"}}]);
        let mut person = client.sim.person(NOW);
        let made = person.create(&calendar, &event).unwrap();
        person.edit(&made, &json!({ "attendees": [] })).unwrap();
        let held = client.sim.event(&made).unwrap();
        assert_eq!(held["attendees"], json!([]));
    }
}
