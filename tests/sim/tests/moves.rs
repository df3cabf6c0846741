//! Events that move between calendars of one account while not all of them can be read.

use std::sync::Arc;

use crate::common::{at_rest, origin};
use kalends_core::discover::discovered;
use kalends_core::graph::{Calendar, DetailLevel, EdgeOptions, OnDelete, OnEdit};
use kalends_core::health::scopes_read;
use kalends_core::ids::{ProviderId, RunId};
use kalends_core::ingest::ingest;
use kalends_core::plan::Plan;
use kalends_core::ports::Clock;
use kalends_core::presence::Evidence;
use kalends_core::provider::{Batch, CalendarItem, Item};
use kalends_core::release::release;
use kalends_core::slice::{Missing, ReadSet, Slice};
use kalends_core::step::{Discovery, Env};
use kalends_driver::{Decider, FailAt};
use kalends_oracle::Level;
use kalends_sim_tests::{History, World, WorldPorts};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Catches a release of deletions before the account's other calendars were read: a move is then
/// taken for a deletion, and its mirror goes.
#[test]
fn a_move_whose_other_end_cannot_be_read_deletes_nothing() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.put(&world, "person-b.ics", origin(1, "b", "Lunch", 11));
    for from in [0, 1] {
        history.edges.push(world.edge(from, 2, Level::Title));
    }
    at_rest(&world, &history);

    history.carry(&world, 0, "person-a.ics", 1);
    world.http.sim().clear_log();
    assert!(world.http.sim().plan("REPORT", "*/cal1/*", When::Always, "C40-503"));
    for _ in 0..2 {
        let report = world.sync();
        assert_eq!((report.deleted, report.settled), (0, false));
        world.clock.advance_millis(3_600_000);
    }
    assert_eq!(history.mirrors(&world, 2).len(), 2);

    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
    assert_eq!(history.mirrors(&world, 2).len(), 2);
}

/// Catches a third pass for a deletion that was seen after another calendar of its account had been read:
/// whichever of the two is read first.
#[test]
fn a_deletion_in_one_calendar_and_an_edit_in_another_settle_in_two_passes() {
    for (one, other) in [(0, 1), (1, 0)] {
        let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 0]);
        let mut history = History::default();
        history.put(&world, "person-a.ics", origin(one, "a", "Dentist", 10));
        history.put(&world, "person-b.ics", origin(other, "b", "Lunch", 11));
        let (on_edit, on_delete) = (OnEdit::Propagate, OnDelete::Propagate);
        let level = DetailLevel::Full;
        let options = EdgeOptions { level, on_edit, on_delete, ..EdgeOptions::default() };
        history.edges.extend(world.pair_with(one, other, options));
        at_rest(&world, &history);

        let now = world.clock.now().as_millis();
        let paths = [one, other].map(|place| world.path(place).unwrap_or_default());
        let mirrors = [one, other].map(|place| history.names_of_ours(&world, place).remove(0));
        let mut sim = world.http.sim();
        let mut person = sim.person(now);
        let change = |text: String| text.replace("SUMMARY:Lunch", "SUMMARY:Tea");
        assert_eq!(person.edit(&paths[0], &mirrors[0], change), Ok(()));
        assert_eq!(person.delete(&paths[1], &mirrors[1]), Ok(()));
        drop(sim);
        let report = world.sync();
        assert_eq!((report.settled, report.passes), (true, 2), "{one} {other}: {report:?}");
        let titles = |place| {
            let held = world.http.sim().resources(&world.path(place).unwrap_or_default());
            held.into_values().map(|text| text.contains("SUMMARY:Tea")).collect::<Vec<_>>()
        };
        assert_eq!((titles(one), titles(other)), (vec![true], vec![true]));
        assert_eq!(world.sync().passes, 1);
    }
}

/// Catches a mirror that counts as edited by a person, and stays as theirs, where its event was moved into
/// its calendar before anybody knew what became of our last write to it.
#[test]
fn a_mirror_whose_event_comes_into_its_calendar_goes_whatever_was_last_written() {
    let dies = |place| {
        let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 0]);
        let mut history = History::default();
        history.put(&world, "0.ics", origin(0, "a", "Dentist", 10));
        let (level, on_edit) = (DetailLevel::Full, OnEdit::Detach);
        let options = EdgeOptions { level, on_edit, ..EdgeOptions::default() };
        history.edges.push(world.edge_with(0, 1, options));
        at_rest(&world, &history);

        history.put(&world, "0.ics", origin(0, "a", "Doctor", 10));
        let doom = Arc::new(FailAt::new(Some(place)));
        let ended = block_on(world.driver_failing(doom).sync(&world.keys, &world.options()));
        history.carry(&world, 0, "0.ics", 1);
        at_rest(&world, &history);
        assert!(history.names_of_ours(&world, 1).is_empty(), "{place}");
        ended.is_err()
    };
    let places = (1..).take_while(|place| dies(*place)).count();
    assert!(places > 5, "{places}");
}

/// Catches a release by readings that are older than the evidence, or by one alone: what was moved
/// meanwhile into a calendar that was read before, or is not in the listing of it yet, is taken for
/// deleted, and deletes its origin.
#[test]
fn a_deletion_takes_effect_only_after_the_other_calendars_were_read_since() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 1, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    let options = EdgeOptions {
        on_delete: OnDelete::Propagate,
        level: DetailLevel::Full,
        ..EdgeOptions::default()
    };
    history.edges.push(world.edge_with(0, 1, options));
    at_rest(&world, &history);
    let mirror = history.ours(&world, 1).into_keys().next().unwrap_or_default();

    let driver = world.driver();
    let by_hand = ByHand::new(&world, driver.ports(), 1);
    by_hand.read(&[0, 1, 2]);
    by_hand.gone(1, &mirror);
    assert!(!by_hand.releases(), "the other calendar was read before");
    by_hand.read(&[1, 2]);
    assert!(!by_hand.releases(), "what was read since may lack what came last");
    by_hand.read(&[1, 2]);
    assert!(by_hand.releases(), "it was read twice since");
}

/// Catches a breaker that is counted anew by each step: many deletions, a few at a time, pass it.
#[test]
fn the_breaker_counts_all_that_a_run_deletes() {
    let world: World<MemoryStore> = World::new(Profile::plain(), 3, &[0, 1]);
    let mut history = History::default();
    for n in 0..30 {
        let name = format!("person-{n:02}.ics");
        history.put(&world, &name, origin(0, &format!("e{n}"), "Dentist", 10));
    }
    history.edges.push(world.edge(0, 1, Level::Title));
    at_rest(&world, &history);

    let driver = world.driver();
    let by_hand = ByHand::new(&world, driver.ports(), 0);
    for (few, released) in [(0..8, true), (8..16, false)] {
        for n in few {
            by_hand.gone(0, &format!("person-{n:02}.ics"));
        }
        by_hand.read(&[0]);
        assert_eq!(by_hand.releases(), released);
        assert_eq!(world.config().reviews.is_empty(), released);
    }
}

/// Steps of one run, one by one.
struct ByHand<'a> {
    world: &'a World<MemoryStore>,
    decider: Decider<'a, WorldPorts<MemoryStore>>,
}

impl<'a> ByHand<'a> {
    /// A run that has discovered the calendars of a user.
    fn new(
        world: &'a World<MemoryStore>,
        ports: &'a WorldPorts<MemoryStore>,
        owner: usize,
    ) -> Self {
        let by_hand =
            Self { world, decider: Decider::new(ports, &world.keys, RunId::from_bytes([3; 16])) };
        let discovery = as_discovered(world, owner);
        let _plan = by_hand.step(|s, env| discovered(s, &discovery, env));
        by_hand
    }

    fn step(&self, step: impl FnMut(&Slice, &Env) -> Result<Plan, Missing> + Send) -> Plan {
        let plan = block_on(self.decider.decide("by hand", ReadSet::default(), step));
        plan.unwrap_or_else(|error| panic!("{error}"))
    }

    /// These calendars are found as they were.
    fn read(&self, places: &[usize]) {
        let scopes: Vec<_> = places.iter().map(|at| self.world.calendar(*at).into()).collect();
        let _plan = self.step(|s, env| scopes_read(s, &scopes, env));
    }

    /// A listing says that an object is gone.
    fn gone(&self, place: usize, name: &str) {
        let id = ProviderId(format!("{}{name}", self.world.path(place).unwrap_or_default()));
        let removed = Item::Removed { id, evidence: Evidence::Tombstone };
        let batch = Batch {
            scope: self.world.calendar(place).into(),
            items: vec![removed],
            unfinished: false,
        };
        assert!(!self.step(|s, env| ingest(s, &batch, env)).is_empty(), "{name} was there");
    }

    /// Whether deletions take effect.
    fn releases(&self) -> bool {
        self.step(release).notes.iter().any(|note| note.code == "released")
    }
}

/// What a discovery of an account shows that has not changed.
fn as_discovered(world: &World<MemoryStore>, owner: usize) -> Discovery {
    let account = world.accounts[owner];
    let calendars = world.config().calendars.into_values().filter(|c| c.account == account);
    let item = |calendar: Calendar| CalendarItem {
        id: calendar.provider_id.unwrap_or_else(|| ProviderId(String::new())),
        name: calendar.name,
        kind: calendar.kind,
        subscribed: false,
        derived: None,
        capabilities: calendar.capabilities,
        token: None,
        tag: None,
    };
    let date = Some(world.clock.now());
    Discovery { account, makes_calendars: true, date, calendars: calendars.map(item).collect() }
}
