//! Servers that go away, refuse a password, or answer something else, in the middle of a sync:
//! it says so, nothing is deleted anywhere, and one sync after the fault has ended makes the
//! world what its undisturbed twin is.
//!
//! The fault begins at each request in turn with `KALENDS_LONG`, else at some of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "support/client.rs"]
mod client;
#[path = "support/entry.rs"]
mod entry;
#[path = "support/gate.rs"]
mod gate;
#[path = "support/people.rs"]
mod people;
#[path = "support/twin.rs"]
mod twin;

use std::fs;
use std::path::Path;
use std::process::Output;

use entry::{Entry, hour};
use gate::{Answer, Gate};
use kalends_servers::Server;
use people::{Other, World, day};
use serde_json::{Value, json};
use twin::{Start, Stored};

/// So few events in an origin calendar would be deleted unseen.
const FEW: usize = 3;

/// So many would not.
const MANY: usize = 12;

/// At so many requests does a fault begin where it does not at all.
const REQUESTS_SOON: usize = 3;

/// Home on one server is mirrored to Target on another, whose Work is mirrored to Mirror here;
/// deletions of mirrors go to their origins. The other server stands behind a gate.
struct Scene {
    world: World,
    other: Other,
    gate: Gate,
}

impl Scene {
    /// With so many events in each origin calendar, all mirrored.
    fn new(events: usize) -> Self {
        let world = World::new(Server::Radicale, &["Home", "Mirror"]);
        let other = Other::start(Server::Radicale, &["Work", "Target"]);
        let gate = Gate::before(&other.server().url);
        world.add_beside(&other, &gate.url());
        let all = |calendar: &str| -> Value {
            let one = |n| hour(calendar, &format!("{calendar}-{n:02}"), &day(20), &title(n));
            (0..events).map(one).collect()
        };
        world.person("put", &all("Home"));
        other.person("put", &all("Work"));
        let flags = ["--detail", "full", "--on-delete", "propagate"];
        world.join("a/Home", "b/Target", &flags);
        world.join("b/Work", "a/Mirror", &flags);
        assert_eq!(world.settles(), [2 * events as u64, 0, 0]);
        Self { world, other, gate }
    }

    /// Lets changes wait for a sync: an edit, a new event and a tampered mirror there.
    fn change_there(&self) {
        let uid = tampered(self.other.listing().remove("Target").unwrap());
        let edits = [edit("Work", "Work-00", "Changed"), edit("Target", &uid, "Tampered")];
        self.other.person("edit", &json!(edits));
        self.other.person("put", &hour("Work", "work-new", &day(20), "New"));
    }

    /// The same here.
    fn change_here(&self) {
        let uid = tampered(self.world.entries("Mirror"));
        let edits = [edit("Home", "Home-00", "Changed"), edit("Mirror", &uid, "Tampered")];
        self.world.person("edit", &json!(edits));
        self.world.person("put", &hour("Home", "home-new", &day(20), "New"));
    }

    fn sync(&self) -> Output {
        self.world.command(&["sync"]).output().unwrap()
    }
}

/// The UID of the mirror to tamper with.
fn tampered(mirrors: Vec<Entry>) -> String {
    mirrors.into_iter().find(|mirror| mirror.summary == title(1)).unwrap().uid
}

fn edit(calendar: &str, uid: &str, summary: &str) -> Value {
    json!({ "calendar": calendar, "uid": uid, "summary": summary })
}

fn title(n: usize) -> String {
    format!("Title-{n:02}")
}

/// How a fault shows.
struct Shows {
    /// The exit codes that the sync which meets it may end with.
    codes: &'static [i32],
    /// What is said on standard error.
    says: &'static str,
}

/// Lets a fault begin at requests of a sync and end after it.
fn goes_wrong(shows: &Shows, begin: impl Fn(&Scene, usize), end: impl Fn(&Scene)) {
    let scene = Scene::new(FEW);
    scene.change_here();
    scene.change_there();
    let (world, start) = (&scene.world, Start::of(&scene.world));
    let before = Stored::in_world(world);
    scene.gate.open();
    let undisturbed = scene.sync();
    let requests = scene.gate.passed();
    assert_eq!(report(&undisturbed), [2, 4, 0]);
    let twin = Stored::in_world(world);

    let long = std::env::var_os("KALENDS_LONG").is_some();
    let step = if long { 1 } else { requests.div_ceil(REQUESTS_SOON) };
    let mut met_at = 0;
    for request in (1..=requests).step_by(step) {
        let at = format!("at request {request} of {requests}");
        start.put_back(world);
        begin(&scene, request);
        let met = scene.sync();
        let said = String::from_utf8_lossy(&met.stderr);
        if scene.gate.passed() < request {
            // What is read back together differs: the last requests are not always sent.
            report(&met);
            scene.gate.open();
            continue;
        }
        met_at += 1;
        let code = met.status.code().unwrap();
        assert!(shows.codes.contains(&code), "{at}: {met:?}");
        let told = said.contains("warning: b") && said.contains(shows.says);
        assert!(told || code == 0, "{at}: {said}");
        assert_eq!(before.missing_from(&Stored::in_world(world)), [""; 0], "{at}: deleted");
        end(&scene);
        scene.gate.open();
        report(&scene.sync());
        Stored::in_world(world).assert_same(&twin, &at);
        assert_eq!(report(&scene.sync()), [0, 0, 0], "{at}: the next sync has nothing to write");
        world.kalends(&["journal", "--verify"]);
    }
    assert!(met_at * 4 >= requests.div_ceil(step) * 3, "met at {met_at} of {requests} requests");
}

/// What a sync that must settle created, updated and deleted.
#[track_caller]
fn report(sync: &Output) -> [u64; 3] {
    assert!(sync.status.success(), "{sync:?}");
    let report: Value = serde_json::from_slice(&sync.stdout).unwrap();
    assert!(report["settled"] == true && report["passes"].as_u64() <= Some(2), "{report}");
    ["created", "updated", "deleted"].map(|field| report[field].as_u64().unwrap())
}

/// Fails where what a calendar that cannot be read does not show counts as deleted, or where a
/// write without an answer is given up or repeated as another.
#[test]
fn a_server_that_dies_within_a_sync_and_comes_back_loses_nothing() {
    let shows = Shows { codes: &[3], says: "net." };
    let begin = |scene: &Scene, request| {
        let server = scene.other.handle();
        let dies = Box::new(move || server.lock().unwrap().halt());
        scene.gate.shut_at(request, Some(dies), Answer::Server);
    };
    goes_wrong(&shows, begin, |scene| scene.other.server().resume().unwrap());
}

/// Fails where what a server did not take while it was away is given up, or written twice once it is
/// back in the middle of the same sync.
#[test]
fn a_server_that_is_away_for_a_moment_within_a_sync_loses_nothing() {
    let shows = Shows { codes: &[0, 3], says: "net." };
    goes_wrong(&shows, |scene, request| scene.gate.away_at(request, 2), |_| {});
}

/// Fails where a refused password is not told of, or where what was refused goes on resting after
/// the new one was given.
#[test]
fn a_password_that_is_changed_within_a_sync_loses_nothing() {
    const NEW: &str = "changed-9";
    let shows = Shows { codes: &[4], says: "http.401" };
    let begin = |scene: &Scene, request| {
        let people = scene.other.server().dir().join("people");
        fs::write(&people, format!("alice:{}\n", scene.other.server().password)).unwrap();
        let change = Box::new(move || fs::write(people, format!("alice:{NEW}\n")).unwrap());
        scene.gate.shut_at(request, Some(change), Answer::Server);
    };
    goes_wrong(&shows, begin, |scene| {
        scene.gate.open();
        scene.world.add(&scene.other, &scene.gate.url(), NEW);
    });
}

/// Fails where a page for people counts as an empty list.
#[test]
fn a_login_page_within_a_sync_loses_nothing() {
    let shows = Shows { codes: &[3], says: "calendar data was expected" };
    let page = "<!doctype html><html><body><form action=/login><input name=user></form>";
    let answer = Answer::Page("200 OK", page);
    goes_wrong(&shows, |scene, request| scene.gate.shut_at(request, None, answer), |_| {});
}

/// Fails where an error of the server counts as an answer to the question.
#[test]
fn a_server_that_breaks_within_a_sync_loses_nothing() {
    let shows = Shows { codes: &[3], says: "http.500" };
    let answer = Answer::Page("500 Internal Server Error", "<html><body>Oops");
    goes_wrong(&shows, |scene, request| scene.gate.shut_at(request, None, answer), |_| {});
}

/// Syncs while something of the other server is gone, with what each of the syncs shows: nothing
/// is deleted, and once it is back one sync makes good.
fn goes_and_comes_back(take_away: impl Fn(&Path), shows: impl Fn(usize, &Output, &Value)) {
    let scene = Scene::new(MANY);
    scene.change_there();
    let (world, start) = (&scene.world, Start::of(&scene.world));
    assert_eq!(report(&scene.sync()), [1, 2, 0]);
    let twin = Stored::in_world(world);
    start.put_back(world);
    let before = Stored::in_world(world);
    take_away(&world.storages().remove(1).join("alice"));
    for n in 0..3 {
        let met = scene.sync();
        let said: Value = serde_json::from_slice(&met.stdout).unwrap();
        assert_eq!(said["deleted"], 0, "{n}: {met:?}");
        let missing = before.missing_from(&Stored::in_world(world));
        assert!(missing.iter().all(|path| path.starts_with("1/")), "{missing:?}");
        shows(n, &met, &said);
    }
    start.put_back_one(world, 2);
    report(&scene.sync());
    Stored::in_world(world).assert_same(&twin, "after it came back");
    assert_eq!(report(&scene.sync()), [0, 0, 0], "the next sync has nothing to write");
    world.kalends(&["journal", "--verify"]);
}

/// Fails where a calendar that is empty all at once has its mirrors deleted, or where the origins
/// of mirrors that are gone all at once are.
#[test]
fn calendars_that_are_empty_for_a_while_lose_nothing() {
    let take_away = |home: &Path| {
        for calendar in ["Work", "Target"] {
            for entry in fs::read_dir(home.join(calendar)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else if path.extension().is_some_and(|kind| kind == "ics") {
                    fs::remove_file(path).unwrap();
                }
            }
        }
    };
    goes_and_comes_back(take_away, |n, met, said| {
        assert_eq!((met.status.code(), &said["held"]), (Some(3), &json!(2 * MANY)), "{n}: {met:?}");
    });
}

/// Fails where the calendars of an account that lists none count as deleted, with all they held.
#[test]
fn an_account_without_calendars_for_a_while_loses_nothing() {
    let take_away = |home: &Path| {
        for calendar in ["Work", "Target"] {
            fs::remove_dir_all(home.join(calendar)).unwrap();
        }
    };
    goes_and_comes_back(take_away, |n, met, said| {
        assert_eq!((met.status.code(), &said["held"]), (Some(3), &json!(0)), "{n}: {met:?}");
        let told = String::from_utf8_lossy(&met.stderr);
        assert!(["b/Work", "b/Target"].iter().all(|name| told.contains(name)), "{n}: {told}");
    });
}
