//! The `kalends` binary and vdirsyncer before one Radicale, in one run: a first sync, one with
//! nothing to do, and one after a single event changed; and how memory grows with the calendar.
//!
//! `EVENTS` (5,000 unless said) sizes the comparison and `ROUNDS` (5) says how often both sync for the
//! first time, in turn; `MEMORY=10000,50000` also measures the peak of a first sync at these sizes,
//! which takes minutes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "a benchmark ends where it cannot run, and says what it measured"
)]

mod measured;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use kalends_recurrence::Date;
use kalends_servers::{Running, Server, Tools};
use measured::{Run, run};
use serde_json::Value;
use tempfile::TempDir;

fn main() {
    let kalends = built();
    let number = |text: String| text.trim().parse::<u32>().unwrap();
    let events = std::env::var("EVENTS").map_or(5_000, number);
    let rounds = std::env::var("ROUNDS").map_or(5, number);
    compare(&kalends, events, rounds.max(1));
    if let Ok(sizes) = std::env::var("MEMORY") {
        for events in sizes.split(',').map(|size| number(size.to_owned())) {
            let server = filled(events);
            let ours = Ours::new(&kalends, &server);
            let first = ours.sync();
            println!("memory: {events} events, {}", line(&first.run));
        }
    }
}

fn compare(kalends: &Path, events: u32, rounds: u32) {
    let server = filled(events);
    println!("{events} events in one calendar on Radicale");
    let (ours, theirs) = first_syncs(kalends, &server, rounds);
    let (none, ours_none) = (theirs.sync(), ours.sync());
    print("nothing changed", &none, &ours_none);
    ours.kalends(&["edge", "add", "--from", "work/work", "--to", "work/copies"]);
    ours.sync();
    fs::write(object(&server, "work", 7), ics(7, "Changed meeting")).unwrap();
    let (one, ours_one) = (theirs.sync(), ours.sync());
    print("one event changed (ours with an edge)", &one, &ours_one);
    let report = &ours_one.report;
    println!("  ours wrote {} {}", report["created"], report["updated"]);
}

/// Both sync for the first time, so many times in turn; and the last of each, to go on with.
fn first_syncs<'a>(kalends: &'a Path, server: &'a Running, rounds: u32) -> (Ours<'a>, Theirs) {
    let start = || (Ours::new(kalends, server), Theirs::new(server));
    let (mut ours, mut theirs) = start();
    let mut runs = Vec::new();
    for round in 1..=rounds {
        let (theirs_first, ours_first) = (theirs.sync(), ours.sync());
        print("first sync", &theirs_first, &ours_first);
        runs.push((theirs_first, ours_first.run));
        if round < rounds {
            (ours, theirs) = start();
        }
    }
    let ratio = |time: fn(&Run) -> Duration| {
        let sum = |times: Vec<Duration>| times.into_iter().sum::<Duration>().as_secs_f64();
        let theirs = sum(runs.iter().map(|(run, _)| time(run)).collect());
        theirs / sum(runs.iter().map(|(_, run)| time(run)).collect())
    };
    let (all, user) = (ratio(Run::cpu), ratio(|run| run.user));
    println!("all first syncs: {all:.1} times less CPU, {user:.1} times less of it user time");
    (ours, theirs)
}

fn print(what: &str, theirs: &Run, ours: &Sync) {
    let ratio = theirs.cpu().as_secs_f64() / ours.run.cpu().as_secs_f64().max(0.005);
    println!("{what}");
    println!("  vdirsyncer {}", line(theirs));
    println!("  kalends    {}, {} requests", line(&ours.run), ours.report["requests"]);
    println!("  {ratio:.1} times less CPU");
}

fn line(run: &Run) -> String {
    let seconds = |time: Duration| time.as_secs_f64();
    let peak = run.peak_kb / 1024;
    let (user, system) = (seconds(run.user), seconds(run.system));
    format!(
        "{:.2} s, CPU {user:.2} s and {system:.2} s of the system, {peak} MB",
        seconds(run.wall)
    )
}

struct Ours<'a> {
    kalends: &'a Path,
    password: &'a str,
    data: TempDir,
}

struct Sync {
    run: Run,
    report: Value,
}

impl<'a> Ours<'a> {
    fn new(kalends: &'a Path, server: &'a Running) -> Self {
        let ours = Self { kalends, password: &server.password, data: TempDir::new().unwrap() };
        let (url, user) = (&*server.url, &*server.user);
        ours.kalends(&["account", "add", "caldav", "--name", "work", "--url", url, "--user", user]);
        ours
    }

    fn kalends(&self, args: &[&str]) -> Run {
        let mut command = Command::new(self.kalends);
        command.arg("--data").arg(self.data.path()).arg("--json").args(args);
        run(command.env("KALENDS_PASSWORD", self.password))
    }

    fn sync(&self) -> Sync {
        let run = self.kalends(&["sync"]);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["settled"], true, "{report}");
        Sync { run, report }
    }
}

struct Theirs {
    folder: TempDir,
}

impl Theirs {
    fn new(server: &Running) -> Self {
        let folder = TempDir::new().unwrap();
        let (at, url) = (folder.path().display(), &server.accounts[0].home);
        let (user, password) = (&server.user, &server.password);
        let config = format!(
            "[general]\nstatus_path = \"{at}/status\"\n\
             [pair p]\na = \"remote\"\nb = \"local\"\ncollections = [\"work\"]\n\
             [storage remote]\ntype = \"caldav\"\nurl = \"{url}\"\n\
             username = \"{user}\"\npassword = \"{password}\"\n\
             [storage local]\ntype = \"filesystem\"\npath = \"{at}/events\"\nfileext = \".ics\"\n"
        );
        fs::create_dir_all(folder.path().join("events/work")).unwrap();
        fs::write(folder.path().join("config"), config).unwrap();
        let theirs = Self { folder };
        theirs.vdirsyncer("discover");
        theirs
    }

    fn sync(&self) -> Run {
        self.vdirsyncer("sync")
    }

    fn vdirsyncer(&self, task: &str) -> Run {
        let mut command = Command::new(Tools::find().vdirsyncer().unwrap());
        run(command.args(["-v", "ERROR", "-c"]).arg(self.folder.path().join("config")).arg(task))
    }
}

/// A Radicale whose first person has a calendar of so many events, and an empty one.
fn filled(events: u32) -> Running {
    let server = Server::radicale();
    for name in ["work", "copies"] {
        let folder = collection(&server, name);
        fs::create_dir_all(&folder).unwrap();
        let props = format!(r#"{{"tag": "VCALENDAR", "D:displayname": "{name}"}}"#);
        fs::write(folder.join(".Radicale.props"), props).unwrap();
    }
    for n in 0..events {
        fs::write(object(&server, "work", n), ics(n, "Meeting")).unwrap();
    }
    // The server reads every object once for its own index before it can answer quickly.
    warm(&server);
    server
}

/// On a busy machine that takes longer than a client waits for an answer: then it asks again.
fn warm(server: &Running) {
    let folder = TempDir::new().unwrap();
    let mut account = Command::new(built());
    account.arg("--data").arg(folder.path()).arg("--json");
    account.args(["account", "add", "caldav", "--name", "warm", "--url", &server.url]);
    account.args(["--user", &server.user]).env("KALENDS_PASSWORD", &server.password);
    let answered = (0..20).any(|_| account.output().unwrap().status.success());
    assert!(answered, "the server never reads its calendar to the end");
    let mut sync = Command::new(built());
    run(sync.arg("--data").arg(folder.path()).args(["--json", "sync"]));
}

fn collection(server: &Running, name: &str) -> PathBuf {
    server.dir().join("collections/collection-root").join(&server.user).join(name)
}

fn object(server: &Running, calendar: &str, n: u32) -> PathBuf {
    collection(server, calendar).join(format!("event-{n}.ics"))
}

/// Most of them outside the window of an edge, so that few are mirrored.
fn ics(n: u32, title: &str) -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let today = i32::try_from(since.as_secs() / 86_400).unwrap();
    let ahead = if n < 20 { 10 } else { -1_000 + i32::try_from(n % 900).unwrap() };
    let day = Date::from_days(today + ahead).to_string().replace('-', "");
    let hour = n % 20;
    let notes = "Agenda\\, notes and an address to join.\\n".repeat(6);
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//person//EN\r\nBEGIN:VEVENT\r\n\
         UID:event-{n}@example.org\r\nDTSTAMP:20260101T000000Z\r\n\
         DTSTART:{day}T{hour:02}0000Z\r\nDTEND:{day}T{hour:02}3000Z\r\n\
         SUMMARY:{title} {n}\r\nDESCRIPTION:{notes}\r\nLOCATION:Room 4.12\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The release build of the binary.
fn built() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "-q", "--release", "-p", "kalends-server"]).current_dir(&root);
    assert!(cargo.status().unwrap().success(), "the kalends binary builds");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    target.join("release/kalends")
}
