//! Every way in which an answer fails to come, as the port names it. X numbers are those of the
//! provider notes' common faults.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod common;

use std::net::TcpListener;
use std::time::Duration;

use common::Server;
use kalends_core::ports::{Http, HttpBody, HttpFailure, HttpHead, HttpRequest};
use kalends_tokio::{HttpOptions, ReqwestHttp};

const MILLIS_300: Duration = Duration::from_millis(300);

fn http() -> ReqwestHttp {
    let options = HttpOptions {
        connect: Duration::from_secs(2),
        head: MILLIS_300,
        silence: MILLIS_300,
        total: Duration::from_millis(700),
        ..HttpOptions::personal()
    };
    ReqwestHttp::new(options).unwrap()
}

fn request(method: &'static str, url: &str) -> HttpRequest {
    HttpRequest {
        method,
        url: url.to_owned(),
        headers: vec![("X-One".to_owned(), "1".to_owned())],
        body: Vec::new(),
        answer_bytes_max: 10_000,
    }
}

/// The head, and the body up to its end or failure.
type Answer = Result<(HttpHead, Result<Vec<u8>, HttpFailure>), HttpFailure>;

async fn send(http: &ReqwestHttp, request: HttpRequest) -> Answer {
    let (head, mut body) = http.send(request).await?;
    let mut whole = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(piece)) => whole.extend(piece),
            Ok(None) => return Ok((head, Ok(whole))),
            Err(failure) => return Ok((head, Err(failure))),
        }
    }
}

async fn get(url: &str) -> Answer {
    send(&http(), request("GET", url)).await
}

fn body(answer: Answer) -> Result<Vec<u8>, HttpFailure> {
    answer.unwrap().1
}

#[tokio::test]
async fn x1_a_closed_port_is_refused() {
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(get(&format!("http://{at}/")).await, Err(HttpFailure::Refused));
}

#[tokio::test]
async fn x2_a_connection_that_breaks_before_the_head_is_a_reset() {
    let server = Server::start(|peer| {
        peer.read();
    });
    assert_eq!(get(&server.url()).await, Err(HttpFailure::Reset));
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 O");
    });
    assert_eq!(get(&server.url()).await, Err(HttpFailure::Reset));
    assert_eq!(server.request_count(), 1, "not sent again on a connection of its own");
}

#[tokio::test]
async fn x3_a_body_that_breaks_off_is_cut() {
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let server = Server::start(move |peer| {
            peer.read();
            peer.say(format!("HTTP/1.1 207 Multi-Status\r\n{head}\r\n\r\n5\r\nabcde\r\n"));
        });
        let answer = get(&server.url()).await.unwrap();
        assert_eq!((answer.0.status, answer.1), (207, Err(HttpFailure::Cut)), "{head}");
    }
}

#[tokio::test]
async fn x4_silence_ends_at_the_deadline() {
    let server = Server::start(|peer| {
        peer.read();
        peer.rest(5_000);
    });
    assert_eq!(get(&server.url()).await, Err(HttpFailure::Deadline));
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
        peer.rest(5_000);
    });
    assert_eq!(body(get(&server.url()).await), Err(HttpFailure::Deadline));
}

#[tokio::test]
async fn x5_a_drip_ends_at_the_total_deadline() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while peer.say("x") {
            peer.rest(50);
        }
    });
    assert_eq!(body(get(&server.url()).await), Err(HttpFailure::Deadline));
}

#[tokio::test]
async fn x6_a_write_whose_answer_is_lost_is_a_reset_and_not_sent_again() {
    // The second request comes on the connection of the first, and is dropped after it was read.
    let server = Server::start(|peer| {
        peer.read();
        peer.ok("one");
        peer.read();
    });
    let http = http();
    assert!(send(&http, request("GET", &server.url())).await.is_ok());
    let mut put = request("PUT", &server.url());
    put.body = b"text".to_vec();
    assert_eq!(send(&http, put).await, Err(HttpFailure::Reset));
    assert_eq!((server.request_count(), http.resent()), (2, 0));
}

#[tokio::test]
async fn a_reading_request_on_a_connection_closed_while_idle_is_sent_once_more() {
    let server = Server::start(|peer| {
        peer.read();
        if peer.ok("one") && peer.number > 0 {
            return;
        }
        peer.read();
    });
    let http = http();
    for method in ["PROPFIND", "REPORT"] {
        let answer = send(&http, request(method, &server.url())).await;
        assert_eq!(body(answer), Ok(b"one".to_vec()), "{method}");
    }
    assert_eq!((server.request_count(), http.resent()), (3, 1));
}

#[tokio::test]
async fn x7_a_wrong_length_cuts_or_is_cut_to() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nabc");
    });
    assert_eq!(body(get(&server.url()).await), Err(HttpFailure::Cut));
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
        peer.rest(500);
    });
    let http = http();
    for _ in 0..2 {
        let answer = send(&http, request("GET", &server.url())).await;
        assert_eq!(body(answer), Ok(b"abc".to_vec()), "the rest is not the next answer");
    }
}

#[tokio::test]
async fn x8_compression_is_not_asked_for_and_not_undone() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x08bc",
        );
    });
    let (head, body) = get(&server.url()).await.unwrap();
    assert_eq!((head.header("content-encoding"), body.unwrap().len()), (Some("gzip"), 4));
    let sent = server.requests.lock().unwrap()[0].to_ascii_lowercase();
    assert!(!sent.contains("accept-encoding"), "{sent}");
}

#[tokio::test]
async fn x9_chunks_with_trailers_are_read() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n");
        peer.say("3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n");
    });
    assert_eq!(body(get(&server.url()).await), Ok(b"abcde".to_vec()));
}

#[tokio::test]
async fn x10_a_body_over_the_limit_is_too_large() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc");
        peer.rest(2_000);
    });
    assert_eq!(body(get(&server.url()).await), Err(HttpFailure::TooLarge));
    let server = Server::start(|peer| {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while peer.say(format!("400\r\n{}\r\n", "x".repeat(1024))) {}
    });
    assert_eq!(body(get(&server.url()).await), Err(HttpFailure::TooLarge));
}

#[tokio::test]
async fn x11_a_body_after_204_is_not_the_next_answer() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            peer.say("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde");
        }
    });
    let http = http();
    for _ in 0..2 {
        let (head, body) = send(&http, request("GET", &server.url())).await.unwrap();
        assert_eq!((head.status, body), (204, Ok(Vec::new())));
    }
}

#[tokio::test]
async fn x13_redirects_are_given_and_not_followed() {
    let server = Server::start(|peer| {
        peer.read();
        peer.say(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let (head, _) = get(&server.url()).await.unwrap();
    assert_eq!((head.status, head.header("location")), (302, Some("http://127.0.0.1:1/")));
}

#[tokio::test]
async fn x15_a_failed_handshake_is_tls() {
    let plain = Server::start(|peer| {
        peer.say("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.rest(300);
    });
    assert_eq!(get(&format!("https://{}/", plain.at)).await, Err(HttpFailure::Tls));
    let closing = Server::start(|_| {});
    assert_eq!(get(&format!("https://{}/", closing.at)).await, Err(HttpFailure::Tls));
}

#[tokio::test]
async fn x16_an_unknown_name_is_dns() {
    assert_eq!(get("http://calendar.invalid/").await, Err(HttpFailure::Dns));
}

#[tokio::test]
async fn addresses_that_are_none_or_not_allowed_are_bad() {
    for url in ["ftp://a/", "no address", "data:text/plain,a"] {
        assert_eq!(get(url).await, Err(HttpFailure::BadAddress), "{url}");
    }
    let hosted = ReqwestHttp::new(HttpOptions::hosted()).unwrap();
    for url in ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "file:///a"] {
        let answer = send(&hosted, request("GET", url)).await;
        assert_eq!(answer, Err(HttpFailure::BadAddress), "{url}");
    }
    let mut broken = request("GET", "http://127.0.0.1:1/");
    broken.headers.push(("X-Two".to_owned(), "a\r\nb: c".to_owned()));
    assert_eq!(send(&http(), broken).await, Err(HttpFailure::BadAddress));
}

#[tokio::test]
async fn methods_headers_and_bodies_go_out_as_given() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            peer.ok("");
        }
    });
    let http = http();
    for method in ["PROPFIND", "REPORT", "MKCALENDAR", "PUT", "DELETE"] {
        let mut request = request(method, &server.url());
        request.body = b"<a/>".to_vec();
        assert_eq!(body(send(&http, request).await), Ok(Vec::new()));
        let sent = server.requests.lock().unwrap().pop().unwrap();
        assert!(sent.starts_with(&format!("{method} /a HTTP/1.1\r\n")), "{sent}");
        assert!(sent.contains("x-one: 1\r\n") && sent.ends_with("\r\n\r\n<a/>"), "{sent}");
    }
}
