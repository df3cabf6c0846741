//! Limits of a mailbox.

use serde_json::json;

use crate::support::{Client, body, client};

#[test]
fn so_many_requests_in_ten_minutes_and_no_more() {
    let mut client = client();
    client.sim.profile_mut().limits.requests_max = 5;
    for _ in 0..5 {
        assert_eq!(client.status("GET", "/me"), 200);
        client.now_ms += 1_000;
    }
    let request = client.request("GET", "/me");
    let reply = client.send(&request);
    assert_eq!((reply.status, reply.get("retry-after")), (429, Some("595")));
    client.now_ms += 595_000;
    assert_eq!(client.status("GET", "/me"), 200);
    assert_eq!(client.status("GET", "/me"), 429);
}

/// Catches a batch that counts as one request, and one that runs for ever.
#[test]
fn four_under_way_and_no_more_members_of_batches_among_them() {
    let mut client = client();
    client.sim.profile_mut().limits.counts_running = true;
    let running = |client: &Client| client.sim.running().into_values().sum::<usize>();
    let requests: Vec<_> =
        (1..=6).map(|n| json!({ "id": n.to_string(), "method": "GET", "url": "/me" })).collect();
    let batch = client.with_body("POST", "/$batch", &json!({ "requests": requests }));
    let reply = body(&client.send(&batch));
    let statuses = reply["responses"].as_array().unwrap().iter().map(|one| one["status"].as_u64());
    let taken = statuses.filter(|status| *status == Some(200)).count();
    assert_eq!((taken, running(&client)), (4, 4), "{reply}");
    let request = client.request("GET", "/me");
    assert_eq!(client.refused(&request), (429, "ApplicationThrottled".to_owned()));
    let user = client.sim.running().into_keys().next().unwrap();
    client.sim.ended(&user, 4);
    assert_eq!(client.status("GET", "/me"), 200);
    assert_eq!(running(&client), 1);
}

#[test]
fn four_at_once_and_no_more() {
    let mut client = client();
    client.sim.profile_mut().limits.runs_ms = 300;
    for _ in 0..4 {
        assert_eq!(client.status("GET", "/me"), 200);
        client.now_ms += 50;
    }
    let request = client.request("GET", "/me");
    assert_eq!(client.refused(&request), (429, "ApplicationThrottled".to_owned()));
    client.now_ms += 100;
    assert_eq!(client.status("GET", "/me"), 200);
}
