//! What a listing left unsaid is asked for, and does not hide until the weekly comparison.

mod common;

use common::{at_rest, origin};
use kalends_core::cursor::Cursor;
use kalends_core::ports::GraphStore;
use kalends_core::slice::ReadSet;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

fn cursor(world: &Memory, place: usize) -> Cursor {
    let scope = world.calendar(place).into();
    let mut want = ReadSet::default();
    want.cursors.insert(scope);
    let slice = block_on(world.store.load(world.keys.graph, &want)).unwrap_or_default();
    slice.cursors.get(&scope).cloned().flatten().unwrap_or_default()
}

/// Catches a comparison that counts from a listing which compared nothing: it would never be due.
#[test]
fn a_first_listing_in_doubt_is_followed_by_a_comparison() {
    let world: Memory = World::new(Profile::sabre(), 5, &[0, 1]);
    let mut history = History::default();
    for (name, day) in [("a", 10), ("b", 11)] {
        history.put(&world, &format!("person-{name}.ics"), origin(0, name, "Talk", day));
    }
    history.delete(&world, 0, "person-b.ics");
    assert!(world.http.sim().plan("REPORT", "*/cal0/*", When::Always, "C18"));
    world.sync();
    let first = cursor(&world, 0);
    assert!(first.read_at.is_some() && first.compared_at.is_none(), "{first:?}");
    world.sync();
    assert!(cursor(&world, 0).compared_at.is_some());
    history.edges.push(world.edge(0, 1, Level::Title));
    at_rest(&world, &history);
}
