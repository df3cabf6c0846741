//! What a listing left unsaid is asked for, and does not hide until the weekly comparison.

use crate::common::{at_rest, origin, small};
use kalends_core::cursor::Cursor;
use kalends_core::ports::{Clock, GraphStore};
use kalends_core::slice::ReadSet;
use kalends_oracle::Level;
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, TokenForm, When};
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

/// A person deletes all mirrors of a place.
fn delete_ours(world: &Memory, history: &History, place: usize) {
    let path = world.path(place).unwrap_or_default();
    let now = world.clock.now().as_millis();
    for name in history.ours(world, place).into_keys() {
        assert_eq!(world.http.sim().person(now).delete(&path, &name), Ok(()));
    }
}

/// Catches mirrors that stay away because no listing ever told of them: few of them, more than a
/// cursor keeps in mind, and where the token is as it was.
#[test]
fn mirrors_made_and_deleted_between_two_listings_come_back() {
    for (events, token) in
        [(3, None), (130, None), (3, Some(TokenForm::Seconds { repeats: false }))]
    {
        let mut profile = Profile::plain();
        if let (Some(sync), Some(token)) = (&mut profile.changes.sync, token) {
            sync.token = token;
        }
        let world: Memory = World::new(profile, 7, &[0, 1]);
        let mut history = History::default();
        history.put(&world, "person-x.ics", origin(1, "x", "Choir", 12));
        world.sync();
        for n in 0..events {
            let uid = format!("e{n}");
            history.put(&world, &format!("person-{uid}.ics"), origin(0, &uid, &uid, 10));
        }
        history.edges.push(world.edge(0, 1, Level::Title));
        world.sync();
        assert_eq!(history.ours(&world, 1).len(), events);
        delete_ours(&world, &history, 1);
        at_rest(&world, &history);
        assert!(cursor(&world, 1).written.is_empty());
    }
}

/// Catches a mirror that stays away, since a listing told of nothing and named the token again that it was
/// asked with: what was made before and deleted after it, the next one leaves out.
#[test]
fn a_listing_that_goes_on_where_it_began_knows_nothing_of_what_was_made() {
    let world: Memory = World::new(Profile::plain(), 11, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-x.ics", origin(1, "x", "Choir", 12));
    history.edges.push(world.edge(0, 1, Level::Title));
    at_rest(&world, &history);
    history.put(&world, "person-a.ics", origin(0, "a", "Talk", 10));
    world.sync();
    assert!(world.http.sim().plan("REPORT", "*/cal1/*", When::First(1), "C15"));
    world.sync();
    assert_eq!(cursor(&world, 1).written.len(), 1);
    delete_ours(&world, &history, 1);
    at_rest(&world, &history);
    assert_eq!(history.ours(&world, 1).len(), 1);
    assert!(cursor(&world, 1).written.is_empty());
}

/// Catches taking a list of all that is there for a list of changes, and what it leaves out for
/// unchanged; with and without contents in it.
#[test]
fn a_full_list_in_answer_to_a_token_hides_no_deletion() {
    for with_data in [false, true] {
        let mut profile = Profile::plain();
        if let Some(sync) = &mut profile.changes.sync {
            sync.data = with_data;
        }
        let (world, mut history) = small::<MemoryStore>(profile);
        at_rest(&world, &history);
        assert!(world.http.sim().plan("REPORT", "*", When::First(3), "C14-full"));
        history.delete(&world, 0, "person-b.ics");
        world.sync();
        at_rest(&world, &history);
        assert_eq!(history.ours(&world, 1).len(), 1);
    }
}

/// Catches a comparison at each of our own writes, as if a listing of them were a full list.
#[test]
fn our_own_writes_cost_no_comparison() {
    let (world, mut history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    world.http.sim().clear_log();
    history.put(&world, "person-a.ics", origin(0, "a", "Other", 20));
    at_rest(&world, &history);
    let listed = |logged: &&kalends_testkit::caldav_sim::Logged| {
        let depth = logged
            .request
            .headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("depth") && value == "1");
        logged.request.method == "PROPFIND"
            && depth
            && logged.request.url.contains("/cal")
            && !logged.request.url.ends_with("/alice/")
            && !logged.request.url.ends_with("/bob/")
    };
    assert_eq!(world.http.sim().log().iter().filter(listed).count(), 0);
}
