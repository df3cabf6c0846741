//! A person's calendars on a real server, the person's own client, and `kalends` beside them.

#![allow(dead_code, reason = "each suite uses a part of it")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use kalends_recurrence::Date;
use kalends_servers::{Account, Running, Server, built};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::entry::{Entry, hour};

/// What the person's client shows, by the calendar's name.
pub(crate) type Listing = BTreeMap<String, Vec<Entry>>;

/// A server with a person on it, and a data folder whose account `a` is that person's.
pub(crate) struct World {
    client: RefCell<Client>,
    server: Running,
    data: TempDir,
    beside: RefCell<Vec<PathBuf>>,
    guard: RefCell<Option<Guard>>,
}

/// Mirrors of which one is tampered with before each sync that must settle: their calendar, their
/// UIDs, and how often that was done.
struct Guard {
    calendar: String,
    uids: Vec<String>,
    turns: Cell<usize>,
}

/// The title of those mirrors' origins.
const GUARD: &str = "Watched";

/// How many they are: one that is put right three times in a day is given up.
const GUARDS: usize = 4;

impl World {
    /// Makes these calendars, and lets `kalends` find them.
    pub(crate) fn new(server: Server, calendars: &[&str]) -> Self {
        let server = server.start_or_panic();
        let client = RefCell::new(Client::start(&server, &server.accounts[0]));
        let (data, beside, guard) =
            (TempDir::new().unwrap(), RefCell::default(), RefCell::default());
        let world = Self { client, server, data, beside, guard };
        let make = calendars.iter().map(|name| json!({ "calendar": name })).collect();
        world.person("mkcalendar", &Value::Array(make));
        let Running { url, user, .. } = &world.server;
        world.kalends(&["account", "add", "caldav", "--name", "a", "--url", url, "--user", user]);
        world
    }

    /// Adds an edge from a calendar to another, or to the overlay where `to` is empty; its id.
    pub(crate) fn edge(&self, from: &str, to: &str, detail: &str) -> String {
        let from = format!("a/{from}");
        let to = if to.is_empty() { "a".to_owned() } else { format!("a/{to}") };
        let added =
            self.kalends(&["edge", "add", "--from", &from, "--to", &to, "--detail", detail]);
        id_in(&added).unwrap_or_else(|| panic!("no edge id in {added}"))
    }

    /// Adds an edge between calendars as `kalends` names them, with these flags.
    pub(crate) fn join(&self, from: &str, to: &str, flags: &[&str]) {
        self.kalends(&[&["edge", "add", "--from", from, "--to", to], flags].concat());
    }

    /// The id of the one edge, if there is one.
    pub(crate) fn only_edge(&self) -> Option<String> {
        id_in(&self.kalends(&["edge", "list"]))
    }

    /// A person on another server, whose account is `b` of the same data folder.
    pub(crate) fn beside(&self, server: Server, calendars: &[&str]) -> Other {
        let other = Other::start(server, calendars);
        let url = other.server().url.clone();
        self.add_beside(&other, &url);
        other
    }

    /// Adds that person's account at an address.
    #[track_caller]
    pub(crate) fn add_beside(&self, other: &Other, url: &str) {
        let password = other.server().password.clone();
        self.add(other, url, &password);
        self.beside.borrow_mut().push(storage(&other.server()));
    }

    /// Adds that person's account, or gives it its password again, at an address.
    #[track_caller]
    pub(crate) fn add(&self, other: &Other, url: &str, password: &str) {
        let user = other.server().user.clone();
        self.add_second(url, &user, password);
    }

    /// A second person on this world's own server, whose account is `b` of the same data folder.
    pub(crate) fn neighbour(&self, calendars: &[&str]) -> Person {
        let Running { url, accounts, .. } = &self.server;
        let account = &accounts[1];
        let person = Person::start(&self.server, account, calendars);
        self.add_second(url, &account.user, &account.password);
        person
    }

    #[track_caller]
    fn add_second(&self, url: &str, user: &str, password: &str) {
        let mut add = self
            .command(&["account", "add", "caldav", "--name", "b", "--url", url, "--user", user]);
        let added = add.env("KALENDS_PASSWORD", password).output().unwrap();
        assert!(added.status.success(), "{added:?}");
    }

    /// Adds a calendar whose events are mirrored to a calendar as edges do unless told otherwise. From
    /// then on each [`World::settles`] is one in which a mirror of that calendar was tampered with and
    /// mended, so that what it did not write is as it should be; nothing else shows those mirrors.
    #[track_caller]
    pub(crate) fn watch(&self, calendar: &str) {
        self.person("mkcalendar", &json!({ "calendar": "Guard" }));
        let origin = |n| hour("Guard", &format!("guard-{n}"), &day(30), GUARD);
        self.person("put", &(0..GUARDS).map(origin).collect());
        self.kalends(&["sync"]);
        self.edge("Guard", calendar, "title");
        assert_eq!(self.settles(), [GUARDS as u64, 0, 0]);
        let ours = self.entries(calendar).into_iter().filter(|entry| entry.summary == GUARD);
        let uids = ours.map(|entry| entry.uid).collect();
        let guard = Guard { calendar: calendar.to_owned(), uids, turns: Cell::new(0) };
        *self.guard.borrow_mut() = Some(guard);
    }

    /// Syncs, which must settle in two passes at most, and once more, which must write nothing.
    /// What the first created, updated and deleted, but for the mirror that was tampered with.
    #[track_caller]
    pub(crate) fn settles(&self) -> [u64; 3] {
        let guard = self.guard.borrow();
        if let Some(Guard { calendar, uids, turns }) = &*guard {
            let uid = &uids[turns.replace(turns.get() + 1) % GUARDS];
            let change = json!({ "calendar": calendar, "uid": uid, "summary": "Tampered" });
            self.person("edit", &change);
        }
        let [created, updated, deleted] = self.sync();
        assert_eq!(self.sync(), [0, 0, 0], "the next sync has nothing to write");
        let Some(Guard { calendar, uids, .. }) = &*guard else {
            return [created, updated, deleted];
        };
        let shown = self.shown(&json!({})).remove(calendar).unwrap();
        let watched = shown.iter().filter(|entry| uids.contains(&entry.uid));
        assert_eq!(
            watched.filter(|entry| entry.summary == GUARD).count(),
            GUARDS,
            "all are mended"
        );
        assert!(updated > 0, "it was mended");
        [created, updated - 1, deleted]
    }

    #[track_caller]
    fn sync(&self) -> [u64; 3] {
        let report = self.kalends(&["sync"]);
        assert_eq!(report["settled"], true, "{report}");
        assert!(report["passes"].as_u64().unwrap() <= 2, "{report}");
        assert_eq!([&report["quarantined"], &report["parked"]], [0, 0], "{report}");
        ["created", "updated", "deleted"].map(|field| report[field].as_u64().unwrap())
    }

    /// Runs `kalends --json`, which must succeed.
    #[track_caller]
    pub(crate) fn kalends(&self, args: &[&str]) -> Value {
        let (code, answer) = self.try_kalends(args);
        assert_eq!(code, 0, "kalends {args:?}: {answer}");
        answer
    }

    /// Runs `kalends --json`: its exit code, and its document.
    pub(crate) fn try_kalends(&self, args: &[&str]) -> (i32, Value) {
        let output = self.command(args).output().unwrap();
        (output.status.code().unwrap_or(-1), answer_of(&output))
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Where each Radicale keeps its calendars.
    pub(crate) fn storages(&self) -> Vec<PathBuf> {
        [&[storage(&self.server)], self.beside.borrow().as_slice()].concat()
    }

    /// The command `kalends --json` with these arguments, not yet run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(built("kalends"));
        command.arg("--data").arg(self.data.path()).arg("--json").args(args);
        command.env("KALENDS_PASSWORD", &self.server.password).stdin(Stdio::null());
        command
    }

    /// Acts as the person: the acts and their fields are those of `client/people.py`.
    #[track_caller]
    pub(crate) fn person(&self, act: &str, what: &Value) -> Value {
        let mut client = self.client.borrow_mut();
        client.act(act, what).unwrap_or_else(|| panic!("the client's {act} {what} failed"))
    }

    /// Everything the person's client shows, with the instances of the next 400 days.
    #[track_caller]
    pub(crate) fn listing(&self) -> Listing {
        let mut shown = self.shown(&json!({ "since": day(0), "until": day(400) }));
        if let Some(Guard { calendar, uids, .. }) = &*self.guard.borrow() {
            let held = shown.get_mut(calendar).unwrap();
            held.retain(|entry| !uids.contains(&entry.uid) || entry.summary != GUARD);
        }
        shown
    }

    #[track_caller]
    fn shown(&self, instances: &Value) -> Listing {
        serde_json::from_value(self.person("list", instances)).unwrap()
    }

    /// What one calendar holds, which must be there.
    #[track_caller]
    pub(crate) fn entries(&self, calendar: &str) -> Vec<Entry> {
        self.listing().remove(calendar).unwrap()
    }

    /// The titles of what one calendar holds, sorted.
    #[track_caller]
    pub(crate) fn titles(&self, calendar: &str) -> Vec<String> {
        self.entries(calendar).into_iter().map(|entry| entry.summary).collect()
    }

    /// The one entry of a calendar that wears a mark.
    #[track_caller]
    pub(crate) fn mirror(&self, calendar: &str) -> Entry {
        let mut found = self.entries(calendar);
        found.retain(|entry| entry.marked);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
}

/// A person beside that of a world.
pub(crate) struct Person(RefCell<Client>);

impl Person {
    /// Makes these calendars; no account is added for them.
    fn start(server: &Running, account: &Account, calendars: &[&str]) -> Self {
        let person = Self(RefCell::new(Client::start(server, account)));
        let make = calendars.iter().map(|name| json!({ "calendar": name })).collect();
        person.person("mkcalendar", &Value::Array(make));
        person
    }

    /// Acts as that person.
    #[track_caller]
    pub(crate) fn person(&self, act: &str, what: &Value) -> Value {
        let answer = self.0.borrow_mut().act(act, what);
        answer.unwrap_or_else(|| panic!("the client's {act} {what} failed"))
    }

    /// Everything that person's client shows.
    #[track_caller]
    pub(crate) fn listing(&self) -> Listing {
        let shown = self.person("list", &json!({ "since": day(0), "until": day(400) }));
        serde_json::from_value(shown).unwrap()
    }

    /// The titles of what one calendar holds, sorted.
    #[track_caller]
    pub(crate) fn titles(&self, calendar: &str) -> Vec<String> {
        let mut listing = self.listing();
        listing.remove(calendar).unwrap().into_iter().map(|entry| entry.summary).collect()
    }
}

/// A person on a second server.
pub(crate) struct Other {
    person: Person,
    server: Arc<Mutex<Running>>,
}

impl Other {
    /// Makes these calendars; no account is added for them.
    pub(crate) fn start(server: Server, calendars: &[&str]) -> Self {
        let server = server.start_or_panic();
        let person = Person::start(&server, &server.accounts[0], calendars);
        Self { person, server: Arc::new(Mutex::new(server)) }
    }

    /// The server.
    pub(crate) fn server(&self) -> MutexGuard<'_, Running> {
        self.server.lock().unwrap()
    }

    /// The server, to do something to it meanwhile.
    pub(crate) fn handle(&self) -> Arc<Mutex<Running>> {
        self.server.clone()
    }
}

impl Deref for Other {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

/// A day so far ahead, as iCalendar writes it: in every edge's window, whenever this runs.
pub(crate) fn day(ahead: i32) -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let today = i32::try_from(since.as_secs() / 86_400).unwrap();
    Date::from_days(today + ahead).to_string().replace('-', "")
}

/// Where a Radicale keeps its calendars.
pub(crate) fn storage(server: &Running) -> PathBuf {
    server.dir().join("collections/collection-root")
}

fn answer_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn id_in(answer: &Value) -> Option<String> {
    match answer {
        Value::String(text) => text.starts_with("pol_").then(|| text.clone()),
        Value::Array(all) => all.iter().find_map(id_in),
        Value::Object(all) => all.values().find_map(id_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
