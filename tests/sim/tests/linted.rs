//! The linter names what is out of order in the rows of a graph, and nothing else.

mod states;

use crate::common::{at_rest, small};
use kalends_core::graph::Lifecycle;
use kalends_core::mirror::PartStatus;
use kalends_core::plan::{Row, RowKey};
use kalends_sim_tests::{Depth, History, Keep, Kind, Tale, World};
use kalends_sqlite::SqliteStore;
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::lint;
use kalends_testkit::memory::MemoryStore;

fn rows() -> std::collections::BTreeMap<RowKey, Row> {
    let (world, history): (World<MemoryStore>, History) = small(Profile::plain());
    at_rest(&world, &history);
    world.store.rows(world.keys.graph)
}

#[test]
fn a_graph_at_rest_is_in_order() {
    let rows = rows();
    assert_eq!(lint::always(&rows), [] as [String; 0]);
    assert_eq!(lint::at_rest(&rows), [] as [String; 0]);
}

/// Catches a linter that looks at no references.
#[test]
fn no_row_can_be_lost_unnoticed_that_others_name() {
    let rows = rows();
    let is_named = |key: &RowKey| {
        matches!(
            key,
            RowKey::Account(_)
                | RowKey::Calendar(_)
                | RowKey::Edge(_)
                | RowKey::Event(_)
                | RowKey::Presence(..)
                | RowKey::Mirror(..)
                | RowKey::Part(_)
                | RowKey::Object(..)
        )
    };
    for key in rows.keys().filter(|key| is_named(key)) {
        let mut fewer = rows.clone();
        fewer.remove(key);
        assert!(!lint::always(&fewer).is_empty(), "{key:?}");
    }
}

/// Catches what is left behind of a calendar or an account that is gone.
#[test]
fn no_cursor_and_no_health_is_of_nothing() {
    let mut rows = rows();
    rows.retain(|key, _| matches!(key, RowKey::Cursor(_) | RowKey::Health(_)));
    assert!(rows.keys().any(|key| matches!(key, RowKey::Cursor(_))), "{rows:?}");
    assert!(rows.keys().any(|key| matches!(key, RowKey::Health(_))), "{rows:?}");
    assert_eq!(lint::always(&rows).len(), rows.len());
}

/// Catches a linter that takes a series for forgotten in whose mirror somebody cancelled an instance,
/// while its account asks for rest and the release waits.
#[test]
fn a_series_that_lacks_an_instance_waits_for_the_release() {
    let whole = Tale::new(Depth::Values, Kind::Giving, 2769, 25);
    let tale = Tale { steps: vec![6, 7, 8, 10, 12], ..whole };
    assert_eq!(tale.live().trouble, None);
}

/// Catches a linter that takes an edge for gone which is only to go.
#[test]
fn an_edge_that_never_ends_is_not_at_rest() {
    let mut rows = rows();
    for row in rows.values_mut() {
        if let Row::Edge(edge) = row {
            edge.state = Lifecycle::Retiring;
        }
    }
    assert!(lint::at_rest(&rows).iter().any(|what| what.contains("is to end, and does not")));
}

/// Catches a store that is looked at in part: by its port alone all rows are had but those of runs.
#[test]
fn by_its_port_alone_a_store_shows_the_rows_that_it_holds() {
    let (world, history): (World<MemoryStore>, History) = small(Profile::plain());
    at_rest(&world, &history);
    let mut held = world.store.rows(world.keys.graph);
    held.retain(|key, _| !matches!(key, RowKey::Run(_)));
    let shown = block_on(lint::rows(&world.store, world.keys.graph));
    assert_eq!(shown.ok().map(|rows| rows == held), Some(true));
    let journal = block_on(lint::journal(&world.store, world.keys.graph));
    assert_eq!(journal.ok(), Some(world.store.journal(world.keys.graph)));

    let (sqlite, history): (World<SqliteStore>, History) = small(Profile::plain());
    at_rest(&sqlite, &history);
    sqlite.store.look(sqlite.keys.graph, |rows| {
        assert!(rows.keys().eq(held.keys()), "{:?}", rows.keys());
    });
    assert_eq!(
        sqlite.store.journal(sqlite.keys.graph).len(),
        world.store.journal(world.keys.graph).len()
    );
}

/// Catches a linter that takes the instance itself for forgotten, where the process died before the
/// release.
#[test]
fn an_instance_that_somebody_cancelled_waits_for_the_release() {
    for seed in [3_200_080, 3_200_467, 3_201_173] {
        let tale = Tale::drawn(Depth::Google, Kind::Rough, seed);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}

/// Catches a linter that looks at no states.
#[test]
fn a_part_that_waits_is_not_at_rest_and_one_without_its_object_is_not_settled() {
    let mut rows = rows();
    let part = rows
        .values_mut()
        .find_map(|row| if let Row::Part(_, _, part) = row { Some(part) } else { None });
    let Some(part) = part else { panic!("mirrors have parts") };
    part.object = None;
    assert!(lint::always(&rows).iter().any(|what| what.contains("settled and not as wanted")));
    for row in rows.values_mut() {
        if let Row::Part(_, _, part) = row {
            part.status = PartStatus::Due;
        }
    }
    assert!(lint::at_rest(&rows).iter().any(|what| what.contains("waits")));
}
