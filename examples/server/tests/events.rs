//! Events as resources of `kalends serve`: made here and carried by edges, changed and deleted where
//! they lie, and nobody invited (flow B).

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::collections::BTreeSet;

use kalends_testkit::caldav_sim::Profile;
use serde_json::{Value, json};
use support::api::{Api, key, settle};
use support::carrier::{Server, now_ms};
use support::signing::{ANN, BOB, google};
use support::{Kalends, calendar, event, hours, stamp, two_accounts, two_accounts_at};

/// All texts of one of bob's or alice's calendars.
fn texts(server: &Server, path: &str) -> Vec<String> {
    server.sim().resources(path).into_values().collect()
}

/// The day so many days from now.
fn day(days: i64) -> String {
    hours(24 * days).to_string()[..10].to_owned()
}

fn id(written: &Value) -> String {
    written["event"]["id"].as_str().unwrap().to_owned()
}

/// Catches an event made here that edges do not carry, guests that get into a mirror, a change or
/// a deletion that stays here, and a write over what somebody else wrote meanwhile.
#[test]
fn an_event_made_here_is_carried_changed_undone_and_deleted() {
    let (server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let new = json!({
        "title": "Planning", "start": format!("{}T09:00", day(9)), "end": format!("{}T10:30", day(9)),
        "zone": "Europe/Berlin", "description": "Bring numbers",
        "attendees": [{"name": "Carla", "email": "carla@example.org"}],
    });
    let planned = api.with(&key, "POST /v1/events?dry_run=true", &new.to_string());
    assert_eq!((planned.status, &planned.json["done"]), (200, &json!(false)), "{planned:?}");
    let made = api.with(&key, "POST /v1/events", &new.to_string());
    assert_eq!(made.status, 201, "{made:?}");
    let (etag, made) = (made.header("etag").unwrap().to_owned(), made.done());
    let event = id(&made);
    let at = format!("/v1/events/{event}");
    let to_desk = r#"{"from": "own/main", "to": "home/desk", "options": {"detail": "full"}}"#;
    api.with(&key, "POST /v1/edges", to_desk).done();
    settle(&api, &key);
    let desk = "/bob/desk/";
    let mirrors = texts(&server, desk);
    assert_eq!(mirrors.len(), 1, "{mirrors:?}");
    assert!(mirrors[0].contains("SUMMARY:Planning") && mirrors[0].contains("Bring numbers"));
    assert!(!mirrors[0].contains("ATTENDEE") && !mirrors[0].contains("ORGANIZER"));
    let shown = api.with(&key, &format!("GET {at}"), "");
    assert_eq!(shown.header("etag"), Some(etag.as_str()), "as it was made");
    let shown = shown.done();
    let start = format!("{}T09:00:00", day(9));
    assert_eq!((&shown["start"], &shown["zone"]), (&json!(start), &json!("Europe/Berlin")));
    let bearer = format!("Bearer {key}");
    let patch = |etag: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), ("If-Match", etag)];
        api.ask(&format!("PATCH {at}"), &headers, body)
    };
    let changed = patch(&etag, r#"{"title": "Budget"}"#).done();
    assert_eq!(changed["event"]["title"], "Budget");
    assert_eq!(patch(&etag, r#"{"title": "Lost"}"#).problem(), (412, "event.changed-since"));
    settle(&api, &key);
    assert!(texts(&server, desk)[0].contains("SUMMARY:Budget"));
    let run = changed["run"].as_str().unwrap();
    let undone = api.with(&key, &format!("POST /v1/runs/{run}/undo"), "").done();
    assert_eq!(undone["kept"], json!([]));
    settle(&api, &key);
    assert!(texts(&server, desk)[0].contains("SUMMARY:Planning"));
    let deleted = api.with(&key, &format!("DELETE {at}"), "").done();
    settle(&api, &key);
    assert_eq!(texts(&server, desk), Vec::<String>::new());
    assert_eq!(api.with(&key, &format!("GET {at}"), "").problem(), (404, "not-found"));
    let run = deleted["run"].as_str().unwrap();
    api.with(&key, &format!("POST /v1/runs/{run}/undo"), "").done();
    settle(&api, &key);
    assert!(texts(&server, desk)[0].contains("SUMMARY:Planning"), "it is back");
    let run = made["run"].as_str().unwrap();
    api.with(&key, &format!("POST /v1/runs/{run}/undo"), "").done();
    settle(&api, &key);
    assert_eq!(texts(&server, desk), Vec::<String>::new(), "as if it had not been made");
}

/// Catches a change that is shown and not written, one that drops what it does not speak of, and a
/// run that cannot be taken back once it was written.
#[test]
fn an_event_of_a_provider_is_changed_and_deleted_there() {
    let (server, kalends, work) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    {
        let mut sim = server.sim();
        let text = sim.resources(&work)["1.ics"].clone();
        let text = text.replace("SUMMARY:E1", "SUMMARY:E1\r\nX-MINE:kept\r\nLOCATION:Room 9");
        sim.person(now_ms()).put(&work, "1.ics", &text).unwrap();
    }
    settle(&api, &key);
    let page = api.with(&key, "GET /v1/occurrences?from=2020-01-01&to=2040-01-01", "").done();
    let one = page["occurrences"].as_array().unwrap().iter().find(|one| one["title"] == "E1");
    let event = one.unwrap()["event"].as_str().unwrap().to_owned();
    let at = format!("/v1/events/{event}");
    let changed = api.with(&key, &format!("PATCH {at}"), r#"{"title": "Moved here"}"#).done();
    assert_eq!(changed["event"]["title"], "Moved here");
    settle(&api, &key);
    let text = server.sim().resources(&work)["1.ics"].clone();
    for part in ["SUMMARY:Moved here", "X-MINE:kept", "LOCATION:Room 9"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown = api.with(&key, &format!("GET {at}"), "").done();
    assert_eq!((&shown["waiting"], &shown["title"]), (&json!(false), &json!("Moved here")));
    let run = changed["run"].as_str().unwrap();
    let undone = api.with(&key, &format!("POST /v1/runs/{run}/undo"), "").done();
    assert_eq!(undone["kept"], json!([]));
    settle(&api, &key);
    let text = server.sim().resources(&work)["1.ics"].clone();
    assert!(text.contains("SUMMARY:E1") && text.contains("X-MINE:kept"), "{text}");
    let runs = api.with(&key, "GET /v1/runs", "").done();
    let of = runs["runs"].as_array().unwrap().iter().find(|one| one["run"] == run).unwrap();
    assert_eq!(of["undoable"], json!(true), "{runs}");
    let planned = api.with(&key, &format!("DELETE {at}?dry_run=true"), "").done();
    assert_eq!((&planned["done"], &planned["deleted"]), (&json!(false), &json!(true)));
    settle(&api, &key);
    assert!(server.sim().resources(&work).contains_key("1.ics"));
    let deleted = api.with(&key, &format!("DELETE {at}"), "").done();
    settle(&api, &key);
    assert!(!server.sim().resources(&work).contains_key("1.ics"));
    // What its provider has deleted stays deleted, and nothing says otherwise.
    let run = deleted["run"].as_str().unwrap();
    let runs = api.with(&key, "GET /v1/runs", "").done();
    let of = runs["runs"].as_array().unwrap().iter().find(|one| one["run"] == run).unwrap();
    assert_eq!(of["undoable"], json!(false), "{runs}");
    let undone = api.with(&key, &format!("POST /v1/runs/{run}/undo"), "").done();
    assert_eq!(undone["kept"][0]["why"], json!("it is gone: add it again"));
}

/// Catches guests who are told of a change that nobody meant for them, and somebody invited.
#[test]
fn an_event_with_guests_is_changed_only_where_that_is_said() {
    let (server, kalends, work) = two_accounts_at(Profile::radicale());
    let start = stamp(hours(100));
    let text = calendar(&[format!(
        "BEGIN:VEVENT\r\nUID:g@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\n\
         SUMMARY:Guests\r\nORGANIZER:mailto:alice@example.org\r\n\
         ATTENDEE:mailto:carla@example.org\r\nEND:VEVENT\r\n"
    )]);
    server.sim().person(now_ms()).put(&work, "g.ics", &text).unwrap();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    settle(&api, &key);
    let page = api.with(&key, "GET /v1/occurrences?from=2020-01-01&to=2040-01-01", "").done();
    let found = page["occurrences"].as_array().unwrap().iter().find(|one| one["title"] == "Guests");
    let at = format!("/v1/events/{}", found.unwrap()["event"].as_str().unwrap());
    let rename = r#"{"title": "Renamed"}"#;
    let patch = |query: &str, body: &str| api.with(&key, &format!("PATCH {at}{query}"), body);
    assert_eq!(patch("?dry_run=true", rename).problem(), (422, "event.would-notify"), "as it is");
    assert_eq!(patch("", rename).problem(), (422, "event.would-notify"));
    let one_more = r#"{"attendees": [{"email": "dana@example.org"}]}"#;
    assert_eq!(patch("?notify_guests=true", one_more).problem(), (422, "event.would-invite"));
    assert_eq!(api.with(&key, &format!("DELETE {at}"), "").problem(), (422, "event.would-notify"));
    settle(&api, &key);
    assert!(server.sim().resources(&work)["g.ics"].contains("SUMMARY:Guests"));
    patch("?notify_guests=true", rename).done();
    settle(&api, &key);
    let text = server.sim().resources(&work)["g.ics"].clone();
    assert!(text.contains("SUMMARY:Renamed") && text.contains("carla@example.org"), "{text}");
    assert!(!text.contains("dana"));
}

/// Catches guests whom nobody tells though the person said so, and those who are told of a mirror.
#[tokio::test(flavor = "multi_thread")]
async fn guests_are_told_of_a_change_where_that_is_said_and_never_of_a_mirror() {
    let (served, kalends) = google().await;
    for (name, of) in [("ann", ANN), ("bob", BOB)] {
        let token = served.sim().grant(of, "program", &[], now_ms()).access;
        std::fs::write(kalends.path(name), token).unwrap();
        kalends.done(&format!("account add google --name {name} --token-file {name}"));
    }
    let with = json!({"summary": "Plan", "start": {"date": day(3)}, "end": {"date": day(4)},
        "attendees": [{"email": "carla@example.org"}]});
    served.sim().person(ANN, now_ms()).add(ANN, &with).unwrap();
    kalends.done(&format!("edge add --from ann/{ANN} --to bob --detail full"));
    kalends.done("sync");
    let found = kalends.done("events --from 2020-01-01 --to 2040-01-01");
    let event = found["occurrences"][0]["event"].as_str().unwrap().to_owned();
    let (refused, _) = kalends.json(&format!("event change {event} --title New"));
    assert_eq!(refused["error"]["code"], "event.would-notify", "{refused}");
    served.sim().clear_log();
    kalends.done(&format!("event change {event} --title New --notify-guests"));
    kalends.done("sync");
    kalends.done(&format!("event remove {event} --notify-guests"));
    kalends.done("sync");
    let sim = served.sim();
    let mail = sim.mail().iter().map(|one| (one.method.as_str(), one.guests.join(" ")));
    let to_carla = |method| (method, "carla@example.org".to_owned());
    let expected = ["calendar.events.patch", "calendar.events.delete"].map(to_carla);
    assert_eq!(mail.collect::<Vec<_>>(), expected);
    let told = sim.log().iter().filter(|one| one.request.url.contains("sendUpdates="));
    let lines: Vec<_> = told.map(|one| (one.request.url.clone(), one.request.path())).collect();
    assert_eq!(lines.len(), 4, "the event and its mirror, twice: {lines:?}");
    for (line, path) in lines {
        assert_eq!(line.contains("sendUpdates=all"), path.contains(ANN), "{line}");
    }
}

/// Catches an event that is read otherwise than it was sent, and nonsense that is taken.
#[test]
fn a_series_is_made_cut_and_read_back() {
    let (_server, kalends, _) = two_accounts();
    let (api, key) = (Api::start(&kalends, "--allow-private --every 3600"), key(&kalends, ""));
    let new = json!({
        "title": "Stand-up", "start": format!("{}T09:00", day(9)), "end": format!("{}T09:15", day(9)),
        "zone": "Europe/Berlin", "rules": ["FREQ=DAILY;COUNT=5"],
    });
    let made = api.with(&key, "POST /v1/events", &new.to_string()).done();
    let at = format!("/v1/events/{}", id(&made));
    let starts = || {
        let span = format!("GET /v1/occurrences?from={}&to={}", day(1), day(30));
        let page = api.with(&key, &span, "").done();
        let list = page["occurrences"].as_array().unwrap().clone();
        let ours = list.iter().filter(|one| one["title"] == "Stand-up");
        ours.map(|one| one["start"].as_str().unwrap()[..10].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(starts().len(), 5);
    let cut = json!({"excluded": [format!("{}T09:00", day(11))]}).to_string();
    let cut = api.with(&key, &format!("PATCH {at}"), &cut).done();
    assert_eq!(cut["event"]["excluded"], json!([format!("{}T09:00:00", day(11))]));
    assert_eq!(starts(), [9, 10, 12, 13].map(day));
    for (line, body, said) in [
        (format!("PATCH {at}"), r#"{"rules": ["FREQ=NEVER"]}"#, (422, "usage")),
        (format!("PATCH {at}"), r#"{"colour": "red"}"#, (422, "request")),
        ("POST /v1/events".to_owned(), r#"{"title": "no start"}"#, (422, "usage")),
        ("PATCH /v1/events/evt_x".to_owned(), "{}", (404, "not-found")),
        (format!("PATCH {at}?calendar=nobody/none"), "{}", (404, "not-found")),
    ] {
        assert_eq!(api.with(&key, &line, body).problem(), said, "{line} {body}");
    }
}

/// Catches an id drawn by chance: a process that was killed between a write and its answer would
/// write a second time when the request comes again.
#[test]
fn what_a_killed_server_did_not_answer_is_done_once() {
    let mut kalends = Kalends::new();
    let key = key(&kalends, "");
    let bearer = format!("Bearer {key}");
    let new = [
        ("events", json!({"title": "Once", "start": day(9)})),
        ("holds", json!({"at": format!("{}T09:00", day(11)), "length": "1h"})),
        ("sessions", json!({"length": "1h"})),
    ];
    for (what, body) in &new {
        let line = format!("POST /v1/{what}");
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", what)];
        kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "answer".to_owned())];
        Api::start(&kalends, "--every 3600").dies_of(&line, &headers, &body.to_string());
        kalends.extra.clear();
        let api = Api::start(&kalends, "--every 3600");
        let made = api.ask(&line, &headers, &body.to_string());
        assert_eq!((made.status, made.header("idempotency-replayed")), (201, None), "{made:?}");
        let again = api.ask(&line, &headers, &body.to_string());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json, made.json);
    }
    let listed = |line: &str, field: &str| kalends.done(line)[field].as_array().unwrap().len();
    assert_eq!(listed("events --from 2020-01-01 --to 2040-01-01", "occurrences"), 2);
    assert_eq!((listed("hold list", "holds"), listed("session list", "sessions")), (1, 1));
}

/// Catches one's own change that is refused because it is done: a process was killed between a change,
/// a deletion or a new edge and its answer.
#[test]
fn what_a_killed_server_changed_is_answered_when_it_is_asked_for_again() {
    let (_server, mut kalends, _) = two_accounts();
    let key = key(&kalends, "");
    let bearer = format!("Bearer {key}");
    let made = kalends.done(&format!("event add --title First --start {}", day(9)));
    let (id, etag) = (id(&made), format!("\"{}\"", made["event"]["etag"].as_str().unwrap()));
    let edge = json!({"from": "own/main", "to": "home/desk", "two_way": false});
    let asked = [
        (format!("PATCH /v1/events/{id}"), json!({"title": "Second"}).to_string(), 200),
        (format!("DELETE /v1/events/{id}"), String::new(), 200),
        ("POST /v1/edges".to_owned(), edge.to_string(), 201),
    ];
    let mut answers = Vec::new();
    for (line, body, status) in &asked {
        let mut headers = vec![("Authorization", bearer.as_str()), ("Idempotency-Key", line)];
        if line.starts_with("PATCH") {
            headers.push(("If-Match", &etag));
        }
        kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "answer".to_owned())];
        Api::start(&kalends, "--allow-private --every 3600").dies_of(line, &headers, body);
        kalends.extra.clear();
        let authored = || {
            let journal = kalends.done("journal")["entries"].as_array().unwrap().clone();
            journal.iter().filter(|entry| entry["cause"] == "authored").count()
        };
        let entries = authored();
        let api = Api::start(&kalends, "--allow-private --every 3600");
        let answer = api.ask(line, &headers, body);
        assert_eq!(answer.status, *status, "{line}: {answer:?}");
        drop(api);
        assert_eq!(authored(), entries, "{line}: it is done once");
        answers.push(answer.json);
    }
    let [changed, removed, drawn] = answers.try_into().unwrap();
    assert_eq!((&changed["done"], &changed["event"]["title"]), (&json!(true), &json!("Second")));
    assert_eq!((&removed["deleted"], &removed["event"]["title"]), (&json!(true), &json!("Second")));
    assert_eq!(removed["event"]["id"], json!(id));
    assert_eq!(removed["event"]["uid"], made["event"]["uid"]);
    assert_eq!(drawn["edges"].as_array().unwrap().len(), 1, "{drawn}");
    assert_eq!(kalends.done("edge list")["edges"][0]["id"], drawn["edges"][0]["id"]);
}

/// Catches one's own deletion, or change, of a provider's event that is answered with 404 because the event
/// went from its provider before the request came again.
#[test]
fn what_went_from_its_provider_meanwhile_is_answered_as_done() {
    let (server, mut kalends, work) = two_accounts();
    kalends.done("sync");
    let key = key(&kalends, "");
    let bearer = format!("Bearer {key}");
    let listed = kalends.done("events --from 2020-01-01 --to 2044-01-01");
    let id_of = |title: &str| {
        let mut all = listed["occurrences"].as_array().unwrap().iter();
        all.find(|one| one["title"] == title).unwrap()["event"].as_str().unwrap().to_owned()
    };
    let asked = [
        (format!("PATCH /v1/events/{}", id_of("E1")), r#"{"title": "Second"}"#, "Second"),
        (format!("DELETE /v1/events/{}", id_of("E2")), "", "E2"),
    ];
    for (line, body, title) in &asked {
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", line)];
        kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "answer".to_owned())];
        Api::start(&kalends, "--allow-private --every 3600").dies_of(line, &headers, body);
        kalends.extra.clear();
        kalends.done("sync");
        if line.starts_with("PATCH") {
            server.sim().person(now_ms()).delete(&work, "1.ics").unwrap();
            kalends.done("sync");
        }
        let event = line.rsplit('/').next().unwrap();
        assert_eq!(kalends.json(&format!("event show {event}")).1, 2, "it is gone");
        let api = Api::start(&kalends, "--allow-private --every 3600");
        let answer = api.ask(line, &headers, body).done();
        assert_eq!((&answer["done"], &answer["deleted"]), (&json!(true), &json!(body.is_empty())));
        assert_eq!(answer["event"]["title"], *title, "{answer}");
        assert_eq!(answer["event"]["calendar_name"], "work/work");
        assert!(answer["event"]["uid"].as_str().unwrap().ends_with("@x"), "{answer}");
    }
}

/// Catches an event that comes back, or says again what it said at first, because the request that
/// made it came again after its answer was lost.
#[test]
fn what_became_of_an_event_is_not_undone_by_the_request_that_made_it() {
    let mut kalends = Kalends::new();
    let key = key(&kalends, "");
    let bearer = format!("Bearer {key}");
    let new = json!({"title": "Once", "start": day(9)}).to_string();
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "one")];
    kalends.extra = vec![("KALENDS_FAIL_IN".to_owned(), "answer".to_owned())];
    Api::start(&kalends, "--every 3600").dies_of("POST /v1/events", &headers, &new);
    kalends.extra.clear();
    let page = kalends.done("events --from 2020-01-01 --to 2040-01-01");
    let event = page["occurrences"][0]["event"].as_str().unwrap();
    kalends.done(&format!("event remove {event}"));
    let api = Api::start(&kalends, "--every 3600");
    assert_eq!(api.ask("POST /v1/events", &headers, &new).problem(), (404, "not-found"));
    let page = kalends.done("events --from 2020-01-01 --to 2040-01-01");
    assert_eq!(page["occurrences"], json!([]));
}

/// Catches an export that leaves pages out, names an event twice, or lacks a zone.
#[test]
fn an_export_of_several_pages_holds_each_event_once() {
    let server = Server::start(Profile::radicale());
    {
        let mut sim = server.sim();
        sim.add_user("alice", "secret");
        let work = sim.add_calendar("alice", "work");
        for n in 0..520 {
            let text = event(&format!("{n}@x"), &format!("E{n}"), hours(n));
            let text = match n {
                519 => {
                    let zoned = text.replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:");
                    zoned.replace("DTEND:", "DTEND;TZID=Europe/Berlin:").replace("Z\r\n", "\r\n")
                }
                _ => text,
            };
            sim.person(now_ms()).put(&work, &format!("{n}.ics"), &calendar(&[text])).unwrap();
        }
    }
    let kalends = Kalends::new();
    kalends.done(&format!("account add caldav --name work --url {} --user alice", server.url));
    kalends.done("sync");
    let (api, key) = (Api::start(&kalends, "--every 3600"), key(&kalends, ""));
    let over_http = api.with(&key, "GET /v1/export", "").text;
    assert_eq!(kalends.done("export --ics all.ics")["events"], 520);
    for text in [over_http, std::fs::read_to_string(kalends.path("all.ics")).unwrap()] {
        let uids: BTreeSet<&str> = text.lines().filter(|line| line.starts_with("UID:")).collect();
        let count = |part: &str| text.lines().filter(|line| *line == part).count();
        assert_eq!((uids.len(), count("BEGIN:VEVENT"), count("END:VCALENDAR")), (520, 520, 1));
        assert_eq!(count("TZID:Europe/Berlin"), 1, "{text}");
    }
}
