//! The main job on real servers: what a person finds in their calendars after a sync.

#![allow(clippy::unwrap_used, reason = "a test that cannot set its stage has failed")]

#[path = "support/client.rs"]
mod client;
#[path = "support/entry.rs"]
mod entry;
#[path = "support/people.rs"]
mod people;

use std::collections::BTreeSet;

use entry::{BERLIN, Entry, NEW_YORK, event, hour, put};
use kalends_servers::Server;
use people::{World, day};
use serde_json::{Value, json};

/// One test for each scenario on each server.
macro_rules! on_every_server {
    ($($scenario:ident,)*) => {
        mod radicale { $(#[test] fn $scenario() { super::$scenario(super::Server::Radicale); })* }
        mod xandikos { $(#[test] fn $scenario() { super::$scenario(super::Server::Xandikos); })* }
        mod sabre { $(#[test] fn $scenario() { super::$scenario(super::Server::Sabre); })* }
    };
}

on_every_server! {
    a_level_shows_no_more_than_it_may_and_what_was_tampered_with_is_mended,
    mirrors_follow_the_edits_of_their_origins,
    edits_of_mirrors_are_put_right_and_what_is_the_persons_is_left_alone,
    a_moved_mirror_is_made_again_where_it_was_and_left_alone_where_it_is,
    a_mirror_that_comes_back_is_the_same_or_left_alone_beside_its_successor,
    a_series_is_one_object_that_takes_place_when_its_origin_does,
    a_full_digraph_of_four_calendars_makes_no_mirror_of_a_mirror,
    an_edge_that_is_removed_takes_all_its_mirrors_back,
    deletions_of_nearly_everything_are_held_until_they_are_approved,
}

/// The overlay that `kalends` makes.
const OVERLAY: &str = "Other calendars";

fn a_level_shows_no_more_than_it_may_and_what_was_tampered_with_is_mended(server: Server) {
    let world = World::new(server, &["Work", "Team", "Home"]);
    world.watch("Home");
    let (start, end) =
        (format!("DTSTART:{}T090000Z", day(20)), format!("DTEND:{}T100000Z", day(20)));
    let open = [
        &*start,
        &*end,
        "SUMMARY:Dentist",
        "DESCRIPTION:Bring papers",
        "LOCATION:Room 9",
        "ORGANIZER:mailto:someone@example.org",
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:another@example.org",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT10M\r\nEND:VALARM",
    ];
    let private = [&*start, &*end, "SUMMARY:Therapy", "LOCATION:Room 8", "CLASS:PRIVATE"];
    let objects = [
        put("Work", "open", &[event("open", &open)]),
        put("Work", "private", &[event("private", &private)]),
    ];
    world.person("put", &json!(objects));
    world.edge("Work", "", "busy");
    world.edge("Work", "Team", "title");
    world.edge("Work", "Home", "full");
    assert_eq!(world.settles(), [6, 0, 0]);

    let listing = world.listing();
    let shown = |calendar: &str| -> Vec<[String; 3]> {
        let fields = |e: &Entry| [e.summary.clone(), e.description.clone(), e.location.clone()];
        listing[calendar].iter().map(fields).collect()
    };
    assert_eq!(shown(OVERLAY), [["Busy", "", ""], ["Busy", "", ""]]);
    assert_eq!(shown("Team"), [["Busy", "", ""], ["Dentist", "", ""]]);
    assert_eq!(shown("Home"), [["Busy", "", ""], ["Dentist", "Bring papers", "Room 9"]]);
    for mirror in [OVERLAY, "Team", "Home"].iter().flat_map(|name| &listing[*name]) {
        assert!(mirror.marked, "{mirror:?}");
        assert_eq!((mirror.alarms, mirror.people), (0, 0), "nobody hears of {mirror:?}");
        let open = mirror.location == "Room 9";
        assert_eq!(mirror.privacy, if open { "" } else { "PRIVATE" }, "{mirror:?}");
    }

    let uid = &listing["Home"][1].uid;
    world.person("edit", &json!({ "calendar": "Home", "uid": uid, "summary": "Tampered" }));
    assert_eq!(world.settles(), [0, 1, 0]);
    assert_eq!(world.titles("Home"), ["Busy", "Dentist"]);
}

fn mirrors_follow_the_edits_of_their_origins(server: Server) {
    let world = World::new(server, &["Work", "Other", "Target"]);
    world.watch("Target");
    world.edge("Work", "Target", "title");
    world.edge("Other", "Target", "title");
    let stays = hour("Work", "stays", &day(20), "Stays");
    world.person("put", &json!([hour("Work", "one", &day(21), "First"), stays]));
    assert_eq!(world.settles(), [2, 0, 0]);

    world.person("edit", &json!({ "calendar": "Work", "uid": "one", "summary": "Second" }));
    assert_eq!(world.settles(), [0, 1, 0]);
    assert_eq!(world.titles("Target"), ["Second", "Stays"]);

    world.person("put", &hour("Work", "one", &day(22), "Third"));
    assert_eq!(world.settles(), [0, 1, 0]);
    let moved = world.entries("Target").pop().unwrap();
    assert_eq!((moved.summary, moved.start), ("Third".into(), format!("{}T090000Z", day(22))));

    world.person("move", &json!({ "calendar": "Work", "uid": "one", "to": "Other" }));
    assert_eq!(world.settles(), [1, 0, 1], "the other edge takes it over");
    assert_eq!(world.titles("Target"), ["Stays", "Third"]);

    world.person("delete", &json!({ "calendar": "Other", "uids": ["one"] }));
    assert_eq!(world.settles(), [0, 0, 1]);
    assert_eq!(world.titles("Target"), ["Stays"]);

    world.person("put", &hour("Other", "one", &day(22), "Third"));
    assert_eq!(world.settles(), [1, 0, 0]);
    assert_eq!(world.titles("Target"), ["Stays", "Third"]);
}

fn edits_of_mirrors_are_put_right_and_what_is_the_persons_is_left_alone(server: Server) {
    let world = World::new(server, &["Work", "Target", "Third"]);
    world.watch("Target");
    world.person("put", &hour("Work", "one", &day(20), "Dentist"));
    world.edge("Work", "Target", "title");
    world.edge("Target", "Third", "title");
    assert_eq!(world.settles(), [1, 0, 0]);

    let uid = world.mirror("Target").uid;
    world.person("edit", &json!({ "calendar": "Target", "uid": uid, "summary": "Edited" }));
    assert_eq!(world.settles(), [0, 1, 0], "an edit is reverted");
    assert_eq!(world.titles("Target"), ["Dentist"]);

    world.person("delete", &json!({ "calendar": "Target", "uids": [uid] }));
    assert_eq!(world.settles(), [1, 0, 0], "what was deleted is restored");
    assert_eq!(world.titles("Target"), ["Dentist"]);

    let uid = world.mirror("Target").uid;
    world.person("copy", &json!({ "calendar": "Target", "uid": uid, "as": "copied" }));
    world.person("edit", &json!({ "calendar": "Target", "uid": "copied", "summary": "Mine" }));
    assert_eq!(world.settles(), [1, 0, 0], "a copy is the person's, and so mirrored on");
    assert_eq!(world.titles("Target"), ["Dentist", "Mine"]);
    // A mirror is private, and so is a copy of one: no more than Busy goes on from there.
    assert_eq!(world.mirror("Third").summary, "Busy");

    world.person("strip", &json!({ "calendar": "Target", "uid": uid }));
    assert_eq!(world.settles(), [0, 0, 0], "without its mark it is the person's");
    let change = json!({ "calendar": "Work", "uid": "one", "summary": "Dentist, later" });
    world.person("edit", &change);
    assert_eq!(world.settles(), [0, 0, 0], "and never written");
    world.person("delete", &json!({ "calendar": "Work", "uids": ["one"] }));
    assert_eq!(world.settles(), [0, 0, 0], "and never deleted");
    let stripped = world.entries("Target").into_iter().find(|entry| entry.uid == uid).unwrap();
    assert_eq!((&*stripped.summary, stripped.marked), ("Dentist", false));
    assert_eq!(world.titles("Target"), ["Dentist", "Mine"]);
    assert_eq!(world.titles("Third"), ["Busy"], "it is not mirrored either");
}

/// Fails where a mirror that was carried away is written, deleted or mirrored in its other place.
fn a_moved_mirror_is_made_again_where_it_was_and_left_alone_where_it_is(server: Server) {
    let world = World::new(server, &["Work", "Target", "Third"]);
    world.watch("Target");
    world.edge("Work", "Target", "title");
    world.edge("Third", "Target", "title");
    world.person("put", &hour("Work", "one", &day(20), "Dentist"));
    assert_eq!(world.settles(), [1, 0, 0]);

    let uid = world.mirror("Target").uid;
    world.person("move", &json!({ "calendar": "Target", "uid": uid, "to": "Third" }));
    assert_eq!(world.settles(), [1, 0, 0], "it is made again, and its other place mirrors nothing");
    assert_eq!(world.titles("Target"), ["Dentist"]);

    let change = json!({ "calendar": "Work", "uid": "one", "summary": "Surgeon" });
    world.person("edit", &change);
    assert_eq!(world.settles(), [0, 1, 0], "what was carried away is no mirror");
    assert_eq!(world.titles("Target"), ["Surgeon"]);
    world.person("delete", &json!({ "calendar": "Work", "uids": ["one"] }));
    assert_eq!(world.settles(), [0, 0, 1]);
    let left = world.mirror("Third");
    assert_eq!((&*left.uid, &*left.summary), (&*uid, "Dentist"));
}

/// Fails where a mirror that was brought back is taken for its successor, or for an origin.
fn a_mirror_that_comes_back_is_the_same_or_left_alone_beside_its_successor(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    world.watch("Target");
    world.edge("Work", "Target", "title");
    world.person("put", &hour("Work", "one", &day(20), "Dentist"));
    assert_eq!(world.settles(), [1, 0, 0]);

    let uid = world.mirror("Target").uid;
    let (delete, undelete) = (
        json!({ "calendar": "Target", "uids": [uid] }),
        json!({ "calendar": "Target", "uid": uid }),
    );
    world.person("delete", &delete);
    world.person("undelete", &undelete);
    assert_eq!(world.settles(), [0, 0, 0], "it is the mirror, before anybody had missed it");
    assert_eq!(world.mirror("Target").uid, uid);

    world.person("delete", &delete);
    assert_eq!(world.settles(), [1, 0, 0]);
    let successor = world.mirror("Target").uid;
    world.person("undelete", &undelete);
    assert_eq!(world.settles(), [0, 0, 0], "its successor is the mirror");
    let change = json!({ "calendar": "Work", "uid": "one", "summary": "Surgeon" });
    world.person("edit", &change);
    assert_eq!(world.settles(), [0, 1, 0]);
    let held = world.entries("Target").into_iter().map(|entry| (entry.summary, entry.uid));
    let shown = [("Dentist", &uid), ("Surgeon", &successor)];
    assert!(held.eq(shown.map(|(title, uid)| (title.to_owned(), uid.clone()))));
    world.person("delete", &json!({ "calendar": "Work", "uids": ["one"] }));
    assert_eq!(world.settles(), [0, 0, 1]);
    assert_eq!(world.titles("Target"), ["Dentist"], "a person takes away what a person put there");
}

fn a_series_is_one_object_that_takes_place_when_its_origin_does(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    world.watch("Target");
    world.edge("Work", "Target", "title");
    world.person("put", &Value::Array(all_kinds_of_times()));
    assert_eq!(world.settles(), [7, 0, 0]);
    let same = || {
        let listing = world.listing();
        let [origins, mirrors] = ["Work", "Target"].map(|name| &listing[name]);
        assert_eq!(origins.len(), mirrors.len());
        for (origin, mirror) in origins.iter().zip(mirrors) {
            assert!(!origin.instances.is_empty());
            assert_eq!(origin.instances, mirror.instances, "{origin:?}\n{mirror:?}");
            assert_eq!(origin.rrule.is_empty(), mirror.rrule.is_empty(), "{mirror:?}");
            if origin.zone.is_empty() {
                let (is, shown) = (&origin.start, &mirror.start);
                assert_eq!((is, ""), (shown, &*mirror.zone), "a day, or a time without a zone");
            }
        }
        ["Stand-up", "Call"]
            .map(|title| mirrors.iter().find(|e| e.summary == title).unwrap().clone())
    };
    let [series, call] = same();
    assert_eq!((&*series.zone, series.instances.len()), ("Europe/Berlin", 38), "two are cancelled");
    let hours = series.instances.iter().map(|[start, ..]| &start[11..13]);
    let hours: BTreeSet<&str> = hours.collect();
    assert!(hours.contains("07") && hours.contains("08"), "the clocks change: {hours:?}");
    assert_eq!((series.exdates, series.overrides.len()), (2, 2), "{series:?}");
    assert_eq!((&*call.zone, call.overrides.len()), ("America/New_York", 1), "{call:?}");

    let instance = format!("{}T090000", day(31));
    let change =
        json!({ "calendar": "Work", "uid": "series", "summary": "Retro", "instance": instance });
    world.person("edit", &change);
    assert_eq!(world.settles(), [0, 1, 0]);
    let [series, _] = same();
    assert!(series.instances.iter().any(|[_, _, title]| title == "Retro"), "{series:?}");
}

/// Series and singles that are all-day, floating and zoned; long enough for a change of clocks.
fn all_kinds_of_times() -> Vec<Value> {
    let (berlin, york) = (&BERLIN, &NEW_YORK);
    let days: Vec<String> = (0..7).map(|week| day(10 + 7 * week)).collect();
    let zoned = |uid: &str, parts: &[String]| {
        let mut all = vec![berlin.component(), york.component()];
        all.extend_from_slice(parts);
        put("Work", uid, &all)
    };
    let standup = |day: &str, from: &str, to: &str, lines: &[&str]| {
        let (start, end) = (berlin.at("DTSTART", day, from), berlin.at("DTEND", day, to));
        event("series", &[&[&*start, &*end], lines].concat())
    };
    let of = |week: usize| berlin.at("RECURRENCE-ID", &days[week], "090000");
    let without = berlin.at("EXDATE", &days[1], "090000");
    let weekly = "RRULE:FREQ=WEEKLY;COUNT=40";
    let call = |day: &str, lines: &[&str]| {
        let (start, end) = (york.at("DTSTART", day, "160000"), york.at("DTEND", day, "170000"));
        event("call", &[&[&*start, &*end], lines].concat())
    };
    let elsewhere = [
        york.at("RECURRENCE-ID", &days[2], "160000"),
        berlin.at("DTSTART", &days[2], "180000"),
        berlin.at("DTEND", &days[2], "190000"),
        "SUMMARY:Call".into(),
    ];
    let flight = [
        berlin.at("DTSTART", &days[0], "100000"),
        york.at("DTEND", &days[0], "130000"),
        "SUMMARY:Flight".into(),
    ];
    let plain = |uid: &str, start: &str, end: &str, more: &str| {
        let (start, end) = (format!("DTSTART{start}"), format!("DTEND{end}"));
        put("Work", uid, &[event(uid, &[&start, &end, &format!("SUMMARY:{uid}"), more])])
    };
    let date = |n: usize| format!(";VALUE=DATE:{}", days[n]);
    let clock = |time: &str| format!(":{}T{time}", days[0]);
    vec![
        zoned(
            "series",
            &[
                standup(&days[0], "090000", "093000", &[weekly, &without, "SUMMARY:Stand-up"]),
                standup(&days[2], "110000", "113000", &[&of(2), "SUMMARY:Stand-up"]),
                standup(&days[3], "090000", "093000", &[&of(3), "SUMMARY:Review"]),
                standup(
                    &days[4],
                    "090000",
                    "093000",
                    &[&of(4), "STATUS:CANCELLED", "SUMMARY:Stand-up"],
                ),
            ],
        ),
        zoned(
            "call",
            &[call(&days[0], &[weekly, "SUMMARY:Call"]), event("call", &refs(&elsewhere))],
        ),
        zoned("flight", &[event("flight", &refs(&flight))]),
        plain("Fair", &date(0), &date(1), "TRANSP:OPAQUE"),
        plain(
            "Fridays",
            &format!(";VALUE=DATE:{}", day(10)),
            &format!(";VALUE=DATE:{}", day(11)),
            "RRULE:FREQ=WEEKLY;COUNT=5",
        ),
        plain("Lunch", &clock("120000"), &clock("130000"), "TRANSP:OPAQUE"),
        plain("Walk", &clock("070000"), &clock("073000"), "RRULE:FREQ=DAILY;COUNT=9"),
    ]
}

fn refs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

fn a_full_digraph_of_four_calendars_makes_no_mirror_of_a_mirror(server: Server) {
    let names = ["C1", "C2", "C3", "C4"];
    let world = World::new(server, &names);
    world.watch("C1");
    let origins = names.iter().flat_map(|name| {
        ["a", "b"].map(|n| hour(name, &format!("{name}-{n}"), &day(20), &format!("{name} {n}")))
    });
    world.person("put", &origins.collect());
    for (from, to) in names.iter().flat_map(|from| names.map(|to| (from, to))) {
        if *from != to {
            world.edge(from, to, "title");
        }
    }
    assert_eq!(world.settles(), [24, 0, 0]);
    let listing = world.listing();
    for name in names {
        let all = names.iter().flat_map(|other| ["a", "b"].map(|n| format!("{other} {n}")));
        let held = &listing[name];
        assert_eq!(held.iter().map(|e| e.summary.clone()).collect::<Vec<_>>(), Vec::from_iter(all));
        assert!(held.iter().all(|e| e.marked != e.summary.starts_with(name)), "{held:?}");
    }
}

fn an_edge_that_is_removed_takes_all_its_mirrors_back(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    world.watch("Target");
    let mine = hour("Target", "mine", &day(20), "Mine");
    let work = ["one", "two", "three"].map(|uid| hour("Work", uid, &day(20), uid));
    world.person("put", &json!([mine, work[0], work[1], work[2]]));
    let (overlay, mirror) = (world.edge("Work", "", "busy"), world.edge("Work", "Target", "full"));
    assert_eq!(world.settles(), [6, 0, 0]);

    world.kalends(&["edge", "remove", &mirror]);
    assert_eq!(world.settles(), [0, 0, 3]);
    assert_eq!(world.titles("Target"), ["Mine"]);
    assert_eq!(world.titles(OVERLAY), ["Busy"; 3]);

    world.kalends(&["edge", "remove", &overlay]);
    assert_eq!(world.settles(), [0, 0, 4], "the overlay goes with the last of its mirrors");
    assert!(!world.listing().contains_key(OVERLAY));
    assert_eq!(world.titles("Work"), ["one", "three", "two"]);
}

fn deletions_of_nearly_everything_are_held_until_they_are_approved(server: Server) {
    let world = World::new(server, &["Work", "Target"]);
    world.watch("Target");
    world.edge("Work", "Target", "busy");
    let uids: Vec<String> = (0..60).map(|n| format!("uid-{n:02}")).collect();
    world.person("put", &uids.iter().map(|uid| hour("Work", uid, &day(20), uid)).collect());
    assert_eq!(world.settles(), [60, 0, 0]);

    world.person("delete", &json!({ "calendar": "Work", "uids": uids }));
    let (code, report) = world.try_kalends(&["sync"]);
    assert_eq!([&report["held"], &report["deleted"]], [60, 0], "{report}");
    assert_eq!(code, 3, "{report}");
    assert_eq!(world.entries("Target").len(), 60);

    world.kalends(&["held", "approve", "a/Work", "--count", "60"]);
    assert_eq!(world.settles(), [0, 0, 60]);
    assert_eq!(world.entries("Target"), []);
}
