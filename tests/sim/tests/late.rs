//! Whole listings that come from where the newest objects have not arrived.

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnDelete};
use kalends_core::ports::Clock as _;
use kalends_sim_tests::{Act, Depth, History, Kind, Tale, World, check_rows, check_wire};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// What a listing lacks that says it is whole is asked for alone, and there.
///
/// Catches absence taken for a deletion: origins whose mirrors go, mirrors that are made again, and
/// under this edge origins that a person lost by nobody's doing.
#[test]
fn what_a_whole_listing_lacks_is_not_gone() {
    for world in [Memory::new(Profile::plain(), 5, &[0, 1]), Memory::of_values(5, &[0, 1])] {
        let mut history = History::default();
        let edge = EdgeOptions {
            level: DetailLevel::Full,
            on_delete: OnDelete::Propagate,
            ..EdgeOptions::default()
        };
        history.edges.push(world.edge_with(0, 1, edge));
        history.put(&world, "person-z.ics", origin(1, "z", "Board", 20));
        for n in 0..4 {
            let name = format!("person-{n}.ics");
            history.put(&world, &name, origin(0, &format!("e{n}"), "Dentist", 10 + n));
        }
        world.settle();
        history.check(&world);
        // One place at a time: what is late in both goes and comes without a write.
        for (late, place) in [(1, 0), (1, 1), (3, 0), (3, 1)] {
            let path = world.path(place).unwrap();
            assert!(world.site(place).come_late(&path, late));
            world.site(place).expire_tokens(&path);
            // At a CalDAV server nothing is listed until something changed: the oldest object.
            let (name, uid) = [("person-0.ics", "e0"), ("person-z.ics", "z")][place];
            history.put(&world, name, origin(place, uid, &format!("Late {late}"), 10));
            let due = u64::from(place == 0);
            assert_eq!(world.settle(), due, "{late} are late at {place}");
            history.check(&world);
        }
        check_rows(&world);
        check_wire(&world, &history);
    }
}

/// The same for what came while no listing showed it: the token that is given tells of it.
#[test]
fn what_came_after_a_late_listing_is_found_by_the_next() {
    for world in [Memory::new(Profile::plain(), 5, &[0, 1]), Memory::of_values(5, &[0, 1])] {
        let mut history = History::default();
        history.edges.push(world.edge(0, 1, kalends_oracle::Level::Full));
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        world.settle();
        history.put(&world, "person-b.ics", origin(0, "b", "Lunch", 11));
        let path = world.path(0).unwrap();
        assert!(world.site(0).come_late(&path, 1));
        world.site(0).expire_tokens(&path);
        assert_eq!(world.sync().created, 0, "it has not arrived");
        assert_eq!(world.settle(), 1);
        history.check(&world);
    }
}

/// Catches a deletion that goes to its origin, or keeps a mirror away, after one reading of where the
/// mirror may have been moved to: that one lacked what came last.
#[test]
fn a_mirror_moved_to_where_a_listing_comes_late_was_not_deleted() {
    for on_delete in [OnDelete::Propagate, OnDelete::Detach] {
        let world = Memory::new(Profile::plain(), 5, &[0, 1, 1]);
        let mut history = History::default();
        let edge = EdgeOptions { level: DetailLevel::Full, on_delete, ..EdgeOptions::default() };
        history.edges.push(world.edge_with(0, 1, edge));
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        world.settle();
        let mirror = history.ours(&world, 1).into_keys().next().unwrap();

        let [from, to] = [1, 2].map(|place| world.path(place).unwrap());
        let now = world.clock.now().as_millis();
        world.site(1).act(now, &from, &mirror, Act::Carry(&to)).unwrap();
        history.strays.insert((2, mirror));
        assert!(world.http.sim().plan("REPORT", "*/cal2/*", When::Always, "C40-503"));
        assert!(!world.sync().failures.is_empty(), "where it went cannot be read");

        world.http.sim().faults_mut().clear();
        world.clock.advance_millis(3_600_000);
        assert!(world.site(2).come_late(&to, 1));
        world.site(2).expire_tokens(&to);
        assert_eq!(world.settle(), 1, "it is made again: {on_delete:?}");
        history.check(&world);
    }
}

/// The same, as it was found; and an origin that goes along with a mirror that another worker had
/// missed before it was written.
#[test]
fn histories_with_mirrors_that_are_moved_and_listings_that_come_late() {
    let values = [5111, 6475, 43_435].map(|seed| (Depth::Values, Kind::Rough, seed));
    // And one that lagged, and then was deleted.
    for (depth, kind, seed) in values.into_iter().chain([(Depth::Wire, Kind::Leaving, 41_174)]) {
        let tale = Tale::new(depth, kind, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a deletion that no listing ever tells of: a whole one came from where the object had not
/// arrived, a read of it alone showed it, and what came and went since then is in no list of changes.
#[test]
fn what_a_late_listing_lacked_and_is_deleted_then_is_missed() {
    for world in [Memory::new(Profile::plain(), 5, &[0, 1]), Memory::of_values(5, &[0, 1])] {
        let mut history = History::default();
        history.edges.push(world.edge(0, 1, kalends_oracle::Level::Full));
        history.put(&world, "person-z.ics", origin(1, "z", "Board", 20));
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        history.put(&world, "person-b.ics", origin(0, "b", "Lunch", 11));
        world.settle();
        let late = |place: usize| {
            let path = world.path(place).unwrap();
            assert!(world.site(place).come_late(&path, 1));
            world.site(place).expire_tokens(&path);
        };
        late(0);
        history.put(&world, "person-a.ics", origin(0, "a", "Early", 10));
        assert_eq!(world.sync().updated, 1, "nothing is gone");
        history.delete(&world, 0, "person-b.ics");
        assert_eq!(world.settle(), 1, "its mirror goes");
        history.check(&world);

        // What we wrote just now is late, and waits for a listing already.
        history.put(&world, "person-c.ics", origin(0, "c", "Choir", 12));
        assert_eq!(world.sync().created, 1);
        late(1);
        assert_eq!(world.sync().created, 0, "it is there");
        let path = world.path(1).unwrap();
        let ours = history.ours(&world, 1).into_iter();
        let mirror = ours.filter(|(_, text)| text.contains("Choir")).map(|(name, _)| name).next();
        let now = world.clock.now().as_millis();
        world.site(1).act(now, &path, &mirror.unwrap(), Act::Delete).unwrap();
        assert_eq!(world.settle(), 1, "it is made again");
        history.check(&world);
        check_rows(&world);
        check_wire(&world, &history);
    }
}

/// More than are kept in mind of what a listing lacked: nobody asks for everything at every pass because
/// of a server that does not list all it holds. Catches a deletion among them that is never missed.
#[test]
fn what_a_listing_far_behind_lacked_and_is_deleted_then_is_missed_within_a_week() {
    for world in [Memory::new(Profile::plain(), 5, &[0, 1]), Memory::of_values(5, &[0, 1])] {
        let mut history = History::default();
        history.edges.push(world.edge(0, 1, kalends_oracle::Level::Full));
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        let late: Vec<String> = (10..35).map(|n| format!("person-{n}.ics")).collect();
        for (name, n) in late.iter().zip(0..) {
            history.put(&world, name, origin(0, name, "Lunch", 10 + n % 19));
        }
        world.settle();
        let path = world.path(0).unwrap();
        assert!(world.site(0).come_late(&path, late.len()));
        world.site(0).expire_tokens(&path);
        history.put(&world, "person-a.ics", origin(0, "a", "Early", 10));
        assert_eq!(world.sync().updated, 1, "nothing is gone");
        late.iter().for_each(|name| history.delete(&world, 0, name));
        world.settle();
        world.clock.advance_millis(8 * 86_400_000);
        world.settle();
        history.check(&world);
        check_rows(&world);
    }
}
