//! The linter names what is out of order in the rows of a graph, and nothing else.

mod common;

use common::{at_rest, small};
use kalends_core::mirror::PartStatus;
use kalends_core::plan::{Row, RowKey};
use kalends_sim_tests::{History, World};
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
