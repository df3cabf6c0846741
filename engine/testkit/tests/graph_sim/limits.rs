//! Limits of a mailbox.

use crate::support::client;

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
