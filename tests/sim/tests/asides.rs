//! What could not be read, set aside.

use kalends_core::plan::Row;
use kalends_core::ports::Clock;
use kalends_core::presence::AsideKind;
use kalends_sim_tests::World;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

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

/// Catches text of events that stays in quarantine for ever.
#[test]
fn the_text_of_what_could_not_be_read_is_kept_for_a_month() {
    let world: Memory = World::new(Profile::plain(), 23, &[0, 1]);
    let bad =
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:bad@person\r\nDTSTART:tomorrow\r\nEND:VEVENT\r\n";
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).put(&path, "person-bad.ics", bad), Ok(()));
    assert_eq!(world.sync().quarantined, 1);
    let before = raw(&world);
    assert!(before.len() == 1 && !before[0].is_empty(), "{before:?}");
    for _ in 0..6 {
        world.clock.advance_millis(8 * 86_400_000);
        world.settle();
    }
    assert_eq!(raw(&world), [Vec::<u8>::new()]);
}
