//! A sign-in with a browser, and the listener that it comes back to.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

use std::net::SocketAddr;

use kalends_core::notice::InboundRequest;
use kalends_core::ports::{Http as _, HttpBody as _, HttpHead, HttpRequest};
use kalends_tokio::{BrowserError, BrowserSignIn, HttpOptions, Inbox, OauthClient, ReqwestHttp};

async fn send(method: &'static str, url: &str, body: &[u8]) -> (HttpHead, String) {
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let request = HttpRequest {
        method,
        url: url.to_owned(),
        headers: vec![("X-Two".to_owned(), "2".to_owned())],
        body: body.to_vec(),
        answer_bytes_max: 10_000,
    };
    let (head, mut body) = http.send(request).await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = body.chunk().await.unwrap() {
        text.extend(piece);
    }
    (head, String::from_utf8(text).unwrap())
}

async fn inbox() -> Inbox {
    Inbox::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

fn client(tokens: &Inbox) -> OauthClient {
    OauthClient {
        authorize: "https://id.example/auth".to_owned(),
        token: format!("http://{}/token", tokens.address()),
        revoke: None,
        id: "program".to_owned(),
        secret: None,
        scopes: vec!["x".to_owned()],
        extra: Vec::new(),
    }
}

fn field<'a>(address: &'a str, name: &str) -> &'a str {
    let (_, query) = address.split_once('?').unwrap();
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap()
}

#[tokio::test]
async fn a_request_comes_in_whole_and_its_answer_is_no_page() {
    let mut inbox = inbox().await;
    let url = format!("http://{}/a/google?b=%20c", inbox.address());
    let answering = async {
        let visit = inbox.next().await;
        let request = visit.request.clone();
        visit.answer(202, "<b>heard</b>");
        request
    };
    let ((head, text), request) = tokio::join!(send("POST", &url, b"body"), answering);
    assert_eq!((head.status, text.as_str()), (202, "<b>heard</b>"));
    assert_eq!(head.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(head.header("x-content-type-options"), Some("nosniff"));
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/a/google"));
    assert_eq!((request.query.as_str(), request.header("x-two")), ("b=%20c", Some("2")));
    assert_eq!(request.body, b"body");
}

#[tokio::test]
async fn a_request_that_is_too_large_never_reaches_anybody() {
    let mut inbox = inbox().await;
    let url = format!("http://{}/", inbox.address());
    let large = vec![b'x'; InboundRequest::BODY_BYTES_MAX + 1];
    tokio::select! {
        (head, _) = send("POST", &url, &large) => assert_eq!(head.status, 413),
        visit = inbox.next() => unreachable!("{visit:?}"),
    }
}

#[tokio::test]
async fn the_browser_brings_a_code_and_the_code_brings_tokens() {
    let mut desk = inbox().await;
    let client = client(&desk);
    let waiting = BrowserSignIn::begin(client, "127.0.0.1").await.unwrap();
    let address = waiting.address(Some("ann@a.example"), None);
    let redirect = field(&address, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    let state = field(&address, "state").to_owned();
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let browser = async {
        let (head, _) = send("GET", &format!("{redirect}/favicon.ico"), b"").await;
        assert_eq!(head.status, 404);
        let (head, _) = send("GET", &format!("{redirect}?state=guess&code=theirs"), b"").await;
        assert_eq!(head.status, 400, "another's answer ends nothing");
        send("GET", &format!("{redirect}?state={state}&code=mine"), b"").await
    };
    let giving = async {
        let visit = desk.next().await;
        let form = String::from_utf8(visit.request.body.clone()).unwrap();
        visit.answer(200, r#"{"access_token":"a","refresh_token":"r","expires_in":60}"#);
        form
    };
    let (grant, (head, page), form) = tokio::join!(waiting.wait(&http), browser, giving);
    assert_eq!((head.status, page.as_str()), (200, "Signed in. You can close this window.\n"));
    let grant = grant.unwrap();
    assert_eq!((grant.access.as_str(), grant.refresh.as_deref()), ("a", Some("r")));
    for part in ["grant_type=authorization_code", "code=mine", "code_verifier=", "client_id="] {
        assert!(form.contains(part), "{form}");
    }
}

#[tokio::test]
async fn a_person_who_says_no_ends_it() {
    let desk = inbox().await;
    let waiting = BrowserSignIn::begin(client(&desk), "localhost").await.unwrap();
    let address = waiting.address(None, None);
    let redirect = field(&address, "redirect_uri").replace("%3A", ":").replace("%2F", "/");
    assert!(redirect.starts_with("http://localhost:"), "{redirect}");
    let here = redirect.replace("localhost", "127.0.0.1");
    let url = format!("{here}?state={}&error=access_denied", field(&address, "state"));
    let http = ReqwestHttp::new(HttpOptions::personal()).unwrap();
    let (ended, (head, page)) = tokio::join!(waiting.wait(&http), send("GET", &url, b""));
    assert!(matches!(ended, Err(BrowserError::SignIn(_))), "{ended:?}");
    assert_eq!(head.status, 200);
    assert!(page.contains("was not granted"), "{page}");
}
