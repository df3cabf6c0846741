//! A handshake and a notification, over sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests end on the first surprise")]

use kalends_sim::Served;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANN: &str = "ann@contoso.example";

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// Sends one request and reads the whole answer.
async fn ask(url: &str, token: &str, path: &str, body: &Value) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    said
}

/// Takes one request and answers with what `answer` makes of it.
async fn hear(listener: &TcpListener, answer: impl Fn(&str) -> String) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = vec![0; 16 * 1024];
    let mut many = stream.read(&mut asked).await.unwrap();
    while !String::from_utf8_lossy(&asked[..many]).contains("\r\n\r\n") || is_cut(&asked[..many]) {
        many += stream.read(&mut asked[many..]).await.unwrap();
    }
    let asked = String::from_utf8_lossy(&asked[..many]).into_owned();
    let text = answer(&asked);
    let length = text.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{text}").as_bytes()).await.unwrap();
    asked
}

fn is_cut(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    length.is_some_and(|length| body.len() < length.parse().unwrap())
}

fn token_of(asked: &str) -> String {
    let (_, rest) = asked.split_once("validationToken=").unwrap_or_else(|| panic!("{asked}"));
    let token = rest.split(' ').next().unwrap_or_default().replace('+', " ");
    kalends_testkit::wire::decode_path(&token)
}

#[tokio::test]
async fn a_receiver_on_this_machine_is_asked_and_then_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!("http://{}/hook", listener.local_addr().unwrap());
    let mut sim = GraphSim::new(Profile::default(), 7);
    sim.add_user(ANN, "Ann", AccountKind::Work);
    let token = sim.bearer(now_ms(), ANN, "Calendars.ReadWrite");
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let url = served.url();
    let end = stamp(now_ms() + 3_600_000);
    let wanted = json!({"changeType": "created", "notificationUrl": hook, "resource": "me/events",
                        "expirationDateTime": end, "clientState": "s"});
    let asking = ask(&url, &token, "/v1.0/subscriptions", &wanted);
    let (made, asked) = tokio::join!(asking, hear(&listener, token_of));
    assert!(made.starts_with("HTTP/1.1 201 "), "{made}");
    assert!(asked.starts_with("POST /hook?validationToken=Validation"), "{asked}");
    let at =
        |hour: u32| json!({"dateTime": format!("2026-12-01T{hour:02}:00:00"), "timeZone": "UTC"});
    let event = json!({"subject": "Lunch", "start": at(9), "end": at(10)});
    let made = ask(&url, &token, "/v1.0/me/events", &event).await;
    assert!(made.starts_with("HTTP/1.1 201 "), "{made}");
    let told = hear(&listener, |_| String::new()).await;
    assert!(told.contains("\"clientState\":\"s\"") && told.contains("\"created\""), "{told}");
    // Nobody listens: there is no handshake, and no subscription.
    drop(listener);
    let refused = ask(&url, &token, "/v1.0/subscriptions", &wanted).await;
    assert!(
        refused.starts_with("HTTP/1.1 400 ") && refused.contains("ValidationError"),
        "{refused}"
    );
}

/// A moment as Graph writes it.
fn stamp(ms: i64) -> String {
    kalends_core::time::Timestamp::from_millis(ms).to_string()
}
