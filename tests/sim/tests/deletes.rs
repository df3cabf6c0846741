//! Mirrors that go away, under edges that take a person's deletion to the origin.

use crate::common::{at_rest, origin};
use kalends_core::cursor::Question;
use kalends_core::graph::{DetailLevel, EdgeOptions, Filters, Lifecycle, OnDelete, OnEdit};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_oracle::{Exception, Origin};
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Person, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

fn propagating() -> EdgeOptions {
    EdgeOptions {
        level: DetailLevel::Full,
        on_delete: OnDelete::Propagate,
        ..EdgeOptions::default()
    }
}

/// A person works at the target.
fn person(world: &Memory, work: impl FnOnce(&mut Person<'_>) -> Result<(), String>) {
    let now = world.clock.now().as_millis();
    assert_eq!(work(&mut world.http.sim().person(now)), Ok(()));
}

fn held(world: &Memory, place: usize, name: &str) -> Option<String> {
    world.http.sim().resources(&world.path(place).unwrap_or_default()).get(name).cloned()
}

/// One single, mirrored whole from the first calendar to the second.
fn single(options: EdgeOptions) -> (Memory, History, String) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.edges.push(world.edge_with(0, 1, options));
    at_rest(&world, &history);
    let mirror = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    (world, history, mirror)
}

/// A series of which the edge shows two changed instances, each written singly.
fn instances() -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    let changed = |day: u8| Exception {
        original: format!("202606{day}T090000Z"),
        start: format!("202606{day}T100000Z"),
        title: format!("Review {day}"),
        private: false,
    };
    let series = Origin {
        rule: "FREQ=DAILY;COUNT=8".to_owned(),
        exceptions: vec![changed(11), changed(12)],
        ..origin(0, "a", "Standup", 10)
    };
    history.put(&world, "person-a.ics", series);
    let filters = Filters { only_keywords: vec!["review".to_owned()], ..Filters::default() };
    let _edge = world.edge_with(0, 1, EdgeOptions { filters, ..propagating() });
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 2);
    (world, history)
}

/// Catches a deletion of the whole origin.
#[test]
fn deleting_the_mirror_of_one_instance_excludes_that_instance_alone() {
    let (world, history) = instances();
    let mirrors = history.ours(&world, 1);
    let of = |day: &str| {
        let text = mirrors.iter().find(|(_, text)| text.contains(day));
        text.map(|(name, _)| name.clone()).unwrap_or_default()
    };
    let (gone, kept) = (of("Review 11"), of("Review 12"));
    let path = world.path(1).unwrap_or_default();
    person(&world, |person| person.delete(&path, &gone));
    world.settle();
    let series = held(&world, 0, "person-a.ics").unwrap_or_default();
    assert!(series.contains("EXDATE"), "{series}");
    assert!(!series.contains("Review 11") && series.contains("Review 12"), "{series}");
    assert_eq!(history.ours(&world, 1).into_keys().collect::<Vec<_>>(), [kept]);

    let kept = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    person(&world, |person| person.delete(&path, &kept));
    world.settle();
    let series = held(&world, 0, "person-a.ics").unwrap_or_default();
    assert!(!series.contains("Review") && series.contains("Standup"), "{series}");
    assert_eq!(history.ours(&world, 1).len(), 0);
}

/// Catches taking our own deletion, whose answer was lost, for a person's: in both orders of
/// reading, since the one that sees the tombstone first is spared by luck.
#[test]
fn our_own_deletion_is_not_taken_to_the_origin() {
    for (from, to) in [(0, 1), (1, 0)] {
        let world: Memory = World::new(Profile::plain(), 5, &[0, 0]);
        let mut history = History::default();
        history.put(&world, "person-a.ics", origin(from, "a", "Dentist", 10));
        history.edges.push(world.edge_with(from, to, propagating()));
        at_rest(&world, &history);
        history.put(&world, "person-a.ics", origin(from, "a", "Dentist #nosync", 10));
        assert!(world.http.sim().plan("DELETE", &format!("*/cal{to}/*"), When::Nth(1), "C41"));
        let _lost = world.sync();
        assert_eq!(history.ours(&world, to).len(), 0, "the deletion took effect");
        history.put(&world, "person-a.ics", origin(from, "a", "Dentist", 10));
        at_rest(&world, &history);
    }
}

/// Catches taking a mirror that a person moved for one that they deleted.
#[test]
fn a_mirror_moved_to_another_calendar_leaves_its_origin_alone() {
    let (world, mut history, mirror) = single(propagating());
    let (from, to) = (world.path(1).unwrap_or_default(), world.path(2).unwrap_or_default());
    person(&world, |person| person.move_to(&from, &mirror, &to));
    history.strays.insert((2, mirror));
    at_rest(&world, &history);
}

/// Catches a deletion that is taken for a move, since an earlier object of the same mirror was
/// carried away once.
#[test]
fn a_mirror_deleted_after_an_earlier_one_was_carried_away_takes_its_origin_along() {
    let (world, mut history, mirror) = single(propagating());
    let (from, to) = (world.path(1).unwrap_or_default(), world.path(2).unwrap_or_default());
    person(&world, |person| person.move_to(&from, &mirror, &to));
    history.strays.insert((2, mirror));
    at_rest(&world, &history);
    let again = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    person(&world, |person| person.delete(&from, &again));
    world.settle();
    assert_eq!(held(&world, 0, "person-a.ics"), None);
}

/// Catches a tombstone that is taken for a deletion though the object has another name now.
#[test]
fn a_mirror_under_a_new_name_leaves_its_origin_alone() {
    let (world, history, mirror) = single(propagating());
    let path = world.path(1).unwrap_or_default();
    let text = held(&world, 1, &mirror).unwrap_or_default();
    person(&world, |person| person.delete(&path, &mirror));
    person(&world, |person| person.put(&path, "renamed.ics", &text));
    at_rest(&world, &history);
    assert_eq!(held(&world, 1, "renamed.ics"), Some(text));
}

/// Catches treating a person's own copy as a mirror.
#[test]
fn deleting_a_detached_copy_leaves_its_origin_alone() {
    let options = EdgeOptions { on_edit: OnEdit::Detach, ..propagating() };
    let (world, mut history, mirror) = single(options);
    let path = world.path(1).unwrap_or_default();
    person(&world, |person| {
        person.edit(&path, &mirror, |text| text.replace("SUMMARY:", "SUMMARY:My "))
    });
    world.settle();
    assert!(held(&world, 1, &mirror).is_some_and(|text| text.contains("SUMMARY:My ")));
    person(&world, |person| person.delete(&path, &mirror));
    world.settle();
    assert!(held(&world, 0, "person-a.ics").is_some());
    assert_eq!(history.ours(&world, 1).len(), 0, "it stays away");
    history.edges.clear();
    at_rest(&world, &history);
}

/// Catches a deletion that takes nothing along though the edge says so.
#[test]
fn deleting_a_mirror_deletes_its_origin_where_the_edge_says_so() {
    let (world, mut history, mirror) = single(propagating());
    let path = world.path(1).unwrap_or_default();
    person(&world, |person| person.delete(&path, &mirror));
    world.settle();
    assert_eq!(held(&world, 0, "person-a.ics"), None);
    history.origins.clear();
    at_rest_but_for_the_origin(&world, &history);
}

/// Catches a deletion that goes to the origin before all that holds the event was read: what is
/// there may be why another store of the graph deleted the mirror.
#[test]
fn a_deletion_waits_until_every_calendar_that_holds_the_event_was_read() {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1, 0]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.put(&world, "person-b.ics", origin(1, "a", "Dentist", 10));
    history.edges.push(world.edge_with(0, 2, propagating()));
    at_rest(&world, &history);
    let mirror = history.ours(&world, 2).into_keys().next().unwrap_or_default();
    let path = world.path(2).unwrap_or_default();
    person(&world, |person| person.delete(&path, &mirror));
    assert!(world.http.sim().plan("*", "*/bob/*", When::Always, "C40-503"));
    for _ in 0..2 {
        let _waits = world.sync();
        assert!(held(&world, 0, "person-a.ics").is_some());
        world.clock.advance_millis(3_600_000);
    }
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(86_400_000);
    world.settle();
    assert_eq!(held(&world, 0, "person-a.ics"), None);
}

/// The origin was deleted by us, as asked: the one write to a person's object.
fn at_rest_but_for_the_origin(world: &Memory, history: &History) {
    world.settle();
    history.check(world);
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
}

/// Sixty events in the first calendar, mirrored, and all of the given place deleted in one go.
fn many_deleted(place: usize) -> (Memory, History) {
    let (world, history, _) = many_deleted_by_name(place);
    (world, history)
}

/// The same, and the names of what was deleted.
fn many_deleted_by_name(place: usize) -> (Memory, History, Vec<String>) {
    let (world, history) = many(60, &[0, 1]);
    let names = held_in(&world, place);
    delete(&world, place, &names);
    assert_eq!(world.sync().held, 60);
    (world, history, names)
}

/// Events in the first calendar, mirrored to the second of these owners' calendars, and taken along
/// where their mirrors are deleted.
fn many(events: u8, owners: &[usize]) -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, owners);
    let mut history = History::default();
    for n in 0..events {
        let name = format!("person-{n}.ics");
        history.put(&world, &name, origin(0, &format!("e{n}"), "Dentist", 10 + n % 15));
    }
    history.edges.push(world.edge_with(0, 1, propagating()));
    world.settle();
    (world, history)
}

fn held_in(world: &Memory, place: usize) -> Vec<String> {
    world.http.sim().resources(&world.path(place).unwrap_or_default()).into_keys().collect()
}

fn delete(world: &Memory, place: usize, names: &[String]) {
    let path = world.path(place).unwrap_or_default();
    for name in names {
        person(world, |person| person.delete(&path, name));
    }
}

/// Mirrors that take their origins along are counted beyond one page of evidence too. Catches a person
/// who is asked about two hundred of them, and a word that covers what came after it.
#[test]
fn a_person_is_asked_about_all_mirrors_that_are_gone_however_many() {
    let (world, _) = many(250, &[0, 1]);
    let names = held_in(&world, 1);
    let (first, later) = names.split_at(215);
    delete(&world, 1, first);
    assert_eq!(world.sync().held, 215);
    judge(&world, 1, true);
    delete(&world, 1, later);
    assert_eq!((world.sync().held, held_in(&world, 0).len()), (250, 250));
    judge(&world, 1, true);
    world.settle();
    assert_eq!((held_in(&world, 0).len(), held_in(&world, 1).len()), (0, 0));
    assert!(world.config().reviews.is_empty());
}

/// Mirrors of an account with more calendars are looked for in all of them twice before their origins
/// go. Catches an approved deletion that waits for ever, since nobody looks that second time.
#[test]
fn an_approved_deletion_is_looked_for_in_every_calendar_of_the_account_and_takes_effect() {
    let (world, _) = many(15, &[0, 1, 1]);
    let names = held_in(&world, 1);
    delete(&world, 1, &names);
    assert_eq!((world.sync().held, world.sync().held), (15, 15));
    judge(&world, 1, true);
    let report = world.sync();
    assert_eq!((report.held, report.deleted, report.settled), (0, 15, true));
    assert_eq!((held_in(&world, 0).len(), held_in(&world, 1).len()), (0, 0));
    assert!(world.config().reviews.is_empty());
}

fn judge(world: &Memory, place: usize, approve: bool) {
    let (calendar, question) = (world.calendar(place), Question::Deleted);
    world.author(UserEdit::Judge { calendar, question, approve, shown: None });
}

/// Catches a question about more deletions than are left, and an answer that covers others.
#[test]
fn what_came_back_is_not_asked_about_any_more() {
    let (world, _) = many_deleted(0);
    let path = world.path(0).unwrap_or_default();
    let counts = || world.config().reviews.values().map(|review| review.count).collect::<Vec<_>>();
    for n in 0..50 {
        person(&world, |person| person.undelete(&path, &format!("person-{n}.ics")));
    }
    let report = world.sync();
    assert_eq!((report.held, counts()), (10, vec![10]));
    for n in 50..60 {
        person(&world, |person| person.undelete(&path, &format!("person-{n}.ics")));
    }
    let report = world.sync();
    assert_eq!((report.held, counts()), (0, vec![]));
}

/// Catches mirrors that stay away though a person said that their deletion is wrong.
#[test]
fn mirrors_whose_deletion_is_rejected_are_made_again() {
    let (world, history) = many_deleted(1);
    judge(&world, 1, false);
    at_rest(&world, &history);
    assert_eq!(history.ours(&world, 1).len(), 60);
    assert!(world.config().reviews.is_empty());
}

/// Catches origins that are deleted in the end though a person said that it is wrong.
#[test]
fn events_whose_deletion_is_rejected_keep_their_mirrors() {
    let (world, history) = many_deleted(0);
    judge(&world, 0, false);
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 60);
    assert!(world.config().reviews.is_empty());
    let report = world.sync();
    assert_eq!((report.held, report.deleted), (0, 0));
}

/// Catches a review that waits for a person though everything came back, and one that approves
/// deletions nobody had seen then.
#[test]
fn a_review_ends_with_the_evidence_it_is_about() {
    let (world, history) = many_deleted(0);
    let path = world.path(0).unwrap_or_default();
    for n in 0..60 {
        person(&world, |person| person.undelete(&path, &format!("person-{n}.ics")));
    }
    at_rest(&world, &history);
    assert!(world.config().reviews.is_empty());
}

/// Catches the same of mirrors that were gone, and came back as they were.
#[test]
fn a_review_of_mirrors_that_came_back_ends_too() {
    let (world, history, names) = many_deleted_by_name(1);
    let path = world.path(1).unwrap_or_default();
    for name in names {
        person(&world, |person| person.undelete(&path, &name));
    }
    at_rest(&world, &history);
    assert!(world.config().reviews.is_empty(), "{:?}", world.config().reviews);
}

/// Catches an event that is another one because its program stored it under a new name, and the
/// listing showed the new name first.
#[test]
fn an_event_under_a_new_name_is_the_same_event() {
    for profile in [Profile::plain(), Profile::radicale(), Profile::sabre()] {
        for new in ["person-0.ics", "person-z.ics"] {
            let name = profile.name;
            let world: Memory = World::new(profile.clone(), 5, &[0, 1]);
            let mut history = History::default();
            history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
            history.edges.push(world.edge_with(0, 1, EdgeOptions::default()));
            at_rest(&world, &history);
            let mirrors = history.ours(&world, 1);
            history.delete(&world, 0, "person-a.ics");
            history.put(&world, new, origin(0, "a", "Dentist", 10));
            at_rest(&world, &history);
            assert_eq!(history.ours(&world, 1), mirrors, "{new} on {name}");
        }
    }
}

/// Catches an event that goes with a mirror that a person deleted when the calendar held another one with its
/// UID, also where that was seen before the deletion; and a mirror that no deletion goes from any more.
#[test]
fn what_took_the_place_of_an_origin_outlives_its_deleted_mirror() {
    for is_seen_first in [false, true] {
        let (world, mut history, mirror) = single(propagating());
        let path = world.path(1).unwrap_or_default();
        history.delete(&world, 0, "person-a.ics");
        history.put(&world, "person-b.ics", origin(0, "a", "Dentist", 10));
        person(&world, |person| person.delete(&path, &mirror));
        if is_seen_first {
            assert!(world.http.sim().plan("*", "*/bob/*", When::Always, "C40-503"));
            let _waits = world.sync();
            world.http.sim().faults_mut().clear();
        }
        at_rest(&world, &history);
        for again in history.ours(&world, 1).into_keys() {
            person(&world, |person| person.delete(&path, &again));
        }
        world.settle();
        assert_eq!(held(&world, 0, "person-b.ics"), None, "{is_seen_first}");
    }
}

/// Catches a mirror that counts as deleted before another object took the place of its origin, though it was
/// there afterwards; and one that is written because of that alone.
#[test]
fn a_mirror_that_is_there_is_that_of_what_took_the_place_of_its_origin() {
    let (world, mut history, mirror) = single(propagating());
    history.delete(&world, 0, "person-a.ics");
    history.put(&world, "person-b.ics", origin(0, "a", "Dentist", 10));
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
    at_rest(&world, &history);
    let path = world.path(1).unwrap_or_default();
    person(&world, |person| person.delete(&path, &mirror));
    world.settle();
    assert_eq!(held(&world, 0, "person-b.ics"), None);
}

/// Catches an account whose removal cannot be taken back: its edges go on retiring.
#[test]
fn undoing_the_removal_of_an_account_keeps_its_mirrors() {
    let (world, history, mirror) = single(EdgeOptions::default());
    let edit = UserEdit::RemoveAccount { account: world.accounts[1], abandon: false };
    let run = block_on(world.driver().author(&world.keys, &[edit])).map(|(run, _)| run);
    let Ok(run) = run else { panic!("{run:?}") };
    world.author(UserEdit::Undo { run });
    world.settle();
    assert!(history.ours(&world, 1).contains_key(&mirror));
    let config = world.config();
    assert!(config.accounts.values().all(|account| account.state == Lifecycle::Active));
    assert!(config.edges.values().all(|edge| edge.state == Lifecycle::Active));
}

/// Catches an account that shows no other time, and outvotes the one that does.
#[test]
fn deletions_wait_while_the_time_of_any_server_differs_by_a_year() {
    let (world, mut history, _) = single(EdgeOptions::default());
    let home = world.http.sim().home("alice", false).unwrap_or_default().to_owned();
    assert!(world.http.sim().plan("*", &format!("{home}*"), When::Always, "C46-year"));
    history.delete(&world, 0, "person-a.ics");
    for _ in 0..3 {
        assert_eq!(world.sync().deleted, 0);
        world.clock.advance_millis(3_600_000);
    }
    assert_eq!(history.ours(&world, 1).len(), 1);
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
}

/// Catches a comparison that comes to no end, and every later sync with it, since more of a large
/// calendar seems to be gone than fits into one plan.
#[test]
fn a_large_calendar_that_seems_empty_is_held_and_comes_back() {
    const EVENTS: usize = 450;
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let path = world.path(0).unwrap_or_default();
    for n in 0..EVENTS {
        let uid = format!("e{n}");
        let text = kalends_sim_tests::write(&origin(0, &uid, &uid, 10));
        person(&world, |person| person.put(&path, &format!("{uid}.ics"), &text));
    }
    world.edge_with(0, 1, EdgeOptions::default());
    world.settle();
    let names = world.http.sim().names(&path);
    let target = world.path(1).unwrap_or_default();
    let mirrors = || world.http.sim().names(&target).len();
    assert_eq!(mirrors(), EVENTS);
    for name in &names {
        person(&world, |person| person.delete(&path, name));
    }
    // It is compared: a report of changes would say one by one what is gone.
    world.http.sim().expire_tokens(&path);
    let report = world.sync();
    assert_eq!((report.held as usize, mirrors()), (EVENTS, EVENTS));
    assert_eq!(world.sync().held as usize, EVENTS, "and again");
    for name in &names {
        person(&world, |person| person.undelete(&path, name));
    }
    world.settle();
    assert_eq!((world.sync().held, mirrors()), (0, EVENTS));
}
