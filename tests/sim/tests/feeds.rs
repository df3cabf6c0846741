//! Feeds through whole syncs: a feed is a source, and what it leaves out once is not gone.

use std::sync::Arc;

use crate::common::origin;
use kalends_core::ports::{Clock as _, GraphStore as _};
use kalends_core::slice::ReadSet;
use kalends_oracle::Level;
use kalends_sim_tests::{
    Act, CaldavSite, FeedSite, History, Random, START, Site, World, check_journal, check_rows,
    check_wire,
};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::clock::VirtualClock;
use kalends_testkit::feed_sim::{FeedFault, FeedHabits};
use kalends_testkit::memory::MemoryStore;
use kalends_testkit::wire::Delivery;

type Memory = World<MemoryStore>;

const HOUR_MS: i64 = 3_600_000;
/// The feed, and the calendar that shows it.
const FEED: usize = 0;
const TARGET: usize = 1;

/// A feed with four events, enough to tell whether UIDs survive, shown in a CalDAV calendar.
fn fed(habits: FeedHabits) -> (Memory, FeedSite, History) {
    let feed = FeedSite::new(&VirtualClock::at(START), habits);
    let mut history = History::default();
    for (name, title, day) in [
        ("person-a", "Dentist", 10),
        ("person-b", "Lunch", 11),
        ("person-c", "Board", 12),
        ("person-d", "Run", 13),
    ] {
        let origin = origin(FEED, name, title, day);
        feed.act(START.as_millis(), "feed", name, Act::Put(&origin)).unwrap();
        history.origins.insert((FEED, name.to_owned()), origin);
    }
    let caldav = CaldavSite::new(Profile::plain(), 3);
    let site: Arc<dyn Site> = Arc::new(feed.clone());
    let members = vec![(Arc::clone(&site), "team"), (Arc::new(caldav.clone()) as _, "alice")];
    let world = Memory::of(caldav, vec![site], members, 3, &[0, 1]);
    history.edges.push(world.edge(FEED, TARGET, Level::Full));
    world.settle();
    history.check(&world);
    (world, feed, history)
}

/// All that went well is as the oracle says, and the feed was read and nothing else.
fn is_well(world: &Memory, history: &History) {
    world.settle();
    history.check(world);
    check_rows(world);
    check_wire(world, history);
    check_journal(world);
}

/// Syncs hour by hour until a mirror is deleted; how often the feed was fetched whole until then.
fn fetches_until_deleted(world: &Memory, feed: &FeedSite) -> usize {
    let before = feed.fetched();
    for _ in 0..8 {
        world.clock.advance_millis(HOUR_MS);
        if world.sync().deleted > 0 {
            return feed.fetched() - before;
        }
    }
    panic!("nothing is ever deleted");
}

/// Catches a feed that seems to change whenever it is read, or compared whole.
#[test]
fn since_when_a_feed_says_the_same_is_kept() {
    let (world, _feed, mut history) = fed(FeedHabits::default());
    let scope = world.calendar(FEED).into();
    let since = |world: &Memory| {
        let want = ReadSet { cursors: [scope].into(), ..ReadSet::default() };
        let slice = block_on(world.store.load(world.keys.graph, &want)).unwrap();
        slice.cursor(&scope).unwrap().as_ref().unwrap().tag_since
    };
    let first = since(&world);
    assert!(first.is_some());
    // Longer than after what time a calendar is compared whole.
    for _ in 0..20 {
        world.clock.advance_millis(12 * HOUR_MS);
        world.sync();
    }
    assert_eq!(since(&world), first);
    history.put(&world, "person-a", origin(FEED, "person-a", "Doctor", 10));
    world.sync();
    assert_eq!(since(&world), Some(world.clock.now()));
}

/// Catches a feed that is read once, and an unchanged one that is taken in again.
#[test]
fn what_a_feed_says_anew_is_shown_by_one_fetch_and_one_write() {
    let (world, feed, mut history) = fed(FeedHabits::default());
    history.put(&world, "person-a", origin(FEED, "person-a", "Doctor", 10));
    world.clock.advance_millis(HOUR_MS);
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 1, 0), "{report:?}");
    history.check(&world);
    // A second fetch confirms it; from then on the server is asked for changes alone.
    let pulled = [(); 3].map(|()| {
        world.clock.advance_millis(HOUR_MS);
        world.sync().pulled
    });
    assert_eq!(pulled[2], 0, "{pulled:?}");
    assert!(feed.fetched() > 0);
}

/// Catches a deletion by one short answer.
#[test]
fn an_event_is_gone_after_two_complete_fetches_without_it() {
    for habits in [
        FeedHabits::default(),
        FeedHabits { etag: false, last_modified: false, ..FeedHabits::default() },
    ] {
        let (world, feed, mut history) = fed(habits);
        history.delete(&world, FEED, "person-a");
        assert!(fetches_until_deleted(&world, &feed) >= 2, "{habits:?}");
        is_well(&world, &history);
    }
}

/// Catches an answer that is none and counts as a fetch, or as an absence.
#[test]
fn answers_that_are_no_feed_take_nothing_away() {
    let (world, feed, history) =
        fed(FeedHabits { etag: false, last_modified: false, ..FeedHabits::default() });
    for fault in [
        FeedFault::LoginPage,
        FeedFault::Empty,
        FeedFault::Truncated(300),
        FeedFault::Reset(300),
        FeedFault::Endless,
        FeedFault::Deliver(Delivery::Stall),
        FeedFault::Deliver(Delivery::StallAt(300)),
        FeedFault::Deliver(Delivery::StallAt(0)),
        FeedFault::Status(404, None),
        FeedFault::Status(410, None),
    ] {
        // One that passes, and two in a row.
        for wrong in [1, 0, 2, 0] {
            for _ in 0..wrong {
                feed.plan(fault.clone());
            }
            for _ in 0..wrong.max(1) {
                world.clock.advance_millis(12 * HOUR_MS);
                let report = world.sync();
                let wrote = (report.created, report.updated, report.deleted);
                assert_eq!(wrote, (0, 0, 0), "{fault:?}");
            }
        }
        history.check(&world);
    }
    is_well(&world, &history);
}

/// Catches an event that comes back between two fetches and is taken away all the same.
#[test]
fn an_event_that_is_missing_once_stays() {
    let (world, feed, mut history) = fed(FeedHabits::default());
    let lunch = history.origins[&(FEED, "person-b".to_owned())].clone();
    history.delete(&world, FEED, "person-b");
    feed.plan(FeedFault::Status(503, None));
    world.clock.advance_millis(HOUR_MS);
    let report = world.sync();
    assert_eq!(report.deleted, 0, "{report:?}");
    history.put(&world, "person-b", lunch);
    world.clock.advance_millis(12 * HOUR_MS);
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0), "{report:?}");
    is_well(&world, &history);
}

/// Catches mirrors that are made anew in each sync.
#[test]
fn uids_that_do_not_survive_are_the_same_events() {
    let (world, _, mut history) =
        fed(FeedHabits { changing_uids: true, changing_stamps: true, ..FeedHabits::default() });
    for _ in 0..3 {
        world.clock.advance_millis(12 * HOUR_MS);
        let report = world.sync();
        assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0), "{report:?}");
    }
    history.put(&world, "person-a", origin(FEED, "person-a", "Doctor", 10));
    for _ in 0..4 {
        world.clock.advance_millis(12 * HOUR_MS);
        world.sync();
    }
    let titles: Vec<String> =
        history.mirrors(&world, TARGET).into_iter().map(|mirror| mirror.title).collect();
    assert_eq!(titles, ["Board", "Doctor", "Lunch", "Run"]);
}

/// Publishers and networks that do as a seed says: in the end the mirrors are what the feed holds.
#[test]
fn histories_of_a_feed_end_as_the_oracle_says() {
    for seed in 0..40 {
        let (world, feed, mut history) = fed(FeedHabits::default());
        let mut random = Random::new(seed);
        for n in 0..20 {
            let names: Vec<String> = history.origins.keys().map(|(_, name)| name.clone()).collect();
            match (random.below(4), names.get(random.below(names.len()))) {
                (0, Some(name)) => history.delete(&world, FEED, name),
                (1, Some(name)) => {
                    let day = 10 + random.below(15) as u8;
                    history.put(&world, name, origin(FEED, name, &format!("Moved {n}"), day));
                }
                _ => {
                    let name = format!("person-{n}");
                    history.put(&world, &name, origin(FEED, &name, &format!("New {n}"), 12));
                }
            }
            if random.one_in(3) {
                feed.fault(&mut random);
            }
            world.clock.advance_millis(random.below(6) as i64 * HOUR_MS);
            if random.one_in(2) {
                world.sync();
            }
        }
        for _ in 0..10 {
            world.clock.advance_millis(7 * HOUR_MS);
            world.sync();
        }
        world.settle();
        let differences = history.differences(&world);
        assert!(differences.is_empty(), "seed {seed}: {}", differences.join("\n"));
        check_rows(&world);
        check_wire(&world, &history);
    }
}
