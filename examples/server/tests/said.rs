//! What is said to people and programs: on the command line, over REST and at the page.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use kalends_testkit::caldav_sim::When;
use serde_json::json;
use support::api::{Api, key};
use support::{Kalends, calendar, event, hours, two_accounts};

fn text(kalends: &Kalends, line: &str) -> String {
    let output = kalends.run(line);
    let all = [output.stdout, output.stderr].concat();
    String::from_utf8(all).unwrap()
}

/// A file with a rule that gives an instance each second, as a feed.
fn secondly() -> Kalends {
    let kalends = Kalends::new();
    let bomb = event("bomb@x", "Tick", hours(33))
        .replace("SUMMARY", "RRULE:FREQ=SECONDLY;COUNT=5000\r\nSUMMARY");
    std::fs::write(kalends.path("team.ics"), calendar(&[bomb])).unwrap();
    kalends.done("account add feed --name team --file team.ics");
    kalends.done("sync");
    kalends
}

/// Catches a rule of a few letters that fills a screen, or a pipe, for minutes.
#[test]
fn a_list_of_events_has_an_end_and_says_how_to_go_on() {
    let kalends = secondly();
    let day = |days: i64| hours(24 * days).to_string()[..10].to_owned();
    let line = format!("events --from {} --to {}", day(1), day(4));
    let first = kalends.done(&line);
    assert_eq!(first["occurrences"].as_array().unwrap().len(), 1_000);
    let next = first["next"].as_str().unwrap();
    let shown = text(&kalends, &line);
    assert!(shown.contains(&format!("the first 1000: go on with --after {next}")), "{shown}");
    let second = kalends.done(&format!("{line} --after {next}"));
    assert_eq!(second["occurrences"].as_array().unwrap().len(), 1_000);
    assert_ne!(second["occurrences"][0], first["occurrences"][0]);
    let written = text(&kalends, "export --ics -");
    assert!(written.starts_with("BEGIN:VCALENDAR") && written.contains("SUMMARY:Tick"));
    assert!(written.trim_end().ends_with("END:VCALENDAR"), "{written}");
    assert!(!kalends.path("-").exists());
}

/// Catches JSON for people, ids where a name was given, and a number below zero that is taken for a flag.
#[test]
fn people_are_answered_in_their_words() {
    let (_server, kalends, _) = two_accounts();
    let made = kalends.done("edge add --from work/work --to home --detail title");
    let id = made["edges"][0]["id"].as_str().unwrap();
    for line in [format!("edge show {id}"), format!("edge change {id} --detail busy")] {
        let shown = text(&kalends, &line);
        assert!(!shown.contains(['{', '"']), "{shown}");
        assert!(shown.contains("detail") && shown.contains("work/work"), "{shown}");
    }
    for (line, part) in [
        ("held approve work/work --count 3", "work/work"),
        ("journal --limit -1", "-1 is not in 1"),
        ("rule set buffers --before -10m", "'-10m'"),
        ("verify-certificate nowhere.json", "it is not there"),
        ("hold add --at 2020-12-01T14:00 --length 1h", "that time is over"),
        ("edge show pol_x", "`edge list` has them"),
        ("event add --title x --start 2030-01-01 --meeting javascript:alert(1)", "https://"),
        ("event add --title x --start 9999-12-31", "9999-12-31"),
    ] {
        let said = text(&kalends, line);
        assert!(said.contains(part), "{line}: {said}");
        assert!(!said.contains("os error") && !said.contains("cal_"), "{line}: {said}");
        assert!(!said.contains("unexpected argument"), "{line}: {said}");
    }
}

/// Catches answers over HTTP that tell somebody elsewhere what to type on a command line.
#[test]
fn whoever_asks_over_http_is_told_of_no_command_line() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (
        Api::start(&kalends, "--every 3600"),
        key(&kalends, "--scope read --scope write --scope admin"),
    );
    let edge = r#"{"from": "work/nope", "to": "home"}"#;
    let user = r#"{"provider": "caldav", "name": "x", "url": "https://a:b@example.org", "user": "u", "password": "p"}"#;
    let buffers = r#"{"kind": "buffers"}"#;
    for (line, body, status) in [
        ("GET /v1/edges/pol_x", "", 404),
        ("POST /v1/edges", edge, 404),
        ("POST /v1/accounts", user, 422),
        ("POST /v1/rules", buffers, 422),
        ("POST /v1/runs/run_x/undo", "", 422),
        ("GET /v1/journal?run=run_x", "", 422),
        ("GET /v1/occurrences?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "", 422),
        ("GET /v1/occurrences?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&after=x", "", 422),
        ("GET /v1/availability?from=2026-01-02&to=2026-01-01", "", 422),
        ("DELETE /v1/holds/hld_01J9Z3NDEKTSV4RRFFQ69G5FAV", "", 404),
        ("DELETE /v1/sessions/ses_01J9Z3NDEKTSV4RRFFQ69G5FAV", "", 404),
        ("POST /v1/parked/retry", r#"{"part": "x"}"#, 422),
        ("POST /v1/users/nobody/keys", r#"{"name": "k"}"#, 404),
    ] {
        let answer = api.with(&key, line, body);
        let detail = answer.json["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert!(!detail.contains("--") && !detail.contains(" list`"), "{line}: {detail}");
    }
    let private = r#"{"provider": "feed", "name": "x", "url": "http://127.0.0.1:1/x.ics"}"#;
    let refused = api.with(&key, "POST /v1/accounts", private);
    assert_eq!(refused.problem(), (422, "net.bad-address"));
    let detail = refused.json["detail"].as_str().unwrap();
    assert!(detail.contains("is private") && detail.contains("--allow-private"), "{detail}");
    let visit = api.form("/page/sign-in", &[], &format!("key={key}")).cookie();
    let page = |at: &str| api.ask(&format!("GET {at}"), &[("Cookie", &visit)], "");
    for at in ["/page/events/evt_nope", "/page/nope", "/page/edges/pol_x"] {
        let shown = page(at);
        assert_eq!(shown.status, 404, "{at}: {shown:?}");
        assert!(shown.text.contains("<h1>"), "{at} is read by a person: {shown:?}");
    }
    let icon = api.ask("GET /favicon.ico", &[], "");
    assert_eq!((icon.status, icon.header("content-type")), (200, Some("image/svg+xml")));
    let link = kalends.done("user link")["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&format!("http://{}/page/enter/", api.host())), "{link}");
    drop(api);
    let link = kalends.done("user link")["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with("http://127.0.0.1:8080/"), "{link}");
}

/// Catches a sync that ends unsettled without a word of who works on what is left, or when it is tried.
#[test]
fn a_sync_that_does_not_settle_says_why() {
    let (server, kalends, _) = two_accounts();
    kalends.done("edge add --from work/work --to home");
    kalends.done("sync");
    let working = std::fs::File::open(kalends.path("data/kalends.work")).unwrap();
    working.lock_shared().unwrap();
    assert!(server.sim().plan("DELETE", "*", When::Always, "C40-503"));
    let edge = kalends.done("edge list")["edges"][0]["id"].as_str().unwrap().to_owned();
    kalends.done(&format!("edge remove {edge}"));
    let said = || text(&kalends, "sync");
    let first = said();
    assert!(first.contains("not settled after"), "{first}");
    assert!(first.contains("another process works on this folder"), "{first}");
    drop(working);
    let alone = said();
    assert!(!alone.contains("another process"), "{alone}");
    assert!(alone.contains("not settled: home rests until 20"), "{alone}");
}

/// Catches a new key that is made beside data which it does not open, and hides that the right one is gone.
#[test]
fn no_key_is_made_beside_data_that_another_one_sealed() {
    let kalends = Kalends::new();
    kalends.done("status");
    let file = kalends.path("data/kalends.key");
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let (said, code) = kalends.json("status");
    assert_eq!((&said["error"]["code"], code), (&json!("sealing-key"), 1));
    assert!(said["error"]["message"].as_str().unwrap().contains("KALENDS_KEY"), "{said}");
    assert!(!file.exists());
    let text = String::from_utf8(kept).unwrap();
    let named = kalends.command("status").env("KALENDS_KEY", text.trim()).output().unwrap();
    assert!(named.status.success(), "{named:?}");
}
