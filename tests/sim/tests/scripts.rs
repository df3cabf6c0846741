//! Histories as scripts: printed, read and lived again, they end as they did.

use crate::common::every_kind;
use kalends_oracle::{Change, Conflict, Edge, Exception, Level, OnDelete, OnEdit, Origin};
use kalends_sim_tests::{
    Check, Deed, Depth, History, Judging, Kind, Random, STEPS, Said, Script, Tale, World, fewest,
    retell,
};
use kalends_testkit::memory::MemoryStore;

const CALENDARS: usize = 3;

/// A history that someone judges wrongly: no calendar may ever show that somebody is busy.
fn misjudged(tale: &Tale) -> Script {
    let mut script = tale.script();
    let places = script.scene.owners.len() + 2;
    script.steps.extend((0..places).map(|place| Said::Never(place, "Busy".to_owned())));
    script
}

/// Catches a script that leaves out what matters, says it otherwise than it was, or that nobody can
/// read: what breaks in the history breaks in the shrunk script, and by the same words.
#[test]
fn a_history_that_breaks_is_told_as_a_script_that_breaks_in_the_same_way() {
    let tales = (0..40).map(|seed| Tale::new(Depth::Wire, Kind::Storm, seed, 16));
    let (tale, trouble) = tales
        .filter_map(|tale| retell(&misjudged(&tale)).map(|trouble| (tale, trouble)))
        .next()
        .unwrap();
    assert_eq!(Check::of(&trouble), Some(Check::Oracle));
    let with = |steps: &[u32]| Tale { steps: steps.to_vec(), ..tale.clone() };
    let breaks = |steps: &[u32]| retell(&misjudged(&with(steps))).is_some();
    let least = fewest(&tale.steps, breaks);
    assert!(least.len() < tale.steps.len(), "{least:?}");
    let script = misjudged(&with(&least)).least();
    let text = script.text();
    assert!(text.lines().count() < 16, "it is short:\n{text}");
    let read = Script::read(&text).unwrap();
    assert_eq!(read, script);
    let again = retell(&read).unwrap();
    assert_eq!(Check::of(&again), Some(Check::Oracle), "{again}");
    assert!(again.contains("shows \"Busy\""), "{again}");
    assert_eq!(retell(&script), Some(again));
}

/// Catches a step that a script does not say, or that is done otherwise when it is read.
#[test]
fn whole_histories_are_lived_again_from_their_scripts() {
    for (depth, kind) in every_kind() {
        for tale in [Tale::new(depth, kind, 0, STEPS), Tale::drawn(depth, kind, 1)] {
            let script = tale.script();
            assert_eq!(Script::read(&script.text()), Ok(script.clone()));
            let trouble = retell(&script);
            assert_eq!(trouble, tale.live().trouble, "{tale}:\n{}", script.text());
        }
    }
}

/// Catches a script that says what people did to mirrors, and not what may come of it: an edit that
/// its origin is to follow, and does not, since nobody says that its edge ended before.
#[test]
fn a_breach_of_what_edits_come_to_is_told_as_a_script() {
    let world: World<MemoryStore> = World::of_values(7, &[0, 1]);
    let mut history = History::default();
    history.edges.push(world.edge(0, 1, Level::Full));
    history.put(&world, "person1.ics", crate::common::origin(0, "a", "Lunch", 10));
    world.settle();
    let mirror = history.names_of_ours(&world, 1).remove(0);
    let script = |ends: &str| {
        let text = format!(
            "calendars cal0=alice cal1=bob\nworld 7 values\n\
             edge cal0 -> cal1 full on-edit=propagate\n\
             in cal0 person1.ics put \"Lunch\" 2026-06-10T09:00 uid=a@person\nsettle\njudge edits\n\
             in cal0 person2.ics put \"Run\" 2026-06-11T09:00 uid=b@person\n\
             in cal1 {mirror} title \"Theirs\"\n{ends}settle\njudge edits\n"
        );
        Script::read(&text).unwrap()
    };
    let breach = |script: &Script| retell(script).and_then(|trouble| Check::of(&trouble));
    assert_eq!(retell(&script("")), None);
    let script = script("remove cal0 -> cal1\n");
    assert_eq!(breach(&script), Some(Check::Edits));
    let least = script.least();
    assert!(least.steps.len() < script.steps.len(), "{}", least.text());
    assert_eq!(breach(&Script::read(&least.text()).unwrap()), Some(Check::Edits));
}

fn edge(random: &mut Random) -> Box<Edge> {
    Box::new(Edge {
        rank: [0; 16],
        from: random.below(CALENDARS),
        to: random.below(CALENDARS + 2),
        level: [Level::Busy, Level::Title, Level::Full][random.below(3)],
        on_edit: [OnEdit::Revert, OnEdit::Propagate, OnEdit::Detach][random.below(3)],
        on_delete: [OnDelete::Restore, OnDelete::Propagate, OnDelete::Detach][random.below(3)],
        on_conflict: [Conflict::LastSeen, Conflict::Origin, Conflict::Mirror][random.below(3)],
        may_notify: random.one_in(2),
        titled: ["", "Away", "Out of town"][random.below(3)].to_owned(),
    })
}

fn time(random: &mut Random) -> String {
    let stamp = format!("202606{:02}", 10 + random.below(20));
    let hour = format!("T{:02}{:02}00", random.below(24), random.below(60));
    match random.below(4) {
        0 => stamp,
        1 => format!("{stamp}{hour}Z"),
        2 => format!("{stamp}{hour}"),
        _ => format!("Europe/Berlin:{stamp}{hour}"),
    }
}

fn title(random: &mut Random) -> String {
    ["Dentist", "Lunch with Ada", "Plan #nosync, later"][random.below(3)].to_owned()
}

fn origin(calendar: usize, random: &mut Random) -> Box<Origin> {
    let exceptions = (0..random.below(3)).map(|_| Exception {
        original: time(random),
        start: time(random),
        title: title(random),
        private: random.one_in(2),
    });
    let exceptions = exceptions.collect();
    Box::new(Origin {
        calendar,
        uid: format!("event{}@person", random.below(99)),
        title: title(random),
        description: ["", "notes", "notes 17"][random.below(3)].to_owned(),
        start: time(random),
        private: random.one_in(2),
        free: random.one_in(2),
        invited: random.one_in(2),
        rule: ["", "FREQ=DAILY;COUNT=5"][random.below(2)].to_owned(),
        exceptions,
        excluded: (0..random.below(3)).map(|_| time(random)).collect(),
    })
}

fn deed(calendar: usize, random: &mut Random) -> Deed {
    let to = random.below(CALENDARS + 2);
    match random.below(13) {
        0 => Deed::Put(origin(calendar, random)),
        1 => Deed::Change(Change::Title(title(random))),
        2 => Deed::Change(Change::Description(title(random))),
        3 => Deed::Change(Change::Start(time(random))),
        4 => Deed::Change(Change::Move(time(random), time(random))),
        5 => Deed::Change(Change::Retitle(time(random), title(random))),
        6 => Deed::Change(Change::Cancel(time(random))),
        7 => Deed::Delete,
        8 => Deed::Undelete,
        9 => Deed::Move(to),
        10 => Deed::Share(to, "person8.ics".to_owned()),
        11 => Deed::Copy(to, "person9.ics".to_owned()),
        _ => [Deed::Unmark, Deed::Rewind, Deed::Garble, Deed::CallOff][random.below(4)].clone(),
    }
}

fn any(random: &mut Random) -> Said {
    let (place, n) = (random.below(CALENDARS + 2), random.below(500));
    match random.below(26) {
        0 => Said::Edge(edge(random), random.one_in(2)),
        1 => Said::Change(edge(random)),
        2 => Said::Remove(random.below(CALENDARS), place),
        3 => Said::UndoEdit,
        4 => Said::Sync,
        5 => Said::Settle,
        6 => Said::Rest,
        7 => Said::Killed(n as u64),
        8 => Said::Twice,
        9 => Said::Paused(n),
        10 => Said::Begins(n),
        11 => Said::GoesOn,
        12 => Said::Behind(n as i64),
        13 => Said::Wait(n as i64 - 250),
        14 => Said::Fault(format!("fault C41 at PUT {n}")),
        15 => [Said::Expire(place), Said::Late(place, n)][random.below(2)].clone(),
        16 => [Said::Calm, Said::Wipe][random.below(2)].clone(),
        17 => Said::Never(place, title(random)),
        18 => Said::Judge(
            [Judging::All, Judging::Rows, Judging::Calendars, Judging::Edits][random.below(4)],
        ),
        19 => Said::Leave(random.below(2), random.one_in(2)),
        20 => Said::Return(random.below(3)),
        21 => Said::Dies(n as u64),
        22 => [Said::Work, Said::AllNotices, Said::NoNotices, Said::Deaf, Said::Doubt]
            [random.below(5)]
        .clone(),
        23 => Said::Notices(n as u64),
        24 => Said::Silent("google".to_owned(), n as i64),
        _ => Said::Deed(place, "person7.ics".to_owned(), deed(place, random)),
    }
}

/// Catches a word that is written and not read, or read as another one.
#[test]
fn every_step_is_read_as_it_was_written() {
    let mut random = Random::new(7);
    for _ in 0..5_000 {
        let said = any(&mut random);
        let line = said.line(CALENDARS);
        assert_eq!(Said::read(&line, CALENDARS).as_ref(), Some(&said), "{line}");
    }
}

#[test]
fn what_is_no_step_is_named_with_its_line() {
    let read = |rest: &str| Script::read(&format!("calendars cal0=alice\n{rest}"));
    let no_world = "the world is one like `world 4711 caldav`".to_owned();
    assert_eq!(read("world 1 tomorrow"), Err(no_world));
    let no_step = "line 4: `in cal0 person1.ics sing` is no step".to_owned();
    assert_eq!(read("world 1 caldav\n# people\nin cal0 person1.ics sing"), Err(no_step));
    assert_eq!(read("sync"), Err("line 2: `world …` is missing".to_owned()));
}
