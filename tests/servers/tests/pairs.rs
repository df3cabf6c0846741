//! Two accounts at once, on two servers or on one: a person's calendars in one are mirrored in the
//! other, and back.

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
use serde_json::{Value, json};

/// Fails where a mirror on one server is an origin for the other.
#[test]
fn four_calendars_on_radicale_and_xandikos_hold_each_event_once() {
    four_calendars_on_two_servers(Server::Xandikos);
}

/// Fails where a mirror on one server is an origin for the other.
#[test]
fn four_calendars_on_radicale_and_sabre_hold_each_event_once() {
    four_calendars_on_two_servers(Server::Sabre);
}

fn four_calendars_on_two_servers(second: Server) {
    let names = ["C1", "C2"];
    let world = World::new(Server::Radicale, &names);
    let other = world.beside(second, &["C3", "C4"]);
    world.watch("C1");
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

/// Fails where what one server makes of a mirror counts as an edit, where a series is taken apart
/// on its way to another server, or where an edit of a mirror gets lost on its way back.
#[test]
fn radicale_and_sabre_say_the_same_in_both_directions() {
    two_servers_say_the_same(Server::Sabre);
}

/// Fails where the same happens between these two.
#[test]
fn radicale_and_xandikos_say_the_same_in_both_directions() {
    two_servers_say_the_same(Server::Xandikos);
}

fn two_servers_say_the_same(second: Server) {
    let world = World::new(Server::Radicale, &["Mine"]);
    let other = world.beside(second, &["Ours"]);
    world.watch("Mine");
    world.join("a/Mine", "b/Ours", &["--detail", "full", "--two-way"]);
    let mine = [series("Mine", "s", "Mine weekly"), hour("Mine", "m", &day(20), "Mine")];
    let ours = [series("Ours", "t", "Ours weekly"), hour("Ours", "o", &day(21), "Ours")];
    world.person("put", &json!(mine));
    other.person("put", &json!(ours));
    assert_eq!(world.settles(), [4, 0, 0]);
    let same = |titles: &[&str]| {
        let (mine, ours) = (world.entries("Mine"), other.listing().remove("Ours").unwrap());
        let shown = |all: &[Entry]| -> Vec<_> {
            let one = |e: &Entry| (e.summary.clone(), e.instances.clone(), e.overrides.len());
            all.iter().map(one).collect()
        };
        assert_eq!(shown(&mine), shown(&ours));
        assert_eq!(mine.iter().map(|entry| &*entry.summary).collect::<Vec<_>>(), titles);
        assert_eq!(mine.iter().filter(|entry| !entry.rrule.is_empty()).count(), 2);
        (mine, ours)
    };
    let (mine, ours) = same(&["Mine", "Mine weekly", "Ours", "Ours weekly"]);

    let uid = |all: &[Entry], title: &str| {
        all.iter().find(|entry| entry.summary == title).unwrap().uid.clone()
    };
    let change = |calendar: &str, uid: String, summary: &str| json!({ "calendar": calendar, "uid": uid, "summary": summary });
    world.person("edit", &change("Mine", uid(&mine, "Ours"), "Ours by me"));
    other.person("edit", &change("Ours", uid(&ours, "Mine"), "Mine by them"));
    world.person("delete", &json!({ "calendar": "Mine", "uids": [uid(&mine, "Ours weekly")] }));
    other.person("put", &series("Ours", "u", "More"));
    assert_eq!(world.settles(), [1, 2, 1]);
    same(&["Mine by them", "Mine weekly", "More", "Ours by me"]);
}

/// Fails where an overlay in another account shows more or less than its edges say, follows them
/// not, or is an origin itself.
#[test]
fn overlays_in_another_account_on_radicale_show_what_their_edges_say() {
    overlays_in_another_account(Server::Radicale);
}

/// Fails where the same happens there.
#[test]
fn overlays_in_another_account_on_sabre_show_what_their_edges_say() {
    overlays_in_another_account(Server::Sabre);
}

/// The overlay that `kalends` makes.
const OVERLAY: &str = "Other calendars";

fn overlays_in_another_account(server: Server) {
    let world = World::new(server, &["Work", "Club"]);
    let bob = world.neighbour(&["Home"]);
    world.watch("Work");
    let mine = [hour("Work", "w", &day(20), "Dentist"), series("Work", "s", "Stand-up")];
    world.person("put", &json!(mine));
    world.person("put", &hour("Club", "c", &day(21), "Choir"));
    bob.person("put", &hour("Home", "h", &day(22), "School"));
    world.join("a/Work", "b", &["--detail", "title"]);
    world.join("a/Club", "b", &["--detail", "full"]);
    world.join("b/Home", "a", &["--detail", "busy"]);
    assert_eq!(world.settles(), [4, 0, 0]);
    let shown = || {
        let held = bob.listing().remove(OVERLAY).unwrap();
        assert!(held.iter().all(|entry| entry.marked), "{held:?}");
        held.into_iter().map(|entry| [entry.summary, entry.description])
    };
    let all = [["Choir", "Notes of Choir"], ["Dentist", ""], ["Stand-up", ""]];
    assert!(shown().eq(all), "{:?}", shown());
    let (origin, mirror) = (world.entries("Work"), bob.listing().remove(OVERLAY).unwrap());
    assert_eq!(origin[1].instances, mirror[2].instances, "a series is one there");
    assert_eq!(world.titles(OVERLAY), ["Busy"]);

    let uid = &mirror[0].uid;
    bob.person("edit", &json!({ "calendar": OVERLAY, "uid": uid, "summary": "Tampered" }));
    world.person("edit", &json!({ "calendar": "Work", "uid": "w", "summary": "Surgeon" }));
    world.person("delete", &json!({ "calendar": "Work", "uids": ["s"] }));
    bob.person("delete", &json!({ "calendar": "Home", "uids": ["h"] }));
    assert_eq!(world.settles(), [0, 2, 2]);
    assert!(shown().eq([["Choir", "Notes of Choir"], ["Surgeon", ""]]), "{:?}", shown());
    assert_eq!(world.titles(OVERLAY), [""; 0]);
    assert_eq!(bob.titles("Home"), [""; 0]);
}

/// A series over a change of clocks, with an instance that moved and one that is excluded.
fn series(calendar: &str, uid: &str, title: &str) -> Value {
    let (first, moved) = (day(10), day(17));
    let at = |property: &str, day: &str, time: &str| BERLIN.at(property, day, time);
    let (start, end) = (at("DTSTART", &first, "090000"), at("DTEND", &first, "100000"));
    let (of, later) = (at("RECURRENCE-ID", &moved, "090000"), at("DTSTART", &moved, "110000"));
    let (ends, title) = (at("DTEND", &moved, "120000"), format!("SUMMARY:{title}"));
    let without = at("EXDATE", &day(24), "090000");
    let rule = "RRULE:FREQ=WEEKLY;COUNT=30";
    let master = event(uid, &[&start, &end, rule, &without, &title]);
    put(calendar, uid, &[BERLIN.component(), master, event(uid, &[&of, &later, &ends, &title])])
}
