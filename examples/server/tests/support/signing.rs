//! Signing in with a browser, over `kalends serve`.

use kalends_sim::Served;
use kalends_testkit::google_sim::GoogleSim;
use serde_json::Value;

use super::Kalends;
use super::api::{Answer, Api};
use super::running::redirect;

pub(crate) const ANN: &str = "ann@example.com";
pub(crate) const BOB: &str = "bob@example.com";

/// Google, where two people have accounts and one of them is at the browser, and a program registered
/// there.
pub(crate) async fn google() -> (Served<GoogleSim>, Kalends) {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC") && sim.add_user(BOB, "UTC"));
    sim.set_browser(Some(BOB));
    sim.add_client("program", "hush");
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    for (name, value) in [
        ("API", served.url()),
        ("AUTH", served.url()),
        ("CLIENT_ID", "program".to_owned()),
        ("CLIENT_SECRET", "hush".to_owned()),
    ] {
        kalends.extra.push((format!("KALENDS_GOOGLE_{name}"), value));
    }
    (served, kalends)
}

/// The path of an address.
pub(crate) fn path(address: &str) -> String {
    let rest = address.split_once("://").unwrap().1;
    rest[rest.find('/').unwrap()..].to_owned()
}

/// A browser that has been at the page and goes on: the cookie it got, and where it is sent back to.
pub(crate) async fn go_on(api: &Api, address: &str) -> (String, String) {
    let page = api.ask(&format!("GET {}", path(address)), &[], "");
    let form = format!("token={}", page.token());
    let sent = api.form(&path(address), &[("Cookie", &page.cookie())], &form);
    assert_eq!(sent.status, 303, "{sent:?}");
    let cookie = sent.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (cookie, redirect(sent.header("location").unwrap()).await)
}

/// The browser comes back from the provider.
pub(crate) fn come_back(api: &Api, back: &str, cookie: &str) -> Answer {
    api.ask(&format!("GET {}", path(back)), &[("Cookie", cookie)], "")
}

/// A sign-in begins.
pub(crate) fn begin(api: &Api, key: &str, body: &str) -> Value {
    let started = api.with(key, "POST /v1/sign-ins", body);
    assert_eq!(started.status, 201, "{started:?}");
    started.done()
}

/// Where its browser goes.
pub(crate) fn address(started: &Value) -> String {
    started["address"].as_str().unwrap().to_owned()
}
