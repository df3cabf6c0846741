//! Changes that go back to their origins, against what happens to these meanwhile.

use crate::common::origin;
use kalends_core::dispatch::dispatch;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ids::{EventId, RunId, Version};
use kalends_core::plan::{Job, JobKey};
use kalends_core::ports::Clock;
use kalends_core::provider::{Done, Stored};
use kalends_core::settle::settle;
use kalends_core::slice::ReadSet;
use kalends_core::step::{Dispatch, WriteOutcome};
use kalends_driver::Decider;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Person, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// An origin in the first of two calendars of one person, mirrored whole to another's, from where
/// edits go back.
fn mirrored() -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let options = EdgeOptions {
        level: DetailLevel::Full,
        on_edit: OnEdit::Propagate,
        ..EdgeOptions::default()
    };
    let _edge = world.edge_with(0, 2, options);
    world.settle();
    (world, history)
}

fn person(world: &Memory, work: impl FnOnce(&mut Person<'_>) -> Result<(), String>) {
    let now = world.clock.now().as_millis();
    assert_eq!(work(&mut world.http.sim().person(now)), Ok(()));
}

/// A person gives the mirror another title.
fn retitle(world: &Memory, history: &History, from: &str, to: &str) {
    let name = history.ours(world, 2).into_keys().next().unwrap_or_default();
    let path = world.path(2).unwrap_or_default();
    let (from, to) = (format!("SUMMARY:{from}"), format!("SUMMARY:{to}"));
    person(world, |person| person.edit(&path, &name, |text| text.replace(&from, &to)));
}

fn held(world: &Memory) -> String {
    let path = world.path(0).unwrap_or_default();
    world.http.sim().resources(&path).get("person-a.ics").cloned().unwrap_or_default()
}

fn fail(world: &Memory, method: &str, path: &str, fault: &str) {
    assert!(world.http.sim().plan(method, path, When::Always, fault), "{fault}");
}

fn puts(world: &Memory) -> usize {
    let sim = world.http.sim();
    let puts = sim.log().iter().filter(|l| l.request.method == "PUT");
    puts.filter(|l| l.request.path().contains("/cal0/")).count()
}

/// Catches a change that is forgotten because its origin lies under another name now.
#[test]
fn a_change_that_waits_goes_on_to_the_origin_under_its_new_name() {
    let (world, history) = mirrored();
    fail(&world, "PUT", "*/cal0/*", "C40-503");
    retitle(&world, &history, "Dentist", "Mine");
    let _failed = world.sync();
    let (path, text) = (world.path(0).unwrap_or_default(), held(&world));
    person(&world, |person| person.delete(&path, "person-a.ics"));
    person(&world, |person| person.put(&path, "renamed.ics", &text));
    let _failed = world.sync();
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(86_400_000);
    world.settle();
    let held = world.http.sim().resources(&path);
    assert!(held.get("renamed.ics").is_some_and(|text| text.contains("SUMMARY:Mine")), "{held:?}");
}

/// Catches the answer to an older write that settles a newer change, which is never written then.
#[test]
fn the_answer_to_an_older_write_does_not_settle_a_newer_change() {
    let (world, history) = mirrored();
    fail(&world, "PUT", "*/cal0/*", "C40-503");
    retitle(&world, &history, "Dentist", "One");
    let _failed = world.sync();
    let driver = world.driver();
    let decider = Decider::new(driver.ports(), &world.keys, RunId::from_bytes([3; 16]));
    let event: EventId = world.keys.event("a@person", "", 0);
    let want = ReadSet { events: [event].into(), ..ReadSet::default() };
    world.clock.advance_millis(3_600_000);
    let now = world.clock.now();
    let calendar = world.calendar(0);
    let job =
        Job { key: JobKey::Origin(event, calendar), lane: calendar, run_at: now, starts: now };
    let step = |s: &_, env: &_| dispatch(s, &job, env);
    let sent = match block_on(decider.decide("dispatch", want.clone(), step)) {
        Ok(Dispatch::Send(operation)) => operation.sent,
        other => panic!("the first change is to be written: {other:?}"),
    };

    // While that write is under way, a person edits once more; then its answer comes.
    retitle(&world, &history, "One", "Two");
    let _failed = world.sync();
    let path = world.path(0).unwrap_or_default();
    person(&world, |person| {
        person.edit(&path, "person-a.ics", |text| text.replace("SUMMARY:Dentist", "SUMMARY:One"))
    });
    let stored = Stored {
        id: kalends_core::ids::ProviderId(format!("{path}person-a.ics")),
        version: Some(Version("the first write's".to_owned())),
        body: None,
        resets_instances: false,
    };
    let outcome = [WriteOutcome { sent, done: Done::Stored(stored) }];
    let step = |s: &_, env: &_| settle(s, &outcome, env);
    let settled = block_on(decider.decide("settle", want, step));
    assert!(settled.is_ok(), "{settled:?}");

    world.http.sim().faults_mut().clear();
    world.settle();
    assert!(held(&world).contains("SUMMARY:Two"), "{}", held(&world));
    assert!(history.mirrors(&world, 2).iter().all(|mirror| mirror.title == "Two"));
}

/// Catches a change that is written without a condition, over what someone wrote just before.
#[test]
fn an_origin_that_changed_meanwhile_is_read_before_it_is_written_again() {
    let (world, history) = mirrored();
    world.http.sim().clear_log();
    assert!(world.http.sim().plan("PUT", "*/cal0/*", When::Nth(1), "X23"));
    retitle(&world, &history, "Dentist", "Mine");
    world.settle();
    assert_eq!(puts(&world), 2);
    assert!(held(&world).contains("SUMMARY:Mine"), "{}", held(&world));
}

/// Catches ten writes in a row to a server that says each time that the event has changed.
#[test]
fn a_server_that_always_says_the_origin_changed_is_given_time() {
    let (world, history) = mirrored();
    world.http.sim().clear_log();
    fail(&world, "PUT", "*/cal0/*", "C34");
    retitle(&world, &history, "Dentist", "Mine");
    let _report = world.sync();
    assert!(puts(&world) <= 2, "{} writes in one run", puts(&world));
    for _ in 0..40 {
        let _report = world.sync();
        world.clock.advance_millis(7 * 3_600_000);
    }
    assert!(puts(&world) <= 12, "{} writes in all", puts(&world));
    assert_eq!(world.sync().parked, 0, "told once");
}

/// Catches a change that is sent at every look, since what its refused write left behind gives its origin
/// another version each time; and one that is not sent again though the origin is another since.
#[test]
fn what_was_refused_is_sent_again_only_to_an_origin_that_says_something_else() {
    let (world, history) = mirrored();
    world.http.sim().clear_log();
    fail(&world, "PUT", "*/cal0/*", "C39");
    retitle(&world, &history, "Dentist", "Mine");
    world.settle();
    assert_eq!(puts(&world), 1);
    let path = world.path(0).unwrap_or_default();
    for _ in 0..3 {
        let again = |text: String| text.replace("END:VEVENT", "X-TOUCHED:1\r\nEND:VEVENT");
        person(&world, |person| person.edit(&path, "person-a.ics", again));
        world.settle();
    }
    assert_eq!(puts(&world), 1);
    world.http.sim().faults_mut().clear();
    let moved = |text: String| text.replace("notes of", "bring the card,");
    person(&world, |person| person.edit(&path, "person-a.ics", moved));
    world.settle();
    assert!(held(&world).contains("SUMMARY:Mine"), "{}", held(&world));
}

/// Catches a change that is forgotten because its origin seemed to be gone when its turn came.
#[test]
fn a_change_waits_while_its_origin_seems_to_be_gone() {
    let (world, history) = mirrored();
    fail(&world, "PUT", "*/cal0/*", "C40-503");
    retitle(&world, &history, "Dentist", "Mine");
    let _failed = world.sync();
    let path = world.path(0).unwrap_or_default();
    let other = world.path(1).unwrap_or_default();
    let text = held(&world).replace("a@person", "b@person");
    person(&world, |person| person.put(&other, "person-b.ics", &text));
    person(&world, |person| person.delete(&path, "person-a.ics"));
    fail(&world, "REPORT", "*/cal1/*", "C40-503");
    for _ in 0..3 {
        let _failed = world.sync();
        world.clock.advance_millis(7 * 3_600_000);
    }
    person(&world, |person| person.undelete(&path, "person-a.ics"));
    world.http.sim().faults_mut().clear();
    world.settle();
    assert!(held(&world).contains("SUMMARY:Mine"), "{}", held(&world));
}

/// Catches what a mirror still said when it was taken in again, taken for a person's edit: its old
/// title goes over the origin's new one.
#[test]
fn an_edit_of_a_mirror_that_was_taken_in_again_leaves_other_fields_alone() {
    let (mut world, history) = mirrored();
    world.wipe();
    let options = EdgeOptions {
        level: DetailLevel::Full,
        on_edit: OnEdit::Propagate,
        ..EdgeOptions::default()
    };
    let _edge = world.edge_with(0, 2, options);
    world.settle();
    let name = history.ours(&world, 2).into_keys().next().unwrap_or_default();
    let (source, target) = (world.path(0).unwrap_or_default(), world.path(2).unwrap_or_default());
    person(&world, |person| {
        person.edit(&target, &name, |text| text.replace("notes of Dentist", "my notes"))
    });
    person(&world, |person| {
        person.edit(&source, "person-a.ics", |text| text.replace("SUMMARY:Dentist", "SUMMARY:New"))
    });
    world.settle();
    assert!(held(&world).contains("SUMMARY:New"), "{}", held(&world));
    assert!(held(&world).contains("my notes"), "{}", held(&world));
}
