//! A sync that is killed at each place in turn, on a real server: after the next, the world is
//! what its undisturbed twin is, object by object and byte by byte.
//!
//! Each place starts from the same folders. What waits for the sync holds a tampered mirror each
//! time, so that the last sync writes nothing in a world where one was found and mended.
//! The first three scenarios die at every place; the others at some of them, and at every place
//! with `KALENDS_LONG`. The sync that dies does one thing after the other, so that it passes the places
//! that its twin did; with `KALENDS_LONG` it dies once more while several are under way, as it is
//! without being told otherwise.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "support/client.rs"]
mod client;
#[path = "support/entry.rs"]
mod entry;
#[path = "support/people.rs"]
mod people;
#[path = "support/twin.rs"]
mod twin;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt as _;

use entry::{BERLIN, event, hour, put};
use kalends_servers::Server;
use people::{World, day};
use serde_json::{Value, json};
use twin::{Start, Stored};

/// Places that a sync which writes passes at least.
const PLACES_MIN: usize = 10;

/// So many of them are visited where not all are.
const PLACES_SOON: usize = 6;

/// Syncs undisturbed, looks at what came of it, and holds each sync that was killed on the way,
/// and begun again, to that.
fn killed_everywhere(world: &World, comes_to: impl Fn(Value)) {
    killed(world, usize::MAX, comes_to);
}

/// The same at some of the places, unless there is time.
fn killed_here_and_there(world: &World, comes_to: impl Fn(Value)) {
    killed(world, if has_time() { usize::MAX } else { PLACES_SOON }, comes_to);
}

fn has_time() -> bool {
    std::env::var_os("KALENDS_LONG").is_some()
}

fn killed(world: &World, most: usize, comes_to: impl Fn(Value)) {
    let start = Start::of(world);
    let died = killed_in(world, &start, "1", most, &comes_to);
    assert!(died.iter().all(|(_, died)| *died), "not reached: {died:?}");
    if most == usize::MAX {
        let kinds: BTreeSet<&str> = died.iter().map(|(kind, _)| &**kind).collect();
        assert_eq!(kinds, BTreeSet::from(["Answered", "Committed", "Sending"]));
    }
    if has_time() {
        start.put_back(world);
        let died = killed_in(world, &start, "4", most, &comes_to);
        // Requests at once are settled together or not: the last places are not always reached.
        let reached = died.iter().filter(|(_, died)| *died).count();
        assert!(reached * 4 >= died.len() * 3, "{reached} of {} places were reached", died.len());
    }
}

/// Kills syncs that do so much at once. The kind of each place, and whether a sync died there.
fn killed_in(
    world: &World,
    start: &Start,
    lanes: &str,
    most: usize,
    comes_to: &impl Fn(Value),
) -> Vec<(String, bool)> {
    let count = world.data().join("count");
    let sync = |variable: &str, value: &OsStr| {
        let mut sync = world.command(&["sync"]);
        sync.env("KALENDS_FAIL_LANES", lanes).env(variable, value).output().unwrap()
    };
    let undisturbed = sync("KALENDS_FAIL_COUNT", count.as_os_str());
    let passed = std::fs::read_to_string(&count).unwrap();
    let places: Vec<&str> = passed.lines().collect();
    assert!(places.len() >= PLACES_MIN, "a run that writes passes more than {places:?}");
    comes_to(serde_json::from_slice(&undisturbed.stdout).unwrap());
    let twin = Stored::in_world(world);
    rests(world, "undisturbed");

    let visit = |(n, kind): (usize, &&str)| {
        let (place, of) = ((n + 1).to_string(), places.len());
        let at = format!("killed at place {place} of {of}, {kind}");
        start.put_back(world);
        let killed = sync("KALENDS_FAIL_AT", place.as_ref()).status;
        let died = killed.signal() == Some(9);
        assert!(died || killed == undisturbed.status, "{at}: {killed}");
        let again = world.command(&["sync"]).output().unwrap();
        assert_eq!(again.status, undisturbed.status, "{at}: {again:?}");
        wrote(&serde_json::from_slice(&again.stdout).unwrap());
        Stored::in_world(world).assert_same(&twin, &at);
        rests(world, &at);
        ((*kind).to_owned(), died)
    };
    places.iter().enumerate().step_by(places.len().div_ceil(most)).map(visit).collect()
}

/// The journal holds together, and the next sync has nothing to write.
fn rests(world: &World, at: &str) {
    world.kalends(&["journal", "--verify"]);
    let (_, report) = world.try_kalends(&["sync"]);
    let wrote = ["created", "updated", "deleted"].map(|field| &report[field]);
    assert_eq!(wrote, [0, 0, 0], "{at}: the next sync has nothing to write: {report}");
    assert_eq!(report["settled"], true, "{at}: {report}");
}

fn wrote(report: &Value) -> [u64; 3] {
    assert!(report["settled"] == true && report["passes"].as_u64() <= Some(2), "{report}");
    ["created", "updated", "deleted"].map(|field| report[field].as_u64().unwrap())
}

fn at_work(uid: &str, title: &str) -> Value {
    hour("Work", uid, &day(20), title)
}

fn edit(calendar: &str, uid: &str, summary: &str) -> Value {
    json!({ "calendar": calendar, "uid": uid, "summary": summary })
}

/// The UID of the mirror with this title.
fn mirror(world: &World, title: &str) -> String {
    let found = world.entries("Target").into_iter().find(|entry| entry.summary == title);
    found.unwrap().uid
}

/// A world whose calendars are mirrored to the one called Target, with one event, named Kept, in
/// each of them; its mirror from Work is tampered with by [`tamper`].
fn world_with_edges(from: &[&str], flags: &[&str]) -> World {
    let world = World::new(Server::Radicale, &[from, &["Target"]].concat());
    for name in from {
        world.person("put", &hour(name, &format!("kept-{name}"), &day(19), "Kept"));
        let (from, to) = (format!("a/{name}"), "a/Target");
        world.join(&from, to, &[&["--detail", "full"], flags].concat());
    }
    assert_eq!(world.settles(), [from.len() as u64, 0, 0]);
    world
}

fn tamper(world: &World) {
    world.person("edit", &edit("Target", &mirror(world, "Kept"), "Tampered"));
}

/// A series with a moved instance.
fn series(title: &str) -> Value {
    let days = [day(21), day(28)];
    let of = |from: &str, to: &str, n: usize, lines: &[&str]| {
        let (start, end) = (BERLIN.at("DTSTART", &days[n], from), BERLIN.at("DTEND", &days[n], to));
        event("series", &[&[&*start, &*end], lines].concat())
    };
    let (title, moved) =
        (format!("SUMMARY:{title}"), BERLIN.at("RECURRENCE-ID", &days[1], "090000"));
    let master = of("090000", "100000", 0, &["RRULE:FREQ=WEEKLY;COUNT=6", &title]);
    let parts = [BERLIN.component(), master, of("110000", "120000", 1, &[&moved, &title])];
    put("Work", "series", &parts)
}

/// Fails where the id of an object or the name of an overlay is drawn, and so is another one after
/// the process died.
#[test]
fn first_mirrors_that_are_killed_anywhere_end_as_those_of_their_twin() {
    let world = World::new(Server::Radicale, &["Work", "Target"]);
    world.person("put", &hour("Target", "there", &day(19), "Kept"));
    world.join("a/Target", "a/Work", &["--detail", "title"]);
    assert_eq!(world.settles(), [1, 0, 0]);
    let tampered = world.mirror("Work").uid;
    world.person("edit", &edit("Work", &tampered, "Tampered"));
    world.person("put", &json!([at_work("one", "One"), at_work("two", "Two"), series("Series")]));
    world.edge("Work", "Target", "title");
    world.edge("Work", "", "busy");
    killed_everywhere(&world, |report| {
        assert_eq!(wrote(&report), [6, 1, 0]);
        assert_eq!(world.titles("Target"), ["Kept", "One", "Series", "Two"]);
        assert_eq!(world.titles("Work"), ["Kept", "One", "Series", "Two"]);
        assert_eq!(world.titles("Other calendars"), ["Busy"; 3]);
    });
}

/// Fails where a cursor is committed before what it covers, so that what was listed is forgotten
/// with the process.
#[test]
fn changes_of_origins_that_are_killed_anywhere_end_as_those_of_their_twin() {
    let world = world_with_edges(&["Work"], &[]);
    let before = [at_work("stays", "Before"), at_work("goes", "Goes"), series("Series")];
    world.person("put", &json!(before));
    assert_eq!(world.settles(), [3, 0, 0]);
    tamper(&world);
    world.person("put", &json!([at_work("comes", "Comes"), series("Sequel")]));
    world.person("edit", &edit("Work", "stays", "After"));
    world.person("delete", &json!({ "calendar": "Work", "uids": ["goes"] }));
    killed_everywhere(&world, |report| {
        assert_eq!(wrote(&report), [1, 3, 1]);
        assert_eq!(world.titles("Target"), ["After", "Comes", "Kept", "Sequel"]);
    });
}

/// Fails where a job that the process had in hand is lost with it, or waits for the end of its
/// lease.
#[test]
fn reverts_that_are_killed_anywhere_end_as_those_of_their_twin() {
    let world = world_with_edges(&["Work"], &[]);
    world.person("put", &json!([at_work("one", "One"), at_work("two", "Two")]));
    assert_eq!(world.settles(), [2, 0, 0]);
    tamper(&world);
    let (one, two) = (mirror(&world, "One"), mirror(&world, "Two"));
    world.person("copy", &json!({ "calendar": "Target", "uid": one, "as": "copied" }));
    world.person("delete", &json!({ "calendar": "Target", "uids": [two] }));
    killed_everywhere(&world, |report| {
        assert_eq!(wrote(&report), [1, 1, 0]);
        assert_eq!(world.titles("Target"), ["Kept", "One", "One", "Two"], "the copy is left alone");
    });
}

/// Fails where a move that was half carried out waits for the end of a dead process's lease.
#[test]
fn moves_between_calendars_that_are_killed_anywhere_end_as_those_of_their_twin() {
    let world = world_with_edges(&["Work", "Other"], &[]);
    world.person("put", &json!([at_work("moves", "Moves"), series("Series")]));
    assert_eq!(world.settles(), [2, 0, 0]);
    tamper(&world);
    world.person("move", &json!({ "calendar": "Work", "uid": "moves", "to": "Other" }));
    world.person("move", &json!({ "calendar": "Work", "uid": "series", "to": "Other" }));
    killed_here_and_there(&world, |report| {
        assert_eq!(wrote(&report), [2, 1, 2]);
        assert_eq!(world.titles("Target"), ["Kept", "Kept", "Moves", "Series"]);
        assert_eq!(world.titles("Work"), ["Kept"]);
    });
}

/// Fails where an edit of a mirror that was listed, and not yet read, is forgotten with the process.
#[test]
fn edits_of_mirrors_that_go_to_their_origins_and_are_killed_anywhere_end_as_those_of_their_twin() {
    let flags = ["--on-edit", "propagate", "--on-delete", "propagate"];
    let world = world_with_edges(&["Work"], &flags);
    world.person("put", &json!([at_work("one", "One"), at_work("two", "Two"), series("Series")]));
    world.person("mkcalendar", &json!({ "calendar": "Other" }));
    world.person("put", &hour("Other", "there", &day(19), "There"));
    world.kalends(&["sync"]);
    world.join("a/Other", "a/Target", &["--detail", "full"]);
    assert_eq!(world.settles(), [1, 0, 0]);
    let all = ["One", "Two", "Series", "There"].map(|title| mirror(&world, title));
    let edits = [edit("Target", &all[0], "Edited"), edit("Target", &all[3], "Tampered")];
    world.person("edit", &json!(edits));
    world.person("delete", &json!({ "calendar": "Target", "uids": [all[1]] }));
    let instance = format!("{}T090000", day(35));
    let change =
        json!({ "calendar": "Target", "uid": all[2], "summary": "Race", "instance": instance });
    world.person("override", &change);
    killed_here_and_there(&world, |report| {
        assert_eq!(wrote(&report), [0, 3, 1]);
        assert_eq!(world.titles("Target"), ["Edited", "Kept", "Series", "There"]);
        assert_eq!(world.titles("Work"), ["Edited", "Kept", "Series"]);
        let series = world.entries("Work").pop().unwrap();
        assert!(series.overrides.iter().any(|[_, _, title]| title == "Race"), "{series:?}");
    });
}

/// Fails where a revert beside deletions that wait, or deletions that were approved, wait for the
/// end of a dead process's lease.
#[test]
fn deletions_that_are_held_and_approved_and_killed_anywhere_end_as_those_of_their_twin() {
    const GO: usize = 14;
    let world = world_with_edges(&["Work"], &[]);
    let uids: Vec<String> = (0..GO).map(|n| format!("goes-{n:02}")).collect();
    world.person("put", &uids.iter().map(|uid| at_work(uid, uid)).collect());
    assert_eq!(world.settles(), [GO as u64, 0, 0]);
    tamper(&world);
    world.person("delete", &json!({ "calendar": "Work", "uids": uids }));
    killed_here_and_there(&world, |report| {
        assert_eq!((wrote(&report), &report["held"]), ([0, 1, 0], &json!(GO)));
        assert_eq!(world.entries("Target").len(), GO + 1);
    });

    let count = GO.to_string();
    let approve = ["held", "approve", "a/Work", "--count", &count];
    let killed = world.command(&approve).env("KALENDS_FAIL_AT", "1").output().unwrap().status;
    assert_eq!(killed.signal(), Some(9), "{killed}");
    world.kalends(&approve);
    tamper(&world);
    killed_here_and_there(&world, |report| {
        assert_eq!(wrote(&report), [0, 1, GO as u64]);
        assert_eq!(world.titles("Target"), ["Kept"]);
    });
}

/// Fails where the deletion of an overlay whose answer was lost keeps the next syncs from settling.
#[test]
fn retractions_that_are_killed_anywhere_end_as_those_of_their_twin() {
    let world = World::new(Server::Radicale, &["Work", "Target"]);
    world.person("put", &json!([at_work("one", "One"), at_work("two", "Two")]));
    let (title, busy) = (world.edge("Work", "Target", "title"), world.edge("Work", "", "busy"));
    world.edge("Target", "Work", "title");
    world.person("put", &hour("Target", "there", &day(19), "There"));
    assert_eq!(world.settles(), [5, 0, 0]);
    world.kalends(&["edge", "remove", &title]);
    world.kalends(&["edge", "remove", &busy]);
    world.person("edit", &edit("Work", &world.mirror("Work").uid, "Tampered"));
    killed_here_and_there(&world, |report| {
        assert_eq!(wrote(&report), [0, 1, 5], "the overlay goes with the last of its mirrors");
        assert_eq!(world.titles("Target"), ["There"]);
        assert_eq!(world.titles("Work"), ["One", "There", "Two"]);
        assert!(!world.listing().contains_key("Other calendars"));
    });
}
