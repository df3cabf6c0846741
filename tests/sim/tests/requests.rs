//! What a sync asks of CalDAV servers: no more requests than the protocol needs.

use crate::common::origin;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::caldav_sim::{Profile, SimRequest};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// With data in the report, without, and without reports of changes.
fn profiles() -> [Profile; 4] {
    [Profile::radicale(), Profile::plain(), Profile::no_sync(), Profile::bare()]
}

/// Whether a report of changes says what the objects say.
fn gives_data(profile: &Profile) -> bool {
    profile.changes.sync.as_ref().is_some_and(|sync| sync.data)
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

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Which calendars there are, and whether anything changed in them.
    Ask,
    /// What changed in one calendar.
    List,
    /// What objects say: those that a listing named, or our own after they were written.
    Multiget,
    /// One object.
    Get,
    /// A change of one object.
    Write,
}

impl Kind {
    fn of(request: &SimRequest) -> Self {
        let (body, depth) = (String::from_utf8_lossy(&request.body), request.get("depth"));
        let is_calendar =
            |part: &str| part.strip_prefix("cal").is_some_and(|n| n.parse::<u8>().is_ok());
        let into_calendar = request.path().split('/').any(is_calendar);
        match &*request.method {
            "REPORT" if body.contains("calendar-multiget") => Self::Multiget,
            "REPORT" => Self::List,
            "PROPFIND" if into_calendar && depth == Some("1") => Self::List,
            "PROPFIND" => Self::Ask,
            "GET" => Self::Get,
            "PUT" | "DELETE" => Self::Write,
            other => panic!("nobody needs {other} for this"),
        }
    }
}

/// What the requests since the last call were for.
fn asked(world: &Memory) -> Vec<Kind> {
    let mut sim = world.http.sim();
    let kinds = sim.log().iter().map(|logged| Kind::of(&logged.request)).collect();
    sim.clear_log();
    kinds
}

fn count(asked: &[Kind], kind: Kind) -> usize {
    asked.iter().filter(|one| **one == kind).count()
}

/// What the first sync of so many events asks.
fn first_sync(profile: Profile, events: usize) -> Vec<Kind> {
    let (world, _) = calendars(profile, events);
    world.sync();
    asked(&world)
}

/// Catches a first sync that asks more than whether anything changed, and for what each calendar
/// holds: two requests for one calendar where the report gives that.
#[test]
fn a_first_sync_is_one_question_an_account_and_one_listing_a_calendar() {
    for profile in profiles() {
        let (name, has_data) = (profile.name, gives_data(&profile));
        for owners in [&[0][..], &[0, 0], &[0, 1]] {
            let world = Memory::new(profile.clone(), 29, owners);
            let mut history = History::default();
            for place in 0..owners.len() {
                history.put(&world, "person-a.ics", origin(place, "a", "Dentist", 10));
            }
            world.http.sim().clear_log();
            world.sync();
            let asked = asked(&world);
            let kinds = [Kind::Ask, Kind::List, Kind::Multiget].map(|kind| count(&asked, kind));
            let multigets = if has_data { 0 } else { owners.len() };
            // Both accounts are asked, whether they have a calendar or not.
            assert_eq!(kinds, [2, owners.len(), multigets], "{name}: {asked:?}");
            assert_eq!(asked.len(), kinds.iter().sum::<usize>(), "{name}: {asked:?}");
        }
    }
}

/// Catches a client that fetches what the report gave already, or fetches one by one: without data
/// in the report there is one multiget for each 50 events, with it there is none.
#[test]
fn a_first_sync_asks_for_fifty_events_at_a_time_or_takes_them_with_the_report() {
    for profile in profiles() {
        let (name, has_data) = (profile.name, gives_data(&profile));
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
    assert_eq!((asked(&world), report.requests), (vec![Kind::Ask; 2], 2));
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
        let fetches = usize::from(!gives_data(&profile));
        let (world, mut history) = calendars(profile, 3);
        history.edges.push(world.edge(0, 1, Level::Busy));
        world.settle();
        world.sync();
        history.put(&world, "person-e0001.ics", origin(0, "e0001", "Moved", 14));
        world.http.sim().clear_log();
        let report = world.sync();
        assert_eq!((report.created, report.updated, report.deleted), (0, 1, 0), "{name}");
        let asked = asked(&world);
        let kinds = [Kind::Ask, Kind::List, Kind::Write, Kind::Multiget];
        let counts = kinds.map(|kind| count(&asked, kind));
        // One multiget fetches what changed, another one reads back what was written.
        assert_eq!(counts, [2, 1 + further, 1, fetches + 1], "{name}: {asked:?}");
        assert_eq!(asked.len(), counts.iter().sum::<usize>(), "{name}: {asked:?}");
    }
}
