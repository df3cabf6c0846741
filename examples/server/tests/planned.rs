//! Routes about time over `kalends serve`: each says what the command of its name says.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends_testkit::caldav_sim::When;
use kalends_testkit::google_sim::Role;
use serde_json::{Value, json};
use support::api::{Answer, Api, key, settle, value};
use support::carrier::now_ms;
use support::signing::{ANN, BOB, google};
use support::{hours, two_accounts, until};

/// The day so many days from now.
fn day(days: i64) -> String {
    hours(24 * days).to_string()[..10].to_owned()
}

/// Catches writes that are given up and that nobody hears of over HTTP, or can have tried again there,
/// and a count of what waits that stands still.
#[test]
fn what_is_parked_is_listed_counted_and_tried_again() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let counts = support::api::key(&kalends, "--scope metrics");
    settle(&api, &key);
    let count = |name: &str| {
        let metrics = api.with(&counts, "GET /metrics", "").text;
        value(&metrics, &format!("kalends_{name}"))
    };
    assert!(server.sim().plan("PUT", "*bob*", When::Always, "C8-403"));
    let edge = r#"{"from": "work/work", "to": "home/desk"}"#;
    api.with(&key, "POST /v1/edges", edge).done();
    until("all is parked", || count("writes_parked") == 3.0);
    let listed = || api.with(&key, "GET /v1/parked", "").done()["parked"].clone();
    let parked = listed();
    assert_eq!(parked.as_array().unwrap().len(), 3, "{parked}");
    let mut pages = vec![api.with(&key, "GET /v1/parked?limit=2", "").done()];
    while let Some(next) = pages.last().and_then(|page| page["next"].as_str()).map(str::to_owned) {
        let line = format!("GET /v1/parked?limit=2&after={next}");
        pages.push(api.with(&key, &line, "").done());
    }
    let paged = pages.iter().flat_map(|page| page["parked"].as_array().unwrap().clone());
    assert_eq!((pages.len(), json!(paged.collect::<Vec<_>>())), (2, parked.clone()));
    server.sim().faults_mut().clear();
    let one = json!({"part": parked[0]["part"]});
    let tried = api.with(&key, "POST /v1/parked/retry", &one.to_string()).done();
    assert_eq!(tried["retried"], json!([parked[0]["part"]]));
    until("it is written", || server.sim().resources("/bob/desk/").len() == 1);
    let all = api.with(&key, "POST /v1/parked/retry", "{}").done();
    assert_eq!(all["retried"].as_array().unwrap().len(), 2, "{all}");
    until("all are written", || server.sim().resources("/bob/desk/").len() == 3);
    until("nothing is parked", || listed() == json!([]) && count("writes_parked") == 0.0);
}

/// Catches a count of the work that waits which stands still.
#[test]
fn what_waits_is_counted() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let counts = support::api::key(&kalends, "--scope metrics");
    settle(&api, &key);
    let depth = || value(&api.with(&counts, "GET /metrics", "").text, "kalends_queue_depth");
    until("nothing waits", || depth() == 0.0);
    assert!(server.sim().plan("PUT", "*bob*", When::Always, "C40-503"));
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home/desk"}"#).done();
    until("what is not written waits", || depth() > 0.0);
}

/// Catches a route that decides for itself what the command decides, and one that forgets a field.
#[test]
fn what_is_said_over_http_is_what_the_command_line_says() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let post = |path: &str, body: Value| {
        let made = api.with(&key, &format!("POST /v1/{path}"), &body.to_string());
        assert_eq!(made.status, 201, "{path} {body}: {made:?}");
        made.done()
    };
    post("rules", json!({"kind": "home", "zone": "Europe/Berlin"}));
    post("rules", json!({"kind": "hours", "days": "mon-fri", "time": "09:00-17:30"}));
    post("rules", json!({"kind": "buffers", "before": "10m", "after": "5m"}));
    let trip = json!({"kind": "trip", "zone": "Asia/Tokyo", "from": day(20), "to": day(22)});
    let trip = post("rules", trip);
    post("rules", json!({"kind": "vip", "who": "boss@x", "waive": ["outside-hours"]}));
    let hold = post("holds", json!({"at": format!("{}T23:00", day(15)), "length": "1h"}));
    let get = |path: &str| api.with(&key, &format!("GET /v1/{path}"), "").done();
    // What is now cuts a stretch: it lies before.
    let span = format!("from={}&to={}", day(2), day(9));
    let flags = format!("--from {} --to {}", day(2), day(9));
    for (path, line) in [
        ("rules".to_owned(), "rule list".to_owned()),
        ("holds".to_owned(), "hold list".to_owned()),
        (format!("availability?{span}"), format!("availability {flags}")),
        (
            format!("availability?{span}&caller=boss@x&zone=UTC"),
            format!("availability {flags} --caller boss@x --zone UTC"),
        ),
        (format!("availability/public?{span}"), format!("availability {flags} --public")),
        ("budget?every=60&changes=7".to_owned(), "budget --every 60 --changes 7".to_owned()),
        ("runs".to_owned(), "runs".to_owned()),
    ] {
        assert_eq!(get(&path), kalends.done(&line), "{path}");
    }
    let runs = get("runs")["runs"].clone();
    assert_eq!(
        (&runs[0]["undoable"], &runs[0]["happened"][0]["cause"]),
        (&json!(true), &json!("authored"))
    );
    let run = runs[0]["run"].as_str().unwrap();
    assert!(
        get(&format!("journal?run={run}")).to_string().contains(hold["event"].as_str().unwrap())
    );
    let wish = json!({"length": "45m", "from": day(2), "to": day(9), "count": 3, "grid": 30});
    let found = api.with(&key, "POST /v1/proposals", &wish.to_string()).done();
    let line = format!("propose --length 45m {flags} --count 3 --grid 30");
    assert_eq!(found, kalends.done(&line));
    assert_eq!(found["proposals"].as_array().unwrap().len(), 3);
    let own = json!({"of": "you", "zone": null, "days": 31, "from_minute": 540, "to_minute": 1050});
    assert_eq!(found["working_hours"], json!([own]));
    let id = hold["id"].as_str().unwrap();
    let longer = api.with(&key, &format!("PATCH /v1/holds/{id}"), r#"{"expires": "3d"}"#).done();
    assert!(longer["expires"].as_str() > hold["expires"].as_str(), "{longer}");
    api.with(&key, &format!("POST /v1/holds/{id}/convert"), "{}").done();
    assert_eq!(get("holds"), json!({"holds": []}));
    let trip = trip["id"].as_str().unwrap();
    api.with(&key, &format!("DELETE /v1/rules/{trip}"), "").done();
    let kinds: Vec<_> =
        get("rules")["rules"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["buffers", "home", "hours", "vip"]);
}

/// Catches a step of a session that is not the one of its name.
#[test]
fn a_session_goes_from_its_candidates_to_an_event() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let open = json!({"length": "1h", "from": day(1), "to": day(5), "title": "Planning"});
    let opened = api.with(&key, "POST /v1/sessions", &open.to_string()).done();
    let id = opened["id"].as_str().unwrap().to_owned();
    let at = |step: &str| format!("/v1/sessions/{id}{step}");
    assert_eq!(api.with(&key, &format!("GET {}", at("")), "").done(), opened);
    // The same search with its id is the same; another one is refused, whatever differs.
    let reused = |field: &str, value: Value| {
        let mut body = open.clone();
        body["id"] = json!(id);
        body[field] = value;
        api.with(&key, "POST /v1/sessions", &body.to_string())
    };
    assert_eq!(reused("grid", json!(15)).done(), opened);
    let stranger = json!(["gph_01J9Z3NDEKTSV4RRFFQ69G5FAV"]);
    for (field, value) in [
        ("length", json!("2h")),
        ("from", json!(day(2))),
        ("to", json!(day(4))),
        ("grid", json!(60)),
        ("title", json!("Another")),
        ("with", stranger),
    ] {
        assert_eq!(reused(field, value).problem(), (422, "session.another"), "{field}");
    }
    assert_eq!(api.with(&key, &format!("GET {}", at("")), "").done(), opened, "nothing changed");
    let commit = format!("POST {}", at("/commit"));
    assert_eq!(api.with(&key, &commit, "").problem(), (422, "session.not-then"));
    let held = api.with(&key, &format!("POST {}", at("/hold")), "{}").done();
    assert!(held["hold"].is_string(), "{held}");
    let done = api.with(&key, &commit, "").done();
    assert_eq!(done["state"], "committed");
    let span = format!("GET /v1/occurrences?from={}&to={}", day(1), day(6));
    assert!(api.with(&key, &span, "").text.contains("Planning"));
    let cancelled = api.with(&key, &format!("DELETE {}", at("")), "").done();
    assert_eq!(cancelled["state"], "cancelled");
    assert!(!api.with(&key, &span, "").text.contains("Planning"));
}

/// Catches a setting that is told and not heeded, and an export that leaves events out.
#[test]
fn settings_bound_every_edge_and_events_are_taken_away() {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home/desk --detail title");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let titles = || {
        let texts = server.sim().resources("/bob/desk/").into_values();
        texts.filter(|text| text.contains("SUMMARY:E")).count()
    };
    assert_eq!(titles(), 3);
    let change = r#"{"detail_max": "busy", "home": "Asia/Tokyo"}"#;
    let set = api.with(&key, "PATCH /v1/settings", change).done();
    assert_eq!(
        (&set["person"]["detail_max"], &set["home"]),
        (&json!("busy"), &json!("Asia/Tokyo"))
    );
    assert_eq!(set, api.with(&key, "GET /v1/settings", "").done());
    settle(&api, &key);
    assert_eq!(titles(), 0, "what is above the ceiling is cleared");
    let wrong = api.with(&key, "PATCH /v1/settings", r#"{"home": "Mars/Base"}"#);
    assert_eq!(wrong.problem(), (422, "usage"));
    let export = api.with(&key, "GET /v1/export", "");
    assert_eq!(export.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert_eq!(export.text.matches("BEGIN:VEVENT").count(), 3, "{}", export.text);
    let bundle = api.with(&key, "GET /v1/bundle", "").done();
    assert_eq!(bundle["graph"], kalends.done("status")["graph"]);
}

/// Catches a server that reads all events for each question about one person, and one that answers
/// from before a change: what is made is taken in the very next answer, here and beside the server.
#[test]
fn who_is_asked_for_often_is_answered_ahead_and_never_from_before_a_change() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let counts = support::api::key(&kalends, "--scope metrics");
    settle(&api, &key);
    let ahead = || {
        let metrics = api.with(&counts, "GET /metrics", "").text;
        let line = metrics.lines().find_map(|line| {
            line.strip_prefix("kalends_free_times_total{from=\"ahead\"} ").map(str::to_owned)
        });
        line.unwrap_or_else(|| panic!("{metrics}")).parse::<u64>().unwrap()
    };
    let is_free = |hour: i64| {
        let (from, to) = (hours(24 + hour), hours(25 + hour));
        let said = api.with(&key, &format!("GET /v1/availability?from={from}&to={to}"), "").done();
        said["stretches"][0]["why"] == json!([])
    };
    let answered_ahead = || {
        let before = ahead();
        let asked = (0..600).any(|_| {
            let asked = is_free(20) && ahead() > before;
            std::thread::sleep(std::time::Duration::from_millis(50));
            asked
        });
        assert!(asked, "it is never worked out ahead");
    };
    answered_ahead();
    assert!(is_free(12));
    let event =
        json!({"title": "Lunch", "start": hours(36).to_string(), "end": hours(37).to_string()});
    assert_eq!(api.with(&key, "POST /v1/events", &event.to_string()).status, 201);
    assert!(!is_free(12), "it is taken since");
    answered_ahead();
    assert!(is_free(14));
    kalends.done(&format!("hold add --at {} --length 1h", hours(38)));
    assert!(!is_free(14), "another process holds it");
    answered_ahead();
}

/// Catches a server that asks a provider again for each of those who want to know the same.
#[test]
fn many_who_want_to_know_the_same_of_others_cost_one_call() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let desk = server.sim().calendars().into_iter().find(|path| path.contains("desk")).unwrap();
    let wish = json!({
        "length": "1h", "from": day(1), "to": day(2), "with": [desk],
        "via": "home",
    });
    let ask = || api.with(&key, "POST /v1/proposals", &wish.to_string()).done();
    let questions = || {
        let asks = |body: &[u8]| String::from_utf8_lossy(body).contains("free-busy-query");
        server.sim().log().iter().filter(|one| asks(&one.request.body)).count()
    };
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(ask()["unknown"], json!([])));
        }
    });
    assert_eq!(questions(), 1, "they wait for the first one's answer");
    ask();
    assert_eq!(questions(), 1, "it is known");
}

/// The five tasks that Huddle sends to its calendar worker, by their names there, each twice as a
/// queue may deliver it. Catches a task that is done again, one that has no route, a refresh that is
/// not asked for at the provider, and one that tells a token.
#[tokio::test(flavor = "multi_thread")]
async fn each_task_of_a_calendar_worker_is_done_once_though_it_comes_twice() {
    let (served, kalends) = google().await;
    let granted = served.sim().grant(BOB, "program", &[], now_ms());
    let file = json!({
        "refresh_token": granted.refresh, "client_id": "program", "client_secret": "hush",
        "type": "authorized_user",
    });
    std::fs::write(kalends.path("bob"), file.to_string()).unwrap();
    kalends.done("account add google --name bob --token-file bob");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let bearer = format!("Bearer {key}");
    let twice = |task: &str, line: &str, body: Value| -> Value {
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", task)];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let sent: [Answer; 2] = [(); 2].map(|()| api.ask(line, &headers, &body));
        assert!((200..300).contains(&sent[0].status), "{task}: {:?}", sent[0]);
        assert_eq!((sent[0].status, &sent[0].text), (sent[1].status, &sent[1].text), "{task}");
        let replayed = (!line.starts_with("GET")).then_some("true");
        assert_eq!(sent[1].header("idempotency-replayed"), replayed, "{task}");
        sent[0].json.clone()
    };
    let tokens = || {
        let sim = served.sim();
        sim.log().iter().filter(|one| one.request.path().ends_with("/token")).count()
    };
    let titles = || {
        settle(&api, &key);
        let sim = served.sim();
        let overlay = sim.calendars().into_iter().find(|id| id != ANN && id != BOB).unwrap();
        let events = sim.events(&overlay).into_iter();
        let events = events.map(|id| sim.held(&overlay, &id).unwrap().event);
        events.map(|event| format!("{} {}", event["summary"], event["status"])).collect::<Vec<_>>()
    };
    let (before, refresh) = (tokens(), "POST /v1/accounts/bob/refresh");
    let told = twice("refresh-token", refresh, Value::Null);
    assert_eq!((&told["state"], tokens() - before), (&json!("ok"), 1), "{told}");
    assert_eq!(support::fields(&told), ["account", "code", "expires", "state"]);
    let (from, to) = (day(3), day(4));
    let week = twice(
        "check-availability",
        &format!("GET /v1/availability?from={from}&to={to}"),
        Value::Null,
    );
    assert!(week["stretches"].is_array() && week["working_hours"].is_array(), "{week}");
    let event = json!({"title": "Talk", "start": format!("{from}T09:00")});
    twice("create-event", "POST /v1/events", event);
    let edge = json!({"from": "own/main", "to": "bob", "options": {"detail": "title"}});
    api.with(&key, "POST /v1/edges", &edge.to_string()).done();
    assert_eq!(titles(), [r#""Talk" null"#]);
    let hold = json!({"at": format!("{from}T11:00"), "length": "1h", "title": "Perhaps"});
    let hold = twice("place-hold", "POST /v1/holds", hold);
    let mut both = titles();
    both.sort();
    assert_eq!(both, [r#""Perhaps" "tentative""#, r#""Talk" null"#]);
    let line = format!("DELETE /v1/holds/{}", hold["id"].as_str().unwrap());
    twice("cancel-hold", &line, Value::Null);
    assert_eq!(titles(), [r#""Talk" null"#]);
    // What may pass is no answer: the same key does it later.
    assert!(served.sim().plan("POST", "*/token", When::Nth(1), "F3-503"));
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "later")];
    assert_eq!(api.ask(refresh, &headers, "").problem(), (503, "provider.not-now"));
    assert_eq!(api.ask(refresh, &headers, "").done()["state"], "ok");
    served.sim().person(BOB, now_ms()).revoke("program");
    let told = twice("refresh-token of a revoked grant", refresh, Value::Null);
    assert_eq!(told["state"], "sign-in", "{told}");
    let ann = served.sim().grant(ANN, "program", &[], now_ms());
    std::fs::write(kalends.path("ann"), format!("{}\n", ann.access)).unwrap();
    kalends.done("account add google --name ann --token-file ann");
    let bare = api.with(&key, "POST /v1/accounts/ann/refresh", "");
    assert_eq!(bare.problem(), (422, "account.nothing-to-refresh"));
}

/// Catches a host in turn who is always the same: the one who was asked is asked again although others
/// are as free, an event that does not count, and a turn that stays though its meeting was called off.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_one_of_three_takes_turns_with_the_others() {
    let (served, kalends) = google().await;
    let group = [ANN, "carl@example.com", "dana@example.com"];
    {
        let mut sim = served.sim();
        group[1..].iter().for_each(|who| assert!(sim.add_user(who, "UTC")));
        group.iter().for_each(|who| sim.share(who, BOB, Some(Role::FreeBusyReader)));
    }
    let granted = served.sim().grant(BOB, "program", &[], now_ms());
    std::fs::write(kalends.path("bob"), format!("{}\n", granted.access)).unwrap();
    kalends.done("account add google --name bob --token-file bob");
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let wish = json!({"length": "1h", "from": day(1), "to": day(2), "one_of": group, "via": "bob"});
    let best = || {
        let found = api.with(&key, "POST /v1/proposals", &wish.to_string()).done();
        let best = &found["proposals"][0];
        let who = best["who"][1].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
        (who, best["meetings"][0]["start"].clone())
    };
    let mut asked = Vec::new();
    for _ in 0..6 {
        let (who, start) = best();
        let event = json!({"title": "Chat", "start": start, "attendees": [{"email": who}]});
        let made = api.with(&key, "POST /v1/events", &event.to_string()).done();
        asked.push((
            who,
            made["event"]["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned(),
        ));
    }
    for who in group {
        let times = asked.iter().filter(|(one, _)| one == who).count();
        assert_eq!(times, 2, "{who} of {asked:?}");
    }
    let (last, event) = asked.pop().unwrap();
    api.with(&key, &format!("DELETE /v1/events/{event}"), "").done();
    assert_eq!(best().0, last, "their turn did not come");
}
