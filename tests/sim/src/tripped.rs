//! Judges that nothing else shows to object: each is content with a world, and then with what was done
//! there behind its back it is not.

use std::panic::{AssertUnwindSafe, catch_unwind};

use kalends_core::graph::{DetailLevel, EdgeOptions, OnEdit};
use kalends_core::ports::Clock as _;
use kalends_oracle::{Change, Origin};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::Profile;
use kalends_testkit::memory::MemoryStore;

use crate::check::Check;
use crate::history::{History, act};
use crate::ill::check_unread;
use crate::laws::{check_budgets, check_recorded};
use crate::leaks::origin;
use crate::site::Act;
use crate::world::World;

type Memory = World<MemoryStore>;

const NAME: &str = "person1.ics";

/// An event of one calendar that another one mirrors by an edge with this way with edits, at rest.
fn mirrored(on_edit: OnEdit) -> (Memory, History, String) {
    let world = Memory::new(Profile::plain(), 1, &[0, 1]);
    let mut history = History::default();
    let options = EdgeOptions { level: DetailLevel::Full, on_edit, ..EdgeOptions::default() };
    history.edges.push(world.edge_with(0, 1, options));
    history.put(&world, NAME, origin(false));
    world.settle();
    let mirror = history.names_of_ours(&world, 1).remove(0);
    (world, history, mirror)
}

/// The check that ends what is done.
fn tripped(judge: impl FnOnce()) -> Option<Check> {
    let ended = catch_unwind(AssertUnwindSafe(judge));
    Check::of(&crate::said::said(ended.unwrap_err().as_ref()))
}

/// Somebody gives what a place holds another title, and nobody says so.
fn title_unsaid(world: &Memory, place: usize, name: &str, title: &str) {
    let (now, path) = (world.clock.now().as_millis(), world.path(place).unwrap());
    let change = Change::Title(title.to_owned());
    world.site(place).act(now, &path, name, Act::Change(&change)).unwrap();
}

/// A person gives a mirror another title.
fn title_mirror(world: &Memory, history: &mut History, mirror: &str, title: &str) {
    let seen = history.seen(world, 1, mirror).unwrap();
    let change = Change::Title(title.to_owned());
    history.edit_mirror(world, (1, mirror.to_owned()), (&seen, change));
}

/// Catches a bound that no number of requests is above.
#[test]
fn one_worker_that_asks_again_and_again_asks_too_much() {
    let (world, _, _) = mirrored(OnEdit::Revert);
    check_budgets(&world);
    let driver = world.driver();
    for _ in 0..100 {
        block_on(driver.sync(&world.keys, &world.options())).unwrap();
    }
    assert_eq!(tripped(|| check_budgets(&world)), Some(Check::Requests));
}

/// Catches a look at the next sync that lets it write.
#[test]
fn a_write_where_nothing_was_said_to_change_is_no_rest() {
    let (world, _, mirror) = mirrored(OnEdit::Revert);
    world.is_at_rest();
    title_unsaid(&world, 1, &mirror, "Tampered");
    assert_eq!(tripped(|| world.is_at_rest()), Some(Check::Rest));
}

/// Catches records that are compared with themselves.
#[test]
fn what_people_hold_and_nothing_recorded_is_noticed_and_the_reverse() {
    let (world, mut history, _) = mirrored(OnEdit::Revert);
    check_recorded(&world, &history);
    let more = Origin { uid: "more@person".to_owned(), ..origin(false) };
    history.put(&world, "person2.ics", more);
    assert_eq!(tripped(|| check_recorded(&world, &history)), Some(Check::Store), "not recorded");
    world.settle();
    check_recorded(&world, &history);
    history.delete(&world, 0, "person2.ics");
    assert_eq!(tripped(|| check_recorded(&world, &history)), Some(Check::Store), "not held");
}

/// Catches a judge who looks at what a person made theirs once, and never again.
#[test]
fn a_persons_own_that_is_written_is_noticed() {
    let (world, mut history, mirror) = mirrored(OnEdit::Detach);
    title_mirror(&world, &mut history, &mirror, "Theirs 1");
    world.settle();
    history.rest(&world);
    title_unsaid(&world, 1, &mirror, "Review");
    assert_eq!(tripped(|| history.rest(&world)), Some(Check::Theirs));
}

/// Catches a judge for whom a text that was put right need not be kept.
#[test]
fn a_text_that_nobody_can_bring_back_is_noticed() {
    for is_seen in [true, false] {
        let (world, mut history, mirror) = mirrored(OnEdit::Revert);
        title_mirror(&world, &mut history, &mirror, "Theirs 1");
        if !is_seen {
            // It is gone before anybody has read it.
            title_unsaid(&world, 1, &mirror, "Review");
        }
        world.settle();
        if is_seen {
            history.rest(&world);
        } else {
            assert_eq!(tripped(|| history.rest(&world)), Some(Check::Lost));
        }
    }
}

/// Catches a judge for whom mirrors of what cannot be read may change, or who does not ask what became of it.
#[test]
fn what_cannot_be_read_and_is_not_set_aside_is_noticed_and_so_are_its_mirrors() {
    let (world, history, mirror) = mirrored(OnEdit::Revert);
    let before = history.all_ours(&world);
    let unread = || check_unread(&world, &history, (0, NAME), &before);
    assert_eq!(tripped(unread), Some(Check::Unread), "it can be read");
    act(&world, 0, NAME, Act::Garble);
    world.settle();
    unread();
    title_unsaid(&world, 1, &mirror, "Tampered");
    assert_eq!(tripped(unread), Some(Check::Unread), "its mirror says otherwise");
}
