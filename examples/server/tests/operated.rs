//! What whoever runs `kalends serve` sees of it: counters, lines of its log, limits and its end.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use kalends_testkit::caldav_sim::{Profile, When};
use serde_json::{Value, json};
use support::api::{Answer, Api, interrupt, key, settle, value};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts, until};

/// Catches a secret, a title or a name in what is written down or counted, and counters that stand
/// still.
#[test]
fn what_is_written_down_and_counted_tells_no_secret_and_no_title() {
    const CANARIES: [&str; 4] = ["canary-pw", "canary-feed", "canary-title", "canary-name"];
    let (server, mut kalends, _) = two_accounts();
    server.sim().add_user("dora", "canary-pw");
    kalends.password = "canary-pw".to_owned();
    let said = kalends.path("said");
    let flags = "--allow-private --every 3600 --log json";
    let api = Api::start_told(&kalends, flags, &said);
    let (key, counts) = (key(&kalends, ""), key(&kalends, "--scope metrics"));
    let url = &server.url;
    let add = |name: &str, password: &str| {
        let account = json!({
            "provider": "caldav", "name": name, "url": url, "user": "dora", "password": password
        });
        api.with(&key, "POST /v1/accounts", &account.to_string())
    };
    assert_eq!(add("wrong", "canary-pw-wrong").status, 422);
    assert_eq!(add("canary-name", "canary-pw").status, 201);
    let feed = json!({"provider": "feed", "name": "f", "url": format!("{url}/canary-feed.ics")});
    assert_eq!(api.with(&key, "POST /v1/accounts", &feed.to_string()).status, 422);
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let event = json!({"title": "canary-title", "start": "2030-01-01"});
    let made = made_once(&api, &key, &event);
    let hook = api.with(&key, "POST /v1/webhooks", &json!({"url": url}).to_string()).done();
    let hook = hook["secret"].as_str().unwrap();
    let signed = api.form("/page/sign-in", &[], &format!("key={key}"));
    let cookie = signed.cookie();
    let cookie = cookie.split_once('=').unwrap().1;
    let at = format!("/v1/events/{}", made["event"]["id"].as_str().unwrap());
    api.with(&key, &format!("GET {at}"), "").done();
    api.with(&key, "GET /v1/accounts/canary-name", "").done();
    api.with(&key, "GET /v1/nothing/canary-name", "");
    settle(&api, &key);
    // What the answers name, and what fails, is for whoever asked.
    let with = json!({"length": "1h", "with": [
        format!("{url}/canary-feed.ics"), "canary-name@example.org", "a\n{\"event\":\"forged\"}",
    ]});
    let found = api.with(&key, "POST /v1/proposals", &with.to_string()).done();
    assert_eq!(found["unknown"].as_array().unwrap().len(), 3, "{found}");
    server.sim().set_password("dora", "another");
    let planned = api.with(&key, "GET /v1/plan", "");
    assert!([200, 422].contains(&planned.status), "{planned:?}");
    let refused = api.with(&key, "GET /metrics", "");
    assert_eq!(refused.problem(), (403, "key.scope"));
    assert!(refused.json["detail"].as_str().unwrap().contains("`metrics`"), "what it lacks");
    assert_eq!(api.ask("GET /metrics", &[], "").problem(), (401, "key.unknown"));
    // The graph's own loop may be at work still.
    let metrics = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(20));
        let metrics = api.with(&counts, "GET /metrics", "").text;
        (value(&metrics, "kalends_writes_open") == 0.0).then_some(metrics)
    });
    let metrics = metrics.unwrap();
    let route =
        "kalends_requests_total{method=\"GET\",route=\"/v1/events/{event}\",status=\"200\"}";
    assert!(value(&metrics, route) >= 1.0);
    assert!(value(&metrics, "kalends_provider_requests_total{provider=\"caldav\"}") >= 1.0);
    assert!(value(&metrics, "kalends_request_seconds_count") > 5.0);
    assert_eq!(value(&metrics, "kalends_users"), 1.0);
    drop(api);
    let said = std::fs::read_to_string(said).unwrap();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.iter().any(|line| line["event"] == "forged"), "{said}");
    assert!(lines.iter().any(|line| line["route"] == "/v1/events/{event}"), "{said}");
    let drawn = [hook, hook.strip_prefix("whsec_").unwrap(), cookie];
    for canary in CANARIES.into_iter().chain(drawn) {
        assert!(!said.contains(canary), "{canary}: {said}");
        assert!(!metrics.contains(canary), "{canary}: {metrics}");
    }
    lies_sealed(&kalends, [key.as_str(), "canary-pw", "canary-feed"].into_iter().chain(drawn));
}

/// An event, asked for twice under one token.
fn made_once(api: &Api, key: &str, event: &Value) -> Value {
    let bearer = format!("Bearer {key}");
    let once = [("Authorization", bearer.as_str()), ("Idempotency-Key", "canary-token")];
    let made = api.ask("POST /v1/events", &once, &event.to_string()).done();
    let again = api.ask("POST /v1/events", &once, &event.to_string());
    assert_eq!((again.header("idempotency-replayed"), &again.json), (Some("true"), &made));
    made
}

/// Looks for secrets in the store's files, and for the one answer that is kept.
fn lies_sealed<'a>(kalends: &Kalends, secrets: impl Iterator<Item = &'a str> + Clone) {
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let kept = "SELECT count(*) FROM server_answer WHERE body IS NULL AND instr(sealed, ?) = 0";
    let kept = store.query_row(kept, [&b"canary"[..]], |row| row.get::<_, i64>(0));
    assert_eq!(kept.unwrap(), 1, "an answer that may be asked for again lies sealed");
    for file in ["data/kalends.sqlite", "data/kalends.sqlite-wal"] {
        let bytes = std::fs::read(kalends.path(file)).unwrap_or_default();
        for secret in secrets.clone() {
            let is_it = |part: &[u8]| part == secret.as_bytes();
            assert!(!bytes.windows(secret.len()).any(is_it), "{secret} in {file}");
        }
    }
}

/// Catches somebody without a key who makes up methods until the server has no memory left.
#[test]
fn methods_that_nobody_knows_are_counted_as_one() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "");
    let counts = key(&kalends, "--scope metrics");
    for n in 0..20 {
        api.ask(&format!("MADEUP{n} /healthz"), &[], "");
    }
    let metrics = api.with(&counts, "GET /metrics", "").text;
    assert!(!metrics.contains("MADEUP"), "{metrics}");
    let other = "kalends_requests_total{method=\"other\",route=\"/healthz\",status=\"405\"}";
    assert_eq!(value(&metrics, other), 20.0);
}

/// Catches a limit that is not kept, one that is another key's, and answers that do not say it.
#[test]
fn a_key_that_asks_too_often_is_asked_to_wait() {
    let kalends = Kalends::new();
    let api = Api::start(&kalends, "--rate 5");
    let (one, other) = (key(&kalends, ""), key(&kalends, ""));
    let first = api.with(&one, "GET /v1/accounts", "");
    assert_eq!(first.header("ratelimit-policy"), Some("\"key\";q=5;w=60"));
    assert!(first.header("ratelimit").unwrap().starts_with("\"key\";r=4;t="), "{first:?}");
    for _ in 0..4 {
        api.with(&one, "GET /v1/accounts", "").done();
    }
    let limited = api.with(&one, "GET /v1/accounts", "");
    assert_eq!(limited.problem(), (429, "rate-limit"));
    let wait: u32 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{limited:?}");
    api.with(&other, "GET /v1/accounts", "").done();
    assert_eq!(api.ask("GET /v1/accounts", &[], "").problem(), (401, "key.unknown"));
    assert_eq!(api.with(&one, "POST /mcp", "{}").status, 429, "tools count too");
    // Feeds and browsers are told too how long to wait.
    let feed = api.with(&other, "POST /v1/feeds", r#"{"name": "f"}"#).done();
    let feed = format!(
        "GET /feeds/{}",
        feed["address"].as_str().unwrap().split_once("/feeds/").unwrap().1
    );
    let page = api.form("/page/sign-in", &[], &format!("key={other}"));
    let cookie = page.cookie();
    for (line, headers) in
        [(feed.as_str(), vec![]), ("GET /page", vec![("Cookie", cookie.as_str())])]
    {
        let mut answers = (0..6).map(|_| api.ask(line, &headers, ""));
        let limited = answers.find(|answer| answer.status == 429).unwrap();
        let wait: u32 = limited.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=12).contains(&wait), "{limited:?}");
    }
}

/// Catches a request that is cut off because the server was asked to end.
#[test]
fn what_is_under_way_is_answered_before_the_end() {
    let (server, kalends, _) = two_accounts();
    let flags = "--allow-private --every 3600";
    let (mut api, key) = (Api::start(&kalends, flags), key(&kalends, ""));
    settle(&api, &key);
    assert_eq!(api.ask("GET /readyz", &[], "").status, 200);
    assert_eq!(api.ask("GET /healthz", &[], "").status, 200);
    server.sim().add_user("carol", "secret");
    let account = json!({
        "provider": "caldav", "name": "third", "url": server.url, "user": "carol",
        "password": "secret"
    });
    // What the server asks of itself meanwhile, it does not ask as carol.
    let as_carol = || {
        let basic = "Basic Y2Fyb2w6c2VjcmV0";
        server.sim().log().iter().any(|one| one.request.get("authorization") == Some(basic))
    };
    thread::scope(|scope| {
        let asked = scope.spawn(|| api.with(&key, "POST /v1/accounts", &account.to_string()));
        let deadline = Instant::now() + Duration::from_secs(30);
        while !as_carol() {
            assert!(Instant::now() < deadline, "nothing is asked for");
            thread::sleep(Duration::from_millis(1));
        }
        interrupt(&api);
        let answer = asked.join().unwrap();
        assert_eq!(answer.status, 201, "{answer:?}");
    });
    assert!(api.ended().success());
}

/// Alice's and bob's calendars, with a full edge between them, and a canary in every text.
fn with_canaries() -> (Server, Kalends) {
    let (server, kalends, work) = two_accounts();
    let text = calendar(&[event("canary@x", "canary-title", hours(33))]);
    server.sim().person(now_ms()).put(&work, "canary.ics", &text).unwrap();
    kalends.done("edge add --from work/work --to home --detail full");
    for _ in 0..2 {
        kalends.done("sync");
    }
    assert_eq!(copies(&server), 4);
    (server, kalends)
}

/// How many mirrors there are at the provider.
fn copies(server: &Server) -> usize {
    let sim = server.sim();
    let overlays = sim.calendars().into_iter().filter(|path| path.contains("/bob/kalends-"));
    overlays.map(|path| sim.resources(&path).len()).sum()
}

/// Nothing of the canaries is in the data folder's files.
#[track_caller]
fn is_clean(kalends: &Kalends) {
    for file in std::fs::read_dir(kalends.path("data")).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for canary in ["canary-title", "canary@x", "alice"] {
            let found = bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
            assert!(!found, "{canary} is in {}", path.display());
        }
    }
}

fn erase(api: &Api, key: &str, body: &Value) -> Answer {
    api.with(key, "POST /v1/erasure", &body.to_string())
}

/// Catches mirrors that stay at a provider, rows and texts that stay in the file, a key that goes on,
/// another user's rows that go too, and a certificate that holds for more than it says.
#[test]
fn somebody_is_erased_everywhere_and_anybody_can_verify_it() {
    let (server, kalends) = with_canaries();
    kalends.done("user add eve");
    let said = kalends.path("said");
    let api = Api::start_told(&kalends, "--allow-private --every 3600", &said);
    let (owner, eve) = (key(&kalends, ""), key(&kalends, "--user eve"));
    api.with(&eve, "POST /v1/events", r#"{"title": "Hers", "start": "2030-01-01"}"#).done();
    assert_eq!(erase(&api, &owner, &json!({"user": "eve"})).problem(), (422, "usage"));
    assert_eq!(api.with(&owner, "GET /v1/erasure", "").problem(), (404, "not-found"));
    let erased = erase(&api, &owner, &json!({"user": "owner"}));
    assert_eq!(erased.status, 200, "{erased:?}");
    let erased = erased.done();
    assert_eq!(copies(&server), 0);
    assert_eq!(api.with(&owner, "GET /v1/accounts", "").problem(), (401, "key.unknown"));
    let page = api.with(&eve, "GET /v1/occurrences?from=2020-01-01&to=2040-01-01", "").done();
    assert_eq!(page["occurrences"][0]["title"], "Hers");
    is_clean(&kalends);
    assert_eq!(kalends.done("account list"), json!({"accounts": []}));
    let at = format!("GET /certificates/{}", erased["id"].as_str().unwrap());
    let certificate = api.ask(&at, &[], "").done();
    assert_eq!(certificate, erased["certificate"]);
    let public = api.ask("GET /certificates/key", &[], "").done();
    let public = public["public_key"].as_str().unwrap();
    std::fs::write(kalends.path("c.json"), certificate.to_string()).unwrap();
    let verified = kalends.done(&format!("verify-certificate c.json --key {public}"));
    let accounts = &verified["statement"]["accounts"];
    let caldav = json!({"provider": "caldav", "abandoned": false, "sign_in": "none"});
    assert_eq!(accounts, &json!([caldav, caldav]));
    // What `erase --json` prints holds the same certificate.
    std::fs::write(kalends.path("c.json"), erased.to_string()).unwrap();
    assert_eq!(kalends.done(&format!("verify-certificate c.json --key {public}")), verified);
    let forged = certificate.to_string().replace("false", "true");
    std::fs::write(kalends.path("c.json"), forged).unwrap();
    let (said, code) = kalends.json("verify-certificate c.json");
    assert_eq!((&said["error"]["code"], code), (&json!("certificate.invalid"), 1));
    // The owner begins anew.
    kalends.done(&format!("account add caldav --name work --url {} --user alice", server.url));
    kalends.done("sync");
    let page = kalends.done("events --from 2020-01-01 --to 2040-01-01");
    assert_eq!(page["occurrences"].as_array().unwrap().len(), 4);
}

/// Catches credentials of somebody who was erased while an account of theirs was being added: they would
/// be nobody's, and nobody would end them.
#[test]
fn an_account_that_comes_behind_an_erasure_leaves_nothing() {
    let (server, kalends) = (Server::start(Profile::radicale()), Kalends::new());
    server.sim().add_user("bob", "secret");
    kalends.done("user add eve");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let eve = key(&kalends, "--user eve");
    let account = json!({
        "provider": "caldav", "name": "late", "url": server.url, "user": "bob", "password": "secret"
    });
    thread::scope(|scope| {
        let (held, before) = (server.sim(), server.asked());
        let adding = scope.spawn(|| api.with(&eve, "POST /v1/accounts", &account.to_string()));
        until("the provider is asked", || server.asked() > before);
        assert_eq!(erase(&api, &eve, &json!({"user": "eve"})).done()["state"], "erased");
        drop(held);
        let answer = adding.join().unwrap();
        assert!((400..500).contains(&answer.status), "{answer:?}");
    });
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let count = "SELECT count(*) FROM secrets WHERE graph NOT IN (SELECT graph FROM graphs)";
    assert_eq!(file.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

/// Catches somebody who cannot be erased, or an account that cannot be shown, because nobody can open
/// its credentials any more.
#[test]
fn credentials_that_nobody_can_open_are_in_nobodys_way() {
    let (_server, kalends, _) = two_accounts();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let broken =
        "UPDATE secrets SET sealed = zeroblob(length(sealed)) WHERE account <> zeroblob(16)";
    assert_eq!(file.execute(broken, []).unwrap(), 2);
    let shown = api.with(&key, "GET /v1/accounts/work", "").done();
    assert_eq!(shown["has_credentials"], false, "{shown}");
    let whose = json!({"user": "owner", "abandon": ["home", "work"]});
    assert_eq!(erase(&api, &key, &whose).done()["state"], "erased");
}

/// Catches an erasure that deletes rows while a provider still holds mirrors, and one that waits for
/// ever for a provider that is gone.
#[test]
fn what_cannot_be_reached_is_said_and_abandoned_where_somebody_says_so() {
    let (server, kalends) = with_canaries();
    assert!(server.sim().plan("*", "*", When::Always, "C40-503"));
    let (waiting, code) = kalends.json("erase --yes");
    assert_eq!((&waiting["state"], code), (&json!("waiting"), 3), "{waiting}");
    let home = waiting["waiting"].as_array().unwrap().iter().find(|one| one["account"] == "home");
    assert!(home.unwrap()["code"].is_string(), "{waiting}");
    assert!(kalends.done("account list").to_string().contains("home"), "nothing is deleted yet");
    let (said, code) = kalends.json("erase --yes --abandon nobody");
    assert_eq!((&said["error"]["code"], code), (&json!("not-found"), 2));
    let erased = kalends.done("erase --yes --abandon home --abandon work");
    let statement = erased["certificate"]["statement"].as_str().unwrap();
    assert!(statement.contains(r#""abandoned":true"#) && !statement.contains("home"));
    is_clean(&kalends);
}

/// Catches an erasure that a killed process leaves half-way: rows gone, and nobody says so.
#[test]
fn a_killed_erasure_is_brought_to_its_end() {
    let (server, mut kalends) = with_canaries();
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "erased".to_owned())];
    assert!(!kalends.run("erase --yes").status.success());
    kalends.extra.clear();
    assert_eq!(copies(&server), 0);
    let api = Api::start(&kalends, "--every 3600");
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let id: String = file.query_row("SELECT id FROM server_erasure", [], |row| row.get(0)).unwrap();
    drop(file);
    let certificate = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        let answer = api.ask(&format!("GET /certificates/{id}"), &[], "");
        (answer.status == 200).then_some(answer.json)
    });
    let statement = certificate.unwrap()["statement"].as_str().unwrap().to_owned();
    assert!(statement.contains(&id), "{statement}");
    is_clean(&kalends);
}

/// Catches a rotation that leaves something sealed under the old key, or a server that fails because
/// its key is no more.
#[test]
fn the_sealing_key_is_changed_while_the_server_runs() {
    let (server, mut kalends, work) = two_accounts();
    kalends.done("edge add --from work/work --to home");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let hook = api.with(&key, "POST /v1/webhooks", r#"{"url": "http://127.0.0.1:9/"}"#).done();
    api.ask("GET /certificates/key", &[], "").done();
    let bearer = format!("Bearer {key}");
    let once = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    let own = || api.ask("POST /v1/events", &once, r#"{"title": "x", "start": "2030-01-01"}"#);
    let made = own().done();
    settle(&api, &key);
    let file = kalends.path("data/kalends.key");
    let before = std::fs::read_to_string(&file).unwrap();
    // Killed half-way, both keys are there and all goes on.
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "key-added".to_owned())];
    assert!(!kalends.run("rotate-key").status.success());
    kalends.extra.clear();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
    settle(&api, &key);
    let done = kalends.done("rotate-key --reseal-only");
    assert!(done["resealed"].as_u64().unwrap() > 5, "{done}");
    let after = std::fs::read_to_string(&file).unwrap();
    assert!(after.lines().count() == 1 && after != before);
    let text = calendar(&[event("4@x", "E4", hours(81))]);
    server.sim().person(now_ms()).put(&work, "4.ics", &text).unwrap();
    settle(&api, &key);
    assert_eq!(copies(&server), 4);
    kalends.done("journal --verify");
    let listed = api.with(&key, "GET /v1/webhooks", "").done();
    assert_eq!(listed["webhooks"][0]["id"], hook["id"]);
    let again = own();
    assert_eq!((again.header("idempotency-replayed"), &again.json), (Some("true"), &made));
    drop(api);
    assert_eq!(kalends.done("sync")["settled"], true, "a new process opens everything");
}

/// Catches a doctor who finds everything well.
#[test]
fn the_doctor_says_what_is_wrong_and_ends_so() {
    let (server, kalends, _) = two_accounts();
    kalends.done("sync");
    let found = kalends.done("doctor");
    assert_eq!(found["state"], "good", "{found}");
    let state = |found: &Value, check: &str, of: &str| {
        let mut all = found["findings"].as_array().unwrap().iter();
        let one = all.find(|one| one["check"] == check && (of.is_empty() || one["of"] == of));
        one.unwrap_or_else(|| panic!("{check}: {found}"))["state"].as_str().unwrap().to_owned()
    };
    for (skew_ms, says) in [(3_600_000, "bad"), (-3_600_000, "bad"), (60_000, "good")] {
        server.sim().profile_mut().spelling.date_skew_ms = skew_ms;
        let (found, code) = kalends.json("doctor");
        assert_eq!(
            (state(&found, "clock", "owner"), code),
            (says.to_owned(), i32::from(says == "bad"))
        );
    }
    server.sim().set_password("alice", "another");
    let (found, code) = kalends.json("doctor");
    assert_eq!((state(&found, "account", "owner: work").as_str(), code), ("bad", 1), "{found}");
    assert_eq!(state(&found, "account", "owner: home"), "good");
    assert_eq!(kalends.json("doctor --offline").1, 0);
    std::fs::write(kalends.path("data/kalends.toml"), "[serve]\nlisten-on = 1\n").unwrap();
    let (found, code) = kalends.json("doctor --offline");
    assert_eq!((state(&found, "config", "").as_str(), code), ("bad", 1));
    assert!(!kalends.run("serve --listen 127.0.0.1:0").status.success(), "it does not start");
    std::fs::remove_file(kalends.path("data/kalends.toml")).unwrap();
    let key = kalends.path("data/kalends.key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let (found, code) = kalends.json("doctor --offline");
    assert_eq!((state(&found, "data", "").as_str(), code), ("bad", 1), "{found}");
}

/// Catches an order of settings that is another one than is promised.
#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let mut kalends = Kalends::new();
    let key = key(&kalends, "");
    std::fs::write(kalends.path("data/kalends.toml"), "[serve]\nrate = 7\n").unwrap();
    let policy = |kalends: &Kalends, flags: &str| {
        let api = Api::start(kalends, flags);
        let answer = api.with(&key, "GET /v1/accounts", "");
        answer.header("ratelimit-policy").unwrap().to_owned()
    };
    assert_eq!(policy(&kalends, ""), "\"key\";q=7;w=60");
    kalends.extra = vec![("KALENDS_RATE".to_owned(), "8".to_owned())];
    assert_eq!(policy(&kalends, ""), "\"key\";q=8;w=60");
    assert_eq!(policy(&kalends, "--rate 9"), "\"key\";q=9;w=60");
}

/// Catches a build with telemetry whose collector hears nothing of a sync or a request, and a title or a name
/// among what it hears.
#[cfg(feature = "otel")]
#[test]
fn a_collector_hears_of_syncs_and_requests() {
    let collector = support::receiver::Receiver::start(&[]);
    let (_server, mut kalends, _) = two_accounts();
    for (name, value) in
        [("EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("BSP_SCHEDULE_DELAY", "100")]
    {
        kalends.extra.push((format!("OTEL_{name}"), value.to_owned()));
    }
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let event = json!({"title": "canary-title", "start": "2030-01-01"});
    api.with(&key, "POST /v1/events", &event.to_string()).done();
    let all = collector.until(|all| {
        let said = |what: &str| all.iter().any(|one| one.body.contains(what));
        ["sync", "passes", "request", "/v1/events", "kalends"].into_iter().all(said)
    });
    assert!(all.iter().all(|one| one.header("content-type") == "application/x-protobuf"));
    assert!(!all.iter().any(|one| one.body.contains("canary-title")));
}
