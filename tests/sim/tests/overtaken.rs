//! What was written or read before something else came in between.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use crate::common::origin;
use kalends_core::graph::{DetailLevel, EdgeOptions, OnConflict, OnDelete, OnEdit};
use kalends_core::ports::Clock;
use kalends_driver::FailAt;
use kalends_oracle::{Change, Exception, Origin};
use kalends_sim_tests::{Act, Depth, History, Kind, Script, Tale, World, options, retell};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// Histories of values that once ended otherwise: pushed ones and the first of giving people since nobody
/// synced once more after a day without an answer, where no server says what time it is; the other of
/// those since an instance that was cancelled in one mirror was moved in another; of rough ones the last two
/// since one that was cancelled in a mirror on its way out had been moved before, and since a deletion of
/// ours that was refused is asked for all the same.
const FOUND: [(Kind, u64); 18] = [
    (Kind::Giving, 34_280),
    (Kind::Giving, 70_104),
    (Kind::Pushed, 30_099),
    (Kind::Pushed, 31_208),
    (Kind::Pushed, 34_213),
    (Kind::Pushed, 41_001),
    (Kind::Pushed, 41_045),
    (Kind::Reverting, 5572),
    (Kind::Reverting, 7684),
    (Kind::Rough, 4095),
    (Kind::Rough, 5123),
    (Kind::Rough, 7227),
    (Kind::Rough, 7339),
    (Kind::Rough, 8483),
    (Kind::Rough, 9879),
    (Kind::Rough, 1402),
    (Kind::Rough, 808_571),
    (Kind::Giving, 700_429),
];

/// Two calendars of values, and an edge from one to the other under which edits of mirrors count.
fn mirrored(level: DetailLevel, on_edit: OnEdit) -> (Memory, History) {
    mirrored_in(World::of_values(5, &[0, 1]), level, on_edit)
}

fn mirrored_in(world: Memory, level: DetailLevel, on_edit: OnEdit) -> (Memory, History) {
    let edge = EdgeOptions {
        level,
        on_edit,
        on_delete: OnDelete::Detach,
        on_conflict: OnConflict::LastSeen,
        may_notify: true,
        ..EdgeOptions::default()
    };
    let edges = vec![world.edge_with(0, 1, edge)];
    (world, History { edges, ..History::default() })
}

fn act(world: &Memory, place: usize, name: &str, act: Act<'_>) {
    let (now, calendar) = (world.clock.now().as_millis(), world.path(place).unwrap_or_default());
    assert_eq!(world.site(place).act(now, &calendar, name, act), Ok(()));
}

fn mirror(world: &Memory, history: &History) -> String {
    history.names_of_ours(world, 1).pop().unwrap_or_default()
}

fn says(world: &Memory, place: usize, name: &str) -> Option<Origin> {
    world.site(place).look(&world.path(place).unwrap_or_default(), name)
}

fn series(day: u8) -> Origin {
    let rule = "FREQ=DAILY;COUNT=5".to_owned();
    Origin { rule, ..origin(0, "a", "Standup", day) }
}

/// Catches what a process wrote before it died, taken for a person's edit since the origin says
/// something else by now.
#[test]
fn what_a_dead_process_wrote_undoes_no_change_of_its_origin() {
    let mut written = 0;
    for at in 1.. {
        let (world, mut history) = mirrored(DetailLevel::Full, OnEdit::Propagate);
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        world.settle();
        history.put(&world, "person-a.ics", origin(0, "a", "Doctor", 11));
        let killed = world.driver_failing(Arc::new(FailAt::new(Some(at))));
        let alive = block_on(killed.sync(&world.keys, &options())).is_ok();
        written += u32::from(history.mirrors(&world, 1)[0].title == "Doctor");
        history.put(&world, "person-a.ics", origin(0, "a", "Surgeon", 12));
        world.clock.advance_millis(3_600_000);
        world.settle();
        history.check(&world);
        if alive {
            break;
        }
    }
    assert!(written > 1, "some die between the write and what they record of it");
}

/// Catches a read that began before a write of ours, taken for an edit that came after it: then the
/// times that the mirror showed undo what the origin's owner changed.
#[test]
fn a_read_that_was_overtaken_by_a_write_undoes_no_change_of_its_origin() {
    for polls in 1..60 {
        let (world, mut history) = mirrored(DetailLevel::Busy, OnEdit::Propagate);
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        world.settle();
        let edit = Change::Description("Theirs".to_owned());
        act(&world, 1, &mirror(&world, &history), Act::Change(&edit));
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 11));
        let (slow, quick, options) = (world.driver(), world.driver(), options());
        let mut slow = pin!(slow.sync(&world.keys, &options));
        let mut context = Context::from_waker(Waker::noop());
        let ended = (0..polls).any(|_| slow.as_mut().poll(&mut context).is_ready());
        if ended {
            break;
        }
        world.clock.advance_millis(11 * 60_000);
        let _first = block_on(quick.sync(&world.keys, &options));
        let _last = block_on(slow);
        world.settle();
        history.check(&world);
    }
}

/// Catches times of a mirror that nobody touched there, taken to an origin that is no series any
/// more since a person named an instance of the mirror.
#[test]
fn what_is_said_of_an_instance_brings_no_old_times_back() {
    let (world, mut history) = mirrored(DetailLevel::Busy, OnEdit::Propagate);
    history.put(&world, "person-a.ics", series(10));
    world.settle();
    let edit = Change::Retitle("20260612T090000Z".to_owned(), "Theirs".to_owned());
    act(&world, 1, &mirror(&world, &history), Act::Change(&edit));
    history.put(&world, "person-a.ics", origin(0, "a", "Review", 16));
    world.settle();
    history.check(&world);
    act(&world, 0, "person-a.ics", Act::Put(&series(10)));
    world.settle();
    act(&world, 1, &mirror(&world, &history), Act::Change(&edit));
    act(&world, 0, "person-a.ics", Act::Put(&series(20)));
    world.settle();
    let start = says(&world, 0, "person-a.ics").map(|origin| origin.start);
    assert_eq!(start.as_deref(), Some("20260620T090000Z"));
}

/// Catches a mirror of one instance that stays for ever, since a person made the mirror of all of
/// them theirs before it was taken away.
#[test]
fn what_is_on_its_way_out_goes_though_a_person_takes_the_rest() {
    let world = World::new(Profile::plain(), 5, &[0, 1]);
    let (world, mut history) = mirrored_in(world, DetailLevel::Title, OnEdit::Detach);
    let moved = Exception {
        private: false,
        original: "20260612T090000Z".to_owned(),
        start: "20260612T110000Z".to_owned(),
        title: "Open".to_owned(),
    };
    let hidden = Origin { title: "Standup #nosync".to_owned(), ..series(10) };
    history.put(&world, "person-a.ics", Origin { exceptions: vec![moved], ..hidden });
    world.settle();
    let single = mirror(&world, &history);
    assert_ne!(single, "", "one instance is shown");
    history.put(&world, "person-a.ics", series(9));
    assert!(world.http.sim().plan("DELETE", "*/cal1/*", When::Always, "C40-503"));
    let _undeleted = world.sync();
    let mut ours = history.names_of_ours(&world, 1);
    ours.retain(|name| *name != single);
    assert!(says(&world, 1, &single).is_some(), "what shows one instance is there still");
    act(&world, 1, &ours[0], Act::Change(&Change::Title("Mine".to_owned())));
    world.http.sim().faults_mut().clear();
    world.clock.advance_millis(3_600_000);
    world.settle();
    assert_eq!(history.names_of_ours(&world, 1), ours);
    assert_eq!(says(&world, 1, &ours[0]).map(|it| it.title).as_deref(), Some("Mine"));
}

/// Catches an event that a process took in before it died, and that a person deleted before the next
/// one asked: the server need not tell of what came and went since the token.
#[test]
fn what_a_dead_process_had_read_and_is_gone_since_is_missed() {
    let mut taken_in = 0;
    for at in 1.. {
        let world = World::new(Profile::plain(), 5, &[0, 1]);
        let (world, mut history) = mirrored_in(world, DetailLevel::Title, OnEdit::Revert);
        history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
        world.settle();
        history.put(&world, "person-b.ics", origin(0, "b", "Lunch", 11));
        let killed = world.driver_failing(Arc::new(FailAt::new(Some(at))));
        let alive = block_on(killed.sync(&world.keys, &options())).is_ok();
        taken_in += u32::from(!history.unfaithful(&world).is_empty());
        history.delete(&world, 0, "person-b.ics");
        world.clock.advance_millis(3_600_000);
        world.settle();
        history.check(&world);
        assert_eq!(history.unfaithful(&world), Vec::<String>::new(), "killed at {at}");
        if alive {
            break;
        }
    }
    assert!(taken_in > 0, "some die before it is recorded");
}

/// A worker with a wrong clock retracts a mirror, and waits; one with the right clock finds that it
/// is wanted, and nothing to do; then it has to go for another reason.
const RETRACTED_TWICE: &str = "
calendars cal0=bob cal1=alice
world 4194 values
edge cal0 -> bob-overlay full
in cal0 person1.ics put \"Dentist\" 2026-06-19T12:00 uid=event1@person private
settle
in cal0 person1.ics put \"Dentist\" 2026-06-19T12:00 uid=event1@person notes=\"again\" private
sync behind by 43200000000
fault before at list 2
in cal1 person3.ics put \"Dentist\" 2026-06-21T13:00 uid=event3@person
in cal0 person1.ics put \"Board meeting\" 2026-06-19T14:00 uid=event1@person free
sync
judge all
";

/// Catches a look at the rows that ends a job and is not recorded: a later change is compared with
/// what the rows say, finds nothing new, and queues nothing. The mirror stays for a day.
#[test]
fn a_mirror_that_a_wrong_clock_retracted_goes_when_it_has_to() {
    assert_eq!(Script::read(RETRACTED_TWICE).map(|script| retell(&script)), Ok(None));
}

#[test]
fn histories_of_values_that_once_ended_otherwise_end_as_they_should() {
    for (kind, seed) in FOUND {
        let tale = Tale::new(Depth::Values, kind, seed, 25);
        assert_eq!(tale.live().trouble, None, "{tale}");
    }
}
