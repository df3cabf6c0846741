//! An origin that is edited while a person deletes its mirror, under an edge that takes deletions to
//! the origin.

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnDelete};
use kalends_core::journal::{CauseKind, Payload};
use kalends_core::ports::Clock as _;
use kalends_core::step::UserEdit;
use kalends_oracle::{Change, Origin};
use kalends_sim_tests::{Act, History, check_journal};

use crate::common::origin;

use super::{Memory, source};

/// An event of so many days that the calendar of the next provider holds, shown in that of `place`.
fn shown_at(place: usize, level: DetailLevel, days: u8) -> (Memory, History) {
    let world = Memory::of_three(1, &[0, 1, 2]);
    let mut history = History::default();
    let (kind, on_delete) = (CalendarKind::TrueMirror, OnDelete::Propagate);
    let options = EdgeOptions { level, kind, on_delete, ..EdgeOptions::default() };
    history.edges.push(world.edge_with(source(place), place, options));
    let rule = if days > 1 { format!("FREQ=DAILY;COUNT={days}") } else { String::new() };
    let event = Origin { rule, ..origin(source(place), "s", "Dentist", 10) };
    history.put(&world, "person-s", event);
    world.settle();
    history.check(&world);
    (world, history)
}

fn act(world: &Memory, (place, name): (usize, &str), act: Act<'_>) {
    let (now, path) = (world.clock.now().as_millis(), world.path(place).unwrap());
    world.site(place).act(now, &path, name, act).unwrap();
}

/// A person edits the origin, another one deletes its mirror before that shows the edit.
fn edit_and_delete(world: &Memory, history: &mut History, place: usize, change: &Change) {
    let mirror = history.names_of_ours(world, place).into_iter().next().unwrap();
    let key = (source(place), "person-s".to_owned());
    act(world, (key.0, &key.1), Act::Change(change));
    change.apply(history.origins.get_mut(&key).unwrap());
    act(world, (place, &mirror), Act::Delete);
}

fn conflicts(world: &Memory) -> usize {
    let entries = world.store.journal(world.keys.graph).into_iter();
    entries.filter(|(entry, _)| entry.cause.what == CauseKind::Conflict).count()
}

/// Catches an edit of an origin that goes with the origin, since a person deleted a mirror which did
/// not show it yet; a mirror that stays away after that; and a journal that does not say so.
#[test]
fn an_edit_that_a_deleted_mirror_did_not_show_yet_stays_and_is_shown_everywhere() {
    let moved = Change::Start("20260610T150000Z".to_owned());
    let retitled = Change::Title("Surgeon".to_owned());
    let instance = Change::Move("20260612T090000Z".to_owned(), "20260612T130000Z".to_owned());
    let cases = [
        (DetailLevel::Busy, 1, &moved),
        (DetailLevel::Title, 1, &retitled),
        (DetailLevel::Full, 5, &instance),
    ];
    for place in 0..3 {
        for (level, days, change) in cases {
            let (world, mut history) = shown_at(place, level, days);
            edit_and_delete(&world, &mut history, place, change);
            world.settle();
            history.check(&world);
            assert_eq!(conflicts(&world), 1, "{change:?} at {place}");
            world.is_at_rest();
            check_journal(&world);
            // Who deletes what shows all of it means it.
            let mirror = history.names_of_ours(&world, place).into_iter().next().unwrap();
            act(&world, (place, &mirror), Act::Delete);
            world.settle();
            let held =
                [source(place), place].map(|at| world.site(at).names(&world.path(at).unwrap()));
            assert_eq!(held, [Vec::<String>::new(), Vec::new()], "{change:?} at {place}");
        }
    }
}

/// Catches a mirror that comes back for an edit which it will never show: nobody could delete it.
#[test]
fn an_edit_that_the_mirror_never_shows_does_not_keep_its_origin() {
    for place in 0..3 {
        let (world, mut history) = shown_at(place, DetailLevel::Busy, 1);
        edit_and_delete(&world, &mut history, place, &Change::Title("Surgeon".to_owned()));
        world.settle();
        let held = [source(place), place].map(|at| world.site(at).names(&world.path(at).unwrap()));
        assert_eq!(held, [Vec::<String>::new(), Vec::new()], "at {place}");
        let entries = world.store.journal(world.keys.graph).into_iter();
        let mut said = entries.filter_map(|(_, payload)| payload);
        assert!(said.any(|it| String::from_utf8_lossy(&it.0).contains("Surgeon")), "at {place}");
    }
}

/// Catches an edit of one instance of an origin that nobody can bring back, since a person cancelled the
/// instance in a mirror which did not show the edit yet.
#[test]
fn an_edit_of_an_instance_that_is_cancelled_in_a_mirror_stays_or_can_be_brought_back() {
    let (third, later) = ("20260612T090000Z", "20260612T130000Z");
    for place in 0..3 {
        let (world, history) = shown_at(place, DetailLevel::Full, 5);
        let (moved, cancelled) =
            (Change::Move(third.to_owned(), later.to_owned()), Change::Cancel(third.to_owned()));
        let mirror = history.names_of_ours(&world, place).into_iter().next().unwrap();
        act(&world, (source(place), "person-s"), Act::Change(&moved));
        act(&world, (place, &mirror), Act::Change(&cancelled));
        world.settle();
        world.is_at_rest();
        check_journal(&world);
        assert_eq!(conflicts(&world), 1, "at {place}");
        let stays = || {
            let series =
                world.site(source(place)).look(&world.path(source(place)).unwrap(), "person-s");
            series.unwrap().exceptions.iter().any(|one| one.start == later)
        };
        if !stays() {
            let lost = |payload: &Payload| String::from_utf8_lossy(&payload.0).contains("\"lost:");
            let mut entries = world.store.journal(world.keys.graph).into_iter();
            let entry = entries.rfind(|(_, payload)| payload.as_ref().is_some_and(lost));
            world.author(UserEdit::Restore { entry: entry.unwrap().0.seq });
            world.settle();
        }
        assert!(stays(), "at {place}");
    }
}
