//! Small worlds to begin from.

#![allow(dead_code, reason = "each suite uses a part of it")]

use kalends_core::mirror::{ParkReason, PartStatus};
use kalends_core::plan::Row;
use kalends_oracle::{Level, Origin};
use kalends_sim_tests::{Depth, History, Keep, Kind, Model, World, check_journal, check_wire};
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// Every kind of history at every depth where it is lived.
pub(crate) fn every_kind() -> Vec<(Depth, Kind)> {
    let two = [Kind::Reverting, Kind::Giving, Kind::TMinus(Model::All)];
    let more = [Kind::Storm, Kind::Rough, Kind::Leaving, Kind::Digraph(Model::All)];
    let alone = [two.as_slice(), &more].concat();
    let three = vec![Kind::Reverting, Kind::Giving, Kind::Storm, Kind::Pushed];
    let lived = [
        (Depth::Wire, alone.clone()),
        (Depth::Values, alone),
        (Depth::Google, two.to_vec()),
        (Depth::Graph, two.to_vec()),
        (Depth::All, three),
    ];
    let pairs = lived
        .into_iter()
        .flat_map(|(depth, kinds)| kinds.into_iter().map(move |kind| (depth, kind)));
    pairs.collect()
}

/// A single of an hour on a day of June.
pub(crate) fn origin(calendar: usize, uid: &str, title: &str, day: u8) -> Origin {
    Origin {
        calendar,
        uid: format!("{uid}@person"),
        title: title.to_owned(),
        description: format!("notes of {title}"),
        start: format!("202606{day:02}T090000Z"),
        private: false,
        free: false,
        invited: false,
        rule: String::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    }
}

/// Two calendars of two users, each with two events, and edges of every kind between them.
pub(crate) fn small<S: Keep>(profile: Profile) -> (World<S>, History) {
    furnished(World::new(profile, 1, &[0, 1]))
}

/// The same in a world that has such calendars.
pub(crate) fn furnished<S: Keep>(world: World<S>) -> (World<S>, History) {
    let mut history = History::default();
    for (place, name, title, day) in
        [(0, "a", "Dentist", 10), (0, "b", "Lunch", 11), (1, "c", "Board", 12), (1, "d", "Run", 13)]
    {
        history.put(&world, &format!("person-{name}.ics"), origin(place, name, title, day));
    }
    for (from, to, level) in [(0, 1, Level::Full), (1, 0, Level::Title), (0, 3, Level::Busy)] {
        history.edges.push(world.edge(from, to, level));
    }
    (world, history)
}

/// Everything is as the oracle says, and stays so without a write.
pub(crate) fn at_rest<S: Keep>(world: &World<S>, history: &History) {
    world.settle();
    history.check(world);
    let report = world.sync();
    assert_eq!((report.created, report.updated, report.deleted), (0, 0, 0));
    check_wire(world, history);
    check_journal(world);
}

/// Why parts of mirrors are given up.
pub(crate) fn parked(world: &World<MemoryStore>) -> Vec<ParkReason> {
    let rows = world.store.rows(world.keys.graph).into_values();
    rows.filter_map(|row| {
        let Row::Part(_, _, part) = row else { return None };
        if let PartStatus::Parked(why) = part.status { Some(why) } else { None }
    })
    .collect()
}

/// All that the server holds, by path.
pub(crate) fn everything<S: Keep>(world: &World<S>) -> Vec<(String, Vec<String>)> {
    let sim = world.http.sim();
    let names = |path: &String| sim.resources(path).into_keys().collect();
    sim.calendars().iter().map(|path| (path.clone(), names(path))).collect()
}

/// Has a fault strike requests of a method to a path.
pub(crate) fn plan(world: &World<MemoryStore>, method: &str, path: &str, when: When, fault: &str) {
    assert!(world.http.sim().plan(method, path, when, fault), "{fault} is a fault");
}

/// Two such calendars at rest, with nothing in the log.
pub(crate) fn settled() -> (World<MemoryStore>, History) {
    let (world, history) = small(Profile::plain());
    at_rest(&world, &history);
    world.http.sim().clear_log();
    (world, history)
}
