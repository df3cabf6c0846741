//! Credentials, redirects and kinds of answer, as the loop deals with them for every script.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "what is not as expected ends a test"
)]

use kalends_core::ids::StepSeed;
use kalends_core::ports::{Call, Credential, Exchange, HttpHead, HttpRequest, Input, Turn};
use kalends_core::provider::{Done, Failure, FailureClass};
use kalends_core::time::Timestamp;
use kalends_kit::{
    Element, Expect, Intent, Next, Outbox, Reply, Request, Script, Talk, Url, after_write,
};

const NOW: Timestamp = Timestamp::from_seconds(1_000);

/// Sends one request and ends in `Fetched`.
struct Once {
    request: Option<Request>,
    trees: usize,
}

impl Script for Once {
    fn next(&mut self, _now: Timestamp) -> Next {
        match self.request.take() {
            Some(request) => Next::Call(Box::new(request)),
            None => Next::Done(Done::Fetched),
        }
    }

    fn tree(&mut self, _url: &Url, _tree: Element, _out: &mut Outbox) -> Result<(), Failure> {
        self.trees += 1;
        Ok(())
    }

    fn reply(&mut self, _reply: Reply, _out: &mut Outbox, _now: Timestamp) -> Result<(), Failure> {
        Ok(())
    }
}

fn basic() -> Credential {
    Credential::Basic { user: "u".into(), password: "p".into() }
}

fn bearer() -> Credential {
    Credential::Bearer("t.0-ken".into())
}

fn talk(method: &'static str, url: &str, expect: Expect, credential: Credential) -> Talk {
    let request = Request {
        method,
        url: Url::parse(url).unwrap(),
        headers: vec![("Depth".into(), "0".into())],
        body: b"body".to_vec(),
        expect,
        intent: if method == "PUT" { Intent::Write } else { Intent::Read },
        open_place: method == "PROPFIND",
    };
    Talk::new(Once { request: Some(request), trees: 0 }, credential)
}

fn get(url: &str, credential: Credential) -> Talk {
    talk("GET", url, Expect::Bytes(1_000), credential)
}

fn sent(turn: Turn) -> HttpRequest {
    match turn {
        Turn::Send(Call::Http(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn head(status: u16, headers: &[(&str, &str)]) -> Input {
    let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Input::Head(HttpHead { status, headers })
}

fn failed(turn: Turn) -> Failure {
    match turn {
        Turn::Done(Done::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

fn is_signed(request: &HttpRequest) -> bool {
    request.headers.iter().any(|(name, _)| name == "Authorization")
}

/// Where a redirect leads, or why it is not followed.
fn redirect(from: &str, to: &str, credential: Credential) -> Result<HttpRequest, Failure> {
    let mut talk = talk("PROPFIND", from, Expect::Multistatus, credential);
    let _ = sent(talk.resume(Input::Start, NOW));
    match talk.resume(head(301, &[("location", to)]), NOW) {
        Turn::Send(Call::Http(request)) => Ok(request),
        Turn::Done(Done::Failed(failure)) => Err(failure),
        other => panic!("{other:?}"),
    }
}

#[test]
fn credentials_go_ahead_over_tls_and_to_this_machine_only() {
    for (url, ahead) in
        [("https://h/", true), ("http://127.0.0.1:5232/", true), ("http://h/", false)]
    {
        for (credential, value) in [(basic(), "Basic dTpw"), (bearer(), "Bearer t.0-ken")] {
            let mut talk = get(url, credential);
            let request = sent(talk.resume(Input::Start, NOW));
            assert_eq!(is_signed(&request), ahead, "{url} {value}");
            let said = ("Authorization".to_owned(), value.to_owned());
            assert_eq!(request.headers.contains(&said), ahead, "{url} {:?}", request.headers);
        }
    }
}

#[test]
fn on_plain_http_credentials_wait_for_a_challenge_and_are_sent_once() {
    let mut talk = get("http://h/", basic());
    assert!(!is_signed(&sent(talk.resume(Input::Start, NOW))));
    let challenge = || head(401, &[("www-authenticate", "Basic realm=\"x\"")]);
    assert!(is_signed(&sent(talk.resume(challenge(), NOW))));
    assert_eq!(failed(talk.resume(challenge(), NOW)).class, FailureClass::SignIn);
}

#[test]
fn a_digest_that_nobody_knows_is_not_supported() {
    let mut talk = get("https://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    let failure = failed(talk.resume(challenge("realm=r, nonce=n, algorithm=NEWER"), NOW));
    assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Unsupported, "http.digest"));
}

#[test]
fn redirects_keep_method_body_and_credentials_within_a_site() {
    for (to, url) in [
        ("/dav/", "https://a.example.org/dav/"),
        ("https://p1.a.example.org/x", "https://p1.a.example.org/x"),
        ("https://a.example.org:8443/x", "https://a.example.org:8443/x"),
    ] {
        let request = redirect("https://a.example.org/.well-known/caldav", to, basic()).unwrap();
        assert_eq!((request.method, request.url.as_str()), ("PROPFIND", url));
        assert_eq!(request.body, b"body");
        assert!(is_signed(&request));
    }
}

#[test]
fn redirects_to_less_safety_or_another_site_are_not_followed() {
    for (to, code) in [
        ("http://a.example.org/x", "http.redirect-plain"),
        ("https://evil.example.com/x", "http.redirect-site"),
        ("https://b.example.org/x", "http.redirect-site"),
        ("file:///etc/passwd", "http.redirect"),
        ("gopher://x/", "http.redirect"),
        ("", "http.redirect"),
    ] {
        let failure = redirect("https://a.example.org/", to, basic()).unwrap_err();
        assert_eq!((failure.class, failure.code.as_str()), (FailureClass::Protocol, code), "{to}");
    }
    // From plain http to TLS is a step up.
    assert!(redirect("http://h/", "https://h/", basic()).is_ok());
}

#[test]
fn where_a_redirect_leads_is_said_unless_addresses_are_secrets() {
    let to = format!("https://b.example.org/dav/{}?token=t", "x".repeat(9_000));
    let failure = redirect("https://a.example.org/", &to, basic()).unwrap_err();
    assert!(failure.detail.contains(", https://b.example.org/dav/x"), "{}", failure.detail);
    assert!(failure.detail.contains("give that address") && failure.detail.len() < 300);
    let failure = redirect("https://a/", "https://b/dav/?token=t", basic()).unwrap_err();
    assert!(failure.detail.contains("https://b/dav/:") && !failure.detail.contains("token"));
    let mut secret = get("https://a.example.org/feed", basic());
    let _ = sent(secret.resume(Input::Start, NOW));
    let failure = failed(secret.resume(head(302, &[("location", &to)]), NOW));
    assert!(!failure.detail.contains("b.example.org"), "{}", failure.detail);
}

#[test]
fn a_read_without_credentials_may_move_to_another_site() {
    let mut talk = get("https://a.example.org/feed", Credential::None);
    let _ = sent(talk.resume(Input::Start, NOW));
    let moved = talk.resume(head(302, &[("location", "https://cdn.example.com/f")]), NOW);
    assert_eq!(sent(moved).url, "https://cdn.example.com/f");
}

#[test]
fn no_redirect_leads_from_outside_into_a_private_network() {
    let moved = |from: &str, to: &str| {
        let mut talk = get(from, Credential::None);
        let _ = sent(talk.resume(Input::Start, NOW));
        talk.resume(head(302, &[("location", to)]), NOW)
    };
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8080/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost/",
        "http://router/",
        "//192.168.1.1/",
    ] {
        let failure = failed(moved("http://feeds.example.org/f", to));
        assert_eq!(failure.code, "http.redirect-private", "{to}");
    }
    for from in ["http://nas.local/f", "http://192.168.1.1/f", "http://localhost:8080/f"] {
        assert_eq!(sent(moved(from, "http://127.0.0.1:5232/")).url, "http://127.0.0.1:5232/");
        assert_eq!(sent(moved(from, "https://example.org/")).url, "https://example.org/");
    }
    let mut talk = get("http://nas.local/f", Credential::None);
    let _ = sent(talk.resume(Input::Start, NOW));
    let _ = sent(talk.resume(head(302, &[("location", "https://example.org/")]), NOW));
    let back = talk.resume(head(302, &[("location", "https://10.0.0.1/")]), NOW);
    assert_eq!(failed(back).code, "http.redirect-private");
}

#[test]
fn redirects_in_circles_end() {
    let mut talk = get("https://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    for _ in 0..5 {
        let _ = sent(talk.resume(head(302, &[("location", "/")]), NOW));
    }
    let failure = failed(talk.resume(head(302, &[("location", "/")]), NOW));
    assert_eq!(failure.code, "http.redirects");
}

#[test]
fn a_web_page_in_place_of_data_is_no_data() {
    for status in [200, 207] {
        let mut talk = talk("PROPFIND", "https://h/", Expect::Multistatus, basic());
        let _ = sent(talk.resume(Input::Start, NOW));
        let page = &[("content-type", "text/html")];
        let mut turn = talk.resume(head(status, page), NOW);
        if turn == Turn::More {
            turn = talk.resume(Input::Chunk(b"<html>Sign in</html>".to_vec()), NOW);
        }
        if turn == Turn::More {
            turn = talk.resume(Input::End, NOW);
        }
        let failure = failed(turn);
        assert_eq!(failure.class, FailureClass::Protocol);
        assert!(failure.detail.contains("text/html"));
    }
    let mut talk = get("https://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    assert_eq!(talk.resume(head(200, &[]), NOW), Turn::More);
    assert_eq!(talk.resume(Input::Chunk(b"<!DOCTYPE html>".to_vec()), NOW), Turn::More);
    assert_eq!(failed(talk.resume(Input::End, NOW)).class, FailureClass::Protocol);
}

/// Catches one event in whose place a page always comes, and that ends each conversation about others; and a
/// page in place of an answer to a write that is taken for none.
#[test]
fn a_web_page_in_place_of_one_of_many_is_for_its_script_to_judge() {
    for (method, ends) in [("GET", false), ("PUT", true)] {
        let mut talk = talk(method, "https://h/x", Expect::OneOfMany(1_000), basic());
        let _ = sent(talk.resume(Input::Start, NOW));
        let page = head(200, &[("content-type", "text/html")]);
        assert_eq!(talk.resume(page, NOW), Turn::More);
        assert_eq!(talk.resume(Input::Chunk(b"<html>Sign in</html>".to_vec()), NOW), Turn::More);
        let ended = matches!(talk.resume(Input::End, NOW), Turn::Done(Done::Failed(_)));
        assert_eq!(ended, ends, "{method}");
    }
}

#[test]
fn a_write_answered_by_a_page_may_have_been_done() {
    for (status, taken) in [(200, false), (201, true)] {
        let mut talk = talk("PUT", "https://h/x", Expect::Bytes(1_000), basic());
        let _ = sent(talk.resume(Input::Start, NOW));
        let page = head(status, &[("content-type", "text/html")]);
        assert_eq!(talk.resume(page, NOW), Turn::More);
        match talk.resume(Input::End, NOW) {
            Turn::Done(Done::Fetched) => assert!(taken),
            turn => assert_eq!(failed(turn).class, FailureClass::Unknown),
        }
    }
}

#[test]
fn a_body_larger_than_asked_for_ends_it() {
    let mut talk = get("https://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    assert_eq!(talk.resume(head(200, &[]), NOW), Turn::More);
    let failure = failed(talk.resume(Input::Chunk(vec![b'a'; 1_001]), NOW));
    assert_eq!(failure.code, "net.too-large");
}

#[test]
fn inputs_out_of_order_end_it() {
    for input in [Input::End, Input::Chunk(vec![]), head(200, &[])] {
        let mut talk = get("https://h/", basic());
        assert_eq!(failed(talk.resume(input, NOW)).code, "talk.order");
        assert_eq!(failed(talk.resume(Input::Start, NOW)).code, "talk.order");
    }
}

#[test]
fn no_secret_shows_in_what_is_printed() {
    let mut talk = get("https://h/secret-path", basic());
    let request = sent(talk.resume(Input::Start, NOW));
    assert!(!format!("{request:?}").contains("secret"));
}

fn challenge(parameters: &str) -> Input {
    head(401, &[("www-authenticate", &format!("Digest {parameters}"))])
}

fn proven() -> Credential {
    Credential::Digest { user: "u".into(), password: "p".into() }
}

fn value(request: &HttpRequest) -> &str {
    let found = request.headers.iter().find(|(name, _)| name == "Authorization");
    found.map_or("", |(_, value)| value.as_str())
}

/// Answers a challenge, with what the host draws.
fn answered(talk: &mut Talk, input: Input) -> HttpRequest {
    assert_eq!(talk.resume(input, NOW), Turn::Draw);
    sent(talk.resume(Input::Drawn(StepSeed([9; 32])), NOW))
}

#[test]
fn a_digest_is_answered_with_what_the_host_draws_and_the_password_stays_here() {
    for (url, credential) in
        [("https://h/a?b=c", basic()), ("http://h/a?b=c", basic()), ("https://h/a?b=c", proven())]
    {
        let openly = url.starts_with("https") && credential == basic();
        let mut talk = get(url, credential);
        assert_eq!(is_signed(&sent(talk.resume(Input::Start, NOW))), openly, "{url}");
        let request = answered(&mut talk, challenge("realm=r, nonce=n, qop=\"auth\""));
        let value = value(&request);
        assert!(value.starts_with("Digest username=\"u\", realm=\"r\", nonce=\"n\""), "{value}");
        assert!(value.contains("uri=\"/a?b=c\""), "{value}");
        assert!(value.contains("cnonce=\"09090909090909090909090909090909\""), "{value}");
    }
}

#[test]
fn on_plain_http_digest_goes_before_basic() {
    let mut talk = get("http://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    let both = challenge("realm=r, nonce=n, qop=auth, Basic realm=r");
    assert!(value(&answered(&mut talk, both)).starts_with("Digest "));
    // Where the proof is refused, the password itself is not given away.
    let both = challenge("realm=r, nonce=m, qop=auth, Basic realm=r");
    assert_eq!(failed(talk.resume(both, NOW)).class, FailureClass::SignIn);
}

#[test]
fn what_must_only_be_proven_is_never_sent() {
    let mut talk = get("https://h/", proven());
    assert!(!is_signed(&sent(talk.resume(Input::Start, NOW))));
    let failure = failed(talk.resume(head(401, &[("www-authenticate", "Basic realm=r")]), NOW));
    assert_eq!(failure.class, FailureClass::SignIn);
}

#[test]
fn a_stale_nonce_is_answered_once_more_and_a_refused_one_is_not() {
    for (second, third) in
        [("nonce=m, stale=true", true), ("nonce=m", false), ("nonce=n, stale=true", false)]
    {
        let mut talk = get("https://h/", basic());
        let _ = sent(talk.resume(Input::Start, NOW));
        let _ = answered(&mut talk, challenge("realm=r, nonce=n, qop=auth"));
        let second = challenge(&format!("realm=r, qop=auth, {second}"));
        if third {
            assert!(value(&answered(&mut talk, second)).contains("nonce=\"m\""));
            let endless = challenge("realm=r, qop=auth, nonce=o, stale=true");
            assert_eq!(failed(talk.resume(endless, NOW)).class, FailureClass::SignIn);
        } else {
            assert_eq!(failed(talk.resume(second, NOW)).class, FailureClass::SignIn);
        }
    }
}

#[test]
fn basic_refused_beside_digest_is_a_wrong_password() {
    let mut talk = get("https://h/", basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    let both = challenge("realm=r, nonce=n, qop=auth, Basic realm=r");
    assert_eq!(failed(talk.resume(both, NOW)).class, FailureClass::SignIn);
}

/// Sends two requests to one place.
struct Twice(u8);

impl Script for Twice {
    fn next(&mut self, _now: Timestamp) -> Next {
        self.0 += 1;
        let url = Url::parse("https://h/x").unwrap();
        let expect = Expect::Bytes(10);
        let (headers, body, intent) = (Vec::new(), Vec::new(), Intent::Read);
        Next::Call(Box::new(Request {
            method: "GET",
            url,
            headers,
            body,
            expect,
            intent,
            open_place: false,
        }))
    }

    fn reply(&mut self, _reply: Reply, _out: &mut Outbox, _now: Timestamp) -> Result<(), Failure> {
        Ok(())
    }
}

#[test]
fn the_next_request_of_a_conversation_counts_on_and_outlives_its_nonce() {
    let mut talk = Talk::new(Twice(0), basic());
    let _ = sent(talk.resume(Input::Start, NOW));
    let first = answered(&mut talk, challenge("realm=r, nonce=n, qop=auth"));
    assert!(value(&first).contains("nc=00000001"));
    assert_eq!(talk.resume(head(200, &[]), NOW), Turn::More);
    let second = sent(talk.resume(Input::End, NOW));
    assert!(value(&second).contains("nonce=\"n\"") && value(&second).contains("nc=00000002"));
    // Not every server says that the nonce is stale.
    let third = answered(&mut talk, challenge("realm=r, nonce=m, qop=auth"));
    assert!(value(&third).contains("nonce=\"m\"") && value(&third).contains("nc=00000001"));
}

#[test]
fn a_challenge_counts_at_its_own_site_only() {
    let mut talk = talk("PROPFIND", "https://a.example.org/", Expect::Multistatus, proven());
    let _ = sent(talk.resume(Input::Start, NOW));
    let _ = answered(&mut talk, challenge("realm=r, nonce=n, qop=auth"));
    let here = sent(talk.resume(head(301, &[("location", "/dav/")]), NOW));
    assert!(value(&here).contains("uri=\"/dav/\"") && value(&here).contains("nc=00000002"));
    let there = head(301, &[("location", "https://b.a.example.org/")]);
    assert!(!is_signed(&sent(talk.resume(there, NOW))));
}

/// Writes twice; of a second one that fails nobody may say that nothing was done.
struct Writes(usize);

impl Script for Writes {
    fn next(&mut self, _now: Timestamp) -> Next {
        let request = Request {
            method: "PUT",
            url: Url::parse("https://a.example/x").unwrap(),
            headers: Vec::new(),
            body: Vec::new(),
            expect: Expect::Bytes(1_000),
            intent: Intent::Write,
            open_place: false,
        };
        Next::Call(Box::new(request))
    }

    fn reply(&mut self, _reply: Reply, _out: &mut Outbox, _now: Timestamp) -> Result<(), Failure> {
        self.0 += 1;
        Ok(())
    }

    fn broken(&mut self, failure: Failure) -> Result<(), Failure> {
        Err(if self.0 > 0 { after_write(failure) } else { failure })
    }
}

/// Catches a token that runs out between two writes, and after which it is said that nothing was written.
#[test]
fn a_script_is_told_of_refused_credentials_like_of_any_answer_that_does_not_come() {
    let mut talk = Talk::new(Writes(0), bearer());
    sent(talk.resume(Input::Start, NOW));
    assert_eq!(failed(talk.resume(head(401, &[]), NOW)).class, FailureClass::SignIn);
    let mut talk = Talk::new(Writes(0), bearer());
    sent(talk.resume(Input::Start, NOW));
    assert!(matches!(talk.resume(head(200, &[]), NOW), Turn::More));
    sent(talk.resume(Input::End, NOW));
    assert_eq!(failed(talk.resume(head(401, &[]), NOW)).class, FailureClass::Unknown);
}
