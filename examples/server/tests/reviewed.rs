//! What waits for a person's word, answered at the page of `kalends serve`; how accounts are shown
//! there; who asked for what; and notices that no provider sent.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::cell::Cell;

use kalends_sim::Served;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::google_sim::GoogleSim;
use serde_json::{Value, json};
use support::api::{Answer, Api, key, settle};
use support::carrier::{Server, now_ms};
use support::running::free_port;
use support::signing::{ANN, address, begin, come_back, go_on, google};
use support::{Kalends, calendar, event, hours, two_accounts, until};

/// A browser that is signed in.
struct Browser<'a> {
    api: &'a Api,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(api: &'a Api, key: &str) -> Self {
        Self { api, cookie: api.form("/page/sign-in", &[], &format!("key={key}")).cookie() }
    }

    fn page(&self) -> Answer {
        self.api.ask("GET /page", &[("Cookie", &self.cookie)], "")
    }

    /// Sends a form that does what it says.
    fn sends(&self, path: &str, form: &str) {
        let form = format!("token={}&{form}", self.page().token());
        let sent = self.api.form(path, &[("Cookie", &self.cookie)], &form);
        assert_eq!(sent.status, 303, "{path} {form}: {sent:?}");
    }

    /// How an account is shown: the name of its colours, its word, and why.
    fn shows(&self, account: &str) -> (String, String) {
        let page = self.page().text;
        let line = page.split("<li class=\"").find(|line| line.contains(&format!(">{account}<")));
        let line = line.unwrap_or_else(|| panic!("{account}: {page}")).to_owned();
        let colours = ["good", "fair", "bad"].into_iter().find(|one| line.contains(one)).unwrap();
        (colours.to_owned(), line)
    }
}

fn put_many(server: &Server, at: &str, numbers: std::ops::RangeInclusive<i64>) {
    for n in numbers {
        let text = calendar(&[event(&format!("{n}@x"), "Many", hours(24 * n + 9))]);
        server.sim().person(now_ms()).put(at, &format!("{n}.ics"), &text).unwrap();
    }
}

fn delete_many(server: &Server, at: &str, numbers: std::ops::RangeInclusive<i64>) {
    for n in numbers {
        server.sim().person(now_ms()).delete(at, &format!("{n}.ics")).unwrap();
    }
}

/// Forty events with their mirrors, thirty of them deleted, which is held.
fn held() -> (Server, Kalends, Api, String, Value) {
    let (server, kalends, work) = two_accounts();
    put_many(&server, &work, 4..=40);
    kalends.done("edge add --from work/work --to home/desk --detail title");
    kalends.done("sync");
    delete_many(&server, &work, 1..=30);
    assert_eq!(kalends.json("sync").0["held"], 30);
    let one = kalends.done("held list")["held"][0].clone();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let key = key(&kalends, "");
    (server, kalends, api, key, one)
}

/// Catches a word at the page that does not arrive, and one that does the opposite.
#[test]
fn held_deletions_are_approved_or_refused_at_the_page() {
    for (approve, left) in [("true", 10), ("false", 40)] {
        let (server, kalends, api, key, one) = held();
        let browser = Browser::new(&api, &key);
        assert!(browser.page().text.contains("30 of 40 events seem to be deleted"));
        let calendar = one["calendar"].as_str().unwrap();
        let form = format!("calendar={calendar}&unseen=false&count=30&approve={approve}");
        browser.sends("/page/held", &form);
        until("the word is heeded", || kalends.done("held list")["held"] == json!([]));
        settle(&api, &key);
        assert_eq!(server.sim().resources("/bob/desk/").len(), left, "approve={approve}");
        assert!(browser.page().text.contains("Nothing waits for your word"));
    }
}

/// Catches a write that is set aside and that nobody can try again from the page; and an account that is
/// shown as well while something of it needs a person, or as ill when it is well again.
#[test]
fn what_is_parked_is_tried_again_at_the_page_which_says_how_accounts_are() {
    let (server, mut kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let browser = Browser::new(&api, &key);
    let (colours, line) = browser.shows("home");
    assert!(colours == "good" && line.contains("In step"), "{line}");
    api.with(&key, "POST /v1/edges", r#"{"from": "work/work", "to": "home/desk"}"#).done();
    settle(&api, &key);
    // Refused for good: set aside, and told until somebody tries again.
    assert!(server.sim().plan("PUT", "*bob*", When::Always, "C8-403"));
    let edge = kalends.done("edge list")["edges"][0]["id"].as_str().unwrap().to_owned();
    api.with(&key, &format!("PATCH /v1/edges/{edge}"), r#"{"detail": "title"}"#).done();
    until("all is parked", || browser.shows("home").1.contains("3 writes are parked"));
    assert_eq!(browser.shows("home").0, "fair");
    server.sim().faults_mut().clear();
    let parked = api.with(&key, "GET /v1/parked", "").done();
    for one in parked["parked"].as_array().unwrap() {
        browser.sends("/page/parked", &format!("part={}", one["part"].as_str().unwrap()));
    }
    until("nothing is parked", || browser.shows("home").0 == "good");
    let mirrors = server.sim().resources("/bob/desk/").into_values();
    assert_eq!(mirrors.filter(|text| text.contains("SUMMARY:E")).count(), 3);
    // A password that is another now: only a person can go on.
    server.sim().set_password("bob", "changed");
    // The server itself may be at it just then.
    until("a person is asked for", || {
        kalends.json("sync");
        let (colours, line) = browser.shows("home");
        colours == "bad" && line.contains("Needs you")
    });
    kalends.password = "changed".to_owned();
    let url = server.url.clone();
    kalends.done(&format!("account add caldav --name home --url {url} --user bob"));
    kalends.done("sync");
    assert_eq!(browser.shows("home").0, "good");
}

/// Catches events that are left out, and of which the page says only how many they are; and a calendar
/// that it says nothing of, since another holds very many of them.
#[test]
fn what_is_left_out_is_told_with_its_reason_at_the_page() {
    let (server, kalends, work) = two_accounts();
    for (n, at) in (1..=130).flat_map(|n| [(n, work.as_str()), (n, "/bob/desk/")]) {
        let odd = event(&format!("odd{n}@x"), "Odd", hours(30));
        let odd =
            odd.replace("DTSTART:", "DTSTART;TZID=Our Office:").replace("Z\r\nDTEND", "\r\nDTEND");
        server.sim().person(now_ms()).put(at, &format!("odd{n}.ics"), &calendar(&[odd])).unwrap();
    }
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let page = Browser::new(&api, &key).page().text;
    let told = page.split("<h3>Left out</h3>").nth(1).unwrap_or_else(|| panic!("{page}"));
    let told = told.split("</section>").next().unwrap();
    let lines: Vec<&str> = told.split("<li>").skip(1).collect();
    assert_eq!(lines.len(), 2, "once for all of a calendar: {told}");
    for calendar in ["home/desk", "work/work"] {
        let line = lines.iter().find(|line| line.contains(calendar)).unwrap();
        assert!(line.contains("VTIMEZONE") && line.contains(" and at least "), "{line}");
    }
    assert!(told.contains("More is left out than this"), "{told}");
}

/// Catches a first reading of which nobody is told how far it is.
#[test]
fn a_first_reading_says_how_far_it_is() {
    let server = Server::start(Profile::radicale());
    let work = {
        let mut sim = server.sim();
        sim.add_user("alice", "secret");
        sim.add_calendar("alice", "work")
    };
    put_many(&server, &work, 1..=1_200);
    let kalends = Kalends::new();
    kalends.done(&format!("account add caldav --name work --url {} --user alice", server.url));
    let phase = |api: &Api, key: &str| {
        let status = api.with(key, "GET /v1/status", "").done();
        let calendars = status["calendars"].as_array().unwrap().clone();
        let work = calendars.into_iter().find(|one| one["account"] == "work").unwrap();
        (work["phase"].as_str().unwrap().to_owned(), work["held"].as_u64().unwrap())
    };
    // The provider fails in the midst of it.
    assert!(server.sim().plan("REPORT", "*work*", When::Always, "C10-truncated"));
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    api.with(&key, "POST /v1/runs", "");
    let (word, held) = phase(&api, &key);
    assert!(word == "reading" && (1..1_200).contains(&held), "{word}: {held}");
    server.sim().faults_mut().clear();
    kalends.done("sync");
    assert_eq!(phase(&api, &key), ("read".to_owned(), 1_200));
    let page = Browser::new(&api, &key).page().text;
    assert!(page.contains("; and more"), "it tells of no more than are looked at: {page}");
}

/// Who asked for the first run.
fn first_by(api: &Api, key: &str) -> Value {
    let runs = api.with(key, "GET /v1/runs", "").done();
    runs["runs"].as_array().unwrap().last().unwrap()["by"].clone()
}

/// Catches an account of which nobody can tell who added it; and a change that is there and answered as
/// if it were not, since it could not be written down who asked: whoever asks again makes it twice.
#[test]
fn who_asks_is_written_down_beside_what_they_ask_for() {
    let server = Server::start(Profile::radicale());
    server.sim().add_user("alice", "secret");
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let account = json!({
        "provider": "caldav", "name": "work", "url": server.url, "user": "alice", "password": "secret",
    });
    api.with(&key, "POST /v1/accounts", &account.to_string()).done();
    assert_eq!(first_by(&api, &key), json!({"with": "key", "name": "app"}));
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON server_actor
        BEGIN SELECT RAISE(ABORT, 'it is broken'); END";
    store.execute_batch(fails).unwrap();
    let bearer = format!("Bearer {key}");
    let once = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    let new = json!({"title": "Once", "start": hours(48).to_string()}).to_string();
    let made = api.ask("POST /v1/events", &once, &new).done();
    let again = api.ask("POST /v1/events", &once, &new);
    assert_eq!((again.header("idempotency-replayed"), &again.json), (Some("true"), &made));
    let events = kalends.done("events --from 2020-01-01 --to 2040-01-01");
    assert_eq!(events["occurrences"].as_array().unwrap().len(), 1, "{events}");
}

/// Catches runs that nobody can get at because newer ones came, over HTTP, on the command line or at the
/// page; one that is left out or told twice where a page ends, and a page that never does.
#[test]
fn runs_are_looked_at_page_by_page_to_the_first() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let mut made = Vec::new();
    for n in 0..61 {
        let event = json!({"title": format!("E{n}"), "start": "2030-01-01"}).to_string();
        made.push(api.with(&key, "POST /v1/events", &event).done()["run"].clone());
    }
    made.reverse();
    let page = |line: &str| api.with(&key, line, "").done();
    let ids = |page: &Value| -> Vec<Value> {
        page["runs"].as_array().unwrap().iter().map(|run| run["run"].clone()).collect()
    };
    let (mut seen, mut next, mut sizes) = (Vec::new(), Value::Null, Vec::new());
    loop {
        let after = next.as_str().map_or(String::new(), |next| format!("&after={next}"));
        let found = page(&format!("GET /v1/runs?limit=25{after}"));
        sizes.push(ids(&found).len());
        seen.extend(ids(&found));
        next = found["next"].clone();
        if next == Value::Null {
            break;
        }
    }
    // Before the first event was the graph's own beginning, or nothing.
    assert_eq!(seen[..made.len()], made[..]);
    assert!(sizes[..2] == [25, 25] && seen.len() <= made.len() + 2, "{sizes:?}");
    assert_eq!(ids(&page("GET /v1/runs")), made[..20]);
    let told = kalends.done(&format!("runs --limit 3 --after {}", made[1].as_str().unwrap()));
    assert_eq!(ids(&told), made[2..5]);
    let text = String::from_utf8(kalends.run("runs --limit 3").stdout).unwrap();
    assert!(text.contains(&format!("runs --after {}", made[2].as_str().unwrap())), "{text}");
    for (line, code) in [("?after=run_x", 422), ("?limit=0", 422), ("?before=1", 400)] {
        let answer = api.with(&key, &format!("GET /v1/runs{line}"), "");
        assert_eq!(answer.status, code, "{answer:?}");
    }
    let browser = Browser::new(&api, &key);
    let older = |text: &str| {
        let link = text.split("href=\"/page/runs?after=").nth(1);
        link.map(|link| format!("/page/runs?after={}", link.split('"').next().unwrap()))
    };
    let (mut at, mut shown) = (older(&browser.page().text), 8);
    while let Some(path) = at {
        let page = api.ask(&format!("GET {path}"), &[("Cookie", &browser.cookie)], "");
        assert_eq!(page.status, 200, "{page:?}");
        shown += page.text.matches("action=\"/page/undo\"").count();
        at = older(&page.text);
    }
    assert_eq!(shown, made.len());
}

/// How much was asked, once nothing is asked any more.
fn quiet(served: &Served<GoogleSim>) -> usize {
    let (last, same) = (Cell::new(0), Cell::new(0));
    until("it rests", || {
        let now = served.sim().log().len();
        same.set(if now == last.get() { same.get() + 1 } else { 0 });
        last.set(now);
        same.get() > 100
    });
    last.get()
}

/// Catches a notice that nobody sent, one sent twice or one without end, that costs a call to the
/// provider or is answered as if it had been taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_notice_is_refused_and_costs_no_call() {
    let (served, kalends) = google().await;
    let port = free_port();
    let flags = format!("--allow-private --every 3600 --public http://127.0.0.1:{port}");
    let (api, key) = (Api::start_at(&kalends, port, &flags), key(&kalends, ""));
    served.sim().set_browser(Some(ANN));
    let started = begin(&api, &key, r#"{"provider": "google", "name": "ann"}"#);
    let (cookie, back) = go_on(&api, &address(&started)).await;
    assert_eq!(come_back(&api, &back, &cookie).status, 200);
    settle(&api, &key);
    assert_eq!(first_by(&api, &key), json!({"with": "key", "name": "app"}), "who began it");
    // What was asked for, and what it was answered with.
    let watches = || {
        let sim = served.sim();
        let is_one = |path: &str| path.ends_with("/watch");
        let asked = sim.log().iter().filter(|one| is_one(&one.request.path()));
        let both = asked.map(|one| [&one.request.body, &one.reply.body]);
        let read = |text: &Vec<u8>| serde_json::from_slice::<Value>(text).unwrap_or_default();
        both.map(|both| both.map(read)).collect::<Vec<_>>()
    };
    until("a calendar is watched", || !watches().is_empty());
    settle(&api, &key);
    let [watch, given] = watches().remove(0);
    let resource = given["resourceId"].as_str().unwrap().to_owned();
    let at = watch["address"].as_str().unwrap();
    let line = format!("POST /notices/{}", at.split_once("/notices/").unwrap().1);
    let [channel, token] = ["id", "token"].map(|name| watch[name].as_str().unwrap().to_owned());
    let tell = |line: &str, channel: &str, token: &str, body: &str| {
        let headers = [
            ("X-Goog-Channel-ID", channel),
            ("X-Goog-Channel-Token", token),
            ("X-Goog-Resource-State", "exists"),
            ("X-Goog-Resource-ID", &*resource),
            ("X-Goog-Message-Number", "1"),
        ];
        api.ask(line, &headers, body)
    };
    let before = quiet(&served);
    let nobody = line.replace("/notices/", "/notices/x");
    for (line, channel, token, status) in [
        (&line, &*channel, "guessed", 403),
        (&line, &*channel, "", 403),
        (&line, "another", &*token, 404),
        (&nobody, &*channel, &*token, 404),
    ] {
        let answer = tell(line, channel, token, "");
        assert_eq!(answer.status, status, "{line} {channel} {token}: {answer:?}");
        assert!(
            !answer.text.contains(&token[..token.len().min(8)]) || token.is_empty(),
            "{answer:?}"
        );
    }
    let large = tell(&line, &channel, &token, &"x".repeat(2 * 1024 * 1024));
    assert_eq!(large.status, 413, "{large:?}");
    assert_eq!(api.with(&key, "GET /v1/status", "").status, 200, "it goes on");
    // One that is real is taken: what comes behind it is what is counted.
    let calls = quiet(&served);
    let sim = served.sim();
    let asked: Vec<_> = sim.log()[before..].iter().map(|one| one.request.path()).collect();
    assert_eq!((calls, asked.len()), (before, 0), "because of a forged notice {asked:?}");
    drop(sim);
    assert!((200..300).contains(&tell(&line, &channel, &token, "").status));
    until("the calendar is read", || served.sim().log().len() > calls);
}
