//! The five ways in which data flows, one after the other in one run of `kalends serve`, before Google and
//! before Microsoft.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::time::Duration;

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::GoogleSim;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use serde_json::json;
use support::api::{Api, key, value};
use support::carrier::now_ms;
use support::running::free_port;
use support::signing::{ANN, BOB, address, begin, come_back, go_on, google};
use support::{Kalends, hours};

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

/// A provider whose two people are Ann, in whose first calendar things happen, and Bob, who has an overlay.
trait Site: Sized {
    const KIND: &'static str;
    /// Who is signed out when a grant is taken back, and by what address they sign in.
    const SIGNED_OUT: &'static [(&'static str, &'static str)];

    /// Before a server that is called by this port.
    async fn begin(port: u16) -> (Self, Kalends);
    /// Who sits at the browser.
    fn at_browser(&self, email: &str);
    /// Ann's calendar, as the provider calls it.
    fn calendar(&self) -> String;
    fn add(&self, title: &str, day: i64) -> String;
    fn delete(&self, event: &str);
    /// Changes the first mirror by hand.
    fn tamper(&self);
    /// What stands in Bob's overlay: titles, sorted.
    fn mirrors(&self) -> Vec<String>;
    /// How many calendars it was asked to tell of.
    fn watches(&self) -> usize;
    /// What makes a watch be renewed, besides time.
    fn ask_for_renewal(&self);
    fn take_grant_back(&self);
}

struct Google(Served<GoogleSim>);

impl Google {
    /// Bob's overlay, once it is there.
    fn overlay(sim: &GoogleSim) -> Option<String> {
        sim.calendars().into_iter().find(|id| id != ANN && id != BOB)
    }

    /// What stands in it: titles with ids, sorted.
    fn held(sim: &GoogleSim) -> Vec<(String, String)> {
        let Some(overlay) = Self::overlay(sim) else { return Vec::new() };
        let title = |id: String| {
            let held = sim.held(&overlay, &id).unwrap();
            (held.event["summary"].as_str().unwrap_or_default().to_owned(), id)
        };
        let mut all: Vec<_> = sim.events(&overlay).into_iter().map(title).collect();
        all.sort();
        all
    }
}

impl Site for Google {
    const KIND: &'static str = "google";
    const SIGNED_OUT: &'static [(&'static str, &'static str)] = &[("bob", BOB)];

    async fn begin(_: u16) -> (Self, Kalends) {
        let (served, kalends) = google().await;
        served.sim().profile_mut().push.life_max_ms = CHANNEL_MS;
        (Self(served), kalends)
    }

    fn at_browser(&self, email: &str) {
        self.0.sim().set_browser(Some(email));
    }

    fn calendar(&self) -> String {
        ANN.to_owned()
    }

    fn add(&self, title: &str, day: i64) -> String {
        let at = |hour: i64| json!({"dateTime": hours(24 * day + hour).to_string()});
        let event = json!({"summary": title, "start": at(9), "end": at(10)});
        self.0.sim().person(ANN, now_ms()).add(ANN, &event).unwrap()
    }

    fn delete(&self, event: &str) {
        self.0.sim().person(ANN, now_ms()).delete(ANN, event).unwrap();
    }

    fn tamper(&self) {
        let mut sim = self.0.sim();
        let (place, (_, id)) = (Self::overlay(&sim).unwrap(), Self::held(&sim).remove(0));
        let tampered = json!({"summary": "Tampered"});
        sim.person(BOB, now_ms()).edit(&place, &id, &tampered).unwrap();
    }

    fn mirrors(&self) -> Vec<String> {
        Self::held(&self.0.sim()).into_iter().map(|(title, _)| title).collect()
    }

    fn watches(&self) -> usize {
        let sim = self.0.sim();
        let done = sim.log().iter().filter(|one| one.reply.status < 300);
        let opens = |path: String| path.ends_with("/watch");
        done.filter(|one| one.request.method == "POST" && opens(one.request.path())).count()
    }

    fn ask_for_renewal(&self) {
        // Its channels end by themselves, in so short a time.
    }

    fn take_grant_back(&self) {
        self.0.sim().person(BOB, now_ms()).revoke("program");
    }
}

struct Microsoft(Served<GraphSim>);

impl Site for Microsoft {
    const KIND: &'static str = "microsoft";
    const SIGNED_OUT: &'static [(&'static str, &'static str)] = &[("ann", ANN), ("bob", BOB)];

    async fn begin(port: u16) -> (Self, Kalends) {
        let mut sim = GraphSim::new(Profile::default(), 7);
        sim.set_strict(true);
        sim.add_user(ANN, "Ann", AccountKind::Work);
        sim.add_user(BOB, "Bob", AccountKind::Work);
        let back = format!("http://127.0.0.1:{port}/sign-in/callback");
        sim.register_app("program", None, &[&back]);
        let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
        let mut kalends = Kalends::new();
        for (name, value) in
            [("API", served.url()), ("AUTH", served.url()), ("CLIENT_ID", "program".to_owned())]
        {
            kalends.extra.push((format!("KALENDS_MICROSOFT_{name}"), value));
        }
        (Self(served), kalends)
    }

    fn at_browser(&self, email: &str) {
        self.0.sim().sign_in_at_browser(email);
    }

    fn calendar(&self) -> String {
        self.0.sim().calendars(ANN)[0].1.clone()
    }

    fn add(&self, title: &str, day: i64) -> String {
        let time = |hour: i64| {
            let at = hours(24 * day + hour).to_string();
            json!({"dateTime": at.trim_end_matches('Z'), "timeZone": "UTC"})
        };
        let event = json!({"subject": title, "start": time(9), "end": time(10)});
        let mut sim = self.0.sim();
        let (calendar, _) = sim.calendars(ANN)[0].clone();
        sim.person(now_ms()).create(&calendar, &event).unwrap()
    }

    fn delete(&self, event: &str) {
        self.0.sim().person(now_ms()).delete(event).unwrap();
    }

    fn tamper(&self) {
        let mut sim = self.0.sim();
        let (overlay, _) = sim.calendars(BOB)[1].clone();
        let id = sim.events(&overlay).into_keys().next().unwrap();
        sim.person(now_ms()).edit(&id, &json!({"subject": "Tampered"})).unwrap();
    }

    fn mirrors(&self) -> Vec<String> {
        let sim = self.0.sim();
        let overlays = sim.calendars(BOB).into_iter().skip(1);
        let events = overlays.flat_map(|(id, _)| sim.events(&id).into_values());
        let titles = events.map(|event| event["subject"].as_str().unwrap_or_default().to_owned());
        let mut titles: Vec<String> = titles.collect();
        titles.sort();
        titles
    }

    fn watches(&self) -> usize {
        self.0.sim().subscriptions(now_ms()).len()
    }

    fn ask_for_renewal(&self) {
        let mut sim = self.0.sim();
        for id in sim.subscriptions(now_ms()) {
            assert!(sim.tell_lifecycle(now_ms(), &id, "reauthorizationRequired"));
        }
    }

    fn take_grant_back(&self) {
        let mut sim = self.0.sim();
        assert!(sim.faults_mut().add("*", "*", When::Nth(1), "G2-revoked"));
    }
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
    all_five::<Google>().await;
}

/// The same at Microsoft, whose subscriptions live for days: one is renewed because it asks for that.
#[tokio::test(flavor = "multi_thread")]
async fn all_five_flows_in_one_run_at_microsoft() {
    all_five::<Microsoft>().await;
}

async fn all_five<S: Site>() {
    let port = free_port();
    let (site, kalends) = S::begin(port).await;
    site.add("Before", 3);
    // Nobody looks by themselves before a minute is over: what comes was told of, unless the machine stood
    // still for so long that a channel lapsed.
    let flags = format!("--allow-private --every 60 --public http://127.0.0.1:{port}");
    let (api, key) = (Api::start_at(&kalends, port, &flags), key(&kalends, ""));

    // C, onboarding: both sign in with a browser; what was there before is mirrored, and watched.
    for (name, email) in [("ann", ANN), ("bob", BOB)] {
        site.at_browser(email);
        let ask = json!({"provider": S::KIND, "name": name}).to_string();
        let started = begin(&api, &key, &ask);
        let (cookie, back) = go_on(&api, &address(&started)).await;
        assert_eq!(come_back(&api, &back, &cookie).status, 200);
    }
    draw(&api, &key, &format!("ann/{}", site.calendar()));
    wait("what was there is mirrored", || site.mirrors() == ["Before"]).await;
    wait("calendars are watched", || site.watches() >= 2).await;

    // A, a notice: somebody edits at the provider, which tells of it.
    let made = site.add("Told", 4);
    wait("it is mirrored", || site.mirrors() == ["Before", "Told"]).await;

    // B, an event of our own.
    let new =
        json!({"title": "Ours", "start": format!("{}T09:00:00Z", &hours(120).to_string()[..10])});
    api.with(&key, "POST /v1/events", &new.to_string()).done();
    draw(&api, &key, "own/main");
    wait("it is mirrored", || site.mirrors() == ["Before", "Ours", "Told"]).await;

    // D, drift: a mirror is changed by hand, its origin goes, and nothing of it stays.
    site.tamper();
    site.delete(&made);
    wait("it is mended", || site.mirrors() == ["Before", "Ours"]).await;

    // E, upkeep: channels are renewed before they end, though nothing is read meanwhile, and a sign-in
    // that was taken back shows.
    let scrape = support::api::key(&kalends, "--scope metrics");
    let counted = |name: &str| {
        let counted = api.with(&scrape, "GET /metrics", "").text;
        let is_there = counted.contains(&format!("{name} "));
        if is_there { value(&counted, name) } else { 0.0 }
    };
    site.ask_for_renewal();
    wait("channels are renewed", || counted("kalends_renewals_total{outcome=\"renewed\"}") > 0.0)
        .await;
    site.take_grant_back();
    site.add("Late", 6);
    for (name, email) in S::SIGNED_OUT {
        wait("the sign-in is asked for anew", || {
            let status = api.with(&key, "GET /v1/status", "").done();
            let accounts = status["accounts"].as_array().unwrap().clone();
            accounts.iter().any(|one| one["name"] == *name && one["needs_sign_in"] == true)
        })
        .await;
        site.at_browser(email);
        // Its owner is shown a button, and goes on to the provider's own page.
        let visit = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
        let page = api.ask("GET /page", &[("Cookie", &visit)], "");
        let button = format!("aria-label=\"Sign in again to {name}\"");
        assert!(page.text.contains(&button), "{}", page.text);
        let form = format!("token={}&name={name}", page.token());
        let sent = api.form("/page/reconnect", &[("Cookie", &visit)], &form);
        let (cookie, back) = go_on(&api, sent.header("location").unwrap()).await;
        assert_eq!(come_back(&api, &back, &cookie).status, 200);
    }
    wait("what came meanwhile is mirrored", || site.mirrors() == ["Before", "Late", "Ours"]).await;

    // All of which is counted.
    for name in [
        "kalends_lag_seconds_count",
        "kalends_renewals_total{outcome=\"opened\"}",
        "kalends_drift_total{outcome=\"reverted\"}",
        &format!("kalends_budget_used_ratio{{provider=\"{}\"}}", S::KIND),
        &format!("kalends_provider_requests_total{{provider=\"{}\"}}", S::KIND),
    ] {
        assert!(counted(name) > 0.0, "{name}");
    }
}
