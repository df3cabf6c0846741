//! Events that are larger than what a store takes.

use crate::common::{at_rest, origin, small};
use kalends_core::plan::Row;
use kalends_core::presence::AsideKind;
use kalends_oracle::Origin;
use kalends_sim_tests::{History, Keep, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::caldav_sim::{Fault, Instead, Profile, When};
use kalends_testkit::memory::MemoryStore;

const DAY_MS: i64 = 86_400_000;

/// Catches one large event that ends every sync of its graph.
#[test]
fn an_event_that_no_store_takes_is_set_aside_and_the_others_go_on() {
    fn appears<S: Keep>() -> Vec<String> {
        let (world, history) = small::<S>(Profile::plain());
        put(&world, "person-vast.ics", &of_bytes("vast", 2_500_000));
        assert_eq!(world.sync().quarantined, 1);
        assert_eq!(history.ours(&world, 1).len(), 2);
        assert_eq!(world.settle(), 0);
        codes(&world)
    }
    assert_eq!(appears::<SqliteStore>(), ["item.too-large"]);
    assert_eq!(appears::<MemoryStore>(), ["item.too-large"]);
}

/// Catches a journal entry that cannot hold a large event before and after, and a mirror that is
/// taken away since its origin cannot be kept any more.
#[test]
fn an_origin_that_grows_too_large_stays_as_it_was_until_it_fits_again() {
    let (world, mut history) = small::<SqliteStore>(Profile::plain());
    at_rest(&world, &history);
    for bytes in [1_200_000, 1_300_000, 2_500_000] {
        put(&world, "person-a.ics", &Origin { title: "New".to_owned(), ..of_bytes("a", bytes) });
        assert_eq!(world.sync().quarantined, 1);
        assert_eq!(world.settle(), 0);
        assert!(titles(&world, &history).contains(&"Dentist".to_owned()));
    }
    history.put(&world, "person-a.ics", origin(0, "a", "Fits", 14));
    at_rest(&world, &history);
    assert!(titles(&world, &history).contains(&"Fits".to_owned()));
}

/// Catches a bound that is too tight for both sides of a change of what was taken.
#[test]
fn a_large_event_that_fits_can_be_changed() {
    let (world, mut history) = small::<SqliteStore>(Profile::plain());
    for (title, bytes) in [("Long", 440_000), ("Longer", 450_000), ("Shorter", 430_000)] {
        let long = Origin { title: title.to_owned(), ..of_bytes("a", bytes) };
        put(&world, "person-a.ics", &long);
        assert_eq!(world.sync().quarantined, 0);
        world.settle();
        assert!(titles(&world, &history).contains(&title.to_owned()));
    }
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    at_rest(&world, &history);
}

/// Catches mirrors that stay away for good though their calendar takes them now.
#[test]
fn mirrors_that_were_too_large_are_written_once_their_calendar_takes_more() {
    for more in [Some(65_500), None] {
        let (world, history) = small::<MemoryStore>(Profile::plain());
        let takes = |most| world.http.sim().profile_mut().writes.max_octets = most;
        takes(Some(60));
        assert!(world.sync().parked > 0);
        assert!(history.ours(&world, 1).is_empty());
        takes(Some(70));
        let tried = world.sync();
        assert_eq!((tried.created, tried.parked > 0), (0, true), "a little more is not enough");
        assert_eq!(world.sync().parked, 0, "it is tried once for each limit");
        takes(more);
        at_rest(&world, &history);
    }
}

/// Of a calendar that does not say how much it takes. Catches writes that the clock asks for, and a
/// change of the event that does not.
#[test]
fn what_was_too_large_for_a_calendar_that_names_no_limit_waits_for_a_change() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    let into = format!("{}*", world.path(1).unwrap_or_default());
    let refuses = Fault::Instead(Instead::Status(413));
    world.http.sim().faults_mut().add("PUT", &into, When::Always, refuses);
    assert_eq!((world.sync().parked, history.ours(&world, 1).len()), (2, 0));
    world.http.sim().faults_mut().clear();
    for _ in 0..30 {
        world.clock.advance_millis(DAY_MS);
        assert_eq!(world.sync().created, 0, "nobody says that it takes more");
    }
    history.put(&world, "person-a.ics", origin(0, "a", "Doctor", 10));
    assert_eq!(world.sync().created, 1);
    assert_eq!(titles(&world, &history), ["Doctor"]);
}

fn of_bytes(uid: &str, bytes: usize) -> Origin {
    Origin { description: "x".repeat(bytes), ..origin(0, uid, "Vast", 10) }
}

fn put<S: Keep>(world: &World<S>, name: &str, origin: &Origin) {
    let path = world.path(0).unwrap_or_default();
    let text = kalends_sim_tests::write(origin);
    let now = kalends_sim_tests::START.as_millis();
    assert_eq!(world.http.sim().person(now).put(&path, name, &text), Ok(()));
}

fn titles<S: Keep>(world: &World<S>, history: &History) -> Vec<String> {
    let ours = history.ours(world, 1).into_values();
    ours.map(|text| kalends_sim_tests::read(&text).title).collect()
}

fn codes<S: Keep>(world: &World<S>) -> Vec<String> {
    let rows = world.store.look(world.keys.graph, std::collections::BTreeMap::clone);
    rows.into_values()
        .filter_map(|row| if let Row::Aside(aside) = row { Some(aside.what) } else { None })
        .filter_map(
            |what| if let AsideKind::Quarantined(why) = what { Some(why.code) } else { None },
        )
        .collect()
}
