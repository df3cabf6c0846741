//! The binary over a feed file: shapes of JSON, exit codes, error texts.

#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::json;
use support::{Kalends, calendar, event, fields, hours};

const SYNC: [&str; 11] = [
    "created",
    "deleted",
    "held",
    "parked",
    "passes",
    "pulled",
    "quarantined",
    "requests",
    "run",
    "settled",
    "updated",
];

fn with_feed(events: &[String]) -> Kalends {
    let kalends = Kalends::new();
    std::fs::write(kalends.path("team.ics"), calendar(events)).unwrap();
    kalends.done("account add feed --name team --file team.ics");
    kalends
}

fn window() -> String {
    format!("--from {} --to {}", hours(0), hours(24 * 20))
}

#[test]
fn a_sync_says_what_it_did_in_exactly_its_fields() {
    let kalends = with_feed(&[event("a@x", "One", hours(30)), event("b@x", "Two", hours(54))]);
    let first = kalends.done("sync");
    assert_eq!(fields(&first), SYNC);
    assert_eq!((&first["pulled"], &first["settled"]), (&json!(2), &json!(true)));
    assert_eq!(kalends.done("sync")["pulled"], 0);
}

#[test]
fn the_status_bears_a_digest_of_all_that_is_recorded() {
    let digest = |kalends: &Kalends| kalends.done("status")["digest"].as_str().unwrap().to_owned();
    let kalends = with_feed(&[event("a@x", "One", hours(30))]);
    let empty = digest(&kalends);
    assert_eq!(empty.len(), 64);
    kalends.done("sync");
    let read = digest(&kalends);
    assert_ne!(read, empty);
    kalends.done("sync");
    assert_eq!(digest(&kalends), read, "a look that finds nothing new");
}

/// Catches years looked at as one, of which a rule with many instances fills the first alone.
#[test]
fn time_is_taken_to_the_end_of_many_years() {
    let hourly = event("a@x", "Tick", hours(0)).replace("SUMMARY", "RRULE:FREQ=HOURLY\r\nSUMMARY");
    let half = hourly
        .replace(&support::stamp(hours(1)), &support::stamp(hours(0)).replace("0000Z", "3000Z"));
    let kalends = with_feed(&[half]);
    kalends.done("sync");
    let until = 24 * 365 * 8;
    let taken = kalends.done(&format!("freebusy --from {} --to {}", hours(0), hours(until)));
    let busy = taken["busy"].as_array().unwrap();
    assert_eq!(busy.last().unwrap()["start"], hours(until - 1).to_string());
    assert_eq!(busy.len(), usize::try_from(until).unwrap());
}

#[test]
fn events_come_in_pages_that_together_are_all() {
    let events: Vec<String> =
        (1..=5).map(|n| event(&format!("{n}@x"), &format!("E{n}"), hours(24 * n + 9))).collect();
    let kalends = with_feed(&events);
    kalends.done("sync");
    let all = kalends.done(&format!("events {}", window()));
    assert_eq!(all["next"], json!(null));
    let all = all["occurrences"].as_array().unwrap().clone();
    assert_eq!(all.len(), 5);
    assert_eq!(
        fields(&all[0]),
        ["all_day", "calendar", "end", "event", "recurrence_id", "start", "title", "uid"]
    );
    assert_eq!(all[0]["start"], hours(33).to_string());
    let mut paged = Vec::new();
    let mut after = String::new();
    loop {
        let page = kalends.done(&format!("events {} --limit 2{after}", window()));
        paged.extend(page["occurrences"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!(" --after {next}");
    }
    assert_eq!(paged, all);
}

/// Catches a day that is told as a time, and an instance that moved and is not known by the start that
/// its series gave it.
#[test]
fn events_say_days_as_days_and_what_instances_a_series_moved() {
    let day = |at| support::stamp(hours(at))[..8].to_owned();
    let dashed = |at| hours(at).to_string()[..10].to_owned();
    let fair = format!(
        "BEGIN:VEVENT\r\nUID:fair@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{}\r\n\
         DTEND;VALUE=DATE:{}\r\nSUMMARY:Fair\r\nEND:VEVENT\r\n",
        day(24),
        day(72)
    );
    let run = event("run@x", "Run", hours(33));
    let daily = run.replace("SUMMARY", "RRULE:FREQ=DAILY;COUNT=2\r\nSUMMARY");
    let id = format!("RECURRENCE-ID:{}\r\nSUMMARY", support::stamp(hours(57)));
    let moved = event("run@x", "Late run", hours(60)).replace("SUMMARY", &id);
    let kalends = with_feed(&[fair, format!("{daily}{moved}")]);
    kalends.done("sync");
    let said = kalends.done(&format!("events {}", window()));
    let said = said["occurrences"].as_array().unwrap().iter().map(|one| {
        ["title", "start", "end", "all_day", "recurrence_id"].map(|field| one[field].clone())
    });
    let time = |at: i64| json!(hours(at).to_string());
    let told = [
        [json!("Fair"), json!(dashed(24)), json!(dashed(72)), json!(true), json!(null)],
        [json!("Run"), time(33), time(34), json!(false), time(33)],
        [json!("Late run"), time(60), time(61), json!(false), time(57)],
    ];
    assert!(said.clone().eq(told), "{:?}", said.collect::<Vec<_>>());
}

#[test]
fn busy_time_is_merged_and_sorted() {
    let kalends = with_feed(&[event("b@x", "B", hours(31)), event("a@x", "A", hours(30))]);
    kalends.done("sync");
    let busy = kalends.done(&format!("freebusy {}", window()));
    let expected = json!([{"start": hours(30).to_string(), "end": hours(32).to_string()}]);
    assert_eq!(busy, json!({ "busy": expected }));
}

/// Catches a feed that says the same for ever and looks as if it were read anew, and one whose stamps
/// alone change and that counts as changed.
#[test]
fn the_status_says_since_when_a_feed_is_the_same() {
    let kalends = with_feed(&[event("a@x", "One", hours(30))]);
    let seen = || {
        kalends.done("sync");
        let calendars = kalends.done("status")["calendars"].clone();
        let feed = |one: &&serde_json::Value| one["account"] == "team";
        let feed = calendars.as_array().unwrap().iter().find(feed).unwrap().clone();
        assert_eq!(feed["stale"], json!(null));
        (feed["read_at"].clone(), feed["same_since"].clone())
    };
    let (first, since) = seen();
    assert_eq!(since, first);
    for title in ["One", "One", "Two"] {
        let text = calendar(&[event("a@x", title, hours(30))]);
        let text = text.replace("SUMMARY", "LAST-MODIFIED:20260101T000000Z\r\nSUMMARY");
        std::fs::write(kalends.path("team.ics"), text).unwrap();
        let (read, same) = seen();
        assert_eq!(same, if title == "One" { &since } else { &read }.clone());
    }
    let text = String::from_utf8(kalends.run("status").stdout).unwrap();
    assert!(text.contains(", the same since 2"), "{text}");
}

#[test]
fn an_unreadable_event_is_set_aside_with_what_to_do_and_the_rest_goes_on() {
    let broken = "BEGIN:VEVENT\r\nUID:bad@x\r\nSUMMARY:No start\r\nEND:VEVENT\r\n".to_owned();
    let kalends = with_feed(&[broken, event("a@x", "One", hours(30))]);
    assert_eq!(kalends.done("sync")["quarantined"], 1);
    let status = kalends.done("status");
    assert_eq!(status["counts"]["events"], 1);
    let aside = &status["set_aside"][0];
    let said = [&aside["code"], &aside["reason"]];
    assert_eq!(said, ["quarantined.ical.no-start", "give the event its DTSTART"], "{aside}");
}

#[test]
fn an_event_in_a_zone_that_nothing_explains_is_set_aside_and_not_shifted() {
    let text = "BEGIN:VEVENT\r\nUID:odd@x\r\nDTSTART;TZID=Our Office:20260110T090000\r\n\
                END:VEVENT\r\n";
    let kalends = with_feed(&[text.to_owned(), event("a@x", "One", hours(30))]);
    assert_eq!(kalends.done("sync")["quarantined"], 1);
    let aside = &kalends.done("status")["set_aside"][0];
    let reason = aside["reason"].as_str().unwrap();
    assert!(reason.contains("VTIMEZONE") && !reason.contains("Office"), "{aside}");
}

#[test]
fn an_edge_into_a_feed_is_refused_with_a_reason() {
    let kalends = with_feed(&[event("a@x", "One", hours(30))]);
    let (json, code) = kalends.json("edge add --from team --to team");
    assert_eq!((code, &json["error"]["code"]), (2, &json!("refused")));
    assert!(json["error"]["message"].as_str().unwrap().contains("makes no calendars"), "{json}");
}

#[test]
fn mistakes_are_one_json_document_with_a_code_and_exit_2() {
    let kalends = Kalends::new();
    for line in ["edge show nonsense", "explain nobody@x", "account show nobody"] {
        let (json, code) = kalends.json(line);
        assert_eq!((code, &json["error"]["code"]), (2, &json!("not-found")), "{line}");
    }
    for line in ["sync --nonsense", "events --from 2026-01-02 --to 2026-01-01", "undo nonsense"] {
        let (json, code) = kalends.json(line);
        assert_eq!((code, &json["error"]["code"]), (2, &json!("usage")), "{line}");
    }
    let (json, code) = kalends.json("account add feed --name a --file nowhere.ics");
    assert_eq!((code, &json["error"]["code"]), (1, &json!("file")));
}

#[test]
fn the_journal_holds_and_a_changed_entry_is_found() {
    let kalends = with_feed(&[event("a@x", "One", hours(30))]);
    kalends.done("sync");
    let verified = kalends.done("journal --verify");
    assert_eq!((&verified["valid"], &verified["erased"]), (&json!(true), &json!(0)));
    let entries = kalends.done("journal")["entries"].as_array().unwrap().len() as u64;
    assert_eq!(verified["entries"], entries);
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    store.execute("UPDATE journal SET at = at + 1 WHERE seq = 2", []).unwrap();
    let (json, code) = kalends.json("journal --verify");
    assert_eq!((code, &json["error"]["code"]), (1, &json!("journal.broken")));
    assert!(json["error"]["message"].as_str().unwrap().contains("entry 2"), "{json}");
}

#[test]
fn a_journal_is_read_by_run_and_event_together() {
    let kalends = with_feed(&[event("a@x", "One", hours(30)), event("b@x", "Two", hours(54))]);
    let first = kalends.done("sync")["run"].as_str().unwrap().to_owned();
    let events = [event("a@x", "Uno", hours(30)), event("b@x", "Due", hours(54))];
    std::fs::write(kalends.path("team.ics"), calendar(&events)).unwrap();
    let second = kalends.done("sync")["run"].as_str().unwrap().to_owned();
    let seqs = |line: &str| -> Vec<u64> {
        let journal = kalends.done(&format!("journal {line}"));
        journal["entries"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect()
    };
    let of_event = seqs("--event a@x");
    for run in [&first, &second] {
        let of_run = seqs(&format!("--run {run}"));
        let both: Vec<u64> = of_run.iter().copied().filter(|seq| of_event.contains(seq)).collect();
        assert!(!both.is_empty() && both.len() < of_run.len(), "{of_event:?} {of_run:?}");
        assert_eq!(seqs(&format!("--event a@x --run {run}")), both);
        assert_eq!(seqs(&format!("--event a@x --run {run} --limit 1")), both[..1]);
    }
    let (json, code) = kalends.json("journal --limit 0");
    assert_eq!((code, &json["error"]["code"]), (2, &json!("usage")));
    let (json, code) = kalends.json("watch --every 0");
    assert_eq!((code, &json["error"]["code"]), (2, &json!("usage")));
}

#[test]
fn an_export_holds_every_event() {
    let kalends = with_feed(&[event("a@x", "One", hours(30)), event("b@x", "Two", hours(54))]);
    kalends.done("sync");
    assert_eq!(kalends.done("export --ics out.ics")["events"], 2);
    let text = std::fs::read_to_string(kalends.path("out.ics")).unwrap();
    assert!(text.contains("UID:a@x") && text.contains("SUMMARY:Two"), "{text}");
}

#[cfg(unix)]
#[test]
fn keys_and_bundles_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let kalends = with_feed(&[]);
    kalends.done("bundle export graph.json");
    for name in ["graph.json", "data/kalends.key", "data/kalends.sqlite"] {
        let mode = std::fs::metadata(kalends.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_feed_may_ask_for_a_password_which_is_not_in_its_address() {
    let kalends = Kalends::new();
    for kind in ["feed", "caldav --user alice"] {
        let line = format!("account add {kind} --name team --url http://u:hidden@127.0.0.1/t.ics");
        let (json, code) = kalends.json(&line);
        assert_eq!((code, &json["error"]["code"]), (2, &json!("usage")), "{kind}");
        let said = json["error"]["message"].as_str().unwrap();
        assert!(said.contains("--user") && said.contains("KALENDS_PASSWORD"), "{said}");
        assert!(!said.contains("hidden") && !said.contains("t.ics"), "{said}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/team.ics", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut signed = Vec::new();
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            // alice:secret
            let known = "authorization: basic ywxpy2u6c2vjcmv0";
            let is_known = head.iter().any(|line| line.to_lowercase() == known);
            signed.push(is_known);
            let body = calendar(&[event("a@x", "One", hours(30))]);
            let status = match is_known {
                true => "200 OK\r\nContent-Type: text/calendar",
                false => "401 No\r\nWWW-Authenticate: Basic realm=\"x\"",
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
            write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        }
        signed
    });
    let (_, code) = kalends.json(&format!("account add feed --name team --url {url}"));
    assert_eq!(code, 4);
    kalends.done(&format!("account add feed --name team --url {url} --user alice"));
    assert_eq!(kalends.done("sync")["pulled"], 1);
    assert_eq!(server.join().unwrap(), [false, true, true]);
}

fn secrets(kalends: &Kalends) -> u32 {
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    store.query_row("SELECT count(*) FROM secrets", [], |row| row.get(0)).unwrap()
}

#[test]
fn credentials_of_accounts_that_are_gone_do_not_stay() {
    let kalends = with_feed(&[event("a@x", "One", hours(30))]);
    kalends.done("sync");
    assert_eq!(secrets(&kalends), 2);
    // As after a kill between the end of an account and the end of its credentials.
    let store = rusqlite::Connection::open(kalends.path("data/kalends.sqlite")).unwrap();
    let left = "INSERT INTO secrets (graph, account, sealed) \
                SELECT graph, randomblob(16), sealed FROM secrets LIMIT 1";
    assert_eq!(store.execute(left, []).unwrap(), 1);
    drop(store);
    kalends.done("sync");
    assert_eq!(secrets(&kalends), 2);
    kalends.done("account remove team");
    kalends.done("sync");
    assert_eq!(secrets(&kalends), 1);
}
