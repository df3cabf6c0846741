//! `kalends serve` in a process of its own, before a CalDAV server.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::time::Duration;

use kalends_testkit::caldav_sim::{Profile, When};
use serde_json::{Value, json};
use support::api::{Api, key, settle};
use support::carrier::{Server, now_ms};
use support::{Kalends, calendar, event, hours, two_accounts, until};

/// The texts of bob's mirrors.
fn mirrors(server: &Server) -> Vec<String> {
    let sim = server.sim();
    let overlays = sim.calendars().into_iter().filter(|path| path.contains("/bob/kalends-"));
    overlays.flat_map(|path| sim.resources(&path).into_values()).collect()
}

/// Catches a route that does something else than the command of its name, and a server that
/// believes what it last wrote.
#[test]
fn an_edge_made_over_http_is_mirrored_and_a_tampered_mirror_is_mended() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private"), key(&kalends, ""));
    let made = api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#);
    assert_eq!(made.status, 201, "{made:?}");
    let edge = made.done()["edges"][0]["id"].as_str().unwrap().to_owned();
    settle(&api, &key);
    assert_eq!(mirrors(&server).iter().filter(|text| text.contains("SUMMARY:Busy")).count(), 3);
    {
        let mut sim = server.sim();
        let overlay = sim.calendars().into_iter().find(|path| path.contains("/bob/kalends-"));
        let overlay = overlay.unwrap();
        let (name, text) = sim.resources(&overlay).into_iter().next().unwrap();
        let tampered = text.replace("SUMMARY:Busy", "SUMMARY:Mine");
        sim.person(now_ms()).put(&overlay, &name, &tampered).unwrap();
    }
    settle(&api, &key);
    assert_eq!(mirrors(&server).iter().filter(|text| text.contains("SUMMARY:Busy")).count(), 3);
    let changed = r#"{"detail": "title", "filters": {"skip_keywords": ["E2"]}}"#;
    let shown = api.with(&key, &format!("PATCH /v1/edges/{edge}"), changed).done();
    assert_eq!((&shown["detail"], &shown["past_days"]), (&json!("title"), &json!(30)));
    assert_eq!(shown, kalends.done(&format!("edge show {edge}")));
    settle(&api, &key);
    assert_eq!(mirrors(&server).len(), 2, "one is left out now");
    let agenda = "GET /v1/occurrences?from=2020-01-01&to=2040-01-01&limit=2";
    let page = api.with(&key, agenda, "").done();
    assert_eq!(page["occurrences"].as_array().unwrap().len(), 2);
    let rest = format!("{agenda}&after={}", page["next"].as_str().unwrap());
    let page = api.with(&key, &rest, "").done();
    assert_eq!((page["occurrences"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    let event = page["occurrences"][0]["event"].as_str().unwrap();
    let why = api.with(&key, &format!("GET /v1/events/{event}/explain"), "").done();
    assert_eq!(why["mirrors"][0]["edge"], edge);
    let gone = api.with(&key, &format!("DELETE /v1/edges/{edge}"), "").done();
    assert_eq!(gone["edge"], edge);
    settle(&api, &key);
    assert_eq!(mirrors(&server), Vec::<String>::new());
}

/// Catches a loop that waits for its interval though something changed.
#[test]
fn a_new_edge_is_mirrored_without_being_asked_for() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    let open = |status: &Value| status["counts"]["mirrors"] != 3 || status["counts"]["open"] != 0;
    for _ in 0..500 {
        if !open(&api.with(&key, "GET /v1/status", "").done()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(60));
    }
    assert_eq!(mirrors(&server).len(), 3);
}

/// Catches loops that wait for each other: one user's provider that answers nothing, and what another
/// user changes meanwhile.
#[test]
fn nobody_waits_for_anothers_calendars() {
    let (slow, kalends, _) = two_accounts();
    let quick = Server::start(Profile::radicale());
    let work = {
        let mut sim = quick.sim();
        sim.add_user("carol", "secret");
        sim.add_calendar("carol", "home");
        sim.add_calendar("carol", "work")
    };
    let text = calendar(&[event("one@x", "One", hours(30))]);
    quick.sim().person(now_ms()).put(&work, "one.ics", &text).unwrap();
    kalends.done("user add carol");
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let (owner, carol) = (key(&kalends, ""), key(&kalends, "--user carol"));
    settle(&api, &owner);
    let account = json!({"provider": "caldav", "name": "c", "url": quick.url, "user": "carol",
        "password": "secret"});
    api.with(&carol, "POST /v1/accounts", &account.to_string()).done();
    settle(&api, &carol);
    let asked = slow.asked();
    // As long as this is held, the owner's calendars answer nothing.
    let held = slow.sim();
    api.with(&owner, "POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#).done();
    until("the owner's calendars are asked", || slow.asked() > asked);
    let before = quick.sim().log().len();
    api.with(&carol, "POST /v1/edges", r#"{"from": "c/work", "to": "c/home"}"#).done();
    let is_written = || {
        let sim = quick.sim();
        sim.log()[before..].iter().any(|one| one.request.method == "PUT")
    };
    until("carol's copy is written", is_written);
    assert_eq!(held.calendars().iter().filter(|path| path.contains("kalends-")).count(), 0);
    drop(held);
    settle(&api, &owner);
    assert_eq!(mirrors(&slow).len(), 3);
}

/// Catches a change of which nothing tells that is found after a week, whatever was asked for (flow D).
#[test]
fn what_nothing_tells_of_is_found_by_comparing_all_as_often_as_is_said() {
    let (server, kalends, work) = two_accounts();
    kalends.done("edge add --from work/work --to home --detail title");
    // Nothing that a look at the calendar shows moves any more.
    assert!(server.sim().plan("*", "*", When::Always, "C24-frozen"));
    let _api = Api::start(&kalends, "--allow-private --every 5 --compare 5");
    until("all is mirrored", || mirrors(&server).len() == 3);
    let text = calendar(&[event("4@x", "Untold", hours(33))]);
    server.sim().person(now_ms()).put(&work, "4.ics", &text).unwrap();
    let is_found = || mirrors(&server).iter().any(|text| text.contains("SUMMARY:Untold"));
    until("it is found", is_found);
}

/// Catches a time that is told to be free though it is taken, and one of another day.
#[test]
fn times_that_are_taken_are_told() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let day = |days: i64| hours(24 * days).to_string()[..10].to_owned();
    let span = format!("GET /v1/freebusy?from={}&to={}", day(0), day(3));
    let busy = api.with(&key, &span, "").done();
    let taken = |n: i64| {
        let [start, end] = [9, 10].map(|hour| hours(24 * n + hour).to_string());
        json!({"start": start, "end": end})
    };
    assert_eq!(busy["busy"], json!([taken(1), taken(2)]));
}

/// Catches a change that is made over one that its sender never saw, and a page of the journal that
/// does not say where the next begins.
#[test]
fn an_edge_and_the_settings_are_changed_only_as_they_were_read() {
    let (_server, kalends, _) = two_accounts();
    let made = kalends.done("edge add --from work/work --to home");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let edge = made["edges"][0]["id"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {key}");
    let patch = |at: &str, etag: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), ("If-Match", etag)];
        api.ask(&format!("PATCH {at}"), &headers, body)
    };
    for (at, first, second, code) in [
        (format!("/v1/edges/{edge}"), r#"{"detail": "title"}"#, r#"{"detail": "full"}"#, "edge"),
        (
            "/v1/settings".to_owned(),
            r#"{"detail_max": "title"}"#,
            r#"{"people": false}"#,
            "settings",
        ),
    ] {
        let read = api.with(&key, &format!("GET {at}"), "");
        let etag = read.header("etag").unwrap().to_owned();
        let changed = patch(&at, &etag, first);
        let new = changed.header("etag").unwrap().to_owned();
        assert!(changed.status == 200 && new != etag, "{changed:?}");
        let stale = format!("{code}.changed-since");
        assert_eq!(patch(&at, &etag, second).problem(), (412, stale.as_str()));
        let now = api.with(&key, &format!("GET {at}"), "");
        assert_eq!((now.header("etag"), &now.json), (Some(&*new), &changed.json));
        assert_eq!(patch(&at, "*", second).status, 200);
        assert_eq!(patch(&at, "unquoted", second).problem(), (400, "request"));
    }
    let journal = api.with(&key, "GET /v1/journal", "").done();
    assert_eq!(journal["next"], Value::Null, "it is one page");
    let first = kalends.done("journal --limit 1");
    let behind = kalends.done(&format!("journal --after {}", first["next"]));
    let whole = journal["entries"].as_array().unwrap();
    assert_eq!((&first["entries"][0], &behind["entries"][0]), (&whole[0], &whole[1]));
}

/// Catches a key that goes on after it was ended, and a list of keys that tells them.
#[test]
fn a_revoked_key_opens_nothing_and_no_key_is_kept() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, ""), key(&kalends, ""));
    api.with(&key, "GET /v1/accounts", "").done();
    let listed = kalends.done("key list");
    assert!(!listed.to_string().contains(&key[4..]));
    let file = std::fs::read(kalends.path("data/kalends.sqlite")).unwrap();
    assert!(!file.windows(key.len()).any(|bytes| bytes == key.as_bytes()));
    let id = listed["keys"][0]["id"].as_str().unwrap();
    kalends.done(&format!("key revoke {id}"));
    assert_eq!(api.with(&key, "GET /v1/accounts", "").problem(), (401, "key.unknown"));
}

/// Catches a write that is done again because its answer was lost.
#[test]
fn a_request_that_comes_again_is_done_once() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private"), key(&kalends, ""));
    let bearer = format!("Bearer {key}");
    let ask = |line: &str, body: &str| {
        api.ask(line, &[("Authorization", &bearer), ("Idempotency-Key", "one")], body)
    };
    let first = ask("POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    let again = ask("POST /v1/edges", r#"{"from": "work/work", "to": "home"}"#);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(first.json, again.json);
    let other = ask("POST /v1/edges", r#"{"from": "home/desk", "to": "work"}"#);
    assert_eq!(other.problem(), (422, "idempotency.reused"));
    let edges = api.with(&key, "GET /v1/edges", "").done();
    assert_eq!(edges["edges"].as_array().unwrap().len(), 1);
}

/// Catches a failure of a provider's that is answered for a day although it was over in a moment.
#[test]
fn a_request_that_failed_elsewhere_is_done_when_it_comes_again() {
    let (server, kalends, _) = two_accounts();
    server.sim().add_user("carol", "secret");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    let account = json!({
        "provider": "caldav", "name": "c", "url": server.url, "user": "carol", "password": "secret"
    });
    assert!(server.sim().plan("*", "*", When::Always, "C40-503"));
    let failed = api.ask("POST /v1/accounts", &headers, &account.to_string());
    assert_eq!(failed.status, 422, "{failed:?}");
    server.sim().faults_mut().clear();
    let again = api.ask("POST /v1/accounts", &headers, &account.to_string());
    assert_eq!(again.status, 201, "{again:?}");
}

/// Catches a request that is lost half-way because whoever sent it went away.
#[test]
fn a_request_whose_sender_goes_away_is_done_and_answered_when_it_comes_again() {
    let (server, kalends, _) = two_accounts();
    let flags = "--allow-private --every 3600";
    let (api, key) = (Api::start(&kalends, flags), key(&kalends, ""));
    settle(&api, &key);
    let bearer = format!("Bearer {key}");
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    let asked = server.asked();
    {
        // While this is held, the calendars do not answer.
        let _sim = server.sim();
        let under_way = || until("it is under way", || server.asked() > asked);
        api.hang_up("POST /v1/runs", &headers, under_way);
    }
    let mut again = api.ask("POST /v1/runs", &headers, "");
    for _ in 0..100 {
        if again.status != 409 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        again = api.ask("POST /v1/runs", &headers, "");
    }
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
}

/// Catches a server that reaches into its own network for whoever holds a key.
#[test]
fn private_addresses_and_files_are_not_for_those_who_send_them() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    let kalends = Kalends::new();
    std::fs::write(kalends.path("rota.ics"), calendar(&[])).unwrap();
    let file = format!("file://{}", kalends.path("rota.ics").display());
    let (api, key) = (Api::start(&kalends, ""), key(&kalends, ""));
    for url in [server.url.as_str(), "http://localhost:80/", "http://[::1]/", &file] {
        let caldav = json!({
            "provider": "caldav", "name": "x", "url": url, "user": "alice", "password": "secret"
        });
        let feed = json!({"provider": "feed", "name": "x", "url": url});
        for body in [caldav, feed] {
            let answer = api.with(&key, "POST /v1/accounts", &body.to_string());
            assert_eq!(answer.problem().0, 422, "{url}: {answer:?}");
        }
    }
    for url in [format!("{}/x.ics", server.url), "http://[::1]/x.ics".to_owned(), file] {
        let wish = json!({"length": "1h", "with": [url]});
        let answer = api.with(&key, "POST /v1/proposals", &wish.to_string()).done();
        assert_eq!(answer["unknown"][0]["of"], url, "{answer}");
    }
    assert_eq!(server.sim().log().len(), 0, "nothing was sent");
    assert_eq!(api.with(&key, "GET /v1/accounts", "").done(), json!({"accounts": []}));
}

/// Catches requests that make no sense and are answered as failures of the server, or with
/// something else than a problem that says what to do.
#[test]
fn what_makes_no_sense_is_a_problem_with_a_code() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, ""), key(&kalends, ""));
    let wrong = [
        ("GET /v1/nothing", "", (404, "not-found")),
        ("GET /v1/accounts/nobody", "", (404, "not-found")),
        ("GET /v1/edges/pol_x", "", (404, "not-found")),
        ("PUT /v1/accounts", "{}", (405, "request")),
        ("POST /v1/edges", "{", (400, "request")),
        ("POST /v1/edges", r#"{"from": 1, "to": "x"}"#, (422, "request")),
        ("POST /v1/edges", r#"{"from": "a/b", "to": "x", "level": "busy"}"#, (422, "request")),
        ("GET /v1/freebusy?from=2026-01-01", "", (400, "request")),
        ("GET /v1/freebusy?from=2026-01-02&to=2026-01-01", "", (422, "usage")),
        ("GET /v1/freebusy?from=0001-01-01&to=9999-12-31", "", (422, "usage")),
        ("GET /v1/occurrences?from=0001-01-01&to=9999-12-31", "", (422, "usage")),
        ("GET /v1/occurrences?from=2026-01-01&to=2026-01-02&limit=0", "", (422, "usage")),
        ("GET /v1/occurrences?from=2026-01-01&to=2026-01-02&after=x", "", (422, "usage")),
        ("POST /v1/runs/run_x/undo", "", (422, "usage")),
    ];
    for (line, body, said) in wrong {
        assert_eq!(api.with(&key, line, body).problem(), said, "{line}");
    }
}

/// Catches users and keys that anybody makes, a page that leaves somebody out, and a graph that two
/// users share.
#[test]
fn an_admin_adds_users_by_bundle_too_and_makes_and_ends_keys() {
    let kalends = Kalends::new();
    let (api, admin) = (Api::start(&kalends, "--every 3600"), key(&kalends, "--scope admin"));
    let other = Kalends::new();
    other.done("event add --title x --start 2030-01-01");
    other.done("bundle export graph.json");
    let bundle = std::fs::read_to_string(other.path("graph.json")).unwrap();
    let bundle: Value = serde_json::from_str(&bundle).unwrap();
    let add = |body: Value| api.with(&admin, "POST /v1/users", &body.to_string());
    let made = add(json!({"name": "moved", "bundle": bundle}));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.done()["graph"], other.done("status")["graph"]);
    assert_eq!(add(json!({"name": "thief", "bundle": bundle})).problem(), (422, "usage"));
    assert_eq!(add(json!({"name": "x", "bundle": {}})).problem(), (422, "bundle"));
    assert_eq!(add(json!({"name": "moved"})).problem(), (422, "usage"));
    for name in ["alice", "bob"] {
        assert_eq!(add(json!({ "name": name })).status, 201);
    }
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.with(&admin, &format!("GET /v1/users?limit=2{after}"), "").done();
        let users = page["users"].as_array().unwrap().clone();
        names.extend(users.iter().map(|user| user["user"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(names, ["alice", "bob", "moved", "owner"]);
    let new = json!({"user": "alice", "name": "hers", "scopes": ["read"]}).to_string();
    let hers = api.with(&admin, "POST /v1/keys", &new).done();
    let (id, text) = (hers["id"].as_str().unwrap(), hers["key"].as_str().unwrap());
    api.with(text, "GET /v1/accounts", "").done();
    assert_eq!(api.with(&admin, "GET /v1/accounts", "").problem(), (403, "key.scope"));
    let listed = api.with(&admin, "GET /v1/keys", "").done();
    let listed = listed["keys"].as_array().unwrap().iter().find(|one| one["id"] == *id).unwrap();
    assert!(listed["used"].is_string() && !listed.to_string().contains(text));
    api.with(&admin, &format!("DELETE /v1/keys/{id}"), "").done();
    assert_eq!(api.with(text, "GET /v1/accounts", "").problem(), (401, "key.unknown"));
    let again = api.with(&admin, &format!("DELETE /v1/keys/{id}"), "");
    assert_eq!(again.problem(), (404, "not-found"));
}

/// Catches text of a form, an address or a header that ends a header of the answer and begins another, a cookie
/// of somebody else's say, or ends the answer.
#[test]
fn no_text_begins_a_header_of_its_own() {
    const ENDS: &str = "x%0D%0AX-Injected:%20yes%0D%0A%0D%0Abody";
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let cookie = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let signed_in = [("Cookie", cookie.as_str())];
    let token = api.ask("GET /page", &signed_in, "").token();
    let post = |path: &str, form: &str| api.form(path, &signed_in, form);
    let mut answers = vec![
        api.form("/page/sign-in", &[], &format!("key={ENDS}")),
        api.ask("GET /v1/changes", &[("Last-Event-ID", "1\tX-Injected: yes")], ""),
    ];
    for (path, fields) in [
        ("accounts", "kind=feed&url=http://127.0.0.1/&user=&password=&name="),
        ("accounts/remove", "abandon=true&name="),
        ("calendars", "on=true&calendar="),
        ("connect", "kind=google&name="),
        ("edges", "edge=&detail=busy&to=own/main&from="),
        ("feeds", "detail=busy&name="),
        ("feeds/remove", "feed="),
        ("held", "approve=true&count=1&calendar="),
        ("parked", "part="),
        ("reconnect", "name="),
        ("undo", "run="),
    ] {
        answers.push(post(&format!("/page/{path}"), &format!("token={token}&{fields}{ENDS}")));
    }
    let edge = format!(
        "token={token}&title=&past_days=1&future_days=1&only_keywords=&skip_keywords=&\
         on_edit=detach&on_delete=restore&on_conflict=origin"
    );
    answers.push(post(&format!("/page/edges/{ENDS}"), &edge));
    for path in ["page?notice=", "page/enter/", "page/events/", "page/edges/", "feeds/"] {
        answers.push(api.ask(&format!("GET /{path}{ENDS}"), &signed_in, ""));
    }
    for path in ["accounts", "edges", "events", "feeds", "journal?after=", "meetings", "webhooks"] {
        answers.push(api.with(&key, &format!("GET /v1/{path}/{ENDS}"), ""));
    }
    for answer in answers {
        assert!((200..500).contains(&answer.status), "{answer:?}");
        assert!(answer.header("x-injected").is_none(), "{answer:?}");
    }
}
