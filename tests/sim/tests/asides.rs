//! What could not be read, set aside.

use crate::common::origin;
use kalends_core::graph::CalendarRole;
use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::presence::{AsideKind, Quarantine};
use kalends_core::step::UserEdit;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World, check_journal};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const DAY_MS: i64 = 86_400_000;

/// What is in quarantine.
fn quarantined(world: &Memory) -> Vec<Quarantine> {
    let rows = world.store.rows(world.keys.graph).into_values();
    rows.filter_map(|row| {
        let Row::Aside(aside) = row else { return None };
        if let AsideKind::Quarantined(why) = aside.what { Some(why) } else { None }
    })
    .collect()
}

/// The raw text of all that is in quarantine.
fn raw(world: &Memory) -> Vec<Vec<u8>> {
    quarantined(world).into_iter().map(|found| found.raw).collect()
}

/// Alice's calendar, where someone put what cannot be read.
fn with_something_bad() -> Memory {
    let world: Memory = World::new(Profile::plain(), 23, &[0, 1]);
    let bad =
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:bad@person\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n";
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).put(&path, "person-bad.ics", bad), Ok(()));
    assert_eq!(world.sync().quarantined, 1);
    let before = raw(&world);
    assert!(before.len() == 1 && !before[0].is_empty(), "{before:?}");
    world
}

/// How many objects the graph knows of.
fn objects(world: &Memory) -> usize {
    let rows = world.store.rows(world.keys.graph).into_values();
    rows.filter(|row| matches!(row, Row::Object(..))).count()
}

/// Catches text of events that stays in quarantine for ever.
#[test]
fn the_text_of_what_could_not_be_read_is_kept_for_a_month() {
    let world = with_something_bad();
    for _ in 0..6 {
        world.clock.advance_millis(8 * DAY_MS);
        world.settle();
    }
    assert_eq!(raw(&world), [Vec::<u8>::new()]);
}

/// Catches the same where the calendar is not read any more.
#[test]
fn what_was_set_aside_goes_with_the_scope_of_its_calendar() {
    let world = with_something_bad();
    let calendar = world.calendar(0);
    world.author(UserEdit::SetScope { calendar, on: false });
    world.settle();
    assert_eq!((raw(&world).len(), objects(&world)), (0, 0));
    check_journal(&world);
    world.author(UserEdit::SetScope { calendar, on: true });
    assert_eq!(world.sync().quarantined, 1);
    assert_eq!(raw(&world).len(), 1);
}

/// Catches the same where the account is removed.
#[test]
fn what_was_set_aside_goes_with_its_account() {
    for abandon in [false, true] {
        let world = with_something_bad();
        world.author(UserEdit::RemoveAccount { account: world.accounts[0], abandon });
        world.settle();
        assert_eq!(world.config().accounts.len(), 1);
        assert_eq!((raw(&world).len(), objects(&world)), (0, 0));
    }
}

/// Catches the same where the calendar is lost; and text that goes at once, though the calendar may
/// come back.
#[test]
fn what_was_set_aside_in_a_lost_calendar_is_kept_for_a_month() {
    let world = with_something_bad();
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).delete_calendar(&path), Ok(()));
    for _ in 0..3 {
        world.clock.advance_millis(8 * DAY_MS);
        world.settle();
    }
    assert_eq!(world.config().calendars[&world.calendar(0)].role, CalendarRole::Lost);
    assert_eq!(raw(&world).len(), 1);
    world.clock.advance_millis(8 * DAY_MS);
    world.settle();
    assert_eq!(raw(&world).len(), 0);
}

/// Catches a sync that ends, or goes on for ever, because hundreds of objects share a UID; and one
/// that says so in each sync.
#[test]
fn pitfall_21_hundreds_under_one_uid_are_told_once_and_hold_nothing_up() {
    let world: Memory = World::new(Profile::plain(), 21, &[0, 1]);
    let mut history = History::default();
    for n in 0..700 {
        let title = format!("Copy {n}");
        history.put(&world, &format!("person-{n:03}.ics"), origin(0, "same", &title, 10));
    }
    history.put(&world, "person-z.ics", origin(0, "z", "Another", 12));
    history.edges.push(world.edge(0, 1, Level::Title));
    let report = world.sync();
    assert_eq!((report.settled, report.quarantined), (true, 600), "{report:?}");
    let why = quarantined(&world);
    assert!(why.iter().all(|one| one.code == "uid-repeated" && one.reason == why[0].reason));
    assert_eq!((why.len(), history.ours(&world, 1).len()), (600, 101));
    let again = world.sync();
    assert_eq!((again.quarantined, again.pulled, again.created), (0, 0, 0), "{again:?}");
    history.put(&world, "person-z.ics", origin(0, "z", "Later", 13));
    assert_eq!(world.sync().updated, 1);
}

/// Catches one unreadable object that holds up its calendar, one that is set aside without its code
/// and its text, reading it again and again, and passing it over once it is mended.
#[test]
fn pitfall_23_one_bad_object_is_set_aside_alone() {
    let world: Memory = World::new(Profile::plain(), 23, &[0, 1]);
    let mut history = History::default();
    let bad =
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:bad@person\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n";
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).put(&path, "person-bad.ics", bad), Ok(()));
    for n in 0..999_u16 {
        let uid = format!("good{n}");
        history.put(
            &world,
            &format!("person-{uid}.ics"),
            origin(0, &uid, &uid, 10 + (n % 15) as u8),
        );
    }
    history.edges.push(world.edge(0, 1, Level::Title));
    assert_eq!(world.sync().quarantined, 1);
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 999);
    let found = quarantined(&world);
    let [Quarantine { code, raw, reason, .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&**code, &**raw, reason.is_empty()), ("ical.cut", bad.as_bytes(), false));
    world.http.sim().clear_log();
    let report = world.sync();
    assert_eq!((report.quarantined, report.pulled), (0, 0));
    // Another version is read again, and one that can be read is an event.
    let worse = bad.replace("tomorrow", "yesterday");
    assert_eq!(world.http.sim().person(now).put(&path, "person-bad.ics", &worse), Ok(()));
    assert_eq!(world.sync().quarantined, 1);
    assert_eq!(quarantined(&world)[0].raw, worse.as_bytes());
    history.put(&world, "person-bad.ics", origin(0, "bad", "Mended", 12));
    assert_eq!(world.sync().created, 1);
    assert_eq!(quarantined(&world), []);
}
