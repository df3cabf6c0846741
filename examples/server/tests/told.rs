//! What `kalends serve` tells others: feeds that they subscribe to, and webhooks.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use calcard::icalendar::ICalendar;
use kalends::core::time::Timestamp;
use ring::hmac;
use serde_json::{Value, json};
use support::api::{Answer, Api, key, settle};
use support::carrier::now_ms;
use support::receiver::{Received, Receiver};
use support::{Kalends, calendar, event, hours, two_accounts};

/// The day so many days from now.
fn day(days: i64) -> String {
    hours(24 * days).to_string()[..10].to_owned()
}

/// Two events with canaries, the second one private.
fn with_events(api: &Api, key: &str) {
    for (n, privacy) in [(1, "default"), (2, "private")] {
        let event = json!({
            "title": format!("canary-title-{n}"), "location": format!("canary-place-{n}"),
            "description": "canary-text", "start": format!("{}T09:00", day(n)),
            "end": format!("{}T10:00", day(n)), "zone": "Europe/Berlin", "privacy": privacy,
        });
        api.with(key, "POST /v1/events", &event.to_string()).done();
    }
}

fn feed(api: &Api, key: &str, body: &Value) -> (String, String) {
    let made = api.with(key, "POST /v1/feeds", &body.to_string()).done();
    let at = made["address"].as_str().unwrap();
    let path = at.split_once("/feeds/").unwrap().1;
    (made["id"].as_str().unwrap().to_owned(), format!("GET /feeds/{path}"))
}

/// The VEVENTs that another library finds in a feed that it takes as valid.
fn events(answer: &Answer) -> usize {
    assert_eq!(answer.status, 200, "{answer:?}");
    let calendar = ICalendar::parse(&answer.text).unwrap();
    let is_event = |of: &&calcard::icalendar::ICalendarComponent| {
        of.component_type == calcard::icalendar::ICalendarComponentType::VEvent
    };
    calendar.components.iter().filter(is_event).count()
}

/// Catches a feed that shows more than its level, private events at it, a feed of other calendars, an
/// address that is kept or goes on after the feed's end, and one that is read anew for nothing.
#[test]
fn a_feed_shows_its_level_to_whoever_has_its_address() {
    let kalends = Kalends::new();
    let said = kalends.path("said");
    let api = Api::start_told(&kalends, "--every 3600 --log json", &said);
    let (own, looks) = (key(&kalends, ""), key(&kalends, "--scope read"));
    with_events(&api, &own);
    let (busy_id, busy) = feed(&api, &own, &json!({"name": "Busy, all"}));
    let (_, title) = feed(&api, &own, &json!({"name": "T", "detail": "title"}));
    let (_, full) =
        feed(&api, &own, &json!({"name": "F", "detail": "full", "private_grant": true}));
    let filters = json!({"skip_keywords": ["title-1"]});
    let (_, some) = feed(&api, &own, &json!({"name": "S", "filters": filters}));
    let answer = api.ask(&busy, &[], "");
    assert_eq!(events(&answer), 2);
    assert!(answer.text.contains("SUMMARY:Busy") && answer.text.contains("NAME:Busy\\, all"));
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    let shown = api.ask(&title, &[], "");
    assert!(shown.text.contains("canary-title-1") && !shown.text.contains("canary-title-2"));
    assert!(!shown.text.contains("canary-place"), "{}", shown.text);
    let full = api.ask(&full, &[], "");
    assert!(full.text.contains("canary-place-1"), "{}", full.text);
    assert_eq!(full.text.contains("canary-title-2"), shown_privately(&api, &own));
    assert_eq!(events(&api.ask(&some, &[], "")), 1);
    let uids = |text: &str| -> BTreeSet<String> {
        text.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    assert!(uids(&answer.text).is_disjoint(&uids(&shown.text)), "two feeds can be joined");
    // Read again for nothing, and after a change.
    let etag = answer.header("etag").unwrap().to_owned();
    let again = api.ask(&busy, &[("If-None-Match", &format!("\"x\", W/{etag}"))], "");
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let event = json!({"title": "Third", "start": day(3)});
    api.with(&own, "POST /v1/events", &event.to_string()).done();
    let changed = api.ask(&busy, &[("If-None-Match", &etag)], "");
    assert_eq!(events(&changed), 3);
    // What the settings lower, no feed shows.
    api.with(&own, "PATCH /v1/settings", r#"{"detail_max": "busy"}"#).done();
    assert!(!api.ask(&title, &[], "").text.contains("canary"));
    assert_eq!(api.with(&looks, &format!("DELETE /v1/feeds/{busy_id}"), "").problem().0, 403);
    api.with(&own, &format!("DELETE /v1/feeds/{busy_id}"), "").done();
    assert_eq!(api.ask(&busy, &[], "").problem(), (404, "not-found"));
    let secret = title.trim_start_matches("GET /feeds/").trim_end_matches(".ics");
    let listed = api.with(&own, "GET /v1/feeds", "").text;
    assert!(!listed.contains(secret) && listed.contains("\"T\""));
    drop(api);
    assert!(!std::fs::read_to_string(said).unwrap().contains(secret));
    let file = std::fs::read(kalends.path("data/kalends.sqlite")).unwrap();
    assert!(!file.windows(secret.len()).any(|part| part == secret.as_bytes()));
}

/// Catches a feed whose bytes or ETag tell that something changed which it does not show.
#[test]
fn a_feed_tells_nothing_of_what_it_does_not_show() {
    let (server, kalends, work) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let (_, at) = feed(&api, &key, &json!({"name": "Busy", "calendars": ["work/work"]}));
    let read = || {
        let answer = api.ask(&at, &[], "");
        (answer.text.clone(), answer.header("etag").unwrap().to_owned())
    };
    let before = read();
    assert_eq!(events(&api.ask(&at, &[], "")), 3);
    let put = |path: &str, name: &str, title: &str, at: i64| {
        let text = calendar(&[event(name, title, hours(at))]);
        server.sim().person(now_ms()).put(path, &format!("{name}.ics"), &text).unwrap();
        settle(&api, &key);
    };
    put("/bob/desk/", "hidden@x", "Hidden", 33);
    assert_eq!(read(), before, "of a calendar that it does not show");
    server
        .sim()
        .person(now_ms())
        .edit(&work, "1.ics", |text| text.replace("SUMMARY:E1", "SUMMARY:Another"))
        .unwrap();
    settle(&api, &key);
    assert_eq!(read(), before, "a title that it does not show");
    put(&work, "shown@x", "Shown", 57);
    let after = read();
    assert!(after.0 != before.0 && after.1 != before.1);
    let again = api.ask(&at, &[("If-None-Match", &after.1)], "");
    assert_eq!(again.status, 304);
}

/// Catches a feed that shows all calendars because nobody can read which it is of.
#[test]
fn a_feed_that_nobody_can_read_shows_nothing() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    with_events(&api, &key);
    let (_, at) = feed(&api, &key, &json!({"name": "x"}));
    assert_eq!(events(&api.ask(&at, &[], "")), 2);
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let later = r#"UPDATE server_feed SET head = NULL, body = '{"name": "x", "later": 1}'"#;
    file.execute(later, []).unwrap();
    assert_eq!(events(&api.ask(&at, &[], "")), 0);
}

/// Private events show at a feed's level only where the settings let any edge do so.
fn shown_privately(api: &Api, key: &str) -> bool {
    api.with(key, "GET /v1/settings", "").done()["person"]["private_grants"].as_bool().unwrap()
}

fn webhook(api: &Api, key: &str, url: &str, titles: bool) -> (String, String) {
    let body = json!({"url": url, "titles": titles});
    let made = api.with(key, "POST /v1/webhooks", &body.to_string()).done();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("id"), text("secret"))
}

/// As a library for Standard Webhooks verifies it.
#[track_caller]
fn verify(secret: &str, message: &Received) {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let (id, at) = (message.header("webhook-id"), message.header("webhook-timestamp"));
    let signature = message.header("webhook-signature").strip_prefix("v1,").unwrap();
    let text = format!("{id}.{at}.{}", message.body);
    hmac::verify(&key, text.as_bytes(), &STANDARD.decode(signature).unwrap()).unwrap();
    assert!(hmac::verify(&key, b"other", &STANDARD.decode(signature).unwrap()).is_err());
}

/// The numbers of the journal's entries that messages tell.
fn numbers(messages: &[Received]) -> Vec<u64> {
    let changes =
        |message: &Received| message.json()["data"]["changes"].as_array().unwrap().clone();
    messages.iter().flat_map(changes).map(|one| one["seq"].as_u64().unwrap()).collect()
}

/// Catches a message without a signature that holds, a title that nobody asked for or that is not
/// allowed, and a message that is lost or has another id because it was not taken at first.
#[test]
fn changes_are_told_signed_until_they_are_taken() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let (first, second) = (Receiver::start(&[500]), Receiver::start(&[]));
    let (_, secret) = webhook(&api, &key, &first.url, false);
    let (_, with_titles) = webhook(&api, &key, &second.url, true);
    with_events(&api, &key);
    let journal = api.with(&key, "GET /v1/journal", "").done();
    let last = journal["entries"].as_array().unwrap().last().unwrap()["seq"].as_u64().unwrap();
    let told = first.until(|all| all.len() > 1 && numbers(&all[1..]).contains(&last));
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"), "tried again");
    for message in &told {
        verify(&secret, message);
        assert!(!message.body.contains("canary"), "{}", message.body);
    }
    let mut once = numbers(&told[1..]);
    once.dedup();
    assert_eq!(once, (once[0]..=last).collect::<Vec<_>>(), "each once, in order");
    let told = second.until(|all| numbers(all).contains(&last));
    told.iter().for_each(|message| verify(&with_titles, message));
    let bodies: String = told.iter().map(|message| message.body.as_str()).collect();
    assert!(bodies.contains("canary-title-1") && !bodies.contains("canary-title-2"), "{bodies}");
    assert!(bodies.contains("\"Busy\"") && !bodies.contains("canary-place"), "{bodies}");
}

/// Catches an endpoint that is told something though somebody switched it off while it waited for others
/// of its user, whom nobody answered.
#[test]
fn who_is_switched_off_while_waiting_is_told_nothing() {
    let kalends = Kalends::new();
    let (api, own) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    kalends.done("user add eve");
    let eve = key(&kalends, "--user eve");
    let event = json!({"title": "x", "start": "2030-01-01"}).to_string();
    let change = |key: &str| api.with(key, "POST /v1/events", &event).done();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", silent.local_addr().unwrap());
    (0..3).for_each(|_| drop(webhook(&api, &own, &at, false)));
    change(&own);
    let held: Vec<_> = (0..3).map(|_| silent.accept().unwrap()).collect();
    let (off, on, hers) = (Receiver::start(&[]), Receiver::start(&[]), Receiver::start(&[]));
    let (id, _) = webhook(&api, &own, &off.url, false);
    webhook(&api, &own, &on.url, false);
    change(&own);
    // By the time that she is told something, both of his wait for their places.
    webhook(&api, &eve, &hers.url, false);
    change(&eve);
    hers.until(|all| !all.is_empty());
    let switched = api.with(&own, &format!("PATCH /v1/webhooks/{id}"), r#"{"on": false}"#);
    assert_eq!(switched.status, 200, "{switched:?}");
    drop((held, silent));
    on.until(|all| !all.is_empty());
    change(&own);
    on.until(|all| all.len() > 1);
    assert_eq!(off.connections(), 0);
}

/// Catches a change that is lost because the process was killed, wherever that was.
#[test]
fn a_killed_server_loses_no_change() {
    let mut kalends = Kalends::new();
    let key = key(&kalends, "");
    let receiver = Receiver::start(&[]);
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "told".to_owned())];
    let mut api = Api::start(&kalends, "--allow-private --every 3600");
    let (_, secret) = webhook(&api, &key, &receiver.url, false);
    api.with(&key, "POST /v1/events", &json!({"title": "x", "start": day(1)}).to_string()).done();
    assert!(!api.ended().success(), "killed when the message was sent and not marked");
    kalends.extra.clear();
    let told = receiver.until(|all| !all.is_empty());
    kalends.done(&format!("event add --title y --start {}", day(2)));
    let last =
        kalends.done("journal")["entries"].as_array().unwrap().last().unwrap()["seq"].clone();
    let api = Api::start(&kalends, "--allow-private --every 3600");
    let all = receiver.until(|all| numbers(all).contains(&last.as_u64().unwrap()));
    assert_eq!(all[0].header("webhook-id"), all[1].header("webhook-id"), "it came twice");
    assert_eq!(all[0].body, told[0].body);
    all.iter().for_each(|message| verify(&secret, message));
    drop(api);
}

/// The first message to a webhook in a state, once its last try ended so.
fn first(api: &Api, key: &str, at: &str, (state, last): (&str, &str)) -> Value {
    let found = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let listed = api.with(key, &format!("GET {at}/messages?limit=1&state={state}"), "").done();
        let first = listed["messages"][0].clone();
        (first["last"] == last).then_some(first)
    });
    found.unwrap()
}

/// Catches a title that lies in a message which waits, and is told after nobody may see it any more.
#[test]
fn a_message_that_waits_tells_what_may_be_told_when_it_is_sent() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let receiver = Receiver::start(&[404]);
    let (id, _) = webhook(&api, &key, &receiver.url, true);
    let at = format!("/v1/webhooks/{id}");
    let event = json!({"title": "canary-title", "start": day(1)});
    api.with(&key, "POST /v1/events", &event.to_string()).done();
    let waiting = first(&api, &key, &at, ("waiting", "404"));
    assert!(receiver.until(|all| !all.is_empty())[0].body.contains("canary-title"));
    let file = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let titled = "SELECT count(*) FROM server_message WHERE instr(body, 'canary') > 0";
    assert_eq!(file.query_row(titled, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    api.with(&key, "PATCH /v1/settings", r#"{"detail_max": "busy"}"#).done();
    let message = waiting["id"].as_str().unwrap();
    api.with(&key, &format!("POST {at}/messages/{message}/replay"), "").done();
    let of_it = |all: &[Received]| {
        all.iter().filter(|one| one.header("webhook-id") == message).cloned().collect::<Vec<_>>()
    };
    let all = receiver.until(|all| of_it(all).len() == 2);
    assert!(!of_it(&all)[1].body.contains("canary"), "{:?}", of_it(&all)[1]);
}

/// Catches messages that vanish where an endpoint is gone, one that is asked for ever, or is told more
/// although it asked for a rest, and a replay that does nothing.
#[test]
fn what_nobody_takes_is_kept_and_can_be_replayed() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let receiver = Receiver::start(&[503, 503, 410]);
    let (id, _) = webhook(&api, &key, &receiver.url, false);
    let at = format!("/v1/webhooks/{id}");
    let rests = || api.with(&key, &format!("GET {at}"), "").done()["rests_until"].is_string();
    let add = |title: &str| {
        let event = json!({"title": title, "start": day(1)});
        api.with(&key, "POST /v1/events", &event.to_string()).done();
    };
    add("x");
    let waiting = first(&api, &key, &at, ("waiting", "503"));
    let time = |field: &str| waiting[field].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(time("next").millis_since(time("made")) >= 3_600_000, "{waiting}");
    let beside = Receiver::start(&[]);
    webhook(&api, &key, &beside.url, false);
    add("y");
    beside.until(|all| !all.is_empty());
    assert_eq!(receiver.connections(), 1, "it asked for a rest");
    let unknown = api.with(&key, &format!("POST {at}/messages/none/replay"), "");
    assert_eq!((unknown.problem(), rests()), ((404, "not-found"), true));
    // Somebody mended it: what is new is told at once, and asks for another rest.
    api.with(&key, &format!("PATCH {at}"), r#"{"on": true}"#).done();
    receiver.until(|all| all.len() == 2);
    assert!((0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        rests()
    }));
    let message = waiting["id"].as_str().unwrap();
    api.with(&key, &format!("POST {at}/messages/{message}/replay"), "").done();
    let dead = first(&api, &key, &at, ("dead", "410"));
    assert_eq!((&dead["id"], &dead["tries"]), (&waiting["id"], &json!(1)));
    assert_eq!(api.with(&key, &format!("GET {at}"), "").done()["on"], false);
    api.with(&key, &format!("PATCH {at}"), r#"{"on": true}"#).done();
    assert_eq!(api.with(&key, &format!("POST {at}/replay"), "").done()["replayed"], 1);
    let all = receiver.until(|all| all.len() == 4);
    assert_eq!(all.iter().filter(|one| one.header("webhook-id") == message).count(), 3);
    api.with(&key, &format!("DELETE {at}"), "").done();
    assert_eq!(api.with(&key, &format!("GET {at}"), "").problem(), (404, "not-found"));
}

/// Catches a webhook whose messages are signed otherwise, and a server that signs certificates otherwise, once
/// its sealing key is another.
#[test]
fn a_changed_sealing_key_changes_no_signature() {
    let (kalends, receiver) = (Kalends::new(), Receiver::start(&[]));
    let start = || Api::start(&kalends, "--allow-private --every 3600");
    let certifies = |api: &Api| api.ask("GET /certificates/key", &[], "").done();
    let (api, key) = (start(), key(&kalends, ""));
    let (_, secret) = webhook(&api, &key, &receiver.url, false);
    let before = certifies(&api);
    assert!(kalends.done("rotate-key")["resealed"].as_u64().unwrap() > 1);
    with_events(&api, &key);
    let told = receiver.until(|all| !all.is_empty()).len();
    // A new process has the new key alone.
    drop(api);
    let api = start();
    assert_eq!(certifies(&api), before);
    with_events(&api, &key);
    receiver.until(|all| all.len() > told).iter().for_each(|message| verify(&secret, message));
}

/// Catches a server that sends into its own network for whoever holds a key.
#[test]
fn webhooks_reach_public_addresses_alone() {
    let kalends = Kalends::new();
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let receiver = Receiver::start(&[]);
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    for url in [
        receiver.url.clone(),
        format!("https://127.0.0.1:{port}"),
        "https://[::1]/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "https://a:b@example.org/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let answer = api.with(&key, "POST /v1/webhooks", &json!({"url": url}).to_string());
        assert_eq!(answer.problem(), (422, "usage"), "{url}");
    }
    let (id, _) = webhook(&api, &key, &format!("https://localhost:{port}/"), false);
    api.with(&key, "POST /v1/events", &json!({"title": "x", "start": day(1)}).to_string()).done();
    let tried = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let listed = api.with(&key, &format!("GET /v1/webhooks/{id}/messages"), "").done();
        listed["messages"][0]["last"].as_str().map(str::to_owned)
    });
    assert_eq!(tried.unwrap(), "address");
    assert_eq!(receiver.connections(), 0, "nobody was connected to");
}
