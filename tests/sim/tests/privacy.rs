//! Privacy over all calendars that hold an event.

use std::sync::Arc;

use kalends_core::graph::{CalendarKind, DetailLevel, EdgeOptions, Policy, PolicyOwner};
use kalends_core::plan::JobKey;
use kalends_core::ports::{Clock, JobQueue};
use kalends_core::step::UserEdit;
use kalends_driver::FailAt;
use kalends_oracle::{Exception, Origin};
use kalends_sim_tests::{History, Random, World, options};
use kalends_testkit::block_on::block_on;
use kalends_testkit::caldav_sim::{Profile, When};
use kalends_testkit::memory::MemoryStore;

/// A daily series whose second day has a title of its own.
fn series(class: &str, range: &str) -> String {
    let event = |lines: &str| {
        let head = "BEGIN:VEVENT\r\nUID:a@person\r\nDTSTAMP:20260601T000000Z\r\nDURATION:PT1H\r\n";
        format!("{head}{lines}END:VEVENT\r\n")
    };
    let master =
        event("DTSTART:20260610T090000Z\r\nRRULE:FREQ=DAILY;COUNT=4\r\nSUMMARY:Standup\r\n");
    let second = event(&format!(
        "RECURRENCE-ID{range}:20260611T090000Z\r\nDTSTART:20260611T100000Z\r\nSUMMARY:Offer\r\n{class}"
    ));
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//a//EN\r\n{master}{second}END:VCALENDAR\r\n"
    )
}

/// What a third calendar shows of a series that two calendars hold, one of them with a private
/// second day.
fn shown(open: &str, private: &str) -> String {
    let world: World<MemoryStore> = World::new(Profile::plain(), 5, &[0, 1, 1]);
    let now = world.clock.now().as_millis();
    for (place, text) in [(0, open), (1, private)] {
        let path = world.path(place).unwrap();
        assert_eq!(world.http.sim().person(now).put(&path, "person-a.ics", text), Ok(()));
    }
    let full = EdgeOptions { level: DetailLevel::Full, ..EdgeOptions::default() };
    let _edge = world.edge_with(0, 2, full);
    world.settle();
    let held = world.http.sim().resources(&world.path(2).unwrap());
    held.into_values().next().unwrap()
}

/// Catches an instance shown in full that a person marked as private where they see it too.
#[test]
fn an_instance_is_as_private_as_the_strictest_calendar_has_it() {
    let (open, private) = (series("", ""), series("CLASS:PRIVATE\r\n", ""));
    let text = shown(&open, &private);
    assert!(text.contains("SUMMARY:Standup") && text.contains("SUMMARY:Busy"), "{text}");
    assert!(!text.contains("Offer"), "{text}");

    let plain = open.split_inclusive("END:VEVENT\r\n").next().unwrap().to_owned();
    let text = shown(&format!("{plain}END:VCALENDAR\r\n"), &private);
    assert!(text.contains("RECURRENCE-ID") && text.contains("SUMMARY:Busy"), "{text}");

    let later = series("CLASS:PRIVATE\r\n", ";RANGE=THISANDFUTURE");
    let text = shown(&open, &later);
    assert!(!text.contains("Offer") && !text.contains("Standup"), "{text}");
    assert!(shown(&open, &open).contains("SUMMARY:Offer"));
}

/// What an edge shows and is then to show no more, with the words that only the first may send.
const LOWERINGS: [(DetailLevel, DetailLevel, &[&str]); 3] = [
    (DetailLevel::Full, DetailLevel::Title, &["Vertraulich", "guest@"]),
    (DetailLevel::Full, DetailLevel::Busy, &["Vertraulich", "guest@", "Geheim"]),
    (DetailLevel::Title, DetailLevel::Busy, &["Geheim"]),
];

/// Singles and series with changed instances, some of them private, all with words to hide.
fn secrets(random: &mut Random, round: usize) -> Vec<Origin> {
    let origin = |n: usize| {
        let (day, title) = (10 + n, format!("Geheimnis {round}"));
        let mut origin = crate::common::origin(0, &format!("e{n}"), &title, day as u8);
        origin.description = format!("Vertraulich {round}");
        origin.private = random.one_in(5);
        origin.invited = random.one_in(2);
        if random.one_in(2) {
            origin.rule = "FREQ=DAILY;COUNT=5".to_owned();
            let at = |hour| format!("202606{:02}T{hour:02}0000Z", day + 2);
            let (original, start, title) = (at(9), at(9 + random.below(2)), "Geheimer".to_owned());
            let private = random.one_in(3);
            origin.exceptions = vec![Exception { original, start, title, private }];
        }
        origin
    };
    (0..3).map(origin).collect()
}

/// The writes of mirrors that wait in the queue, however long.
fn waiting(world: &World<MemoryStore>) -> usize {
    let later = world.clock.now().saturating_add_millis(7 * 86_400_000);
    let jobs = block_on(world.store.peek(world.keys.graph, later, None, 1_000)).unwrap();
    jobs.iter().filter(|job| matches!(job.key, JobKey::Part(_))).count()
}

/// Writes are left in the queue: the server takes none, or the process ends before they are done.
fn leave_waiting(world: &World<MemoryStore>, random: &mut Random) {
    if random.one_in(2) {
        assert!(world.http.sim().plan("PUT", "*", When::Always, "X1"));
        world.sync();
        world.http.sim().faults_mut().clear();
        return;
    }
    let dies = Arc::new(FailAt::new(Some(2 + random.below(12) as u64)));
    let ended = block_on(world.driver_failing(dies).sync(&world.keys, &options()));
    assert!(ended.is_err(), "it does not get that far: {ended:?}");
}

/// One history in which what waits is to show less before it is sent; how much waited.
fn lowered_while_it_waits(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let world: World<MemoryStore> = World::new(Profile::plain(), seed, &[0, 1]);
    let mut history = History::default();
    let mut people = |random: &mut Random, round| {
        for (n, origin) in secrets(random, round).into_iter().enumerate() {
            history.put(&world, &format!("person-{n}.ics"), origin);
        }
    };
    people(&mut random, 0);
    let (from, to, hidden) = LOWERINGS[random.below(3)];
    let title = random.one_in(3).then(|| "[work] {title}".to_owned());
    let target = if random.one_in(2) { 1 } else { 3 };
    let kind = if target == 1 { CalendarKind::TrueMirror } else { CalendarKind::BusyOverlay };
    let shown = EdgeOptions { level: from, title, people: true, kind, ..EdgeOptions::default() };
    let edge = world.edge_with(0, target, shown.clone());
    if random.one_in(2) {
        world.settle();
        people(&mut random, 1);
    }
    leave_waiting(&world, &mut random);
    let waited = waiting(&world);
    if random.one_in(3) {
        let policy = Policy { level_max: to, ..Policy::default() };
        world.author(UserEdit::SetPolicy { owner: PolicyOwner::Person, base: None, policy });
    } else {
        // A template with the title in it is refused where the level hides that.
        let title = shown.title.clone().filter(|_| to != DetailLevel::Busy);
        world.change_edge(&edge, EdgeOptions { level: to, title, ..shown });
    }
    world.http.sim().clear_log();
    // The lease of what was under way passes, and the queue is worked off before anything is read.
    world.clock.advance_millis(3_600_000);
    world.work();
    world.settle();
    let sim = world.http.sim();
    let sent =
        sim.log().iter().map(|logged| String::from_utf8_lossy(&logged.request.body).into_owned());
    let path = world.path(target).unwrap();
    for text in sent.chain(sim.resources(&path).into_values()) {
        let shown = hidden.iter().find(|word| text.contains(**word));
        assert_eq!(shown, None, "seed {seed}, {from:?} to {to:?}: {text}");
    }
    waited
}

/// Catches a write that shows what its edge allowed when it was queued.
#[test]
fn nothing_that_waits_shows_more_than_its_edge_does_when_it_is_sent() {
    let waited = (0..60).map(lowered_while_it_waits).filter(|waited| *waited > 0).count();
    assert!(waited > 20, "writes waited in {waited} of 60 histories");
}
