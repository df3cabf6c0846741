//! The binary and Google: ready tokens, a sign-in with a browser, mirrors, and notices.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use kalends_sim::Served;
use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::{GoogleSim, Role};
use serde_json::{Value, json};
use support::Kalends;
use support::running::{free_port, get, redirect, spawn};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

async fn google() -> (Served<GoogleSim>, Kalends) {
    let mut sim = GoogleSim::new(7);
    assert!(sim.add_user(ANN, "UTC") && sim.add_user(BOB, "UTC"));
    sim.set_browser(Some(BOB));
    sim.add_client("program", "hush");
    let served = Served::listen("127.0.0.1:0", sim).await.unwrap();
    let mut kalends = Kalends::new();
    let mut set = |name: &str, value: &str| kalends.extra.push((name.to_owned(), value.to_owned()));
    set("KALENDS_GOOGLE_API", &served.url());
    set("KALENDS_GOOGLE_AUTH", &served.url());
    (served, kalends)
}

fn add_event(served: &Served<GoogleSim>, of: &str, title: &str, day: i64) {
    let start = chronological(day);
    let event = json!({"summary": title, "start": {"date": start.0}, "end": {"date": start.1}});
    served.sim().person(of, now_ms()).add(of, &event).unwrap();
}

/// A day from now, and the day after it.
fn chronological(day: i64) -> (String, String) {
    let date = |day: i64| {
        let at = support::hours(24 * day).to_string();
        at.split('T').next().unwrap_or_default().to_owned()
    };
    (date(day), date(day + 1))
}

/// Adds Ann by a bare token, and Bob by the JSON of an answer whose token has run out.
fn add_both(served: &Served<GoogleSim>, kalends: &Kalends) {
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    let added = kalends.done("account add google --name ann --token-file ann");
    assert_eq!(added["account"]["subject"], ANN);
    let bob = served.sim().grant(BOB, "program", &[], now_ms());
    let refresh = bob.refresh;
    let file = json!({
        "refresh_token": refresh, "client_id": "program", "client_secret": "hush",
        "type": "authorized_user",
    });
    std::fs::write(kalends.path("bob"), file.to_string()).unwrap();
    let added = kalends.done("account add google --name bob --token-file bob");
    assert_eq!(added["account"]["subject"], BOB);
    for name in ["ann", "bob"] {
        let shown = kalends.done(&format!("account show {name}")).to_string();
        let secrets = [ann.access.as_str(), &refresh, "hush"];
        assert!(!secrets.iter().any(|secret| shown.contains(secret)), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_account_are_mirrored_into_another_and_the_next_sync_writes_nothing() {
    let (served, kalends) = google().await;
    add_both(&served, &kalends);
    add_event(&served, ANN, "Standup", 3);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    let report = kalends.done("sync");
    assert_eq!((&report["created"], &report["settled"]), (&json!(1), &json!(true)), "{report}");
    add_event(&served, ANN, "Review", 4);
    let report = kalends.done("sync");
    assert_eq!(report["created"], 1, "{report}");
    let report = kalends.done("sync");
    let written = [&report["created"], &report["updated"], &report["deleted"]];
    assert_eq!(written, [&json!(0); 3], "{report}");
}

/// Signs Bob in with a browser, under this name.
async fn sign_in(kalends: &mut Kalends, name: &str) {
    kalends.extra.push(("KALENDS_GOOGLE_CLIENT_ID".to_owned(), "program".to_owned()));
    kalends.extra.push(("KALENDS_GOOGLE_CLIENT_SECRET".to_owned(), "hush".to_owned()));
    let line = format!("account add google --name {name} --no-browser --json");
    let mut adding = spawn(kalends, &line);
    let address = adding.line_with("http").trim().to_owned();
    let back = redirect(&address).await;
    assert!(back.starts_with("http://127.0.0.1:"), "{back}");
    get(&back).await;
    let output = adding.ended();
    assert!(output.status.success());
    let added: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(added["account"]["subject"], BOB);
}

/// Somebody who adds an account, until it is dropped.
fn adding(kalends: &Kalends) -> std::fs::File {
    let file = std::fs::File::create(kalends.path("data").join("kalends.adding")).unwrap();
    file.lock_shared().unwrap();
    file
}

/// Paths of requests since the last call, and how they were answered.
fn asked(served: &Served<GoogleSim>) -> Vec<(String, u16)> {
    let mut sim = served.sim();
    let told = sim.log().iter().map(|one| {
        let path = one.request.path();
        let last = path.rsplit('/').next().unwrap_or_default();
        (format!("{} {last}", one.request.method), one.reply.status)
    });
    let told = told.collect();
    sim.clear_log();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_was_not_ticked_is_a_limit_that_is_told() {
    let (served, mut kalends) = google().await;
    let unticked = kalends_google::OWN_CALENDARS.to_owned();
    served.sim().profile_mut().consent.unticked.insert(unticked.clone());
    sign_in(&mut kalends, "me").await;
    let shown = kalends.done("account show me");
    assert_eq!(shown["limits"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["limits"][0]["scope"], unticked.as_str());
    let text = String::from_utf8(kalends.run("account show me").stdout).unwrap();
    assert!(text.contains("limited") && text.contains("account add google --name me"), "{text}");
    asked(&served);
    for _ in 0..2 {
        let report = kalends.done("sync");
        assert_eq!(report["settled"], true, "{report}");
        let refused: Vec<_> =
            asked(&served).into_iter().filter(|(_, status)| *status >= 400).collect();
        assert!(refused.is_empty(), "what is not allowed is not tried: {refused:?}");
    }
}

/// Catches a sign-in that asks for no right to ask others for their time, so that everybody is unknown for
/// ever.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_asked_for_their_time_with_what_people_are_asked_to_allow() {
    let (served, mut kalends) = google().await;
    served.sim().share(ANN, BOB, Some(Role::FreeBusyReader));
    let at = |hour: i64| support::hours(72 + hour).to_string();
    let event = json!({
        "summary": "Secret", "start": {"dateTime": at(10)}, "end": {"dateTime": at(11)},
    });
    served.sim().person(ANN, now_ms()).add(ANN, &event).unwrap();
    sign_in(&mut kalends, "me").await;
    let limits = kalends.done("account show me")["limits"].clone();
    assert_eq!(limits, json!([]), "all that is asked for is allowed");
    kalends.done("sync");
    asked(&served);
    let span = format!("--length 1h --grid 60 --from {} --to {}", at(9), at(12));
    let said = kalends.done(&format!("propose {span} --with {ANN} --via me"));
    assert_eq!(asked(&served), [("POST freeBusy".to_owned(), 200)]);
    assert_eq!(said["unknown"], json!([]), "{said}");
    let proposals = said["proposals"].as_array().unwrap();
    let mut starts: Vec<_> =
        proposals.iter().map(|one| one["meetings"][0]["start"].as_str().unwrap()).collect();
    starts.sort_unstable();
    assert_eq!(starts, [at(9), at(11)], "{said}");
}

/// Catches a right to read that was not ticked and is asked for at each pass, as an error.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_may_not_be_read_are_a_limit_and_no_error() {
    let (served, mut kalends) = google().await;
    let unticked = kalends_google::READ_EVENTS.to_owned();
    served.sim().profile_mut().consent.unticked.insert(unticked.clone());
    add_event(&served, BOB, "Unseen", 3);
    sign_in(&mut kalends, "me").await;
    asked(&served);
    for _ in 0..2 {
        let report = kalends.done("sync");
        assert_eq!((&report["settled"], &report["failures"]), (&json!(true), &Value::Null));
        let lines = asked(&served);
        let looks = |line: &(String, u16)| *line == ("GET calendarList".to_owned(), 200);
        assert!(!lines.is_empty() && lines.iter().all(looks), "it is not asked for: {lines:?}");
    }
    let status = kalends.done("status");
    let account = |status: &Value| {
        let accounts = status["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["name"] == "me").unwrap().clone()
    };
    let limits = &account(&status)["limits"];
    assert_eq!((limits.as_array().unwrap().len(), &limits[0]["scope"]), (1, &json!(unticked)));
    let calendars = status["calendars"].as_array().unwrap();
    let is_cut_off = |calendar: &Value| calendar["upkeep"] == "disconnected";
    assert!(!calendars.is_empty() && calendars.iter().all(is_cut_off), "{status}");
    let text = String::from_utf8(kalends.run("status").stdout).unwrap();
    assert!(text.contains("limited: see `account show me`"), "{text}");
    assert!(text.contains("may not be read"), "{text}");
    // Once it is allowed, all goes on.
    served.sim().profile_mut().consent.unticked.clear();
    sign_in(&mut kalends, "me").await;
    let report = kalends.done("sync");
    assert!(report["settled"] == true && report["pulled"].as_u64() > Some(0), "{report}");
    assert_eq!(account(&kalends.done("status"))["limits"], json!([]));
}

/// Catches a removed account whose sign-in goes on as long as somebody else is asked to sign in, or waits
/// for a server.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_removed_gives_back_its_mirrors_and_then_its_sign_in() {
    let (served, mut kalends) = google().await;
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    kalends.done("account add google --name ann --token-file ann");
    sign_in(&mut kalends, "bob").await;
    add_event(&served, ANN, "Standup", 3);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    assert_eq!(kalends.done("sync")["created"], 1);
    asked(&served);
    let removed = String::from_utf8(kalends.run("account remove bob").stdout).unwrap();
    assert!(removed.contains("the sign-in at google is ended"), "{removed}");
    assert!(asked(&served).is_empty(), "nothing is ended before the mirrors are gone");
    // Google cannot be reached for it at first: the sign-in is kept for the next sync.
    assert!(served.sim().plan("POST", "*/revoke", When::Nth(1), "F12-503"));
    let mut another = spawn(&kalends, "account add google --name other --no-browser");
    another.line_with("http");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let _slow = spawn(&kalends, &format!("account add caldav --name slow --url {url} --user x"));
    let _asked = silent.accept().unwrap();
    for _ in 0..3 {
        kalends.done("sync");
    }
    let lines: Vec<(String, u16)> =
        asked(&served).into_iter().filter(|(line, _)| !line.starts_with("GET")).collect();
    let lines: Vec<_> = lines.iter().map(|(line, status)| (line.as_str(), *status)).collect();
    let [deleted @ .., ("POST revoke", 503), ("POST revoke", 200)] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(!deleted.is_empty() && deleted.iter().all(|(line, _)| line.starts_with("DELETE")));
    // A token that others got is not ours to end.
    let removed = String::from_utf8(kalends.run("account remove ann").stdout).unwrap();
    assert!(removed.contains("the sign-in itself stays at google"), "{removed}");
    kalends.done("sync");
    assert!(!asked(&served).iter().any(|(line, _)| line == "POST revoke"));
}

/// Catches an erasure that ends a sign-in before the mirrors are gone, that deletes the only means to end
/// it, or that says of a sign-in that it stays because an account is added meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_takes_mirrors_back_first_and_ends_sign_ins_last() {
    let (served, mut kalends) = google().await;
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    kalends.done("account add google --name ann --token-file ann");
    sign_in(&mut kalends, "bob").await;
    add_event(&served, ANN, "Standup", 3);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    assert_eq!(kalends.done("sync")["created"], 1);
    asked(&served);
    assert!(served.sim().plan("POST", "*/revoke", When::Nth(1), "F12-503"));
    let (waiting, code) = kalends.json("erase --yes");
    let held_up = json!([{"account": "bob", "again": null, "code": "sign-in.not-ended"}]);
    assert_eq!((&waiting["waiting"], code), (&held_up, 3), "{waiting}");
    let adding = adding(&kalends);
    let erasing = spawn(&kalends, "erase --yes --json");
    erasing.until_it_opens("kalends.adding");
    drop(adding);
    let erased: Value = serde_json::from_slice(&erasing.ended().stdout).unwrap();
    let lines: Vec<(String, u16)> =
        asked(&served).into_iter().filter(|(line, _)| !line.starts_with("GET")).collect();
    let lines: Vec<_> = lines.iter().map(|(line, status)| (line.as_str(), *status)).collect();
    let [deleted @ .., ("POST revoke", 503), ("POST revoke", 200)] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(!deleted.is_empty() && deleted.iter().all(|(line, _)| line.starts_with("DELETE")));
    let statement = erased["certificate"]["statement"].as_str().unwrap();
    let statement: Value = serde_json::from_str(statement).unwrap();
    let account =
        |sign_in: &str| json!({"provider": "google", "abandoned": false, "sign_in": sign_in});
    let mut accounts = statement["accounts"].as_array().unwrap().clone();
    accounts.sort_by_key(ToString::to_string);
    assert_eq!(accounts, [account("ended"), account("stays")]);
}

/// Catches a certificate that says of a sign-in that it was ended although the provider refused that.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_says_what_a_provider_would_not_end() {
    let (served, mut kalends) = google().await;
    sign_in(&mut kalends, "bob").await;
    assert!(served.sim().plan("POST", "*/revoke", When::Always, "F4-scopes"));
    let erased = kalends.done("erase --yes");
    assert!(asked(&served).contains(&("POST revoke".to_owned(), 403)));
    let statement = erased["certificate"]["statement"].as_str().unwrap();
    let statement: Value = serde_json::from_str(statement).unwrap();
    let account = json!({"provider": "google", "abandoned": false, "sign_in": "stays"});
    assert_eq!(statement["accounts"], json!([account]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_is_good_though_the_command_fails_after_its_refresh() {
    let (served, kalends) = google().await;
    served.sim().profile_mut().consent.rotates = true;
    let refresh = served.sim().grant(BOB, "program", &[], now_ms()).refresh;
    let file = json!({
        "refresh_token": refresh, "client_id": "program", "client_secret": "hush",
        "type": "authorized_user",
    });
    std::fs::write(kalends.path("bob"), file.to_string()).unwrap();
    assert!(served.sim().plan("GET", "*/users/me/calendarList", When::Nth(1), "F12-500"));
    let (failed, code) = kalends.json("account add google --name bob --token-file bob");
    assert!(code != 0, "{failed}");
    // The token of the file is spent: what it brought was kept, as long as somebody adds it.
    let adding = adding(&kalends);
    kalends.done("sync");
    drop(adding);
    let added = kalends.done("account add google --name bob --token-file bob");
    assert_eq!(added["account"]["subject"], BOB);
    assert_eq!(kalends.done("sync")["settled"], true);
}

/// Catches an account that is there before its credentials are, so that whoever syncs beside the command
/// asks for a new sign-in; credentials that a refused or killed command leaves behind, and those that a
/// failed one takes away from an account that is there.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_never_there_without_its_credentials() {
    let (served, mut kalends) = google().await;
    let token = |of: &str| served.sim().grant(of, "program", &[], now_ms()).access;
    std::fs::write(kalends.path("ann"), token(ANN)).unwrap();
    kalends.extra.push(("KALENDS_FAIL_IN".to_owned(), "account.credentials".to_owned()));
    let killed = spawn(&kalends, "account add google --name ann --token-file ann").ended();
    assert!(!killed.status.success());
    kalends.extra.pop();
    assert_eq!(kalends.done("account list")["accounts"], json!([]));
    kalends.done("sync");
    kalends.done("account add google --name ann --token-file ann");
    // Another's account under a name that is taken is refused, and leaves nothing.
    std::fs::write(kalends.path("bob"), token(BOB)).unwrap();
    let (refused, code) = kalends.json("account add google --name ann --token-file bob");
    assert!(code != 0, "{refused}");
    // Another one is there already when the store refuses what follows.
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON calendars
        BEGIN SELECT RAISE(ABORT, 'it is full'); END";
    store.execute_batch(refuse).unwrap();
    let (failed, code) = kalends.json("account add google --name bob --token-file bob");
    assert!(code != 0, "{failed}");
    store.execute_batch("DROP TRIGGER full").unwrap();
    assert_eq!(kalends.done("account list")["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(kalends.done("sync")["settled"], true);
    assert_eq!(needs_sign_in(&kalends), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_says_what_a_day_costs_against_each_limit() {
    let (served, kalends) = google().await;
    add_both(&served, &kalends);
    add_event(&served, ANN, "Standup", 3);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    kalends.done("sync");
    asked(&served);
    let budget = kalends.done("budget");
    assert!(asked(&served).is_empty(), "it asks nobody");
    let accounts = budget["accounts"].as_array().unwrap();
    let of = |name: &str| accounts.iter().find(|one| one["account"] == name).unwrap();
    // A look and a list of each calendar every five minutes; ten changes are told of by those.
    assert_eq!((&of("ann")["looking"], &of("ann")["writing"]), (&json!(288 * 2), &json!(0)));
    assert_eq!((&of("bob")["calendars"], &of("bob")["writing"]), (&json!(2), &json!(10)));
    let limits = of("bob")["limits"].as_array().unwrap();
    let limits: Vec<_> = limits.iter().map(|one| one["limit"].as_str().unwrap()).collect();
    assert_eq!(
        limits,
        [
            "600 requests a minute of the account",
            "10000 requests a minute of all accounts of this program",
        ]
    );
    assert!(of("bob")["verdict"].as_str().unwrap().contains("well within"), "{budget}");
    let busy = kalends.done("budget --every 5 --changes 1000000");
    let accounts = busy["accounts"].as_array().unwrap();
    let bob = accounts.iter().find(|one| one["account"] == "bob").unwrap();
    let verdict = bob["verdict"].as_str().unwrap();
    assert!(
        verdict.contains("more than a limit") && verdict.contains("sync less often"),
        "{verdict}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_and_what_was_granted_is_refreshed() {
    let (served, mut kalends) = google().await;
    let (code, status) = kalends.json("account add google --name me");
    assert_eq!(status, 2, "{code}");
    assert!(code["error"]["message"].as_str().unwrap().contains("KALENDS_GOOGLE_CLIENT_ID"));
    sign_in(&mut kalends, "me").await;
    // The access token is refused: it is refreshed once, and nobody is asked.
    assert!(served.sim().plan("GET", "*/users/me/calendarList", When::Nth(1), "F1-expired"));
    let report = kalends.done("sync");
    assert_eq!((&report["settled"], &report["failures"]), (&json!(true), &Value::Null), "{report}");
}

/// Which account needs a sign-in, by the status.
fn needs_sign_in(kalends: &Kalends) -> Vec<String> {
    let status = kalends.done("status");
    let accounts = status["accounts"].as_array().unwrap().iter();
    let needs = accounts.filter(|account| account["needs_sign_in"] == true);
    needs.map(|account| account["name"].as_str().unwrap().to_owned()).collect()
}

fn tokens_asked(served: &Served<GoogleSim>) -> usize {
    asked(served).iter().filter(|(line, _)| line == "POST token").count()
}

/// Row 19 of the pitfalls. Catches two workers that spend one refresh token, of which the second
/// ends the grant; an outage of the token endpoint that asks people to sign in anew; and a grant that
/// was taken back and is asked for again and again, or that nobody is told of.
#[tokio::test(flavor = "multi_thread")]
async fn pitfall_19_a_grant_lives_on_until_it_is_taken_back_and_then_that_is_said_at_once() {
    let (served, mut kalends) = google().await;
    {
        // Every refresh spends the token it is asked with, and what it brings has run out already.
        let mut sim = served.sim();
        let consent = &mut sim.profile_mut().consent;
        (consent.rotates, consent.access_life_ms) = (true, 1_000);
    }
    sign_in(&mut kalends, "me").await;
    asked(&served);
    let both = [spawn(&kalends, "sync"), spawn(&kalends, "sync")].map(|one| one.ended());
    assert!(both.iter().all(|output| output.status.success()), "{both:?}");
    assert!(tokens_asked(&served) > 0);
    assert_eq!(needs_sign_in(&kalends), [""; 0]);
    for fault in ["F3-500", "F3-503"] {
        assert!(served.sim().plan("POST", "*/token", When::Always, fault));
        // The last token is good for nothing any more.
        assert!(served.sim().plan("GET", "*/calendarList", When::Nth(1), "F1-expired"));
        asked(&served);
        kalends.json("sync");
        assert!(tokens_asked(&served) > 0, "{fault}");
        assert_eq!(needs_sign_in(&kalends), [""; 0], "{fault}");
        served.sim().faults_mut().clear();
    }
    served.sim().profile_mut().consent.access_life_ms = 3_599_000;
    assert_eq!(kalends.done("sync")["settled"], true);
    // A person takes the consent back; the token still looks good.
    assert!(served.sim().plan("GET", "*/calendarList", When::Nth(1), "F2-revoked"));
    kalends.json("sync");
    assert_eq!(needs_sign_in(&kalends), ["me"], "within one cycle");
    asked(&served);
    kalends.json("sync");
    assert_eq!(tokens_asked(&served), 0, "it is not asked for again");
    sign_in(&mut kalends, "me").await;
    assert_eq!(kalends.done("sync")["settled"], true);
    assert_eq!(needs_sign_in(&kalends), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_listens_is_told_and_mirrors_at_once() {
    let (served, kalends) = google().await;
    add_both(&served, &kalends);
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail title"));
    kalends.done("sync");
    let port = free_port();
    let here = format!("127.0.0.1:{port}");
    let line = format!("watch --every 3000 --listen {here} --public http://{here}/notices");
    let mut watching = spawn(&kalends, &line);
    watching.line_with("run_");
    add_event(&served, ANN, "Told", 5);
    let told = watching.line_with("1 created");
    // The notice of the mirror itself may come within the same turn.
    assert!(told.contains("1 read") || told.contains("2 read"), "{told}");
    let status = kalends.done("status");
    let calendars = status["calendars"].as_array().unwrap();
    assert!(calendars.iter().all(|calendar| calendar["upkeep"] == "active"), "{status}");
}
