//! A feed of `kalends serve` before a parser that knows nothing of it: Python's icalendar, which takes
//! the series apart as well.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use kalends_servers::{Serving, Simulated, Tools, built};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A series with an instance that was moved and one that was taken out, days without a clock, and
/// a second zone.
const EVENTS: [(&str, &str); 3] = [
    (
        "series@x",
        "BEGIN:VEVENT\r\nUID:series@x\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=Europe/Berlin:20270325T093000\r\nDTEND;TZID=Europe/Berlin:20270325T101500\r\n\
         RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID=Europe/Berlin:20270408T093000\r\n\
         SUMMARY:Weekly\\, together\r\nEND:VEVENT\r\n\
         BEGIN:VEVENT\r\nUID:series@x\r\nDTSTAMP:20260101T000000Z\r\n\
         RECURRENCE-ID;TZID=Europe/Berlin:20270401T093000\r\n\
         DTSTART;TZID=Europe/Berlin:20270402T140000\r\nDTEND;TZID=Europe/Berlin:20270402T150000\r\n\
         SUMMARY:Weekly\\, moved\r\nEND:VEVENT\r\n",
    ),
    (
        "days@x",
        "BEGIN:VEVENT\r\nUID:days@x\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20270330\r\n\
         DTEND;VALUE=DATE:20270402\r\nSUMMARY:Away\r\nEND:VEVENT\r\n",
    ),
    (
        "west@x",
        "BEGIN:VEVENT\r\nUID:west@x\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART;TZID=America/New_York:20270326T180000\r\n\
         DTEND;TZID=America/New_York:20270326T190000\r\nSUMMARY:Overseas\r\nEND:VEVENT\r\n",
    ),
];

fn ask(served: &Serving, line: &str, key: &str, body: &str) -> String {
    let (host, length) = (served.url.strip_prefix("http://").unwrap(), body.len());
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "{line} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(" 20"), "{line}: {text}");
    body.to_owned()
}

fn kalends(data: &Path, line: &str) -> Value {
    let mut command = Command::new(built("kalends"));
    command.args(line.split(' ')).arg("--json");
    command.env("KALENDS_DATA", data).env("KALENDS_PASSWORD", "secret");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn python(script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("client").join(script);
    let mut command = Command::new(Tools::find().python().unwrap());
    command.arg(script);
    command
}

/// What the parser finds in a feed.
fn read(feed: &str) -> Value {
    let mut command = python("feed.py");
    command.args(["20270320", "20270420"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(feed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{feed}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Catches a feed that another parser refuses, or takes apart into other times than its calendars hold:
/// across the change of the clocks, of an instance that was moved, of days, of a second zone.
#[test]
fn a_feed_says_to_an_independent_parser_what_the_calendars_hold() {
    let people = "caldav --profile sabre --user alice:secret --calendar alice/Work";
    let sim = Simulated::start(people, "");
    let ready: Value = serde_json::from_str(&sim.ready).unwrap();
    let url = ready["url"].as_str().unwrap();
    let home = format!("{url}dav.php/calendars/alice/");
    let put = EVENTS.map(|(uid, event)| {
        let ics = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n{event}END:VCALENDAR\r\n"
        );
        json!({"calendar": "Work", "uid": uid, "ics": ics})
    });
    let mut person = python("people.py");
    person.args([url, "alice", "secret", &home, "put", &json!(put).to_string()]);
    let output = person.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = TempDir::new().unwrap();
    let data = folder.path();
    kalends(data, &format!("account add caldav --name work --url {url} --user alice"));
    kalends(data, "sync");
    let key = kalends(data, "key create --name app")["key"].as_str().unwrap().to_owned();
    let served = Serving::start(data, &["--allow-private"]);
    let feed = |detail: &str| {
        let days = 3_650;
        let made =
            json!({"name": detail, "detail": detail, "past_days": days, "future_days": days});
        let made = made.to_string();
        let made: Value =
            serde_json::from_str(&ask(&served, "POST /v1/feeds", &key, &made)).unwrap();
        let path = made["address"].as_str().unwrap().split_once("/feeds/").unwrap().1.to_owned();
        read(&ask(&served, &format!("GET /feeds/{path}"), "", ""))
    };
    let times = [
        ["2027-03-25T08:30:00+00:00", "2027-03-25T09:15:00+00:00"],
        ["2027-03-26T22:00:00+00:00", "2027-03-26T23:00:00+00:00"],
        ["2027-03-30", "2027-04-02"],
        ["2027-04-02T12:00:00+00:00", "2027-04-02T13:00:00+00:00"],
        ["2027-04-15T07:30:00+00:00", "2027-04-15T08:15:00+00:00"],
    ];
    let titles = ["Weekly, together", "Overseas", "Away", "Weekly, moved", "Weekly, together"];
    for (detail, titles) in [("full", titles), ("busy", ["Busy"; 5])] {
        let told = feed(detail);
        let expected: Vec<_> = std::iter::zip(titles, times).map(|(t, [s, e])| [t, s, e]).collect();
        assert_eq!(told["found"], json!(expected), "{detail}: {told}");
        assert_eq!((&told["errors"], &told["series"]), (&json!([]), &json!(1)), "{detail}");
        assert_eq!(told["zones"], json!(["America/New_York", "Europe/Berlin"]), "{detail}");
        assert_eq!(told["objects"], json!(4), "{detail}");
    }
}
