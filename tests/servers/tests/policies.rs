//! What edges do with a person's edits and deletions of mirrors, on real servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "support/client.rs"]
mod client;
#[path = "support/entry.rs"]
mod entry;
#[path = "support/people.rs"]
mod people;

use entry::{BERLIN, Entry, event, hour, put};
use kalends_servers::Server;
use people::{World, day};
use serde_json::json;

/// One test for each scenario on each server.
macro_rules! on_every_server {
    ($($scenario:ident,)*) => {
        mod radicale { $(#[test] fn $scenario() { super::$scenario(super::Server::Radicale); })* }
        mod xandikos { $(#[test] fn $scenario() { super::$scenario(super::Server::Xandikos); })* }
        mod sabre { $(#[test] fn $scenario() { super::$scenario(super::Server::Sabre); })* }
    };
}

on_every_server! {
    edits_and_deletions_of_mirrors_go_to_their_origins,
    detached_mirrors_are_the_persons,
    two_calendars_say_the_same_in_both_directions,
    rejected_deletions_change_nothing,
    instances_go_both_ways_and_the_series_stays_one,
}

#[test]
fn four_calendars_on_two_servers_hold_each_event_once() {
    let names = ["C1", "C2"];
    let world = World::new(Server::Radicale, &names);
    let other = world.beside(Server::Xandikos, &["C3", "C4"]);
    for (n, name) in names.iter().enumerate() {
        world.person("put", &hour(name, &format!("a{n}"), &day(20), name));
    }
    for (n, name) in ["C3", "C4"].iter().enumerate() {
        other.person("put", &hour(name, &format!("b{n}"), &day(20), name));
    }
    let all = ["a/C1", "a/C2", "b/C3", "b/C4"];
    for (from, to) in all.iter().flat_map(|from| all.map(|to| (from, to))) {
        if *from != to {
            world.join(from, to, &["--detail", "title"]);
        }
    }
    assert_eq!(world.settles(), [12, 0, 0]);
    let mut listing = world.listing();
    listing.extend(other.listing());
    for name in ["C1", "C2", "C3", "C4"] {
        let held = &listing[name];
        let titles: Vec<&str> = held.iter().map(|entry| &*entry.summary).collect();
        assert_eq!(titles, ["C1", "C2", "C3", "C4"]);
        assert!(held.iter().all(|entry| entry.marked == (entry.summary != name)), "{held:?}");
    }

    let uid = listing["C3"].iter().find(|entry| entry.summary == "C1").unwrap().uid.clone();
    other.person("edit", &json!({ "calendar": "C3", "uid": uid, "summary": "Tampered" }));
    world.person("delete", &json!({ "calendar": "C2", "uids": ["a1"] }));
    assert_eq!(world.settles(), [0, 1, 3]);
    assert_eq!(other.titles("C3"), ["C1", "C3", "C4"]);
}

const FULL: [&str; 2] = ["--detail", "full"];

fn titled(world: &World, calendar: &str, title: &str) -> Entry {
    let found = world.entries(calendar).into_iter().find(|entry| entry.summary == title);
    found.unwrap_or_else(|| panic!("{calendar} holds no {title}: {:?}", world.titles(calendar)))
}

fn edits_and_deletions_of_mirrors_go_to_their_origins(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    let policy = ["--on-edit", "propagate", "--on-delete", "propagate"];
    world.join("a/Work", "a/Target", &[&FULL[..], &policy].concat());
    let stays = hour("Work", "stays", &day(21), "Stays");
    world.person("put", &json!([hour("Work", "one", &day(20), "Dentist"), stays]));
    assert_eq!(world.settles(), [2, 0, 0]);

    let uid = titled(&world, "Target", "Dentist").uid;
    world.person("edit", &json!({ "calendar": "Target", "uid": uid, "summary": "Moved on" }));
    assert_eq!(world.settles(), [0, 1, 0], "the origin is patched, the mirror is as it should be");
    let origin = titled(&world, "Work", "Moved on");
    assert_eq!((&*origin.uid, &*origin.description), ("one", "Notes of Dentist"));

    let renamed = json!({ "calendar": "Work", "uid": "one", "summary": "Again" });
    world.person("edit", &renamed);
    assert_eq!(world.settles(), [0, 1, 0]);
    assert_eq!(world.titles("Target"), ["Again", "Stays"]);

    let uid = titled(&world, "Target", "Again").uid;
    world.person("delete", &json!({ "calendar": "Target", "uids": [uid] }));
    assert_eq!(world.settles(), [0, 0, 1], "the origin goes with its mirror");
    assert_eq!(world.titles("Work"), ["Stays"]);
    assert_eq!(world.titles("Target"), ["Stays"]);
}

fn detached_mirrors_are_the_persons(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    let policy = ["--on-edit", "detach", "--on-delete", "detach"];
    world.join("a/Work", "a/Target", &[&FULL[..], &policy].concat());
    let both = [hour("Work", "one", &day(20), "One"), hour("Work", "two", &day(21), "Two")];
    world.person("put", &json!(both));
    assert_eq!(world.settles(), [2, 0, 0]);

    let (one, two) = (titled(&world, "Target", "One").uid, titled(&world, "Target", "Two").uid);
    world.person("edit", &json!({ "calendar": "Target", "uid": one, "summary": "Mine" }));
    world.person("delete", &json!({ "calendar": "Target", "uids": [two] }));
    assert_eq!(world.settles(), [0, 0, 0]);
    for uid in ["one", "two"] {
        let change = json!({ "calendar": "Work", "uid": uid, "summary": format!("{uid} anew") });
        world.person("edit", &change);
    }
    assert_eq!(world.settles(), [0, 0, 0], "neither is written again");
    assert_eq!(world.titles("Target"), ["Mine"]);
    world.person("delete", &json!({ "calendar": "Target", "uids": [one] }));
    assert_eq!(world.settles(), [0, 0, 0]);
    assert_eq!(world.titles("Work"), ["one anew", "two anew"], "no origin goes with it");

    // That nothing is written is believed where what should be written is.
    world.person("put", &hour("Work", "three", &day(22), "Three"));
    assert_eq!(world.settles(), [1, 0, 0]);
}

fn two_calendars_say_the_same_in_both_directions(server: Server) {
    let world = World::new(server, &["Mine", "Ours"]);
    world.join("a/Mine", "a/Ours", &[&FULL[..], &["--two-way"]].concat());
    let both = [hour("Mine", "m", &day(20), "From mine"), hour("Ours", "o", &day(21), "From ours")];
    world.person("put", &json!(both));
    assert_eq!(world.settles(), [2, 0, 0]);
    assert_eq!(world.titles("Mine"), world.titles("Ours"));

    let mirror = titled(&world, "Mine", "From ours").uid;
    let changes = [
        json!({ "calendar": "Mine", "uid": mirror, "summary": "Ours, edited in mine" }),
        json!({ "calendar": "Mine", "uid": "m", "summary": "Mine, edited in mine" }),
    ];
    world.person("edit", &json!(changes));
    assert_eq!(world.settles(), [0, 2, 0]);
    for calendar in ["Mine", "Ours"] {
        let titles = world.titles(calendar);
        assert_eq!(titles, ["Mine, edited in mine", "Ours, edited in mine"], "{calendar}");
    }

    let mirror = titled(&world, "Ours", "Mine, edited in mine").uid;
    world.person("delete", &json!({ "calendar": "Ours", "uids": [mirror] }));
    assert_eq!(world.settles(), [0, 0, 1]);
    assert_eq!(world.titles("Mine"), ["Ours, edited in mine"]);
    assert_eq!(world.titles("Ours"), ["Ours, edited in mine"]);
}

fn rejected_deletions_change_nothing(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    world.edge("Work", "Target", "title");
    let uids: Vec<String> = (0..40).map(|n| format!("uid-{n:02}")).collect();
    world.person("put", &uids.iter().map(|uid| hour("Work", uid, &day(20), uid)).collect());
    assert_eq!(world.settles(), [40, 0, 0]);
    world.person("delete", &json!({ "calendar": "Work", "uids": uids }));
    let (code, report) = world.try_kalends(&["sync"]);
    assert_eq!((code, &report["held"]), (3, &json!(40)), "{report}");
    let listed = world.kalends(&["held", "list"]);
    assert!(listed.to_string().contains("40"), "{listed}");
    world.kalends(&["held", "reject", "a/Work"]);
    assert_eq!(world.settles(), [0, 0, 0]);
    assert_eq!(world.titles("Target"), uids, "what was mirrored stays");
}

fn instances_go_both_ways_and_the_series_stays_one(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    let policy = ["--on-edit", "propagate", "--on-delete", "propagate"];
    world.join("a/Work", "a/Target", &[&FULL[..], &policy].concat());
    let days: Vec<String> = (0..10).map(|n| day(10 + n)).collect();
    let at = |property: &str, n: usize, time: &str| BERLIN.at(property, &days[n], time);
    let of = |n: usize, from: &str, to: &str, lines: &[&str]| {
        let (start, end) = (at("DTSTART", n, from), at("DTEND", n, to));
        event("series", &[&[&*start, &*end], lines].concat())
    };
    let (extra, without) = (at("RDATE", 9, "180000"), at("EXDATE", 1, "090000"));
    let (moved, later) =
        (at("RECURRENCE-ID", 2, "090000"), at("RECURRENCE-ID;RANGE=THISANDFUTURE", 5, "090000"));
    let parts = [
        BERLIN.component(),
        of(0, "090000", "100000", &["RRULE:FREQ=DAILY;COUNT=8", &extra, &without, "SUMMARY:Run"]),
        of(2, "110000", "120000", &[&moved, "SUMMARY:Run"]),
        of(5, "090000", "100000", &[&later, "SUMMARY:Long run"]),
    ];
    world.person("put", &put("Work", "series", &parts));
    assert_eq!(world.settles(), [1, 0, 0]);
    let mirror = world.mirror("Target");
    assert_eq!(mirror.exdates, 1, "{mirror:?}");
    assert!(
        mirror
            .instances
            .iter()
            .any(|[start, ..]| start.contains("T16:00") || start.contains("T17:00"))
    );
    let overrides = |entry: &Entry, title: &str| {
        entry.overrides.iter().filter(|[_, _, shown]| shown == title).count()
    };
    assert_eq!(overrides(&mirror, "Run"), 1, "{mirror:?}");

    let instance = format!("{}T090000", days[3]);
    let change =
        json!({ "calendar": "Target", "uid": mirror.uid, "summary": "Race", "instance": instance });
    world.person("override", &change);
    assert_eq!(world.settles(), [0, 1, 0], "one change of the one origin");
    let origin = titled(&world, "Work", "Run");
    assert_eq!(overrides(&origin, "Race"), 1, "{origin:?}");
    assert_eq!(&*origin.rrule, "FREQ=DAILY;COUNT=8", "{origin:?}");

    let instance = format!("{}T090000", days[4]);
    let change = json!({ "calendar": "Target", "uid": mirror.uid, "instance": instance });
    world.person("exclude", &change);
    assert_eq!(world.settles(), [0, 1, 0], "one exclusion in the one origin");
    let origin = titled(&world, "Work", "Run");
    assert_eq!(origin.exdates, 2, "{origin:?}");
    let on_that_day = |[start, ..]: &[String; 3]| start.replace('-', "").starts_with(&days[4]);
    assert!(!world.mirror("Target").instances.iter().any(on_that_day));

    // "This and all following", as most programs write it: the series ends, another goes on.
    let until = format!("RRULE:FREQ=DAILY;UNTIL={}T080000Z", days[2]);
    let ends = [BERLIN.component(), of(0, "090000", "100000", &[&until, &without, "SUMMARY:Run"])];
    let (start, end) = (at("DTSTART", 3, "190000"), at("DTEND", 3, "200000"));
    let on = event("goes-on", &[&start, &end, "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:Late run"]);
    let goes_on = put("Work", "goes-on", &[BERLIN.component(), on]);
    world.person("put", &json!([put("Work", "series", &ends), goes_on]));
    assert_eq!(world.settles(), [1, 1, 0]);
    let listing = world.listing();
    for (origin, mirror) in listing["Work"].iter().zip(&listing["Target"]) {
        assert_eq!(origin.instances, mirror.instances, "{origin:?}\n{mirror:?}");
        assert!(!mirror.rrule.is_empty(), "{mirror:?}");
    }
}
