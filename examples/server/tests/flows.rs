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
    /// Where the time of a change is from: whether the provider is asked when it was made.
    const SINCE: &'static str;

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
    /// The same, of which neither a notice nor a listing of changes ever tells.
    fn tamper_untold(&self);
    /// From here on what Ann's calendar holds cannot be read, or can again.
    fn close(&self, is_closed: bool);
    /// From here on no notice arrives.
    fn lose_notices(&self);
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
    const SINCE: &'static str = "provider";

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

    fn tamper_untold(&self) {
        let mut sim = self.0.sim();
        let (place, (_, id)) = (Self::overlay(&sim).unwrap(), Self::held(&sim).remove(0));
        let tampered = json!({"summary": "Tampered"});
        sim.person(BOB, now_ms()).edit_untold(&place, &id, &tampered).unwrap();
    }

    fn close(&self, is_closed: bool) {
        let mut sim = self.0.sim();
        sim.faults_mut().clear();
        assert!(!is_closed || sim.plan("GET", "*/events", When::Always, "F12-503"));
    }

    fn lose_notices(&self) {
        let mut sim = self.0.sim();
        // Channels live on, so that one of them is silent for long enough.
        sim.profile_mut().push.life_max_ms = 3_600_000;
        assert!(sim.plan("PUSH", "*", When::Always, "F20-lost"));
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
    const SINCE: &'static str = "seen";

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

    fn tamper_untold(&self) {
        let mut sim = self.0.sim();
        let (overlay, _) = sim.calendars(BOB)[1].clone();
        let id = sim.events(&overlay).into_keys().next().unwrap();
        sim.person(now_ms()).edit_untold(&id, &json!({"subject": "Tampered"})).unwrap();
    }

    fn close(&self, is_closed: bool) {
        let mut sim = self.0.sim();
        sim.faults_mut().clear();
        assert!(!is_closed || sim.faults_mut().add("GET", "*delta*", When::Always, "G30-503"));
    }

    fn lose_notices(&self) {
        assert!(self.0.sim().faults_mut().add("NOTIFY", "*", When::Always, "push-lost"));
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

/// Catches a flow that needs somebody to ask for a sync, one that is broken off by another, a first reading of
/// which nothing is told, a mirror that stays as somebody changed it since nothing told of that, a channel
/// that ends or falls silent, a hold that does not end, a sign-in that was taken back without anybody being
/// told, and a metric that stands still.
#[tokio::test(flavor = "multi_thread")]
async fn all_five_flows_in_one_run() {
    all_five::<Google>().await;
}

/// The same at Microsoft, whose subscriptions live for days: one is renewed because it asks for that.
#[tokio::test(flavor = "multi_thread")]
async fn all_five_flows_in_one_run_at_microsoft() {
    all_five::<Microsoft>().await;
}

/// How far the reading of Ann's calendar is, and how much is held of it.
fn phase(api: &Api, key: &str) -> (String, u64) {
    let status = api.with(key, "GET /v1/status", "").done();
    let mut calendars = status["calendars"].as_array().unwrap().iter();
    let hers = calendars.find(|one| one["account"] == "ann" && one["role"] == "theirs").unwrap();
    (hers["phase"].as_str().unwrap().to_owned(), hers["held"].as_u64().unwrap())
}

/// Ten minutes go by for the channels that tell of nothing, as far as it is written down.
fn age(kalends: &Kalends) {
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    file.busy_timeout(Duration::from_secs(20)).unwrap();
    let since = "json_extract(body, '$.m.t')";
    let younger = format!(
        "UPDATE watches SET body = json_set(body, '$.m.t', {since} - 700000)
         WHERE {since} > {}",
        now_ms() - 600_000
    );
    file.execute(&younger, []).unwrap();
}

/// A server, the site that it talks to and what is asked of it.
struct Stage<S: Site> {
    site: S,
    kalends: Kalends,
    api: Api,
    key: String,
    scrape: String,
}

impl<S: Site> Stage<S> {
    /// What stands in Bob's overlay, but for what is held and what was lost.
    fn mirrors(&self) -> Vec<String> {
        let is_told = |title: &String| !title.starts_with("Held") && !title.starts_with("Lost");
        self.site.mirrors().into_iter().filter(is_told).collect()
    }

    fn counted(&self, name: &str) -> f64 {
        let counted = self.api.with(&self.scrape, "GET /metrics", "").text;
        let is_there = counted.contains(&format!("{name} "));
        if is_there { value(&counted, name) } else { 0.0 }
    }

    async fn sign_in(&self, name: &str, email: &str) {
        self.site.at_browser(email);
        let ask = json!({"provider": S::KIND, "name": name}).to_string();
        let started = begin(&self.api, &self.key, &ask);
        let (cookie, back) = go_on(&self.api, &address(&started)).await;
        assert_eq!(come_back(&self.api, &back, &cookie).status, 200);
    }

    /// The same from the page, by one of its forms.
    async fn sign_in_at_the_page(&self, path: &str, form: &str) {
        let visit = self.api.form("/page/sign-in", &[], &format!("key={}", self.key)).cookie();
        let page = self.api.ask("GET /page", &[("Cookie", &visit)], "");
        let form = format!("token={}&{form}", page.token());
        let sent = self.api.form(path, &[("Cookie", &visit)], &form);
        assert_eq!(sent.status, 303, "{sent:?}");
        let (cookie, back) = go_on(&self.api, sent.header("location").unwrap()).await;
        assert_eq!(come_back(&self.api, &back, &cookie).status, 200);
    }

    /// C, onboarding: both sign in with a browser; what was there before is mirrored, and watched.
    async fn onboarding(&self) {
        let Self { site, api, key, .. } = self;
        site.close(true);
        site.at_browser(ANN);
        let form = format!("kind={}&name=ann", S::KIND);
        self.sign_in_at_the_page("/page/connect", &form).await;
        self.sign_in("bob", BOB).await;
        assert_eq!(phase(api, key), ("waiting".to_owned(), 0), "its calendars are known");
        site.close(false);
        api.with(key, "POST /v1/runs", "").done();
        wait("it is read", || phase(api, key) == ("read".to_owned(), 1)).await;
        draw(api, key, &format!("ann/{}", site.calendar()));
        wait("what was there is mirrored", || self.mirrors() == ["Before"]).await;
        wait("calendars are watched", || site.watches() >= 2).await;
    }

    /// B, an event of our own; and a time that is held for a minute.
    async fn ours(&self) {
        let day = |hours_on: i64| hours(hours_on).to_string()[..10].to_owned();
        let new = json!({"title": "Ours", "start": format!("{}T09:00:00Z", day(120))});
        self.api.with(&self.key, "POST /v1/events", &new.to_string()).done();
        let at = format!("{}T09:00:00Z", day(168));
        let hold = json!({"at": at, "length": "1h", "title": "Held", "expires": "1m"});
        self.api.with(&self.key, "POST /v1/holds", &hold.to_string()).done();
        draw(&self.api, &self.key, "own/main");
        wait("it is mirrored", || self.mirrors() == ["Before", "Ours", "Told"]).await;
        wait("what is held, too", || self.site.mirrors().contains(&"Held".to_owned())).await;
    }

    /// D, drift: a mirror is changed by hand, its origin goes, and nothing of it stays; and nothing of what
    /// nobody tells of, which only a comparison of all finds.
    async fn drift(&self, made: &str) {
        self.site.tamper();
        self.site.delete(made);
        wait("it is mended", || self.mirrors() == ["Before", "Ours"]).await;
        let before = self.counted("kalends_drift_total{outcome=\"reverted\"}");
        self.site.tamper_untold();
        assert!(self.site.mirrors().contains(&"Tampered".to_owned()));
        wait("it is found", || self.counted("kalends_drift_total{outcome=\"reverted\"}") > before)
            .await;
        wait("it is mended", || self.mirrors() == ["Before", "Ours"]).await;
    }

    /// E, upkeep: channels are renewed before they end, though nothing is read meanwhile, and what does not
    /// tell of anything is found out; a sign-in that was taken back shows; and what was held is let go.
    async fn upkeep(&self) {
        self.site.ask_for_renewal();
        let renewals =
            |word: &str| self.counted(&format!("kalends_renewals_total{{outcome=\"{word}\"}}"));
        wait("channels are renewed", || renewals("renewed") > 0.0).await;
        self.site.lose_notices();
        for n in 1_i64.. {
            let title = format!("Lost {n}");
            self.site.add(&title, 10 + n);
            wait("it is found by looking", || self.site.mirrors().contains(&title)).await;
            age(&self.kalends);
            if renewals("silent") > 0.0 {
                break;
            }
            assert!(n < 20, "a silent channel is not found out");
        }
        self.site.take_grant_back();
        self.site.add("Late", 6);
        for (name, email) in S::SIGNED_OUT {
            wait("the sign-in is asked for anew", || {
                let status = self.api.with(&self.key, "GET /v1/status", "").done();
                let accounts = status["accounts"].as_array().unwrap().clone();
                accounts.iter().any(|one| one["name"] == *name && one["needs_sign_in"] == true)
            })
            .await;
            self.site.at_browser(email);
            // Its owner is shown a button, and goes on to the provider's own page.
            let visit = self.api.form("/page/sign-in", &[], &format!("key={}", self.key)).cookie();
            let page = self.api.ask("GET /page", &[("Cookie", &visit)], "").text;
            assert!(page.contains(&format!("aria-label=\"Sign in again to {name}\"")), "{page}");
            self.sign_in_at_the_page("/page/reconnect", &format!("name={name}")).await;
        }
        wait("what came meanwhile is mirrored", || self.mirrors() == ["Before", "Late", "Ours"])
            .await;
        wait("what was held is let go", || !self.site.mirrors().contains(&"Held".to_owned())).await;
        let held = self.api.with(&self.key, "GET /v1/holds", "").done();
        assert_eq!(held["holds"], json!([]));
    }
}

async fn all_five<S: Site>() {
    let port = free_port();
    let (site, mut kalends) = S::begin(port).await;
    // What is watched is looked at by itself, too, so that a channel is found to be silent within the hour.
    kalends.extra.push(("KALENDS_FAIL_RESTS".to_owned(), "3000".to_owned()));
    site.add("Before", 3);
    let public = format!("--public http://127.0.0.1:{port}");
    let flags = format!("--allow-private --every 5 --compare 15 {public}");
    let (api, key) = (Api::start_at(&kalends, port, &flags), key(&kalends, ""));
    let scrape = support::api::key(&kalends, "--scope metrics");
    let stage = Stage { site, kalends, api, key, scrape };
    stage.onboarding().await;
    // A, a notice: somebody edits at the provider, which tells of it.
    let made = stage.site.add("Told", 4);
    wait("it is mirrored", || stage.mirrors() == ["Before", "Told"]).await;
    stage.ours().await;
    stage.drift(&made).await;
    stage.upkeep().await;
    // All of which is counted; and how what changed at the provider was found.
    let lag = |found: &str| {
        let since = S::SINCE;
        format!("kalends_change_lag_seconds_count{{found=\"{found}\",since=\"{since}\"}}")
    };
    for name in [
        "kalends_lag_seconds_count",
        &lag("notice"),
        &lag("poll"),
        "kalends_renewals_total{outcome=\"opened\"}",
        &format!("kalends_budget_used_ratio{{provider=\"{}\"}}", S::KIND),
        &format!("kalends_provider_requests_total{{provider=\"{}\"}}", S::KIND),
    ] {
        assert!(stage.counted(name) > 0.0, "{name}");
    }
}
