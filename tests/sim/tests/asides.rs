//! What could not be read, set aside.

use kalends_core::graph::CalendarRole;
use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::presence::AsideKind;
use kalends_core::step::UserEdit;
use kalends_sim_tests::{World, check_journal};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const DAY_MS: i64 = 86_400_000;

/// The raw text of all that is in quarantine.
fn raw(world: &Memory) -> Vec<Vec<u8>> {
    let rows = world.store.rows(world.keys.graph).into_values();
    rows.filter_map(|row| if let Row::Aside(aside) = row { Some(aside.what) } else { None })
        .filter_map(
            |what| {
                if let AsideKind::Quarantined(found) = what { Some(found.raw) } else { None }
            },
        )
        .collect()
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
