//! The five ways in which data flows, one after the other in one run of `kalends serve` before Google.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::time::Duration;

use kalends_sim::Served;
use kalends_testkit::google_sim::GoogleSim;
use serde_json::{Value, json};
use support::api::{Api, key, value};
use support::carrier::now_ms;
use support::hours;
use support::running::free_port;
use support::signing::{ANN, BOB, address, begin, come_back, go_on, google};

/// How long a channel lives here, so that its renewal can be waited for.
const CHANNEL_MS: i64 = 20_000;
const PATIENCE: u32 = 2_400;

async fn wait(what: &str, is: impl Fn() -> bool) {
    for _ in 0..PATIENCE {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never comes to this: {what}");
}

/// Successful requests of a kind.
fn count(served: &Served<GoogleSim>, method: &str, last: &str) -> usize {
    let sim = served.sim();
    let done = sim.log().iter().filter(|one| one.reply.status < 300);
    done.filter(|one| one.request.method == method && one.request.path().ends_with(last)).count()
}

/// Bob's overlay, once it is there.
fn overlay(sim: &GoogleSim) -> Option<String> {
    sim.calendars().into_iter().find(|id| id != ANN && id != BOB)
}

/// What stands in it: titles with ids, sorted.
fn held(sim: &GoogleSim) -> Vec<(String, String)> {
    let Some(overlay) = overlay(sim) else { return Vec::new() };
    let title = |id: String| {
        let held = sim.held(&overlay, &id).unwrap();
        (held.event["summary"].as_str().unwrap_or_default().to_owned(), id)
    };
    let mut all: Vec<_> = sim.events(&overlay).into_iter().map(title).collect();
    all.sort();
    all
}

fn mirrors(served: &Served<GoogleSim>) -> Vec<String> {
    held(&served.sim()).into_iter().map(|(title, _)| title).collect()
}

fn event(title: &str, day: i64) -> Value {
    let at = |hour: i64| json!({"dateTime": hours(24 * day + hour).to_string()});
    json!({"summary": title, "start": at(9), "end": at(10)})
}

/// Draws an edge into Bob's overlay.
fn draw(api: &Api, key: &str, from: &str) {
    let edge = json!({"from": from, "to": "bob", "options": {"detail": "title"}}).to_string();
    api.with(key, "POST /v1/edges", &edge).done();
}

/// Catches a flow that needs somebody to ask for a sync, one that is broken off by another, a channel
/// that ends, a sign-in that was taken back without anybody being told, and a metric that stands still.
#[tokio::test(flavor = "multi_thread")]
async fn all_five_flows_in_one_run() {
    let (served, kalends) = google().await;
    served.sim().profile_mut().push.life_max_ms = CHANNEL_MS;
    served.sim().person(ANN, now_ms()).add(ANN, &event("Before", 3)).unwrap();
    let port = free_port();
    // Nobody looks by themselves before a minute is over: what comes was told of, unless the machine stood
    // still for so long that a channel lapsed.
    let flags = format!("--allow-private --every 60 --public http://127.0.0.1:{port}");
    let (api, key) = (Api::start_at(&kalends, port, &flags), key(&kalends, ""));

    // C, onboarding: both sign in with a browser; what was there before is mirrored, and watched.
    for (name, email) in [("ann", ANN), ("bob", BOB)] {
        served.sim().set_browser(Some(email));
        let ask = json!({"provider": "google", "name": name}).to_string();
        let started = begin(&api, &key, &ask);
        let (cookie, back) = go_on(&api, &address(&started)).await;
        assert_eq!(come_back(&api, &back, &cookie).status, 200);
    }
    draw(&api, &key, &format!("ann/{ANN}"));
    wait("what was there is mirrored", || mirrors(&served) == ["Before"]).await;
    wait("calendars are watched", || count(&served, "POST", "/watch") >= 2).await;

    // A, a notice: somebody edits at the provider, which tells of it.
    let made = served.sim().person(ANN, now_ms()).add(ANN, &event("Told", 4)).unwrap();
    wait("it is mirrored", || mirrors(&served) == ["Before", "Told"]).await;

    // B, an event of our own.
    let new =
        json!({"title": "Ours", "start": format!("{}T09:00:00Z", &hours(120).to_string()[..10])});
    api.with(&key, "POST /v1/events", &new.to_string()).done();
    draw(&api, &key, "own/main");
    wait("it is mirrored", || mirrors(&served) == ["Before", "Ours", "Told"]).await;

    // D, drift: a mirror is changed by hand, its origin goes, and nothing of it stays.
    {
        let mut sim = served.sim();
        let (place, (_, id)) = (overlay(&sim).unwrap(), held(&sim).remove(0));
        let tampered = json!({"summary": "Tampered"});
        sim.person(BOB, now_ms()).edit(&place, &id, &tampered).unwrap();
        sim.person(ANN, now_ms()).delete(ANN, &made).unwrap();
    }
    wait("it is mended", || mirrors(&served) == ["Before", "Ours"]).await;

    // E, upkeep: channels are renewed before they end, though nothing is read meanwhile, and a sign-in
    // that was taken back shows.
    let scrape = support::api::key(&kalends, "--scope metrics");
    let counted = |name: &str| {
        let counted = api.with(&scrape, "GET /metrics", "").text;
        let is_there = counted.contains(&format!("{name} "));
        if is_there { value(&counted, name) } else { 0.0 }
    };
    wait("channels are renewed", || counted("kalends_renewals_total{outcome=\"renewed\"}") > 0.0)
        .await;
    served.sim().person(BOB, now_ms()).revoke("program");
    served.sim().person(ANN, now_ms()).add(ANN, &event("Late", 6)).unwrap();
    wait("the sign-in is asked for anew", || {
        let status = api.with(&key, "GET /v1/status", "").done();
        let accounts = status["accounts"].as_array().unwrap().clone();
        accounts.iter().any(|one| one["name"] == "bob" && one["needs_sign_in"] == true)
    })
    .await;
    served.sim().set_browser(Some(BOB));
    // Its owner is shown a button, and goes on to the provider's own page.
    let visit = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let page = api.ask("GET /page", &[("Cookie", &visit)], "");
    assert!(page.text.contains("aria-label=\"Sign in again to bob\""), "{}", page.text);
    let form = format!("token={}&name=bob", page.token());
    let sent = api.form("/page/reconnect", &[("Cookie", &visit)], &form);
    let (cookie, back) = go_on(&api, sent.header("location").unwrap()).await;
    assert_eq!(come_back(&api, &back, &cookie).status, 200);
    wait("what came meanwhile is mirrored", || mirrors(&served) == ["Before", "Late", "Ours"])
        .await;

    // All of which is counted.
    for name in [
        "kalends_lag_seconds_count",
        "kalends_renewals_total{outcome=\"opened\"}",
        "kalends_drift_total{outcome=\"reverted\"}",
        "kalends_budget_used_ratio{provider=\"google\"}",
        "kalends_provider_requests_total{provider=\"google\"}",
    ] {
        assert!(counted(name) > 0.0, "{name}");
    }
}
