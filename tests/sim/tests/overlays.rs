//! Overlays: made once, taken back, and deleted only when they are seen to be empty.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::common::{at_rest, origin};
use kalends_core::graph::{CalendarRole, Lifecycle, PauseReason};
use kalends_core::ports::Clock;
use kalends_core::step::UserEdit;
use kalends_driver::FailAt;
use kalends_oracle::{Exception, Level, Origin};
use kalends_sim_tests::{History, Mixed, World, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{CollectionKind, Profile, When};
use kalends_testkit::memory::MemoryStore;

type Memory = World<MemoryStore>;

/// How many requests of a method were sent since the log was cleared.
fn sent(world: &Memory, method: &str) -> usize {
    world.http.sim().log().iter().filter(|logged| logged.request.method == method).count()
}

/// An event of alice in an overlay of bob.
fn overlaid(profile: Profile) -> (Memory, History) {
    let world = World::new(profile, 6, &[0]);
    let mut history = History::default();
    history.put(&world, "person-a.ics", origin(0, "a", "Dentist", 10));
    history.put(&world, "person-b.ics", origin(0, "b", "Lunch", 11));
    history.edges.push(world.edge(0, 2, Level::Busy));
    (world, history)
}

/// Catches taking one short listing of calendars for the deletion of an overlay.
#[test]
fn an_overlay_that_one_listing_leaves_out_is_kept() {
    let (world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    let calendars = world.http.sim().calendars();
    world.http.sim().clear_log();
    for _ in 0..3 {
        let home = world.http.sim().home("bob", false).unwrap_or_default().to_owned();
        assert!(world.http.sim().plan("PROPFIND", &home, When::First(1), "C11-response"));
        world.sync();
        world.http.sim().faults_mut().clear();
        world.clock.advance_millis(3_600_000);
        at_rest(&world, &history);
    }
    assert_eq!(world.http.sim().calendars(), calendars);
    assert_eq!((sent(&world, "PUT"), sent(&world, "MKCALENDAR")), (0, 0));
}

/// Catches a second overlay beside one that is only left out of the account's listing.
#[test]
fn an_overlay_that_answers_is_not_made_again() {
    let (world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    world.http.sim().clear_log();
    let home = world.http.sim().home("bob", false).unwrap_or_default().to_owned();
    assert!(world.http.sim().plan("PROPFIND", &home, When::Always, "C11-response"));
    for _ in 0..5 {
        world.sync();
        world.clock.advance_millis(3_600_000);
    }
    assert_eq!(sent(&world, "MKCALENDAR"), 0);
    at_rest(&world, &history);
}

/// Catches a second overlay where the first, given up for lost, is shown again.
#[test]
fn an_overlay_that_comes_back_before_another_is_made_is_taken_back() {
    let (world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    let calendars = world.http.sim().calendars();
    let path = world.path(2).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).delete_calendar(&path), Ok(()));
    for method in ["MKCALENDAR", "MKCOL"] {
        assert!(world.http.sim().plan(method, "*", When::Always, "C40-503"));
    }
    for _ in 0..3 {
        world.sync();
        world.clock.advance_millis(60_000);
    }
    assert!(sent(&world, "MKCALENDAR") > 0, "it was given up for lost");
    world.http.sim().faults_mut().clear();
    world.http.sim().add_collection(&path, "bob", CollectionKind::Calendar);
    world.clock.advance_millis(3_600_000);
    at_rest(&world, &history);
    assert_eq!(world.http.sim().calendars(), calendars);
}

fn remove_the_edge(world: &Memory) {
    let edge = world.config().edges.keys().next().copied();
    let edge = edge.unwrap_or_else(|| panic!("there is an edge"));
    world.author(UserEdit::RemoveEdge { edge, abandon: false });
}

/// One sync, in which something happens as soon as a request of a method was sent.
fn sync_with(world: &Memory, method: &str, happens: impl FnOnce()) {
    let driver = world.driver();
    let options = options();
    let mut sync = pin!(driver.sync(&world.keys, &options));
    let mut happens = Some(happens);
    loop {
        match sync.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => return drop(done.unwrap_or_else(|error| panic!("{error}"))),
            Poll::Pending if sent(world, method) > 0 => {
                if let Some(happens) = happens.take() {
                    happens();
                }
            }
            Poll::Pending => {}
        }
    }
}

/// Catches deleting an overlay by a listing from before someone put an event there.
#[test]
fn an_overlay_someone_has_put_an_event_into_is_not_deleted() {
    let (world, mut history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    let path = world.path(2).unwrap_or_default();
    world.http.sim().clear_log();
    remove_the_edge(&world);
    let text = kalends_sim_tests::write(&origin(2, "theirs", "Choir", 20));
    sync_with(&world, "DELETE", || {
        let now = world.clock.now().as_millis();
        assert_eq!(world.http.sim().person(now).put(&path, "person-c.ics", &text), Ok(()));
    });
    history.edges.clear();
    world.settle();
    assert_eq!(world.http.sim().resources(&path).len(), 1, "theirs alone");
}

/// Catches an overlay that is left behind with nothing in it.
#[test]
fn an_overlay_with_nothing_in_it_goes_with_its_last_edge() {
    let (world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    world.http.sim().clear_log();
    remove_the_edge(&world);
    world.settle();
    assert_eq!(world.http.sim().calendars().len(), 1);
    let log: Vec<String> =
        world.http.sim().log().iter().map(|logged| logged.request.method.clone()).collect();
    let last = log.iter().rposition(|method| method == "DELETE").unwrap_or_default();
    assert_eq!(log[last - 1], "PROPFIND", "it was listed right before: {log:?}");
}

/// Catches a job that waits for the listing of an overlay which is deleted already: the process
/// died before it had recorded the answer.
#[test]
fn an_overlay_whose_deletion_was_cut_short_is_let_go_by_the_next_sync() {
    for place in 1.. {
        let (world, mut history) = overlaid(Profile::plain());
        at_rest(&world, &history);
        remove_the_edge(&world);
        let hooks = Arc::new(FailAt::new(Some(place)));
        let whole = block_on(world.driver_failing(hooks).sync(&world.keys, &options()));
        // The lease of what was under way has to pass.
        world.clock.advance_millis(600_000);
        let next = world.sync();
        assert!(next.settled && next.passes <= 2, "killed at {place}: {next:?}");
        assert_eq!(world.http.sim().calendars().len(), 1, "killed at {place}");
        history.edges.clear();
        at_rest(&world, &history);
        if whole.is_ok() {
            assert!(place > 10, "a sync that takes an overlay away passes more places");
            return;
        }
    }
}

/// Catches an edge that rests for ever once its overlay was deleted twice, and jobs that wake
/// meanwhile.
#[test]
fn an_overlay_deleted_twice_rests_until_its_edge_is_changed() {
    let (world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    for _ in 0..2 {
        let path = world.path(2).unwrap_or_default();
        let now = world.clock.now().as_millis();
        assert_eq!(world.http.sim().person(now).delete_calendar(&path), Ok(()));
        world.settle();
    }
    let paused = Lifecycle::Paused(PauseReason::OverlayDeleted);
    let edge = world.config().edges.values().next().cloned();
    let edge = edge.unwrap_or_else(|| panic!("there is an edge"));
    assert_eq!(edge.state, paused);
    let lost = world.config().calendars[&edge.to].role;
    assert_eq!(lost, CalendarRole::Lost);
    assert!(world.sync().settled);
    world.author(UserEdit::ChangeEdge {
        edge: edge.id,
        base: None,
        options: Box::new(edge.options),
    });
    at_rest(&world, &history);
}

/// Catches another overlay beside one that had been made anew before the store was lost, which is known
/// by its second name alone.
#[test]
fn an_overlay_that_was_made_anew_is_known_again_by_a_store_that_is_new() {
    let (mut world, history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    let path = world.path(2).unwrap_or_default();
    let now = world.clock.now().as_millis();
    assert_eq!(world.http.sim().person(now).delete_calendar(&path), Ok(()));
    world.settle();
    let calendars = world.http.sim().calendars();
    world.wipe();
    for edge in &history.edges {
        assert_eq!(world.edge(edge.from, edge.to, edge.level), *edge);
    }
    assert_eq!(world.settle(), 0, "all is as it was");
    assert_eq!(world.http.sim().calendars(), calendars);
    at_rest(&world, &history);
}

/// Catches an edge that rests for ever once its overlay was deleted twice, and is removed.
#[test]
fn an_edge_whose_overlay_was_deleted_twice_can_be_removed() {
    let (world, mut history) = overlaid(Profile::plain());
    at_rest(&world, &history);
    for _ in 0..2 {
        let path = world.path(2).unwrap_or_default();
        let now = world.clock.now().as_millis();
        assert_eq!(world.http.sim().person(now).delete_calendar(&path), Ok(()));
        world.settle();
    }
    remove_the_edge(&world);
    history.edges.clear();
    world.settle();
    assert!(world.config().edges.is_empty());
}

/// Catches a removal that waits for ever for an overlay which its server does not let go.
#[test]
fn an_overlay_that_may_not_be_deleted_is_left_to_the_person() {
    for fault in ["C8-403", "C34"] {
        let (world, history) = overlaid(Profile::plain());
        at_rest(&world, &history);
        let path = world.path(2).unwrap_or_default();
        assert!(world.http.sim().plan("DELETE", &path, When::Always, fault));
        world.author(UserEdit::RemoveAccount { account: world.accounts[1], abandon: false });
        world.settle();
        assert_eq!(world.config().accounts.len(), 1, "{fault}");
        assert_eq!(world.http.sim().resources(&path).len(), 0, "{fault}");
        world.clock.advance_millis(3_600_000);
        world.http.sim().clear_log();
        assert!(world.sync().settled);
        assert_eq!(sent(&world, "DELETE"), 0, "{fault}");
    }
}

/// Catches asking for a calendar every half minute for ever.
#[test]
fn an_overlay_that_is_not_made_is_asked_for_ever_less_often_and_then_no_more() {
    let (world, history) = overlaid(Profile::plain());
    for method in ["MKCALENDAR", "MKCOL"] {
        assert!(world.http.sim().plan(method, "*", When::Always, "C34"));
    }
    for _ in 0..72 {
        world.sync();
        world.clock.advance_millis(3_600_000);
    }
    assert!(world.sync().settled);
    assert!(sent(&world, "MKCALENDAR") <= 10, "{}", sent(&world, "MKCALENDAR"));
    let edge = world.config().edges.into_values().next();
    let edge = edge.unwrap_or_else(|| panic!("there is an edge"));
    assert_eq!(edge.state, Lifecycle::Paused(PauseReason::NoCalendar));

    // Once the edge is asked for again, all begins anew.
    world.http.sim().faults_mut().clear();
    world.author(UserEdit::ChangeEdge {
        edge: edge.id,
        base: None,
        options: Box::new(edge.options),
    });
    at_rest(&world, &history);
}

/// Catches a server in trouble that is asked for a calendar as often as one in health.
#[test]
fn an_overlay_that_a_server_has_no_room_for_is_asked_for_ever_less_often() {
    let (world, history) = overlaid(Profile::plain());
    for method in ["MKCALENDAR", "MKCOL"] {
        assert!(world.http.sim().plan(method, "*", When::Always, "C40-507"));
    }
    for _ in 0..24 * 12 {
        world.sync();
        world.clock.advance_millis(300_000);
    }
    assert!(sent(&world, "MKCALENDAR") <= 14, "{}", sent(&world, "MKCALENDAR"));
    world.http.sim().faults_mut().clear();
    at_rest(&world, &history);
}

/// Catches a mirror that is written as if its new overlay could hold all of a series, and stays so
/// until the edge is worked through again a day later.
#[test]
fn a_changed_instance_is_shown_in_an_overlay_that_was_just_made() {
    let world = Memory::of_google(6, &[0, 1], Mixed::Alone);
    let mut history = History::default();
    history.edges.push(world.edge(0, 3, Level::Full));
    let moved = Exception {
        original: "20260612T090000Z".to_owned(),
        start: "20260612T113000Z".to_owned(),
        title: "Review".to_owned(),
        private: false,
    };
    let series = Origin {
        rule: "FREQ=DAILY;COUNT=5".to_owned(),
        exceptions: vec![moved],
        ..origin(0, "series", "Standup", 11)
    };
    history.put(&world, "person-series", series);
    at_rest(&world, &history);
}
