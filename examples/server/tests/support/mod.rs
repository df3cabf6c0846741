//! Running the binary, and a CalDAV server for it to talk to.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "tests end on the first surprise")]

pub(crate) mod api;
pub(crate) mod carrier;
pub(crate) mod events;
pub(crate) mod receiver;
pub(crate) mod running;
pub(crate) mod signing;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use carrier::{Server, now_ms};
use kalends::recurrence::{Gap, Timestamp, Zone};
use kalends_testkit::caldav_sim::Profile;
use serde_json::Value;
use tempfile::TempDir;

/// A data folder, and the binary over it.
pub(crate) struct Kalends {
    pub(crate) folder: TempDir,
    pub(crate) password: String,
    pub(crate) extra: Vec<(String, String)>,
}

impl Kalends {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, password: "secret".to_owned(), extra: Vec::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line, split at spaces.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kalends"));
        command
            .args(line.split(' '))
            .env_remove("KALENDS_KEY")
            .env("KALENDS_DATA", self.path("data"))
            .env("KALENDS_PASSWORD", &self.password)
            .envs(self.extra.iter().cloned())
            .current_dir(self.folder.path());
        command
    }

    /// The one JSON document and the exit code.
    pub(crate) fn json(&self, line: &str) -> (Value, i32) {
        let output = self.run(&format!("{line} --json"));
        let text = String::from_utf8(output.stdout).unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{line}: {error}: {text:?} {said:?}"));
        (json, output.status.code().unwrap_or(-1))
    }

    /// As [`Kalends::json`], of a command that must be done.
    pub(crate) fn done(&self, line: &str) -> Value {
        let (json, code) = self.json(line);
        assert_eq!(code, 0, "{line}: {json}");
        json
    }
}

/// Looks until this is so, for no longer than anything here takes.
#[track_caller]
pub(crate) fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it never comes to this: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The names of an object's fields, sorted.
pub(crate) fn fields(json: &Value) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A time so many hours from the start of this day, whose day is what matters.
pub(crate) fn hours(hours: i64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let day = i64::try_from(now / 86_400).unwrap() * 86_400;
    Timestamp::from_seconds(day + hours * 3_600)
}

/// As iCalendar writes it.
pub(crate) fn stamp(at: Timestamp) -> String {
    let text = Zone::utc().instant(Zone::utc().civil(at), Gap::Shift).to_string();
    text.replace(['-', ':'], "")
}

/// One event of an hour.
pub(crate) fn event(uid: &str, title: &str, at: Timestamp) -> String {
    let (start, end) = (stamp(at), stamp(at.saturating_add_millis(3_600_000)));
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\n\
         DTEND:{end}\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"
    )
}

pub(crate) fn calendar(events: &[String]) -> String {
    let events = events.concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\n{events}END:VCALENDAR\r\n")
}

/// Two people with a calendar each; three events in the first.
pub(crate) fn two_accounts() -> (Server, Kalends, String) {
    two_accounts_at(Profile::radicale())
}

pub(crate) fn two_accounts_at(profile: Profile) -> (Server, Kalends, String) {
    let server = Server::start(profile);
    let work = {
        let mut sim = server.sim();
        for login in ["alice", "bob"] {
            sim.add_user(login, "secret");
        }
        sim.add_calendar("bob", "desk");
        let work = sim.add_calendar("alice", "work");
        for n in 1..=3 {
            let text = calendar(&[event(&format!("{n}@x"), &format!("E{n}"), hours(24 * n + 9))]);
            sim.person(now_ms()).put(&work, &format!("{n}.ics"), &text).unwrap();
        }
        work
    };
    let kalends = Kalends::new();
    for (name, user) in [("work", "alice"), ("home", "bob")] {
        let url = &server.url;
        kalends.done(&format!("account add caldav --name {name} --url {url} --user {user}"));
    }
    (server, kalends, work)
}
