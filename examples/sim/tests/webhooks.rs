//! Messages that a simulator sends by itself, over sockets.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::wire::SimRequest;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ANN: &str = "ann@example.com";

/// Opens a channel to an address as a client would, at the time of this machine.
fn watch(sim: &mut GoogleSim, address: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now_ms = i64::try_from(now.as_millis()).unwrap();
    let token = sim.grant(ANN, "client", &[], now_ms).access;
    let url = "http://localhost/calendar/v3/calendars/primary/events/watch";
    let body = json!({"id": "one", "type": "web_hook", "address": address, "token": "secret"});
    let request = SimRequest::new("POST", url)
        .header("Authorization", &format!("Bearer {token}"))
        .header("Content-Type", "application/json");
    let reply = sim.handle(now_ms, &request.body(body.to_string()));
    assert_eq!(reply.status, 200, "{reply:?}");
    let day = json!({"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}});
    sim.person(ANN, now_ms).add(ANN, &day).unwrap();
}

#[tokio::test]
async fn they_come_to_a_listener_on_this_machine_in_order_and_doubled_as_planned() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC"));
    assert!(sim.plan("PUSH", "*", When::Always, "F20-twice"));
    watch(&mut sim, &address);
    let _served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut states = Vec::new();
    for _ in 0..3 {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let many = stream.read(&mut asked).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let asked = String::from_utf8_lossy(&asked[..many]).into_owned();
        assert!(asked.starts_with("POST /hook HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("X-Goog-Channel-Token: secret\r\n"), "{asked}");
        let state = asked.lines().find_map(|line| line.strip_prefix("X-Goog-Resource-State: "));
        states.push(state.unwrap_or_default().to_owned());
    }
    assert_eq!(states, ["sync", "exists", "exists"]);
}
