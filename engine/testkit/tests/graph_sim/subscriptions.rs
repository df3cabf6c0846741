//! Subscriptions: the handshake, ends and renewals, and notifications on their way.

use crate::support::{ALICE, Client, NOW, body, client, code, encoded, event_path, id, meeting};
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{Belief, contract};
use kalends_testkit::wire::{
    Heard, Outgoing, SimReply, SimRequest, SimServer as _, Turn, decode_path,
};
use serde_json::{Value, json};

const HOOK: &str = "https://hooks.example/graph";
const MINUTE_MS: i64 = 60_000;

fn wanted(resource: &str, minutes: i64) -> Value {
    let end = jiff::Timestamp::from_millisecond(NOW + minutes * MINUTE_MS).unwrap();
    json!({
        "changeType": "created,updated,deleted",
        "notificationUrl": HOOK,
        "lifecycleNotificationUrl": "https://hooks.example/life",
        "resource": resource,
        "expirationDateTime": end.to_string(),
        "clientState": "s3cret",
    })
}

/// A receiver that says the token as it must.
fn heard(call: &SimRequest) -> Option<Heard> {
    let (_, token) = call.url.split_once("validationToken=")?;
    let token = decode_path(&token.replace('+', " "));
    let reply = SimReply::new(200, token).header("Content-Type", "text/plain; charset=utf-8");
    Some(Heard { reply, after_ms: 20 })
}

type Receiver = dyn Fn(&SimRequest) -> Option<Heard>;

fn ask(client: &mut Client, request: &SimRequest) -> (u64, Vec<SimRequest>) {
    match client.sim.start(client.now_ms, request) {
        Turn::Ask { ticket, calls } => (ticket, calls),
        Turn::Reply(reply) => panic!("{}", reply.text()),
    }
}

fn subscribe(client: &mut Client, sent: &Value) -> SimReply {
    let request = client.with_body("POST", "/subscriptions", sent);
    let (ticket, calls) = ask(client, &request);
    let heard: Vec<Option<Heard>> = calls.iter().map(heard).collect();
    client.sim.resume(client.now_ms, ticket, &heard)
}

fn taken(client: &mut Client) -> Vec<Outgoing> {
    client.sim.outgoing(client.now_ms)
}

fn items(hook: &Outgoing) -> Vec<Value> {
    let sent: Value = serde_json::from_slice(&hook.request.body).unwrap();
    sent["value"].as_array().unwrap().clone()
}

#[test]
fn both_urls_are_asked_before_a_subscription_is_made() {
    let mut client = client();
    let request = client.with_body("POST", "/subscriptions", &wanted("me/events", 4_200));
    let (ticket, calls) = ask(&mut client, &request);
    let urls: Vec<&str> = calls.iter().map(|call| call.url.split('?').next().unwrap()).collect();
    assert_eq!(urls, [HOOK, "https://hooks.example/life"]);
    assert_eq!(calls[0].get("content-type"), Some("text/plain; charset=utf-8"));
    assert!(client.sim.subscriptions(NOW).is_empty());
    let heard: Vec<Option<Heard>> = calls.iter().map(heard).collect();
    let reply = client.sim.resume(NOW, ticket, &heard);
    let made = body(&reply);
    assert_eq!((reply.status, &made["clientState"]), (201, &json!("s3cret")));
    let path = format!("/subscriptions/{}", id(&made));
    assert_eq!(client.get(&path)["clientState"], Value::Null);
    assert_eq!(client.all("/subscriptions").len(), 1);
    client.check_contract();
}

#[test]
fn an_odd_token_is_said_back_octet_by_octet() {
    let mut client = client();
    assert!(client.sim.faults_mut().add("POST", "*", When::Always, "G32"));
    assert_eq!(subscribe(&mut client, &wanted("me/events", 4_200)).status, 201);
}

#[test]
fn receivers_that_do_not_say_the_token_get_nothing() {
    let says = |status: u16, kind: &str, text: Option<&str>, after_ms: u64| {
        let (kind, text) = (kind.to_owned(), text.map(str::to_owned));
        move |call: &SimRequest| {
            let right = heard(call)?.reply.text();
            let text = text.clone().unwrap_or(right);
            let reply = SimReply::new(status, text).header("Content-Type", &kind);
            Some(Heard { reply, after_ms })
        }
    };
    let wrong: [Box<Receiver>; 5] = [
        Box::new(|_| None),
        Box::new(says(403, "text/plain", None, 1)),
        Box::new(says(200, "text/html", None, 1)),
        Box::new(says(200, "text/plain", Some("hello"), 1)),
        Box::new(says(200, "text/plain", None, 10_001)),
    ];
    for answer in wrong {
        let mut client = client();
        let request = client.with_body("POST", "/subscriptions", &wanted("me/events", 4_200));
        let (ticket, calls) = ask(&mut client, &request);
        let heard: Vec<Option<Heard>> = calls.iter().map(&answer).collect();
        let reply = client.sim.resume(NOW, ticket, &heard);
        assert_eq!((reply.status, code(&reply)), (400, "ValidationError".to_owned()));
        assert!(client.sim.subscriptions(NOW).is_empty());
    }
}

#[test]
fn what_cannot_be_watched_is_refused_at_once() {
    let mut client = client();
    let (good, long) = (wanted("me/events", 4_200), wanted("me/events", 4_231));
    let with = |name: &str, value: Value| {
        let mut sent = good.clone();
        sent[name] = value;
        sent
    };
    for (sent, code) in [
        (long.clone(), "ExtensionError"),
        (wanted("me/messages", 60), "InvalidRequest"),
        (wanted("users/nobody@x.example/events", 60), "ErrorAccessDenied"),
        (with("notificationUrl", json!("http://hooks.example/graph")), "InvalidRequest"),
        (with("lifecycleNotificationUrl", json!("https://other.example/l")), "InvalidRequest"),
        (with("changeType", json!("moved")), "InvalidRequest"),
        (with("clientState", json!("x".repeat(129))), "InvalidRequest"),
        (with("colour", json!("red")), "RequestBodyRead"),
    ] {
        let request = client.with_body("POST", "/subscriptions", &sent);
        assert_eq!(client.refused(&request).1, code, "{sent}");
    }
    client.sim.profile_mut().set(Belief::WeekLongSubscriptions, true);
    assert_eq!(subscribe(&mut client, &long).status, 201);
    client.sim.profile_mut().limits.subscriptions_max = 1;
    let request = client.with_body("POST", "/subscriptions", &good);
    assert_eq!(client.refused(&request).0, 403);
}

#[test]
fn lives_are_raised_renewed_and_end() {
    let mut client = client();
    let made = body(&subscribe(&mut client, &wanted("me/events", 5)));
    assert_eq!(made["expirationDateTime"], "2026-06-01T08:45:00Z");
    let path = format!("/subscriptions/{}", id(&made));
    let later = json!({"expirationDateTime": "2026-06-02T08:00:00Z"});
    let request = client.with_body("PATCH", &path, &later);
    let reply = client.send(&request);
    assert_eq!(body(&reply)["expirationDateTime"], "2026-06-02T08:00:00Z");
    let life = json!({"lifecycleNotificationUrl": HOOK});
    let request = client.with_body("PATCH", &path, &life);
    assert_eq!(client.refused(&request).0, 400);
    assert_eq!(client.status("POST", &format!("{path}/reauthorize")), 204);
    client.now_ms += 25 * 3_600_000;
    client.token = client.sim.bearer(client.now_ms, ALICE, "Calendars.ReadWrite");
    let request = client.with_body("PATCH", &path, &later);
    assert_eq!(client.refused(&request), (404, "ResourceNotFound".to_owned()));
    assert_eq!(client.status("DELETE", &path), 404);
}

#[test]
fn another_url_is_asked_too() {
    let mut client = client();
    let made = body(&subscribe(&mut client, &wanted("me/events", 4_200)));
    let path = format!("/subscriptions/{}", id(&made));
    let moved = json!({"notificationUrl": "https://hooks.example/new"});
    let request = client.with_body("PATCH", &path, &moved);
    let (ticket, calls) = ask(&mut client, &request);
    assert!(calls[0].url.starts_with("https://hooks.example/new?"));
    let heard: Vec<Option<Heard>> = calls.iter().map(heard).collect();
    let reply = client.sim.resume(NOW, ticket, &heard);
    assert_eq!((reply.status, &body(&reply)["clientState"]), (200, &Value::Null));
}

#[test]
fn one_post_tells_several_subscriptions_of_every_change() {
    let mut client = client();
    let calendar = client.sim.add_calendar(ALICE, "Other");
    let watched = format!("/me/calendars/{}/events", encoded(&calendar));
    for resource in ["me/events", watched.as_str()] {
        assert_eq!(subscribe(&mut client, &wanted(resource, 4_200)).status, 201);
    }
    let made = client.post(&watched, &meeting("Lunch", "2026-06-10"));
    client.post("/me/events", &meeting("Elsewhere", "2026-06-10"));
    client.sim.person(NOW).delete(id(&made)).unwrap();
    let hooks = taken(&mut client);
    assert_eq!(hooks.len(), 1);
    assert_eq!(hooks[0].request.url, HOOK);
    let told = items(&hooks[0]);
    let of = |kind: &str| told.iter().filter(|item| item["changeType"] == kind).count();
    assert_eq!((of("created"), of("deleted"), told.len()), (3, 2, 5));
    assert!(told.iter().all(|item| item["clientState"] == "s3cret"));
    assert_eq!(told[0]["resourceData"]["id"], made["id"]);
    let sent: Value = serde_json::from_slice(&hooks[0].request.body).unwrap();
    let faults = contract::check(&sent, "changeNotificationCollection");
    assert_eq!(faults, Vec::<String>::new());
    assert!(taken(&mut client).is_empty());
}

#[test]
fn calendars_cannot_be_watched_where_that_is_not_believed() {
    let mut client = client();
    client.sim.profile_mut().set(Belief::CalendarsCanBeWatched, false);
    let calendar = client.sim.add_calendar(ALICE, "Other");
    let resource = format!("/me/calendars/{}/events", encoded(&calendar));
    let request = client.with_body("POST", "/subscriptions", &wanted(&resource, 4_200));
    assert_eq!(client.refused(&request), (400, "InvalidRequest".to_owned()));
}

#[test]
fn a_post_that_fails_comes_again_for_four_hours() {
    let mut client = client();
    subscribe(&mut client, &wanted("me/events", 4_200));
    client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let mut posts = 0;
    for _ in 0..300 {
        for hook in taken(&mut client) {
            posts += 1;
            client.sim.answered(client.now_ms + 10, hook, 503);
        }
        client.now_ms += MINUTE_MS;
    }
    assert!((5..40).contains(&posts), "{posts}");
    let last = taken(&mut client);
    assert!(last.is_empty());
}

#[test]
fn slow_receivers_wait_and_then_lose_news() {
    for (slow, expected) in [(0, 1), (12, 0), (20, 0)] {
        let mut client = client();
        client.sim.profile_mut().limits.requests_max = 100_000;
        subscribe(&mut client, &wanted("me/events", 4_200));
        let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
        for nth in 0..100 {
            client.patch(id(&made), &json!({"subject": format!("Lunch {nth}")}));
            let hook = taken(&mut client).remove(0);
            let after_ms = if nth < slow { 5_000 } else { 10 };
            client.sim.answered(NOW + after_ms, hook, 202);
        }
        client.patch(id(&made), &json!({"subject": "Dinner"}));
        assert_eq!(taken(&mut client).len(), expected, "{slow}");
        client.now_ms += 10 * MINUTE_MS;
        let later = usize::from(slow == 12);
        assert_eq!(taken(&mut client).len(), later, "{slow}");
    }
}

#[test]
fn notifications_get_lost_doubled_paired_and_forged() {
    for (name, posts, each) in [
        ("push-lost", 0, 0),
        ("push-doubled", 2, 2),
        ("push-backwards", 1, 2),
        ("push-paired", 1, 3),
        ("push-unknown", 1, 3),
        ("push-apart", 2, 1),
        ("push-forged", 1, 2),
        ("push-stateless", 1, 2),
    ] {
        let mut client = client();
        subscribe(&mut client, &wanted("me/events", 4_200));
        let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
        client.patch(id(&made), &json!({"subject": "Dinner"}));
        assert!(client.sim.faults_mut().add("NOTIFY", "/graph", When::Always, name), "{name}");
        let hooks = taken(&mut client);
        assert_eq!(hooks.len(), posts, "{name}");
        assert!(hooks.iter().all(|hook| items(hook).len() == each), "{name}");
        let states = hooks.iter().flat_map(items).map(|item| item["clientState"].clone());
        let states: Vec<Value> = states.collect();
        match name {
            "push-forged" => assert!(states.iter().all(|state| state != "s3cret")),
            "push-stateless" => assert!(states.iter().all(Value::is_null)),
            _ => assert!(states.iter().all(|state| state == "s3cret")),
        }
    }
}

#[test]
fn lifecycle_news_go_to_their_own_url() {
    let mut client = client();
    let made = body(&subscribe(&mut client, &wanted("me/events", 4_200)));
    for event in ["reauthorizationRequired", "missed", "subscriptionRemoved"] {
        assert!(client.sim.tell_lifecycle(NOW, id(&made), event));
        let hook = taken(&mut client).remove(0);
        assert_eq!(hook.request.url, "https://hooks.example/life");
        assert_eq!(items(&hook)[0]["lifecycleEvent"], event);
    }
    assert!(client.sim.subscriptions(NOW).is_empty());
    assert!(!client.sim.tell_lifecycle(NOW, id(&made), "missed"));
}

#[test]
fn a_subscription_goes_without_a_word_or_lives_shorter_than_asked() {
    let mut client = client();
    assert!(client.sim.faults_mut().add("POST", "*", When::Always, "G39"));
    let made = body(&subscribe(&mut client, &wanted("me/events", 4_200)));
    assert_eq!(made["expirationDateTime"], "2026-06-02T01:30:00Z");
    assert!(client.sim.faults_mut().add("PATCH", "*", When::Always, "G38"));
    let path = format!("/subscriptions/{}", id(&made));
    let request =
        client.with_body("PATCH", &path, &json!({"expirationDateTime": "2026-06-02T00:00:00Z"}));
    assert_eq!(client.refused(&request).0, 404);
    client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    assert!(taken(&mut client).is_empty());
}

#[test]
fn notifications_name_events_in_the_space_the_subscription_was_made_in() {
    let mut client = client();
    client.prefer = String::new();
    subscribe(&mut client, &wanted("me/events", 4_200));
    client.prefer = "IdType=\"ImmutableId\"".to_owned();
    let made = client.post("/me/events", &meeting("Lunch", "2026-06-10"));
    let told = items(&taken(&mut client)[0])[0]["resourceData"]["id"].clone();
    assert_ne!(told, made["id"]);
    assert_eq!(client.status("GET", &event_path(told.as_str().unwrap())), 200);
}
