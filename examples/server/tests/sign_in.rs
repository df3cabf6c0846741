//! Signing in to Google and Microsoft with a browser, over `kalends serve`, and giving it back.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use kalends_sim::Served;
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use serde_json::{Value, json};
use support::Kalends;
use support::api::{Api, key};
use support::carrier::now_ms;
use support::running::free_port;
use support::signing::{ANN, BOB, address, begin, come_back, go_on, google, path};

/// Catches a sign-in that another browser can end, one that is good twice, one that says not what is
/// asked for, and a browser sent to somewhere that nobody named.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_to_google_once_and_no_other_can_end_it() {
    let (served, kalends) = google().await;
    let flags = "--allow-private --every 3600 --return-to https://app.example/done";
    let (api, key) = (Api::start(&kalends, flags), key(&kalends, ""));
    let ask = r#"{"provider": "google", "name": "me"}"#;
    let started = begin(&api, &key, ask);
    let asks = started["asks"].to_string();
    assert!(asks.contains("read the events") && !asks.contains("change and delete"), "{asks}");
    let page = api.ask(&format!("GET {}", path(&address(&started))), &[], "");
    assert_eq!(page.status, 200);
    assert!(page.text.contains("read the events") && page.text.contains("owner"), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let (cookie, back) = go_on(&api, &address(&started)).await;
    let form = format!("token={}", page.token());
    let again = api.form(&path(&address(&started)), &[("Cookie", &page.cookie())], &form);
    assert_eq!(again.status, 410, "it is tied to a browser");
    assert_eq!(api.ask(&format!("GET {}", path(&back)), &[], "").status, 410);
    assert_eq!(come_back(&api, &back, "kalends-sign-in=stolen").status, 410);
    // Somebody else's browser with a sign-in of its own does not end this one.
    let other = begin(&api, &key, ask);
    let (others, _) = go_on(&api, &address(&other)).await;
    assert_eq!(come_back(&api, &back, &others).status, 422, "the state is another");
    let ended = come_back(&api, &back, &cookie);
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(come_back(&api, &back, &cookie).status, 410, "it is good once");
    let shown = api.with(&key, "GET /v1/accounts/me", "").done();
    assert_eq!(shown["subject"], BOB);
    let consents = api.with(&key, "GET /v1/consents", "").done();
    assert_eq!(consents["consents"][0]["scopes"].as_array().unwrap().len(), 4, "{consents}");
    let evil = r#"{"provider": "google", "name": "x", "return_to": "https://evil.example/"}"#;
    let evil = api.with(&key, "POST /v1/sign-ins", evil);
    assert_eq!(evil.problem(), (422, "sign-in.return-to"));
    let home = r#"{"return_to": "https://app.example/done"}"#;
    let started = api.with(&key, "POST /v1/accounts/me/reconnect", home).done();
    let (cookie, back) = go_on(&api, &address(&started)).await;
    let ended = come_back(&api, &back, &cookie);
    assert_eq!(ended.header("location"), Some("https://app.example/done?account=me"));
    served.sim().set_denies(true);
    let started = api.with(&key, "POST /v1/accounts/me/reconnect", home).done();
    let (cookie, back) = go_on(&api, &address(&started)).await;
    let ended = come_back(&api, &back, &cookie);
    assert_eq!(ended.header("location"), Some("https://app.example/done?error=sign-in"));
    let kept = kept(&kalends);
    let ticket = path(&address(&started))["/sign-in/".len()..].to_owned();
    for secret in [&ticket, &cookie["kalends-sign-in=".len()..].to_owned()] {
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()));
    }
}

/// All that is written down, with what is not yet in the main file.
fn kept(kalends: &Kalends) -> Vec<u8> {
    let files = std::fs::read_dir(kalends.path("data")).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> =
        files.filter(|file| file.to_string_lossy().contains("kalends.sqlite")).collect();
    assert!(files.len() >= 2, "the log of the store is there: {files:?}");
    files.into_iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// Catches a page elsewhere that sends a browser past what is asked for: whoever holds a key would
/// have a stranger's calendars, and the stranger's consent.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_provider_who_was_not_at_the_page() {
    let (_served, kalends) = google().await;
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let ask = r#"{"provider": "google", "name": "me"}"#;
    let at = path(&address(&begin(&api, &key, ask)));
    // Whoever lures somebody was at the page, and at that of another sign-in.
    let own = api.ask(&format!("GET {at}"), &[], "");
    let other_at = path(&address(&begin(&api, &key, ask)));
    let other = api.ask(&format!("GET {other_at}"), &[], "");
    assert!(api.form(&at, &[], "").status == 403, "nothing at all");
    let form = format!("token={}", own.token());
    let cookie = own.cookie();
    let evil = format!("http://{}", "evil.example");
    for (why, headers, form) in [
        ("no cookie", vec![], &form),
        ("no token", vec![("Cookie", &cookie)], &String::new()),
        ("another's cookie", vec![("Cookie", &other.cookie())], &form),
        ("another's token", vec![("Cookie", &cookie)], &format!("token={}", other.token())),
        ("elsewhere", vec![("Cookie", &cookie), ("Origin", &evil)], &form),
        ("cross", vec![("Cookie", &cookie), ("Sec-Fetch-Site", &"cross-site".into())], &form),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = api.form(&at, &headers, form);
        assert_eq!((refused.status, refused.header("location")), (403, None), "{why}");
    }
    let consents = api.with(&key, "GET /v1/consents", "").done();
    assert_eq!(consents["consents"], json!([]), "nobody agreed to anything");
    let here = format!("http://{}", api.host());
    let sent = api.form(&at, &[("Cookie", &cookie), ("Origin", &here)], &form);
    assert_eq!(sent.status, 303, "{sent:?}");
}

/// Catches the address of a sign-in that is kept as the answer to a request that may come again.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_sign_in_is_kept_nowhere() {
    let (_served, kalends) = google().await;
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    let ask = r#"{"provider": "google", "name": "me"}"#;
    let started = api.ask("POST /v1/sign-ins", &headers, ask).done();
    let ticket = path(&address(&started))["/sign-in/".len()..].to_owned();
    let kept = kept(&kalends);
    assert!(!kept.windows(ticket.len()).any(|bytes| bytes == ticket.as_bytes()));
    assert_eq!(api.ask("POST /v1/sign-ins", &headers, ask).status, 201);
}

/// Catches a sign-in of another user here that ends with the grant of an account that is refused: Google
/// ends all that a person granted with one.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_refused_ends_nobody_elses_sign_in() {
    let (served, kalends) = google().await;
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let signed_in = async |ask: (&str, &str)| {
        let started = api.with(&key, ask.0, ask.1).done();
        let (cookie, back) = go_on(&api, &address(&started)).await;
        come_back(&api, &back, &cookie).status
    };
    let me = ("POST /v1/sign-ins", r#"{"provider": "google", "name": "me"}"#);
    assert_eq!(signed_in(me).await, 200);
    served.sim().set_browser(Some(ANN));
    assert_eq!(signed_in(("POST /v1/accounts/me/reconnect", "{}")).await, 422);
    let sim = served.sim();
    assert!(!sim.log().iter().any(|one| one.request.path().ends_with("/revoke")));
}

/// Catches an account that goes before its mirrors, a watch that stays open, and a sign-in that goes
/// on.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_disconnected_gives_back_mirrors_watches_and_its_sign_in() {
    let (served, kalends) = google().await;
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    kalends.done("account add google --name ann --token-file ann");
    let day = |n: i64| support::hours(24 * n).to_string()[..10].to_owned();
    let event = json!({"summary": "Standup", "start": {"date": day(3)}, "end": {"date": day(4)}});
    served.sim().person(ANN, now_ms()).add(ANN, &event).unwrap();
    let port = free_port();
    let flags = format!("--allow-private --every 3600 --public http://127.0.0.1:{port}");
    let (api, key) = (Api::start_at(&kalends, port, &flags), key(&kalends, ""));
    let started = begin(&api, &key, r#"{"provider": "google", "name": "bob"}"#);
    let (cookie, back) = go_on(&api, &address(&started)).await;
    assert_eq!(come_back(&api, &back, &cookie).status, 200);
    let to_bob = json!({"from": format!("ann/{ANN}"), "to": "bob"}).to_string();
    api.with(&key, "POST /v1/edges", &to_bob).done();
    let count = |method: &str, last: &str| {
        let sim = served.sim();
        let asked = sim.log().iter().filter(|one| one.reply.status < 300);
        asked
            .filter(|one| one.request.method == method && one.request.path().ends_with(last))
            .count()
    };
    let wait = async |what: &str, is: &dyn Fn() -> bool| {
        for _ in 0..400 {
            if is() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it never comes to this: {what}");
    };
    let overlays = || served.sim().calendars().iter().filter(|id| !id.contains('@')).count();
    wait("a mirror", &|| count("POST", "/events") > 0).await;
    wait("watches", &|| count("POST", "/watch") > 0).await;
    let made = served.sim().calendars().len();
    assert!(made > 2 || overlays() > 0, "an overlay was made");
    assert_eq!(count("POST", "/revoke"), 0);
    api.with(&key, "DELETE /v1/accounts/bob", "").done();
    wait("the sign-in ends", &|| count("POST", "/revoke") > 0).await;
    assert_eq!(served.sim().calendars().len(), 2, "the overlay is gone");
    assert!(count("POST", "/stop") > 0, "its watches are closed");
    let left = api.with(&key, "GET /v1/accounts", "").done();
    let names: Vec<_> =
        left["accounts"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert!(!names.contains(&json!("bob")), "{left}");
}

/// All tokens, codes and secrets that passed between the binary and Google.
fn secrets(served: &Served<GoogleSim>) -> BTreeSet<String> {
    let sim = served.sim();
    let mut all = BTreeSet::new();
    for one in sim.log() {
        let bearer =
            one.request.headers.iter().filter_map(|(_, value)| value.strip_prefix("Bearer "));
        all.extend(bearer.map(str::to_owned));
        if one.request.path().ends_with("/token") {
            let form = url::form_urlencoded::parse(&one.request.body);
            let told = ["code", "code_verifier", "client_secret", "refresh_token"];
            let told = form.filter(|(name, _)| told.contains(&name.as_ref()));
            all.extend(told.map(|(_, value)| value.into_owned()));
            let reply: Value = serde_json::from_slice(&one.reply.body).unwrap_or_default();
            let given = ["access_token", "refresh_token"].into_iter();
            all.extend(given.filter_map(|name| Some(reply[name].as_str()?.to_owned())));
        }
    }
    all
}

/// Catches a token of a provider in what is answered, written down, counted, or kept in plain bytes.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_a_provider_is_told_to_anybody() {
    let (served, mut kalends) = google().await;
    // A word that stands in nothing else.
    served.sim().add_client("program", "canary-of-the-client");
    let secret = ("KALENDS_GOOGLE_CLIENT_SECRET".to_owned(), "canary-of-the-client".to_owned());
    kalends.extra.push(secret);
    let said = kalends.path("said");
    let flags = "--allow-private --every 3600 --log json";
    let api = Api::start_told(&kalends, flags, &said);
    let (key, counts) = (key(&kalends, ""), key(&kalends, "--scope metrics"));
    let mut told = String::new();
    let started = begin(&api, &key, r#"{"provider": "google", "name": "me"}"#);
    let (cookie, back) = go_on(&api, &address(&started)).await;
    told.push_str(&come_back(&api, &back, &cookie).text);
    let edge = r#"{"from": "own/main", "to": "me"}"#;
    told.push_str(&api.with(&key, "POST /v1/edges", edge).text);
    let event = r#"{"title": "Ours", "start": "2030-01-01"}"#;
    told.push_str(&api.with(&key, "POST /v1/events", event).text);
    told.push_str(&api.with(&key, "POST /v1/runs", "").text);
    // And where it goes wrong.
    served.sim().person(BOB, now_ms()).revoke("program");
    told.push_str(&api.with(&key, "POST /v1/runs", "").text);
    let visit = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    for at in ["/page", "/page/accounts", "/page/plan"] {
        told.push_str(&api.ask(&format!("GET {at}"), &[("Cookie", &visit)], "").text);
    }
    for at in [
        "accounts",
        "accounts/me",
        "status",
        "consents",
        "runs",
        "journal",
        "plan",
        "budget",
        "export",
        "bundle",
        "parked",
        "changes?follow=false&after=0",
    ] {
        told.push_str(&api.with(&key, &format!("GET /v1/{at}"), "").text);
    }
    let metrics = api.with(&counts, "GET /metrics", "").text;
    let kept = kept(&kalends);
    drop(api);
    let said = std::fs::read_to_string(said).unwrap();
    assert!(told.contains("Ours") && told.contains("needs_sign_in\":true"), "{told}");
    assert!(said.contains("/sign-in/callback") && metrics.contains("google"), "{said}");
    let secrets = secrets(&served);
    assert!(secrets.len() >= 5 && secrets.contains("canary-of-the-client"), "{secrets:?}");
    for secret in &secrets {
        for (place, text) in [("an answer", &told), ("the log", &said), ("a metric", &metrics)] {
            assert!(!text.contains(secret.as_str()), "{secret} is in {place}");
        }
        let is_it = |bytes: &[u8]| bytes == secret.as_bytes();
        assert!(!kept.windows(secret.len()).any(is_it), "{secret} lies in the store");
    }
}

/// Catches a redirect that Microsoft does not know, and a verifier that is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_to_microsoft() {
    let mut sim = GraphSim::new(Profile::default(), 7);
    sim.set_strict(true);
    sim.add_user(BOB, "Bob", AccountKind::Work);
    sim.sign_in_at_browser(BOB);
    sim.register_app("program", None, &["http://localhost/sign-in/callback"]);
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    for (name, value) in
        [("API", served.url()), ("AUTH", served.url()), ("CLIENT_ID", "program".to_owned())]
    {
        kalends.extra.push((format!("KALENDS_MICROSOFT_{name}"), value));
    }
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let started = begin(&api, &key, r#"{"provider": "microsoft", "name": "job"}"#);
    assert!(address(&started).starts_with("http://localhost:"), "as Microsoft calls it");
    let (cookie, back) = go_on(&api, &address(&started)).await;
    let ended = come_back(&api, &back, &cookie);
    assert_eq!(ended.status, 200, "{}", ended.text);
    let shown = api.with(&key, "GET /v1/accounts/job", "").done();
    assert_eq!(shown["provider"], "microsoft");
    let google = api.with(&key, "POST /v1/sign-ins", r#"{"provider": "google", "name": "g"}"#);
    assert_eq!(google.problem(), (422, "usage"), "no program is registered there");
}
