//! Google, Microsoft Graph and CalDAV in one digraph.

mod cancelled;
mod outlived;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::origin;
use kalends_core::ports::Clock as _;
use kalends_oracle::{Change, Exception, Level, Origin};
use kalends_sim_tests::{
    Act, Depth, History, Kind, Tale, World, check_journal, check_rows, check_wire, histories,
};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// How many passes an edit may take until all calendars show it.
const PASSES_MAX: u32 = 2;

/// One calendar each, all of them shown in all others, with a single and a series in each.
fn three() -> (Memory, History) {
    let world = Memory::of_three(1, &[0, 1, 2]);
    let mut history = History::default();
    for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
        history.edges.push(world.edge(from, to, Level::Full));
    }
    for place in 0..3 {
        let day = 10 + 4 * place as u8;
        history.put(&world, &single(place), origin(place, &single(place), "Dentist", day));
        let moved = Exception {
            original: format!("202606{:02}T090000Z", day + 1),
            start: format!("202606{:02}T113000Z", day + 1),
            title: "Review".to_owned(),
            private: false,
        };
        let series = Origin {
            rule: "FREQ=DAILY;COUNT=5".to_owned(),
            exceptions: vec![moved],
            ..origin(place, &series(place), "Standup", day)
        };
        history.put(&world, &self::series(place), series);
    }
    world.settle();
    history.check(&world);
    (world, history)
}

/// Whose events a place shows where it shows those of one calendar alone.
const fn source(place: usize) -> usize {
    (place + 1) % 3
}

fn single(place: usize) -> String {
    format!("person-single{place}")
}

fn series(place: usize) -> String {
    format!("person-series{place}")
}

/// One pass finds an edit and writes what follows; a second one at most reads what it waited for.
fn is_everywhere(world: &Memory, history: &History, after: &str) {
    world.clock.advance_millis(60_000);
    let report = world.sync();
    assert!(report.passes <= PASSES_MAX && report.failures.is_empty(), "{after}: {report:?}");
    let differences = history.differences(world);
    assert!(differences.is_empty(), "{after}: {}", differences.join("\n"));
}

fn edit(world: &Memory, history: &mut History, (place, name): (usize, String), change: &Change) {
    let path = world.path(place).unwrap();
    let now = world.clock.now().as_millis();
    world.site(place).act(now, &path, &name, Act::Change(change)).unwrap();
    change.apply(history.origins.get_mut(&(place, name)).unwrap());
}

/// Catches an edge that is passed over, a series that falls apart, an instance that is shown as it
/// was, and a write that waits for the sync after the next.
#[test]
fn google_graph_and_caldav_in_one_digraph_an_edit_anywhere_is_right_everywhere_in_two_passes() {
    let (world, mut history) = three();
    for place in 0..3 {
        let at = |later: u8| format!("202606{:02}T090000Z", 10 + 4 * place as u8 + later);
        let of_single = [
            Change::Title("Doctor".to_owned()),
            Change::Description("Bring the card".to_owned()),
            Change::Start(format!("202606{:02}T150000Z", 10 + 4 * place)),
        ];
        let of_series = [
            Change::Title("Daily".to_owned()),
            Change::Retitle(at(2), "Demo".to_owned()),
            Change::Move(at(3), at(3).replace("T09", "T13")),
            Change::Cancel(at(4)),
            Change::Description("In the large room".to_owned()),
        ];
        let singles = of_single.iter().map(|change| (single(place), change));
        for (name, change) in singles.chain(of_series.iter().map(|one| (series(place), one))) {
            edit(&world, &mut history, (place, name), change);
            is_everywhere(&world, &history, &format!("{change:?} at {place}"));
        }
    }
    for place in 0..3 {
        let mirrors = history.mirrors(&world, place);
        let series = mirrors.iter().filter(|mirror| !mirror.rule.is_empty()).count();
        assert_eq!((mirrors.len(), series), (4, 2), "each series is one at {place}");
    }
    for place in 0..3 {
        for name in [single(place), series(place)] {
            history.delete(&world, place, &name);
            is_everywhere(&world, &history, &format!("{name} deleted"));
        }
    }
    world.is_at_rest();
    check_rows(&world);
    check_wire(&world, &history);
    check_journal(&world);
}

/// Lives these histories with an account at each provider, and names all that end otherwise.
fn all(kind: Kind, seeds: std::ops::Range<u64>) {
    let tales = seeds.map(|seed| Tale::new(Depth::All, kind, seed, 25));
    let lived = tales.map(|tale| (tale.live().trouble, tale));
    let failed: Vec<String> =
        lived.filter_map(|(trouble, tale)| Some(format!("{tale}\n{}", trouble?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn histories_with_three_providers_end_as_the_oracle_says() {
    for kind in Kind::ALL {
        all(kind, 0..histories(4, 100));
    }
}

/// A lost notice costs time and no change; a forged one costs no call of a provider.
#[test]
fn notices_that_are_lost_doubled_shuffled_late_or_forged_change_nothing() {
    all(Kind::Pushed, 0..histories(12, 300));
    // What a channel is for was never told: its opening was not answered.
    all(Kind::Pushed, 371..372);
}

/// Catches a judge who does not wait for a list that lags once.
#[test]
fn a_change_that_a_list_hides_once_is_found_by_the_next() {
    let tale = Tale::new(Depth::All, Kind::Giving, 50, 25);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches an event that was moved within an account and deleted from there, of which the calendar
/// it left tells nothing.
#[test]
fn an_event_that_was_moved_and_deleted_is_gone_everywhere() {
    for (kind, seed) in [(Kind::Reverting, 296), (Kind::Rough, 82)] {
        let tale = Tale::new(Depth::All, kind, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a changed instance that is written before its series is one: the server has no such
/// instance, and the instance is given up for good.
#[test]
fn an_instance_waits_until_its_series_is_written() {
    for seed in [95, 158] {
        let tale = Tale::new(Depth::All, Kind::Pushed, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a judge who takes what was on its way when an edge came to show less for sent after that,
/// where a write is several requests or makes something.
#[test]
fn what_is_on_its_way_when_an_edge_shows_less_may_arrive() {
    let (all, google, graph) = (Depth::All, Depth::Google, Depth::Graph);
    for (depth, seed) in [(all, 950_083), (google, 2_000_400), (graph, 2_100_280)] {
        let tale = Tale::new(depth, Kind::Storm, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// The same as `an_instance_cancelled_in_a_mirror_stays_away_while_its_origin_follows`, with a worker
/// that stood still meanwhile: to it the instance that came back was a person's edit.
#[test]
fn an_instance_that_came_back_is_no_edit() {
    let tale = Tale::new(Depth::All, Kind::Rough, 60_021, 25);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a reading that takes the older of two versions in one list for the one that stands.
#[test]
fn an_edit_that_a_list_names_before_what_was_there_is_found() {
    let tale = Tale::drawn(Depth::All, Kind::Rough, 3_201_224);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a person who moves an instance past its neighbours where another calendar cannot.
#[test]
fn an_instance_stays_between_its_neighbours_where_one_calendar_keeps_it_there() {
    let tale = Tale::drawn(Depth::All, Kind::Rough, 3_200_685);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a judge who wants an edit of an instance that is shown alone to be followed when its series is
/// shown at last: that mirror goes, and what was edited in it is kept where it can be brought back.
#[test]
fn an_edit_of_an_instance_shown_alone_may_find_it_shown_with_its_series() {
    let tale = Tale::drawn(Depth::All, Kind::Giving, 3_000_016);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches an instance that was cancelled in a mirror and makes that a person's, though its edge brings back
/// what is deleted, since the origin was made something else meanwhile.
#[test]
fn an_instance_cancelled_in_what_its_origin_is_no_more_comes_back() {
    let tale = Tale::drawn(Depth::All, Kind::Rough, 3_100_079);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a judge who knows a person's copy by its last byte, where some other piece of the series was
/// written before anybody saw that it is a person's; also where the event was deleted after that.
#[test]
fn a_copy_of_a_person_may_say_what_was_on_its_way_to_it() {
    for (depth, kind, seed) in [
        (Depth::All, Kind::Rough, 3_200_969),
        (Depth::Graph, Kind::Giving, 4_009_575),
        (Depth::Graph, Kind::Giving, 7_002_585),
    ] {
        let tale = Tale::drawn(depth, kind, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a judge to whom a changed instance is another one in another zone.
#[test]
fn a_changed_instance_is_where_its_instant_is() {
    let tale = Tale::drawn(Depth::All, Kind::Storm, 3_314_968);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a judge who wants at once what a server hid that answered with all it has, which is new, in
/// place of what changed: the next comparison of everything finds it.
#[test]
fn what_a_full_list_hides_is_found_by_the_next_comparison() {
    for (depth, seed) in [(Depth::All, 4_005_720), (Depth::Graph, 4_008_732)] {
        let tale = Tale::drawn(depth, Kind::Reverting, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a series that is written anew, since something else of its event was, while an instance that a
/// person cancelled in it waits to make it theirs.
#[test]
fn a_series_waits_with_the_instance_that_was_cancelled_in_it() {
    let tale = Tale::drawn(Depth::All, Kind::Giving, 9_121_014);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches checkers that see nothing: a history that is cut short in its last sync differs.
#[test]
fn what_is_not_there_is_missed() {
    let (world, mut history) = three();
    let change = Change::Title("Doctor".to_owned());
    edit(&world, &mut history, (0, single(0)), &change);
    assert_eq!(history.differences(&world).len(), 2, "two mirrors are as they were");
    let checked = catch_unwind(AssertUnwindSafe(|| history.check(&world)));
    assert!(checked.is_err());
}

/// Catches a changed instance at Graph that is given up for good, since it was put back once when its series
/// said something else.
#[test]
fn an_instance_that_was_put_back_at_graph_is_changed_again() {
    let tale = Tale::drawn(Depth::All, Kind::Pushed, 15_000_716);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches a mirror at Google that is given up for good, since the search for instances of its series was
/// answered as if it hung on a token.
#[test]
fn a_search_that_is_to_begin_anew_gives_no_mirror_up() {
    let tale = Tale::drawn(Depth::All, Kind::Pushed, 8_000_210);
    assert_eq!(tale.live().trouble, None, "{tale}");
}

/// Catches an instance that is recorded as changed for ever, though its change went with that of its series
/// while the token of its calendar was lost: Google gives each instance under its id.
#[test]
fn a_changed_instance_that_went_with_its_series_change_is_recorded_no_more() {
    let tale = Tale::drawn(Depth::All, Kind::Pushed, 3_300_170);
    assert_eq!(tale.live().trouble, None, "{tale}");
}
