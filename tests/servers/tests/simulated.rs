//! `kalends-sim` before programs that know nothing of it: python-caldav, vdirsyncer, and the
//! `kalends` binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kalends_servers::{Simulated, Tools, built};
use serde_json::{Value, json};
use tempfile::TempDir;

/// All habits of servers that `kalends-sim caldav --list` names.
const PROFILES: [&str; 9] =
    ["plain", "radicale", "xandikos", "sabre", "sogo", "cyrus", "davical", "no-sync", "bare"];

fn ready(sim: &Simulated) -> Value {
    serde_json::from_str(&sim.ready).unwrap()
}

/// Runs a client's script, which must succeed: what it prints.
#[track_caller]
fn python(script: &str, args: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("client").join(script);
    let output =
        Command::new(Tools::find().python().unwrap()).arg(script).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Catches an answer that an independent client cannot read, or reads as something else.
#[test]
fn python_caldav_finds_syncs_edits_and_deletes_whatever_the_servers_habits() {
    for profile in PROFILES {
        let sim = Simulated::start(&format!("caldav --profile {profile}"), "");
        let url = ready(&sim)["url"].as_str().unwrap().to_owned();
        // That server makes no calendars.
        let existing = (profile == "bare").then_some("Work");
        let args: Vec<&str> = [&*url, "alice", "secret"].into_iter().chain(existing).collect();
        let saw = python("tour.py", &args);
        assert_eq!(saw["found"], json!(["Work"]), "{profile}");
        let made = existing.map_or_else(|| json!(["Tour", "Work"]), |name| json!([name]));
        assert_eq!(saw["made"], made, "{profile}");
        assert_eq!(saw["first"], json!(["One", "Series", "Two"]), "{profile}");
        assert_eq!(saw["on_a_day"], json!(["Series"]), "{profile}");
        assert_eq!(saw["expanded"], json!(["2026-12-13T09:00:00+00:00"]), "{profile}");
        assert_eq!(saw["changed"], json!(["one@tour.ics"]), "{profile}: {saw}");
        assert_eq!(saw["deleted"], json!(["two@tour.ics"]), "{profile}: {saw}");
        assert_eq!(saw["last"], json!(["Edited", "Series"]), "{profile}");
        // Xandikos says that it deleted a calendar, and keeps it.
        let left = if profile == "xandikos" { json!(["Tour", "Work"]) } else { json!(["Work"]) };
        assert_eq!(saw["left"], left, "{profile}");
    }
}

/// Two folders, each of which vdirsyncer keeps like one calendar of the server.
struct Folders(TempDir);

impl Folders {
    fn new(url: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let at = dir.path().display();
        let pair = |name: &str| {
            format!(
                "[pair {name}]\na = \"{name}_here\"\nb = \"server\"\ncollections = [\"from b\"]\n\
                 [storage {name}_here]\ntype = \"filesystem\"\npath = \"{at}/{name}\"\n\
                 fileext = \".ics\"\n"
            )
        };
        let config = format!(
            "[general]\nstatus_path = \"{at}/status\"\n{}{}\
             [storage server]\ntype = \"caldav\"\nurl = \"{url}\"\nusername = \"alice\"\n\
             password = \"secret\"\n",
            pair("one"),
            pair("two")
        );
        fs::write(dir.path().join("config"), config).unwrap();
        for name in ["one", "two"] {
            fs::create_dir_all(dir.path().join(name).join("Work")).unwrap();
        }
        let folders = Self(dir);
        folders.vdirsyncer(&["discover"]);
        folders
    }

    #[track_caller]
    fn vdirsyncer(&self, task: &[&str]) {
        let mut command = Command::new(Tools::find().vdirsyncer().unwrap());
        command.args(["-v", "WARNING", "-c"]).arg(self.0.path().join("config")).args(task);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, folder: &str, uid: &str) -> PathBuf {
        self.0.path().join(folder).join("Work").join(format!("{uid}.ics"))
    }

    fn put(&self, folder: &str, uid: &str, title: &str) {
        fs::write(self.file(folder, uid), object(uid, title)).unwrap();
    }

    fn titles(&self, folder: &str) -> Vec<String> {
        let files = fs::read_dir(self.0.path().join(folder).join("Work")).unwrap();
        let title = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("SUMMARY:"));
            line.unwrap().to_owned()
        };
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let mut titles: Vec<String> = texts.map(title).collect();
        titles.sort();
        titles
    }
}

fn object(uid: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a folder//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART:20261210T090000Z\r\nDTEND:20261210T100000Z\r\n\
         SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// Catches a listing, an ETag or a condition that an independent syncer stumbles over: with
/// `KALENDS_LONG` for all habits, else for those that it could see.
#[test]
fn vdirsyncer_carries_events_between_two_folders_whatever_the_servers_habits() {
    let long = std::env::var_os("KALENDS_LONG").is_some();
    let seen = ["plain", "xandikos", "sabre", "bare"];
    for profile in if long { &PROFILES[..] } else { &seen } {
        let sim = Simulated::start(&format!("caldav --profile {profile}"), "");
        let folders = Folders::new(ready(&sim)["url"].as_str().unwrap());
        for (uid, title) in [("one", "One"), ("two", "Two"), ("three", "Three")] {
            folders.put("one", uid, title);
        }
        folders.vdirsyncer(&["sync", "one"]);
        folders.vdirsyncer(&["sync", "two"]);
        assert_eq!(folders.titles("two"), ["One", "Three", "Two"], "{profile}");
        folders.put("two", "one", "Edited");
        folders.put("two", "four", "Four");
        fs::remove_file(folders.file("two", "two")).unwrap();
        folders.vdirsyncer(&["sync", "two"]);
        folders.vdirsyncer(&["sync", "one"]);
        assert_eq!(folders.titles("one"), ["Edited", "Four", "Three"], "{profile}");
    }
}

/// The `kalends` binary over a data folder of its own.
struct Kalends(TempDir);

impl Kalends {
    fn run(&self, line: &str) -> Output {
        let mut command = Command::new(built("kalends"));
        command.arg("--data").arg(self.0.path()).arg("--json").args(line.split(' '));
        command.env("KALENDS_PASSWORD", "secret").output().unwrap()
    }

    #[track_caller]
    fn done(&self, line: &str) -> Value {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// So many events does each person have, put before any fault begins.
const EVENTS: usize = 5;

/// Faults of every sort at the requests of `kalends`: writes that take place without an answer or
/// are lost before, a gateway that waits in vain, a page that is cut, a login page, a token that
/// is no more.
const FAULTS: &str = r#"[
    {"method": "PUT", "when": {"nth": 11}, "fault": "C41"},
    {"method": "PUT", "when": {"nth": 13}, "fault": "X2"},
    {"method": "PUT", "when": {"nth": 14}, "fault": "C41"},
    {"method": "PUT", "when": {"nth": 16}, "fault": "C40-504"},
    {"method": "PUT", "when": {"nth": 19}, "fault": "X12"},
    {"method": "REPORT", "when": {"nth": 2}, "fault": "X3"},
    {"method": "REPORT", "when": {"nth": 4}, "fault": "X12"},
    {"method": "REPORT", "path": "*/bob/*", "when": {"nth": 3}, "fault": "C14-410"}
]"#;

/// Catches a fault that costs an event, doubles one, or keeps the accounts from settling.
#[test]
fn kalends_federates_two_accounts_through_faults_from_a_file() {
    let people = "caldav --profile sabre --user alice:secret --user bob:secret \
                  --calendar alice/Work --calendar bob/Home";
    let sim = Simulated::start(people, FAULTS);
    let url = ready(&sim)["url"].as_str().unwrap().to_owned();
    let person = |user: &str, act: &str, what: &Value| {
        let home = format!("{url}dav.php/calendars/{user}/");
        python("people.py", &[&url, user, "secret", &home, act, &what.to_string()])
    };
    let titles = |user: &str, calendar: &str| -> Vec<String> {
        let listed = person(user, "list", &json!({}));
        let entries = listed[calendar].as_array().unwrap().iter();
        entries.map(|entry| entry["summary"].as_str().unwrap().to_owned()).collect()
    };
    for (user, calendar) in [("alice", "Work"), ("bob", "Home")] {
        let put = |n: usize| {
            let uid = format!("{user}-{n}");
            json!({"calendar": calendar, "uid": uid, "ics": object(&uid, &format!("{user} {n}"))})
        };
        person(user, "put", &(1..=EVENTS).map(put).collect());
    }
    let kalends = Kalends(TempDir::new().unwrap());
    for (name, user) in [("work", "alice"), ("home", "bob")] {
        kalends.done(&format!("account add caldav --name {name} --url {url} --user {user}"));
    }
    kalends.done("edge add --from work/Work --to home/Home --detail title --two-way");

    let settled = (0..12).any(|_| {
        let output = kalends.run("sync");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!([&report["deleted"], &report["quarantined"]], [0, 0], "{report}");
        output.status.success() && report["settled"] == true
    });
    assert!(settled, "it settles, for all the faults");
    let again = kalends.done("sync");
    assert_eq!([&again["created"], &again["updated"], &again["deleted"]], [0, 0, 0], "{again}");
    let all: Vec<String> = ["alice", "bob"]
        .iter()
        .flat_map(|who| (1..=EVENTS).map(move |n| format!("{who} {n}")))
        .collect();
    assert_eq!(titles("alice", "Work"), all);
    assert_eq!(titles("bob", "Home"), all);
    kalends.done("journal --verify");
    let exchanges = sim.exchanges();
    for met in ["DropAfterCommit", "DropBeforeCommit", "TruncateAt(20)", "\"status\":504"] {
        assert!(exchanges.contains(met), "{met} happened");
    }
}
