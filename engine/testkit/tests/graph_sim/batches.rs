//! `$batch`: order, dependence, limits, and answers each by itself.

use crate::support::{Client, body, client, event_path, id, meeting};
use kalends_testkit::caldav_sim::When;
use serde_json::{Value, json};

fn batch(client: &mut Client, requests: &[Value]) -> (u16, Value) {
    let request = client.with_body("POST", "/$batch", &json!({"requests": requests}));
    let reply = client.send(&request);
    (reply.status, body(&reply))
}

fn create(id: &str, subject: &str, after: &[&str]) -> Value {
    json!({"id": id, "method": "POST", "url": "/me/events", "dependsOn": after,
           "headers": {"Content-Type": "application/json", "Prefer": "IdType=\"ImmutableId\""},
           "body": meeting(subject, "2026-06-10")})
}

fn statuses(answer: &Value) -> Vec<(String, u64)> {
    let parts = answer["responses"].as_array().unwrap().iter();
    parts
        .map(|part| (part["id"].as_str().unwrap().to_owned(), part["status"].as_u64().unwrap()))
        .collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect()
}

#[test]
fn members_are_answered_each_by_itself() {
    let mut client = client();
    let held = client.post("/me/events", &meeting("Old", "2026-06-10"));
    let requests = [
        create("1", "One", &[]),
        json!({"id": "2", "method": "PATCH", "url": event_path(id(&held)),
               "headers": {"Content-Type": "application/json", "If-Match": "W/\"other\""},
               "body": {"subject": "New"}}),
        json!({"id": "3", "method": "DELETE", "url": event_path(id(&held))}),
    ];
    let (status, answer) = batch(&mut client, &requests);
    assert_eq!(status, 200);
    assert_eq!(statuses(&answer), pairs(&[("1", 201), ("2", 412), ("3", 204)]));
    assert_eq!(answer["responses"][0]["body"]["subject"], "One");
    assert_eq!(client.all("/me/events").len(), 1);
}

#[test]
fn what_depends_on_a_failure_is_424() {
    let mut client = client();
    let wrong = json!({"id": "0", "method": "GET", "url": "/me/calendars/none"});
    let serial = [wrong, create("1", "One", &["0"]), create("2", "Two", &["1"])];
    let (_, answer) = batch(&mut client, &serial);
    assert_eq!(statuses(&answer), pairs(&[("0", 404), ("1", 424), ("2", 424)]));
    assert_eq!(client.all("/me/events").len(), 0);
}

#[test]
fn malformed_envelopes_are_refused_whole() {
    let mut client = client();
    let many: Vec<Value> = (0..21).map(|n| create(&n.to_string(), &n.to_string(), &[])).collect();
    let no_type = json!({"id": "1", "method": "POST", "url": "/me/events", "body": {}});
    let nested = json!({"id": "1", "method": "POST", "url": "/$batch"});
    let absolute = json!({"id": "1", "method": "GET", "url": "https://x.example/me"});
    let mixed = [
        create("1", "a", &[]),
        create("2", "b", &["1"]),
        create("3", "c", &[]),
        create("4", "d", &["3"]),
    ];
    for requests in [
        many,
        vec![],
        vec![no_type],
        vec![nested],
        vec![absolute],
        vec![create("1", "a", &[]), create("1", "b", &[])],
        vec![create("1", "a", &["2"]), create("2", "b", &[])],
        mixed.to_vec(),
    ] {
        assert_eq!(batch(&mut client, &requests).0, 400, "{requests:?}");
    }
    assert_eq!(client.all("/me/events").len(), 0);
}

#[test]
fn members_are_throttled_and_unordered() {
    let mut client = client();
    let requests: Vec<Value> =
        (1..5).map(|n| create(&n.to_string(), &n.to_string(), &[])).collect();
    assert!(client.sim.faults_mut().add("POST", "*batch", When::Always, "G31-backwards"));
    assert!(client.sim.faults_mut().add("POST", "*batch", When::Always, "G31-throttled"));
    let (status, answer) = batch(&mut client, &requests);
    assert_eq!(status, 200);
    assert_eq!(statuses(&answer), pairs(&[("4", 429), ("3", 201), ("2", 429), ("1", 201)]));
    assert_eq!(answer["responses"][0]["headers"]["Retry-After"], "1");
}
