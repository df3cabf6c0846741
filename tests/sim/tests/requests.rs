//! What a sync asks of CalDAV servers: no more requests than the protocol needs.

mod common;

use common::origin;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// With data in the report, without, and without reports of changes.
fn profiles() -> [Profile; 4] {
    [Profile::radicale(), Profile::plain(), Profile::no_sync(), Profile::bare()]
}

/// A calendar of so many events, and another account's to mirror them to.
fn calendars(profile: Profile, events: usize) -> (Memory, History) {
    let world: Memory = World::new(profile, 29, &[0, 1]);
    let mut history = History::default();
    for n in 0..events {
        let uid = format!("e{n:04}");
        history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, &uid, 10));
    }
    world.http.sim().clear_log();
    (world, history)
}

/// The methods of the requests since the last call.
fn asked(world: &Memory) -> Vec<String> {
    let mut sim = world.http.sim();
    let methods = sim.log().iter().map(|logged| logged.request.method.clone()).collect();
    sim.clear_log();
    methods
}

/// What the first sync of so many events asks.
fn first_sync(profile: Profile, events: usize) -> Vec<String> {
    let (world, _) = calendars(profile, events);
    world.sync();
    asked(&world)
}

/// Catches a client that fetches what the report gave already, or fetches one by one: without data
/// in the report there is one multiget for each 50 events, with it there is none.
#[test]
fn a_first_sync_asks_for_fifty_events_at_a_time_or_takes_them_with_the_report() {
    for profile in profiles() {
        let (name, has_data) =
            (profile.name, profile.changes.sync.as_ref().is_some_and(|s| s.data));
        let [none, many] = [0, 230].map(|events| first_sync(profile.clone(), events));
        let further = many.len() - none.len();
        let wanted = if has_data { 0..=1 } else { 1..=230_usize.div_ceil(50) };
        assert!(wanted.contains(&further), "{name}: {none:?}, then {many:?}");
    }
}

/// Catches a listing of calendars whose tokens the home set told already.
#[test]
fn where_nothing_changed_one_request_an_account_says_so() {
    let (world, mut history) = calendars(Profile::plain(), 3);
    history.edges.push(world.edge(0, 1, Level::Busy));
    world.settle();
    world.sync();
    asked(&world);
    let report = world.sync();
    assert_eq!((asked(&world), report.requests), (vec!["PROPFIND".to_owned(); 2], 2));
    // The count is of an account that is looked at, too.
    history.put(&world, "person-new.ics", origin(0, "new", "New", 12));
    world.http.sim().clear_log();
    let report = world.sync();
    assert_eq!(report.created, 1);
    assert!(asked(&world).len() > 2);
}

/// Catches a change of one event that costs more than a listing, a fetch, a write and a look at it,
/// beside the one question an account; where that does not tell what changed, each calendar is listed.
#[test]
fn one_changed_event_with_one_edge_costs_a_listing_a_fetch_a_write_and_a_multiget() {
    for profile in profiles() {
        let (name, further) = (profile.name, usize::from(profile.name == "bare"));
        let (world, mut history) = calendars(profile, 3);
        history.edges.push(world.edge(0, 1, Level::Busy));
        world.settle();
        world.sync();
        history.put(&world, "person-e0001.ics", origin(0, "e0001", "Moved", 14));
        world.http.sim().clear_log();
        let report = world.sync();
        assert_eq!((report.created, report.updated, report.deleted), (0, 1, 0), "{name}");
        let asked = asked(&world);
        let is_write = |method: &&String| *method == "PUT";
        assert_eq!(asked.iter().filter(is_write).count(), 1, "{name}: {asked:?}");
        assert!(asked.len() <= 2 + 4 + further, "{name}: {asked:?}");
    }
}
