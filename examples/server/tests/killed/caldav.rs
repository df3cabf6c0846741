//! Two people on a simulated CalDAV server.

use std::collections::BTreeMap;

use kalends_testkit::caldav_sim::{CaldavSim, Profile};

use crate::stage::{Providers, World, counts};
use crate::support::carrier::{Server, now_ms};
use crate::support::{calendar, event, hours, two_accounts_at};

impl Providers for Server {
    type Kept = CaldavSim;

    fn keep(&self) -> CaldavSim {
        self.sim().clone()
    }

    fn put_back(&self, kept: &CaldavSim) {
        self.sim().clone_from(kept);
    }

    fn objects(&self) -> BTreeMap<String, Vec<String>> {
        let sim = self.sim();
        let all = sim.calendars().into_iter().flat_map(|path| {
            let held = sim.resources(&path).into_iter();
            held.map(|(name, text)| (format!("{path}{name}"), lasting(&text))).collect::<Vec<_>>()
        });
        let calendars = sim.calendars().into_iter().map(|path| (path, Vec::new()));
        calendars.chain(all).collect()
    }

    fn wrong(&self) -> Vec<String> {
        let sim = self.sim();
        let broken = sim.violations().iter().map(|violation| format!("{violation:?}"));
        broken.chain(sim.mail().iter().map(|mail| format!("{mail:?}"))).collect()
    }
}

/// Not what was written, but when.
fn lasting(text: &str) -> Vec<String> {
    let when = |line: &str| line.starts_with("DTSTAMP:") || line.starts_with("LAST-MODIFIED:");
    text.lines().filter(|line| !when(line)).map(str::to_owned).collect()
}

type Caldav = World<Server>;

/// Alice's work with three events, and Bob's desk with one, which is mirrored to work.
/// [`tamper`] has a person change that mirror.
fn world() -> Caldav {
    let (providers, kalends, _) = two_accounts_at(Profile::sabre());
    let world = World { providers, kalends };
    put(&world, "desk", "guard", "Guard", 19);
    world.kalends.done("edge add --from home/desk --to work/work --detail title");
    assert_eq!(world.settles(), [1, 0, 0]);
    world
}

/// The same, and work is mirrored to desk under an edge with these flags: its id, too.
fn mirrored(flags: &str) -> (Caldav, String) {
    let world = world();
    let id = edge(&world, &format!("--from work/work --to home/desk {flags}"));
    assert_eq!(world.settles(), [3, 0, 0]);
    (world, id)
}

fn edge(world: &Caldav, flags: &str) -> String {
    let added = world.kalends.done(&format!("edge add {flags}"));
    added["edges"][0]["id"].as_str().unwrap().to_owned()
}

fn path(world: &Caldav, name: &str) -> String {
    let mut found = world.providers.sim().calendars().into_iter();
    found.find(|path| path.ends_with(&format!("/{name}/"))).unwrap()
}

fn put(world: &Caldav, calendar_name: &str, uid: &str, title: &str, day: i64) {
    let text = calendar(&[event(&format!("{uid}@x"), title, hours(24 * day + 9))]);
    let path = path(world, calendar_name);
    world.providers.sim().person(now_ms()).put(&path, &format!("{uid}.ics"), &text).unwrap();
}

/// One more calendar of Alice, with one event.
fn add_calendar(world: &Caldav, name: &str, title: &str) {
    world.providers.sim().add_calendar("alice", name);
    put(world, name, "there", title, 21);
    world.kalends.done("sync");
}

fn delete(world: &Caldav, calendar: &str, name: &str) {
    let path = path(world, calendar);
    world.providers.sim().person(now_ms()).delete(&path, name).unwrap();
}

fn retitle(world: &Caldav, calendar: &str, from: &str, to: &str) {
    let (path, name) = (path(world, calendar), named(world, calendar, from));
    let change = |text: String| text.replace(&format!("SUMMARY:{from}"), &format!("SUMMARY:{to}"));
    world.providers.sim().person(now_ms()).edit(&path, &name, change).unwrap();
}

/// The name of the object with this title.
fn named(world: &Caldav, calendar: &str, title: &str) -> String {
    let path = path(world, calendar);
    let held = world.providers.sim().resources(&path);
    let line = format!("SUMMARY:{title}\r\n");
    held.into_iter().find(|(_, text)| text.contains(&line)).unwrap().0
}

fn titles(world: &Caldav, calendar: &str) -> Vec<String> {
    let path = path(world, calendar);
    let held = world.providers.sim().resources(&path);
    let title = |text: String| {
        text.lines().find_map(|line| line.strip_prefix("SUMMARY:")).unwrap_or_default().to_owned()
    };
    let mut titles: Vec<String> = held.into_values().map(title).collect();
    titles.sort();
    titles
}

fn tamper(world: &Caldav) {
    retitle(world, "work", "Guard", "Tampered");
}

/// Fails where a first mirror or an overlay is made a second time, under another name.
#[test]
fn a_first_sync() {
    let world = world();
    edge(&world, "--from work/work --to home/desk --detail full");
    edge(&world, "--from work/work --to home --detail busy");
    tamper(&world);
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [6, 1, 0]);
        assert_eq!(titles(&world, "desk"), ["E1", "E2", "E3", "Guard"]);
    });
}

/// Fails where a cursor is committed before what it covers.
#[test]
fn changes_of_origins() {
    let (world, _) = mirrored("--detail full");
    tamper(&world);
    put(&world, "work", "new", "New", 8);
    retitle(&world, "work", "E1", "Changed");
    delete(&world, "work", "2.ics");
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [1, 2, 1]);
        assert_eq!(titles(&world, "desk"), ["Changed", "E3", "Guard", "New"]);
    });
}

/// Fails where a job that a process had in hand is lost with it.
#[test]
fn edits_that_are_reverted() {
    let (world, _) = mirrored("--detail full");
    tamper(&world);
    retitle(&world, "desk", "E1", "Hacked");
    let (gone, copied) = (named(&world, "desk", "E2"), named(&world, "desk", "E3"));
    let desk = path(&world, "desk");
    world.providers.sim().person(now_ms()).duplicate(&desk, &copied, &desk, "copy.ics").unwrap();
    delete(&world, "desk", &gone);
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [2, 2, 0], "the copy is an event of the desk like any other");
        assert_eq!(titles(&world, "desk"), ["E1", "E2", "E3", "E3", "Guard"]);
    });
}

/// Fails where an edit of a mirror that was listed is forgotten with the process that listed it.
#[test]
fn edits_that_go_to_their_origins() {
    let (world, _) = mirrored("--detail full --on-edit propagate --on-delete propagate");
    tamper(&world);
    retitle(&world, "desk", "E1", "Mine");
    let gone = named(&world, "desk", "E2");
    delete(&world, "desk", &gone);
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [0, 2, 1]);
        assert_eq!(titles(&world, "work"), ["E3", "Guard", "Mine"]);
        assert_eq!(titles(&world, "desk"), ["E3", "Guard", "Mine"]);
    });
}

/// Fails where an edit that detached its mirror is taken back by whoever comes after.
#[test]
fn edits_that_detach_their_mirrors() {
    let (world, _) = mirrored("--detail full --on-edit detach --on-delete detach");
    tamper(&world);
    retitle(&world, "desk", "E1", "Mine");
    let gone = named(&world, "desk", "E2");
    delete(&world, "desk", &gone);
    retitle(&world, "work", "E1", "Elsewhere");
    retitle(&world, "work", "E3", "Third");
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report), [0, 2, 0]);
        assert_eq!(titles(&world, "desk"), ["Guard", "Mine", "Third"]);
    });
}

/// Fails where a side of a conflict is lost with the process that saw it.
#[test]
fn edits_of_both_sides() {
    let (providers, kalends, _) = two_accounts_at(Profile::sabre());
    let world = World { providers, kalends };
    add_calendar(&world, "other", "Guard");
    edge(&world, "--from work/work --to home/desk --detail full --two-way");
    edge(&world, "--from work/other --to home/desk --detail title");
    assert_eq!(world.settles(), [4, 0, 0]);
    retitle(&world, "desk", "Guard", "Tampered");
    retitle(&world, "desk", "E1", "From desk");
    retitle(&world, "work", "E2", "From work");
    retitle(&world, "desk", "E3", "Both");
    let work = path(&world, "work");
    let later = |text: String| text.replace("T100000Z", "T110000Z").replace("T090000Z", "T100000Z");
    world.providers.sim().person(now_ms()).edit(&work, "3.ics", later).unwrap();
    put(&world, "desk", "new", "New", 9);
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report)[0], 1);
        assert_eq!(titles(&world, "work"), ["Both", "From desk", "From work", "New"]);
        assert_eq!(titles(&world, "desk"), ["Both", "From desk", "From work", "Guard", "New"]);
        for calendar in ["work", "desk"] {
            let (path, name) = (path(&world, calendar), named(&world, calendar, "Both"));
            let text = world.providers.sim().resources(&path)[&name].clone();
            assert!(text.contains("T100000Z\r\nDTEND"), "{text}");
        }
    });
}

/// Fails where what was held is deleted, or what was approved is not.
#[test]
fn deletions_that_are_held_and_approved() {
    let (world, _) = mirrored("--detail title");
    for n in 4..=20 {
        put(&world, "work", &n.to_string(), "Many", n);
    }
    assert_eq!(world.settles(), [17, 0, 0]);
    tamper(&world);
    for n in 4..=20 {
        delete(&world, "work", &format!("{n}.ics"));
    }
    world.killed(&["sync", "held approve work/work --count 17", "sync"], |report| {
        assert_eq!(counts(report), [0, 0, 17]);
        assert_eq!(titles(&world, "desk"), ["E1", "E2", "E3", "Guard"]);
    });
}

/// Fails where half of a move is taken for a deletion.
#[test]
fn a_move_between_calendars() {
    let (world, _) = mirrored("--detail full");
    add_calendar(&world, "other", "There");
    edge(&world, "--from work/other --to home/desk --detail title");
    assert_eq!(world.settles(), [1, 0, 0]);
    tamper(&world);
    let (from, to) = (path(&world, "work"), path(&world, "other"));
    world.providers.sim().person(now_ms()).move_to(&from, "1.ics", &to).unwrap();
    world.killed(&["sync"], |report| {
        assert_eq!(counts(report)[1..], [1, 1]);
        assert_eq!(titles(&world, "desk"), ["E1", "E2", "E3", "Guard", "There"]);
        assert_eq!(titles(&world, "other"), ["E1", "There"]);
    });
}

/// Fails where a removed edge forgets a mirror, or its overlay stays.
#[test]
fn edges_that_are_removed() {
    let (world, mirror) = mirrored("--detail full");
    let overlay = edge(&world, "--from work/work --to home --detail busy");
    assert_eq!(world.settles(), [3, 0, 0]);
    tamper(&world);
    let remove = [&mirror, &overlay].map(|id| format!("edge remove {id}"));
    world.killed(&[&remove[0], &remove[1], "sync"], |report| {
        assert_eq!(counts(report)[..2], [0, 1]);
        assert_eq!(titles(&world, "desk"), ["Guard"]);
        assert_eq!(world.providers.sim().calendars().len(), 2, "no overlay stays");
    });
}

/// Fails where a mirror goes on showing what its edge must not show any more.
#[test]
fn a_detail_that_is_lowered() {
    let (world, id) = mirrored("--detail full");
    tamper(&world);
    retitle(&world, "work", "E1", "Secret");
    let lower = format!("edge change {id} --detail busy");
    world.killed(&[&lower, "sync"], |report| {
        assert_eq!(counts(report), [0, 4, 0]);
        assert_eq!(titles(&world, "desk"), ["Busy", "Busy", "Busy", "Guard"]);
    });
}

/// Fails where part of an undo is forgotten, or done twice.
#[test]
fn an_undo() {
    let world = world();
    let added = world.kalends.done("edge add --from work/work --to home/desk --detail full");
    assert_eq!(world.settles(), [3, 0, 0]);
    tamper(&world);
    let undo = format!("undo {}", added["run"].as_str().unwrap());
    world.killed(&[&undo, "sync"], |report| {
        assert_eq!(counts(report), [0, 1, 3]);
        assert_eq!(titles(&world, "desk"), ["Guard"]);
    });
}

/// Fails where a second store makes mirrors beside those that are there.
#[test]
fn an_import_of_a_bundle() {
    let (world, _) = mirrored("--detail full");
    tamper(&world);
    retitle(&world, "desk", "E1", "Hacked");
    world.kalends.done("bundle export graph.json");
    std::fs::remove_dir_all(world.kalends.path("data")).unwrap();
    let add = [("work", "alice"), ("home", "bob")].map(|(name, user)| {
        format!("account add caldav --name {name} --url {} --user {user}", world.providers.url)
    });
    world.killed(&["bundle import graph.json", &add[0], &add[1], "sync"], |report| {
        assert_eq!(counts(report), [0, 2, 0]);
        assert_eq!(titles(&world, "desk"), ["E1", "E2", "E3", "Guard"]);
    });
}

/// Fails where mirrors stay in an account, or of one, that nobody reads any more.
#[test]
fn a_calendar_that_is_not_read_any_more() {
    let (world, _) = mirrored("--detail full");
    tamper(&world);
    put(&world, "work", "late", "Late", 9);
    world.killed(&["calendars scope work/work --off", "sync"], |report| {
        assert_eq!(counts(report)[2], 3);
        assert_eq!(titles(&world, "desk"), ["Guard"]);
    });
}
