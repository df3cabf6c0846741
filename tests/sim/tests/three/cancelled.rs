//! Instances of a series that a person cancels in a mirror: they go by the rule for deletions.

use std::sync::Arc;

use kalends_core::cursor::Question;
use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, OnDelete, OnEdit};
use kalends_core::ports::Clock as _;
use kalends_core::step::UserEdit;
use kalends_driver::FailAt;
use kalends_oracle::{Change, Origin};
use kalends_sim_tests::{Act, History, check_journal, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};

use crate::common::origin;

use super::{Memory, source};

const SECOND: &str = "20260611T090000Z";
const THIRD: &str = "20260612T090000Z";
const FOURTH: &str = "20260613T090000Z";

/// So many series, held by a calendar of the next provider and shown in that of `place`.
fn shown_at(place: usize, series: usize, rules: (OnEdit, OnDelete)) -> (Memory, History) {
    let world = Memory::of_three(1, &[0, 1, 2]);
    let mut history = History::default();
    let (on_edit, on_delete) = rules;
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let options = EdgeOptions { level, kind, on_edit, on_delete, ..EdgeOptions::default() };
    history.edges.push(world.edge_with(source(place), place, options));
    for n in 0..series {
        let series = origin(source(place), &format!("s{n}"), &format!("Standup {n}"), 10);
        let series = Origin { rule: "FREQ=DAILY;COUNT=5".to_owned(), ..series };
        history.put(&world, &format!("person-{n}"), series);
    }
    world.settle();
    history.check(&world);
    (world, history)
}

/// A person cancels the third instance of every mirror.
fn cancel(world: &Memory, history: &History, place: usize) {
    change(world, history, place, &Change::Cancel(THIRD.to_owned()));
}

/// A person changes every mirror.
fn change(world: &Memory, history: &History, place: usize, change: &Change) {
    let (now, path) = (world.clock.now().as_millis(), world.path(place).unwrap());
    for mirror in history.names_of_ours(world, place) {
        world.site(place).act(now, &path, &mirror, Act::Change(change)).unwrap();
    }
}

/// How many of a calendar's series lack the third instance.
fn lacking(world: &Memory, place: usize) -> usize {
    let path = world.path(place).unwrap();
    let names = world.site(place).names(&path).into_iter();
    let held = names.filter_map(|name| world.site(place).look(&path, &name));
    held.filter(|series| series.excluded.iter().any(|when| when == THIRD)).count()
}

/// Nothing is written any more, and the journal holds.
fn rests(world: &Memory) {
    world.settle();
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0), "{report:?}");
    check_journal(world);
}

/// Catches a cancelled instance that goes by the rule for edits: an origin that loses it though its
/// edge brings back what is deleted, or a mirror that gets it back though the origin is to follow.
#[test]
fn an_instance_cancelled_in_a_mirror_goes_by_the_rule_for_deletions_everywhere() {
    let rules = [
        ((OnEdit::Propagate, OnDelete::Restore), (0, 0)),
        ((OnEdit::Detach, OnDelete::Restore), (0, 0)),
        ((OnEdit::Revert, OnDelete::Propagate), (1, 1)),
        ((OnEdit::Propagate, OnDelete::Detach), (0, 1)),
    ];
    for place in 0..3 {
        for (rules, lack) in rules {
            let (world, history) = shown_at(place, 1, rules);
            cancel(&world, &history, place);
            rests(&world);
            let held = (lacking(&world, source(place)), lacking(&world, place));
            assert_eq!(held, lack, "{rules:?} at {place}");
        }
    }
}

/// Catches a mirror that is let be as a person's copy, or an origin that loses an instance, where the
/// origin was made another series before anybody saw that one was cancelled.
#[test]
fn what_was_cancelled_in_a_series_that_its_origin_is_no_more_comes_back() {
    let rules = [
        ((OnEdit::Detach, OnDelete::Restore), 0),
        ((OnEdit::Propagate, OnDelete::Restore), 0),
        ((OnEdit::Propagate, OnDelete::Propagate), 0),
        ((OnEdit::Revert, OnDelete::Detach), 1),
    ];
    for place in 0..3 {
        for (rules, lacks) in rules {
            let (world, mut history) = shown_at(place, 1, rules);
            cancel(&world, &history, place);
            let other = origin(source(place), "s0", "Standup 0", 11);
            let other = Origin { rule: "FREQ=DAILY;COUNT=5".to_owned(), ..other };
            history.put(&world, "person-0", other);
            rests(&world);
            let held = (lacking(&world, source(place)), lacking(&world, place));
            assert_eq!(held, (0, lacks), "{rules:?} at {place}");
            if lacks == 0 {
                history.check(&world);
            }
        }
    }
}

/// Catches a mirror that is given an instance back, and loses it again, since its origin was read
/// without the instances that lie beside it.
#[test]
fn an_instance_cancelled_in_a_mirror_stays_away_while_its_origin_follows() {
    for place in 0..3 {
        let (world, history) = shown_at(place, 1, (OnEdit::Propagate, OnDelete::Propagate));
        cancel(&world, &history, place);
        let path = world.path(place).unwrap();
        let writes = || world.site(place).written().iter().filter(|(of, _)| *of == path).count();
        let before = writes();
        rests(&world);
        assert_eq!((lacking(&world, source(place)), lacking(&world, place)), (1, 1));
        assert!(writes() <= before + 1, "{} writes into {place}", writes() - before);
    }
}

/// Catches instances that are cancelled past the breaker, one by one in as many series, and a word
/// of the person after which they are not as that says.
#[test]
fn many_instances_cancelled_in_mirrors_are_held_until_a_person_has_spoken() {
    for place in 0..3 {
        for approve in [true, false] {
            let (world, history) = shown_at(place, 12, (OnEdit::Propagate, OnDelete::Propagate));
            cancel(&world, &history, place);
            assert_eq!((world.sync().held, world.sync().held), (12, 12), "at {place}");
            assert_eq!(lacking(&world, source(place)), 0, "at {place}");
            let (calendar, question) = (world.calendar(place), Question::Deleted);
            world.author(UserEdit::Judge { calendar, question, approve, shown: None });
            rests(&world);
            let lack = if approve { 12 } else { 0 };
            let held = (lacking(&world, source(place)), lacking(&world, place));
            assert_eq!(held, (lack, lack), "{approve} at {place}");
        }
    }
}

/// A series of which the first calendar's edge shows all in the second, in an account with a third.
fn beside_another(on_delete: OnDelete, excluded: &[&str]) -> (Memory, History) {
    beside(OnEdit::Revert, on_delete, excluded)
}

fn beside(on_edit: OnEdit, on_delete: OnDelete, excluded: &[&str]) -> (Memory, History) {
    let world = Memory::new(Profile::plain(), 5, &[0, 1, 1]);
    let mut history = History::default();
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let options = EdgeOptions { level, kind, on_edit, on_delete, ..EdgeOptions::default() };
    let series = Origin {
        rule: "FREQ=DAILY;COUNT=5".to_owned(),
        excluded: excluded.iter().map(|when| (*when).to_owned()).collect(),
        ..origin(0, "s", "Standup", 10)
    };
    history.put(&world, "person-s.ics", series);
    history.edges.push(world.edge_with(0, 1, options));
    world.settle();
    (world, history)
}

/// Catches a mirror that is kept whatever becomes of its edge, since it is to be the person's once a
/// calendar beside it can be read; and a title in it that its edge shows no more.
#[test]
fn what_is_to_be_the_persons_goes_with_its_edge_and_says_no_more_than_it_may() {
    for lowers in [true, false] {
        let (world, mut history) = beside_another(OnDelete::Detach, &[]);
        cancel(&world, &history, 1);
        history.put(&world, "person-x.ics", origin(2, "x", "Lunch", 12));
        assert!(world.http.sim().plan("REPORT", "*/cal2/*", When::Always, "C40-504"));
        let _waits = world.sync();
        let edge = history.edges[0].clone();
        if lowers {
            let kind = CalendarKind::TrueMirror;
            let level = DetailLevel::Busy;
            let on_delete = OnDelete::Detach;
            let options = EdgeOptions { level, kind, on_delete, ..EdgeOptions::default() };
            world.change_edge(&edge, options);
        } else {
            world.remove_edge(&edge);
        }
        for _ in 0..3 {
            let _waits = world.sync();
            world.clock.advance_millis(120_000);
        }
        let ours = history.ours(&world, 1);
        let telling = ours.values().filter(|text| text.contains("Standup")).count();
        assert_eq!((ours.len(), telling), (usize::from(lowers), 0), "{lowers}");
    }
}

/// Catches an exclusion that we wrote ourselves, in a mirror that was taken in again, taken for one of
/// a person's: the instance takes place again, and the origin would lose it.
#[test]
fn what_an_older_mirror_leaves_out_is_nobodys_cancellation() {
    let (mut world, mut history) = beside_another(OnDelete::Propagate, &[THIRD]);
    assert_eq!(lacking(&world, 1), 1);
    world.wipe();
    let series =
        Origin { excluded: Vec::new(), ..history.origins.values().next().unwrap().clone() };
    history.put(&world, "person-s.ics", series);
    let (level, kind) = (DetailLevel::Full, CalendarKind::TrueMirror);
    let on_delete = OnDelete::Propagate;
    world.edge_with(0, 1, EdgeOptions { level, kind, on_delete, ..EdgeOptions::default() });
    assert!(world.http.sim().plan("PUT", "*/cal1/*", When::Always, "C40-503"));
    let _fails = world.sync();
    let (now, path) = (world.clock.now().as_millis(), world.path(1).unwrap());
    let change = Change::Title("Renamed".to_owned());
    for mirror in history.names_of_ours(&world, 1) {
        world.site(1).act(now, &path, &mirror, Act::Change(&change)).unwrap();
    }
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(3_600_000);
    world.settle();
    assert_eq!((lacking(&world, 0), lacking(&world, 1)), (0, 0));
    history.check(&world);
}

/// A person cancels instances of the one mirror in a calendar.
fn cancel_in(world: &Memory, history: &History, place: usize, originals: &[&str]) {
    let (now, path) = (world.clock.now().as_millis(), world.path(place).unwrap());
    let mirror = history.names_of_ours(world, place).into_iter().next().unwrap();
    for original in originals {
        let change = Change::Cancel((*original).to_owned());
        world.site(place).act(now, &path, &mirror, Act::Change(&change)).unwrap();
    }
}

/// The origin is left out of mirrors from now on.
fn hide(world: &Memory, history: &mut History) {
    let mut series = history.origins.values().next().unwrap().clone();
    let title = "Standup #nosync".to_owned();
    series.exceptions.iter_mut().for_each(|one| one.title.clone_from(&title));
    history.put(world, "person-s.ics", Origin { title, ..series });
}

/// Catches a mirror that is written to say what it says already, since a person cancelled instances in
/// it and the origin followed; and one that is taken for such though more of it is to be written.
#[test]
fn a_mirror_that_lacks_what_its_origin_is_to_lack_is_not_written_for_it() {
    for (originals, retitles, writes) in
        [(&[THIRD][..], false, 1), (&[THIRD, FOURTH][..], false, 1), (&[FOURTH][..], true, 2)]
    {
        let (world, mut history) = beside_another(OnDelete::Propagate, &[SECOND]);
        cancel_in(&world, &history, 1, originals);
        if retitles {
            let title = "Standup again".to_owned();
            let series = history.origins.values().next().unwrap().clone();
            history.put(&world, "person-s.ics", Origin { title, ..series });
        }
        let report = world.sync();
        let wrote = (report.created, report.updated, report.deleted);
        assert_eq!(wrote, (0, writes, 0), "{originals:?} {retitles}");
        rests(&world);
        for place in [0, 1] {
            let path = world.path(place).unwrap();
            let name = world.site(place).names(&path).into_iter().next().unwrap();
            let held = world.site(place).look(&path, &name).unwrap().excluded;
            assert_eq!(held.len(), 1 + originals.len(), "{held:?}");
        }
    }
}

/// Catches an origin that loses an instance, since a person cancelled it in a mirror which goes with all
/// its instances by the time that this may take effect.
#[test]
fn what_was_cancelled_in_a_series_that_goes_by_itself_goes_with_it() {
    let (world, mut history) = beside_another(OnDelete::Propagate, &[]);
    cancel(&world, &history, 1);
    assert!(world.http.sim().plan("REPORT", "*/cal2/*", When::Always, "C40-504"));
    history.put(&world, "person-x.ics", origin(2, "x", "Lunch", 12));
    let _waits = world.sync();
    world.http.sim().faults_mut().clear();
    hide(&world, &mut history);
    world.clock.advance_millis(3_600_000);
    rests(&world);
    assert_eq!((lacking(&world, 0), history.ours(&world, 1).len()), (0, 0));
}

/// Catches a mirror on its way out that stays as a person's copy, though they only cancelled instances in
/// it: beside one that it left out already, among more, or one that it showed elsewhere.
#[test]
fn instances_cancelled_in_a_mirror_that_goes_are_no_edit_of_it() {
    let cases = [
        (&[SECOND][..], None, &[THIRD, FOURTH][..]),
        (&[], None, &[SECOND, FOURTH]),
        (&[SECOND, THIRD], None, &[FOURTH]),
        (&[], Some(THIRD), &[THIRD]),
    ];
    for (excluded, moved, cancelled) in cases {
        let (world, mut history) = beside(OnEdit::Detach, OnDelete::Restore, excluded);
        if let Some(original) = moved {
            let mut series = history.origins.values().next().unwrap().clone();
            let later = original.replace("T09", "T13");
            Change::Move(original.to_owned(), later).apply(&mut series);
            history.put(&world, "person-s.ics", series);
            world.settle();
        }
        cancel_in(&world, &history, 1, cancelled);
        hide(&world, &mut history);
        rests(&world);
        assert_eq!(history.ours(&world, 1).len(), 0, "{excluded:?} {moved:?} {cancelled:?}");
    }
}

/// Catches an origin that loses an instance, or a mirror that becomes a person's, since they changed the title of
/// what our last write made of it before that was recorded: what that left out was taken for cancelled by them.
#[test]
fn what_we_left_out_ourselves_nobody_cancelled() {
    let rules = [OnDelete::Propagate, OnDelete::Detach];
    for (place, on_delete) in (0..3).flat_map(|place| rules.map(|rule| (place, rule))) {
        let ends = (1..).find(|at| ends_after_a_kill((place, on_delete), *at));
        assert!(ends.is_some_and(|at| at > 5), "{ends:?}");
    }
}

/// The origin has an instance left out of its mirror, a sync dies at this place of it, and a person retitles
/// the mirror; whether the sync came to its end before that place.
fn ends_after_a_kill((place, on_delete): (usize, OnDelete), at: u64) -> bool {
    let (world, mut history) = shown_at(place, 1, (OnEdit::Revert, on_delete));
    let mut series = history.origins.values().next().unwrap().clone();
    Change::Retitle(THIRD.to_owned(), "Talk #nosync".to_owned()).apply(&mut series);
    history.put(&world, "person-0", series.clone());
    let killed = world.driver_failing(Arc::new(FailAt::new(Some(at))));
    let is_whole = block_on(killed.sync(&world.keys, &options())).is_ok();
    change(&world, &history, place, &Change::Title("Renamed".to_owned()));
    world.clock.advance_millis(3_600_000);
    rests(&world);
    assert_eq!(lacking(&world, source(place)), 0, "{on_delete:?} at {place}, killed at {at}");
    series.title = "Daily".to_owned();
    history.put(&world, "person-0", series);
    rests(&world);
    let shown = mirror_in(&world, &history, place).title;
    assert_eq!(shown, "Daily", "{on_delete:?} at {place}, killed at {at}");
    is_whole
}

/// The one mirror in a place, as a person sees it.
fn mirror_in(world: &Memory, history: &History, place: usize) -> Origin {
    let name = history.names_of_ours(world, place).into_iter().next().unwrap();
    world.site(place).look(&world.path(place).unwrap(), &name).unwrap()
}

/// Catches a mirror that is a person's since they cancelled an instance of it, and in which another is put
/// right after that: one that they moved, or that its origin no longer has changed.
#[test]
fn a_mirror_that_became_a_persons_keeps_all_that_they_made_of_it() {
    for place in 0..3 {
        for resets in [false, true] {
            let (world, mut history) = shown_at(place, 1, (OnEdit::Revert, OnDelete::Detach));
            let series = history.origins.values().next().unwrap().clone();
            let later = Change::Move(SECOND.to_owned(), SECOND.replace("T0900", "T0930"));
            if resets {
                let mut changed = series.clone();
                later.apply(&mut changed);
                history.put(&world, "person-0", changed);
                world.settle();
                history.put(&world, "person-0", series);
            } else {
                change(&world, &history, place, &later);
            }
            cancel(&world, &history, place);
            let before = mirror_in(&world, &history, place);
            assert_eq!((before.exceptions.len(), before.excluded.len()), (1, 1));
            rests(&world);
            assert_eq!(mirror_in(&world, &history, place), before, "{resets} at {place}");
        }
    }
}

/// Catches an instance that takes place again in the mirror of a person who cancelled it, since that was to
/// say something else before it could be theirs.
#[test]
fn a_mirror_that_is_to_be_the_persons_gets_other_texts_without_what_they_cancelled() {
    let (world, mut history) = beside_another(OnDelete::Detach, &[]);
    cancel(&world, &history, 1);
    history.put(&world, "person-x.ics", origin(2, "x", "Lunch", 12));
    assert!(world.http.sim().plan("REPORT", "*/cal2/*", When::Always, "C40-504"));
    let series = history.origins[&(0, "person-s.ics".to_owned())].clone();
    history.put(&world, "person-s.ics", Origin { title: "Daily".to_owned(), ..series });
    let _waits = world.sync();
    let shown = mirror_in(&world, &history, 1);
    assert_eq!(
        (shown.title.as_str(), shown.excluded.as_slice()),
        ("Daily", &[THIRD.to_owned()][..])
    );
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(3_600_000);
    rests(&world);
    assert_eq!(mirror_in(&world, &history, 1), shown);
}
