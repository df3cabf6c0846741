//! Mirrors that rest: behind the window, or because a person took a run back.

use crate::common::{at_rest, origin};
use kalends_core::compile::SINGLES_MAX;
use kalends_core::graph::{DetailLevel, EdgeOptions, Window};
use kalends_core::ids::{EdgeId, ProviderId, RunId, Version};
use kalends_core::ingest::ingest;
use kalends_core::ports::Clock;
use kalends_core::provider::{Batch, EventItem, Item, Payload};
use kalends_core::slice::ReadSet;
use kalends_core::step::UserEdit;
use kalends_driver::Decider;
use kalends_ical::Reader;
use kalends_oracle::{Exception, Origin};
use kalends_sim_tests::{History, World};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::hostile::Hostile;
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

const DAY_MS: i64 = 86_400_000;

fn full() -> EdgeOptions {
    EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() }
}

/// An origin, mirrored whole from the first calendar to the second.
fn mirrored(origin: Origin) -> (Memory, History) {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin);
    history.edges.push(world.edge_with(0, 1, full()));
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 1);
    (world, history)
}

fn edge(world: &Memory) -> EdgeId {
    world.config().edges.keys().next().copied().unwrap_or_else(|| EdgeId::from_bytes([0; 16]))
}

fn lower(world: &Memory) {
    let edge = edge(world);
    world.author(UserEdit::ChangeEdge { edge, base: None, options: Box::default() });
}

fn mirror(world: &Memory, history: &History) -> Option<String> {
    history.ours(world, 1).into_values().next()
}

fn edit(world: &Memory, change: impl FnOnce(String) -> String) {
    let path = world.path(0).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).edit(&path, "person-a.ics", change), Ok(()));
}

/// A person takes back the run that wrote a new title.
fn undone(world: &Memory, history: &mut History) -> RunId {
    history.put(world, "person-a.ics", origin(0, "a", "Secret dentist", 10));
    let run = world.sync().run;
    world.author(UserEdit::Undo { run });
    world.settle();
    run
}

/// Catches a mirror that rests, and goes on showing more than its edge may.
#[test]
fn a_resting_mirror_is_cleared_when_the_level_is_lowered() {
    let (world, mut history) = mirrored(origin(0, "a", "Dentist", 10));
    let _run = undone(&world, &mut history);
    lower(&world);
    world.settle();
    let text = mirror(&world, &history).unwrap_or_default();
    assert!(text.contains("SUMMARY:Busy") && !text.contains("entist"), "{text}");
}

/// Catches a mirror that rests for ever, without an event behind it.
#[test]
fn a_resting_mirror_goes_with_its_origin() {
    let (world, mut history) = mirrored(origin(0, "a", "Dentist", 10));
    let _run = undone(&world, &mut history);
    history.delete(&world, 0, "person-a.ics");
    at_rest(&world, &history);
    assert_eq!(mirror(&world, &history), None);
}

/// Catches a lowering that is forgotten because the event left the window before it was written.
#[test]
fn a_lowering_that_waits_is_written_after_the_event_left_the_window() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10));
    assert!(world.http.sim().plan("PUT", "*/cal1/*", When::Always, "C40-503"));
    lower(&world);
    let _failed = world.sync();
    world.clock.advance_millis(45 * DAY_MS);
    world.http.sim().faults_mut().clear();
    world.settle();
    let text = mirror(&world, &history).unwrap_or_default();
    assert!(text.contains("SUMMARY:Busy") && !text.contains("entist"), "{text}");
}

/// Catches a mirror behind the window that keeps showing what its edge must not show any more.
#[test]
fn a_mirror_behind_the_window_is_cleared_when_the_level_is_lowered() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10));
    world.clock.advance_millis(45 * DAY_MS);
    world.settle();
    assert!(mirror(&world, &history).is_some_and(|text| text.contains("SUMMARY:Dentist")));
    lower(&world);
    world.settle();
    let text = mirror(&world, &history).unwrap_or_default();
    assert!(text.contains("SUMMARY:Busy") && !text.contains("entist"), "{text}");
}

/// Catches a lowering that a preview, or an account that could not be reached, turns into a look at
/// what is new alone.
#[test]
fn a_lowering_clears_resting_mirrors_whatever_comes_before_its_sweep() {
    for away in [false, true] {
        let (world, mut history) = mirrored(origin(0, "a", "Dentist", 10));
        world.clock.advance_millis(45 * DAY_MS);
        world.settle();
        if away {
            assert!(world.http.sim().plan("*", "*/bob/*", When::Always, "C40-503"));
            let _failed = world.sync();
            world.http.sim().faults_mut().clear();
            world.clock.advance_millis(DAY_MS / 2);
        }
        lower(&world);
        let later = Origin { start: "20260801T090000Z".to_owned(), ..origin(0, "b", "Lunch", 1) };
        history.put(&world, "person-b.ics", later);
        if !away {
            let _preview = world.plan();
        }
        world.settle();
        let shown = history.ours(&world, 1);
        let busy = shown.values().filter(|text| text.contains("SUMMARY:Busy"));
        assert_eq!((shown.len(), busy.count()), (2, 2), "away: {away}, {shown:?}");
    }
}

/// Catches writing over what a person made of a mirror that is not compared any more, and leaving
/// it so once the window reaches it again.
#[test]
fn a_mirror_behind_the_window_is_the_persons_to_change_until_the_window_reaches_it() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10));
    world.clock.advance_millis(45 * DAY_MS);
    world.settle();
    let name = history.ours(&world, 1).into_keys().next().unwrap_or_default();
    let (path, now) = (world.path(1).unwrap_or_default(), world.clock.now().as_millis());
    let change = |text: String| text.replace("SUMMARY:Dentist", "SUMMARY:Was late");
    assert_eq!(world.http.sim().person(now).edit(&path, &name, change), Ok(()));
    assert_eq!(world.settle(), 0);
    assert!(mirror(&world, &history).is_some_and(|text| text.contains("SUMMARY:Was late")));
    let window = Window { past_days: 90, future_days: 90 };
    let options = Box::new(EdgeOptions { window, ..full() });
    world.author(UserEdit::ChangeEdge { edge: edge(&world), base: None, options });
    at_rest(&world, &history);
    assert!(mirror(&world, &history).is_some_and(|text| text.contains("SUMMARY:Dentist")));
}

/// The same for instances that are written singly.
#[test]
fn single_instances_behind_the_window_are_cleared_when_the_level_is_lowered() {
    let world: Memory = World::new(Profile::plain(), 5, &[0, 1]);
    let mut history = History::default();
    let changed = |day: u8| Exception {
        original: format!("202606{day}T090000Z"),
        start: format!("202606{day}T100000Z"),
        title: format!("Review {day}"),
        private: false,
    };
    let series = Origin {
        rule: "FREQ=DAILY;COUNT=90".to_owned(),
        exceptions: vec![changed(11), changed(29)],
        ..origin(0, "a", "Standup", 10)
    };
    history.put(&world, "person-a.ics", series);
    let filters = kalends_core::graph::Filters {
        only_keywords: vec!["review".to_owned()],
        ..kalends_core::graph::Filters::default()
    };
    let _edge = world.edge_with(0, 1, EdgeOptions { filters: filters.clone(), ..full() });
    world.settle();
    world.clock.advance_millis(45 * DAY_MS);
    world.settle();
    assert_eq!(history.ours(&world, 1).len(), 2, "both stay, one of them behind the window");
    let options = Box::new(EdgeOptions { filters, ..EdgeOptions::default() });
    world.author(UserEdit::ChangeEdge { edge: edge(&world), base: None, options });
    world.settle();
    for text in history.ours(&world, 1).into_values() {
        assert!(text.contains("SUMMARY:Busy") && !text.contains("Review"), "{text}");
    }
    assert_eq!(history.ours(&world, 1).len(), 2);
}

/// Catches a mirror that stays because its event left the window before it was deleted: one that is
/// frozen whatever waits, and of which, being frozen, nothing is written.
#[test]
fn a_retraction_that_waits_is_carried_out_after_the_event_left_the_window() {
    let (world, mut history) = mirrored(origin(0, "a", "Dentist", 10));
    assert!(world.http.sim().plan("DELETE", "*/cal1/*", When::Always, "C40-503"));
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist #nosync", 10));
    let _failed = world.sync();
    world.clock.advance_millis(45 * DAY_MS);
    world.http.sim().faults_mut().clear();
    world.settle();
    assert_eq!(mirror(&world, &history), None);
}

/// Catches time that stays taken by an event that was cancelled.
#[test]
fn a_cancelled_event_gives_its_time_back() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10));
    edit(&world, |text| text.replace("END:VEVENT", "STATUS:CANCELLED\r\nEND:VEVENT"));
    world.settle();
    assert_eq!(mirror(&world, &history), None);
}

/// Catches time that stays taken by an event that was moved to where no window reaches.
#[test]
fn an_event_moved_behind_the_window_leaves_its_old_time() {
    let (world, history) = mirrored(origin(0, "a", "Dentist", 10));
    edit(&world, |text| text.replace("20260610T", "20260110T"));
    world.settle();
    assert!(mirror(&world, &history).is_none_or(|text| text.contains("20260110T")));
}

/// Catches a series that goes on in its mirror after it was ended at the origin.
#[test]
fn a_series_that_was_ended_behind_the_window_ends_in_its_mirror() {
    let series = Origin { rule: "FREQ=DAILY;COUNT=400".to_owned(), ..origin(0, "a", "Run", 1) };
    let (world, history) = mirrored(series);
    world.clock.advance_millis(60 * DAY_MS);
    world.settle();
    edit(&world, |text| text.replace("COUNT=400", "COUNT=5"));
    world.settle();
    assert!(mirror(&world, &history).is_none_or(|text| text.contains("COUNT=5")));
}

/// Catches a series whose instances, each a row of its own, make a plan that no store takes.
#[test]
fn a_series_of_hours_that_is_written_singly_fits_into_plans() {
    let world: World<Hostile<MemoryStore>> = World::new(Profile::plain(), 7, &[0, 1]);
    world.edge_with(0, 1, EdgeOptions::default());
    let driver = world.driver();
    let decider = Decider::new(driver.ports(), &world.keys, RunId::from_bytes([3; 16]));
    for minute in ["00", "30"] {
        let body = Reader::default().object(shifts(minute).as_bytes()).unwrap().body;
        let item = EventItem {
            id: ProviderId("/alice/work/shifts.ics".to_owned()),
            version: Some(Version(minute.to_owned())),
            native: "shifts".to_owned(),
            uid: "shifts".to_owned(),
            payload: Payload::Whole(body),
            mark: None,
            foreign: None,
            fresh: false,
            doubts: Vec::new(),
            changed_at: None,
        };
        let items = vec![Item::Event(Box::new(item))];
        let batch = Batch { scope: world.calendar(0).into(), items, unfinished: false };
        let step = |slice: &_, env: &_| ingest(slice, &batch, env);
        let plan = block_on(decider.decide("by hand", ReadSet::default(), step)).unwrap();
        assert!(plan.jobs.len() >= SINGLES_MAX, "{minute}: {} jobs", plan.jobs.len());
    }
}

/// An hour's one; that the last of them leave the time free is what no series without them says.
fn shifts(minute: &str) -> String {
    let event = |lines: &str| {
        let head = "BEGIN:VEVENT\r\nUID:shifts\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Shift\r\n";
        format!("{head}{lines}DURATION:PT15M\r\nEND:VEVENT\r\n")
    };
    let series = event(&format!("DTSTART:20260101T00{minute}00Z\r\nRRULE:FREQ=HOURLY\r\n"));
    let start = format!("20270101T00{minute}00Z");
    let tail = event(&format!(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:{start}\r\nDTSTART:{start}\r\nTRANSP:TRANSPARENT\r\n"
    ));
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//EN\r\n{series}{tail}END:VCALENDAR\r\n")
}
