//! The binary and Microsoft 365: ready tokens, a sign-in with a browser, an administrator's consent,
//! mirrors, and notices of subscriptions.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::graph_sim::{AccountKind, GraphSim, Profile};
use serde_json::{Value, json};
use support::Kalends;
use support::api::Api;
use support::carrier::now_ms;
use support::running::{Running, free_port, get, redirect, spawn};

const ANN: &str = "ann@contoso.example";
const BOB: &str = "bob@contoso.example";
const SCOPE: &str = "openid offline_access User.Read MailboxSettings.Read Calendars.ReadWrite";

async fn graph() -> (Served<GraphSim>, Kalends) {
    let mut sim = GraphSim::new(Profile::default(), 7);
    sim.set_strict(true);
    sim.add_user(ANN, "Ann", AccountKind::Work);
    sim.add_user(BOB, "Bob", AccountKind::Work);
    sim.sign_in_at_browser(BOB);
    sim.register_app("program", None, &["http://localhost"]);
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    let mut set = |name: &str, value: &str| kalends.extra.push((name.to_owned(), value.to_owned()));
    set("KALENDS_MICROSOFT_API", &served.url());
    set("KALENDS_MICROSOFT_AUTH", &served.url());
    (served, kalends)
}

/// The calendar that a person has from the beginning: its id and its name.
fn main_calendar(served: &Served<GraphSim>, of: &str) -> (String, String) {
    served.sim().calendars(of)[0].clone()
}

fn add_event(served: &Served<GraphSim>, title: &str, day: i64) {
    let (calendar, _) = main_calendar(served, ANN);
    let time = |hour: i64| {
        let at = support::hours(24 * day + hour).to_string();
        json!({"dateTime": at.trim_end_matches('Z'), "timeZone": "UTC"})
    };
    let event = json!({"subject": title, "start": time(9), "end": time(10)});
    served.sim().person(now_ms()).create(&calendar, &event).unwrap();
}

/// Both accounts by bare tokens, and an edge from the one to the other, settled.
fn mirrored(served: &Served<GraphSim>, kalends: &Kalends) {
    for (name, of) in [("ann", ANN), ("bob", BOB)] {
        let token = served.sim().bearer(now_ms(), of, SCOPE);
        std::fs::write(kalends.path(name), format!("{token}\n")).unwrap();
        kalends.done(&format!("account add microsoft --name {name} --token-file {name}"));
    }
    let (_, calendar) = main_calendar(served, ANN);
    kalends.done(&format!("edge add --from ann/{calendar} --to bob --detail title"));
    kalends.done("sync");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_account_are_mirrored_into_another_and_the_next_sync_writes_nothing() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    add_event(&served, "Standup", 3);
    let report = kalends.done("sync");
    assert_eq!((&report["created"], &report["settled"]), (&json!(1), &json!(true)), "{report}");
    let report = kalends.done("sync");
    let written = [&report["created"], &report["updated"], &report["deleted"]];
    assert_eq!(written, [&json!(0); 3], "{report}");
    assert!(served.sim().mail().is_empty());
}

/// A pass in which nothing changed asks each calendar once; an event that is mirrored is one delta,
/// one read and one write.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_sync_costs_is_counted() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    kalends.done("sync");
    let of = |served: &Served<GraphSim>, what: &dyn Fn(&str) -> bool| {
        calls(served).iter().filter(|call| what(call)).count()
    };
    let is_delta = |call: &str| call.starts_with("GET ") && call.contains("deltatoken");
    let is_write = |call: &str| !call.starts_with("GET ") && !call.contains("$batch");
    let is_read = |call: &str| call.contains("/events/") && call.starts_with("GET ");
    served.sim().clear_log();
    kalends.done("sync");
    let idle = of(&served, &is_delta);
    let calendars = kalends.done("calendars")["calendars"].as_array().unwrap().len();
    assert_eq!(idle, calendars, "{:?}", calls(&served));
    // And the list of the calendars once for each of two accounts: it has no delta.
    assert_eq!(of(&served, &|_| true), calendars + 2, "{:?}", calls(&served));
    add_event(&served, "Standup", 3);
    served.sim().clear_log();
    kalends.done("sync");
    assert_eq!((of(&served, &is_read), of(&served, &is_write)), (1, 1), "{:?}", calls(&served));
    assert!(of(&served, &is_delta) <= 2 * calendars, "{:?}", calls(&served));
}

/// Catches a question for others' time that the service does not take.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_asked_for_their_time() {
    let (served, kalends) = graph().await;
    // A day on which people work, the third from now or one soon after it.
    let is_worked = |day: &i64| {
        (2..=6).contains(&((support::hours(24 * day).as_millis() / 86_400_000 + 5) % 7))
    };
    let day = (3..8).find(is_worked).unwrap();
    let at = |hour: i64| support::hours(24 * day + hour).to_string();
    served.sim().set_zone(ANN, "UTC");
    let token = served.sim().bearer(now_ms(), BOB, SCOPE);
    std::fs::write(kalends.path("bob"), format!("{token}\n")).unwrap();
    kalends.done("account add microsoft --name bob --token-file bob");
    kalends.done("sync");
    add_event(&served, "Secret", day);
    served.sim().clear_log();
    let span = format!("--length 1h --grid 60 --from {} --to {}", at(8), at(11));
    let said = kalends.done(&format!("propose {span} --with {ANN} --via bob"));
    let asked = calls(&served);
    assert!(
        matches!(&asked[..], [one] if one.starts_with("POST ") && one.ends_with("/me/calendar/getSchedule")),
        "{asked:?}"
    );
    assert_eq!(said["unknown"], json!([]), "{said}");
    let proposals = said["proposals"].as_array().unwrap();
    let mut starts: Vec<_> =
        proposals.iter().map(|one| one["meetings"][0]["start"].as_str().unwrap()).collect();
    starts.sort_unstable();
    assert_eq!(starts, [at(8), at(10)], "{said}");
    let nobody = "nobody@contoso.example";
    let (said, status) = kalends.json(&format!("propose {span} --with {nobody} --via bob"));
    assert_eq!(status, 3, "nothing is found: {said}");
    assert!(said["unknown"].to_string().contains(nobody), "{said}");
    assert_eq!(said["proposals"], json!([]), "nobody is free by what is not known: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_says_what_a_day_costs_against_the_limit_of_a_mailbox() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    add_event(&served, "Standup", 3);
    kalends.done("sync");
    served.sim().clear_log();
    let budget = kalends.done("budget");
    assert!(calls(&served).is_empty(), "it asks nobody");
    let accounts = budget["accounts"].as_array().unwrap();
    let of = |name: &str| accounts.iter().find(|one| one["account"] == name).unwrap();
    let held = |of: &str| served.sim().calendars(of).len();
    // A look and a delta of each calendar every five minutes; ten changes of Ann's are written to Bob's,
    // whose answers tell what was written.
    assert_eq!(of("ann")["looking"], json!(288 * (1 + held(ANN))), "{budget}");
    assert_eq!((&of("ann")["writing"], &of("bob")["writing"]), (&json!(0), &json!(10)), "{budget}");
    assert_eq!((&of("bob")["calendars"], &of("bob")["at_once"]), (&json!(held(BOB)), &json!(3)));
    let limit = &of("bob")["limits"][0];
    assert_eq!(limit["limit"], "10000 requests in 10 minutes of the account");
    assert_eq!(limit["allowed_a_day"], json!(1_440_000));
    assert!(of("bob")["verdict"].as_str().unwrap().contains("well within"), "{budget}");
    let busy = kalends.done("budget --every 5 --changes 1000000");
    let accounts = busy["accounts"].as_array().unwrap();
    let bob = accounts.iter().find(|one| one["account"] == "bob").unwrap();
    assert!(bob["verdict"].as_str().unwrap().contains("more than a limit"), "{busy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_once_an_administrator_has_allowed_it() {
    let (served, mut kalends) = graph().await;
    kalends.extra.push(("KALENDS_MICROSOFT_CLIENT_ID".to_owned(), "program".to_owned()));
    kalends.extra.push(("KALENDS_MICROSOFT_TENANT".to_owned(), "no tenant".to_owned()));
    let (said, status) = kalends.json("account add microsoft --name me");
    assert_eq!(status, 2, "{said}");
    kalends.extra.pop();
    assert!(served.sim().faults_mut().add("GET", "*authorize", When::Nth(1), "G2-admin"));
    let mut adding = spawn(&kalends, "account add microsoft --name me --no-browser --json");
    get(&redirect(adding.line_with("http").trim()).await).await;
    let output = adding.ended();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["error"]["code"], "sign-in.consent", "{said}");
    let page = said["error"]["message"].as_str().unwrap();
    let page = page.split_whitespace().find(|word| word.contains("/adminconsent?")).unwrap();
    assert!(redirect(page).await.contains("admin_consent=True"));
    let mut adding = spawn(&kalends, "account add microsoft --name me --no-browser --json");
    get(&redirect(adding.line_with("http").trim()).await).await;
    let output = adding.ended();
    assert!(output.status.success(), "{output:?}");
}

fn watching(kalends: &Kalends, listens: bool, every: u32) -> Running {
    let here = format!("127.0.0.1:{}", free_port());
    let public = if listens { here.clone() } else { format!("127.0.0.1:{}", free_port()) };
    let line = format!("watch --every {every} --listen {here} --public http://{public}/notices");
    let mut watching = spawn(kalends, &line);
    watching.line_with("run_");
    watching
}

fn upkeep(kalends: &Kalends) -> Vec<String> {
    let status = kalends.done("status");
    let calendars = status["calendars"].as_array().unwrap();
    calendars.iter().map(|c| c["upkeep"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The handshake, changes, and changes among those of a subscription that nobody has.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_listens_is_told_and_mirrors_at_once() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    let mut watching = watching(&kalends, true, 3_000);
    assert!(!served.sim().subscriptions(now_ms()).is_empty());
    assert!(upkeep(&kalends).iter().all(|word| word == "active"), "{:?}", upkeep(&kalends));
    add_event(&served, "Told", 5);
    watching.line_with("1 created");
    assert!(served.sim().faults_mut().add("NOTIFY", "*", When::Always, "push-unknown"));
    add_event(&served, "Told with a stranger", 6);
    watching.line_with("1 created");
    assert!(served.sim().faults_mut().add("NOTIFY", "*", When::Always, "push-doubled"));
    add_event(&served, "Told twice", 7);
    watching.line_with("1 created");
}

/// Subscriptions that must be confirmed are, and those that went away are opened anew, though the
/// account is not read again for most of an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_keeps_its_subscriptions() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    let mut watching = watching(&kalends, true, 3_000);
    let subscriptions = served.sim().subscriptions(now_ms());
    assert!(!subscriptions.is_empty());
    tell(&served, "reauthorizationRequired");
    let confirms = |call: &String| call.starts_with("PATCH ") && call.contains("/subscriptions/");
    watching.ticks_until("it confirms", || calls(&served).iter().any(confirms));
    tell(&served, "subscriptionRemoved");
    watching.ticks_until("it subscribes anew", || {
        let anew = served.sim().subscriptions(now_ms());
        anew.len() == subscriptions.len() && anew.iter().all(|id| !subscriptions.contains(id))
    });
    assert!(upkeep(&kalends).iter().all(|word| word == "active"), "{:?}", upkeep(&kalends));
}

/// Catches a word about lost notices that is answered and forgotten: the change would be found by
/// the next pass, most of an hour later.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_asked_for_as_soon_as_that_is_said() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    let mut watching = watching(&kalends, true, 3_000);
    assert!(served.sim().faults_mut().add("NOTIFY", "*", When::Always, "push-lost"));
    add_event(&served, "Untold", 5);
    support::until("its notice is lost", || served.sim().faults_mut().rules()[0].1 > 0);
    assert_eq!(holders(&served, "Untold"), 1, "nobody knows of it");
    served.sim().faults_mut().clear();
    tell(&served, "missed");
    watching.line_with("1 created");
    assert_eq!(holders(&served, "Untold"), 2);
}

/// Where nobody is reached, calendars are asked, and the status says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_cannot_be_reached_asks_and_says_so() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    let mut watching = watching(&kalends, false, 5);
    assert!(served.sim().subscriptions(now_ms()).is_empty());
    assert!(upkeep(&kalends).iter().all(|word| word == "degraded"), "{:?}", upkeep(&kalends));
    add_event(&served, "Found", 5);
    watching.line_with("1 created");
}

/// The same over `kalends serve`: the handshake, a change that is told of, one whose notice is lost, and
/// what a subscription's own address is told of the subscription.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_told_of_changes_and_of_its_subscriptions() {
    let (served, kalends) = graph().await;
    mirrored(&served, &kalends);
    let port = free_port();
    let flags = format!("--allow-private --every 3600 --public http://127.0.0.1:{port}");
    let _api = Api::start_at(&kalends, port, &flags);
    let is_mirrored = |title: &str| holders(&served, title) == 2;
    support::until("all are active", || {
        let are_there = !served.sim().subscriptions(now_ms()).is_empty();
        are_there && upkeep(&kalends).iter().all(|word| word == "active")
    });
    let subscriptions = served.sim().subscriptions(now_ms());
    add_event(&served, "Told", 5);
    support::until("it is mirrored", || is_mirrored("Told"));
    assert!(served.sim().faults_mut().add("NOTIFY", "*", When::Always, "push-lost"));
    add_event(&served, "Untold", 6);
    support::until("its notice is lost", || served.sim().faults_mut().rules()[0].1 > 0);
    served.sim().faults_mut().clear();
    tell(&served, "missed");
    support::until("it is asked for", || is_mirrored("Untold"));
    tell(&served, "reauthorizationRequired");
    let confirms = |call: &String| call.starts_with("PATCH ") && call.contains("/subscriptions/");
    support::until("it confirms", || calls(&served).iter().any(confirms));
    tell(&served, "subscriptionRemoved");
    support::until("it subscribes anew", || {
        let anew = served.sim().subscriptions(now_ms());
        anew.len() == subscriptions.len() && anew.iter().all(|id| !subscriptions.contains(id))
    });
}

/// How many calendars hold an event of this title.
fn holders(served: &Served<GraphSim>, title: &str) -> usize {
    let sim = served.sim();
    let calendars = [ANN, BOB].into_iter().flat_map(|of| sim.calendars(of));
    let holds = |(id, _): &(String, String)| sim.events(id).values().any(|e| e["subject"] == title);
    calendars.filter(holds).count()
}

fn tell(served: &Served<GraphSim>, word: &str) {
    let subscriptions = served.sim().subscriptions(now_ms());
    for id in subscriptions {
        assert!(served.sim().tell_lifecycle(now_ms(), &id, word), "{word}");
    }
}

fn calls(served: &Served<GraphSim>) -> Vec<String> {
    let sim = served.sim();
    sim.log().iter().map(|one| format!("{} {}", one.request.method, one.request.url)).collect()
}
