//! Each delivery as a real client meets it over a real connection.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::time::Duration;

use kalends_core::ports::{Http as _, HttpBody as _, HttpFailure, HttpRequest};
use kalends_sim::Served;
use kalends_testkit::wire::{Delivery, SimReply, SimRequest, SimServer};
use kalends_tokio::{HttpOptions, ReqwestHttp};

const BODY: &[u8] = b"0123456789";

/// Answers everything with one reply, and remembers what it was asked.
struct Same(SimReply, Vec<SimRequest>);

impl SimServer for Same {
    fn handle(&mut self, _now_ms: i64, request: &SimRequest) -> SimReply {
        self.1.push(request.clone());
        self.0.clone()
    }
}

type Answer = Result<(u16, Result<Vec<u8>, HttpFailure>), HttpFailure>;

async fn put(url: &str) -> Answer {
    let options = HttpOptions {
        head: Duration::from_millis(400),
        silence: Duration::from_millis(400),
        total: Duration::from_millis(900),
        ..HttpOptions::personal()
    };
    let http = ReqwestHttp::new(options).unwrap();
    let request = HttpRequest {
        method: "PUT",
        url: format!("{url}/a%20b?c=d"),
        headers: vec![("X-One".to_owned(), "1".to_owned())],
        body: b"sent".to_vec(),
        answer_bytes_max: 10_000,
    };
    let (head, mut body) = http.send(request).await?;
    let mut whole = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(piece)) => whole.extend(piece),
            Ok(None) => return Ok((head.status, Ok(whole))),
            Err(failure) => return Ok((head.status, Err(failure))),
        }
    }
}

async fn meets(reply: SimReply) -> Answer {
    let served = Served::listen("127.0.0.1:0", Same(reply, Vec::new())).await.unwrap();
    let answer = put(&served.url()).await;
    let sim = served.sim();
    assert_eq!(sim.1.len(), 1, "one request reached it, once");
    let asked = &sim.1[0];
    assert_eq!((asked.method.as_str(), asked.url.as_str()), ("PUT", "/a%20b?c=d"));
    assert_eq!((asked.get("x-one"), asked.body.as_slice()), (Some("1"), b"sent".as_slice()));
    answer
}

fn reply(delivery: Delivery) -> SimReply {
    SimReply { delivery, ..SimReply::new(207, BODY) }
}

/// Catches a reply that does not travel as its delivery says.
#[tokio::test]
async fn every_delivery_is_what_a_client_sees() {
    let whole = || Ok((207, Ok(BODY.to_vec())));
    let broken = |failure| Ok((207, Err(failure)));
    let drip = |pause_ms| Delivery::Drip { piece_octets: 3, pause_ms };
    for (delivery, seen) in [
        (Delivery::Complete, whole()),
        (Delivery::ChunkedWithTrailers, whole()),
        (drip(1), whole()),
        (drip(350), broken(HttpFailure::Deadline)),
        (Delivery::TruncateAt(4), broken(HttpFailure::Cut)),
        (Delivery::TruncateAt(0), broken(HttpFailure::Cut)),
        (Delivery::StallAt(4), broken(HttpFailure::Deadline)),
        (Delivery::Endless(b' '), broken(HttpFailure::TooLarge)),
        (Delivery::Stall, Err(HttpFailure::Deadline)),
        (Delivery::Refused, Err(HttpFailure::Reset)),
        (Delivery::NoSuchHost, Err(HttpFailure::Reset)),
        (Delivery::TlsFailure, Err(HttpFailure::Reset)),
        (Delivery::DropBeforeCommit, Err(HttpFailure::Reset)),
        (Delivery::DropAfterCommit, Err(HttpFailure::Reset)),
    ] {
        assert_eq!(meets(reply(delivery)).await, seen, "{delivery:?}");
    }
}

/// Catches a reply whose wrong length is put right on its way.
#[tokio::test]
async fn a_length_that_is_wrong_arrives_wrong() {
    let long = reply(Delivery::Complete).header("Content-Length", "17");
    assert_eq!(meets(long).await, Ok((207, Err(HttpFailure::Cut))));
    let short = reply(Delivery::Complete).header("Content-Length", "3");
    assert_eq!(meets(short).await, Ok((207, Ok(b"012".to_vec()))));
}

/// Catches octets of one exchange that are taken for the next.
#[tokio::test]
async fn a_connection_carries_requests_of_every_form_one_after_the_other() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let sim = Same(reply(Delivery::Complete), Vec::new());
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(&served.url()[7..]).await.unwrap();
    let three = "PROPFIND / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok\
                 PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n\
                 3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-End: 1\r\n\r\n\
                 GET /last HTTP/1.1\r\nConnection: close\r\n\r\n";
    stream.write_all(three.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 207 ").count(), 3, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 100 ").count(), 1, "{answers}");
    let bodies: Vec<_> = served.sim().1.iter().map(|asked| asked.body.clone()).collect();
    assert_eq!(bodies, [&b"ok"[..], b"abcde", b""]);
}

/// Catches a request that cannot be read and goes unanswered, or ends the server.
#[tokio::test]
async fn what_is_no_request_is_refused() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let sim = Same(reply(Delivery::Complete), Vec::new());
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    for (said, status) in [
        ("\x16\x03\x01 hello\r\n\r\n".to_owned(), 400),
        ("PUT / HTTP/1.1\r\nContent-Length: many\r\n\r\n".to_owned(), 400),
        ("PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".to_owned(), 413),
        ("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(70_000)), 431),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&served.url()[7..]).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{said:.40}: {answer}");
    }
    assert!(served.sim().1.is_empty());
    assert_eq!(put(&served.url()).await, Ok((207, Ok(BODY.to_vec()))));
}
