//! Accounts, calendars and overlays on their way out.

use std::pin::pin;
use std::task::{Context, Waker};

use crate::common::{at_rest, origin, small};
use kalends_core::graph::CalendarRole;
use kalends_core::ids::{EdgeId, RunId};
use kalends_core::ports::Clock as _;
use kalends_core::step::UserEdit;
use kalends_oracle::Level;
use kalends_sim_tests::{Act, History, World, check_rows, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const HOUR_MS: i64 = 3_600_000;

/// Bob's account goes, and his server does not let go of the mirrors in it.
fn held_back() -> (Memory, History, RunId) {
    let (world, history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    assert!(world.http.sim().plan("DELETE", "*/cal1/*", When::Always, "C8-403"));
    let edit = UserEdit::RemoveAccount { account: world.accounts[1], abandon: false };
    let (run, _) = block_on(world.driver().author(&world.keys, &[edit])).unwrap();
    world.settle();
    assert_eq!(world.config().accounts.len(), 2, "its mirrors could not be taken back");
    (world, history, run)
}

/// Catches reading an account from the beginning in each sync, only to forget it again.
#[test]
fn an_account_that_cannot_end_is_not_read_anew_in_every_sync() {
    let (world, ..) = held_back();
    let entries = world.store.journal(world.keys.graph).len();
    for _ in 0..3 {
        world.clock.advance_millis(HOUR_MS);
        assert_eq!(world.sync().pulled, 0);
    }
    assert_eq!(world.store.journal(world.keys.graph).len(), entries);
}

/// Catches events of an account that are missed for ever once its removal was taken back.
#[test]
fn an_account_that_comes_back_is_read_from_the_beginning() {
    let (world, mut history, run) = held_back();
    world.http.sim().faults_mut().clear();
    world.author(UserEdit::Undo { run });
    let there = world.config().edges;
    history.edges.retain(|edge| there.contains_key(&EdgeId::from_bytes(edge.rank)));
    assert_eq!(history.edges.len(), 1, "the others had ended");
    history.edges.push(world.edge(1, 0, Level::Title));
    at_rest(&world, &history);
}

/// Catches rows that name a calendar which is no more: of what bears our mark and belongs to no
/// mirror.
#[test]
fn a_copied_mirror_in_an_account_that_ends_leaves_no_row() {
    for abandon in [false, true] {
        let (world, mut history) = small::<MemoryStore>(Profile::plain());
        at_rest(&world, &history);
        let mirror = history.names_of_ours(&world, 1).remove(0);
        let (from, to) = (world.path(1).unwrap(), world.path(0).unwrap());
        let now = world.clock.now().as_millis();
        world.site(1).act(now, &from, &mirror, Act::Copy(&to, "person-copy.ics")).unwrap();
        history.strays.insert((0, "person-copy.ics".to_owned()));
        world.settle();
        world.author(UserEdit::RemoveAccount { account: world.accounts[0], abandon });
        world.settle();
        assert_eq!(world.config().accounts.len(), 1, "it ended");
        check_rows(&world);
        assert!(world.site(0).holds(&to, "person-copy.ics"), "it stays where it lies");
    }
}

/// Catches an account, or rows of it, that comes back by what a slower worker had read before it was
/// removed.
#[test]
fn what_was_read_before_its_account_went_brings_nothing_back() {
    for polls in 1.. {
        let (world, mut history) = small::<MemoryStore>(Profile::plain());
        at_rest(&world, &history);
        history.put(&world, "person-late.ics", origin(0, "late", "Late", 10));
        let (slow, options) = (world.driver(), options());
        let mut slow = pin!(slow.sync(&world.keys, &options));
        let mut context = Context::from_waker(Waker::noop());
        if (0..polls).any(|_| slow.as_mut().poll(&mut context).is_ready()) {
            assert!(polls > 10, "there is something to come in between");
            break;
        }
        for account in &world.accounts {
            world.author(UserEdit::RemoveAccount { account: *account, abandon: true });
        }
        let _quick = block_on(world.driver().sync(&world.keys, &options));
        assert!(world.config().accounts.is_empty(), "they ended");
        let _late = block_on(slow);
        let calendars = world.config().calendars;
        assert!(calendars.values().all(|one| one.role == CalendarRole::Own), "{calendars:?}");
        check_rows(&world);
    }
}

/// Catches an edge that comes back into an account on its way out, and keeps it there for ever.
#[test]
fn an_edge_of_an_account_on_its_way_out_does_not_come_back() {
    let (world, history) = small::<MemoryStore>(Profile::plain());
    at_rest(&world, &history);
    let edge = EdgeId::from_bytes(history.edges[0].rank);
    let edit = |edit| block_on(world.driver().author(&world.keys, &[edit])).unwrap();
    let (run, _) = edit(UserEdit::RemoveEdge { edge, abandon: false });
    edit(UserEdit::RemoveAccount { account: world.accounts[1], abandon: false });
    let (_, notes) = edit(UserEdit::Undo { run });
    assert!(notes.iter().any(|note| note.code == "undo.end-gone" && note.edge == Some(edge)));
    world.settle();
    assert_eq!((world.config().accounts.len(), world.config().edges.len()), (1, 0));

    // Nor once the account is gone.
    edit(UserEdit::Undo { run });
    assert!(world.config().edges.is_empty() && world.sync().settled);
}
